"""Sums of customers with something and of others, by stratum, in; how the two differ when the others have the same mix, out.

Strata hold customers who were at the same point. The others' rates are weighted with how many *with* it are in each stratum
(direct standardization to those with it); strata that only one side has say nothing and are left out. Intervals are
Newcombe's (1998, method 10: Wilson's intervals squared and added) with the effective number of the others, n² / Σ(w²/n).
It describes; that both would have fared the same otherwise is an assumption nobody can check from events.
"""

from __future__ import annotations

from math import sqrt
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from harken.understand.statistics import Z95

Sums: TypeAlias = NDArray[np.float64]
CUSTOMERS, GOALS, CONTACTS, TOLD, FELT, SQUARES = range(6)


class Contrast(Struct, frozen=True, kw_only=True):
    """Customers with something beside matched ones; None where nobody can be compared."""

    n: int = 0  # with it, and somebody to compare them with
    matched: int = 0  # without it
    goal: float | None = None  # share with a goal in time
    goal_matched: float | None = None
    goal_loss: float | None = None  # matched - with
    goal_loss_low: float | None = None
    goal_loss_high: float | None = None
    contacts: float | None = None  # each, afterward
    contacts_matched: float | None = None
    emotion: float | None = None
    emotion_matched: float | None = None
    emotion_difference: float | None = None  # with - matched
    emotion_low: float | None = None
    emotion_high: float | None = None

    def losing(self, loss: float, low: float, high: float) -> Contrast:
        """The same with another loss of goals, and what they would have reached without it."""
        matched = (self.goal or 0.0) + loss
        return replace(self, goal_matched=matched, goal_loss=loss, goal_loss_low=low, goal_loss_high=high)


def contrasted(having: Sums, without: Sums) -> Contrast:
    """Rows strata; columns customers, goals, contacts, told emotions, their sum, the sum of their squares."""
    both = (having[:, CUSTOMERS] > 0) & (without[:, CUSTOMERS] > 0)
    if not both.any():
        return Contrast()
    a, b = having[both], without[both]
    weights = a[:, CUSTOMERS]
    n, worth = float(weights.sum()), effective(weights, b[:, CUSTOMERS])
    goal, goal_matched = float(a[:, GOALS].sum() / n), standard(weights, b[:, GOALS] / b[:, CUSTOMERS])
    low, high = difference(goal_matched, worth, goal, n)
    return Contrast(
        n=int(n),
        matched=int(b[:, CUSTOMERS].sum()),
        goal=goal,
        goal_matched=goal_matched,
        goal_loss=goal_matched - goal,
        goal_loss_low=low,
        goal_loss_high=high,
        contacts=float(a[:, CONTACTS].sum() / n),
        contacts_matched=standard(weights, b[:, CONTACTS] / b[:, CUSTOMERS]),
        **_emotions(having, without),
    )


def difference(a: float, n_a: float, b: float, n_b: float) -> tuple[float, float]:
    """Between what a - b lies, of two shares.

    >>> [round(one, 4) for one in difference(56 / 70, 70, 48 / 80, 80)]
    [0.0524, 0.3339]
    """
    low_a, high_a = interval(a, n_a)
    low_b, high_b = interval(b, n_b)
    return (
        a - b - sqrt((a - low_a) ** 2 + (high_b - b) ** 2),
        a - b + sqrt((high_a - a) ** 2 + (b - low_b) ** 2),
    )


def interval(share: float, n: float) -> tuple[float, float]:
    """Wilson's interval of a weighted share: of as many as it is worth."""
    z2 = Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * sqrt(max(0.0, share * (1 - share)) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def standard(weights: Sums, rates: Sums) -> float:
    """The rates of strata as one, weighted."""
    return float((weights * rates).sum() / weights.sum())


def effective(weights: Sums, counts: Sums) -> float:
    """How many unweighted customers the weighted ones are worth."""
    return float(weights.sum() ** 2 / (weights**2 / counts).sum())


def _emotions(having: Sums, without: Sums) -> dict[str, float | None]:
    both = (having[:, TOLD] > 0) & (without[:, TOLD] > 0)
    if not both.any():
        return {}
    a, b = having[both], without[both]
    weights = a[:, TOLD]
    n, worth = float(weights.sum()), effective(weights, b[:, TOLD])
    felt, matched = float(a[:, FELT].sum() / n), standard(weights, b[:, FELT] / b[:, TOLD])
    found: dict[str, float | None] = {
        "emotion": felt, "emotion_matched": matched, "emotion_difference": felt - matched
    }  # fmt: skip
    if min(n, float(b[:, TOLD].sum())) >= 2:
        half = Z95 * sqrt(_variance(a) / n + _variance(b) / worth)
        found |= {"emotion_low": felt - matched - half, "emotion_high": felt - matched + half}
    return found


def _variance(rows: Sums) -> float:
    n, total, squares = (float(rows[:, column].sum()) for column in (TOLD, FELT, SQUARES))
    return max(0.0, (squares - total * total / n) / (n - 1))
