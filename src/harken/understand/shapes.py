"""Journeys as arrays in, what each looks like out: a row of numbers that is alike for journeys that are."""

from __future__ import annotations

from typing import Any

import numpy as np

from harken.understand.kernels import compiled

PACE = 3  # columns behind nodes and moves: typical time between steps, how much it varies, how many steps
A = Any  # a numpy array


@compiled
def shapes(off: A, place: A, occurred: A, chosen: A, node_of: A, move_of: A, nodes: int, moves: int) -> A:
    """Of each chosen journey: roots of the shares of its steps at each node and of its moves, then its pace.

    `node_of` a place: a column below `nodes`, or `nodes` for all others; `move_of` (node, node): a column, -1: none.
    """
    found = np.zeros((len(chosen), nodes + 1 + moves + PACE), np.float64)
    for row in range(len(chosen)):
        start, stop = off[chosen[row]], off[chosen[row] + 1]
        steps = stop - start
        total, squares = 0.0, 0.0
        for at in range(start, stop):
            found[row, node_of[place[at]]] += 1
            if at > start:
                move = move_of[node_of[place[at - 1]], node_of[place[at]]]
                if move >= 0:
                    found[row, nodes + 1 + move] += 1
                gap = np.log1p((occurred[at] - occurred[at - 1]) / 1e6)
                total += gap
                squares += gap * gap
        gaps = max(1, steps - 1)
        for column in range(nodes + 1):
            found[row, column] = np.sqrt(found[row, column] / steps)
        for column in range(nodes + 1, nodes + 1 + moves):
            found[row, column] = np.sqrt(found[row, column] / gaps)
        mean = total / gaps
        found[row, nodes + 1 + moves] = mean
        found[row, nodes + 2 + moves] = np.sqrt(max(0.0, squares / gaps - mean * mean))
        found[row, nodes + 3 + moves] = np.log(steps)
    return found


@compiled
def looks(off: A, place: A, emotion: A, group: A, node_of: A, goal: A, visits: A, felt: A, reached: A) -> None:
    """Add journeys by group to `visits` (group, node), what they told to `felt` (group: how many, sum, sum of squares), and
    those with a goal to `reached`."""
    met = np.full(visits.shape[1], -1, np.int64)
    for journey in range(len(off) - 1):
        mine, happy = group[journey], False
        for at in range(off[journey], off[journey + 1]):
            node = node_of[place[at]]
            if met[node] != journey:
                met[node] = journey
                visits[mine, node] += 1
            happy = happy or goal[place[at]]
            if len(emotion) and np.isfinite(emotion[at]):
                value = np.float64(emotion[at])
                felt[mine, 0] += 1
                felt[mine, 1] += value
                felt[mine, 2] += value * value
        if happy:
            reached[mine] += 1
