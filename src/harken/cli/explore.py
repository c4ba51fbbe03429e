"""Many customers at the terminal: `map`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from cyclopts import App, Parameter
from rich.markup import escape

from harken.cli.screen import OUT, Place, open_hub, show_json, show_table, span
from harken.errors import Invalid
from harken.understand import JourneyMap
from harken.words import SECOND, Micros

Level = Literal["touchpoint", "group", "stage", "channel"]


def register(app: App) -> None:
    """Add these commands."""
    app.command(map_, name="map")


def map_(
    *,
    level: Annotated[Level, Parameter(help="what a node is")] = "touchpoint",
    since: Annotated[str, Parameter(help="from this day or moment on, such as 2026-11-01")] = "",
    until: Annotated[str, Parameter(help="before this day or moment")] = "",
    segment: Annotated[str, Parameter(help="only customers of this segment")] = "",
    top: Annotated[int, Parameter(help="how many nodes and moves to print")] = 20,
    json: Annotated[bool, Parameter(help="print JSON, everything")] = False,
    html: Annotated[Path | None, Parameter(help="write a page with the tables")] = None,
    place: Place | None = None,
) -> None:
    """Show which touchpoint follows which: for how many customers, how fast, and where they leave.

    Example: `harken map --level stage --since 2026-10-01`
    """
    with open_hub(place) as hub:
        answer = hub.journeys.map(level=level, since=moment(since), until=moment(until), segment=segment)
    if html is not None:
        html.write_text(answer._repr_html_(), encoding="utf-8")
        OUT.print(f"written to {escape(str(html))}")
    elif json:
        show_json(answer.to_dict())
    else:
        _show(answer, top)


def _show(answer: JourneyMap, top: int) -> None:
    if not answer.nodes.height:
        OUT.print("Nothing was heard in this period. `harken demo` fills a hub with a simulated phone company.")
        return
    OUT.print(f"[bold]{escape(answer.caption)}[/]\n")
    nodes = answer.nodes.filter(pl.col("kind") != "other").sort("customers", descending=True).head(top)
    rows = [
        (one["label"], f"{one['customers']:,}", f"{one['left']:,}", f"{one['still_open']:,}")
        for one in nodes.iter_rows(named=True)
    ]
    columns = {level_name(answer): "left", "customers": "right", "left here": "right", "still open": "right"}
    show_table("", columns, rows)
    OUT.print()
    labels = dict(answer.nodes.select("id", "label").iter_rows())
    moves = answer.moves.sort("customers", descending=True).head(top)
    shown = [
        (
            labels[one["from"]],
            labels[one["to"]],
            f"{one['customers']:,}",
            f"{one['p_out']:.0%}",
            span(one["median_seconds"]),
        )
        for one in moves.iter_rows(named=True)
    ]
    columns = {"from": "left", "to": "left", "customers": "right", "chance": "right", "median time": "right"}
    show_table("", columns, shown, note=answer.coverage_text)


def level_name(answer: JourneyMap) -> str:
    """The heading of the first column."""
    return answer.question.level


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
