"""Every event counts once, whoever sends it how often, to whichever node; two nodes at once lose and double nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from harken.hub import Hub
from harken.words import DAY
from stories.hub.telling import (
    MINUTE,
    NOW,
    Place,
    Places,
    Sent,
    all_of,
    batch,
    check_states,
    did,
    hear,
    messages,
    segment,
    together,
    told,
)


def at_once(works: Sequence[Callable[[], object]]) -> None:
    """Run all of these, each in a thread, begun at one moment."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        ready.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for one in [pool.submit(run, work) for work in works]:
            one.result()


def test_the_same_event_counts_once_and_answers_tell(place: Place) -> None:
    """Twice in a batch, in two batches of a group, in a later batch, after a restart, after settling."""
    hub = place.open()
    one, two = did("Seen", NOW, anon="b1"), did("Read", NOW + 1, anon="b1")
    answer = hear(hub, one, one, two)
    assert (answer.accepted, answer.duplicates) == (2, 1)
    three = did("Bought", NOW + 2, anon="b1")
    answers = hub.hear([batch([three, one]), batch([three, two]), batch([three], source="app")])
    assert [(one.accepted, one.duplicates) for one in answers] == [(1, 1), (0, 2), (1, 0)]
    hub = place.again(hub)
    assert hear(hub, one, two, three).duplicates == 3
    hub.settle()
    assert hear(hub, one, two, three).duplicates == 3
    hub = place.again(hub)
    assert hear(hub, three, one).duplicates == 2
    assert hub.profile("anonymous_id:b1").events == 4
    assert messages(hub, "anonymous_id:b1").count("Bought") == 2  # one from each source
    check_states(hub)


def test_of_two_events_with_one_id_in_a_batch_the_first_counts(hub: Hub) -> None:
    """And events of one moment keep the order they were sent in."""
    hear(hub, did("First", NOW, anon="b1", messageId="m"), did("Second", NOW, anon="b1", messageId="m"))
    assert messages(hub, "anonymous_id:b1") == ["First"]
    hear(hub, *[did(f"n{number}", NOW + 1, anon="b1") for number in range(5)])
    assert messages(hub, "anonymous_id:b1") == ["n4", "n3", "n2", "n1", "n0", "First"]


def test_duplicates_are_caught_for_a_week_at_least(place_of: Places) -> None:
    """Forgetting what was heard long ago never forgets what a client may still send again."""
    place = place_of("sqlite")
    hub = place.open()
    event = did("Seen", NOW, anon="b1")
    hear(hub, event, received=NOW)
    for day in range(8):
        place.clock.set(NOW + day * DAY)
        hub.tick()
        assert hear(hub, event, received=NOW + day * DAY).duplicates == 1


def test_two_nodes_that_hear_the_same_at_once_count_it_once(shared: Place) -> None:
    """Two hubs over one SQLite file, or over one PostgreSQL database: each event is accepted by exactly one of them."""
    nodes = [shared.open(), shared.open()]
    events = [did("Seen", NOW + n, anon=f"b{n % 7}", user=f"u{n % 3}" if n % 5 == 0 else "") for n in range(120)]
    accepted: list[int] = []

    def send(hub: Hub, seed: int) -> None:
        mine = list(events)
        Random(seed).shuffle(mine)
        for start in range(0, len(mine), 10):
            answer = hear(hub, *mine[start : start + 10])
            assert answer.accepted + answer.duplicates == 10
            accepted.append(answer.accepted)

    at_once([lambda hub=hub, seed=seed: send(hub, seed) for seed, hub in enumerate([*nodes, *nodes])])  # type: ignore[misc]
    assert sum(accepted) == len(events)
    for hub in nodes:
        check_states(hub)
        assert sum(one.events for one in hub.profiles(limit=100).data) == len(events)


def test_two_nodes_that_meet_the_same_new_customer_make_one_profile(shared: Place) -> None:
    """Behavior 6: created on both at once, by every identifier; one profile, no event, trait or count lost."""
    nodes = [shared.open(), shared.open()]
    for turn in range(12):
        user, at = f"u{turn}", NOW + turn * MINUTE
        left = [told(at, anon=f"web{turn}", user=user, plan="free"), did("Seen", at + 1, anon=f"web{turn}")]
        right = [told(at + 2, anon=f"app{turn}", user=user, city="Berlin"), did("Seen", at + 3, user=user)]
        at_once([lambda: hear(nodes[0], *left, source="web"), lambda: hear(nodes[1], *right, source="app")])  # noqa: B023
    for hub in nodes:
        assert len(hub.profiles(limit=100).data) == 12
        for turn in range(12):
            customer = hub.profile(f"anonymous_id:web{turn}")
            assert customer == hub.profile(f"anonymous_id:app{turn}")
            assert customer.events == 4
            assert {name: one.value for name, one in customer.traits.items()} == {"plan": "free", "city": "Berlin"}
        check_states(hub)


def test_two_nodes_that_recognize_at_once_come_to_what_one_would(shared: Place, place_of: Places) -> None:
    """Sign-ins, shared devices and e-mails, disjoint and overlapping, on two nodes with two threads each."""
    random = Random(6)
    events: list[Sent] = []
    for number in range(240):
        at, device, user = (
            NOW + random.randrange(500) * MINUTE - 500 * MINUTE,
            f"d{random.randrange(9)}",
            f"u{random.randrange(7)}",
        )
        event = random.choice(
            (
                did("Seen", at, anon=device),
                did("In", at, anon=device, user=user),
                told(at, user=user, email=f"e{random.randrange(5)}@example.test", plan=f"p{number % 4}"),
                did("Read", at, anon=device, email=f"e{random.randrange(5)}@example.test"),
            )
        )
        events.append({**event, "messageId": f"m{number}"})
    nodes = [shared.open(), shared.open()]
    parts = [events[n::4] for n in range(4)]

    def send(hub: Hub, part: list[Sent]) -> None:
        for start in range(0, len(part), 6):
            hear(hub, *part[start : start + 6])

    at_once([lambda n=n: send(nodes[n % 2], parts[n]) for n in range(4)])  # type: ignore[misc]
    calm = place_of("memory").open()
    hear(calm, *events)
    refs = [f"user_id:u{n}" for n in range(7)] + [f"anonymous_id:d{n}" for n in range(9)]
    for hub in nodes:
        assert all_of(hub, refs) == all_of(calm, refs)
        check_states(hub)


def test_merging_by_hand_on_one_node_while_another_hears(shared: Place) -> None:
    """Overlapping merges from both nodes and events for the same customers: one profile at the end, all events in it."""
    nodes = [shared.open(), shared.open()]
    people = [f"u{n}" for n in range(6)]
    for user in people:
        hear(nodes[0], did("Seen", NOW, user=user))

    def merge(hub: Hub, pairs: list[tuple[str, str]]) -> None:
        for a, b in pairs:
            hub.merge(f"user_id:{a}", f"user_id:{b}", by="op")

    def listen(hub: Hub) -> None:
        for number in range(40):
            hear(hub, did("Seen", NOW + 1 + number, user=people[number % 6]))

    left, right = [("u0", "u1"), ("u1", "u2"), ("u2", "u3")], [("u5", "u4"), ("u4", "u3"), ("u3", "u2")]
    at_once(
        [
            lambda: merge(nodes[0], left),
            lambda: merge(nodes[1], right),
            lambda: listen(nodes[0]),
            lambda: listen(nodes[1]),
        ]
    )
    for hub in nodes:
        assert len(hub.profiles().data) == 1
        assert hub.profile("user_id:u4").events == 46
        check_states(hub)


def test_what_another_node_did_counts_at_once(shared: Place) -> None:
    """A merge, a parting, a sign-in, an erasure and a publication of one node hold for the next batch of the other; also
    when settling, timers and leases come in between."""
    here, there = shared.open(), shared.open()
    hear(here, did("Seen", NOW, anon="b1"), did("Seen", NOW, user="ada"), did("Seen", NOW, user="bob"))
    there.merge("user_id:ada", "user_id:bob", by="op")
    here.tick(NOW)
    here.settle()
    hear(here, did("Seen", NOW + 1, user="bob"))
    assert here.profile("user_id:ada").events == there.profile("user_id:bob").events == 3
    assert here.profile("user_id:ada").pid == there.profile("user_id:bob").pid
    check_states(here)
    hear(there, did("In", NOW + 2, anon="b1", user="cyd"))
    here.tick(NOW)
    hear(here, did("Seen", NOW + 3, anon="b1"))
    assert here.profile("user_id:cyd").events == 3
    there.unmerge("user_id:bob", "user_id:ada", by="op")
    hear(here, did("Seen", NOW + 4, user="bob"))
    assert not together(here, "user_id:ada", "user_id:bob")
    assert here.profile("user_id:bob").events == 3
    segment(there, "seen", {"event": "Seen"})
    hear(here, did("Seen", NOW + 5, user="dan"))
    assert here.profile("user_id:dan").segments
    there.erase("user_id:dan", by="op")
    here.tick(NOW)
    hear(here, did("Seen", NOW + 6, user="dan"))
    assert there.profile("user_id:dan").events == 1
    check_states(there)


@pytest.mark.parametrize("turn", range(3))
def test_settling_beside_hearing_loses_nothing(shared: Place, turn: int) -> None:
    """One node settles and compacts all the while another hears, late sign-ins among it."""
    here, there = shared.open(), shared.open()
    stop = threading.Event()

    def settle() -> None:
        while not stop.is_set():
            there.settle()

    thread = threading.Thread(target=settle)
    thread.start()
    random = Random(turn)
    for number in range(60):
        at = NOW + random.randrange(1000) * MINUTE - 2000 * MINUTE
        event = did("Seen", at, anon=f"d{number % 3}", user=f"u{random.randrange(3)}" if number % 4 == 0 else "")
        hear(here, {**event, "messageId": f"m{number}"})
    stop.set()
    thread.join()
    check_states(here)
    assert sum(one.events for one in here.profiles(limit=100).data) == 60
    assert here.journeys.events().collect().height == 60


def test_a_short_tail_is_not_settled_however_old_it_is_a_longer_one_is(place: Place) -> None:
    hub = place.open(settle_rows=100, settle_seconds=60)
    hear(hub, *[did("Seen", NOW + number, anon="b1") for number in range(4)])
    hub.tick(NOW + 2 * DAY)
    assert hub.check()["lake events"].startswith("0 in 0")
    hear(hub, did("Seen", NOW + 5, anon="b1"))
    hub.tick(NOW + DAY)  # a twentieth of what has to be settled, but heard just now
    assert hub.check()["lake events"].startswith("0 in 0")
    hub.tick(NOW + 2 * DAY)
    assert hub.check()["lake events"].startswith("5 in ")
