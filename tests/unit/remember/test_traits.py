"""What a trait was and since when."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.remember.traits import RUNS, Run, clean, joined, line, observe, order
from harken.words import DAY
from unit.remember.heard import NOW

Heard = tuple[int, Any]


def observed(heard: list[Heard]) -> tuple[list[Run], bool]:
    traits: dict[str, list[Run]] = {}
    inexact = False
    for moment, value in heard:
        inexact |= observe(traits, "plan", value, moment)
    return traits.get("plan", []), not inexact


def by_hand(heard: list[Heard]) -> list[Run]:
    made: list[Run] = []
    for moment, value in sorted(heard, key=lambda one: (one[0], order(one[1]))):
        if made and order(made[-1].value) == order(value):
            made[-1] = Run(made[-1].first, moment, value, made[-1].times + 1)
        else:
            made.append(Run(moment, moment, value))
    return made[-RUNS:]


VALUES = st.sampled_from(["gold", "silver", 1, True, None])
HEARD = st.lists(st.tuples(st.integers(0, 12).map(lambda day: NOW + day * DAY), VALUES), max_size=14)


@settings(max_examples=200, deadline=None)
@given(HEARD, st.randoms())
def test_runs_do_not_depend_on_order_unless_the_log_is_asked_for(heard: list[Heard], chance: random.Random) -> None:
    chance.shuffle(heard)
    runs, exact = observed(heard)
    if exact:
        assert runs == by_hand(heard)


@settings(max_examples=200, deadline=None)
@given(HEARD)
def test_heard_in_order_runs_are_always_exact(heard: list[Heard]) -> None:
    heard.sort(key=lambda one: (one[0], order(one[1])))
    runs, exact = observed(heard)
    assert exact
    assert runs == by_hand(heard)


@settings(max_examples=200, deadline=None)
@given(st.lists(HEARD, min_size=1, max_size=3))
def test_over_several_trails_the_latest_value_counts(trails: list[list[Heard]]) -> None:
    runs = joined([{"plan": by_hand(heard)} for heard in trails if heard]).get("plan", [])
    together = by_hand([one for heard in trails for one in heard])
    assert [order(value) for _, value in line(runs)[-1:]] == [order(run.value) for run in together[-1:]]
    moments = [since for since, _ in line(runs)]
    assert moments == sorted(moments)


def test_one_system_that_repeats_itself_is_not_reset_by_one_that_disagreed_once() -> None:
    often = observed([(NOW + day * DAY, "gold") for day in range(10)])[0]
    once = observed([(NOW + 3 * DAY + 1, "silver")])[0]
    assert line(joined([{"plan": often}, {"plan": once}])["plan"]) == [
        (NOW, "gold"), (NOW + 3 * DAY + 1, "silver"), (NOW + 3 * DAY + 1, "gold"),
    ]  # fmt: skip


def test_what_was_heard_twice_is_known_exactly() -> None:
    twice = observed([(NOW, "gold"), (NOW + 10 * DAY, "gold")])[0]
    once = observed([(NOW + 3 * DAY, "silver")])[0]
    assert line(joined([{"plan": twice}, {"plan": once}])["plan"]) == [
        (NOW, "gold"), (NOW + 3 * DAY, "silver"), (NOW + 10 * DAY, "gold"),
    ]  # fmt: skip


def test_the_newest_eight_runs_are_kept() -> None:
    runs, exact = observed([(NOW + day * DAY, f"v{day}") for day in range(20)])
    assert exact
    assert [run.value for run in runs] == [f"v{day}" for day in range(12, 20)]
    assert observed([(NOW + day * DAY, f"v{day}") for day in reversed(range(20))]) == (runs, True)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (1.0, 1), (-0.0, 0), (float("inf"), None), (2**70, str(2**70)), ("é" * 3000, "é" * 999 + "…"),
        ({"b": [1.0, None], "a": True}, {"a": True, "b": [1, None]}), ((1, 2), [1, 2]), (object, str(object)),
    ],
)  # fmt: skip
def test_values_are_kept_in_one_form(value: object, kept: object) -> None:
    assert order(clean(value)) == order(kept)


def test_a_large_value_is_cut_and_marked() -> None:
    assert clean({"text": "x" * 5000}).endswith("…")
    assert len(clean({"text": "x" * 5000})) == 1000


def test_300_traits_are_kept_made_up_ones_go_first() -> None:
    traits: dict[str, list[Run]] = {}
    for number in range(500):
        observe(traits, f"field_{number}", 1, NOW)
    observe(traits, "very_long_name_of_a_loyalty_program", 1, NOW)
    assert len(traits) == 300
    assert "very_long_name_of_a_loyalty_program" in traits
