"""Tideline in real time: comes when due, goes on with who lived, reacts to what is shown."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice, pairwise

import msgspec
import pytest

from harken.testing import Shown, tideline
from harken.testing.tideline.goods import ZONE_HOURS
from harken.words import DAY, SECOND
from unit.testing.simulated import END, HOUR


def test_the_feed_comes_when_due_at_about_the_asked_rate() -> None:
    start = END + 5 * HOUR
    feed = tideline.live(seed=5, customers=600, rate_per_minute=60, start=start)
    batches = list(islice(feed, 6_000))
    assert all(due == batch.received for due, batch in batches)
    assert all(a[0] <= b[0] for a, b in pairwise(batches))
    minutes = (batches[-1][0] - start) / (60 * SECOND)
    assert 45 < sum(len(batch.people) for _, batch in batches) / minutes < 80


def test_the_feed_sleeps_at_night_when_nobody_hurries_it() -> None:
    midnight = END // DAY * DAY - ZONE_HOURS * HOUR
    feed = tideline.live(seed=5, customers=2_000, start=midnight)
    hours = Counter((due - midnight) // HOUR for due, _ in islice(feed, 2_000))
    assert sum(hours[hour] for hour in range(3, 7)) < 0.1 * sum(hours[hour] for hour in range(12, 16))


def test_who_lived_in_the_history_lives_on_and_newcomers_arrive() -> None:
    life = tideline.begin(seed=5, customers=200, days=20, end=END)
    past = {msg for batch in life.history() for msg in re.findall(rb'"messageId":"([^"]+)"', batch.body)}
    now, people = [], set()
    for due, batch in islice(life.live(END + DAY, rate_per_minute=100), 4_000):
        assert due >= END + DAY
        now += re.findall(rb'"messageId":"([^"]+)"', batch.body)
        people |= set(batch.people)
    fresh = [id for id in now if id not in past]
    assert len(fresh) > 0.97 * len(now), "all but a few resent ones are new"
    assert any(person >= 200 for person in people)
    assert sum(0 <= person < 200 for person in people) > 60


def test_the_feed_is_the_same_for_the_same_seed_and_new_for_another_start() -> None:
    def ids(start: int) -> list[bytes]:
        feed = islice(tideline.live(seed=5, customers=50, rate_per_minute=60, start=start), 200)
        return [id for _, batch in feed for id in re.findall(rb'"messageId":"([^"]+)"', batch.body)]

    assert ids(END) == ids(END)
    assert not set(ids(END)) & set(ids(END + DAY))


@pytest.mark.parametrize("to", ["web: Plan page", "phone"])
def test_who_is_drawn_somewhere_goes_there_next(to: str) -> None:
    shown = Shown(placement="web: Home page", action="look", topic="plans", value=1.0, leads_to=to)
    life = tideline.resume(seed=5, customers=200, start=END)
    feed = life.live(END, rate_per_minute=60)
    waiting: dict[int, int] = {}
    went = Counter[bool]()
    for due, batch in islice(feed, 3_000):
        number = batch.people[0]
        body = msgspec.json.decode(batch.body)
        name = body.get("event") or body.get("batch", [{}])[0].get("event")
        if number in waiting and due > waiting[number] + 2 * SECOND:
            went[name == ("Plan Viewed" if "Plan" in to else "Phone Viewed")] += 1
            del waiting[number]
        elif number not in waiting and life.show(number, shown, due).response == "positive":
            waiting[number] = due
    assert went.total() > 20
    assert went[True] > 0.6 * went.total()


def test_who_is_gone_sees_nothing() -> None:
    life = tideline.resume(seed=5, customers=5, start=END)
    assert not life.show(99, Shown(placement="web: Home page", action="x"), END).seen
    assert life.person(99) is None
