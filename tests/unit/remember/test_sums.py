"""Topics and money by day."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from harken.remember.sums import ByDay, below, joined_topics, trim, weigh


def weighed(met: list[tuple[str, int, int]], at_once: int = 1) -> dict[str, ByDay]:
    """What is kept of topics that were met, trimmed after so many of them."""
    topics: dict[str, ByDay] = {}
    for number, (topic, day, weight) in enumerate(met, 1):
        weigh(topics, topic, day, weight)
        if number % at_once == 0:
            trim(topics)
    trim(topics)
    return topics


def test_a_topic_holds_what_lies_below_it_and_not_what_only_looks_so() -> None:
    topics = weighed([("phones", 1, 100), ("phones/android", 1, 200), ("phones/android/x", 2, 300), ("phonesX", 1, 9)])
    assert below(topics, "phones") == {1: 300, 2: 300}
    assert below(topics, "phones/android") == {1: 200, 2: 300}
    assert below(topics, "tv") == {}


def test_surplus_topics_become_part_of_the_topic_above() -> None:
    met = [(f"goods/group {number % 9}/item {number}", 1, 1000) for number in range(400)]
    topics = weighed(met)
    assert len(topics) == 64
    assert sum(weight for by_day in topics.values() for weight in by_day.values()) == 400_000
    assert below(topics, "goods") == {1: 400_000}


PATHS = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)).map(lambda path: "/".join(map(str, path)))
MET = st.lists(st.tuples(PATHS, st.integers(0, 3), st.integers(1, 5)), min_size=150, max_size=250)


@settings(max_examples=30, deadline=None)
@given(MET, st.randoms(), st.integers(1, 60))
def test_which_topics_stay_does_not_depend_on_order_or_split(
    met: list[tuple[str, int, int]], chance: random.Random, at_once: int
) -> None:
    wanted = weighed(met)
    chance.shuffle(met)
    assert weighed(met, at_once) == wanted
    assert joined_topics([weighed(met[part::3]) for part in range(3)]) == wanted
