"""Journeys as arrays in; who was where in which period, what goals followed, and how customers at a fork went on, out."""

from __future__ import annotations

from typing import Any

import numpy as np

from harken.logs import Ints
from harken.understand.handoffs import BUCKETS, SUMS, outcome
from harken.understand.kernels import code_of, compiled
from harken.understand.matched import Sums

A = Any  # a numpy array


def periods(begin: int, until: int, length: int, most: int) -> Ints:
    """Where whole periods that end with `until` begin, none of them before `begin`, and `until` itself."""
    count = max(0, min(most, (until - begin) // length))
    return until - length * np.arange(count, -1, -1, dtype=np.int64)


@compiled
def by_period(
    off: A,
    place: A,
    occurred: A,
    emotion: A,
    who: A,
    node_of: A,
    nodes: int,
    first: int,
    length: int,
    counts: A,
    felt: A,
) -> None:
    """Add customers to `counts` (node, period), in the row behind the nodes those who were anywhere; and what they felt to
    `felt` (node: how many told something, positive, negative, sum, sum of squares, in all periods; then the same by period)."""
    kept = counts.shape[1]
    met = np.full(nodes + 1, -1, np.int64)
    for journey in range(len(off) - 1):
        for at in range(off[journey], off[journey + 1]):
            node = node_of[place[at]]
            if len(emotion) and np.isfinite(emotion[at]):
                tell(felt[node, kept], np.float64(emotion[at]))
            if occurred[at] < first:
                continue
            period = (occurred[at] - first) // length
            if period >= kept:
                continue
            if len(emotion) and np.isfinite(emotion[at]):
                tell(felt[node, period], np.float64(emotion[at]))
            mine = np.int64(who[journey]) * kept + period
            if met[node] != mine:
                met[node] = mine
                counts[node, period] += 1
            if met[nodes] != mine:
                met[nodes] = mine
                counts[nodes, period] += 1


@compiled
def tell(felt: A, emotion: float) -> None:
    """One more emotion."""
    felt[0] += 1
    if emotion > 0:
        felt[1] += 1
    if emotion < 0:
        felt[2] += 1
    felt[3] += emotion
    felt[4] += emotion * emotion


@compiled
def reaching(off: A, place: A, who: A, node_of: A, goal: A, reached: A) -> int:
    """Add, by node, customers who reached a goal after they were first there, and who reached one at all (in that journey
    or another). Gives how many reached one."""
    met = np.full(len(reached), -1, np.int64)
    every = 0
    journey, journeys = 0, len(off) - 1
    while journey < journeys:
        customer, last = np.int64(who[journey]), journey
        while last < journeys and who[last] == customer:
            last += 1
        final = -1
        for at in range(off[journey], off[last]):
            if goal[place[at]]:
                final = at
        if final >= 0:
            every += 1
            for at in range(off[journey], off[last]):
                node = node_of[place[at]]
                if met[node] != customer:
                    met[node] = customer
                    reached[node, 1] += 1
                    if at < final:
                        reached[node, 0] += 1
        journey = last
    return every


@compiled
def forks(
    off: A,
    place: A,
    occurred: A,
    emotion: A,
    who: A,
    node_of: A,
    nodes: int,
    goal: A,
    contact: A,
    within: int,
    until: int,
    sums: A,
) -> None:
    """Add what became of customers to `sums` (fork, where they went next, …). A fork is the node they were at (`nodes`: none
    yet), about how many steps they had made, and whether a goal was reached before; next is a node, or `nodes`: nowhere.

    A customer counts once at each fork: when there for the first time and watched for `within`.
    """
    once = np.full(len(sums), -1, np.int64)
    following = np.empty(len(place), np.int64)
    for journey in range(len(off) - 1):
        start, stop = off[journey], off[journey + 1]
        goal_at = np.int64(9223372036854775807)
        for back in range(stop - start):
            at = stop - 1 - back
            following[at] = goal_at
            if goal[place[at]]:
                goal_at = occurred[at]
        before = 0
        for at in range(start - 1, stop):
            node, since = nodes, occurred[start]
            bucket, steps = 0, at - start + 1
            if at >= start:
                node, since = node_of[place[at]], occurred[at]
                while steps > 1 and bucket < BUCKETS - 1:
                    steps //= 2
                    bucket += 1
            fork = (node * BUCKETS + bucket) * 2 + before
            if since + within <= until and once[fork] != who[journey]:
                once[fork] = who[journey]
                to = node_of[place[at + 1]] if at + 1 < stop else nodes
                ahead = following[at] if at >= start else goal_at
                outcome(sums[fork, to], max(at, start), stop, place, occurred, emotion, ahead, contact, within)
            if at >= start and goal[place[at]]:
                before = 1


def fork_sums(nodes: int) -> Sums:
    """Room for what `forks` adds."""
    return np.zeros(((nodes + 1) * BUCKETS * 2, nodes + 1, SUMS))


@compiled
def moves_by_period(
    off: A,
    place: A,
    occurred: A,
    who: A,
    node_of: A,
    size: int,
    first: int,
    length: int,
    table: A,
    links: A,
    out: A,
    times: A,
) -> None:
    """Add customers to `links` (link, period) and to `out` (node, period: who went on from there to anywhere), by when they
    arrived; and to `times` (node, period) how many moves, and the sum and sum of squares of log(1 + seconds) they took."""
    periods = links.shape[1]
    met, gone = np.full(len(links), -1, np.int64), np.full(len(out), -1, np.int64)
    for journey in range(len(off) - 1):
        for at in range(off[journey] + 1, off[journey + 1]):
            if occurred[at] < first:
                continue
            period = (occurred[at] - first) // length
            if period >= periods:
                continue
            mine = np.int64(who[journey]) * periods + period
            a = node_of[place[at - 1]]
            row = code_of(a * size + node_of[place[at]], table)
            if met[row] != mine:
                met[row] = mine
                links[row, period] += 1
            if gone[a] != mine:
                gone[a] = mine
                out[a, period] += 1
            took = np.log1p((occurred[at] - occurred[at - 1]) / 1e6)
            times[a, period, 0] += 1
            times[a, period, 1] += took
            times[a, period, 2] += took * took
