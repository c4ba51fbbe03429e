"""Parts of journeys in, the counts of the map out: one compiled pass for how often, one for how long."""

from __future__ import annotations

import numpy as np

from harken.understand.kernels import A, code_of, compiled, quantile, quantile_from


@compiled
def count_one(counts: A, row: int, customer: int, journey: int) -> None:
    """One more event in a row of (customers, journeys, events, customer met last, journey met last)."""
    if counts[row, 4] != journey:
        counts[row, 4] = journey
        counts[row, 1] += 1
        if counts[row, 3] != customer:
            counts[row, 3] = customer
            counts[row, 0] += 1
    counts[row, 2] += 1


@compiled
def tally(  # noqa: PLR0912
    off: A,
    place: A,
    emotion: A,
    who: A,
    truncated: A,
    open_: A,
    node_of: A,
    stage_of: A,
    nodes: int,
    table: A,
    hidden: A,
    collapse: bool,
    firsts: A,
    links: A,
    at_nodes: A,
    at_stages: A,
    ends: A,
    felt: A,
) -> None:
    """Add one part's journeys to the counts. `firsts`: customers and journeys counted before, to keep numbers apart.

    `ends` of a stage: customers who left, who are still open, and which of each was met last. `felt` of nodes, then
    stages: how many felt something, the sum and the sum of squares. After `nodes` come START, BEFORE, END, OPEN, OTHER.
    A move in `hidden` (a flag for each row of links) goes through OTHER.
    """
    size = nodes + 5
    other = nodes + 4
    feelings = len(emotion) > 0
    for journey in range(len(off) - 1):
        customer, number = who[journey] + firsts[0], journey + firsts[1]
        start, stop = off[journey], off[journey + 1]
        entry = node_of[place[start]]
        into = (nodes + 1 if truncated[journey] else nodes) * size + entry
        count_one(links, code_of(into, table), customer, number)
        before = -1
        for at in range(start, stop):
            node, stage = node_of[place[at]], stage_of[place[at]]
            if node == before and collapse:
                pass
            else:
                if node != other:
                    count_one(at_nodes, node, customer, number)
                elif at == start:  # who begins there; who comes on later is counted with the move
                    count_one(at_nodes, other, customer, number)
                if at > start:
                    row = code_of(before * size + node, table)
                    if len(hidden) and hidden[row]:
                        count_one(links, code_of(before * size + other, table), customer, number)
                        count_one(links, code_of(other * size + node, table), customer, number)
                        count_one(at_nodes, other, customer, number)
                    else:
                        count_one(links, row, customer, number)
                        if node == other:
                            count_one(at_nodes, other, customer, number)
            count_one(at_stages, stage, customer, number)
            if feelings and np.isfinite(emotion[at]):
                value = np.float64(emotion[at])
                for row in (node, size + stage):
                    felt[row, 0] += 1
                    felt[row, 1] += value
                    felt[row, 2] += value * value
            before = node
        out = before * size + (nodes + 3 if open_[journey] else nodes + 2)
        count_one(links, code_of(out, table), customer, number)
        how = 1 if open_[journey] else 0
        last = stage_of[place[stop - 1]]
        if ends[last, 2 + how] != customer:
            ends[last, 2 + how] = customer
            ends[last, how] += 1


@compiled
def lay_out(
    off: A, place: A, occurred: A, node_of: A, nodes: int, table: A, hidden: A, collapse: bool, to: A, times: A
) -> None:
    """Put the time of every move where its link's times lie; `to` says where the next one of each link goes."""
    size = nodes + 5
    other = nodes + 4
    for journey in range(len(off) - 1):
        for at in range(off[journey] + 1, off[journey + 1]):
            a, b = node_of[place[at - 1]], node_of[place[at]]
            if a == b and collapse:
                continue
            time = occurred[at] - occurred[at - 1]
            row = code_of(a * size + b, table)
            if len(hidden) and hidden[row]:
                row = code_of(a * size + other, table)
                times[to[row]] = time
                to[row] += 1
                row = code_of(other * size + b, table)
            times[to[row]] = time
            to[row] += 1


@compiled
def medians(times: A, begins: A, first: int, last: int, found: A) -> None:
    """The median, and if `found` has room for it the 90 % quantile, of the times of rows first … last - 1."""
    both = found.shape[1] > 1
    for row in range(first, last):
        low, high = begins[row], begins[row + 1]
        found[row, 0] = quantile(times, low, high, 0.5)
        if both:
            found[row, 1] = quantile_from(times, low, low + max(0, high - low - 1) // 2, high, 0.9)
