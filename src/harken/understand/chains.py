"""Journeys and which places are which step of a funnel in, how far every customer got out. One compiled pass.

A chain is one event for each step, no event for two of them, all within the window from the chain's first event. For each
depth the *latest* start of a chain that got there is kept: whatever a chain with an earlier start can still do, that one can
too, so the answer is exact. Unordered chains keep the newest few times of each kind of event instead.

*Between* two events is what happened strictly between them: in time when ties are taken as they help (`any`), by position
when the order of one instant counts (`order`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harken.understand.kernels import A, compiled, quantile

NEVER = -(2**63)
(START, AT, FROM, SINCE, PREVIOUS, LAST_START, LAST_AT, LATE, OLD_START, OLD_AT) = range(10)
ROWS = 10
ORDERED, STRICT, UNORDERED = range(3)


@compiled
def placed(masks: A, n: int, first: int, k: int, skip: bool, work: A) -> int:
    """How many of the steps first, first + 1, … get an event of their own, the first that gets none ends it (or is left
    out: `skip`). Bit j of masks[i]: event i can be step j. Augmenting paths (Berge 1957), shortest first."""
    owner, came = work[0], work[1]
    held, queue = work[2], work[3]
    for event in range(n):
        owner[event] = -1
    count = 0
    for step in range(first, k):
        for event in range(n):
            came[event] = -1
        queue[0] = step
        head, tail, free = 0, 1, -1
        while head < tail and free < 0:
            now = queue[head]
            head += 1
            for event in range(n):
                if came[event] < 0 and (masks[event] >> now) & 1:
                    came[event] = now
                    if owner[event] < 0:
                        free = event
                        break
                    queue[tail] = owner[event]
                    tail += 1
        if free < 0:
            if skip:
                continue
            return count
        count += 1
        while free >= 0:
            taker = came[free]
            before = held[taker] if taker != step else -1
            owner[free], held[taker] = taker, free
            free = before
    return count


@compiled
def clear(state: A, k: int) -> None:
    """Nobody got anywhere yet. The other rows are only read where this journey has been."""
    for depth in range(k + 1):
        state[START, depth] = NEVER
        state[LATE, depth] = 0


@compiled
def reach(state: A, depth: int, began: int, before: int, now: int, at: int) -> None:
    """A chain that began then has got to `depth` now; of several, the one with the latest start stays."""
    if began > state[START, depth]:
        state[START, depth], state[AT, depth] = began, now
        state[FROM, depth] = now - before
        state[LAST_START, depth], state[LAST_AT, depth] = began, at


@compiled
def followed(  # noqa: C901, PLR0912, PLR0915  # one pass is one loop
    a: int, b: int, place: A, occurred: A, steps: A, bars: A, k: int, window: int, strict: bool, apart: bool,
    state: A, masks: A, work: A,
) -> Any:  # fmt: skip
    """How far the journey of the events a … b - 1 got, and whether events of one instant had a say in it.

    `apart`: events of one instant have an order. `state` holds what is known of each depth when it is over.
    """
    clear(state, k)
    depth, tied, at, live = 0, False, a, False
    while at < b:
        mask, bar = steps[place[at]], bars[place[at]]
        if mask == 0 and (not live or (bar == 0 and not strict)):
            at += 1
            continue
        now = occurred[at]
        stop, n = at + 1, 0
        if mask:
            masks[0] = mask
            n = 1
        if not (apart and tied):
            other = stop
            while other < b and occurred[other] == now:
                more, barred = steps[place[other]], bars[place[other]]
                tied = tied or more != 0 or barred != 0 or strict
                if apart:
                    if tied:
                        break
                else:
                    bar |= barred
                    if more:
                        same = 0
                        for one in range(n):
                            same += masks[one] == more
                        if same < k:
                            masks[n] = more
                            n += 1
                    stop = other + 1
                other += 1
        mask = masks[0] if n == 1 else mask
        was = depth
        if n < 2:
            for j in range(k - 1, -1, -1):
                began, before = (now, now) if j == 0 else (state[START, j], state[AT, j])
                if strict or (bar >> (j + 1)) & 1:
                    state[START, j + 1] = NEVER
                if (mask >> j) & 1 and began != NEVER:
                    if now - began <= window:
                        reach(state, j + 1, began, before, now, stop - 1)
                        depth = max(depth, j + 1)
                    else:
                        state[LATE, j] = 1
        else:
            state[OLD_START, 1 : k + 1] = state[START, 1 : k + 1]
            state[OLD_AT, 1 : k + 1] = state[AT, 1 : k + 1]
            for j in range(1, k + 1):
                if strict or (bar >> j) & 1:
                    state[START, j] = NEVER
            for j in range(k):
                began, before = (now, now) if j == 0 else (state[OLD_START, j], state[OLD_AT, j])
                if began == NEVER:
                    continue
                got = placed(masks, n, j, k, False, work)
                if got and now - began > window:
                    state[LATE, j] = 1
                    continue
                for more in range(1, got + 1):
                    reach(state, j + more, began, before if more == 1 else now, now, stop - 1)
                depth = max(depth, j + got)
        for reached in range(was + 1, depth + 1):
            state[SINCE, reached] = now - state[START, reached]
            state[PREVIOUS, reached] = state[FROM, reached]
        if depth == k:
            break
        live = False
        for j in range(1, k):
            live = live or state[START, j] != NEVER
        at = stop
    return depth, tied


@compiled
def slots_of(times: A, filled: A, masks: A, k: int, low: int, disjoint: bool, into: A, when: A) -> int:
    """The newest events from `low` on that could each be a step: their masks and times; as many of a kind as there are
    steps it can be."""
    n = 0
    for kind in range(len(masks)):
        most = k
        if disjoint:
            most, left = 0, masks[kind]
            while left:
                most += left & 1
                left >>= 1
        for one in range(min(most, filled[kind])):
            time = times[kind, (filled[kind] - 1 - one) % k]
            if time < low:
                break
            into[n], when[n] = masks[kind], time
            n += 1
    return n


@compiled
def latest_start(into: A, when: A, n: int, wanted: int, k: int, disjoint: bool, some: A, work: A) -> int:
    """The latest moment from which on `wanted` steps are still there."""
    best = NEVER
    if wanted == 1:
        for one in range(n):
            best = max(best, when[one])
        return best
    for one in range(n):
        low, many = when[one], 0
        if low <= best:
            continue
        for other in range(n):
            if when[other] >= low:
                some[many] = into[other]
                many += 1
        if many >= wanted and (disjoint or placed(some, many, 0, k, True, work) >= wanted):
            best = low
    return best


@compiled
def gathered(
    a: int, b: int, place: A, occurred: A, bars: A, kind_of: A, kinds: A, disjoint: bool, k: int, window: int,
    state: A, times: A, filled: A, slots: A, work: A,
) -> int:  # fmt: skip
    """How many different steps the journey made within the window, in any order."""
    clear(state, k)
    filled[:] = 0
    into, when, some = slots[0], slots[1], slots[2]
    depth, met, barrier, earlier = (
        0,
        NEVER,
        NEVER,
        NEVER,
    )  # the latest exclusion, and the latest at an instant before it
    for at in range(a, b):
        now, kind = occurred[at], kind_of[place[at]]
        if bars[place[at]]:
            earlier, barrier = (barrier if barrier < now else earlier), now
        if kind >= 0:
            times[kind, filled[kind] % k] = now
            filled[kind] += 1
            met = now
        if met != now or (at + 1 < b and occurred[at + 1] == now):
            continue  # events of one instant are looked at together
        state[START, 1] = state[LAST_START, 1] = now
        low = max(now - window, earlier if barrier == now else barrier)
        n = slots_of(times, filled, kinds, k, low, disjoint, into, when)
        if n < depth:
            continue
        size = min(n, k) if disjoint else placed(into, n, 0, k, True, work)
        if size < depth:
            continue
        for reached in range(depth + 1, size + 1):
            state[SINCE, reached] = now - latest_start(into, when, n, reached, k, disjoint, some, work)
        depth = size
        state[LAST_START, depth] = latest_start(into, when, n, depth, k, disjoint, some, work)
        state[LAST_AT, depth] = at
        if depth == k:
            break
    if barrier > state[START, 1]:
        state[START, 1] = NEVER  # nothing to go on from
    return depth


@compiled
def funneled(  # noqa: C901, PLR0912, PLR0915
    off: A, place: A, occurred: A, customer: A, over: A, steps: A, bars: A, node_of: A, end: int, kind_of: A, kinds: A,
    disjoint: bool, k: int, window: int, until: int, mode: int, by_order: bool,
) -> Any:  # fmt: skip
    """Of every customer who began: which, the depth, the depth with the other way to see ties, since when (the latest
    start), whether more may come, whether there was time enough, what came instead, whether it came too late; and to each
    depth the time since the start and since the step before. Then how many journeys got to each depth.

    A customer of several journeys is told by the deepest; of those that go all the way by the first, else by the last.
    `over`: journeys that cannot go on.
    """
    journeys = len(off) - 1
    who, numbers = np.empty(journeys, np.uint32), np.zeros((journeys, 7), np.int64)
    since, previous = np.zeros((journeys, k), np.int64), np.zeros((journeys, k), np.int64)
    counts = np.zeros(k, np.int64)
    room = max(1, len(kinds)) * k + 1
    state, twin = np.zeros((ROWS, k + 1), np.int64), np.zeros((ROWS, k + 1), np.int64)
    masks, work = np.zeros(room, np.int64), np.zeros((4, room + k + 1), np.int64)
    times, filled = np.zeros((max(1, len(kinds)), k), np.int64), np.zeros(max(1, len(kinds)), np.int64)
    slots = np.zeros((3, room), np.int64)
    opens = -1 if mode == UNORDERED else 1  # the steps a chain can begin with
    rows = 0
    for journey in range(journeys):
        a, b = off[journey], off[journey + 1]
        first, tied = a, False
        while first < b and not steps[place[first]] & opens:  # most journeys never come to the first step
            first += 1
        if first == b:
            continue
        while mode != UNORDERED and first > a and occurred[first - 1] == occurred[first]:
            first -= 1
        a = first
        if mode == UNORDERED:
            depth = gathered(
                a, b, place, occurred, bars, kind_of, kinds, disjoint, k, window, state, times, filled, slots, work
            )
        else:
            depth, tied = followed(
                a, b, place, occurred, steps, bars, k, window, mode == STRICT, by_order, state, masks, work
            )
        if depth == 0:
            continue
        other = depth
        if tied:
            other, _ = followed(
                a, b, place, occurred, steps, bars, k, window, mode == STRICT, not by_order, twin, masks, work
            )
        counts[:depth] += 1
        new = rows == 0 or who[rows - 1] != customer[journey]
        if new:
            who[rows] = customer[journey]
            rows += 1
        row = rows - 1
        open_ = False
        for j in range(1, k):
            open_ = open_ or (state[START, j] != NEVER and until - state[START, j] <= window)
        open_ = open_ and not over[journey] and depth < k
        done = not new and numbers[row, 0] == k
        numbers[row, 1] = max(numbers[row, 1], other)
        if done:
            continue
        began = state[LAST_START, 1]
        if depth == k:
            began = state[LAST_START, k]
        numbers[row, 2], numbers[row, 4] = began, over[journey] or until - began > window
        numbers[row, 3] = depth < k and (open_ or (numbers[row, 3] > 0))
        if depth < numbers[row, 0]:
            continue
        numbers[row, 0] = depth
        for j in range(depth):
            since[row, j], previous[row, j] = state[SINCE, j + 1], state[PREVIOUS, j + 1]
        numbers[row, 5], numbers[row, 6] = end, state[LATE, depth] if depth < k else 0
        if depth < k:
            after = state[LAST_AT, depth] + 1
            if after < b and occurred[after] - state[LAST_START, depth] <= window:
                numbers[row, 5] = node_of[place[after]]
    return who[:rows], numbers[:rows], since[:rows], previous[:rows], counts


@compiled
def spread(times: A, begins: A, shares: A) -> Any:
    """Quantiles of each stretch of times, a column for each; moves the times about."""
    found = np.empty((len(begins) - 1, len(shares)))
    for row in range(len(begins) - 1):
        for one in range(len(shares)):
            found[row, one] = quantile(times, begins[row], begins[row + 1], shares[one])
    return found
