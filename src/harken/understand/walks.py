"""Journeys and an anchor in, walks out: what came after or before it, step by step, as one matrix of numbers.

A walk is one row: the nodes met from the anchor on, up to `depth`, and what it ends with: END, OPEN (START, BEFORE when
going backward), or MORE when it goes on after the last step. Behind its end there is -1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from harken.logs import Flags, Ints
from harken.understand import kernels
from harken.understand.journeys import Journeys, Part, without_repeats
from harken.understand.kernels import A, compiled
from harken.understand.levels import BEFORE, END, OPEN, START, Nodes

MORE = "MORE"  # the walk goes on after the last step that is shown
FIRST, LAST, EACH = range(3)
ENDED = 2  # a branch
EDGES = (START, BEFORE, END, OPEN)


class Asked(Struct, frozen=True, kw_only=True):
    """Which walks."""

    anchor: str  # START, BEFORE, END, OPEN, or "" for `places`
    places: Flags  # place -> it is an anchor
    which: int  # FIRST, LAST, EACH of a journey
    back: bool
    depth: int
    prefix: Ints  # only walks that begin with these nodes; what comes after them is told
    repeats: str


class Walks(Struct, frozen=True):
    """The walks of one part, those of a customer side by side."""

    nodes: NDArray[np.int32]  # walks × (depth + 1)
    first: Ints  # the position of the first step of each in `occurred`, the next ones lie behind it (or before, going back)
    customer: NDArray[np.int64]
    occurred: Ints
    profiles: pl.Series
    back: bool
    inside: bool  # there is a step before the first one: the anchor, or the end of the prefix

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def single(self) -> bool:
        """Whether nobody has two of them, so that walks are customers."""
        return bool((self.customer[1:] > self.customer[:-1]).all())


def walks_of(journeys: Journeys, nodes: Nodes, asked: Asked) -> list[Walks]:
    """The walks of every part."""
    ends = np.array([nodes.pseudo(name) for name in EDGES] + [nodes.size], np.int64)
    edge = EDGES.index(asked.anchor) if asked.anchor in EDGES else -1

    def walked(part: Part) -> Walks:
        part = without_repeats(part, nodes.of_place, asked.repeats)
        found = _walked(
            part.off, part.place, part.customer, part.truncated, part.open, nodes.of_place, ends, edge, asked.places,
            asked.which, asked.back, asked.depth, asked.prefix,
        )  # fmt: skip
        inside = edge < 0 or len(asked.prefix) > 0
        return Walks(found[0], found[1], found[2], part.occurred, part.profiles, asked.back, inside)

    return kernels.each(walked, journeys.parts)


@compiled
def _starts(a: int, b: int, place: A, truncated: bool, open_: bool, edge: int, anchors: A, which: int, into: A) -> int:
    """Where the walks of one journey begin: positions of anchors, or just outside of it."""
    n = 0
    if edge >= 0:
        if edge < 2 and truncated == (edge == 1):
            into[0] = a - 1
            n = 1
        elif edge >= 2 and open_ == (edge == 3):
            into[0] = b
            n = 1
        return n
    for at in range(a, b):
        if anchors[place[at]]:
            if which == 1:
                into[0] = at
                n = 1
                continue
            into[n] = at
            n += 1
            if which == 0:
                break
    return n


@compiled
def _walked(
    off: A, place: A, customer: A, truncated: A, open_: A, node_of: A, ends: A, edge: int, anchors: A, which: int,
    back: bool, depth: int, prefix: A,
) -> Any:  # fmt: skip
    journeys = len(off) - 1
    room = len(place) if edge < 0 and which == EACH else journeys
    found, firsts = np.empty((room, depth + 1), np.int32), np.empty(room, np.int64)
    who = np.empty(room, np.int64)
    begins = np.empty(max(1, len(place) if which == EACH else 1), np.int64)
    step, n = (-1 if back else 1), 0
    for journey in range(journeys):
        a, b = off[journey], off[journey + 1]
        starts = _starts(a, b, place, truncated[journey], open_[journey], edge, anchors, which, begins)
        stands = 1 if truncated[journey] else 0
        if not back:
            stands = 3 if open_[journey] else 2
        last = ends[stands]
        for one in range(starts):
            at, same = begins[one], True
            for wanted in prefix:
                at += step
                same = a <= at < b and node_of[place[at]] == wanted
                if not same:
                    break
            if not same:
                continue
            who[n], firsts[n] = customer[journey], at + step
            for level in range(depth + 1):
                at += step
                if not a <= at < b:
                    found[n, level] = last
                    for rest in range(level + 1, depth + 1):
                        found[n, rest] = -1
                    break
                if level == depth:
                    found[n, level] = ends[4]
                    break
                found[n, level] = node_of[place[at]]
            n += 1
    return found[:n], firsts[:n], who[:n]


# ---------------------------------------------------------------------- the tree


@compiled
def children(nodes: A, customer: A, single: bool, size: int) -> Any:
    """How many walks and customers begin with what: [walks or customers, 0, node]."""
    counts, met = np.zeros((2, 1, size), np.int64), np.full(size, -1, np.int64)
    for walk in range(len(nodes)):
        to = nodes[walk, 0]
        counts[0, 0, to] += 1
        if single or met[to] != customer[walk]:
            met[to] = customer[walk]
            counts[1, 0, to] += 1
    return counts


@compiled
def grow(
    nodes: A, level: int, at: A, customer: A, single: bool, table: A, stops: A, size: int, occurred: A, first: A,
    back: bool, timed: bool, to: A, times: A,
) -> Any:  # fmt: skip
    """Each walk goes on to its branch of the next level (-1: it has ended): how many customers each branch has, and how many
    walks and customers go from each to which node. `stops`: a branch that goes on (0), whose walks are told no further (1),
    or have ended. If `timed`, the time each step took is put where its branch's times lie;
    `to` says where the next one of each goes."""
    branches, deeper = len(stops), level + 1 < nodes.shape[1]
    people, met = np.zeros(branches, np.int64), np.full(branches, -1, np.int64)
    counts = np.zeros((2, branches, size), np.int64)
    seen = np.full((1 if single else branches, size), -1, np.int64)
    for walk in range(len(at)):
        row = at[walk]
        if row < 0:
            continue
        branch, who = table[row, nodes[walk, level]], customer[walk]
        if met[branch] != who or single:
            met[branch] = who
            people[branch] += 1
        at[walk] = -1 if stops[branch] else branch
        if timed and stops[branch] != ENDED:
            here = first[walk] - level if back else first[walk] + level
            times[to[branch]] = abs(occurred[here] - occurred[here + 1 if back else here - 1])
            to[branch] += 1
        if deeper and not stops[branch]:
            node = nodes[walk, level + 1]
            counts[0, branch, node] += 1
            if single:
                counts[1, branch, node] += 1
            elif seen[branch, node] != who:
                seen[branch, node] = who
                counts[1, branch, node] += 1
    return people, counts


# ---------------------------------------------------------------------- step by step


@compiled
def columns(nodes: A, customer: A, size: int) -> Any:
    """How many walks and customers are at each node at each step."""
    steps = nodes.shape[1]
    counts, met = np.zeros((2, steps, size), np.int64), np.full((steps, size), -1, np.int64)
    for walk in range(len(customer)):
        for step in range(steps):
            node = nodes[walk, step]
            if node < 0:
                break
            counts[0, step, node] += 1
            if met[step, node] != customer[walk]:
                met[step, node] = customer[walk]
                counts[1, step, node] += 1
    return counts


@compiled
def between(nodes: A, customer: A, shown: A, most: int) -> Any:
    """How many walks and customers go from each shown node of a step to each of the next (`shown`: step × node -> row).
    Then how many are at each row."""
    steps = nodes.shape[1]
    counts, met = np.zeros((2, steps, most, most), np.int64), np.full((steps, most, most), -1, np.int64)
    here, seen = np.zeros((2, steps, most), np.int64), np.full((steps, most), -1, np.int64)
    for walk in range(len(customer)):
        row = 0
        for step in range(steps):
            node = nodes[walk, step]
            if node < 0:
                break
            to = shown[step, node]
            counts[0, step, row, to] += 1
            if met[step, row, to] != customer[walk]:
                met[step, row, to] = customer[walk]
                counts[1, step, row, to] += 1
            here[0, step, to] += 1
            if seen[step, to] != customer[walk]:
                seen[step, to] = customer[walk]
                here[1, step, to] += 1
            row = to
    return counts, here


# ---------------------------------------------------------------------- whole walks


@compiled
def packed(nodes: A, first: int, last: int, size: int, before: A) -> Any:
    """Steps first … last - 1 of each walk as one number behind the one before: equal numbers are equal walks."""
    keys = np.empty(len(nodes), np.int64)
    for walk in range(len(nodes)):
        key = before[walk] if len(before) else 0
        for step in range(first, last):
            key = key * size + nodes[walk, step] + 1
        keys[walk] = key
    return keys


def keys_of(walks: list[Walks], size: int) -> Ints:
    """One number for each walk, of all parts: equal for the same walk only."""
    steps = walks[0].nodes.shape[1] if walks else 0
    keys, base, first = np.empty(0, np.int64), size + 1, 0
    highest = 1
    while first < steps:
        last = first
        while last < steps and highest < 2**62 // base:
            highest *= base
            last += 1
        cuts = np.cumsum([0, *(len(one) for one in walks)])
        pieces = [keys[cuts[at] : cuts[at + 1]] if first else keys for at in range(len(walks))]
        parts = kernels.each(
            lambda at, a=first, b=last, before=pieces: packed(walks[at].nodes, a, b, base, before[at]),  # type: ignore[misc]
            range(len(walks)),
        )
        keys, first = np.concatenate(parts), last
        if first < steps:  # no room for more: number the beginnings anew, in their order
            distinct, keys = np.unique(keys, return_inverse=True)
            highest = len(distinct)
    return keys


@compiled
def people(
    keys: A, wanted: A, customer: A, nodes: A, ends: int, occurred: A, first: A, back: bool, inside: bool
) -> Any:
    """Of the walks whose key is in `wanted` (sorted): which walk, the row of its key, and how long it took; customers of each
    row."""
    n = 0
    which, rows, took = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    counts, met = np.zeros(len(wanted), np.int64), np.full(len(wanted), -1, np.int64)
    for walk in range(len(keys)):
        row = np.searchsorted(wanted, keys[walk])
        if row == len(wanted) or wanted[row] != keys[walk]:
            continue
        if met[row] != customer[walk]:
            met[row] = customer[walk]
            counts[row] += 1
        steps = 0
        while steps < nodes.shape[1] and 0 <= nodes[walk, steps] < ends:
            steps += 1
        which[n], rows[n], took[n] = walk, row, 0
        if steps + inside > 1:
            here = first[walk]
            if back:
                took[n] = occurred[here + inside] - occurred[here - steps + 1]
            else:
                took[n] = occurred[here + steps - 1] - occurred[here - inside]
        n += 1
    return which[:n], rows[:n], took[:n], counts
