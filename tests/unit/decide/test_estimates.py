"""What another policy would have got, from what was logged; and evidence that may be looked at every day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harken.decide.betting import Bets, against_logged, between_arms, found
from harken.decide.estimates import Logged, dr, ipw, sndr, snipw
from harken.decide.forecast import forecast

Floats = NDArray[np.float64]


def world(seed: int, count: int, actions: int = 4, columns: int = 3) -> tuple[Logged, Floats, float]:
    """A log of which the truth is known: the log, another policy's chances, what that policy is worth."""
    random = np.random.default_rng(seed)
    weights = np.random.default_rng(0).normal(size=(actions, columns))
    context = random.normal(size=(count, columns))
    chances = 1 / (1 + np.exp(0.5 - context @ weights.T))
    logging = soft(context @ weights.T * 0.5)
    policy = soft(context @ weights[::-1].T)
    action = (random.random((count, 1)) > logging.cumsum(axis=1)).sum(axis=1)
    at = np.arange(count)
    reward = (random.random(count) < chances[at, action]).astype(float)
    logged = Logged(action=action, chance=logging[at, action], reward=reward, context=context)
    return logged, policy, float((policy * chances).sum(axis=1).mean())


def soft(logits: Floats) -> Floats:
    high = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: Floats = high / high.sum(axis=1, keepdims=True)
    return found


def test_every_estimator_is_right_on_average_and_its_interval_holds_what_it_says() -> None:
    """200 logs of 600 decisions: mean error near nothing, and 95 % intervals that hold the truth 91 to 99 % of the time."""
    errors: dict[str, list[float]] = {}
    inside: dict[str, list[bool]] = {}
    for seed in range(200):
        logged, policy, truth = world(seed, 600)
        for name, estimate in {"ipw": ipw, "snipw": snipw, "dr": dr, "sndr": sndr}.items():
            one = estimate(logged, policy)
            errors.setdefault(name, []).append(one.value - truth)
            inside.setdefault(name, []).append(one.low <= truth <= one.high)
    for name, off in errors.items():
        assert abs(np.mean(off)) < 4 * np.std(off) / np.sqrt(200) + 0.002, name
        assert 0.91 <= np.mean(inside[name]) <= 0.99, name
    assert np.std(errors["sndr"]) < np.std(errors["snipw"]) < np.std(errors["ipw"])


def test_a_policy_that_is_the_logged_one_is_worth_what_was_seen() -> None:
    logged, policy, _ = world(1, 500)
    logging = np.full(policy.shape, 0.25)
    even = Logged(action=logged.action, chance=np.full(500, 0.25), reward=logged.reward, context=logged.context)
    for estimate in (ipw, snipw):
        assert estimate(even, logging).value == pytest.approx(logged.reward.mean())
    assert snipw(even, logging).effective == pytest.approx(500)
    assert snipw(even, logging).alarms == ()


def test_chances_that_are_not_the_true_ones_and_samples_that_are_too_thin_raise_an_alarm() -> None:
    logged, policy, _ = world(2, 2_000)
    lied = Logged(action=logged.action, chance=logged.chance / 1.2, reward=logged.reward, context=logged.context)
    assert any("1.2" in one and "not the true ones" in one for one in snipw(lied, policy).alarms)
    rare = Logged(
        action=np.zeros(2_000, np.int64), chance=np.where(np.arange(2_000) < 3, 1e-3, 1.0), reward=logged.reward,
        context=logged.context,
    )  # fmt: skip
    assert any("few have been" in one for one in snipw(rare, np.ones((2_000, 1))).alarms)


def test_nothing_that_the_policy_would_do_was_ever_seen() -> None:
    logged = Logged(action=np.zeros(5, np.int64), chance=np.ones(5), reward=np.ones(5), context=np.zeros((5, 2)))
    never = np.tile([0.0, 1.0], (5, 1))
    assert snipw(logged, never).value == 0
    assert snipw(logged, never).effective == 0
    assert snipw(logged, never).alarms
    assert np.isfinite(sndr(logged, never).value)


def test_a_forecast_finds_what_depends_on_action_and_context_and_never_forecasts_from_itself() -> None:
    logged, _, _ = world(3, 6_000)
    weights = np.random.default_rng(0).normal(size=(4, 3))
    truth = 1 / (1 + np.exp(0.5 - logged.context @ weights.T))
    told = forecast(logged.context, logged.action, logged.reward, 4)
    assert np.abs(told - truth).mean() < 0.04
    noise = np.random.default_rng(1).random(300).round()
    own = forecast(np.zeros((300, 1)), np.arange(300), noise, 300)[np.arange(300), np.arange(300)]
    assert abs(np.corrcoef(own, noise)[0, 1]) < 0.2


@given(st.integers(2, 60), st.integers(1, 5), st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_estimates_of_odd_logs_are_numbers(count: int, actions: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    logged = Logged(
        action=random.integers(0, actions, count), chance=random.random(count) * 0.98 + 0.02,
        reward=random.integers(0, 2, count).astype(float), context=random.integers(0, 2, (count, 3)).astype(float),
    )  # fmt: skip
    policy = soft(random.normal(size=(count, actions)) * 5)
    for estimate in (ipw, snipw, dr, sndr):
        one = estimate(logged, policy)
        assert np.isfinite([one.value, one.low, one.high]).all()
        assert one.low <= one.value <= one.high


# ---------------------------------------------------------------------- evidence at any time


def test_looking_all_the_time_says_so_falsely_at_most_as_often_as_is_asked_for() -> None:
    """500 policies that are no better, looked at after each of 2,000 decisions."""
    false = 0
    for seed in range(500):
        random = np.random.default_rng(seed)
        weights = np.where(random.random(2_000) < 0.5, 1.6, 0.4)
        rewards = (random.random(2_000) < 0.3).astype(float)
        false += found(Bets().feed(against_logged(weights, rewards), 1.0))
    assert false <= 25


def test_a_policy_that_is_better_is_found_and_one_that_is_worse_never() -> None:
    random = np.random.default_rng(1)
    better = random.random(20_000) < 0.5
    rewards = (random.random(20_000) < np.where(better, 0.5, 0.3)).astype(float)
    weights = np.where(better, 1.8, 0.2)
    assert found(Bets().feed(against_logged(weights, rewards)[:3_000], 1.0))
    assert Bets().feed(against_logged(2 - weights, rewards), 1.0).chance > 0.5


def test_arms_are_compared_from_both_sides() -> None:
    random = np.random.default_rng(2)
    new = random.random(30_000) < 0.1
    rewards = (random.random(30_000) < np.where(new, 0.2, 0.3)).astype(float)
    differences = between_arms(new, rewards, 0.1)
    assert differences.mean() == pytest.approx(-0.1, abs=0.02)
    assert found(Bets().feed(-differences, 10.0)), "a ramp that makes things worse stops by itself"
    assert not found(Bets().feed(differences, 1 / 0.9))


@given(st.lists(st.floats(-1, 30), max_size=60), st.integers(0, 60))
def test_evidence_is_the_same_however_often_one_looks(differences: list[float], cut: int) -> None:
    all_of_it = np.array(differences)
    once = Bets().feed(all_of_it, 1.0)
    twice = Bets().feed(all_of_it[:cut], 1.0).feed(all_of_it[cut:], 1.0)
    assert twice.count == once.count == len(differences)
    assert twice.most == pytest.approx(once.most)
    assert twice.money == pytest.approx(once.money)
    assert once.chance <= 1


def test_a_difference_below_the_least_there_can_be_is_refused() -> None:
    with pytest.raises(ValueError, match="less than the least"):
        Bets().feed(np.array([0.5, -1.2]), 1.0)
