"""Moments on a channel become visits."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from harken.remember.visits import PAUSE, Visits, united, visit
from unit.remember.heard import MINUTE, NOW


def visited(moments: list[int]) -> tuple[Visits, bool]:
    channels: dict[str, Visits] = {}
    inexact = False
    for moment in moments:
        inexact |= visit(channels, "web", moment)
    return channels["web"], not inexact


def by_hand(moments: list[int]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for moment in sorted(moments):
        if made and moment - made[-1][1] <= PAUSE:
            made[-1] = (made[-1][0], moment)
        else:
            made.append((moment, moment))
    return made


def test_a_pause_of_exactly_30_minutes_goes_on_and_a_longer_one_begins_a_visit() -> None:
    assert visited([NOW, NOW + 30 * MINUTE])[0].total == 1
    assert visited([NOW, NOW + 30 * MINUTE + 1])[0].total == 2
    assert visited([NOW + 30 * MINUTE, NOW])[0].total == 1
    assert visited([NOW + 30 * MINUTE + 1, NOW])[0].total == 2


def test_a_moment_in_between_makes_two_visits_one() -> None:
    visits, exact = visited([NOW, NOW + 50 * MINUTE, NOW + 25 * MINUTE])
    assert exact
    assert (visits.starts, visits.lengths) == ([NOW], [50 * MINUTE])


MOMENTS = st.lists(st.integers(0, 60).map(lambda part: NOW + part * 13 * MINUTE), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None)
@given(MOMENTS, st.randoms())
def test_visits_do_not_depend_on_order(moments: list[int], chance: random.Random) -> None:
    chance.shuffle(moments)
    visits, exact = visited(moments)
    assert exact
    spans = list(zip(visits.starts, visits.recent, strict=True))
    assert spans == by_hand(moments)
    assert (visits.events, visits.first, visits.last) == (len(moments), min(moments), max(moments))


@settings(max_examples=150, deadline=None)
@given(MOMENTS, MOMENTS)
def test_7_visits_are_not_counted_twice_when_trails_are_joined(one: list[int], other: list[int]) -> None:
    joined = united([visited(one)[0], visited(other)[0]])
    assert list(zip(joined.starts, joined.recent, strict=True)) == by_hand(one + other)
    assert joined.events == len(one) + len(other)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 200).map(lambda part: NOW + part * 20 * MINUTE), min_size=60, max_size=160), st.randoms()
)
def test_beyond_64_visits_the_number_is_right_or_the_log_is_asked_for(
    moments: list[int], chance: random.Random
) -> None:
    chance.shuffle(moments)
    visits, exact = visited(moments)
    if exact:
        wanted = by_hand(moments)
        assert visits.total == len(wanted)
        assert list(zip(visits.starts, visits.recent, strict=True)) == wanted[-64:]
        assert visits.first == wanted[0][0]
