"""A customer's memory, identifiers and plan -> `rules.Facts`: what rules, and `customer`, read of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harken.remember.consent import effective
from harken.remember.foretold import Last, last_steps
from harken.remember.plan import Plan
from harken.remember.state import TrailState
from harken.remember.sums import below
from harken.remember.traits import line
from harken.rules import FALSE, Kind, Line, Times, Verdict, Where, Which
from harken.words import Identifier, Micros


class Remembered:
    """Made for one question at one time: it keeps what it worked out."""

    __slots__ = ("_identifiers", "_judged", "_last", "_plan", "_state", "half_life")

    def __init__(self, state: TrailState, identifiers: Sequence[Identifier], plan: Plan) -> None:
        self._state, self._identifiers, self._plan = state, identifiers, plan
        self._judged: dict[str, Verdict] = {}
        self._last: Last | None = None
        self.half_life = plan.half_life

    def times(self, kind: Kind, name: str) -> Times | None:
        if kind == "event":
            return self._state.events.get(name)
        if kind == "touchpoint":
            return self._state.touchpoints.get(name)
        return self._state.channels.get(name)

    def trait(self, name: str) -> Line:
        runs = self._state.traits.get(name)
        return line(runs) if runs else ()

    def spent(self, name: str) -> Mapping[int, int]:
        return self._state.money.get(name, {})

    def topic(self, topic: str) -> Mapping[int, int]:
        return below(self._state.topics, topic)

    def stage(self, which: Which, now: Micros) -> tuple[str, Micros | None]:
        """The customer's stage follows from the touchpoints met and the stages they belong to now, so that moving a
        touchpoint to another stage moves everybody. At the same instant the later stage counts."""
        met, stage_of, stages = self._state.touchpoints, self._plan.stage_of, self._plan.stages
        if self._state.last > now:
            return self._stage_then(which, now)
        if which == "current":
            latest = met.latest_of(stage_of)
            return max(((stages.get(stage, -1), stage) for stage in latest), default=(0, ""))[1], None
        staged = [(name, stage) for name in met.recent if (stage := stage_of.get(name)) is not None]
        if not staged:
            return "", None
        if which == "earliest":
            return min((met.first(name), stages.get(stage, -1), stage) for name, stage in staged)[2], None
        return max((stages.get(stage, -1), stage) for _, stage in staged)[1], None

    def _stage_then(self, which: Which, now: Micros) -> tuple[str, Micros | None]:
        """The same while some events are dated later than now."""
        met: list[tuple[Micros, Micros, int, str]] = []
        until: Micros | None = None
        for touchpoint, counter in self._state.touchpoints.all():
            stage = self._plan.stage_of.get(touchpoint)
            if stage is None:
                continue
            latest, coming = counter.latest(now)
            if coming is not None and (until is None or coming < until):
                until = coming
            if latest is not None:
                met.append((latest, counter.first, self._plan.stages.get(stage, -1), stage))
        if not met:
            return "", until
        if which == "current":
            return max((last, order, stage) for last, _, order, stage in met)[2], until
        if which == "earliest":
            return min((first, order, stage) for _, first, order, stage in met)[2], until
        return max((order, stage) for _, _, order, stage in met)[1], until

    def consent(self, purpose: str, now: Micros) -> tuple[bool | None, Micros | None]:
        """A yes dated later than now is none yet; a no counts at once."""
        found = effective(self._state.consent, purpose)
        if found is None:
            return None, None
        return (None, found.at) if found.yes and found.at > now else (found.yes, None)

    def chance(self, goal: str, now: Micros) -> tuple[float | None, Micros | None]:
        foretold = self._plan.foretold
        if foretold is None:
            return None, None
        last = self._last = self._last or last_steps(self._state.touchpoints, self._plan.touchpoints, now)
        return foretold.chance(goal, last, now)

    def has(self, kind: str) -> bool:
        return any(identifier.kind == kind for identifier in self._identifiers)

    def first(self) -> Micros | None:
        return self._state.first if self._state.count else None

    def last(self, now: Micros) -> tuple[Micros | None, Micros | None]:
        state = self._state
        if not state.count:
            return None, None
        if state.last <= now:
            return state.last, None
        found = [counter.latest(now) for table in (state.events, state.touchpoints) for _, counter in table.all()]
        before = [latest for latest, _ in found if latest is not None]
        coming = [later for _, later in found if later is not None]
        if state.first <= now:
            before.append(state.first)
        return max(before, default=None), min(coming, default=state.last)

    def segment(self, name: str, now: Micros) -> Verdict:
        verdict = self._judged.get(name)
        if verdict is None:
            compiled = self._plan.segments.get(name)
            verdict = self._judged[name] = FALSE if compiled is None else compiled.evaluate(self, now)
        return verdict

    def field(self, where: Where, name: str) -> Any:
        """A customer is not one event."""
        return None
