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
def outcomes(  # noqa: C901, PLR0912  # one pass is one loop
    off: A, place: A, occurred: A, ended: A, reached: A, truncated: A, state_of: A, goal: A, goals: bool, windows: A,
    horizon: int, within: int, base: int, order: int, dense: bool, found: A, filled: A,
) -> None:  # fmt: skip
    """For each window: a key of each step between window[0] and window[1] whose outcome is known at window[2]. `dense`:
    found[window, key] counts them, else they are written side by side; `filled` says how many there were.

    A key holds the last `order` steps up to it, what came next (a state, or `base - 3`: left) and whether a goal was reached
    `within` (0 no, 1 yes, 2 not known). Symbols of steps are 1 …; 0: the journey began; `base - 1`: it may have begun before.
    """
    ahead = np.full(1, -1, np.int64)
    for journey in range(len(off) - 1):
        start, stop = off[journey], off[journey + 1]
        if goals:
            if stop - start > len(ahead):
                ahead = np.empty(2 * (stop - start), np.int64)
            coming = np.int64(-1)
            for at in range(stop - 1, start - 1, -1):
                ahead[at - start] = coming
                if goal[place[at]]:
                    coming = occurred[at]
        first = np.int64(base - 1 if truncated[journey] else 0)
        third, second, latest = first, first, first
        for at in range(start, stop):
            now = occurred[at]
            third, second, latest = second, latest, np.int64(state_of[place[at]] + 1)
            context = latest
            if order > 1:
                context += second * base
            if order > 2:
                context += third * base * base
            for window in range(len(windows)):
                begin, sure, end = windows[window, 0], windows[window, 1], windows[window, 2]
                if now >= end or now < begin or now >= sure:
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
                if goals and now + within < end:
                    label = 1 if ahead[at - start] >= 0 and ahead[at - start] - now <= within else 0
                key = (context * base + onward) * 3 + label
                if dense:
                    found[window, key] += 1
                else:
                    found[window, filled[window]] = key
                filled[window] += 1


@compiled
def over_time(occurred: A, first: int, width: int, sure: int, bins: A) -> int:
    """Add to `bins` how many steps were made in each stretch of `width` from `first` on; gives how many before `sure`."""
    before, share = 0, 1.0 / width
    for at in range(len(occurred)):
        since = occurred[at] - first
        place = int(since * share)  # division is slow; what is rounded to the next stretch goes back
        rest = since - place * width
        if rest < 0:
            place -= 1
        elif rest >= width:
            place += 1
        bins[place] += 1
        before += occurred[at] < sure
    return before


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


class Keys(Struct, frozen=True):
    """Different keys in order (see `outcomes`), and how often each was there."""

    codes: Ints
    counts: Ints


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
        parts = self._journeys.parts
        if not parts:
            return until, until
        first = min(kernels.each(lambda part: int(part.occurred[part.off[:-1]].min()), parts))
        width = -(-(until - first) // bins)
        sure = until - self._journeys.horizon

        def spread(part: Part) -> tuple[Ints, int]:
            made = np.zeros(bins, np.int64)
            return made, over_time(part.occurred, first, width, sure, made)

        found = kernels.each(spread, parts)
        before, summed = sum(one[1] for one in found), np.cumsum(sum(one[0] for one in found))
        sure = sure if before * 2 >= int(summed[-1]) else until
        counted = summed[min(bins - 1, max(0, (sure - first) // width))]
        return sure, first + int(np.searchsorted(summed, counted * share) + 1) * width

    def keys(self, *windows: tuple[int, int, int]) -> list[Keys]:
        """The keys of each window (begin, sure, end); see `outcomes`."""
        asked, parts = np.array(windows, np.int64), self._journeys.parts
        size = 3 * self.base ** (self._order + 1)
        if size > DENSE // 8:
            found = kernels.each(lambda part: self._listed(part, asked), parts)
            return [_summed([one[at] for one in found]) for at in range(len(windows))]
        piles = kernels.shares(range(len(parts)), lambda _: 1)
        tables = kernels.each(lambda pile: self._table(pile, asked, size), piles)
        counts = sum(tables, np.zeros((len(windows), size), np.int64))
        return [Keys(codes, one[codes]) for one in counts for codes in [np.flatnonzero(one)]]

    def _table(self, numbers: Sequence[int], windows: Ints, size: int) -> Ints:
        """How often each key is there in some parts."""
        table, filled = np.zeros((len(windows), size), np.int64), np.zeros(len(windows), np.int64)
        for number in numbers:
            self._outcomes(self._journeys.parts[number], windows, dense=True, found=table, filled=filled)
        return table

    def _listed(self, part: Part, windows: Ints) -> list[Keys]:
        """The same of one part, when a table would be too large."""
        listed, filled = np.empty((len(windows), part.steps), np.int64), np.zeros(len(windows), np.int64)
        self._outcomes(part, windows, dense=False, found=listed, filled=filled)
        return [counted(np.sort(keys[:n])) for keys, n in zip(listed, filled, strict=True)]

    def _outcomes(self, part: Part, windows: Ints, *, dense: bool, found: Ints, filled: Ints) -> None:
        outcomes(
            part.off, part.place, part.occurred, part.ended, part.reached, part.truncated, self._state_of, self._goal,
            self._goals, windows, self._journeys.horizon, self._within, self.base, self._order, dense, found, filled,
        )  # fmt: skip

    def learned(self, keys: Keys) -> Foretelling:
        """The model of some keys."""
        orders = tuple(self._learned(keys.codes, keys.counts, number) for number in range(self._order + 1))
        return Foretelling(
            self._level, self._ids, self._rest, self._goals, self._within, orders, int(keys.counts.sum())
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


def counted(keys: Ints) -> Keys:
    """Different keys of sorted ones, and how often each is there."""
    if not len(keys):
        return Keys(keys, keys)
    begins = np.append(0, np.flatnonzero(keys[1:] != keys[:-1]) + 1)
    return Keys(keys[begins], np.diff(np.append(begins, len(keys))))


def _summed(some: Sequence[Keys]) -> Keys:
    """All together."""
    codes, counts = (
        np.concatenate([np.empty(0, np.int64), *arrays])
        for arrays in ([one.codes for one in some], [one.counts for one in some])
    )
    return Keys(*sums_of(codes, counts, EVER))


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
