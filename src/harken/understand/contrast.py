"""Groups with and without a change in, who of each reached a goal in which period out, and how far they are apart.

A change that reached several groups at different times is several pairs: each group beside those the change had not reached yet,
around its own moment. Nobody is ever compared with somebody who has the change already, which is what misleads a regression with
fixed effects of customers and weeks when the effect grows (Goodman-Bacon 2021). Pairs are averaged by the size of the group with
the change, as Callaway & Sant'Anna (2021) do; a customer who stands beside several groups counts once in the error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import numpy as np
from msgspec import Struct

from harken.logs import Flags, Ints
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


class Pair(Struct, frozen=True):
    """A group with the change, one without it, and the time around the change; `ids` tell their customers across pairs."""

    groups: tuple[Reached, Reached]
    ids: tuple[Ints, Ints]
    periods: Periods


class Difference(Struct, frozen=True):
    """A difference of groups, with its interval and how often chance alone makes one as large."""

    value: float
    low: float
    high: float
    p: float

    @classmethod
    def of(cls, pairs: Sequence[Pair], values: Callable[[Reached], Numbers]) -> Difference:
        """The mean of those with the change less that of those without it, over pairs by how many have it."""
        shares = weights(pairs)
        means = [[group.mean(values(group)) for group in pair.groups] for pair in pairs]
        value = sum((share * (a - b) for share, (a, b) in zip(shares, means, strict=True)), 0.0)
        spread = _alone(pairs[0], values) if len(pairs) == 1 else _together(pairs, values)
        error = sqrt(max(0.0, spread)) if np.isfinite(spread) else float("nan")
        if error == 0:  # everybody of a group did the same: how sure that is cannot be said
            error = float("nan")
        p = normal_tail(value / error) if error > 0 else float("nan")
        return cls(value, value - Z95 * error, value + Z95 * error, p)


def weights(pairs: Sequence[Pair]) -> list[float]:
    """The share of each pair, by how many have the change."""
    every = sum(pair.groups[0].size for pair in pairs)
    return [pair.groups[0].size / every if every else float("nan") for pair in pairs]


def _alone(pair: Pair, values: Callable[[Reached], Numbers]) -> float:
    return sum(
        (group.spread(one, one) / group.size if group.size else float("nan"))
        for group, one in ((group, values(group)) for group in pair.groups)
    )


def _together(pairs: Sequence[Pair], values: Callable[[Reached], Numbers]) -> float:
    """The variance of a mean of pairs that share customers: by what each customer adds to it."""
    if min(group.size for pair in pairs for group in pair.groups) < 2:
        return float("nan")
    adds = np.zeros(1 + max(int(ids.max(initial=0)) for pair in pairs for ids in pair.ids))
    for share, pair in zip(weights(pairs), pairs, strict=True):
        for sign, group, ids in zip((1, -1), pair.groups, pair.ids, strict=True):
            one = values(group)
            adds[ids] += sign * share * (one - one.mean()) / sqrt(group.size * (group.size - 1))
    return float(adds @ adds)


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


def effects_of(pairs: Sequence[Pair], *, random: bool) -> dict[str, Difference]:
    """By name, the one to look at first. All pairs have as many periods."""
    h, w = pairs[0].periods.history, pairs[0].periods.window
    found = {"difference in differences": Difference.of(pairs, lambda one: one.within(h, h + w) - one.within(h - w, h))}
    if random:
        groups = pairs[0].groups
        before, after = ([one.within(at, at + w) for one in groups] for at in (h - w, h))
        spread = sum(one.spread(x, x) * (one.size - 1) for one, x in zip(groups, before, strict=True))
        common = sum(one.spread(x, y) * (one.size - 1) for one, x, y in zip(groups, before, after, strict=True))
        theta = common / spread if spread > 0 else 0.0
        found = {
            "freed from before (CUPED)": Difference.of(
                pairs, lambda one: one.within(h, h + w) - theta * one.within(h - w, h)
            )
        }
    found["after alone"] = Difference.of(pairs, lambda one: one.within(h, h + w))
    p = pairs[0].periods.placebo
    if p:
        found["placebo, before the change"] = Difference.of(
            pairs, lambda one: one.within(h - p, h) - one.within(h - 2 * p, h - p)
        )
    if h > 1:
        steps = np.arange(h) - (h - 1) / 2
        steps = steps / (steps @ steps)
        found["trend before, by period"] = Difference.of(pairs, lambda one: one.hits[:, :h] @ steps)
    return found
