"""How often, first, last and when: counters against counting by hand."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from harken import rules
from harken.remember.counters import Counters
from harken.rules import Count
from harken.words import DAY
from unit.remember.heard import NOW
from unit.rules.told import Moments


def counted(moments: list[int]) -> Counters:
    made = Counters()
    for moment in moments:
        made.count("A", moment)
    return made


MANY = st.lists(st.integers(0, 60 * 24).map(lambda hours: NOW - hours * DAY // 24), min_size=1, max_size=90)


@settings(max_examples=150, deadline=None)
@given(MANY, st.randoms())
def test_a_counter_knows_total_first_and_last_in_any_order(moments: list[int], chance: random.Random) -> None:
    made = counted(moments)
    counter = made.get("A")
    assert counter is not None
    assert (counter.total, counter.first, counter.last) == (len(moments), min(moments), max(moments))
    assert counter.recent == tuple(sorted(moments)[-32:])
    assert sum(number for _, _, number in counter.spans()) == len(moments)
    chance.shuffle(moments)
    assert counted(moments) == made


@settings(max_examples=150, deadline=None)
@given(MANY, st.integers(0, 31), st.sampled_from([1, 7, 30]), st.booleans())
def test_a_window_is_exact_for_up_to_32_whatever_is_only_known_by_the_day(
    moments: list[int], often: int, days: int, least: bool
) -> None:
    rule = Count("event", "A", often + 1 if least else 0, None if least else often, days * DAY)
    verdicts = [
        rules.windows.between(times, NOW, rule.within, rule.at_least, rule.at_most)
        for times in (counted(moments).get("A"), Moments(sorted(moments)))
    ]
    assert verdicts[0].truth is verdicts[1].truth


@settings(max_examples=150, deadline=None)
@given(MANY, st.integers(1, 80), st.sampled_from([1, 7, 30]))
def test_a_larger_count_is_right_to_the_day_and_flips_when_told(moments: list[int], often: int, days: int) -> None:
    counter, within = counted(moments).get("A"), days * DAY
    number = rules.windows.counted(counter, NOW, within)
    by_hand = [sum(NOW - within - slack < moment <= NOW for moment in moments) for slack in (0, DAY)]
    assert by_hand[0] <= number <= by_hand[1]
    verdict = rules.windows.between(counter, NOW, within, often, None)
    assert verdict.truth is (number >= often)
    if verdict.until is not None:
        assert rules.windows.between(counter, verdict.until - 1, within, often, None).truth is verdict.truth
        assert rules.windows.between(counter, verdict.until, within, often, None).truth is not verdict.truth


def test_moments_dated_later_than_now_are_known_apart() -> None:
    counter = counted([NOW - DAY, NOW + DAY, NOW + 2 * DAY]).get("A")
    assert counter is not None
    assert counter.latest(NOW) == (NOW - DAY, NOW + DAY)
    assert counter.latest(NOW + 5 * DAY) == (NOW + 2 * DAY, None)
    assert counter.latest(NOW - 2 * DAY) == (None, NOW - DAY)


def test_days_are_kept_for_400_days_and_the_total_for_ever() -> None:
    made = counted([NOW - number * DAY for number in range(900)])
    counter = made.get("A")
    assert counter is not None
    assert counter.older is not None
    assert len(counter.older.days) == 400
    assert (counter.total, counter.first) == (900, NOW - 899 * DAY)


def test_made_up_names_go_and_named_things_stay() -> None:
    made = Counters()
    for number in range(1000):
        made.count(f"Viewed product {number}", NOW + number)
    made.count("Zebra Plan Viewed", NOW)
    for number in range(1000, 1100):
        made.count(f"Viewed product {number}", NOW + number)
    assert "Zebra Plan Viewed" in made.recent
    assert len(made.recent) == 257
    assert sum(counter.total for _, counter in made.all()) == 1101
