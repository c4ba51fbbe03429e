"""The list of customers: who was seen last first, in full pages, each customer once, counted exactly; on every store."""

from __future__ import annotations

import random
import time

import polars as pl

from harken.hub import Hub
from harken.hub.last_seen import MANY, NEWEST, Kept
from stories.hub.telling import HOUR, MINUTE, NOW, Place, did, hear, segment


def walk(hub: Hub, limit: int, **asked: object) -> list[str]:
    """The ids of all pages; every page but the last is full."""
    found: list[str] = []
    after = ""
    while True:
        page = hub.profiles(limit=limit, after=after, **asked)  # type: ignore[arg-type]
        found += [one.pid for one in page.data]
        if not page.next:
            assert page.total == len(found)
            return found
        assert len(page.data) == limit
        after = page.next


def told_many(hub: Hub) -> dict[str, int]:
    """Forty customers on two devices each, some seen at the very same time, in no order; when each was seen last."""
    segment(hub, "buyers", {"event": "Bought"})
    random_ = random.Random(7)
    last: dict[str, int] = {}
    events = []
    for number in range(80):
        user, at = f"u{number % 40}", NOW + random_.randrange(30) * MINUTE
        last[user] = max(last.get(user, 0), at)
        events.append(did("Bought" if number % 3 else "Looked", at, anon=f"d{number}", user=user))
    for event in random_.sample(events, len(events)):
        hear(hub, event)
    return {hub.profile(f"user_id:{user}").pid: at for user, at in last.items()}


def test_customers_are_listed_by_when_they_were_last_seen(hub: Hub) -> None:
    last = told_many(hub)
    expected = sorted(last, key=lambda pid: (-last[pid], pid))
    for limit in (1, 7, 40, 50):
        assert walk(hub, limit) == expected
    buyers = [pid for pid in expected if "buyers" in hub.profile(pid).segments]
    assert walk(hub, 7, segment="buyers") == buyers
    assert walk(hub, 3, among=set(expected[5:15])) == expected[5:15]
    assert set(walk(hub, 3, q="user_id:u1")) == {hub.profile(f"user_id:u{n}").pid for n in (1, *range(10, 20))}
    few = [pid for pid in expected[:20] if pid in buyers]
    assert walk(hub, 3, segment="buyers", among=set(expected[:20])) == few


def test_who_is_seen_again_comes_first_and_the_pages_behind_go_on_where_they_were(hub: Hub) -> None:
    last = told_many(hub)
    expected = sorted(last, key=lambda pid: (-last[pid], pid))
    first = hub.profiles(limit=10)
    hear(hub, did("Looked", NOW + HOUR, user="u3"))
    again = hub.profile("user_id:u3").pid
    assert hub.profiles(limit=1).data[0].pid == again
    rest = hub.profiles(limit=50, after=first.next)
    assert [one.pid for one in rest.data] == [pid for pid in expected[10:] if pid != again]


def test_merging_parting_and_erasing_show_at_once(hub: Hub) -> None:
    told_many(hub)
    assert hub.profiles().total == 40
    hub.merge("user_id:u1", "user_id:u2", by="op")
    assert hub.profiles().total == 39
    hub.unmerge("user_id:u1", "user_id:u2", by="op")
    hub.erase("user_id:u5", by="op")
    assert len(walk(hub, 50)) == 39


def test_a_profile_that_did_nothing_takes_no_place_on_a_page(hub: Hub) -> None:
    for number in range(6):
        hear(hub, did("Hi", NOW + number, user=f"u{number}", email=f"e{number}@example.test"))
    for number in (1, 3):
        hub.unmerge(f"email:e{number}@example.test", by="op")
    assert len(walk(hub, 3)) == 6


def test_another_node_sees_the_newest_too(shared: Place) -> None:
    one, two = shared.open(), shared.open()
    hear(one, did("Hi", NOW, user="ada"), did("Hi", NOW + 1, user="bob"))
    assert two.profiles(limit=1).data[0].pid == one.profile("user_id:bob").pid
    hear(one, did("Hi", NOW + 2, user="ada"))
    assert two.profiles(limit=1).data[0].pid == one.profile("user_id:ada").pid


def test_a_list_of_few_is_never_an_old_one_however_slow_the_machine() -> None:
    """What took long to read is kept for a while, so that looking costs a hub of millions little; not so for a few."""
    order = pl.DataFrame({"profile": ["p"], "last": [NOW]}, schema=NEWEST)
    slow = Kept(order=order, key=(1, 1), at=time.monotonic(), took=5.0)
    assert slow.holds((1, 1))
    assert not slow.holds((2, 1))
    many = Kept(order=pl.concat([order] * MANY), key=(1, 1), at=time.monotonic(), took=5.0)
    assert many.holds((2, 1))
