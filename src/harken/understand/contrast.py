"""Journeys and two groups in, who of each reached a goal in which period out, and how far the groups are apart."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
from msgspec import Struct

from harken.logs import Flags
from harken.understand.kernels import compiled
from harken.understand.statistics import Z95, Numbers, normal_tail

A = Any


class Periods(Struct, frozen=True):
    """The time around the change, in steps: `history` of them before it, of which the last `window` are compared with the
    `window` after it."""

    changed: int
    size: int
    history: int
    window: int

    @property
    def placebo(self) -> int:
        """How long before and after a change that never was."""
        return min(self.window, self.history // 2)


class Reached(Struct, frozen=True):
    """Some customers: whether each reached the goal in each period. Who never came has no row, but counts in `size`."""

    name: str
    size: int
    hits: Flags

    def within(self, low: int, high: int) -> Numbers:
        return np.asarray(self.hits[:, low:high].any(axis=1), np.float64)

    def mean(self, values: Numbers) -> float:
        return float(values.sum()) / self.size if self.size else float("nan")

    def spread(self, a: Numbers, b: Numbers) -> float:
        """The covariance of two values over customers."""
        if self.size < 2:
            return float("nan")
        return (float(a @ b) - self.size * self.mean(a) * self.mean(b)) / (self.size - 1)


class Difference(Struct, frozen=True):
    """A difference of two groups, with its interval and how often chance alone makes one as large."""

    value: float
    low: float
    high: float
    p: float

    @classmethod
    def of(cls, groups: tuple[Reached, Reached], values: tuple[Numbers, Numbers]) -> Difference:
        """The mean of one group less that of the other."""
        means = [group.mean(one) for group, one in zip(groups, values, strict=True)]
        spread = sum(
            group.spread(one, one) / group.size if group.size else np.nan
            for group, one in zip(groups, values, strict=True)
        )
        value, error = means[0] - means[1], sqrt(max(0.0, spread)) if np.isfinite(spread) else float("nan")
        if error == 0:  # everybody of a group did the same: how sure that is cannot be said
            error = float("nan")
        p = normal_tail(value / error) if error > 0 else float("nan")
        return cls(value, value - Z95 * error, value + Z95 * error, p)


@compiled
def reaching(
    off: A, place: A, occurred: A, who: A, goal: A, row_of: A, low: int, size: int, changed: int, hits: A, here: A
) -> None:
    """Which customers (`row_of`; -1: not asked for) reached the goal in which period, and who had been there before."""
    periods = hits.shape[1]
    for journey in range(len(off) - 1):
        row = row_of[who[journey]]
        if row < 0:
            continue
        for at in range(off[journey], off[journey + 1]):
            now = occurred[at]
            if now < changed:
                here[row] = True
            if goal[place[at]] and now >= low and now < low + periods * size:
                hits[row, (now - low) // size] = True


def effects_of(groups: tuple[Reached, Reached], periods: Periods, *, random: bool) -> dict[str, Difference]:
    """By name, the one to look at first."""
    h, w = periods.history, periods.window
    a, b = groups
    before, after = [one.within(h - w, h) for one in groups], [one.within(h, h + w) for one in groups]
    changes = Difference.of(groups, (after[0] - before[0], after[1] - before[1]))
    plain = Difference.of(groups, (after[0], after[1]))
    found = {"difference in differences": changes}
    if random:
        spread = sum(one.spread(x, x) * (one.size - 1) for one, x in zip(groups, before, strict=True))
        common = sum(one.spread(x, y) * (one.size - 1) for one, x, y in zip(groups, before, after, strict=True))
        theta = common / spread if spread > 0 else 0.0
        found = {
            "freed from before (CUPED)": Difference.of(
                groups, (after[0] - theta * before[0], after[1] - theta * before[1])
            )
        }
    found["after alone"] = plain
    p = periods.placebo
    if p:
        never = [one.within(h - p, h).astype(float) - one.within(h - 2 * p, h - p) for one in groups]
        found["placebo, before the change"] = Difference.of(groups, (never[0], never[1]))
    if h > 1:
        weights = np.arange(h) - (h - 1) / 2
        weights = weights / (weights @ weights)
        found["trend before, by period"] = Difference.of(groups, (a.hits[:, :h] @ weights, b.hits[:, :h] @ weights))
    return found
