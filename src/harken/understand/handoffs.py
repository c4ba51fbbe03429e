"""Journeys as arrays in, where they break out: the loops behind silo gaps, and customers who compare with those of a gap.

A gap belongs to one step, its moment: the step before the break. So each kind of gap is an array with, for every step, the
step where the gap ends (-1: none begins here).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harken.understand.kernels import compiled

KINDS = ("channel_switch", "repeated_contact", "dead_end", "ping_pong", "asked_twice", "one_side",
         "known_late", "slow_handoff", "contradiction")  # fmt: skip
SWITCH, REPEAT, DEAD_END, PING_PONG, ASKED_TWICE, ONE_SIDE, KNOWN_LATE, SLOW, CONTRADICTION = range(len(KINDS))
VIA = 6  # of what `breaks` gives, the row behind the kinds it tells: where a ping-pong entered the other side
BUCKETS = 7  # how many steps somebody had made: 0, 1-2, 3-6, 7-14, …
STRATA = 2 * BUCKETS  # and whether a goal was reached before
SUMS = 6  # customers, with a goal in time, contacts, told emotions, their sum, and the sum of their squares
A = Any  # a numpy array


@compiled
def breaks(  # noqa: C901, PLR0912  # one pass is one loop
    off: A,
    place: A,
    occurred: A,
    who: A,
    open_: A,
    truncated: A,
    failure: A,
    contact: A,
    intent: A,
    goal: A,
    pushed: A,
    side: A,
    asks: A,
    sign_in: A,
    soon: int,
    long: int,
) -> A:
    """For each kind and step, where the gap that begins there ends; see `questions/gaps.py` for what a gap is.

    Of a place: failure, contact, intent, goal and pushed (flags), side (channel or source), what it asks for (`asks`, -1:
    nothing) and whether that is signing in. What is pushed to customers is looked through for ping-pong and dead ends.
    `soon` and `long`: at most so long for a switch, ping-pong or another sign-in; for others.
    """
    sides, keys = side.max() + 1 if len(side) else 1, asks.max() + 1 if len(asks) else 1
    to = np.full((VIA + 1, len(place)), -1, np.int32)
    contacted, asked = np.full(sides, -1, np.int64), np.full(max(1, keys), -1, np.int64)
    first, first_side, alone, certain, customer = -1, -1, True, True, -1
    for journey in range(len(off) - 1):
        if who[journey] != customer:
            if first >= 0 and alone and certain:
                to[5, first] = first
            customer, first, first_side, alone, certain = who[journey], -1, side[place[off[journey]]], True, True
        certain = certain and not truncated[journey]
        start, stop = off[journey], off[journey + 1]
        tried, turned, entered, step = -1, -1, -1, -1
        meant, meant_there, intended = False, False, np.int64(0)
        for at in range(start, stop):
            here, now = place[at], occurred[at]
            mine = side[here]
            alone = alone and mine == first_side
            if contact[here]:
                if first < 0:
                    first = at
                if tried >= 0 and side[place[tried]] != mine and now - occurred[tried] <= soon:
                    to[0, tried] = at
                before = contacted[mine]
                if before >= start and now - occurred[before] <= long:
                    to[1, before] = at
                contacted[mine] = at
                tried = -1
            else:
                tried = at if failure[here] else -1
            if intent[here]:
                meant, intended = True, now
            meant = meant and not goal[here] and now - intended <= long
            if not pushed[here]:
                meant_there = meant
                if step >= 0 and side[place[step]] != mine:
                    if turned >= 0 and side[place[turned]] == mine and now - occurred[turned] <= soon:
                        to[3, turned], to[VIA, turned] = at, entered
                    turned, entered = step, at
                step = at
            if asks[here] >= 0:
                before = asked[asks[here]]
                far = side[place[before]] != mine or not sign_in[here]
                if far and before >= start and 0 < now - occurred[before] <= (soon if sign_in[here] else long):
                    to[4, before] = at
                asked[asks[here]] = at
        if not open_[journey] and meant_there:
            to[2, step] = step
    if first >= 0 and alone and certain:
        to[5, first] = first
    return to


@compiled
def contrast(  # noqa: C901, PLR0912
    off: A,
    place: A,
    occurred: A,
    emotion: A,
    who: A,
    moments: A,
    pairs: A,
    start_of: A,
    goal: A,
    contact: A,
    within: int,
    until: int,
    at_start: A,
    without: A,
    having: A,
) -> None:
    """Add what became of customers to `having` (a gap, by pair) and `without` (by start), each by stratum, and to
    `at_start` how many customers were at each start.

    `moments`: the steps where a gap of this kind begins, in order, each with its pair (-1: not asked for); a step may be
    there several times, with different pairs. `start_of` a
    place: the start it is (-1: none). Everybody is looked at for `within` after the moment; who cannot be watched for
    so long is left out. A customer counts once: with the first such moment, or without a gap in each stratum.
    """
    starts = len(at_start)
    marked, seen = np.full(starts, -1, np.int64), np.full(starts, -1, np.int64)
    done, once = np.full(len(having), -1, np.int64), np.full((starts, STRATA), -1, np.int64)
    following = np.empty(len(place), np.int64)
    at_gap = 0
    journey, journeys = 0, len(off) - 1
    while journey < journeys:
        customer, last = np.int64(who[journey]), journey
        while last < journeys and who[last] == customer:
            last += 1
        ahead = at_gap
        while ahead < len(moments) and moments[ahead] < off[last]:
            marked[start_of[place[moments[ahead]]]] = customer
            ahead += 1
        for one in range(journey, last):
            goal_at = np.int64(9223372036854775807)
            for back in range(off[one + 1] - off[one]):
                at = off[one + 1] - 1 - back
                following[at] = goal_at
                if goal[place[at]]:
                    goal_at = occurred[at]
            before = 0
            for at in range(off[one], off[one + 1]):
                start = start_of[place[at]]
                gap = at_gap < len(moments) and moments[at_gap] == at
                if start >= 0:
                    if seen[start] != customer:
                        seen[start] = customer
                        at_start[start] += 1
                    bucket, steps = 0, at - off[one] + 1
                    while steps > 1 and bucket < 6:
                        steps //= 2
                        bucket += 1
                    stratum = 2 * bucket + before
                    if occurred[at] + within <= until:
                        if gap:
                            same = at_gap
                            while same < len(moments) and moments[same] == at:
                                row = np.int64(pairs[same])
                                if row >= 0 and done[row] != customer:
                                    done[row] = customer
                                    outcome(having[row, stratum], at, off[one + 1], place, occurred, emotion,
                                            following[at], contact, within)  # fmt: skip
                                same += 1
                        elif marked[start] != customer and once[start, stratum] != customer:
                            once[start, stratum] = customer
                            outcome(without[start, stratum], at, off[one + 1], place, occurred, emotion,
                                    following[at], contact, within)  # fmt: skip
                while at_gap < len(moments) and moments[at_gap] == at:
                    at_gap += 1
                if goal[place[at]]:
                    before = 1
        journey = last


@compiled
def outcome(
    sums: A, at: int, stop: int, place: A, occurred: A, emotion: A, goal_at: int, contact: A, within: int
) -> None:
    """Add what became of one customer from step `at` on."""
    sums[0] += 1
    if goal_at != 9223372036854775807 and goal_at - occurred[at] <= within:
        sums[1] += 1
    felt = len(emotion) > 0
    for later in range(at, stop):
        if occurred[later] - occurred[at] > within:
            break
        if later > at and contact[place[later]]:
            sums[2] += 1
        if felt and np.isfinite(emotion[later]):
            sums[3] += 1
            sums[4] += np.float64(emotion[later])
            sums[5] += np.float64(emotion[later]) ** 2
