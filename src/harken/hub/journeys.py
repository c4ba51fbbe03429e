"""Questions about many customers -> frames, over lake and tail as of one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from msgspec import Struct

from harken import understand
from harken.errors import NotFound
from harken.hub.asking import Asking, Kept, verb
from harken.hub.core import Core
from harken.hub.moments import When, micros
from harken.listen import is_mapped
from harken.logs import Logs
from harken.stores import View
from harken.stores.lake import reading
from harken.words import DAY, Micros, Profile

PAGE = 5_000
LOOK_BACK: Micros = 30 * DAY  # where somebody was before a period


class TouchpointUse(Struct, frozen=True, kw_only=True):
    """A place customers were seen at: named by the catalogue, or by default and waiting for a name."""

    touchpoint: str
    channel: str
    stage: str
    group: str
    mapped: bool
    events: int
    customers: int
    first: Micros
    last: Micros


class Journeys:
    """What customers did."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._kept = Kept(core)
        self._asking = Asking(core, self)

    def map(
        self,
        *,
        level: str = "touchpoint",
        since: When = None,
        until: When = None,
        segment: str = "",
        journey: str = "life",
        collapse: bool = False,
        opened: Sequence[str] = (),
    ) -> understand.JourneyMap:
        """Which touchpoint follows which, for how many customers, how fast, and where they leave. `opened`: on the level
        group, touchpoints that are nodes of their own all the same. A time is `2026-01-31`, a date, a datetime or Micros."""
        core = self._core
        since, until = micros(since, "since"), micros(until, "until")
        apart = tuple(sorted({*opened}))
        asked, writes = (level, since, until, segment, journey, collapse, apart), core.writes

        def draw(view: View) -> understand.JourneyMap:
            question = understand.MapQuestion(
                level=level,
                since=since,
                until=until,
                profiles=self.members_of(view, segment) if segment else None,
                journey=journey,
                repeats="collapse" if collapse else "keep",
                opened=apart,
                now=core.clock(),
            )
            question.check()
            return understand.journey_map(self.logs(view), core.plans.config, question)

        def ask(view: View) -> understand.JourneyMap:
            over = view if until is not None else None  # only a period that is over stays as it is
            found: understand.JourneyMap = self._kept.of(asked, over, writes, lambda: draw(view))
            return found

        return reading(core.store, ask)

    def ask(
        self, name: str, *, since: When = None, until: When = None, segment: str = "", **said: Any
    ) -> understand.Answer:
        """What the analysis `name` tells; `said` are the fields of its question. A length of time is seconds or `"7d"`, a
        moment as in `map`. NotFound and Invalid list what there is. `hub.journeys.funnel(…)` is `ask("funnel", …)`."""
        return self._asking.ask(name, since, until, segment, said)

    def customers(
        self,
        name: str,
        row: Mapping[str, Any],
        *,
        since: When = None,
        until: When = None,
        segment: str = "",
        **said: Any,
    ) -> list[str]:
        """The profiles behind a row of an answer (the row's fields, and its `table`): as many as the row counts. The rest
        is the question as it was asked."""
        return self._asking.customers(name, row, since, until, segment, said)

    def __getattr__(self, name: str) -> Callable[..., understand.Answer]:
        if not name.startswith("_") and name in understand.analyses():
            return verb(name, self.ask)
        there = ", ".join(understand.analyses())
        raise AttributeError(f"journeys have no '{name}'; analyses: {there}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *understand.analyses()})

    def logs(self, view: View) -> Logs:
        """Every event as arrays: where all analyses read."""
        return self._core.index.logs(view)

    def moves(
        self, *, since: Micros, until: Micros | None = None, segment: str = "", limit: int = 2_000
    ) -> understand.Moves:
        """Single moves that arrive in a period, for looking on. Who was not seen for a month before begins anew."""
        core = self._core

        def ask(view: View) -> understand.Moves:
            scope = understand.Scope(
                since=since - LOOK_BACK,
                until=until,
                profiles=self.members_of(view, segment) if segment else None,
                now=core.clock(),
            )
            journeys = understand.journeys_of(self.logs(view), core.plans.config, scope)
            return understand.moves_of(journeys, since=since, limit=limit)

        return reading(core.store, ask)

    def compare(self, a: understand.JourneyMap, b: understand.JourneyMap) -> understand.Comparison:
        """How the chance of each next step differs between two maps, beyond chance."""
        return understand.compare(a, b)

    def events(self) -> pl.LazyFrame:
        """Every event as one lazy frame: profile, occurred, touchpoint, channel, … Collect it soon: the lake keeps files
        that were replaced for an hour."""
        with self._core.read() as view:
            return self._core.lake.frame(view, reread=self._core.reread)

    def met(self, touchpoint: str, *, since: When = None, until: When = None) -> set[str]:
        """The profiles of the customers who met a touchpoint in a period `[since, until)`: as many as the map of that
        period counts for it."""
        core = self._core
        scope = understand.Scope(since=micros(since, "since"), until=micros(until, "until"), now=core.clock())
        scope.check()

        def ask(view: View) -> set[str]:
            journeys = understand.journeys_of(self.logs(view), core.plans.config, scope)
            return understand.met_by(journeys, touchpoint)

        return reading(core.store, ask)

    def touchpoints(self) -> list[TouchpointUse]:
        """Every place customers were seen at, and those of the catalogue nobody was seen at, most customers first."""
        core = self._core
        config = core.plans.config

        def ask(view: View) -> pl.DataFrame:
            return understand.uses_of(understand.journeys_of(self.logs(view), config, understand.Scope()))

        used = reading(core.store, ask)
        named = {one.id: one for one in config.touchpoints}
        found = []
        for row in used.iter_rows(named=True):
            known = named.pop(row["touchpoint"], None)
            found.append(
                TouchpointUse(
                    touchpoint=row["touchpoint"],
                    channel=known.channel if known and known.channel else row["channel"],
                    stage=known.stage if known else "",
                    group=known.group if known else "",
                    mapped=is_mapped(row["touchpoint"], config),
                    events=row["events"],
                    customers=row["customers"],
                    first=row["first"],
                    last=row["last"],
                )
            )
        found.extend(
            TouchpointUse(
                touchpoint=one.id,
                channel=one.channel,
                stage=one.stage,
                group=one.group,
                mapped=True,
                events=0,
                customers=0,
                first=0,
                last=0,
            )
            for one in named.values()
        )
        return sorted(found, key=lambda one: (-one.customers, one.touchpoint))

    def members(self, segment: str) -> int:
        """How many customers are in a segment."""
        with self._core.read() as view:
            return sum(len(page) for page in self._pages(view, segment))

    def members_of(self, view: View, segment: str) -> set[str]:
        """Who is in a segment."""
        return {one.pid for page in self._pages(view, segment) for one in page}

    def _pages(self, view: View, segment: str) -> Iterator[list[Profile]]:
        """The profiles of a segment, page by page."""
        if segment not in self._core.plans.config.segments:
            there = ", ".join(self._core.plans.config.segments) or "none yet"
            raise NotFound(f"no segment named '{segment}'; there are: {there}", code="unknown_segment")
        after = ""
        while page := view.list_profiles(after, PAGE, segment):
            yield page
            after = page[-1].pid
