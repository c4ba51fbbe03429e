"""What is remembered of a customer -> Customer: what the API, a notebook and an export show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

import msgspec
from msgspec import Struct

from harken.remember import devices
from harken.remember.consent import Consent, effective
from harken.remember.counters import Counter, Counters
from harken.remember.devices import Device
from harken.remember.facts import Remembered
from harken.remember.plan import Plan
from harken.remember.state import TrailState
from harken.remember.sums import below
from harken.remember.traits import Run, line
from harken.remember.visits import Visits
from harken.rules import weight_now
from harken.words import SECOND, Identifier, Micros

FAINT: Final = 0.001  # interests below are not shown
SHOWN_RUNS: Final = 16
SHOWN: Final = 12  # of each sort, in a notebook's table
WIDTH: Final = 80  # of each of them


class Change(Struct, frozen=True):
    """A trait became this."""

    since: Micros
    value: Any


class TraitNow(Struct, frozen=True, kw_only=True):
    """A trait as of now, and what it was before, newest first."""

    value: Any
    since: Micros
    last_heard: Micros
    history: tuple[Change, ...] = ()


class Tally(Struct, frozen=True, kw_only=True):
    """How often something happened."""

    count: int
    first: Micros
    last: Micros


class TouchpointTally(Struct, frozen=True, kw_only=True):
    """How often a customer met a touchpoint, and where that belongs."""

    count: int
    first: Micros
    last: Micros
    channel: str = ""
    stage: str = ""
    group: str = ""


class ChannelTally(Struct, frozen=True, kw_only=True):
    """What a customer did on a channel."""

    events: int
    visits: int
    first: Micros
    last: Micros


class Stages(Struct, frozen=True, kw_only=True):
    """The stage a customer is in, began in, and came to; "" while none was met."""

    current: str = ""
    earliest: str = ""
    furthest: str = ""


class Decision(Struct, frozen=True, kw_only=True):
    """One of the last decisions made for a customer."""

    at: Micros
    event: str
    action: str


class Customer(Struct, frozen=True, kw_only=True):
    """One customer, as of one time."""

    pid: str
    identifiers: tuple[Identifier, ...] = ()
    events: int = 0
    visits: int = 0
    first_seen: Micros | None = None
    last_seen: Micros | None = None
    traits: dict[str, TraitNow] = {}
    stage: Stages = Stages()
    segments: dict[str, Micros] = {}  # since when
    interests: dict[str, float] = {}  # strongest first; a topic's weight holds those below it
    consent: dict[str, Consent] = {}
    channels: dict[str, ChannelTally] = {}
    touchpoints: dict[str, TouchpointTally] = {}
    event_names: dict[str, Tally] = {}
    money: dict[str, float] = {}  # by event name, in whole units
    devices: tuple[Device, ...] = ()
    decisions: tuple[Decision, ...] = ()  # newest first

    def _repr_html_(self) -> str:
        """A small table, as a notebook shows it."""
        name, *others = (str(one) for one in self.identifiers or (self.pid,))
        stage = self.stage
        rows = {
            "profile": self.pid,
            "known as": _few(others),
            "seen": f"{_when(self.first_seen)} to {_when(self.last_seen)} UTC" if self.events else "",
            "events": f"{self.events:,} in {self.visits:,} visits",
            "channels": _few(f"{channel} {tally.events:,}" for channel, tally in self.channels.items()),
            "stage": f"{stage.current} (began in {stage.earliest}, came to {stage.furthest})" if stage.current else "",
            "segments": _few(self.segments),
            "interests": _few(f"{topic} {weight:.2f}" for topic, weight in self.interests.items()),
            "consent": _few(f"{purpose} {'yes' if one.yes else 'no'}" for purpose, one in self.consent.items()),
            "traits": _few(f"{trait} {_plain(one.value)}" for trait, one in self.traits.items()),
        }
        body = "".join(
            f"<tr><th style='text-align:left'>{label}</th><td style='text-align:left'>{escape(text)}</td></tr>"
            for label, text in rows.items()
            if text
        )
        return f"<h3>{escape(_short(name))}</h3><table><tbody>{body}</tbody></table>"


def _few(texts: Iterable[str]) -> str:
    """The first of them, and how many more there are."""
    told = [_short(one) for one in texts]
    more = len(told) - SHOWN
    return ", ".join(told[:SHOWN]) + (f" … and {more:,} more" if more > 0 else "")


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _when(at: Micros | None) -> str:
    return datetime.fromtimestamp((at or 0) / SECOND, UTC).strftime("%Y-%m-%d %H:%M")


def customer(
    pid: str,
    state: TrailState,
    identifiers: Sequence[Identifier],
    segments: Mapping[str, Micros],
    plan: Plan,
    now: Micros,
) -> Customer:
    """Show what is remembered. `state` is the join of the customer's trails."""
    facts = Remembered(state, identifiers, plan)
    return Customer(
        pid=pid,
        identifiers=tuple(identifiers),
        events=state.count,
        visits=sum(visits.total for visits in state.channels.values()),
        first_seen=state.first if state.count else None,
        last_seen=state.last if state.count else None,
        traits=_traits(state, now),
        stage=Stages(
            current=facts.stage("current", now)[0],
            earliest=facts.stage("earliest", now)[0],
            furthest=facts.stage("furthest", now)[0],
        ),
        segments=dict(sorted(segments.items())),
        interests=interests(state, plan, now),
        consent=_consent(state),
        channels={
            name: ChannelTally(events=visits.events, visits=visits.total, first=visits.first, last=visits.last)
            for name, visits in sorted(state.channels.items())
        },
        touchpoints={name: _touchpoint(name, tally, state, plan) for name, tally in _often_first(state.touchpoints)},
        event_names={
            name: Tally(count=tally.total, first=tally.first, last=tally.last)
            for name, tally in _often_first(state.events)
        },
        money={name: sum(by_day.values()) / 1000 for name, by_day in sorted(state.money.items())},
        devices=tuple(devices.listed(state.devices)),
        decisions=tuple(Decision(at=at, event=id, action=action) for at, id, action in reversed(state.decisions)),
    )


def _often_first(counters: Counters) -> list[tuple[str, Counter]]:
    return sorted(counters.all(), key=lambda pair: (-pair[1].total, pair[0]))


def _touchpoint(name: str, tally: Counter, state: TrailState, plan: Plan) -> TouchpointTally:
    touchpoint = plan.touchpoints.get(name)
    return TouchpointTally(
        count=tally.total,
        first=tally.first,
        last=tally.last,
        channel=(touchpoint and touchpoint.channel) or _met_on(name, tally.last, state.channels),
        stage="" if touchpoint is None else touchpoint.stage,
        group="" if touchpoint is None else touchpoint.group,
    )


def _met_on(touchpoint: str, last: Micros, channels: Mapping[str, Visits]) -> str:
    """The channel of a touchpoint the catalogue gives none: it was met last in a visit to it. Of several at that time
    the one its name begins with (`web: Home`), else the one met most."""
    then = [name for name, visits in channels.items() if visits.holds(last)]
    return max(
        then or channels,
        key=lambda name: (touchpoint.startswith(f"{name}:"), channels[name].events, name),
        default="",
    )


def _traits(state: TrailState, now: Micros) -> dict[str, TraitNow]:
    """Traits that have a value now; one that was taken away (null) is in nobody's view, only in its history."""
    made: dict[str, TraitNow] = {}
    for name, runs in sorted(state.traits.items()):
        before = [(since, value) for since, value in line(runs) if since <= now]
        if before and before[-1][1] is not None:
            since, value = before.pop()
            history = tuple(Change(since, value) for since, value in reversed(before[-SHOWN_RUNS:]))
            made[name] = TraitNow(value=value, since=since, last_heard=_heard(runs, now), history=history)
    return made


def _heard(runs: Sequence[Run], now: Micros) -> Micros:
    return max(moment for run in runs for moment in (run.first, run.last) if moment <= now)


def interests(state: TrailState, plan: Plan, now: Micros) -> dict[str, float]:
    """Faded weight of every topic met and every topic above one, strongest first."""
    topics = set(state.topics)
    for topic in state.topics:
        while topic := topic.rpartition("/")[0]:
            topics.add(topic)
    weights = {topic: round(weight_now(below(state.topics, topic), plan.half_life, now), 3) for topic in topics}
    return {
        topic: weight
        for topic, weight in sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
        if abs(weight) >= FAINT
    }


def _consent(state: TrailState) -> dict[str, Consent]:
    found = {purpose: effective(state.consent, purpose) for purpose in sorted(state.consent)}
    return {purpose: consent for purpose, consent in found.items() if consent is not None}
