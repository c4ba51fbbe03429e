"""The counting laws of a trail's state: any order, any split, the same memory."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harken.remember import READS, TrailState, blank, decode, encode, fold, join, noted, refold
from harken.remember.traits import line, order
from harken.words import BOOKKEEPING, DAY, SECOND, Event
from unit.remember.heard import ADA, BROWSER, HISTORIES, MINUTE, NOW, PLAN, event, numbered

GOLDEN = Path(__file__).with_name("state_v1.msgpack")


def folded(events: list[Event]) -> tuple[TrailState, bool]:
    """The state after these events in this order, and whether it is exact."""
    state, inexact = blank(), False
    for one in events:
        inexact |= fold(state, one, PLAN)
    return state, not inexact


def same(one: TrailState, other: TrailState) -> bool:
    """Equal in every detail: `1` is not `true`."""
    return one == other and order(one.traits) == order(other.traits)


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.randoms())
def test_a_state_does_not_depend_on_the_order_events_came_in(events: list[Event], chance: random.Random) -> None:
    wanted = refold(events, PLAN)
    for _ in range(3):
        chance.shuffle(events)
        state, exact = folded(events)
        assert same(refold(events, PLAN), wanted)
        if exact:
            assert same(state, wanted)


@settings(max_examples=100, deadline=None)
@given(HISTORIES)
def test_folding_by_time_is_exact(events: list[Event]) -> None:
    moments = {one.occurred for one in events}
    events.sort(key=lambda one: one.occurred)
    state, exact = folded(events)
    if len(moments) == len(events):
        assert exact
    if exact:
        assert same(state, refold(events, PLAN))


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.lists(st.integers(0, 2), min_size=24, max_size=24))
def test_a_join_of_trails_counts_what_one_trail_would_have_counted(events: list[Event], split: list[int]) -> None:
    parts: list[list[Event]] = [[], [], []]
    for one, part in zip(events, split, strict=False):
        parts[part].append(one)
    joined, whole = join([refold(part, PLAN) for part in parts]), refold(events, PLAN)
    for name in TrailState.__struct_fields__:
        if name != "traits":
            assert getattr(joined, name) == getattr(whole, name), name
    assert joined.traits.keys() == whole.traits.keys()
    for trait, runs in joined.traits.items():
        assert msgspec.json.encode(line(runs)[-1][1]) == msgspec.json.encode(whole.traits[trait][-1].value)
        if all(run.times <= 2 for run in runs):
            assert line(runs)[-8:] == line(whole.traits[trait])[-8:]


@settings(max_examples=150, deadline=None)
@given(HISTORIES, HISTORIES, HISTORIES)
def test_a_join_does_not_depend_on_order_or_grouping(a: list[Event], b: list[Event], c: list[Event]) -> None:
    one, two, three = (refold(part, PLAN) for part in (a, b, c))
    wanted = join([one, two, three])
    assert same(join([three, one, two]), wanted)
    assert same(join([join([one, two]), three]), wanted)
    assert same(join([one, join([three, two])]), wanted)
    assert same(join([wanted, blank()]), wanted)


@settings(max_examples=50, deadline=None)
@given(HISTORIES, HISTORIES, HISTORIES)
def test_a_join_leaves_its_trails_as_they_were(a: list[Event], b: list[Event], c: list[Event]) -> None:
    states = [refold(part, PLAN) for part in (a, b, c)]
    before = [encode(state) for state in states]
    joined = join(states)
    join([joined, states[0], states[1]])
    assert [encode(state) for state in states] == before


@settings(max_examples=50, deadline=None)
@given(HISTORIES)
def test_a_state_is_the_same_after_it_was_stored(events: list[Event]) -> None:
    state = refold(events, PLAN)
    assert same(decode(encode(state)), state)


def crowd(seed: int) -> list[Event]:
    """A trail that is past every cap: made-up names, years of days, many devices, channels, purposes, topics."""
    chance = random.Random(seed)
    events = []
    for number in range(4000):
        occurred = NOW - chance.randrange(900 * DAY)
        name = chance.choice(["Plan Viewed", f"Viewed product {chance.randrange(400)}", "Order Completed", "x" * 300])
        events.append(
            event(
                occurred,
                name,
                touchpoint=f"web: Page {chance.randrange(300)}",
                channel=chance.choice(["web", f"channel {chance.randrange(60)}"]),
                identifiers=(ADA, BROWSER._replace(value=f"b{chance.randrange(20)}")),
                properties={"revenue": chance.randrange(100)},
                topics={f"goods/{chance.randrange(30)}/{chance.randrange(30)}": 1000},
                consent={f"purpose {chance.randrange(100)}": chance.random() < 0.5},
                type=chance.choice(["track", "decision"]),
                message_id=str(number),
            )
        )
    return events


def test_what_is_capped_is_capped_the_same_in_any_order_and_split() -> None:
    events = crowd(1)
    wanted = refold(events, PLAN)
    random.Random(2).shuffle(events)
    state, _ = folded(events)
    joined = join([refold(events[part::3], PLAN) for part in range(3)])
    for name in TrailState.__struct_fields__:
        if name not in ("channels", "traits"):
            assert getattr(state, name) == getattr(wanted, name), name
            assert getattr(joined, name) == getattr(wanted, name), name
    assert len(wanted.events.recent) <= 257
    assert len(wanted.touchpoints.recent) == 257
    assert "Plan Viewed" in wanted.events.recent
    assert (len(wanted.topics), len(wanted.consent), len(wanted.devices), len(wanted.decisions)) == (64, 64, 8, 16)


def test_no_trail_grows_without_bound() -> None:
    state, _ = folded(sorted(crowd(3), key=lambda one: one.occurred))
    for counters in (state.events, state.touchpoints):
        assert len(counters.recent) <= 257
        assert max(len(packed) for packed in counters.recent.values()) <= 32 * 8
        assert max(len(older.days) for older in counters.older.values()) <= 400
    assert len(state.channels) <= 33
    assert max(len(visits.starts) for visits in state.channels.values()) <= 64
    assert max(len(days) for days in (*state.topics.values(), *state.money.values())) <= 400
    assert (len(state.topics), len(state.money), len(state.consent)) == (64, 64, 64)


def test_a_usual_state_is_below_a_kilobyte_and_a_rich_one_below_four() -> None:
    chance = random.Random(5)
    names = [f"Event {letter}" for letter in "ABCDEFGHIJKL"]
    places = [f"web: Page {letter}" for letter in "ABCDEFGHIJKLMNO"]

    def trail(events: int) -> int:
        made = [
            event(
                NOW - chance.randrange(90 * DAY), chance.choice(names), touchpoint=chance.choice(places),
                traits={"plan": "gold", "email": "ada@example.test"} if number % 8 == 0 else {},
                topics={"phones/android": 1000} if number % 3 == 0 else {}, message_id=str(number),
                context={"userAgent": "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Safari/537.36", "locale": "en-US"},
            )
            for number in range(events)
        ]  # fmt: skip
        return len(encode(refold(made, PLAN)))

    assert trail(15) < 1_000
    assert trail(100) < 4_000


def test_a_late_event_that_parts_a_run_asks_for_the_log_and_the_log_gives_the_truth() -> None:
    events = [event(NOW - ago * DAY, traits={"plan": "gold"}) for ago in (9, 8, 6, 5)]
    late = event(NOW - 7 * DAY, traits={"plan": "silver"})
    state, exact = folded(events)
    assert exact
    assert fold(state, late, PLAN)
    wanted = refold([*events, late], PLAN)
    assert [(since, value) for since, value in line(wanted.traits["plan"])] == [
        (NOW - 9 * DAY, "gold"), (NOW - 7 * DAY, "silver"), (NOW - 6 * DAY, "gold"),
    ]  # fmt: skip


def test_12_a_late_event_moves_first_seen_not_last_seen() -> None:
    state, _ = folded([event(NOW - DAY, "A"), event(NOW, "A"), event(NOW - 30 * DAY, "A")])
    assert (state.first, state.last, state.count) == (NOW - 30 * DAY, NOW, 3)
    counter = state.events.get("A")
    assert counter is not None
    assert (counter.first, counter.last, counter.total) == (NOW - 30 * DAY, NOW, 3)


def test_12_the_last_value_of_a_trait_goes_by_event_time() -> None:
    state, exact = folded([event(NOW, traits={"plan": "gold"}), event(NOW - DAY, traits={"plan": "silver"})])
    assert exact
    assert line(state.traits["plan"]) == [(NOW - DAY, "silver"), (NOW, "gold")]


def test_a_clock_before_1970_counts_as_1970() -> None:
    state, _ = folded([event(-5 * DAY, "A"), event(NOW, "A")])
    assert (state.first, state.last) == (0, NOW)
    assert decode(encode(state)) == state


def test_nothing_decodes_to_a_blank_state() -> None:
    assert decode(b"") == blank()


def golden() -> TrailState:
    """What the golden file holds: every field of a state, caps passed where that changes the form."""
    events = [
        event(NOW - ago * 2 * DAY, "Plan Viewed", touchpoint="web: Plan page", topics={"phones/android": 1000},
              context={"os": {"name": "iOS", "version": "17"}, "locale": "de-CH"})
        for ago in range(40)
    ]  # fmt: skip
    events.append(
        event(NOW, "Order Completed", properties={"revenue": 59.9}, traits={"plan": "gold", "tags": ["a", 1]})
    )
    events.append(event(NOW - DAY, "Consent Given", consent={"email": True, "*": False}, traits={"plan": None}))
    events.append(event(NOW - SECOND, "Shown", type="decision", properties={"action": "upgrade"}, message_id="d"))
    return refold(numbered(events), PLAN)


def test_states_written_by_the_first_version_are_still_read() -> None:
    state = decode(GOLDEN.read_bytes())
    assert same(state, golden())


def test_a_state_written_before_a_field_was_added_is_still_read() -> None:
    fields: list[Any] = msgspec.msgpack.decode(encode(golden()))
    shorter = decode(msgspec.msgpack.encode(fields[:6]))
    assert shorter.events == golden().events
    assert shorter.decisions == []
    longer = decode(msgspec.msgpack.encode([*fields, {"a field": "of a later version"}]))
    assert same(longer, golden())


def test_a_visit_that_bridges_old_ones_asks_for_the_log() -> None:
    events = [event(NOW - 100 * DAY + number * 40 * MINUTE, "A") for number in range(70)]
    state, exact = folded(events)
    assert exact
    assert (len(state.channels["web"].starts), state.channels["web"].older) == (64, 6)
    bridge = event(events[-2].occurred + 20 * MINUTE, "A")
    assert fold(state, bridge, PLAN)
    assert refold([*events, bridge], PLAN).channels["web"].total == 69


# ---------------------------------------------------------------- put off


def put_off(events: list[Event], together: int = 1) -> tuple[bytes, bool]:
    """The encoded state after these events, so many at once, as a hub makes it, and whether it is exact."""
    data, last, exact = b"", 0, True
    for start in range(0, len(events), together):
        some = sorted(events[start : start + together], key=lambda one: one.occurred)
        made = noted(data, some, PLAN) if some[0].occurred >= last else b""
        if not made:
            state = decode(data)
            for one in some:
                exact &= not fold(state, one, PLAN)
            made = encode(state)
        data, last = made, max(last, some[-1].occurred)
    return data, exact


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.booleans(), st.sampled_from([1, 2, 5, 13]))
def test_what_is_put_off_is_what_would_have_been_folded_at_once(
    events: list[Event], by_time: bool, together: int
) -> None:
    if by_time:
        events.sort(key=lambda one: one.occurred)
    parts = [events[start : start + together] for start in range(0, len(events), together)]
    events = [one for part in parts for one in sorted(part, key=lambda one: one.occurred)]
    wanted, exact = folded(events)
    data, put_off_exactly = put_off(events, together)
    assert (same(decode(data), wanted), put_off_exactly) == (True, exact)


def test_what_is_put_off_is_bounded() -> None:
    events = sorted(crowd(4), key=lambda one: one.occurred)
    plain = [replace(one, consent={}, type="track") for one in events]
    data, _ = put_off(plain)
    assert same(decode(data), folded(plain)[0])
    assert len(data) <= len(encode(decode(data))) + 12 * 500
    assert noted(b"", [replace(plain[0], topics={"x" * 600: 1})], PLAN)[:1] != b"\xc1"


class Watched(dict[str, Any]):
    """Properties that note which of them were looked at."""

    looked_at: set[str]

    def __contains__(self, name: object) -> bool:
        self.looked_at.add(str(name))
        return super().__contains__(name)

    def __getitem__(self, name: str) -> Any:
        self.looked_at.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.looked_at.add(name)
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        self.looked_at.add("all of them")
        return super().__iter__()


@settings(max_examples=100, deadline=None)
@given(HISTORIES)
def test_what_it_says_it_reads_of_properties_is_all_it_reads(events: list[Event]) -> None:
    looked_at: set[str] = set()
    for one in (*(one for one in events if one.type not in BOOKKEEPING), event(name="Bought")):
        properties = Watched(one.properties)
        properties.looked_at = looked_at
        fold(blank(), replace(one, properties=properties), PLAN)
    assert looked_at == {*READS}
