"""Journeys and a designed path in, the cheapest way to lay each on the path out: what was done, missing, too often, late.

The path is a row of steps; some may be left out, some may come several times. A journey is laid on it step by step: an event
and a step that fit cost nothing, an event left over costs 1 (what the path does not name: 0, or 1 when asked), a step left
out costs 1 (an optional one 0). The cheapest way is found by dynamic programming; of several, the one that takes the
earliest events. Adriansyah 2014, chapter 4, for a path instead of a net. Two events that do two neighbors of the path in the
other order are swapped: one deviation, which costs 2 as the two it is made of, or 1 when asked (Damerau 1964).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harken.understand.kernels import A, compiled

MISSING, SWAPPED, OUT_OF_ORDER, TOO_OFTEN, TOO_LATE, UNPLANNED = range(6)
CLASSES = ("missing", "swapped", "out of order", "too often", "too late", "not planned")


@compiled
def costs(masks: A, n: int, k: int, skip: A, again: A, swap: int, truncated: bool, cost: A) -> None:
    """What it costs at least to have laid i events on the first j steps. `truncated`: it may have begun anywhere."""
    cost[0, 0] = 0
    for j in range(k):
        cost[0, j + 1] = 0 if truncated else cost[0, j] + skip[j]
    for i in range(1, n + 1):
        mask = masks[i - 1]
        for j in range(k + 1):
            best = cost[i - 1, j] + 1
            if j and (mask >> (j - 1)) & 1:
                best = min(best, cost[i - 1, j - 1])
                if again[j - 1]:
                    best = min(best, cost[i - 1, j])
            if j:
                best = min(best, cost[i, j - 1] + skip[j - 1])
            if exchanged(masks, i, j):
                best = min(best, cost[i - 2, j - 2] + swap)
            cost[i, j] = best


@compiled
def exchanged(masks: A, i: int, j: int) -> bool:
    """Whether the last two of i events do the last two of j steps in the other order."""
    if i < 2 or j < 2:
        return False
    first, second = masks[i - 2] >> (j - 1), masks[i - 1] >> (j - 2)
    return bool(first & second & 1)


@compiled
def laid(
    masks: A, n: int, k: int, skip: A, again: A, swap: int, truncated: bool, open_: bool, cost: A, first: A, last: A,
    left: A, out: A,
) -> Any:  # fmt: skip
    """What it costs, and how: of each step the first and last event laid on it (-1: none) and whether it was left out
    (`out` 1) or swapped with the one before (`out` 2); of each event the steps done when it was left over (`left`, -1:
    it was not)."""
    end = k
    if open_:  # what has not happened yet is not missing
        end = 0
        for j in range(1, k + 1):
            if cost[n, j] < cost[n, end]:
                end = j
    for j in range(k):
        first[j] = last[j] = -1
        out[j] = 0
    for i in range(n):
        left[i] = -1
    i, j = n, end
    while i > 0 or (j > 0 and not truncated):
        here = cost[i, j]
        fits = i > 0 and j > 0 and (masks[i - 1] >> (j - 1)) & 1
        if fits and again[j - 1] and cost[i - 1, j] == here:
            first[j - 1] = i - 1
            last[j - 1] = max(last[j - 1], i - 1)
            i -= 1
        elif exchanged(masks, i, j) and cost[i - 2, j - 2] + swap == here:
            first[j - 1], last[j - 1] = i - 2, max(last[j - 1], i - 2)
            first[j - 2] = last[j - 2] = i - 1
            out[j - 1] = 2
            i, j = i - 2, j - 2
        elif i > 0 and cost[i - 1, j] + 1 == here:
            left[i - 1] = j
            i -= 1
        elif fits and cost[i - 1, j - 1] == here:
            first[j - 1] = i - 1
            last[j - 1] = max(last[j - 1], i - 1)
            i, j = i - 1, j - 1
        else:
            out[j - 1] = 1 if skip[j - 1] and first[j - 1] < 0 else 0
            j -= 1
    return cost[n, end]


@compiled
def done_by(first: A, step: int) -> int:
    """The last step up to this one that was done, as a count."""
    while step > 0 and first[step - 1] < 0:
        step -= 1
    return step


@compiled
def aligned(  # noqa: C901, PLR0912, PLR0915  # one pass is one loop
    off: A, place: A, occurred: A, truncated: A, open_: A, steps: A, counted: A, k: int, skip: A, again: A, within: A,
    of_start: A, swap: int, until: int,
) -> Any:  # fmt: skip
    """Of each journey: whether it came to any step, its cost, the highest it could be, the steps done (bits), and a number
    that is the same for journeys that did the same of the path (its variant). Then each
    deviation: the journey, and (class * k + step) * (k + 1) + steps done when it happened.

    `counted` places cost 1 when they are left over. `within`: microseconds a step may take (-1: any) since the step
    done before, or since the first one (`of_start`).
    """
    journeys = len(off) - 1
    told = np.zeros((journeys, 5), np.int64)
    room, found = 64, 0
    masks, at = np.zeros(room, np.int64), np.zeros(room, np.int64)
    left, cost = np.zeros(room, np.int64), np.zeros((room + 1, k + 1), np.int64)
    first, last, out = np.zeros(k, np.int64), np.zeros(k, np.int64), np.zeros(k, np.int64)
    most = len(place) + 2 * journeys * k
    whose, code = np.empty(most, np.int64), np.empty(most, np.int64)
    must, repeated = 0, np.int64(0)
    for j in range(k):
        must += skip[j]
        repeated |= np.int64(again[j]) << j
    for journey in range(journeys):
        n, touched = 0, False
        if off[journey + 1] - off[journey] > room:
            room = 2 * (off[journey + 1] - off[journey])
            masks, at = np.zeros(room, np.int64), np.zeros(room, np.int64)
            left, cost = np.zeros(room, np.int64), np.zeros((room + 1, k + 1), np.int64)
        for event in range(off[journey], off[journey + 1]):
            mask = steps[place[event]]
            if mask or counted[place[event]]:
                masks[n], at[n] = mask, event
                n += 1
                touched = touched or mask != 0
        if not touched:
            continue
        told[journey, 4] = variant_of(masks, n, repeated, truncated[journey], open_[journey])
        costs(masks, n, k, skip, again, swap, truncated[journey], cost)
        told[journey, 0] = 1
        told[journey, 1] = laid(
            masks, n, k, skip, again, swap, truncated[journey], open_[journey], cost, first, last, left, out
        )
        told[journey, 2] = n + (0 if truncated[journey] or open_[journey] else must)
        begun, before = -1, -1
        for j in range(k):
            what = -1
            after = before + 1
            if out[j] == 1:
                what = MISSING
                for event in range(n):
                    if left[event] >= 0 and (masks[event] >> j) & 1:
                        what, after = OUT_OF_ORDER, done_by(first, left[event])
                        left[event] = -1
                        break
            elif first[j] >= 0:
                told[journey, 3] |= 1 << j
                if before >= 0 and within[j] >= 0:
                    since = begun if of_start[j] else last[before]
                    if occurred[at[first[j]]] - occurred[at[since]] > within[j]:
                        what = TOO_LATE
                begun = first[j] if begun < 0 else begun
                before = j
                if out[j] == 2:
                    what, after = SWAPPED, j - 1
            if what >= 0:
                whose[found], code[found] = journey, (what * k + j) * (k + 1) + after
                found += 1
        if open_[journey] and before >= 0:
            for j in range(before + 1, k):  # what is due next may be late already
                if out[j] or (not skip[j] and within[j] < 0):
                    continue
                since = begun if of_start[j] else last[before]
                if skip[j] and within[j] >= 0 and until - occurred[at[since]] > within[j]:
                    whose[found], code[found] = journey, (TOO_LATE * k + j) * (k + 1) + before + 1
                    found += 1
                if skip[j]:
                    break
        for event in range(n):
            if left[event] < 0:
                continue
            step, what = 0, UNPLANNED
            if masks[event]:
                what = TOO_OFTEN
                while not (masks[event] >> step) & 1:
                    step += 1
            whose[found] = journey
            code[found] = (what * k + step) * (k + 1) + done_by(first, left[event])
            found += 1
    return told, whose[:found], code[:found]


@compiled
def variant_of(masks: A, n: int, repeated: int, truncated: bool, open_: bool) -> Any:
    """What a journey did of the path as a number (FNV-1a with a last stir, so that any two are hardly ever alike). How often a
    step that may come several times came in a row does not matter."""
    found = np.uint64(14695981039346656037)
    prime = np.uint64(1099511628211)
    before = np.int64(0)
    for at in range(n):
        mask = np.int64(masks[at])
        if mask == before and mask & repeated:
            continue
        found = (found ^ np.uint64(mask)) * prime
        before = mask
    found = (found ^ np.uint64(2 * truncated + open_ + 1)) * prime
    found ^= found >> np.uint64(29)
    found = found * np.uint64(0xBF58476D1CE4E5B9)
    return np.int64((found ^ (found >> np.uint64(32))) & np.uint64(0x7FFFFFFFFFFFFFFF))


@compiled
def tally(group: A, person: A, row: A, groups: int) -> Any:
    """Customers, journeys and events of each group; a customer's rows lie together, so do a journey's."""
    counts, met = np.zeros((3, groups), np.int64), np.full((2, groups), -1, np.int64)
    for at in range(len(group)):
        one = group[at]
        counts[2, one] += 1
        if met[1, one] != row[at]:
            met[1, one] = row[at]
            counts[1, one] += 1
        if met[0, one] != person[at]:
            met[0, one] = person[at]
            counts[0, one] += 1
    return counts
