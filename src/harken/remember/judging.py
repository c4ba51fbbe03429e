"""A customer's memory and the segments they are in -> the segments they should be in, and when to look again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from harken.errors import NotFound
from harken.remember.facts import Remembered
from harken.remember.plan import Plan
from harken.remember.state import TrailState
from harken.rules import Explained, explain
from harken.words import Identifier, Membership, Micros


class Judged(Struct, frozen=True, kw_only=True):
    """What judging a customer gave."""

    segments: dict[str, Micros]  # every segment they are in now, since when
    memberships: list[Membership]  # what changed
    due: Micros | None  # the earliest time any segment may change without an event


def judge(
    pid: str,
    state: TrailState,
    identifiers: Sequence[Identifier],
    current: Mapping[str, Micros],
    plan: Plan,
    now: Micros,
    only: Collection[str] | None = None,
) -> Judged:
    """Judge these segments, or all. `due` speaks of all of them in any case: segments that may change by time are
    judged along, so that the one timer of a profile is always right."""
    facts = Remembered(state, identifiers, plan)
    segments = dict(current)
    memberships: list[Membership] = []
    due: Micros | None = None
    every = only is None or state.last > now  # what is dated in the future may change any of them by time
    for id, compiled in plan.segments.items():
        if not every and not compiled.reads.timed and only is not None and id not in only:
            continue
        verdict = facts.segment(id, now)
        until = verdict.until
        if until is not None and (due is None or until < due):
            due = until
        if verdict.truth is not (id in segments):
            memberships.append(Membership(pid=pid, segment=id, entered=verdict.truth, at=now))
            if verdict.truth:
                segments[id] = now
            else:
                del segments[id]
    for id in current:
        if id not in plan.segments:  # deleted
            del segments[id]
            memberships.append(Membership(pid=pid, segment=id, entered=False, at=now))
    return Judged(segments=segments, memberships=memberships, due=due)


def why(segment: str, state: TrailState, identifiers: Sequence[Identifier], plan: Plan, now: Micros) -> Explained:
    """Why a customer is in a segment or not, leaf by leaf."""
    compiled = plan.segments.get(segment)
    if compiled is None:
        raise NotFound(f"there is no segment {segment!r}; there is {', '.join(plan.segments) or 'none at all'}")
    return explain(compiled.rule, Remembered(state, identifiers, plan), now)
