"""Many customers at the terminal: `map`."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape as html_escape
from pathlib import Path
from typing import Annotated, Literal, TypedDict

import polars as pl
from cyclopts import Group, Parameter
from rich.markup import escape

import harken
from harken.cli.screen import OUT, Place, counted, open_hub, show_json, show_table, span, warn, when
from harken.errors import Invalid
from harken.understand import JourneyMap
from harken.understand.page import page
from harken.understand.result import csv_text
from harken.words import SECOND, Micros

Level = Literal["touchpoint", "group", "stage", "channel"]
TABLE = Group("Of a table: which column says what", sort_key=7)


class Asked(TypedDict):
    """The period of a map."""

    since: Micros | None
    until: Micros | None


@Parameter(name="*", group=TABLE)
@dataclass(frozen=True)
class Columns:
    """Which columns of a table say what."""

    who: Annotated[str, Parameter(help="who: the column of customers (usual names are guessed)")] = ""
    when: Annotated[str, Parameter(help="when: the column of moments")] = ""
    what: Annotated[str, Parameter(help="what: the column of pages, events, touchpoints")] = ""
    channel: Annotated[str, Parameter(help="the column of channels, if there is one")] = ""
    stage: Annotated[str, Parameter(help="the column of stages, if there is one")] = ""


def map_(
    table: Annotated[Path | None, Parameter(help="a CSV, Parquet or NDJSON file instead of a hub")] = None,
    *,
    level: Annotated[Level, Parameter(help="what a node is")] = "touchpoint",
    since: Annotated[str, Parameter(help="from this day or moment on, such as 2026-11-01")] = "",
    until: Annotated[str, Parameter(help="before this day or moment")] = "",
    segment: Annotated[str, Parameter(help="only customers of this segment")] = "",
    top: Annotated[int, Parameter(help="how many nodes and moves to print")] = 20,
    json: Annotated[bool, Parameter(help="print JSON, everything")] = False,
    csv: Annotated[Literal["nodes", "moves"] | None, Parameter(help="print this table as CSV")] = None,
    html: Annotated[Path | None, Parameter(help="write an interactive map: one file that needs no network")] = None,
    open: Annotated[bool, Parameter(help="show the interactive map in the browser")] = False,
    columns: Columns | None = None,
    place: Place | None = None,
) -> None:
    """Show which touchpoint follows which: for how many customers, how fast, and where they leave.

    Example: `harken map --level stage --since 2026-10-01`

    Example: `harken map events.csv --who customer --when time --what page --open`
    """
    counted(top, "--top")
    asked: Asked = {"since": moment(since), "until": moment(until)}
    if table is None:
        if columns is not None:
            raise Invalid("--who, --when, --what, --channel and --stage name columns of a table; name the table, too")
        with open_hub(place) as hub:
            answer = hub.journeys.map(level=level, segment=segment, **asked)
        maps = [answer]
    else:
        if segment:
            raise Invalid("a table has no segments; --segment is for a hub")
        told = columns or Columns()
        journeys = harken.journeys(
            table, who=told.who, when=told.when, what=told.what, channel=told.channel, stage=told.stage
        )
        if journeys.left_out:
            warn([f"{journeys.left_out:,} rows were left out: they do not say who, when or what"])
        levels = list(dict.fromkeys((level, *journeys.levels))) if html or open else [level]
        maps = [journeys.map(level=one, **asked) for one in levels]
        answer = maps[0]
    if html is not None or open:
        written = html or Path(tempfile.mkdtemp()) / "journey-map.html"
        write(written, page(maps, table.name if table is not None else "Journey map"))
        if open:
            webbrowser.open(written.absolute().as_uri())
    elif csv:
        sys.stdout.write(csv_text(answer.nodes if csv == "nodes" else answer.moves))
    elif json:  # the same answer as the API gives
        from harken.api.maps import map_answer

        show_json(map_answer(answer, None))
    else:
        _show(answer, top)


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem }}
table {{ border-collapse: collapse; margin: 1rem 0 }} td, th {{ padding: .2rem .8rem; border-bottom: 1px solid #8883 }}
</style></head><body>{body}</body></html>
"""


def write_page(path: Path, body: str, title: str) -> None:
    """A page of its own on the disk."""
    write(path, PAGE.format(body=body, title=html_escape(title)))


def write(path: Path, text: str) -> None:
    """A file on the disk."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"cannot write {path}: {error.strerror}") from None
    OUT.print(f"written to {escape(str(path))}", highlight=False)


def _show(answer: JourneyMap, top: int) -> None:
    if not answer.nodes.height:
        OUT.print("Nothing was heard in this period. `harken demo` fills a hub with a simulated phone company.")
        return
    header = answer.header
    since = f" from {when(header.since)[:10]}" if header.since is not None else ""
    asked = f"{header.customers:,} customers, {header.events:,} steps{since} to {when(header.as_of)[:16]} UTC"
    OUT.print(f"{asked}\n[bold]{escape(answer.caption)}[/]\n", highlight=False)
    all_nodes = answer.nodes.filter(pl.col("kind") != "other").sort("customers", descending=True)
    rows = [
        (one["label"], f"{one['customers']:,}", f"{one['left']:,}", f"{one['still_open']:,}")
        for one in all_nodes.head(top).iter_rows(named=True)
    ]
    columns = {answer.question.level: "left", "customers": "right", "left here": "right", "still open": "right"}
    more = all_nodes.height - len(rows)
    show_table("", columns, rows, note=f"… and {more:,} more (--top)" if more else "")
    OUT.print()
    labels = dict(answer.nodes.select("id", "label").iter_rows())
    moves = answer.moves.sort("customers", descending=True)
    shown = [
        (
            labels[one["from"]],
            labels[one["to"]],
            f"{one['customers']:,}",
            f"{one['p_out']:.0%}",
            span(one["median_seconds"]),
        )
        for one in moves.head(top).iter_rows(named=True)
    ]
    columns = {"from": "left", "to": "left", "customers": "right", "chance": "right", "median time": "right"}
    more = moves.height - len(shown)
    show_table("", columns, shown, note=f"… and {more:,} more (--top)" if more else "")


def moment(text: str) -> Micros | None:
    """`2026-11-01` or `2026-11-01T10:00:00Z` -> Micros, days in UTC; "" -> None.

    >>> moment("1970-01-02")
    86400000000
    """
    if not text:
        return None
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(f"'{text}' is not a day like 2026-11-01 or a moment like 2026-11-01T10:00:00Z") from None
    return round(at.timestamp() * SECOND)
