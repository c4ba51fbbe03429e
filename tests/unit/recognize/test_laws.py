"""The laws of identity over random histories: any order, any batches, any memory give what all at once gives."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from harken.errors import Invalid
from harken.recognize import Graph, as_of
from harken.words import Event, Evidence
from unit.recognize.world import PLAN, World, event, ident, oracle, plan_with

TIGHT = plan_with(email={"limit": 2, "quarantine": 3}, anonymous_id={"quarantine": 3}, user_id={"quarantine": 5})
WIDE = plan_with(email={"quarantine": 99}, anonymous_id={"quarantine": 99})
PROOF = plan_with(email={"needs_proof": True}, anonymous_id={"quarantine": 2})
PLANS = st.sampled_from([PLAN, TIGHT, PROOF])
RANGES = {"u:": 4, "crm:": 2, "e:": 4, "p:": 2, "a:": 3, "d:": 2, "plate:": 2}
few = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def said(draw: st.DrawFn) -> Event:
    at, source = draw(st.integers(0, 12)), draw(st.sampled_from(["web", "app"]))
    received, verified = 1_000 + draw(st.integers(0, 30)), draw(st.booleans())
    if draw(st.integers(0, 7)) == 0:
        values = st.sampled_from(["1", "2", "3", "4", "5"])
        ids = draw(st.sampled_from(["", "a:1", "a:2"]))
        return event(ids, at, alias=(draw(values), draw(values)), source=source, received=received, verified=verified)
    kinds = draw(st.sets(st.sampled_from(sorted(RANGES)), min_size=1, max_size=4))
    ids = " ".join(f"{kind}{draw(st.integers(1, RANGES[kind]))}" for kind in sorted(kinds))
    return event(ids, at, source=source, received=received, verified=verified)


histories = st.lists(said(), min_size=1, max_size=22)
randoms = st.randoms(use_true_random=False)


def batches(events: list[Event], random: Random) -> list[list[Event]]:
    found = []
    while events:
        size = random.choice([1, 1, 2, 3, 8])
        found.append(events[:size])
        events = events[size:]
    return found


def by_hand(world: World) -> list[Evidence]:
    return [row for row in world.evidence.values() if row.how not in ("event", "alias")]


def told(events: list[Event], random: Random, plan: object, *, keep: bool, polite: bool = True) -> World:
    world = World(plan, keep=keep, polite=polite)  # type: ignore[arg-type]
    events = list(events)
    random.shuffle(events)
    for batch in batches(events, random):
        world.hear(*batch)
    return world


@few
@given(histories, randoms, PLANS, st.booleans(), st.booleans())
def test_any_order_batching_and_memory_give_what_all_at_once_gives(events, random, plan, keep, polite):
    world = told(events, random, plan, keep=keep, polite=polite)
    assert world.state() == oracle(events, [], plan)


@few
@given(histories, randoms, PLANS)
def test_hearing_an_event_again_changes_nothing(events, random, plan):
    world = told(events, random, plan, keep=True)
    before = world.state()
    world.log, filed = {}, dict(world.filed)
    found = world.hear(*events)
    assert [filed[one.id] for one in events] == found.tids
    assert not found.moved
    assert world.state() == before


@few
@given(histories, randoms, PLANS)
def test_two_customers_are_never_one_profile_unless_somebody_says_so(events, random, plan):
    world = told(events, random, plan, keep=False)
    held = Counter(
        (row.pid, row.kind)
        for row in world.known.values()
        if row.established and row.kind in plan.kinds and plan.kinds[row.kind].limit
    )
    assert all(count <= plan.kinds[kind].limit for (_, kind), count in held.items())


@few
@given(histories, randoms, PLANS)
def test_identity_as_of_now_is_identity(events, random, plan):
    world = told(events, random, plan, keep=False)
    graph = world.surround(world.known, past=True)
    assert as_of(graph, 10_000, plan) == {id: row.pid for id, row in world.known.items()}


@few
@given(histories, randoms, PLANS)
def test_identity_as_of_a_date_knows_what_was_heard_by_then(events, random, plan):
    in_order = sorted((one for one in events if one.alias is None), key=lambda one: one.occurred)
    events = [structs.replace(one, received=1_000 + place) for place, one in enumerate(in_order)]
    world = told(events, random, plan, keep=True)
    date = 1_000 + len(events) // 2
    then = oracle([one for one in events if one.received <= date], [], plan)["known"]
    graph = world.surround(world.known, past=True)
    assert as_of(graph, date, plan) == {id: row[0] for id, row in then.items()}


decisions = st.lists(
    st.tuples(st.sampled_from(["merge", "unmerge", "release"]), st.integers(0, 40), st.integers(0, 40)), max_size=5
)


def decide(world: World, decision: tuple[str, int, int], at: int) -> object:
    verb, one, two = decision
    ids = sorted(world.known)
    a, b = (world.known[ids[place % len(ids)]] for place in (one, two))
    try:
        if verb == "release":
            return world.release(f"{a.kind}:{a.value}", at)
        if verb == "merge":
            return world.merge(f"{a.kind}:{a.value}", f"{b.kind}:{b.value}", at)
        return world.unmerge(f"{a.kind}:{a.value}", f"{b.kind}:{b.value}" if one % 3 else None, at)
    except Invalid:
        world.graph = Graph()
        return None


@few
@given(histories, histories, decisions, randoms, PLANS)
def test_decisions_by_hand_hold_whatever_order_events_come_in(first, second, decisions, random, plan):
    ends = []
    for keep in (True, False):
        world = told(first, random, plan, keep=keep)
        for place, decision in enumerate(decisions):
            decide(world, decision, 9_000 + place)
            for batch in batches(random.sample(second, len(second)) if place == 0 else [], random):
                world.hear(*batch)
        heard = list(world.log.values())
        assert world.state() == oracle(heard, by_hand(world), plan)
        ends.append(world.state())
    assert ends[0] == ends[1]


@few
@given(histories, decisions, randoms, PLANS, st.booleans())
def test_a_decision_taken_back_leaves_everything_as_it_was(events, decisions, random, plan, keep):
    world = told(events, random, plan, keep=keep)
    for place, decision in enumerate(decisions):
        before = world.state()
        made = decide(world, decision, 9_000 + place)
        if made is not None:
            world.undo(made)
            assert world.state() == before
            decide(world, decision, 9_000 + place)
            assert world.state() == oracle(events, by_hand(world), plan)


@few
@given(histories, randoms, st.permutations([PLAN, TIGHT, WIDE]), st.booleans())
def test_keys_changed_later_give_what_they_had_given_from_the_start(events, random, plans, keep):
    world = told(events, random, plans[0], keep=keep)
    world.rejudge(plans[1])
    assert world.state() == oracle(events, [], plans[1])
    world.rejudge(plans[2])
    assert world.state() == oracle(events, [], plans[2])


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1 << 32), st.booleans(), st.booleans())
def test_a_tablet_that_changes_hands_all_the_time_is_filed_exactly(seed, keep, in_order):
    random = Random(seed)
    who = ["a:1", "u:1 a:1", "u:2 a:1", "u:3 a:1", "e:1 a:1"]
    events = [
        event(random.choice(who), at=random.randrange(300), source=random.choice(["web", "app"])) for _ in range(250)
    ]
    expected = oracle(events, [], PLAN)
    assert len(expected["known"][ident("a:1").id][-1]) == 64
    if in_order:
        events.sort(key=lambda one: one.occurred)
    else:
        random.shuffle(events)
    world = World(keep=keep)
    for batch in batches(events, random):
        world.hear(*batch)
    assert world.state() == expected
