"""What an analysis is: a question about journeys in, an answer of tables with a caption out; and all there are.

One file in `questions/` is one analysis: a question (a `Scope` with what it asks on top), a function that answers it, and an
`ANALYSIS` that names both. Being there is enough: Python, API, command line, docs and the contract tests find it. Whatever
it counts, it counts over the `Journeys` it is given, so the numbers of all analyses agree.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from importlib import import_module
from typing import Any

import polars as pl
from msgspec import Struct
from msgspec.structs import fields, replace

from harken.errors import Invalid, NotFound
from harken.understand.journeys import Journeys, Scope
from harken.understand.naming import unknown
from harken.understand.records import Records
from harken.understand.result import Column, Header, Json, fields_of, html_table, rows_of
from harken.understand.told import Wanted
from harken.words import Config

UNSAID = {"profiles", "now"}  # of a question: said by whoever asks for somebody, not by the asker
SHOWN = 25


class About(Struct, frozen=True, kw_only=True):
    """What an analysis may know besides the journeys."""

    catalogue: Config
    members: Mapping[str, pl.Series] = {}  # profiles of the segments a question names under `segments`
    told: pl.DataFrame | None = None  # the events an analysis wants to read (`Wanted`); None: nobody has read them
    records: Records | None = None  # of the hub; None: there is nothing but the steps


class Table(Struct, frozen=True, kw_only=True):
    """A frame, and how its columns are read. Columns that are not named are not shown, but told."""

    frame: pl.DataFrame
    columns: tuple[Column, ...]
    title: str = ""
    note: str = ""  # what is not shown, and why


class Answer(Struct, frozen=True, kw_only=True):
    """What was asked, how it was counted, one sentence, exact totals, tables by name (the most important one first)."""

    analysis: str
    question: Scope
    header: Header
    caption: str
    totals: Mapping[str, Json]
    tables: Mapping[str, Table]
    warnings: tuple[str, ...] = ()  # what is odd about the question; the caption says it too

    def __getitem__(self, table: str) -> pl.DataFrame:
        """The frame of a table."""
        if table not in self.tables:
            raise NotFound(f"no table '{table}'; there are {', '.join(self.tables)}")
        return self.tables[table].frame

    def to_dict(self) -> dict[str, Json]:
        """Everything, JSON-safe."""
        tables: dict[str, Json] = {
            name: {
                "title": table.title,
                "note": table.note,
                "columns": [fields_of(column) for column in table.columns],
                "rows": rows_of(table.frame),
            }
            for name, table in self.tables.items()
        }
        return {
            "analysis": self.analysis,
            "caption": self.caption,
            "question": said(self.question),
            "header": fields_of(self.header),
            "totals": dict(self.totals),
            "tables": tables,
            "warnings": [*self.warnings],
        }

    def _repr_html_(self) -> str:
        parts = [
            (f"<h4>{escape(table.title)}</h4>" if table.title else "")
            + html_table(table.frame, table.columns, SHOWN)
            + (f"<p>{escape(table.note)}</p>" if table.note else "")
            for table in self.tables.values()
        ]
        return f"<h3>{escape(self.caption)}</h3>{''.join(parts)}"


class Analysis(Struct, frozen=True, kw_only=True):
    """A kind of question and how it is answered."""

    name: str  # its word everywhere: `funnel`
    title: str  # `Funnel`
    summary: str  # one sentence: what it tells
    question: type[Scope]
    answer: Callable[[Journeys, About, Any], Answer]
    examples: tuple[Mapping[str, Any], ...]
    """Questions that make sense with the touchpoints of `harken demo`: fields and values as the question has them; a length
    of time may be a text such as "7d"."""
    customers: Callable[[Journeys, About, Any, Mapping[str, Any]], pl.Series] | None = None
    """The profiles behind a row of a table: the same count, as people. The mapping is {"table": …, and the row's keys}."""
    wanted: Callable[[pl.DataFrame, Config, Any], Wanted | None] | None = None
    """Which events (by place) it must read whole for a question, and what of them: what events tell is in no index."""

    def ask(self, journeys: Journeys, about: About, question: Scope) -> Answer:
        """The answer, with a warning for each place the question names that is none."""
        found = self.answer(journeys, about, question)
        odd = unknown(journeys, about.catalogue, question)
        return replace(found, caption=" ".join((found.caption, *odd)), warnings=odd) if odd else found


@cache
def analyses() -> dict[str, Analysis]:
    """All there are, by name."""
    import harken.understand.questions as folder

    found: dict[str, Analysis] = {}
    for module in pkgutil.iter_modules(folder.__path__):
        analysis = getattr(import_module(f"{folder.__name__}.{module.name}"), "ANALYSIS", None)
        if isinstance(analysis, Analysis):
            found[analysis.name] = analysis
    return dict(sorted(found.items()))


def analysis(name: str) -> Analysis:
    """The one of that name; `next-step`, as commands are called, is `next_step`."""
    found = analyses().get(name.replace("-", "_"))
    if found is None:
        raise NotFound(f"no analysis '{name}'; there are {', '.join(analyses())}", code="unknown_analysis")
    return found


def header_of(name: str, journeys: Journeys, about: About, question: Scope, *, exact: bool = True) -> Header:
    """How something was counted."""
    return Header(
        analysis=name,
        version=about.catalogue.version,
        as_of=journeys.until,
        last_seq=journeys.last_seq,
        since=journeys.since,
        until=question.until,
        journey=question.journey,
        timeout=question.timeout,
        horizon=journeys.horizon,
        events=journeys.events,
        customers=journeys.customers,
        ties=journeys.ties,
        exact=exact,
    )


def whole(row: Mapping[str, Any], name: str, usual: int = 0) -> int:
    """A whole number a row has by that name; `usual` when it has none. Rows come back from outside: Invalid when it is
    something else."""
    value = row.get(name)
    if value is None:
        return usual
    if not isinstance(value, int | float) or not abs(value) < 1e15 or value != int(value):
        raise Invalid(f"`{name}` of a row is a whole number, not {value!r}")
    return int(value)


def said(question: Scope) -> dict[str, Json]:
    """What was asked, JSON-safe; only what differs from asking nothing special."""
    told: dict[str, Json] = {}
    for field in fields(question):
        value = getattr(question, field.name)
        if field.name not in UNSAID and (field.required or value != field.default):
            told[field.name] = [*value] if isinstance(value, tuple) else value
    return told
