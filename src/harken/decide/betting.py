"""Differences between two ways to decide, one after the other -> how strong the evidence is, at any time one looks.

Somebody bets, before each difference is known, that it is above 0, with money that would on average not grow if it were
not. How many times the money has grown is the e-value: under the claim that there is nothing above 0 it ever reaches 20 with
a chance of at most 1 in 20, however often one looks and whenever one stops (Ville's inequality). Several bets of different
size are placed at once, and their money added up: nothing has to be known of how large the difference is.
"""

from __future__ import annotations

from math import exp, log

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BETS = tuple(0.5 / 2**number for number in range(12))  # parts of what can be lost at once


class Bets(Struct, frozen=True):
    """Evidence that a difference is above 0. Goes on with `feed`; small enough to be kept beside what it watches."""

    money: tuple[float, ...] = (0.0,) * len(BETS)  # logarithm, by bet
    most: float = 0.0  # logarithm of the largest e-value so far
    count: int = 0

    @property
    def evidence(self) -> float:
        """The e-value now: 1 = none, 20 = as strong as 5 % asks for."""
        return exp(min(_mean(self.money), 700.0))

    @property
    def chance(self) -> float:
        """The most likely it is to have seen this much evidence at some time, had there been no difference."""
        return min(1.0, exp(-self.most))

    def feed(self, differences: Floats, least: float) -> Bets:
        """After some more differences, each at least `-least` for certain. One may look after each of them."""
        if not len(differences):
            return self
        if not (least > 0 and (differences >= -least * (1 + 1e-9)).all()):
            raise ValueError(f"a difference of {differences.min()} is less than the least there can be, -{least}")
        growth = np.log1p(np.outer(differences / least, BETS)).cumsum(axis=0) + np.array(self.money)
        high = growth.max(axis=1)
        together = high + np.log(np.exp(growth - high[:, None]).mean(axis=1))
        return Bets(
            money=tuple(growth[-1].tolist()), most=max(self.most, float(together.max())),
            count=self.count + len(differences),
        )  # fmt: skip


def found(bets: Bets, error: float = 0.05) -> bool:
    """Whether there is a difference, with at most this chance to say so when there is none."""
    return bets.chance <= error


def against_logged(weights: Floats, rewards: Floats) -> Floats:
    """What another policy would have got more, by decision: on average the difference of the two. Rewards are 0 to 1, so
    that none is below -1. `weights`: its chance of what was shown, divided by the logged one."""
    return (weights - 1) * rewards


def between_arms(new: NDArray[np.bool_], rewards: Floats, share: float) -> Floats:
    """What the new way got more than the old one, where each decision was made the new way with that chance; none is below
    -1 / (1 - share), and the other way round none below -1 / share. Rewards are 0 to 1."""
    return np.where(new, rewards / share, -rewards / (1 - share))


def _mean(money: tuple[float, ...]) -> float:
    high = max(money)
    return high + log(sum(exp(one - high) for one in money) / len(money))
