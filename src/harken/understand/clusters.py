"""Points in, groups of points out: k-means that always gives the same groups, and how many groups there are for sure.

Nothing is drawn by chance: the first centers follow from a number each point has (of its customer), so neither the order of
points nor the machine changes the groups. How many: for each k the points are drawn again, by the same numbers, grouped anew,
and compared with the groups of all points by the adjusted Rand index (Hubert & Arabie 1985). Groups come back when the least of
these indexes is high; the mean alone is not enough, for splitting one good group again and again keeps it high.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from harken.logs import Ints
from harken.understand.kernels import compiled
from harken.understand.statistics import Hashes, mixed, weights_of

Points: TypeAlias = NDArray[np.float64]
ROUNDS = 50
STARTS = 4  # the best of so many
DIGITS = 9  # groupings whose distances differ less are as good
TINY = 1e-9  # distances that differ less are the same


class Grouping(Struct, frozen=True):
    """Centers, the group of each point, and the sum of squared distances to the centers."""

    centers: Points
    group: Ints
    inertia: float


class Stability(Struct, frozen=True):
    """How well the groups of one k come back when the points are drawn again."""

    k: int
    mean: float
    least: float


def k_means(points: Points, numbers: Hashes, k: int, weights: Points | None = None, starts: int = STARTS) -> Grouping:
    """At most k groups; `numbers` tell equal points apart and choose the first centers, in proportion to squared distance
    (k-means++, Arthur & Vassilvitskii 2007)."""
    each = np.ones(len(points)) if weights is None else weights
    found = [_grown(points, each, _first(points, numbers, each, k, start)) for start in range(starts)]
    return min(found, key=lambda one: round(one.inertia, DIGITS))


def nearest(points: Points, centers: Points) -> tuple[Ints, Points]:
    """Which center is nearest to each point (the first of equally near ones), and the squared distance to it."""
    group, apart = np.zeros(len(points), np.int64), np.zeros(len(points))
    _nearest(np.ascontiguousarray(points), np.ascontiguousarray(centers), group, apart)
    return group, apart


@compiled
def _nearest(points: Any, centers: Any, group: Any, apart: Any) -> bool:
    """Put in `group` and `apart` what is nearest; whether any point changed its group. Added up in one order everywhere."""
    changed = False
    for row in range(len(points)):
        best, mine = np.inf, 0
        for one in range(len(centers)):
            far = 0.0
            for column in range(points.shape[1]):
                off = points[row, column] - centers[one, column]
                far += off * off
                if far >= best:
                    break
            if far < best - TINY:
                best, mine = far, one
        changed = changed or group[row] != mine
        group[row], apart[row] = mine, best
    return changed


@compiled
def _lloyd(points: Any, weights: Any, centers: Any, group: Any, apart: Any) -> None:
    """Lloyd's rounds: each center goes to the middle of its points, until none changes its group."""
    sums, size = np.zeros_like(centers), np.zeros(len(centers))
    _nearest(points, centers, group, apart)
    for _ in range(ROUNDS):
        sums[:], size[:] = 0.0, 0.0
        for row in range(len(points)):
            if weights[row] > 0:
                size[group[row]] += weights[row]
                for column in range(points.shape[1]):
                    sums[group[row], column] += weights[row] * points[row, column]
        for one in range(len(centers)):
            if size[one] > 0:
                for column in range(points.shape[1]):
                    centers[one, column] = sums[one, column] / size[one]
        if not _nearest(points, centers, group, apart):
            break


def _first(points: Points, numbers: Hashes, weights: Points, k: int, start: int) -> Points:
    """The greatest of log(chance) + Gumbel noise is a draw by chance; the noise follows from the points' numbers."""
    chosen: list[int] = []
    apart = np.ones(len(points))
    for turn in range(k):
        noise = -np.log(-np.log(_uniform(numbers, start * 1_000 + turn)))
        with np.errstate(divide="ignore"):
            score = np.where((apart > 0) & (weights > 0), np.log(apart * weights) + noise, -np.inf)
        best = int(score.argmax())
        if not np.isfinite(score[best]):
            break  # as many groups as there are different points
        chosen.append(best)
        latest = nearest(points, points[[best]])[1]
        apart = np.minimum(apart, latest) if turn else latest
    return points[chosen]


def _grown(points: Points, weights: Points, centers: Points) -> Grouping:
    centers, group, apart = centers.copy(), np.zeros(len(points), np.int64), np.zeros(len(points))
    _lloyd(np.ascontiguousarray(points), weights, centers, group, apart)
    return Grouping(centers, group, float(weights @ apart))


def stability(points: Points, numbers: Hashes, k: int, resamples: int) -> Stability:
    """The groups of k among the points drawn again `resamples` times, against those of all points."""
    whole = k_means(points, numbers, k).group
    drawn = weights_of(numbers, resamples).astype(np.float64)
    indexes = []
    for one in range(resamples):
        if not drawn[:, one].any():  # nobody was drawn: nothing comes back
            indexes.append(0.0)
            continue
        again = k_means(points, numbers, k, drawn[:, one], starts=2)
        indexes.append(adjusted_rand(whole, nearest(points, again.centers)[0]))
    return Stability(k, float(np.mean(indexes)), float(np.min(indexes)))


def adjusted_rand(a: Ints, b: Ints) -> float:
    """How alike two groupings are: 1 equal, 0 as by chance.

    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    >>> round(adjusted_rand(np.array([0, 0, 1, 2]), np.array([0, 0, 1, 1])), 4)
    0.5714
    """
    table = np.zeros((a.max(initial=0) + 1, b.max(initial=0) + 1))
    np.add.at(table, (a, b), 1)
    pairs = (table * (table - 1) / 2).sum()
    rows, columns = ((sums * (sums - 1) / 2).sum() for sums in (table.sum(axis=1), table.sum(axis=0)))
    every = len(a) * (len(a) - 1) / 2
    expected = rows * columns / every if every else 0.0
    most = (rows + columns) / 2
    return float((pairs - expected) / (most - expected)) if most != expected else 1.0


@compiled
def _uniform(numbers: Any, turn: int) -> Any:
    """A number above 0 and below 1 for each, another one each turn."""
    found = np.empty(len(numbers))
    for row in range(len(numbers)):
        z = mixed(np.uint64(numbers[row]) ^ mixed(np.uint64(turn + 7)))
        found[row] = (np.float64(z >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)
    return found
