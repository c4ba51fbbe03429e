"""A question about journeys by the name of its analysis in, its answer out; and the customers behind a row of it.

Every analysis there is can be asked here at once. Answers about a period that is over are kept until something is written.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from harken import understand
from harken.errors import Invalid
from harken.hub.core import Core
from harken.hub.moments import When, micros
from harken.hub.records import HubRecords
from harken.hub.telling import told_by
from harken.logs import Logs
from harken.stores import View
from harken.stores.lake import reading
from harken.understand.asking import Field, example_of, fields_of_question, question_of
from harken.understand.splitting import parted

KEPT = 16  # answers remembered
KEPT_SECONDS = 30


class Source(Protocol):
    """Where a question reads: all events, and who is in a segment."""

    def logs(self, view: View) -> Logs: ...

    def members_of(self, view: View, segment: str) -> set[str]: ...


class Asked(Struct, frozen=True):
    """An analysis, its question, and whose journeys it is about."""

    analysis: understand.Analysis
    question: understand.Scope
    segment: str


class Asking:
    """Asks any analysis over one hub."""

    def __init__(self, core: Core, source: Source) -> None:
        self._core, self._source = core, source
        self._kept = Kept(core)

    def ask(self, name: str, since: When, until: When, segment: str, said: Mapping[str, Any]) -> understand.Answer:
        """See `Journeys.ask`."""
        asked, writes = asked_of(name, since, until, segment, said), self._core.writes

        def answer(view: View) -> understand.Answer:
            found: understand.Answer = self._kept.of(
                (asked.analysis.name, asked.question, segment),
                view if asked.question.until is not None else None,
                writes,
                lambda: asked.analysis.ask(*self._material(view, asked)),
            )
            return found

        return reading(self._core.store, answer)

    def customers(
        self, name: str, row: Mapping[str, Any], since: When, until: When, segment: str, said: Mapping[str, Any]
    ) -> list[str]:
        """See `Journeys.customers`."""
        asked = asked_of(name, since, until, segment, said)
        behind = asked.analysis.customers
        if behind is None:
            raise Invalid(f"{name} counts nobody in particular: there are no customers behind its rows", code="no_rows")

        def find(view: View) -> pl.Series:
            return behind(*self._material(view, asked), row)

        found = reading(self._core.store, find)
        return found.cast(pl.String).unique().sort().to_list()

    def _material(self, view: View, asked: Asked) -> tuple[understand.Journeys, understand.About, understand.Scope]:
        """What an analysis is given."""
        core, question = self._core, asked.question
        profiles = self._source.members_of(view, asked.segment) if asked.segment else None
        question = replace(question, profiles=profiles, now=core.clock())
        members = {
            segment: pl.Series(sorted(self._source.members_of(view, segment)), dtype=pl.String)
            for segment in getattr(question, "segments", ())
        }
        logs, catalogue = self._source.logs(view), core.plans.config
        logs, catalogue = parted(logs, catalogue, question, partial(told_by, core, view, logs, scope=question))
        wanted = asked.analysis.wanted and asked.analysis.wanted(logs.places, catalogue, question)
        told = told_by(core, view, logs, wanted, question) if wanted else None
        about = understand.About(catalogue=catalogue, members=members, told=told, records=HubRecords(core, view))
        return understand.journeys_of(logs, catalogue, question), about, question


def asked_of(name: str, since: When, until: When, segment: str, said: Mapping[str, Any]) -> Asked:
    """What somebody asks; Invalid or NotFound say what there is."""
    analysis = understand.analysis(name)
    period = {"since": since, "until": until}
    told = {**said, **{word: value for word, value in period.items() if value not in (None, "")}}
    return Asked(analysis, question_of(name, analysis.question, told, micros), segment)


class Kept:
    """Answers about periods that are over, until something is written here; what other nodes wrote shows soon."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._answers: dict[tuple[object, ...], Any] = {}

    def of(self, asked: tuple[object, ...], view: View | None, writes: int, answer: Callable[[], Any]) -> Any:
        """The answer kept, or a new one. Without a view it is not kept: the period goes on. `writes`: of this hub, before
        the view was opened, so that an answer from before a write is never taken for one from after it."""
        if view is None:
            return answer()
        key = (asked, writes, int(time.monotonic() / KEPT_SECONDS), view.last_seq())
        with self._lock:
            if key in self._answers:
                return self._answers[key]
        found = answer()
        with self._lock:
            if len(self._answers) >= KEPT:
                self._answers.pop(next(iter(self._answers)))
            self._answers[key] = found
        return found


# ---------------------------------------------------------------------- by name, in Python


def verb(name: str, ask: Callable[..., understand.Answer]) -> Callable[..., understand.Answer]:
    """`hub.journeys.funnel`: a function with the analysis' fields as arguments, and what they are for as its docstring."""
    analysis = understand.analysis(name)
    every = fields_of_question(analysis.question)

    def asked(*, since: When = None, until: When = None, segment: str = "", **said: Any) -> understand.Answer:
        return ask(name, since=since, until=until, **said, **({"segment": segment} if segment else {}))

    asked.__name__ = asked.__qualname__ = name
    asked.__doc__ = documented(analysis)
    shown = [one for one in every if one.name not in ("since", "until")]
    arguments = [_argument(one.name, inspect.Parameter.empty if one.required else one.shown()) for one in shown]
    period = [_argument("since", None), _argument("until", None), _argument("segment", "")]
    told = inspect.Signature(arguments + period, return_annotation=understand.Answer)
    asked.__signature__ = told  # type: ignore[attr-defined]
    return asked


def documented(analysis: understand.Analysis) -> str:
    """What an analysis tells, what it can be asked, and examples."""
    lines = [analysis.summary, ""]
    lines += [f"{one.name}: {described(one)}" for one in fields_of_question(analysis.question)]
    lines += ["segment: only customers of this segment", ""]
    lines += [
        f"hub.journeys.{analysis.name}({', '.join(f'{name}={value!r}' for name, value in example_of(analysis, example).items())})"
        for example in analysis.examples
    ]
    return "\n".join(lines)


def described(field: Field) -> str:
    """A field for people: what it is for, and what it may be."""
    usual = field.shown()
    told = "" if field.required or usual in (None, "", []) else f"; {usual!r} when it is not said"
    return f"{field.help} ({field.right}{told})" if field.help else f"{field.right}{told}"


def _argument(name: str, default: object) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
