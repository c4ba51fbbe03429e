"""The policy that learns: what it looks at, what it draws, and why."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.decide import Asked, Customer, Plan, choose, decide
from harken.decide.features import ALWAYS, ONE, reader, vocabulary
from harken.decide.learning.layout import Layout
from harken.decide.learning.learner import Learner
from harken.decide.learning.ranking import CONTENDERS, WARM, WORLDS
from harken.decide.learning.snapshot import Snapshot, snapshot
from harken.decide.policies.harken import POLICY, case, untaught
from harken.words import DAY, Action, Lever, Placement
from unit.decide.offers import POLICIES, action, actions, customers, plan_of, somebody
from unit.rules.told import NOW

WITH_HARKEN = {**POLICIES, "harken": POLICY}
HOME = Placement(id="home", policy="harken", channel="web")


def asked(plan: Plan, customer: Customer, *, model: Snapshot | None = None, seed: int = 1, **more: Any) -> Asked:
    numbers = plan.slots["home"].candidates
    return Asked(
        plan=plan, slot=plan.slots["home"], numbers=numbers, customer=customer, value=plan.value[numbers],
        weight=np.ones(len(numbers)), now=NOW, random=np.random.Generator(np.random.PCG64(seed)), model=model, **more,
    )  # fmt: skip


def learned(plan: Plan, answers: list[tuple[Customer, str, bool]]) -> Snapshot:
    """A model that was taught these: (who, action, whether they said yes)."""
    start = untaught(plan)
    learner, read = Learner(start.layout), reader(start.layout.columns)
    for customer, shown, positive in answers:
        one = case(plan, plan.number[shown], read(customer, "web", NOW), start.layout)
        learner.teach(one, positive=positive)
    return snapshot(learner, 1)


FOND = somebody(topics={"phones": {NOW // DAY: 9_000}})
COLD = somebody()


# ---------------------------------------------------------------------- what is looked at


def test_columns_are_those_of_the_configuration_the_most_telling_first() -> None:
    found = vocabulary(
        stages=("buy", "use"), topics=("phones/android", "phones", "plans"), channels=("web",), segments=("loyal",),
        touchpoints=("shop",),
    )  # fmt: skip
    assert found.columns[: len(ALWAYS)] == ALWAYS
    assert found.columns[len(ALWAYS) :] == (
        "stage:buy", "stage:use", "interest:phones", "interest:plans", "channel:web", "visits:web", "segment:loyal",
        "touchpoint:shop",
    )  # fmt: skip
    assert found.left_out == ()


def test_there_are_never_more_columns_than_can_be_learned_from_and_those_left_out_are_told() -> None:
    many = vocabulary(topics=[f"t{number:03}" for number in range(200)])
    assert (len(many.columns), len(many.left_out)) == (64, 200 + len(ALWAYS) - 64)
    kept = vocabulary(topics=[f"t{number:03}" for number in range(200)], keep=("interest:t199", "interest:gone"))
    assert kept.columns[0] == ONE
    assert "interest:t199" in kept.columns
    assert "interest:gone" not in kept.columns


def test_what_is_read_is_what_the_customer_did() -> None:
    who = somebody(
        known=True, stages={"current": "buy"}, segments={"loyal"}, seen=[NOW - 10 * DAY, NOW - DAY],
        topics={"phones": {NOW // DAY: 9_000}}, happened={("channel", "web"): [NOW - DAY] * 9},
    )  # fmt: skip
    columns = vocabulary(
        stages=("buy", "use"), topics=("phones", "plans"), channels=("web", "mail"), segments=("loyal", "big")
    ).columns
    found = dict(zip(columns, reader((*columns, "what:ever"))(who, "web", NOW).tolist(), strict=False))
    assert {name: found[name] for name in ("one", "known", "new", "stage:buy", "stage:use")} == {
        "one": 1, "known": 1, "new": 0, "stage:buy": 1, "stage:use": 0,
    }  # fmt: skip
    assert (found["channel:web"], found["channel:mail"], found["segment:loyal"], found["segment:big"]) == (1, 0, 1, 0)
    assert found["interest:phones"] == pytest.approx(1.0)
    assert found["interest:plans"] == found["visits:mail"] == 0
    assert found["visits:web"] == pytest.approx(1.0)
    assert 0 < found["recency"] < found["since"]
    assert found["hour:sin"] ** 2 + found["hour:cos"] ** 2 == pytest.approx(1)


@given(customers(), st.integers(-40, 40))
@settings(max_examples=100, deadline=None)
def test_whatever_a_customer_is_like_the_numbers_are_finite_and_small(customer: Customer, days: int) -> None:
    columns = vocabulary(stages=("buy",), topics=("phones", "plans"), channels=("web",), segments=("x",)).columns
    found = reader(columns)(customer, "web", NOW + days * DAY)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 5


# ---------------------------------------------------------------------- what is chosen


def test_before_anything_is_learned_value_decides_and_everything_is_tried() -> None:
    plan = plan_of(HOME, *(action(f"a{number}", value=1 + number) for number in range(4)))
    ranked = POLICY.rank(asked(plan, COLD))
    assert np.argsort(ranked.utility).tolist() == [0, 1, 2, 3]
    assert ranked.draws is not None
    assert ranked.draws.shape == (WORLDS, 4)
    alike = plan_of(HOME, *(action(f"a{number}") for number in range(4)))
    drawn = POLICY.rank(asked(alike, COLD)).draws
    assert drawn is not None
    best = np.bincount(drawn.argmax(axis=1), minlength=4)
    assert (best > WORLDS / 16).all()


def test_who_answers_what_is_learned_for_customers_like_them() -> None:
    plan = plan_of(HOME, action("phone", topic="phones"), action("plan", topic="plans"))
    answers = [
        (who, what, (who is FOND) == (what == "phone")) for who in (FOND, COLD) for what in ("phone", "plan")
    ] * 150
    model = learned(plan, answers)
    fond, cold = (POLICY.rank(asked(plan, who, model=model)) for who in (FOND, COLD))
    assert fond.chance[0] > 0.8 > 0.2 > fond.chance[1]
    assert cold.chance[1] > 0.8 > 0.2 > cold.chance[0]
    why = POLICY.reasons(asked(plan, FOND, model=model), 0)
    assert why[0].column == "interest:phones"
    assert why[0].speaks > 0
    assert why[0].value == pytest.approx(1.0)


def test_reasons_add_up_to_how_much_better_than_the_average_an_action_is() -> None:
    plan = plan_of(HOME, *(action(f"a{n}", topic=f"t{n % 2}", features={"price": n / 3}) for n in range(5)))
    answers = [(who, f"a{n}", (n + len(who.unit)) % 3 == 0) for who in (FOND, COLD) for n in range(5)] * 20
    one = asked(plan, FOND, model=learned(plan, answers))
    raw = POLICY.rank(one).raw
    assert raw is not None
    for at in range(5):
        speaks = [reason.speaks for reason in POLICY.reasons(one, at, most=64)]
        assert sum(speaks) == pytest.approx(raw[at] - raw.mean(), abs=1e-5)
        assert sorted(speaks, key=abs, reverse=True) == speaks


def test_a_new_action_of_a_liked_topic_is_thought_better_than_one_of_a_topic_nobody_likes() -> None:
    old = [action("p1", topic="phones"), action("q1", topic="plans")]
    plan = plan_of(HOME, *old, action("p2", topic="phones"), action("q2", topic="plans"), action("r", topic="new"))
    model = learned(plan, [(COLD, "p1", True), (COLD, "q1", False)] * 100)
    chance = dict(
        zip([one.id for one in plan.actions], POLICY.rank(asked(plan, COLD, model=model)).chance, strict=True)
    )
    assert chance["p2"] > chance["r"] > chance["q2"]


def test_what_is_regulated_is_worth_the_same_in_every_world() -> None:
    plan = plan_of(HOME, action("a", regulated=True), action("b"))
    ranked = POLICY.rank(asked(plan, COLD))
    assert ranked.draws is not None
    assert (ranked.draws[:, 0] == np.float32(ranked.utility[0])).all()
    assert ranked.draws[:, 1].std() > 0


def test_a_new_action_is_best_only_in_its_share_of_worlds_while_there_are_others() -> None:
    plan = plan_of(HOME, action("new", value=50), action("old"))
    chances = []
    for seen in (WARM, WARM - 1):
        ranked = POLICY.rank(asked(plan, COLD, model=learned(plan, [(COLD, "old", False)] * seen)))
        assert ranked.draws is not None
        assert ranked.contenders is not None
        best = ranked.contenders[ranked.draws.argmax(axis=1)]
        chances.append(float((best == 0).mean()))
    assert chances == [0.5, 1.0], "an old one is there only from so many times seen"


def test_many_new_actions_take_turns() -> None:
    plan = plan_of(HOME, action("old"), *(action(f"n{number}", value=50) for number in range(8)))
    ranked = POLICY.rank(asked(plan, COLD, model=learned(plan, [(COLD, "old", False)] * WARM)))
    assert ranked.draws is not None
    assert ranked.contenders is not None
    assert ranked.contenders.tolist() == list(range(9))
    allowed = ranked.draws[:, :8] > 0
    assert (allowed.sum(axis=0) == WORLDS / 2).all()
    assert (allowed.sum(axis=1) == 4).all()


def test_of_many_actions_the_ones_that_may_be_best_are_drawn() -> None:
    plan = plan_of(HOME, *(action(f"a{number:04}", value=1 + (number % 7)) for number in range(600)))
    ranked = POLICY.rank(asked(plan, COLD))
    assert ranked.contenders is not None
    assert len(ranked.contenders) == CONTENDERS
    assert set(plan.value[ranked.contenders]) >= {7.0}
    assert (plan.value[ranked.contenders] == 7).sum() == (plan.value == 7).sum()


def test_what_is_worse_in_the_best_case_than_another_in_the_worst_is_not_drawn() -> None:
    plan = plan_of(HOME, action("a", value=100), action("b", value=60), action("c", value=1), action("d", value=0))
    ranked = POLICY.rank(asked(plan, COLD))
    assert ranked.contenders is not None
    assert ranked.contenders.tolist() == [0, 1]
    assert choose(ranked, 4, np.random.default_rng(1), floor=0.02)[0].at in (0, 1, 2, 3)
    worthless = plan_of(HOME, action("a", value=0), action("b", value=0))
    even = POLICY.rank(asked(worthless, COLD))
    assert even.contenders is not None
    assert even.contenders.tolist() == [0, 1]


def test_levers_and_values_count_inside_every_world() -> None:
    plan = plan_of(HOME, action("a"), action("b"), Lever(id="l", weight=8, actions=("a",)))
    shown = Counter(
        decide(plan, "home", COLD, NOW, seed=str(seed), policies=WITH_HARKEN).shown[0].action for seed in range(200)
    )
    assert shown["a"] > 180


def test_the_chance_that_is_logged_is_how_often_it_happens() -> None:
    """60,000 decisions of eight learned actions: counts against logged chances, by chi-square, and the mean weight."""
    plan = plan_of(HOME, *(action(f"a{number}", topic=f"t{number % 3}", value=1 + number / 9) for number in range(8)))
    random = np.random.default_rng(1)
    answers = [(FOND, f"a{random.integers(8)}", bool(random.random() < 0.3)) for _ in range(400)]
    ranked = POLICY.rank(asked(plan, FOND, model=learned(plan, answers)))
    chances = [choose(ranked, 1, np.random.default_rng(seed), floor=0.02)[0] for seed in range(60_000)]
    logged = {pick.at: pick.chance for pick in chances}
    counts = Counter(pick.at for pick in chances)
    surprise = sum((counts[at] - 60_000 * chance) ** 2 / (60_000 * chance) for at, chance in logged.items())
    assert sum(logged.values()) == pytest.approx(1)
    assert surprise < 20.3  # chi-square of 7 degrees of freedom, 99.5 %


@given(st.lists(st.booleans(), max_size=30), actions(), customers(), st.text(max_size=4))
@settings(max_examples=60, deadline=None)
def test_a_learned_decision_is_made_again_bit_for_bit_from_the_bytes_of_its_model(
    answers: list[bool], some: list[Action], customer: Customer, seed: str
) -> None:
    plan = plan_of(HOME, *some)
    taught = [(customer, some[n % len(some)].id, yes) for n, yes in enumerate(answers)] if some else []
    model = learned(plan, taught)
    again = Snapshot.from_bytes(model.to_bytes())
    one, other = (
        decide(plan, "home", customer, NOW, seed=seed, policies=WITH_HARKEN, models={"harken": known})
        for known in (model, again)
    )
    assert one.shown == other.shown
    if one.ranked and other.ranked and one.ranked.draws is not None and other.ranked.draws is not None:
        assert np.array_equal(one.ranked.draws, other.ranked.draws)
        assert np.isfinite(one.ranked.draws).all()


def test_a_model_of_other_columns_and_features_is_used_by_what_it_knows() -> None:
    plan = plan_of(HOME, action("a", features={"new": 1.0}), action("b"))
    model = snapshot(Learner(Layout((ONE, "gone", "known"), ("old",))), 3)
    ranked = POLICY.rank(asked(plan, COLD, model=model))
    assert ranked.context is not None
    assert ranked.context.tolist() == [1, 0, 1]
    assert np.isfinite(ranked.utility).all()
