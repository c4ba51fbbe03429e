"""Gates: what may be shown to whom, and what each gate says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken import rules
from harken.decide import BIT, GATES, Customer, There, judge
from harken.decide.plan import Plan, within
from harken.errors import Invalid
from harken.words import DAY, Action, Asset, Lever, Limit, Placement
from unit.decide.offers import HTML, action, actions, customers, dealt, plan_of, somebody
from unit.rules.told import HOUR, NOW

GOLD = {"trait": "plan", "is": "gold"}


def passed(plan: Plan, customer: Customer, placement: str = "home") -> list[str]:
    slot = plan.slots[placement]
    return [plan.actions[number].id for number in slot.candidates[judge(plan, slot, customer, NOW).passed]]


def failing(plan: Plan, customer: Customer, id: str = "a", placement: str = "home") -> list[str]:
    slot = plan.slots[placement]
    judged = judge(plan, slot, customer, NOW)
    at = list(slot.candidates).index(plan.number[id])
    return [gate for gate in GATES if judged.failed[at] & BIT[gate]]


def test_every_gate_is_asked_even_where_one_has_failed_already() -> None:
    plan = plan_of(
        action(
            "a", purpose="offers", eligible=GOLD, relevant={"has": "email"}, suitable={"all": []}, ends="2020-01-01"
        ),
        Limit(id="l", most=0),
    )
    assert failing(plan, somebody()) == ["dated", "consent", "eligible", "relevant", "limit"]


@pytest.mark.parametrize(("said", "may"), [({"offers": True}, True), ({"offers": False}, False), ({}, False)])
def test_without_a_yes_there_is_no_consent(said: dict[str, bool], may: bool) -> None:
    assert (passed(plan_of(action("a", purpose="offers")), somebody(said=said)) == ["a"]) is may


def test_dates_hold_from_the_first_instant_until_before_the_last() -> None:
    at = "2024-10-04T11:00:00+00:00"
    assert passed(plan_of(action("a", starts=at)), somebody()) == ["a"]
    assert failing(plan_of(action("a", ends=at)), somebody()) == ["dated"]
    assert failing(plan_of(action("a", starts="2024-10-04T11:00:01Z")), somebody()) == ["dated"]
    assert passed(plan_of(action("a", ends="2024-10-05")), somebody()) == ["a"]


def test_a_stage_makes_an_action_relevant_there_only() -> None:
    plan = plan_of(action("a", stages=("buy", "use"), relevant=GOLD))
    gold: dict[str, Any] = {"traits": {"plan": [(NOW, "gold")]}}
    assert passed(plan, somebody(stages={"current": "use"}, **gold)) == ["a"]
    assert failing(plan, somebody(stages={"current": "leave"}, **gold)) == ["relevant"]
    assert failing(plan, somebody(stages={"current": "use"})) == ["relevant"]


def test_the_narrowest_asset_is_taken_and_without_one_for_whom_it_is_the_gate_fails() -> None:
    assets = (
        Asset(format="json", body={}), HTML, Asset(format="html", recognized="known"),
        Asset(format="html", placement="home"), Asset(format="html", placement="other", recognized="known"),
    )  # fmt: skip
    plan = plan_of(Placement(id="home"), Placement(id="else"), Placement(id="other"), action("a", assets=assets))
    best = {id: (int(slot.assets_known[0]), int(slot.assets_anonymous[0])) for id, slot in plan.slots.items()}
    assert best == {"home": (3, 3), "else": (2, 1), "other": (4, 1)}
    only = plan_of(action("a", assets=(Asset(format="html", recognized="known"),)))
    assert passed(only, somebody(known=True)) == ["a"]
    assert failing(only, somebody(known=False)) == ["asset"]
    assert not len(plan_of(Placement(id="home", format="text"), action("a")).slots["home"].candidates)


def test_a_placement_considers_its_topics_and_all_below_them() -> None:
    every = [
        action("a", topic="phones"),
        action("b", topic="phones/android"),
        action("c", topic="phonesale"),
        action("d"),
    ]
    assert passed(plan_of(Placement(id="home", topics=("phones",)), *every), somebody()) == ["a", "b"]
    assert passed(plan_of(Placement(id="home", actions=("d", "c")), *every), somebody()) == ["c", "d"]


def test_a_limit_is_reached_by_what_was_seen_in_its_window_and_by_what_is_held() -> None:
    plan = plan_of(action("a"), action("b"), Limit(id="l", most=2, within="7d", each="action"))
    seen = (dealt("seen", "a", 7 * DAY - 1), dealt("seen", "a", HOUR), dealt("seen", "b", HOUR))
    assert passed(plan, somebody(seen)) == ["b"]
    assert passed(plan, somebody((dealt("seen", "a", 7 * DAY), *seen[1:]))) == ["a", "b"]
    held = dealt("held", "a", HOUR, decision="x", hold=2 * HOUR)
    assert passed(plan, somebody((seen[1], held))) == ["b"]
    assert passed(plan, somebody((seen[1], dealt("held", "a", HOUR, decision="x", hold=HOUR)))) == ["a", "b"]
    once = (held, dealt("seen", "a", HOUR // 2, decision="x"))
    assert passed(plan, somebody(once)) == ["a", "b"], "a decision that was seen counts once"


def test_limits_count_by_the_labels_things_had_when_they_were_shown() -> None:
    """The action has another topic now than it had when it was shown."""
    plan = plan_of(
        action("a", topic="plans"), action("b", topic="phones"), Limit(id="l", most=1, within="7d", topics=("phones",))
    )
    assert passed(plan, somebody((dealt("seen", "a", HOUR, topic="phones/android"),))) == ["a"]
    assert passed(plan, somebody((dealt("seen", "b", HOUR, topic="plans"),))) == ["a", "b"]


def test_a_limit_of_a_channel_counts_and_holds_there_only() -> None:
    plan = plan_of(
        Placement(id="home", channel="web"), Placement(id="mail", channel="email"), action("a"),
        Limit(id="l", most=1, within="7d", channels=("email",)),
    )  # fmt: skip
    mailed = somebody((dealt("seen", "a", HOUR, channel="email"),))
    assert passed(plan, mailed, "mail") == []
    assert passed(plan, mailed, "home") == ["a"]
    assert passed(plan, somebody((dealt("seen", "a", HOUR, channel="web"),)), "mail") == ["a"]


def test_a_no_can_pause_an_action() -> None:
    plan = plan_of(action("a"), action("b"), Limit(id="l", most=1, within="4w", counts="negative", each="action"))
    assert passed(plan, somebody((dealt("negative", "a", 20 * DAY),))) == ["b"]


def test_what_nobody_can_name_any_more_counts_as_anything() -> None:
    plan = plan_of(action("a"), action("b"), Limit(id="l", most=3, within="7d", each="action"))
    two = (dealt("seen", "…", HOUR), dealt("seen", "…", HOUR))
    assert passed(plan, somebody((*two, dealt("seen", "a", HOUR)))) == ["b"]
    assert passed(plan, somebody((*two, dealt("seen", "…", HOUR)))) == []


def test_what_another_placement_shows_is_taken() -> None:
    plan = plan_of(action("a"), action("b"))
    judged = judge(plan, plan.slots["home"], somebody(), NOW, taken=["b", "gone"])
    assert list(judged.failed) == [0, BIT["taken"]]


@given(actions(), customers(), st.integers(0, 2), st.sampled_from(["action", "topic", "all"]))
@settings(max_examples=300, deadline=None)
def test_the_gates_agree_with_asking_each_action_by_itself(
    some: list[Action], customer: Customer, most: int, each: Any
) -> None:
    limit = Limit(id="l", most=most, within="7d", each=each, topics=("phones", "plans"))
    plan = plan_of(*some, limit)
    slot = plan.slots["home"]
    judged = judge(plan, slot, customer, NOW)
    assert [plan.actions[number] for number in slot.candidates] == sorted(some, key=lambda one: one.id)
    for at, number in enumerate(slot.candidates):
        assert {gate for gate in GATES if judged.failed[at] & BIT[gate]} == plainly(
            plan.actions[number], customer, limit
        )
    left = [judged.left()[gate] for gate in GATES]
    assert left == sorted(left, reverse=True)
    assert left[-1] == len(judged.passed) == int(np.sum(judged.failed == 0))


def plainly(one: Action, customer: Customer, limit: Limit) -> set[str]:
    """The gates an action fails, the slow way."""
    facts = customer.facts

    def holds(rule: dict[str, Any]) -> bool:
        return not rule or rules.compile(rules.parse(rule))(facts, NOW).truth

    concerned = one.topic in ("phones", "phones/android", "plans")
    counted = [
        past for past in customer.dealings.counting("seen", NOW, 7 * DAY)
        if within(past.topic, limit.topics)
        and (limit.each == "all" or (past.action == one.id if limit.each == "action" else past.topic == one.topic))
    ]  # fmt: skip
    said = {
        "dated": (one.starts or "0") <= "2024-10-04" < (one.ends or "9"),
        "asset": one.assets[0].recognized in ("any", "known" if customer.known else "anonymous"),
        "consent": not one.purpose or facts.consent(one.purpose, NOW)[0] is True,
        "eligible": holds(one.eligible),
        "relevant": (not one.stages or facts.stage("current", NOW)[0] in one.stages) and holds(one.relevant),
        "suitable": holds(one.suitable),
        "limit": not concerned or len(counted) < limit.most,
    }
    return {gate for gate, fine in said.items() if not fine}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (action("a", starts="soon"), r"actions.a.starts: 'soon' is no date or time; such as 2026-12-01"),
        (action("a", topic="phones//x"), "is no path"),
        (action("a", value=-1), "0 or more"),
        (action("a", value=float("nan")), "0 or more"),
        (action("a", eligible={"trait": "x"}), r"actions.a.eligible"),
        (action("a", stages=("byu",)), r"actions\.a\.stages: no stage named 'byu'; did you mean 'buy'"),
        (
            action("a", eligible={"segment": "loyl"}),
            r"actions\.a\.eligible: no segment named 'loyl'; did you mean 'loyal'",
        ),
        (action("a", suitable={"goal_chance": "oder", "at_least": 0.1}), "no goal named 'oder'; did you mean 'order'"),
        (action("a", relevant={"not": {"stage": "sell"}}), "no stage named 'sell'; there are buy, use"),
        (Placement(id="home", most=0), "placements.home.most: 1 to 20"),
        (Placement(id="home", floor=0.9), "placements.home.floor"),
        (Placement(id="home", keep="soon"), "placements.home.keep: 'soon' is no length of time"),
        (Limit(id="l", within="1y"), "limits.l.within"),
        (Lever(id="x", weight=0.5), "levers.x: says which actions or topics it lifts"),
        (Lever(id="x", weight=-2, topics=("a",)), "levers.x.weight: -1"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_would_be_right(wrong: Any, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        plan_of(wrong, there=There(stages=("buy", "use"), goals=("order",), segments=("loyal",)))


def test_an_instant_is_a_whole_number_of_microseconds() -> None:
    assert plan_of(action("a", starts="2024-10-04T11:00:00.000001Z")).starts[0] == NOW + 1
