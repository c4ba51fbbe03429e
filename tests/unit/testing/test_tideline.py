"""Tideline Mobile: the same for a seed, in order of arrival, with the faults it promises."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import msgspec

from harken.testing import tideline
from harken.words import DAY
from unit.testing.simulated import END, HOUR, heard, items, once


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    few = {"customers": 60, "days": 12, "end": END}
    assert list(tideline.history(seed=1, **few)) == list(tideline.history(seed=1, **few))
    assert list(tideline.history(seed=1, **few)) != list(tideline.history(seed=2, **few))


def test_batches_come_in_order_of_arrival_within_the_period() -> None:
    batches = list(tideline.history(seed=3, customers=200, days=20, end=END))
    assert all(a.received <= b.received for a, b in pairwise(batches))
    assert batches[0].received >= END - 20 * DAY
    assert batches[-1].received < END
    assert END - batches[-1].received < 2 * HOUR, "nothing is held back at the end"
    assert max(len(batch.people) for batch in batches) <= tideline.BATCH


def test_a_batch_holds_as_many_events_as_it_names_people() -> None:
    for batch in tideline.history(seed=3, customers=100, days=10, end=END):
        body = msgspec.json.decode(batch.body)
        assert len(body["batch"]) == len(batch.people)
        assert batch.source in tideline.SOURCES
        assert batch.trusted == (batch.source not in ("web", "app"))


def test_smaller_batches_hold_the_same_events() -> None:
    def ids(batch: int) -> set[str]:
        found = set()
        for one in tideline.history(seed=3, customers=60, days=10, end=END, batch=batch):
            body = msgspec.json.decode(one.body)
            found |= {item["messageId"] for item in body.get("batch", [body])}
        return found

    late = ids(500) ^ ids(0)
    assert len(late) <= 3, "only what is still under way at the end may differ"


def test_the_first_people_are_the_same_in_a_larger_tideline() -> None:
    assert tideline.truth(seed=4, customers=30, end=END)[:100] == tideline.truth(seed=4, customers=90, end=END)[:100]


def test_a_history_has_the_promised_size() -> None:
    """12,000 customers in 90 days make 600,000 to 700,000 events; a twelfth of them a twelfth."""
    assert 48_000 < len(once()) < 61_000


def test_about_one_event_in_a_hundred_comes_twice() -> None:
    twice = len(heard()) - len(once())
    assert 0.006 < twice / len(once()) < 0.02
    assert max(Counter(event.id for event, _ in heard()).values()) <= 4


def test_some_events_are_late_by_hours_and_few_by_days() -> None:
    waits = [event.received - event.occurred for event, _ in once()]
    assert 0.005 < sum(wait > HOUR for wait in waits) / len(waits) < 0.03
    assert 0.0002 < sum(wait > DAY for wait in waits) / len(waits) < 0.01
    assert min(waits) >= 0


def test_wrong_clocks_are_put_right_by_their_time_of_sending() -> None:
    """The device's own times are hours off; what the hub makes of them is right to the second."""
    skewed = 0
    for event, _ in once():
        if any("clock" in warning for warning in event.warnings):
            skewed += 1
            assert 0 <= event.received - event.occurred < 6 * DAY
    assert 0.005 < skewed / len(once()) < 0.05


def test_a_few_clicks_come_with_nobody() -> None:
    nobody = [item for _, item in items(customers=1_000, days=60) if item.get("event") == "Ad Clicked"]
    share = sum("anonymousId" not in item for item in nobody) / len(nobody)
    assert 0.001 < share < 0.03
