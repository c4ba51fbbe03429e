"""What every analysis gives back besides its frames: how it was counted, and how frames become JSON and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import isfinite
from typing import TypeAlias

import polars as pl
from msgspec import Struct
from msgspec.structs import asdict

from harken.words import Micros

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


class Header(Struct, frozen=True, kw_only=True):
    """What was asked, and of what: enough to ask the same again and to see why two answers differ."""

    analysis: str  # `map`
    version: int  # of the configuration
    as_of: Micros  # the end of what could be seen: `until`, or now if that is earlier
    last_seq: int  # newest step counted: what the hub heard later is not in here
    since: Micros | None
    until: Micros | None
    journey: str
    timeout: Micros  # of visits
    horizon: Micros  # silent for longer = left
    events: int  # steps counted
    customers: int
    ties: int  # steps at the very instant of the one before, put in order by rank and arrival
    exact: bool = True  # no number is an estimate


class Coverage(Struct, frozen=True, kw_only=True):
    """How much of the picture is shown."""

    shown: int
    of: int
    share: float  # of the moves

    @property
    def text(self) -> str:
        """`67 of 155 links, 75 % of moves`"""
        return f"{self.shown:,} of {self.of:,} links, {self.share:.0%} of moves".replace("%", " %")


def rows_of(frame: pl.DataFrame) -> list[Json]:
    """A frame as JSON-safe rows: what is not a number is null."""
    return [{name: _safe(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]


def csv_text(frame: pl.DataFrame) -> str:
    """A frame as CSV for a spreadsheet: text that it would run as a formula, such as a page somebody has called
    `=HYPERLINK(…)`, has an apostrophe before it. An id that begins with a dash is none, and stays as it is."""
    texts = pl.col([name for name, type in frame.schema.items() if type == pl.String]).str
    runs = texts.contains(r"^[=+\-@\t\r]") & ~texts.contains(r"^[A-Za-z0-9_-]{16}$")
    return frame.with_columns(pl.when(runs).then(texts.replace("^", "'")).otherwise(texts.slice(0))).write_csv()


def fields_of(value: Struct) -> dict[str, Json]:
    """A flat Struct as JSON-safe object."""
    return {name: _safe(one) for name, one in asdict(value).items()}


def _safe(value: object) -> Json:
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if isinstance(value, str | int | bool) else None


class Column(Struct, frozen=True):
    """One column of a table on screen."""

    name: str
    title: str
    kind: str = "count"  # text | count | share | points | seconds | score


def html_table(
    frame: pl.DataFrame, columns: Sequence[Column], limit: int, labels: Mapping[str, str] | None = None
) -> str:
    """The first rows as an HTML table; says how many more there are."""
    head = "".join(f"<th style='text-align:{_side(one)}'>{escape(one.title)}</th>" for one in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td style='text-align:{_side(one)}'>{_cell(row[one.name], one, labels or {})}</td>" for one in columns
        )
        + "</tr>"
        for row in frame.head(limit).iter_rows(named=True)
    )
    more = frame.height - limit
    note = f"<p>… and {more:,} more</p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def duration(seconds: float | None) -> str:
    """A length of time as people say it.

    >>> [duration(each) for each in (0.2, 59, 90, 7200, 200000, -90, None)]
    ['0 s', '59 s', '2 min', '2 h', '2.3 d', '-2 min', '']
    """
    if seconds is None:
        return ""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            amount = seconds / size
            return f"{amount:.1f}".removesuffix(".0") + f" {unit}" if unit == "d" else f"{amount:.0f} {unit}"
    return f"{seconds:.0f} s"


def _side(column: Column) -> str:
    return "left" if column.kind == "text" else "right"


def shown(value: object, column: Column) -> str:
    """A value of a column for people.

    >>> shown(0.25, Column("share", "Share", "share")), shown(None, Column("n", "N")), shown(1234, Column("n", "N"))
    ('25.0%', '', '1,234')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        number = float(value)
        forms = {
            "count": f"{number:,.0f}",
            "share": f"{number:.1%}",
            "points": f"{number * 100:+.1f}",
            "score": f"{number:.2f}",
            "seconds": duration(number),
        }
        return forms.get(column.kind, str(value))
    return value if isinstance(value, str) else ""


def _cell(value: object, column: Column, labels: Mapping[str, str]) -> str:
    return escape(labels.get(value, value)) if isinstance(value, str) else shown(value, column)
