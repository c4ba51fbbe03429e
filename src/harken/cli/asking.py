"""One command for each analysis there is, made from its question: flags -> tables for people, JSON, CSV or a page.

`harken.cli.asking:funnel` is the command `harken funnel`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter
from rich.markup import escape

from harken.cli.explore import write_page
from harken.cli.later import QUESTIONS, flags
from harken.cli.later import analyses as listed
from harken.cli.screen import OUT, Place, counted, open_hub, show_json, show_table, when
from harken.understand import Analysis, Answer, analyses, analysis
from harken.understand.asking import FLAG, LENGTH, NUMBER, WHOLE, Field, fields_of_question
from harken.understand.journeys import Scope
from harken.understand.result import Column, csv_text, shown
from harken.words import DAY, SECOND

ASKED = Group("What is asked", sort_key=1)
WHOSE = Group("Whose journeys, and what counts as one", sort_key=2)
HOW = Group("How it is shown", sort_key=3)
SIZES = (("d", DAY), ("h", DAY // 24), ("min", 60 * SECOND), ("s", SECOND))
TYPES: Mapping[str, Any] = {WHOLE: int, NUMBER: float, FLAG: bool}
SEGMENT = "only customers of this segment"
MOST_TEXT = 60


def __getattr__(name: str) -> Any:
    if name.startswith("_") or name not in analyses():
        raise AttributeError(name)
    return command(analysis(name))


def command(analysis: Analysis) -> Callable[..., None]:
    """The function behind `harken funnel`."""
    fields = [one for one in fields_of_question(analysis.question) if one.name not in ("since", "until")]
    taken = {one.name for one in fields} | {"segment"}
    every = {name for one in Scope.__mro__ for name in vars(one).get("__annotations__", {})}

    def ask(**said: Any) -> None:
        look = {name: said.pop(name) for name in ("top", "json", "csv", "html", "place") if name in said}
        with open_hub(look.get("place")) as hub:
            found = hub.journeys.ask(analysis.name, **said)
        show(found, said.get("segment", ""), **look)

    parameters = [_parameter(one, WHOSE if one.name in every else ASKED, taken) for one in fields]
    period = {"since": "from this day or moment on, such as 2026-11-01", "until": "before this day or moment"}
    parameters += [_plain(name, str, "", help, WHOSE) for name, help in {**period, "segment": SEGMENT}.items()]
    parameters += [
        _plain("top", int, 20, "how many rows of each table to print", HOW),
        _plain("json", bool, False, "print JSON, everything", HOW),
        _plain("csv", str, "", "print this table as CSV", HOW),
        _plain("html", Path | None, None, "write a page with the tables", HOW),
        inspect.Parameter("place", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Place | None),
    ]
    ask.__name__ = ask.__qualname__ = analysis.name
    ask.__doc__ = next((one.told for one in listed(QUESTIONS) if one.name == analysis.name), analysis.summary)
    ask.__annotations__ = {one.name: one.annotation for one in parameters}
    ask.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return ask


# ---------------------------------------------------------------------- flags


def _parameter(field: Field, group: Group, taken: set[str]) -> inspect.Parameter:
    type_: Any = Literal[field.words] if field.words else TYPES.get(field.kind, str)
    default = _default(field)
    if field.many:
        type_ = tuple[type_, ...]
    elif default is None and not field.required:
        type_ = type_ | None
    negative = [f"--no-{field.name.replace('_', '-')}"] if field.kind == FLAG and default is True else []
    told = Parameter(
        name=flags(field.name, many=field.many, taken=taken),
        help=field.help or field.right,
        negative=negative,
        group=group,
    )
    usual = inspect.Parameter.empty if field.required else default
    return inspect.Parameter(
        field.name, inspect.Parameter.KEYWORD_ONLY, default=usual, annotation=Annotated[type_, told]
    )


def _plain(name: str, type_: Any, default: Any, help: str, group: Group) -> inspect.Parameter:
    told = Annotated[type_, Parameter(help=help, group=group)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=told)


def _default(field: Field) -> Any:
    """As one would type it: 7d."""
    if field.many:
        return tuple(map(str, field.shown() or ()) if field.kind == LENGTH else field.default or ())  # type: ignore[arg-type]
    return spelled(field.default) if field.kind == LENGTH and isinstance(field.default, int) else field.default


def spelled(micros: int) -> str:
    """A length of time as it is typed.

    >>> spelled(7 * DAY), spelled(1_800 * SECOND), spelled(1_500_000)
    ('7d', '30min', '1.5')
    """
    for unit, size in SIZES:
        if micros and micros % size == 0:
            return f"{micros // size}{unit}"
    return str(micros / SECOND) if micros else "0"


# ---------------------------------------------------------------------- what is shown


def show(
    found: Answer,
    segment: str,
    *,
    top: int = 20,
    json: bool = False,
    csv: str = "",
    html: Path | None = None,
    **_: object,
) -> None:
    """Print an answer the way it was asked for."""
    counted(top, "--top")
    if html is not None:
        write_page(html, found._repr_html_(), found.caption)
    elif csv:
        sys.stdout.write(csv_text(found[csv]))
    elif json:  # the same answer as the API gives
        from harken.api.answers import answer_of

        show_json(answer_of(found, segment))
    else:
        _tables(found, top)


def _tables(found: Answer, top: int) -> None:
    header = found.header
    since = f" from {when(header.since)[:10]}" if header.since is not None else ""
    asked = f"{header.customers:,} customers, {header.events:,} steps{since} to {when(header.as_of)[:16]} UTC"
    OUT.print(f"{asked}\n[bold]{escape(found.caption)}[/]", highlight=False)
    for name, table in found.tables.items():
        rows = [
            [_short(shown(row[one.name], one)) for one in table.columns]
            for row in table.frame.head(top).iter_rows(named=True)
        ]
        fits = _fitting(table.columns, rows)
        more = [f"{table.frame.height - len(rows):,} more rows (--top)"] if table.frame.height > len(rows) else []
        hidden = len(table.columns) - fits
        more += [f"{hidden} more column{'s' * (hidden > 1)}"] if hidden else []
        notes = [f"… and {' and '.join(more)}; --csv {name} has all"] if more else []
        notes += [table.note] if table.note else []
        OUT.print()
        shown_here = table.columns[:fits]
        titles = _broken([_titled(one, table.columns) for one in shown_here], shown_here, rows)
        columns = {title: _side(one) for title, one in zip(titles, shown_here, strict=True)}
        show_table(f"{table.title or name} ({name})", columns, [row[:fits] for row in rows], note="\n".join(notes))


def _fitting(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> int:
    """How many columns the screen has room for: numbers that are broken over lines cannot be read."""
    left = max(OUT.width, 60)
    for place, column in enumerate(columns):
        left -= _narrowest(column, column.title, [row[place] for row in rows]) + 2
        if left < -2 and place > 1:
            return place
    return len(columns)


def _narrowest(column: Column, title: str, cells: Sequence[str]) -> int:
    words = title.split() if column.kind != "text" else [title]
    return max(map(len, (*words, *cells)))


def _broken(titles: Sequence[str], columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[str]:
    """Titles over several lines where they would not fit side by side: left to itself the table would break any column
    within a word or a number."""
    cells = [[row[place] for row in rows] for place in range(len(titles))]
    natural = sum(max(map(len, (title, *each))) + 2 for title, each in zip(titles, cells, strict=True)) - 2
    if natural <= OUT.width:
        return [*titles]
    narrow = [_narrowest(*one) for one in zip(columns, titles, cells, strict=True)]
    return ["\n".join(wrap(title, width)) for title, width in zip(titles, narrow, strict=True)]


def _titled(column: Column, every: Sequence[Column]) -> str:
    """Its title; its name where two have the same title."""
    return column.title if [one.title for one in every].count(column.title) == 1 else column.name


def _side(column: Column) -> str:
    return "left" if column.kind == "text" else "right"


def _short(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
