"""The laws of identity over random histories: any order, any batches, any memory give what all at once gives."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harken.recognize import Graph, as_of, merge, undo, unmerge
from harken.words import Event
from unit.recognize.world import PLAN, World, event, id_of, oracle, plan_with

TIGHT = plan_with(email={"limit": 2, "quarantine": 3}, anonymous_id={"quarantine": 3}, user_id={"quarantine": 5})
PLANS = st.sampled_from([PLAN, TIGHT, plan_with(email={"needs_proof": True}, anonymous_id={"quarantine": 2})])

users = st.sampled_from(["u:1", "u:2", "u:3"])
crms = st.sampled_from(["crm:1", "crm:2"])
emails = st.sampled_from(["e:1", "e:2", "e:3", "e:4"])
phones = st.sampled_from(["p:1", "p:2"])
browsers = st.sampled_from(["a:1", "a:2", "a:3"])
apps = st.sampled_from(["d:1", "d:2"])
others = st.sampled_from(["plate:1", "plate:2"])


@st.composite
def said(draw: st.DrawFn) -> Event:
    at = draw(st.integers(0, 12))
    common = {
        "at": at,
        "source": draw(st.sampled_from(["web", "app"])),
        "verified": draw(st.booleans()),
        "received": 1_000 + draw(st.integers(0, 30)),
    }
    if draw(st.integers(0, 7)) == 0:
        values = st.sampled_from(["1", "2", "3", "4", "5"])
        names = [draw(browsers)] if draw(st.booleans()) else []
        return event(" ".join(names), alias=(draw(values), draw(values)), **common)
    kinds = draw(
        st.sets(st.sampled_from([users, crms, emails, phones, browsers, apps, others]), min_size=1, max_size=4)
    )
    return event(" ".join(draw(kind) for kind in sorted(kinds, key=repr)), **common)


histories = st.lists(said(), min_size=1, max_size=22)


def split(events: list[Event], sizes: list[int]) -> list[list[Event]]:
    batches, rest = [], list(events)
    for size in sizes:
        batches.append(rest[:size])
        rest = rest[size:]
    return [batch for batch in [*batches, rest] if batch]


few = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(
    histories,
    st.randoms(use_true_random=False),
    st.lists(st.integers(1, 4), max_size=12),
    PLANS,
    st.booleans(),
    st.booleans(),
)
def test_any_order_batching_and_memory_give_what_all_at_once_gives(events, random, sizes, plan, keep, polite):
    expected = oracle(events, [], plan)
    random.shuffle(events)
    world = World(plan, keep=keep, polite=polite)
    for batch in split(events, sizes):
        world.hear(*batch)
    assert world.state() == expected
