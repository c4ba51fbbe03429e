"""Journeys and goals in, credit out: the paths that led to a goal and those that did not, counted for every model at once.

Credit is counted in whole units, 2^24 to a conversion, so that it adds up exactly whatever the order: what the models give
away is what there was. All counts are kept by bag. A bag is a customer, or, of more than `BAGS` customers, all whose hash
falls into it; drawing bags again instead of customers gives the same intervals, for a bag is a random few of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct

from harken.logs import Flags, Ints
from harken.understand import kernels
from harken.understand.journeys import Journeys, Part
from harken.understand.kernels import compiled
from harken.understand.statistics import Hashes, Numbers, hashes_of, weights_of

UNITS = 1 << 24
BAGS = 1_000
CELLS = 16_000_000  # of the table bags x moves; bags become fewer before it becomes larger
FIRST, LAST, LINEAR, DECAY, POSITION, SHAPLEY = range(6)
RULES = 6
NOBODY, DIRECT = -1, -2
A = Any


class Weighing(Struct, frozen=True, kw_only=True):
    """What a path is, and how its steps are weighed."""

    lookback: int  # steps longer before the goal are not on its path
    half_life: int
    first: float  # the share of the first step in the model by position …
    last: float  # … and of the last one


class Credit(Struct, frozen=True):
    """By bag: credit [bag, state, rule] in units; moves [bag, from, to], from START (0) and states, to states, the goal and
    nowhere. `conversions` and `direct` (with no step before) of each bag. Of each state, the last one being "nothing
    before": conversions and customers whose path it was on."""

    credit: Ints
    moves: Ints
    conversions: Ints
    direct: Ints
    paths: Ints
    customers: Ints
    converted: int  # customers
    lost: int  # paths that led nowhere
    open: int  # paths that are not over: not counted
    hashes: Hashes  # of the bags, to draw them again

    @property
    def states(self) -> int:
        return int(self.credit.shape[1])

    def drawn(self, replicates: int) -> tuple[Numbers, Numbers]:
        """Credit and moves of each replicate, its bags drawn again."""
        weights = weights_of(self.hashes, replicates).T.astype(np.float64)
        bags = len(self.hashes)
        credit = weights @ self.credit.reshape(bags, -1).astype(np.float64)
        moves = weights.astype(np.float32) @ self.moves.reshape(bags, -1).astype(np.float32)
        return (
            credit.reshape(replicates, *self.credit.shape[1:]),
            moves.astype(np.float64).reshape(replicates, *self.moves.shape[1:]),
        )


@compiled
def follow(  # noqa: C901, PLR0912, PLR0915  # one pass is one loop
    off: A, place: A, occurred: A, who: A, open_: A, state_of: A, goal: A, bag_of: A, lookback: int, half_life: float,
    first_share: float, last_share: float, credit: A, moves: A, conversions: A, direct: A, paths: A, customers: A,
    counts: A, wanted: int, met: A,
) -> None:  # fmt: skip
    """Add one part's paths. `counts`: converted customers, lost paths, open paths. `met`: customers with a converting path
    that the state `wanted` was on (DIRECT: one with nothing on it)."""
    states = credit.shape[1]
    units = np.int64(1 << 24)
    stamp, by_customer = np.full(states + 1, -1, np.int64), np.full(states + 1, -1, np.int64)
    seen, both = np.empty(states, np.int64), first_share + last_share
    converted, number = np.int64(-1), np.int64(0)
    for journey in range(len(off) - 1):
        customer = np.int64(who[journey])
        bag = bag_of[customer]
        start, stop = off[journey], off[journey + 1]
        for at in range(start, stop + 1):
            if at == stop:
                if start == stop:
                    break
                if open_[journey]:
                    counts[2] += 1
                    break
                counts[1] += 1
                now = occurred[stop - 1]
            elif goal[place[at]]:
                now = occurred[at]
            else:
                continue
            low = start
            while low < at and now - occurred[low] > lookback:
                low += 1
            before, n = 0, at - low
            for step in range(low, at):
                state = state_of[place[step]] + 1
                moves[bag, before, state - 1] += 1
                before = state
            moves[bag, before, states + (1 if at == stop else 0)] += 1
            start = at + 1
            if at == stop:
                break
            conversions[bag] += 1
            number += 1
            if converted != customer:
                converted = customer
                counts[0] += 1
            if n == 0:
                direct[bag] += 1
                paths[states] += 1
                if by_customer[states] != customer:
                    by_customer[states] = customer
                    customers[states] += 1
                if wanted == -2:
                    met[customer] = True
                continue
            credit[bag, state_of[place[low]], 0] += units
            credit[bag, state_of[place[at - 1]], 1] += units
            different, total = 0, 0.0
            for step in range(low, at):
                state = state_of[place[step]]
                total += 2.0 ** ((occurred[step] - occurred[at - 1]) / half_life)
                if stamp[state] != number:
                    stamp[state] = number
                    seen[different] = state
                    different += 1
            summed, given = 0.0, np.int64(0)
            middle = units - np.int64(first_share * units) - np.int64(last_share * units)
            for step in range(low, at):
                state, i = state_of[place[step]], np.int64(step - low)
                credit[bag, state, 2] += (i + 1) * units // n - i * units // n
                summed += 2.0 ** ((occurred[step] - occurred[at - 1]) / half_life)
                until = units if step == at - 1 else np.int64(summed / total * units)
                credit[bag, state, 3] += until - given
                given = until
                part: Any = i * middle // max(1, n - 2) - (i - 1) * middle // max(1, n - 2)
                if n == 1:
                    part = units
                elif n == 2:
                    ahead = np.int64((first_share / both if both > 0 else 0.5) * units)
                    part = ahead if i == 0 else units - ahead
                elif i == 0:
                    part = np.int64(first_share * units)
                elif i == n - 1:
                    part = np.int64(last_share * units)
                credit[bag, state, 4] += part
            for k in range(different):
                state = seen[k]
                credit[bag, state, 5] += (k + 1) * units // different - k * units // different
                paths[state] += 1
                if by_customer[state] != customer:
                    by_customer[state] = customer
                    customers[state] += 1
                if wanted == state:
                    met[customer] = True


class Paths:
    """The paths of some journeys, to be credited as often as is wanted."""

    def __init__(self, journeys: Journeys, goal: Flags, weighing: Weighing) -> None:
        self._journeys, self._goal, self._weighing = journeys, goal, weighing

    def credited(self, state_of: Ints, states: int, *, bags: int = BAGS) -> Credit:
        """What each state (place -> state) is given."""
        cells = (states + 1) * (states + 2)
        bag_of, hashes = _bags(self._journeys, min(bags, max(100, CELLS // cells)))
        piles = kernels.shares([*zip(self._journeys.parts, bag_of, strict=True)], lambda one: one[0].steps)
        found = kernels.each(lambda pile: self._pile(pile, state_of, states, len(hashes)), piles)
        credit, moves, conversions, direct, paths, customers, counts = (
            sum(arrays[1:], arrays[0]) for arrays in zip(*found, strict=True)
        )
        converted, lost, still = counts.tolist()
        return Credit(credit, moves, conversions, direct, paths, customers, converted, lost, still, hashes)

    def _pile(self, pile: list[tuple[Part, Ints]], state_of: Ints, states: int, bags: int) -> tuple[Ints, ...]:
        counted = _nothing(states, bags)
        for part, bag_of in pile:
            self._follow(part, bag_of, state_of, counted, NOBODY)
        return counted

    def _follow(self, part: Part, bag_of: Ints, state_of: Ints, counted: tuple[Any, ...], wanted: int) -> Flags:
        met, how = np.zeros(len(part.profiles), np.bool_), self._weighing
        follow(
            part.off, part.place, part.occurred, part.customer, part.open, state_of, self._goal, bag_of,
            how.lookback, float(how.half_life), how.first, how.last, *counted, wanted, met,
        )  # fmt: skip
        return met

    def behind(self, state_of: Ints, states: int, wanted: int) -> list[Flags]:
        """Of each part, the customers with a converting path that a state was on."""
        one_bag = [np.zeros(len(part.profiles), np.int64) for part in self._journeys.parts]
        return [
            self._follow(part, bag_of, state_of, _nothing(states, 1), wanted)
            for part, bag_of in zip(self._journeys.parts, one_bag, strict=True)
        ]


def _nothing(states: int, bags: int) -> tuple[Ints, ...]:
    """The counts of `Credit`, before anything is counted."""
    shapes = ((bags, states, RULES), (bags, states + 1, states + 2), bags, bags, states + 1, states + 1, 3)
    return tuple(np.zeros(shape, np.int32 if n == 1 else np.int64) for n, shape in enumerate(shapes))


def _bags(journeys: Journeys, most: int) -> tuple[list[Ints], Hashes]:
    """The bag of each customer, of each part; and a hash of each bag."""
    hashes = [hashes_of(part.profiles) for part in journeys.parts]
    if journeys.customers <= most:
        there = [one[part.customer] for one, part in zip(hashes, journeys.parts, strict=True)]
        every = np.unique(np.concatenate(there)) if there else np.zeros(1, np.uint64)
        places = [np.minimum(np.searchsorted(every, one), len(every) - 1) for one in hashes]
        return [one.astype(np.int64) for one in places], every
    return [(one % np.uint64(most)).astype(np.int64) for one in hashes], np.arange(most, dtype=np.uint64)


# ---------------------------------------------------------------------- what is missing without a state


def removal_effects(moves: Numbers) -> Numbers:
    """Of each state, the share of conversions that would not have been without it (Anderl et al. 2016), in closed form.

    `moves` [..., from, to]: from START and n states, to n states, the goal and nowhere. Who would come to the state that is
    taken out goes nowhere instead. With the fundamental matrix N = (I - Q)^-1 and the chance h of reaching the goal:
    N[start, i] h[i] / (N[i, i] h[start]). NaN when nobody reaches the goal.
    """
    out = moves.sum(axis=-1, keepdims=True)
    chances = np.divide(moves, out, out=np.zeros_like(moves), where=out > 0)
    states = moves.shape[-2]
    matrix = np.broadcast_to(np.eye(states), (*moves.shape[:-2], states, states)).copy()
    matrix[..., :, 1:] -= chances[..., :, : states - 1]
    every = np.linalg.inv(matrix)
    reached = np.einsum("...ij,...j->...i", every, chances[..., :, states - 1])
    diagonal = np.diagonal(every, axis1=-2, axis2=-1)[..., 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(every[..., 0, 1:] * reached[..., 1:] / (diagonal * reached[..., :1]), np.float64)


def in_units(shares: Numbers, whole: int) -> Ints:
    """Shares as credit of `whole` conversions, in units, adding up exactly."""
    total = shares.sum()
    if not total > 0:
        return np.zeros(len(shares), np.int64)
    ends = np.round(np.cumsum(shares) / total * whole * UNITS).astype(np.int64)
    ends[-1] = whole * UNITS
    return np.asarray(np.diff(ends, prepend=0), np.int64)
