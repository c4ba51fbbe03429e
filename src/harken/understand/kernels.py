"""Flat arrays in, counts out: the loops over events that every analysis is made of. Compiled, and run without the GIL.

One function is one pass over the events of one log, in order. They are called through `each`, which gives every
processor its share of the logs; none starts threads of its own. Machine code is kept on disk (`cache`), so only
the first call after an installation waits for the compiler. Plain slow twins of them live in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numba
import numpy as np

WORKERS = min(8, numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]  # processors of this machine
T = TypeVar("T")
R = TypeVar("R")
A = Any  # a numpy array


def compiled(function: Callable[..., R]) -> Callable[..., R]:
    """Machine code for a loop over arrays, kept on disk where there is a place for it: beside this file, else in the
    user's cache, else in `NUMBA_CACHE_DIR`."""
    made: Callable[..., R]
    try:
        made = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # installed where nothing can be written, for a user without a home: made anew in each process
        made = numba.njit(nogil=True)(function)
    return made


def each(work: Callable[[T], R], things: Sequence[T]) -> list[R]:
    """What `work` makes of each thing, in their order, on all processors. A thing is looked at when its turn has come."""
    if len(things) < 2 or WORKERS < 2:
        return [work(one) for one in things]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda at: work(things[at]), range(len(things))))


def shares(things: Sequence[T], size: Callable[[T], int]) -> list[list[T]]:
    """About the same amount for each processor."""
    piles: list[list[T]] = [[] for _ in range(max(1, min(WORKERS, len(things))))]
    weights = [0] * len(piles)
    for one in sorted(things, key=size, reverse=True):
        least = weights.index(min(weights))
        piles[least].append(one)
        weights[least] += size(one)
    return piles


# ---------------------------------------------------------------------- events -> journeys


@compiled
def ranked(off: A, occurred: A, place: A, rank: A) -> A:
    """The order of events when those of one instant go by the rank of their place first."""
    order = np.arange(len(occurred))
    for customer in range(len(off) - 1):
        for at in range(off[customer] + 1, off[customer + 1]):
            now, mine = order[at], rank[place[at]]
            to = at
            while to > off[customer] and occurred[order[to - 1]] == occurred[now] and rank[place[order[to - 1]]] > mine:
                order[to] = order[to - 1]
                to -= 1
            order[to] = now
    return order


@compiled
def latest(off: A, occurred: A, place: A, out: A, step: A) -> int:
    """When the last step was, of customers who are not `out` (empty: all); -1 when there is none."""
    last = -1
    for customer in range(len(off) - 1):
        if len(out) and out[customer]:
            continue
        for at in range(off[customer], off[customer + 1]):
            if occurred[at] > last and step[place[at]]:
                last = occurred[at]
    return last


@compiled
def cut(  # noqa: C901, PLR0912, PLR0915  # one pass is one loop
    off: A,
    occurred: A,
    place: A,
    seq: A,
    emotion: A,
    wanted: A,
    kind: A,
    since: int,
    until: int,
    timeout: int,
    goals: bool,
    long: int,
) -> Any:
    """Journeys of the events that are steps, within a period, of the customers that are `wanted` (empty: all).

    `kind` of a place: 0 no step, 1 background, 2 step, 3 step and goal. A new journey begins after more than `timeout`
    (< 0: never), and after a goal when `goals`. Gives off, place, occurred, emotion of the steps; customer, began, ended,
    reached of the journeys, and the gaps longer than `long`; then customers, ties, gaps, last seq, and the times of the last event
    before `until` and the first one from then on, whatever they are.
    """
    n = len(occurred)
    felt = len(emotion) > 0
    places, times = np.empty(n, np.uint32), np.empty(n, np.int64)
    feelings = np.empty(n if felt else 0, np.float32)
    begins, who = np.empty(n + 1, np.int64), np.empty(n, np.uint32)
    began, ended, reached = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.bool_)
    far = np.empty(n, np.int64)
    steps = journeys = customers = ties = gaps = fars = 0
    last, below, above = 0, -1, 2**63 - 1
    for customer in range(len(off) - 1):
        if len(wanted) and not wanted[customer]:
            continue
        any_yet, open_, shown, counted, start, first, before = False, False, False, False, steps, 0, 0
        goal = False
        for at in range(off[customer], off[customer + 1]):
            now, what = occurred[at], kind[place[at]]
            if now >= until:
                above = min(above, now)
                continue
            below = max(below, now)
            if what == 0 or now < since:
                continue
            last = max(last, seq[at])
            if any_yet:
                gap = now - before
                gaps += 1
                if gap == 0:
                    ties += 1
                if gap > long:
                    far[fars] = gap
                    fars += 1
            if open_ and ((timeout >= 0 and now - before > timeout) or (goals and goal)):
                if shown:
                    begins[journeys], who[journeys] = start, customer
                    began[journeys], ended[journeys], reached[journeys] = first, before, goal
                    journeys += 1
                open_ = False
            if not open_:
                open_, shown, start, first, goal = True, False, steps, now, False
            any_yet, before = True, now
            if what > 1:
                places[steps], times[steps] = place[at], now
                if felt:
                    feelings[steps] = emotion[at]
                steps += 1
                shown, goal = True, what == 3
                if not counted:
                    counted = True
                    customers += 1
        if open_ and shown:
            begins[journeys], who[journeys] = start, customer
            began[journeys], ended[journeys], reached[journeys] = first, before, goal
            journeys += 1
    begins[journeys] = steps
    return (
        begins[: journeys + 1].copy(),
        places[:steps].copy(),
        times[:steps].copy(),
        feelings[: steps if felt else 0].copy(),
        who[:journeys].copy(),
        began[:journeys].copy(),
        ended[:journeys].copy(),
        reached[:journeys].copy(),
        far[:fars].copy(),
    ), (customers, ties, gaps, last, below, above)


@compiled
def split(off: A, occurred: A, place: A, kind: A, since: int, until: int, timeout: int, goals: bool, long: int) -> Any:
    """The same when all events are steps within the period: off, customer, began, ended, reached of the journeys, and the
    long gaps; then 1, ties, gaps, and when the latest event was. 0 instead of 1: not all are."""
    n, people = len(occurred), len(off) - 1
    room = n if timeout >= 0 or goals else people
    begins, who = np.empty(room + 1, np.int64), np.empty(room, np.uint32)
    began, ended, reached = np.empty(room, np.int64), np.empty(room, np.int64), np.zeros(room, np.bool_)
    far = np.empty(n, np.int64)
    journeys = ties = fars = latest = 0
    whole = 1
    for customer in range(people):
        start, stop = off[customer], off[customer + 1]
        first = before = occurred[start]
        latest = max(latest, occurred[stop - 1])
        if first < since or occurred[stop - 1] >= until:
            whole = 0
            break
        begins[journeys], who[journeys], began[journeys] = start, customer, first
        goal = False
        for at in range(start, stop):
            now, what = occurred[at], kind[place[at]]
            if what < 2:
                whole = 0
                break
            if at > start:
                gap = now - before
                ties += gap == 0
                if gap > long:
                    far[fars] = gap
                    fars += 1
                if (timeout >= 0 and gap > timeout) or (goals and goal):
                    ended[journeys], reached[journeys] = before, goal
                    journeys += 1
                    begins[journeys], who[journeys], began[journeys] = at, customer, now
            before, goal = now, what == 3
        ended[journeys], reached[journeys] = before, goal
        journeys += 1
        if not whole:
            break
    begins[journeys] = n
    return (
        begins[: journeys + 1].copy(),
        who[:journeys].copy(),
        began[:journeys].copy(),
        ended[:journeys].copy(),
        reached[:journeys].copy(),
        far[:fars].copy(),
    ), (whole, ties, n - people, latest)


@compiled
def weighed(place: A, places: int) -> A:
    """How often each place is there."""
    found = np.zeros(places, np.int64)
    for at in range(len(place)):
        found[place[at]] += 1
    return found


@compiled
def kept(off: A, place: A, node_of: A, nodes: int, first: bool) -> A:
    """Which steps stay: those at another node than the step before, or (`first`) at a node that is new to the journey."""
    stays = np.ones(len(place), np.bool_)
    met = np.full(nodes, -1, np.int64)
    for journey in range(len(off) - 1):
        before = -1
        for at in range(off[journey], off[journey + 1]):
            node = node_of[place[at]]
            stays[at] = met[node] != journey if first else node != before
            met[node] = journey
            before = node
    return stays


# ---------------------------------------------------------------------- moves


@compiled
def code_of(link: int, table: A) -> int:
    """A link's row: itself, or where it stands in the sorted `table` of all links there are."""
    if len(table) == 0:
        return link
    low, high = 0, len(table)
    while low < high:
        middle = (low + high) // 2
        if table[middle] < link:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def links_of(off: A, place: A, node_of: A, size: int, collapse: bool) -> A:
    """The link of every move, as from * size + to."""
    found = np.empty(len(place), np.int64)
    n = 0
    for journey in range(len(off) - 1):
        for at in range(off[journey] + 1, off[journey + 1]):
            a, b = node_of[place[at - 1]], node_of[place[at]]
            if a != b or not collapse:
                found[n] = a * size + b
                n += 1
    return found[:n]


# ---------------------------------------------------------------------- the middle of many numbers


@compiled
def selected(values: A, low: int, high: int, k: int) -> Any:
    """The k-th smallest of values[low:high] (k counted from the beginning of the array); moves it there (Hoare 1961)."""
    first, last = low, high - 1
    while first < last:
        middle = (first + last) // 2
        a, b, c = values[first], values[middle], values[last]
        pivot = max(min(a, b), min(max(a, b), c))
        left, right = first, last
        while left <= right:
            while values[left] < pivot:
                left += 1
            while values[right] > pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if k <= right:
            last = right
        elif k >= left:
            first = left
        else:
            break
    return values[k]


@compiled
def quantile(values: A, low: int, high: int, share: float) -> Any:
    """Of values[low:high], linear between two neighbors; NaN of none. Moves the values about."""
    return quantile_from(values, low, low, high, share)


@compiled
def quantile_from(values: A, low: int, sorted_to: int, high: int, share: float) -> Any:
    """The same when the values before `sorted_to` are known not to be larger than the others, and it is not among them."""
    n = high - low
    if n == 0:
        return np.nan
    place = share * (n - 1)
    below = low + int(np.floor(place))
    value = selected(values, sorted_to, high, below)
    if below + 1 >= high:
        return float(value)
    above = values[below + 1]
    for at in range(below + 2, high):
        above = min(above, values[at])
    return value + (above - value) * (place - (below - low))
