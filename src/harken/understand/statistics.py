"""Counts in, what may be said of them out: survival, intervals, tests, and weights to draw customers again with.

Each formula names its source and is held against values printed there (`tests/unit/understand/test_statistics.py`).
Nothing is drawn by chance: the bootstrap's weights follow from who the customer is, so the same log gives the same interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, lgamma, log, sqrt
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from harken.logs import Ints
from harken.understand.kernels import compiled

Numbers: TypeAlias = NDArray[np.float64]
Hashes: TypeAlias = NDArray[np.uint64]

Z95 = 1.959963984540054  # 95 % of a normal distribution lie within so many deviations
REPLICATES = 200
STUDENT = (12.7062, 4.3027, 3.1824)  # of 1, 2, 3 degrees of freedom
POISSON = (24109, 48219, 60274, 64292, 65296, 65497, 65531, 65535)  # of 65,536: fewer than 1, 2, 3 … times


# ---------------------------------------------------------------------- survival


class Survival(Struct, frozen=True):
    """Who is still there after how long: a row for each time at which somebody went or was last seen.

    The share still there after `time[i]` is `share[i]`, with 95 % between `low[i]` and `high[i]` (NaN once nobody is
    there: nothing can be said then).
    """

    time: Ints
    at_risk: Ints  # watched just before
    events: Ints
    censored: Ints
    share: Numbers
    deviation: Numbers  # Greenwood's standard error of share
    low: Numbers
    high: Numbers

    def at(self, time: float) -> tuple[float, float, float]:
        """Share, low, high after a time; NaN after the last time anybody was watched, unless all had gone."""
        row = int(np.searchsorted(self.time, time, side="right")) - 1
        if row < 0:
            return (1.0, 1.0, 1.0) if len(self.time) else (np.nan, np.nan, np.nan)
        if row == len(self.time) - 1 and time > self.time[row] and self.share[row] > 0:
            return np.nan, np.nan, np.nan
        return float(self.share[row]), float(self.low[row]), float(self.high[row])

    def quantile(self, share: float = 0.5) -> tuple[float, float, float]:
        """After how long at most `1 - share` are still there, with its 95 % interval (Brookmeyer & Crowley 1982).

        NaN: not within the time watched.
        """
        rest = 1 - share
        return self._first(self.share, rest), self._first(self.low, rest), self._first(self.high, rest)

    def _first(self, curve: Numbers, rest: float) -> float:
        below = np.nonzero(curve <= rest + 1e-12)[0]
        return float(self.time[below[0]]) if len(below) else float("nan")


def kaplan_meier(durations: Ints, happened: NDArray[np.bool_], weights: Ints | None = None) -> Survival:
    """The product-limit estimate (Kaplan & Meier 1958): of each, how long it was watched and whether it then went.

    Who was last seen at the very time somebody went was still there then. The interval is Greenwood's on the scale of
    log(-log S) (Kalbfleisch & Prentice 1980): it stays within 0 and 1. `weights`: how many each row stands for.
    """
    time, place = np.unique(durations, return_inverse=True)
    each = np.ones(len(durations), np.int64) if weights is None else weights
    every = _sums(place, each, len(time))
    events = _sums(place[happened], each[happened], len(time))
    at_risk = np.cumsum(every[::-1])[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.asarray(np.cumprod(np.where(at_risk > 0, 1 - events / at_risk, 1.0)), np.float64)
        spread = np.cumsum(np.where(events > 0, events / (at_risk * (at_risk - events)), 0.0))
        width = np.where(spread > 0, Z95 * np.sqrt(spread) / np.abs(np.log(share)), 0.0)
        low: Numbers = share ** np.exp(width)
        high: Numbers = share ** np.exp(-width)
        deviation = share * np.sqrt(spread)
    gone = share <= 0
    low[gone] = high[gone] = deviation[gone] = np.nan
    return Survival(time, at_risk, events, every - events, share, deviation, low, high)


def _sums(place: Ints, each: Ints, size: int) -> Ints:
    return np.bincount(place, weights=each, minlength=size).astype(np.int64)


class Test(Struct, frozen=True):
    """A test of "no difference": how large the difference is, and how often chance alone makes it as large."""

    __test__ = False  # no test of pytest

    statistic: float
    freedom: int
    p: float


def log_rank(groups: Sequence[Survival]) -> Test:
    """Do these groups go at the same pace (Mantel 1966; Peto & Peto 1972)? Chi-square of groups - 1 degrees of freedom.

    Groups nobody was watched in are left out.
    """
    groups = [one for one in groups if len(one.time)]
    if len(groups) < 2:
        return Test(0.0, 0, 1.0)
    time = np.unique(np.concatenate([one.time[one.events > 0] for one in groups]))
    at_risk = np.stack([_watched(one, time) for one in groups])
    events = np.stack([_gone(one, time) for one in groups])
    n, d = at_risk.sum(axis=0), events.sum(axis=0)
    excess = (events - d * at_risk / n).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(n > 1, d * (n - d) / (n - 1), 0.0)
    share = at_risk / n
    covariance = np.diag((factor * share).sum(axis=1)) - np.einsum("t,it,jt->ij", factor, share, share)
    kept, freedom = covariance[:-1, :-1], len(groups) - 1
    statistic = float(excess[:-1] @ np.linalg.pinv(kept) @ excess[:-1])
    return Test(statistic, freedom, chi_square_tail(statistic, freedom))


def _watched(group: Survival, time: Ints) -> Ints:
    """How many of a group were there just before each time."""
    padded: Ints = np.append(group.at_risk, 0)
    return padded[np.searchsorted(group.time, time)]


def _gone(group: Survival, time: Ints) -> Ints:
    row = np.minimum(np.searchsorted(group.time, time), len(group.time) - 1)
    return np.where(group.time[row] == time, group.events[row], 0)


# ---------------------------------------------------------------------- shares and tails


def wilson(count: int, of: int, z: float = Z95) -> tuple[float, float]:
    """Between what a share lies (Wilson 1927); NaN of nobody.

    >>> [round(one, 4) for one in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    if of <= 0:
        return float("nan"), float("nan")
    share, z2 = count / of, z * z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return (0.0 if count == 0 else middle - half), (1.0 if count == of else middle + half)


def normal_tail(z: float) -> float:
    """How often a normal number is as far from 0 as z, on either side.

    >>> round(normal_tail(1.959963984540054), 6)
    0.05
    """
    return erfc(abs(z) / sqrt(2))


def student(freedom: int) -> float:
    """Between minus and plus what 95 % of Student's t lie (Cornish & Fisher's expansion from 4 degrees on).

    >>> [round(student(n), 2) for n in (1, 2, 5, 10, 30)]
    [12.71, 4.3, 2.57, 2.23, 2.04]
    """
    if freedom < 1:
        return float("nan")
    if freedom <= len(STUDENT):
        return STUDENT[freedom - 1]
    z = Z95
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum((term / float(freedom**power) for power, term in enumerate(terms, 1)), 0.0)


def chi_square_tail(x: float, freedom: int) -> float:
    """How often chi-square exceeds x: the upper incomplete gamma function (Press et al., Numerical Recipes §6.2).

    >>> [round(chi_square_tail(x, n), 4) for x, n in ((3.8415, 1), (5.9915, 2), (16.9190, 9))]
    [0.05, 0.05, 0.05]
    """
    if freedom < 1 or x <= 0:
        return 1.0
    a, half = freedom / 2, x / 2
    scale = exp(a * log(half) - half - lgamma(a))
    if half < a + 1:
        total = term = 1 / a
        n = a
        while term > total * 1e-16:
            n += 1
            term *= half / n
            total += term
        return max(0.0, 1 - total * scale)
    b, c = half + 1 - a, 1e300  # Lentz's continued fraction
    d = 1 / b
    value = d
    for n in range(1, 500):
        term = -n * (n - a)
        b += 2
        d = 1 / (term * d + b)
        c = b + term / c
        value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return scale * value


# ---------------------------------------------------------------------- customers drawn again


def hashes_of(profiles: pl.Series, seed: int = 0) -> Hashes:
    """A number for each customer that follows from who it is (FNV-1a, mixed): same customer, same number, anywhere."""
    lengths = profiles.str.len_bytes().to_numpy().astype(np.int64)
    text = np.frombuffer((profiles.str.join("").item() or "").encode(), np.uint8)
    return np.asarray(_hashed(text, np.append(0, np.cumsum(lengths)), seed), np.uint64)


@compiled
def _hashed(text: Any, ends: Any, seed: int) -> Any:
    found = np.empty(len(ends) - 1, np.uint64)
    for row in range(len(ends) - 1):
        number = np.uint64(14695981039346656037) ^ np.uint64(seed)
        for at in range(ends[row], ends[row + 1]):
            number = (number ^ np.uint64(text[at])) * np.uint64(1099511628211)
        found[row] = mixed(number)
    return found


@compiled
def mixed(number: Any) -> Any:
    """The bits of a 64-bit number stirred well (splitmix64, Steele, Lea & Flood 2014)."""
    z = np.uint64(number) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def draw(number: Any, into: Any) -> None:
    """How often the customer of this hash is in each replicate: Poisson numbers of mean 1 (Chamandy et al. 2012).

    Four replicates share the 64 bits of one mixing, 16 each: the chances are right to 1 in 100,000.
    """
    for block in range(0, len(into), 4):
        bits = mixed(np.uint64(number) + np.uint64(block + 1) * np.uint64(0xD1342543DE82EF95))
        for at in range(block, min(block + 4, len(into))):
            chance = np.int64(bits & np.uint64(0xFFFF))
            bits >>= np.uint64(16)
            many = np.int64(0)
            for limit in POISSON:
                many += chance >= limit
            into[at] = many


@compiled
def weights_of(hashes: Any, replicates: int) -> Any:
    """Rows customers, columns replicates: how often each is drawn."""
    found = np.empty((len(hashes), replicates), np.uint8)
    for row in range(len(hashes)):
        draw(hashes[row], found[row])
    return found


def interval(samples: Numbers) -> tuple[Numbers, Numbers]:
    """The middle 95 % of replicates (the last axis): the percentile interval of Efron & Tibshirani 1993, §13.

    A replicate that tells nothing (NaN) is left out; NaN when none tells anything.
    """
    told = samples[..., np.isfinite(samples).all(axis=tuple(range(samples.ndim - 1)))]
    if not told.shape[-1]:
        return np.full(samples.shape[:-1], np.nan), np.full(samples.shape[:-1], np.nan)
    low, high = np.quantile(told, (0.025, 0.975), axis=-1)
    return low, high
