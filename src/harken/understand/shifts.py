"""A figure period by period in, by how many deviations the last one changed out: exact for rare things, calm where weeks vary.

Shares are compared as two proportions (Fisher's exact test when few are expected), means by Welch's test. Where periods differ among
themselves more than chance alone makes them, more is asked for: `judged`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lgamma, log1p, sqrt
from statistics import NormalDist

import numpy as np
from msgspec import Struct

from harken.understand.matched import Sums

BEFORE = 3  # periods before the last one at least
FLAT = 1e-9
RARE = 50  # fewer of a period expected on the rarer side: the exact test
SHARED = 20  # periods: as much as all figures of a kind tell of how much one varies
SEEN = 1.0  # deviations: what is nearer than that to no change is no alert by any test


class Series(Struct, frozen=True):
    """One figure, by period: over how many, the sum, and (of means) the sum of squares."""

    figure: str
    start: int
    end: int
    n: Sums
    total: Sums
    customers: int  # behind it in the last period
    squares: Sums | None = None


class Tested(Struct, frozen=True):
    """One figure against its past: by how many deviations of chance alone it changed; how far its periods before vary, as a
    multiple of that (variance, NaN: unknown), and what noise of one would add to it (information)."""

    one: Series
    z: float
    before: float
    now: float
    varies: float
    information: float


def tested_of(one: Series, minimum: int) -> Tested | None:
    """None: too few to say anything."""
    n_a, n_b = float(one.n[:-1].sum()), float(one.n[-1])
    if min(n_a, n_b) < minimum:
        return None
    before, now = float(one.total[:-1].sum()) / n_a, float(one.total[-1]) / n_b
    error = _error(one, n_a, n_b, before, now)
    z = (now - before) / error if error > FLAT else 0.0
    rare = min(one.total.sum(), n_a + n_b - one.total.sum()) * n_b / (n_a + n_b) < RARE
    if one.squares is None and rare and abs(z) > SEEN:
        z = exact(int(one.total[-1]), int(n_b), int(one.total[:-1].sum()), int(n_a))
    variance = _variance(one, before)
    information = 0.0 if variance <= FLAT else n_b * variance if one.squares is None else n_b / variance
    return Tested(one, z, before, now, _varies(one, before, variance), information)


def _error(one: Series, n_a: float, n_b: float, before: float, now: float) -> float:
    if one.squares is None:
        pooled = float(one.total.sum()) / (n_a + n_b)
        return sqrt(max(0.0, pooled * (1 - pooled)) * (1 / n_a + 1 / n_b))
    a = max(0.0, float(one.squares[:-1].sum()) / n_a - before * before)
    b = max(0.0, float(one.squares[-1]) / n_b - now * now)
    return sqrt(a / max(1.0, n_a - 1) + b / max(1.0, n_b - 1))


def exact(now: int, n_now: int, before: int, n_before: int) -> float:
    """How many deviations apart two shares are by Fisher's exact test (the smaller tail, twice): right for rare things, too."""
    hits, low = now + before, max(0, now + before - n_before)
    every = np.arange(low, min(hits, n_now) + 1)
    weights = [lgamma(n_now + 1) - lgamma(k + 1) - lgamma(n_now - k + 1)
               + lgamma(n_before + 1) - lgamma(hits - k + 1) - lgamma(n_before - hits + k + 1) for k in every.tolist()]  # fmt: skip
    chance = np.exp(np.array(weights) - max(weights))
    chance /= chance.sum()
    above, below = float(chance[every >= now].sum()), float(chance[every <= now].sum())
    far = -NormalDist().inv_cdf(max(min(0.5, above, below), 1e-300))
    return far if above < below else -far


def _variance(one: Series, before: float) -> float:
    if one.squares is None:
        return before * (1 - before)
    return float(one.squares[:-1].sum() / one.n[:-1].sum()) - before * before


def _varies(one: Series, before: float, variance: float) -> float:
    """By the ranges between neighboring periods: a level that moved once hardly counts (Laney 2002)."""
    kept = one.n[:-1] > 1
    n, total = one.n[:-1][kept], one.total[:-1][kept]
    if len(n) < BEFORE or variance <= FLAT:
        return float("nan")
    z = (total / n - before) / np.sqrt(variance / n)
    return float((np.abs(np.diff(z)).mean() / 1.128) ** 2)


def judged(tested: Sequence[Tested], periods: int) -> list[float]:
    """Of figures of one kind, by how many deviations each changed, given how much all of them vary from period to period.

    Few periods tell little of how much one figure varies, many figures tell it of all: so each is judged by its own variation
    and that of its kind (Smyth 2004), as if the kind were known from `SHARED` periods, with Student's t made normal (Wallace 1959).
    """
    known = [one for one in tested if np.isfinite(one.varies) and one.information > 0]
    noise = _middle([(one.varies - 1) / one.information for one in known], [one.information for one in known])
    found = []
    own, degrees = max(1, periods - 1), SHARED + max(1, periods - 1)
    for one in tested:
        kind = 1 + max(0.0, noise) * one.information
        varies = kind if not np.isfinite(one.varies) else (SHARED * kind + own * one.varies) / degrees
        t = one.z / sqrt(max(1.0, varies))
        z = sqrt(degrees * log1p(t * t / degrees)) * (8 * degrees + 1) / (8 * degrees + 3)
        found.append(z if t > 0 else -z)
    return found


def _middle(values: list[float], weights: list[float]) -> float:
    """Their weighted median; 0 of none."""
    if not values:
        return 0.0
    order = np.argsort(values)
    sums = np.cumsum(np.array(weights)[order])
    return float(np.array(values)[order][np.searchsorted(sums, sums[-1] / 2)])
