"""A decision: what is chosen, with what chance, for whom, and that it can be made again."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.decide import Asked, Customer, Decided, Ranked, choose, control_of, decide, portion
from harken.errors import NotFound
from harken.words import DAY, Action, Control, Lever, Placement
from unit.decide.offers import POLICIES, action, actions, customers, plan_of, somebody
from unit.rules.told import NOW


class Tosses:
    """A policy that is sure of little: what each action is worth is drawn around its priority."""

    name = "tosses"
    about = "For tests."
    learns = True

    def rank(self, asked: Asked) -> Ranked:
        best = asked.plan.priority[asked.numbers] * asked.value * asked.weight
        worlds = best + asked.random.normal(size=(64, len(best)))
        return Ranked(utility=best, chance=np.full(len(best), 0.5), draws=worlds)


WITH_TOSSES = {**POLICIES, "tosses": Tosses()}


def shown(*what: Any, customer: Customer | None = None, seed: str = "s") -> Decided:
    return decide(plan_of(*what), "home", customer or somebody(), NOW, seed=seed, policies=WITH_TOSSES)


def names(decided: Decided) -> list[str]:
    return [one.action for one in decided.shown]


def test_the_highest_priority_is_shown_first_and_levers_change_it_while_they_last() -> None:
    some = [action("a", priority=1, topic="x"), action("b", priority=1.4), action("c", priority=1.2)]
    home = Placement(id="home", most=2)
    assert names(shown(home, *some)) == ["b", "c"]
    lifted = shown(home, *some, Lever(id="l", weight=0.55, topics=("x",)), Lever(id="m", weight=-0.1, actions=("a",)))
    assert names(lifted) == ["a", "b"]
    assert lifted.shown[0].weight == pytest.approx(1.45)
    assert names(shown(home, *some, Lever(id="l", weight=0.55, topics=("x",), ends="2024-10-04"))) == ["b", "c"]
    assert names(shown(home, *some, Lever(id="l", weight=-1, actions=("b",)))) == ["c", "a"]


def test_interest_ranks_first_and_priority_decides_where_there_is_none() -> None:
    home = Placement(id="home", policy="interest", most=3)
    some = [action("a", topic="phones", priority=9), action("b", topic="plans"), action("c", priority=5)]
    fond = somebody(topics={"plans": {NOW // DAY: 2000}})
    assert names(shown(home, *some, customer=fond)) == ["b", "a", "c"]
    assert names(shown(home, *some)) == ["a", "c", "b"]


def test_equally_good_actions_have_equal_chances() -> None:
    some = [action(id) for id in "abcd"]
    counts = Counter(shown(*some, seed=str(number)).shown[0].action for number in range(2_000))
    assert all(400 < counts[id] < 600 for id in "abcd")
    assert shown(*some).shown[0].propensity == 0.25


def test_nothing_to_show_is_an_answer() -> None:
    empty = shown(action("a", purpose="offers"))
    assert empty.shown == ()
    assert empty.judged.left()["consent"] == 0
    assert shown().shown == ()


def test_an_unknown_placement_says_which_there_are() -> None:
    with pytest.raises(NotFound, match="no placement named 'hero'; there are: home"):
        decide(plan_of(action("a")), "hero", somebody(), NOW, seed="s", policies=POLICIES)


@given(actions(), customers(), st.integers(1, 5), st.sampled_from(sorted(WITH_TOSSES)), st.text(max_size=5))
@settings(max_examples=300, deadline=None)
def test_a_decision_is_made_again_bit_for_bit(
    some: list[Action], customer: Customer, most: int, policy: str, seed: str
) -> None:
    home = Placement(id="home", most=most, policy=policy)
    first, again = (shown(home, *some, customer=customer, seed=seed) for _ in range(2))
    assert msgspec.json.encode(first.shown) == msgspec.json.encode(again.shown)
    passed = [first.judged.failed[at] == 0 for at in range(len(first.judged.failed))]
    assert len(first.shown) == min(most, sum(passed))
    assert len(set(names(first))) == len(first.shown), "no action twice in a slate"
    assert all(0 < one.propensity <= 1 for one in first.shown)


@given(st.integers(1, 9), st.floats(0, 0.5), st.integers(0, 2**32), st.data())
@settings(max_examples=200, deadline=None)
def test_every_action_that_may_be_tried_has_at_least_its_part_of_the_floor(
    count: int, floor: float, seed: int, data: st.DataObject
) -> None:
    random = np.random.Generator(np.random.PCG64(seed))
    utility = random.normal(size=count)
    ranked = Ranked(utility=utility, chance=utility, draws=utility + random.normal(size=(32, count)))
    tried = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    picks = choose(ranked, count, random, floor=floor, tried=tried)
    assert sorted(pick.at for pick in picks) == list(range(count))
    for place, pick in enumerate(picks):
        left = [one.at for one in picks[place:]]
        spread = sum(tried[left])
        if tried[pick.at]:
            assert pick.chance >= floor / spread - 1e-12
        assert pick.best >= pick.chance > 0


def test_the_chance_that_is_logged_is_how_often_it_happens() -> None:
    """200,000 draws of a slate of two: each first place and each second place given the first."""
    random = np.random.Generator(np.random.PCG64(5))
    ranked = Ranked(
        utility=np.array([3.0, 2.0, 1.0, 0.5]), chance=np.zeros(4), contenders=np.array([0, 1, 3]),
        draws=np.array([[3, 2, 1], [1, 4, 2], [5, 1, 2], [1, 2, 3], [9, 8, 7]]),
    )  # fmt: skip
    told: dict[tuple[int, int], list[float]] = {}
    counts: Counter[tuple[int, int]] = Counter()
    for _ in range(200_000):
        first, second = choose(ranked, 2, random, floor=0.1)
        counts[first.at, second.at] += 1
        told[first.at, second.at] = [first.chance, second.chance]
    surprise = sum(
        (counts[pair] - 200_000 * one * two) ** 2 / (200_000 * one * two) for pair, (one, two) in told.items()
    )
    assert len(told) == 12
    assert surprise < 27.7  # chi-square of 11 degrees of freedom, 99.6 %


def test_who_is_not_to_be_tried_things_on_gets_the_best_guess() -> None:
    some = [action("a", priority=1), action("b", priority=1.1)]
    never = Placement(id="home", policy="tosses", explore=0)
    assert {shown(never, *some, seed=str(seed)).shown[0].action for seed in range(50)} == {"b"}
    assert shown(never, *some).shown[0].propensity == 1
    half = Placement(id="home", policy="tosses", explore=0.5)
    explored = [shown(half, *some, customer=somebody(unit=str(unit))).explored for unit in range(1_000)]
    assert 420 < sum(explored) < 580


def test_what_is_regulated_is_shown_only_where_it_is_thought_best() -> None:
    some = [action("a", priority=9), action("b", priority=1, regulated=True)]
    home = Placement(id="home", policy="tosses", floor=0.5)
    assert {shown(home, *some, seed=str(seed)).shown[0].action for seed in range(200)} == {"a"}


# ---------------------------------------------------------------------- control groups


def test_a_control_group_gets_what_it_is_for() -> None:
    some = [action("a", priority=1, value=5), action("b", priority=2), action("c", priority=1)]
    lever = Lever(id="l", weight=9, actions=("c",))

    def group(how: Any, policy: str = "priority") -> Decided:
        return shown(Placement(id="home", policy=policy), *some, lever, Control(id="g", share=1, how=how))

    assert (group("nothing").shown, group("nothing").control) == ((), "g")
    assert group("nothing").judged.left()["limit"] == 3, "what it would have been is known"
    assert group("random").shown[0].propensity == pytest.approx(1 / 3)
    assert (names(group("no_levers")), group("no_levers").shown[0].weight) == (["b"], 1)
    assert group("chance_only", "tosses").numbers.size == 3
    assert names(shown(*some, lever)) == ["c"]


@given(st.text(min_size=1, max_size=8), st.floats(0, 1), st.floats(0, 1))
def test_whoever_is_in_a_control_group_stays_in_when_it_grows(unit: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    if control_of([Control(id="g", share=small)], "home", unit):
        assert control_of([Control(id="g", share=large)], "home", unit)


def test_control_groups_are_as_large_as_they_say_and_independent_of_each_other() -> None:
    units = [str(number) for number in range(20_000)]
    ten = {unit for unit in units if portion("g", unit) < 0.1}
    both = {unit for unit in ten if portion("h", unit) < 0.5}
    assert 1_850 < len(ten) < 2_150
    assert 0.45 < len(both) / len(ten) < 0.55
    only = Control(id="g", share=1, placements=("mail",))
    assert control_of([only], "home", "u") is None
    assert control_of([only], "mail", "u") is only
