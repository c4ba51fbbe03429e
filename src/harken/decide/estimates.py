"""Decisions as they were logged, with the chance each had, and how another policy would choose -> what that would have got.

    snipw(logged, policy)        only what was seen, weighted; no model of anything
    sndr(logged, policy)         a model's forecast, corrected by what was seen; as a rule the narrower one
    dr(logged, policy)           the same with the correction not normalized

Each is a value, an interval that holds for large logs, and how far to trust it: the effective sample, and the mean weight,
which is 1 where logged chances are true. Where two of them disagree, something is wrong with the log or the policy goes where
nobody has been.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.decide.forecast import forecast

Floats = NDArray[np.float64]

SPREAD = 1.959964  # standard deviations to each side that hold 95 %
TRUE_WEIGHT = (0.95, 1.05)  # a mean weight outside says that logged chances are not the true ones
LEAST_SHARE = 0.1  # effective sample, of the whole: with less, few decisions tell everything


class Logged(Struct, frozen=True, kw_only=True):
    """Decisions in which something was shown."""

    action: NDArray[np.int64]  # which one
    chance: Floats  # that it had
    reward: Floats  # 0 to 1, that came of it
    context: Floats  # decisions x columns, that forecasts are made from


class Estimate(Struct, frozen=True, kw_only=True):
    """What a policy would have got on average."""

    value: float
    low: float
    high: float
    count: int
    effective: float  # decisions that count as much as this many of equal weight
    mean_weight: float

    @property
    def alarms(self) -> tuple[str, ...]:
        """Why not to trust it."""
        found = []
        low, high = TRUE_WEIGHT
        if not low <= self.mean_weight <= high:
            found.append(
                f"weights are {self.mean_weight:.2f} on average, not 1: the logged chances are not the true ones"
            )
        if self.effective < LEAST_SHARE * self.count:
            found.append(f"{self.count:,} decisions tell as much as {self.effective:,.0f}: it goes where few have been")
        return tuple(found)


def snipw(logged: Logged, policy: Floats) -> Estimate:
    """`policy`: decisions x actions, the chance it gives each action."""
    weights = _weights(logged, policy)
    total = weights.sum()
    value = float(weights @ logged.reward / total) if total else 0.0
    return _estimate(value, weights * (logged.reward - value) / _mean(weights), weights)


def ipw(logged: Logged, policy: Floats) -> Estimate:
    """Not normalized: right on average in samples of any size, and wide."""
    weights = _weights(logged, policy)
    each = weights * logged.reward
    return _estimate(float(each.mean()), each - each.mean(), weights)


def dr(logged: Logged, policy: Floats) -> Estimate:
    """A forecast for every action, corrected by how much it was off for what was shown."""
    weights, expected, off = _forecast(logged, policy)
    each = expected + weights * off
    return _estimate(float(each.mean()), each - each.mean(), weights)


def sndr(logged: Logged, policy: Floats) -> Estimate:
    """The same, with weights that add up to the number of decisions: what to go by."""
    weights, expected, off = _forecast(logged, policy)
    mean = _mean(weights)
    correction = float(weights @ off) / (mean * len(weights))
    each = expected - expected.mean() + weights * (off - correction) / mean
    return _estimate(float(expected.mean()) + correction, each, weights)


def _weights(logged: Logged, policy: Floats) -> Floats:
    found: Floats = policy[np.arange(len(logged.action)), logged.action] / logged.chance
    return found


def _mean(weights: Floats) -> float:
    return float(weights.mean()) or 1.0


def _forecast(logged: Logged, policy: Floats) -> tuple[Floats, Floats, Floats]:
    """Weights, what the forecast expects of the policy, and by how much it was off where something was seen."""
    rewards = forecast(logged.context, logged.action, logged.reward, policy.shape[1])
    expected: Floats = (policy * rewards).sum(axis=1)
    off: Floats = logged.reward - rewards[np.arange(len(rewards)), logged.action]
    return _weights(logged, policy), expected, off


def _estimate(value: float, influence: Floats, weights: Floats) -> Estimate:
    """`influence`: what each decision adds to the value, around it."""
    count = len(weights)
    error = SPREAD * float(np.sqrt((influence @ influence) / max(count - 1, 1) / count))
    squares = float(weights @ weights)
    return Estimate(
        value=value, low=value - error, high=value + error, count=count,
        effective=float(weights.sum()) ** 2 / squares if squares else 0.0, mean_weight=float(weights.mean()),
    )  # fmt: skip
