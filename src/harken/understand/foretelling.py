"""Journeys in, a model of what comes next out; and one customer's last steps in, the chances of each next step out.

The model is a Markov chain of variable order: what followed the last three steps (and that the journey began with them),
the last two, the last one, and any. A longer context counts as much as it has been seen, the rest is left to the next shorter
one (Witten & Bell 1991, method C): of n times with T different outcomes, n / (n + T). The chance of reaching a goal within a
time is the share of those who did, as if `TRUSTED` more had done as the shorter context says.

What comes next is known of steps made more than the horizon before the end: of later ones only those are known who went on
quickly. So only the earlier ones count, unless that leaves less than half of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from harken.errors import Invalid
from harken.logs import Flags, Ints
from harken.understand import kernels
from harken.understand.cutting import EVER
from harken.understand.journeys import Journeys, Part
from harken.understand.kernels import compiled
from harken.understand.statistics import Numbers

HIGHEST = 3  # steps that are looked back at
TRUSTED = 10
DENSE = 1 << 25  # codes up to which all there could be are counted in one table
A = Any


@compiled
def outcomes(
    off: A, place: A, occurred: A, ended: A, reached: A, truncated: A, state_of: A, goal: A, window: A, horizon: int,
    within: int, base: int, ahead: A, keys: A,
) -> int:  # fmt: skip
    """Write a key of each step between window[0] and window[1] whose outcome is known at window[2]; says how many.

    A key holds the three steps up to it, what came next (a state, or `base - 3`: left) and whether a goal was reached
    `within` (0 no, 1 yes, 2 not known). Symbols of steps are 1 …; 0: the journey began; `base - 1`: it may have begun before.
    """
    n = 0
    begin, sure, end = window[0], window[1], window[2]
    for journey in range(len(off) - 1):
        start, stop = off[journey], off[journey + 1]
        coming = np.int64(-1)
        for at in range(stop - 1, start - 1, -1):
            ahead[at] = coming
            if goal[place[at]]:
                coming = occurred[at]
        first = np.int64(base - 1 if truncated[journey] else 0)
        third, second, latest = first, first, first
        for at in range(start, stop):
            now = occurred[at]
            if now >= end:
                break
            third, second, latest = second, latest, np.int64(state_of[place[at]] + 1)
            if now < begin or now >= sure:
                continue
            if at + 1 < stop and occurred[at + 1] < end:
                onward = np.int64(state_of[place[at + 1]])
            elif (at + 1 < stop and now + horizon < end) or (
                at + 1 == stop and (reached[journey] or ended[journey] + horizon < end)
            ):
                onward = np.int64(base - 3)
            else:
                continue
            label = 2
            if now + within < end:
                label = 1 if ahead[at] >= 0 and ahead[at] - now <= within else 0
            keys[n] = ((((third * base + second) * base + latest) * base) + onward) * 3 + label
            n += 1
    return n


@compiled
def found_at(contexts: A, context: int) -> int:
    """Where a context is; -1: nowhere."""
    low, high = 0, len(contexts)
    while low < high:
        middle = (low + high) // 2
        if contexts[middle] < context:
            low = middle + 1
        else:
            high = middle
    return low if low < len(contexts) and contexts[low] == context else -1


@compiled
def blend(contexts: A, begins: A, onward: A, counts: A, context: int, chances: A) -> None:
    """Chances of the shorter context made those of a longer one, as far as it has been seen."""
    row = found_at(contexts, context)
    if row < 0:
        return
    low, high = begins[row], begins[row + 1]
    total = 0
    for at in range(low, high):
        total += counts[at]
    kept = (high - low) / (total + high - low)
    for state in range(len(chances)):
        chances[state] *= kept
    for at in range(low, high):
        chances[onward[at]] += counts[at] / (total + high - low)


class Order(Struct, frozen=True):
    """What followed each context of so many steps. `known`, `hits`: of how many it is known whether they reached the goal,
    and how many did."""

    contexts: Ints
    begins: Ints
    onward: Ints
    counts: Ints
    known: Ints
    hits: Ints


class Foretelling(Struct, frozen=True):
    """What came next, of everybody: enough to tell the chances of one more customer."""

    level: str
    ids: tuple[str, ...]  # of the states; the last one stands for all others if `rest`
    rest: bool
    goals: bool  # whether it can tell the chance of a goal
    within: int
    orders: tuple[Order, ...]  # of no, one, two … steps
    steps: int  # it was made of

    @property
    def base(self) -> int:
        return len(self.ids) + 3

    def context(self, steps: Sequence[str], *, whole: bool = True) -> tuple[int, int]:
        """The last steps (ids of the level, the latest one last) as a number, and how many of them count.

        `whole`: they are all since the journey began. A step nobody has made before ends what is known: only later ones count.
        """
        known = {id: number for number, id in enumerate(self.ids, 1)}
        code, depth, shift = 0, 0, 1
        for step in reversed(steps[-HIGHEST:]):
            symbol = known.get(step, len(self.ids) if self.rest else 0)
            if not symbol:
                return code, depth
            code, depth, shift = code + symbol * shift, depth + 1, shift * self.base
        return code, HIGHEST if whole and depth < HIGHEST and depth == len(steps) else depth

    def chances_of(self, code: int, depth: int) -> Numbers:
        """The chance of each state, and of leaving (the last one), after a context."""
        chances = np.full(len(self.ids) + 1, 1 / (len(self.ids) + 1))
        for number, order in enumerate(self.orders[: depth + 1]):
            blend(order.contexts, order.begins, order.onward, order.counts, code % self.base**number, chances)
        return chances

    def goal_of(self, code: int, depth: int) -> float:
        """The chance of a goal after a context; NaN when nothing is known of it."""
        chance = float("nan")
        for number, order in enumerate(self.orders[: depth + 1]):
            row = int(np.searchsorted(order.contexts, code % self.base**number))
            if row < len(order.contexts) and order.contexts[row] == code % self.base**number and order.known[row]:
                trusted = TRUSTED if number else 0
                shorter = chance if number else 0.0
                chance = (float(order.hits[row]) + trusted * shorter) / (float(order.known[row]) + trusted)
        return chance


class Chances(Struct, frozen=True):
    """Of one customer: of each next step, of leaving, and of reaching the goal (None: no goal was asked for)."""

    next: dict[str, float]
    leaves: float
    goal: float | None


def foretell(model: Foretelling, steps: Sequence[str], *, whole: bool = True) -> Chances:
    """What one customer will do next, from the last steps (the latest last; three count). All chances make 1 together.

    `whole`: these are all steps of the journey so far; otherwise something came before.
    """
    if not model.steps:
        raise Invalid("nothing has come next yet: the model was made of no steps")
    code, depth = model.context(steps, whole=whole)
    chances = model.chances_of(code, depth)
    goal = model.goal_of(code, depth)
    ordered = sorted(zip(model.ids, chances.tolist(), strict=False), key=lambda one: (-one[1], one[0]))
    return Chances(dict(ordered), float(chances[-1]), goal if model.goals and np.isfinite(goal) else None)


# ---------------------------------------------------------------------- learning


class Steps:
    """The steps of some journeys, to be learned from and to be judged by."""

    def __init__(
        self, journeys: Journeys, state_of: Ints, ids: Sequence[str], goal: Flags | None, within: int, *, order: int = HIGHEST,
        least: int = 5, rest: bool = False, level: str = "touchpoint",
    ) -> None:  # fmt: skip
        self._journeys, self._state_of = journeys, state_of
        self._goal = np.zeros(journeys.places.height, np.bool_) if goal is None else goal
        self._goals = goal is not None
        self._order, self._least, self._within = order, least, within
        self._ids, self._rest, self._level = tuple(ids), rest, level

    @property
    def base(self) -> int:
        return len(self._ids) + 3

    def times(self, share: float) -> tuple[int, int]:
        """Until when what came next is known (see above), and the moment before which that share of the steps was made."""
        until, bins = self._journeys.until, 4096
        if not self._journeys.parts:
            return until, until
        first = min(int(part.occurred.min()) for part in self._journeys.parts)
        width = -(-(until - first) // bins)
        sure = until - self._journeys.horizon
        found = kernels.each(
            lambda part: np.bincount((part.occurred - first) // width, minlength=bins), self._journeys.parts
        )
        before = sum(int(np.count_nonzero(part.occurred < sure)) for part in self._journeys.parts)
        every = sum(part.steps for part in self._journeys.parts)
        sure = sure if before * 2 >= every else until
        summed = np.cumsum(sum(found[1:], found[0]))
        counted = summed[min(bins - 1, max(0, (sure - first) // width))]
        return sure, first + int(np.searchsorted(summed, counted * share) + 1) * width

    def keys(self, begin: int, sure: int, end: int) -> Ints:
        """See `outcomes`; in order."""
        window = np.array([begin, sure, end], np.int64)
        found = kernels.each(lambda part: self._part(part, window), self._journeys.parts)
        return np.sort(np.concatenate([np.empty(0, np.int64), *found]))

    def _part(self, part: Part, window: Ints) -> Ints:
        keys, ahead = np.empty((2, part.steps), np.int64)
        within = self._within if self._goals else EVER // 4  # nobody has the time: nothing is known
        count = outcomes(
            part.off, part.place, part.occurred, part.ended, part.reached, part.truncated, self._state_of, self._goal,
            window, self._journeys.horizon, within, self.base, ahead, keys,
        )  # fmt: skip
        return keys[:count]

    def learned(self, keys: Ints) -> Foretelling:
        """The model of some keys."""
        full, counts = counted(keys)
        orders = tuple(self._learned(full, counts, number) for number in range(self._order + 1))
        return Foretelling(
            self._level, self._ids, self._rest, self._goals, self._within, orders, len(keys)
        )  # fmt: skip

    def _learned(self, full: Ints, counts: Ints, number: int) -> Order:
        base = self.base
        codes, summed = sums_of(full // 3 % base ** (number + 1), counts, base ** (number + 1))
        contexts, begins = np.unique(codes // base, return_index=True)
        begins = np.append(begins, len(codes))
        total = np.add.reduceat(summed, begins[:-1]) if len(contexts) else summed
        if number > 1:
            kept = total >= self._least
            each = np.repeat(kept, np.diff(begins))
            sizes = np.diff(begins)[kept]
            codes, summed, contexts = codes[each], summed[each], contexts[kept]
            begins = np.append(0, np.cumsum(sizes))
        label, of = full % 3, full // 3 // base % base**number
        known, hits = (_at(contexts, of[mask], counts[mask], base**number) for mask in (label < 2, label == 1))
        return Order(contexts, begins.astype(np.int64), codes % base, summed, known, hits)


def counted(keys: Ints) -> tuple[Ints, Ints]:
    """Different keys of sorted ones, and how often each is there."""
    if not len(keys):
        return keys, keys
    begins = np.append(0, np.flatnonzero(np.diff(keys)) + 1)
    return keys[begins], np.diff(np.append(begins, len(keys)))


def sums_of(codes: Ints, counts: Ints, size: int, dense: int = DENSE) -> tuple[Ints, Ints]:
    """Different codes (below `size`) in order, and the sum of each one's counts."""
    if size <= dense:
        sums = np.bincount(codes, weights=counts, minlength=1)
        there = np.flatnonzero(sums)
        return there.astype(np.int64), sums[there].astype(np.int64)
    order = np.argsort(codes, kind="stable")
    codes, counts = codes[order], counts[order]
    begins = np.append(0, np.flatnonzero(np.diff(codes)) + 1) if len(codes) else np.empty(0, np.int64)
    return codes[begins], np.add.reduceat(counts, begins) if len(codes) else counts


def _at(contexts: Ints, of: Ints, counts: Ints, size: int) -> Ints:
    """The sum of the counts of each context."""
    codes, sums = sums_of(of, counts, size)
    found = np.zeros(len(contexts), np.int64)
    if len(codes) and len(contexts):
        row = np.minimum(np.searchsorted(codes, contexts), len(codes) - 1)
        there = codes[row] == contexts
        found[there] = sums[row[there]]
    return found
