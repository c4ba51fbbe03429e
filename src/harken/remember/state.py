"""Events of a trail -> its state, folded one by one; states of several trails -> their join, a profile's memory.

A state follows from the set of its events: fold them in any order, split them over trails and join, and it says the
same. Everything in it is a counter over disjoint events, an earliest or latest by event time, or a set; what is
capped is capped by a rule that knows no order. Where a late event falls among what is not kept in detail any more
(a trait's run, old visits), `fold` says so and `refold` makes the state from the log.

An encoded state may have notes of the newest events behind it (`noted`, notes.py); decoding folds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec import Struct, field

from harken.remember import consent, counters, dealings, devices, notes, sums, traits, visits
from harken.remember.consent import Statements
from harken.remember.counters import FULL, SIZE, Counters
from harken.remember.dealings import Dealings
from harken.remember.notes import Note
from harken.remember.plan import Plan
from harken.remember.sums import ByDay
from harken.remember.traits import Run
from harken.remember.visits import Visits
from harken.words import DAY, Event, Micros

DECISIONS: Final = 16
DEALT: Final = ("decision", "response")

Decided = tuple[Micros, str, str]  # when, the event's id, the action


class TrailState(Struct, array_like=True, gc=False):
    """What a trail remembers. Only ever append fields, with defaults: states written before must still be read."""

    count: int = 0
    first: Micros = 0
    last: Micros = 0
    events: Counters = field(default_factory=Counters)  # by event name
    touchpoints: Counters = field(default_factory=Counters)
    channels: dict[str, Visits] = field(default_factory=dict)
    traits: dict[str, list[Run]] = field(default_factory=dict)
    topics: dict[str, ByDay] = field(default_factory=dict)
    money: dict[str, ByDay] = field(default_factory=dict)  # by event name
    consent: Statements = field(default_factory=dict)
    devices: dict[str, Micros] = field(default_factory=dict)
    decisions: list[Decided] = field(default_factory=list)  # rising, the newest 16
    dealings: Dealings = field(default_factory=Dealings)


def blank() -> TrailState:
    """A trail that has seen nothing."""
    return TrailState()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(TrailState)


def encode(state: TrailState) -> bytes:
    return _encoder.encode(state)


def decode(data: bytes) -> TrailState:
    """A state as it was encoded, by this version or an earlier one, with its notes folded; of nothing, a blank one."""
    stored, told = notes.parted(data)
    state = _decoder.decode(stored) if stored else TrailState()
    _add(state, told)
    return state


def noted(data: bytes, events: Sequence[Event], plan: Plan) -> bytes:
    """The encoded state after more events, rising and none older than any before; b"" when they have to be folded.

    The same as to decode the state, fold the events, and encode it, at a fraction of the cost.
    """
    for event in events:
        if event.traits or event.consent or event.type in DEALT:
            return b""
    told = [notes.note(event, plan) for event in events]
    if made := notes.behind(data, told):
        return made
    stored, before = notes.parted(data)
    state = _decoder.decode(stored) if stored else TrailState()
    _add(state, [*before, *told])
    return encode(state)


def fold(state: TrailState, event: Event, plan: Plan) -> bool:
    """Let the state remember one more event. True: this could not be exact, `refold` the trail from the log."""
    inexact = False
    if event.traits:
        for name, value in event.traits.items():
            inexact |= traits.observe(state.traits, name, value, event.occurred)
    return _fold(state, event, plan) or inexact


def refold(events: Iterable[Event], plan: Plan) -> TrailState:
    """The exact state of all these events, whatever order they are given in."""
    state = TrailState()
    told: list[tuple[Micros, bytes, str, object]] = []
    for event in sorted(events, key=lambda event: event.occurred):
        _fold(state, event, plan)
        for name, heard in event.traits.items():
            value = traits.clean(heard)
            told.append((event.occurred, traits.order(value), name, value))
    told.sort(key=lambda one: one[:3])
    for moment, _, name, value in told:
        traits.observe(state.traits, name, value, moment)
    return state


def _fold(state: TrailState, event: Event, plan: Plan) -> bool:
    """Everything but traits."""
    if event.consent or event.type in DEALT:
        _said(state, event, plan)
    return _add(state, (notes.note(event, plan),))


def _add(state: TrailState, told: Sequence[Note]) -> bool:
    """What notes tell of, whose moments rise; each table is looked into once for all of them. True: not exact."""
    inexact = False
    events: dict[str, bytes] = {}
    touchpoints: dict[str, bytes] = {}
    for note in told:
        moment, name, touchpoint = note.moment, note.name, note.touchpoint
        packed = counters.packed(moment)
        if name:
            events[name] = events.get(name, b"") + packed
            if note.money:
                sums.spend(state.money, name, moment // DAY, note.money)
        if touchpoint:
            touchpoints[touchpoint] = touchpoints.get(touchpoint, b"") + packed
        for topic, thousandths in note.topics.items():
            sums.weigh(state.topics, topic, moment // DAY, thousandths)
        if note.device:
            devices.meet(state.devices, note.device, moment)
        if note.channel:
            inexact |= visits.visit(state.channels, note.channel, moment)
    if told:
        state.first = min(state.first, told[0].moment) if state.count else told[0].moment
        state.last = max(state.last, told[-1].moment)
        state.count += len(told)
    _count(state.events, events)
    _count(state.touchpoints, touchpoints)
    if len(state.topics) > sums.TOPICS:
        sums.trim(state.topics)
    return inexact


def _count(table: Counters, found: dict[str, bytes]) -> None:
    """Moments by name into a table; most follow on those of a name that has room for them."""
    recent = table.recent
    for name, packed in found.items():
        before = recent.get(name)
        if before is not None and len(before) + len(packed) <= FULL and before[-SIZE:] <= packed[:SIZE]:
            recent[name] = before + packed
        else:
            table.add(name, packed)


def _said(state: TrailState, event: Event, plan: Plan) -> None:
    """What only few events tell: consent, decisions."""
    device = next((identifier for identifier in event.identifiers if identifier[0] in plan.devices), None)
    place = event.source if device is None else str(device)
    for purpose, yes in event.consent.items():
        consent.state(state.consent, purpose, place, yes, event.occurred)
    if event.type == "decision":
        state.decisions.append((event.occurred, event.id, str(event.properties.get("action", ""))[:200]))
        state.decisions.sort()
        del state.decisions[:-DECISIONS]
    if event.type in DEALT:
        state.dealings.deal(event)


def join(states: Sequence[TrailState]) -> TrailState:
    """What the trails remember together. The order does not matter; joins of joins are the same join.

    Read it before you fold on: it shares parts with the states it was made from (of one, it is that one).
    """
    if len(states) == 1:
        return states[0]
    heard = [state for state in states if state.count]
    if not heard:
        return TrailState()
    return TrailState(
        sum(state.count for state in heard),
        min(state.first for state in heard),
        max(state.last for state in heard),
        counters.joined(state.events for state in heard),
        counters.joined(state.touchpoints for state in heard),
        visits.joined(state.channels for state in heard),
        traits.joined(state.traits for state in heard),
        sums.joined_topics(state.topics for state in heard),
        sums.joined_money(state.money for state in heard),
        consent.joined(state.consent for state in heard),
        devices.joined(state.devices for state in heard),
        sorted(decided for state in heard for decided in state.decisions)[-DECISIONS:],
        dealings.joined(state.dealings for state in heard),
    )
