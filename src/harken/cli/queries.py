"""What a hub holds, taken elsewhere at the terminal: `sql`, `export-events`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from cyclopts import Parameter
from rich.markup import escape

from harken.cli.explore import moment
from harken.cli.screen import OUT, Place, counted, open_hub, show_json, show_table
from harken.errors import Invalid
from harken.stores.lake import reading

Form = Literal["parquet", "arrow", "csv", "xes", "ocel"]
SHOWN = 50
ENDINGS = {"parquet": "parquet", "arrow": "arrow", "feather": "arrow", "ipc": "arrow", "csv": "csv", "xes": "xes",
           "json": "ocel", "jsonocel": "ocel"}  # fmt: skip


def sql(
    query: Annotated[str, Parameter(help="one SELECT over events, profiles, identifiers, trails ('-' = stdin)")],
    *,
    top: Annotated[int, Parameter(help="how many rows to print")] = SHOWN,
    json: Annotated[bool, Parameter(help="print JSON, all rows")] = False,
    csv: Annotated[bool, Parameter(help="print CSV, all rows")] = False,
    seconds: Annotated[float, Parameter(help="give up after so long")] = 60.0,
    place: Place | None = None,
) -> None:
    """Ask in SQL (DuckDB's), read only: events, profiles, identifiers and trails are tables.

    Example: `harken sql "SELECT channel, count(DISTINCT profile) AS customers FROM events GROUP BY 1 ORDER BY 2 DESC"`
    """
    counted(top, "--top")
    text = sys.stdin.read() if query in ("-", "./-") else query
    with open_hub(place) as hub:
        found = hub.sql(text, seconds=seconds)
    if csv:
        plain = [
            pl.col(name).cast(pl.List(pl.String)).list.join("|")
            for name, type in found.schema.items()
            if type == pl.List
        ]
        sys.stdout.write(found.with_columns(plain).write_csv())
    elif json:
        show_json(found.to_dicts())
    else:
        columns = {name: "right" if type.is_numeric() else "left" for name, type in found.schema.items()}
        rows = [["–" if value is None else str(value) for value in row] for row in found.head(top).iter_rows()]
        more = found.height - len(rows)
        note = f"… and {more:,} more rows (--top, --csv)" if more else "" if rows else "No rows."
        show_table("", columns, rows, note=note)


def export_events(
    path: Annotated[Path, Parameter(help="the file to write")],
    *,
    format: Annotated[Form | None, Parameter(help="what it is written as; the ending of the file says it, too")] = None,
    since: Annotated[str, Parameter(help="from this day or moment on, such as 2026-11-01")] = "",
    until: Annotated[str, Parameter(help="before this day or moment")] = "",
    steps: Annotated[bool, Parameter(help="only what analyses count: visits to touchpoints, no bookkeeping")] = False,
    place: Place | None = None,
) -> None:
    """Write all events to a file that other tools read: Parquet, Arrow, CSV, XES or OCEL 2.0 (JSON).

    Example: `harken export-events journeys.xes --steps --since 2026-10-01`
    """
    from harken.connectors import exports
    from harken.understand import is_step

    form = format or ENDINGS.get(path.suffix.removeprefix(".").lower())
    if form is None:
        raise Invalid(f"say with --format what {path.name} shall be: {', '.join(exports.FORMS)}")
    begin, end = moment(since), moment(until)

    with open_hub(place) as hub:

        def written(view: object) -> int:
            events = hub.tables.events(view)  # type: ignore[arg-type]
            events = events.filter(is_step(hub.config)) if steps else events
            at = pl.col("occurred").dt.epoch("us")
            events = events if begin is None else events.filter(at >= begin)
            return exports.write(events if end is None else events.filter(at < end), path, form)

        count = reading(hub.core.store, written)
    OUT.print(f"{count:,} events written to {escape(str(path))} as {form}", highlight=False)
