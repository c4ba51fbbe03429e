"""Goal events with what they were worth in, the value of each node out.

**Value** is the number in the property the goal names (`value` of the goal), else in `revenue`, `total`, `value` or `amount`, the
first there is. It is shared alike by the different nodes the customer was at before the goal: since the goal before it, not longer
than `within` ago. With nothing before it, it stays at the node of the goal. So the values of all nodes make the total. Amounts in
another currency than most are left out, and told: money of two currencies has no sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct

from harken.logs import Flags
from harken.understand.journeys import Journeys
from harken.understand.kernels import compiled
from harken.understand.levels import Nodes
from harken.understand.statistics import Numbers
from harken.understand.told import found_in
from harken.words import Config

USUAL = ("revenue", "total", "value", "amount")
CURRENCY = "currency"
A = Any  # a numpy array


class Worth(Struct, frozen=True):
    """By node: the sum of what customers' goals are credited to it, and of its squares. The total of so many goals, in one
    currency ("" when none is told); goals left out because they are in another one."""

    sums: Numbers
    squares: Numbers
    total: float
    goals: int
    currency: str
    left_out: int


def properties_of(catalogue: Config) -> tuple[str, ...]:
    """Where events may tell what they are worth."""
    own = (goal.value for goal in catalogue.goals.values() if goal.value)
    return tuple(dict.fromkeys((*own, *USUAL, CURRENCY)))


def worth_of(
    journeys: Journeys, catalogue: Config, nodes: Nodes, goal: Flags, told: pl.DataFrame, within: int
) -> Worth:
    """What goals were worth, shared among the nodes before them."""
    names = [name for name in properties_of(catalogue) if name in told and name != CURRENCY]
    values = [pl.col(name).cast(pl.Float64, strict=False) for name in names]
    finite = [pl.when(one.is_finite()).then(one) for one in values]
    worth = pl.coalesce(pl.lit(None, dtype=pl.Float64), *finite).alias("worth")
    paid = told.with_columns(
        worth, (pl.col(CURRENCY) if CURRENCY in told else pl.lit(None, dtype=pl.String)).alias("in")
    )
    sums, squares = np.zeros((2, len(nodes)), np.float64)
    found = []
    for one in found_in(journeys, paid):
        step = one.steps()
        valued = (step >= 0) & np.isfinite(paid["worth"].to_numpy()[one.row])
        there = valued & goal[one.place]
        found.append((one, step[there], one.customer[there], paid[one.row[there]]))
    every = pl.concat([paid.clear(), *(rows for *_, rows in found)]).select("in", "worth")
    most = every["in"].drop_nulls().str.to_uppercase().value_counts(sort=True)
    currency = str(most.row(0)[0]) if most.height else ""
    total, goals = 0.0, 0
    for one, step, customer, rows in found:
        mine = ((rows["in"].str.to_uppercase() == currency) | rows["in"].is_null()).to_numpy()
        amounts = rows["worth"].to_numpy()[mine]
        total, goals = total + float(amounts.sum()), goals + len(amounts)
        part = one.part
        share(one.first, part.occurred, part.place, nodes.of_place, goal, customer[mine], step[mine], amounts, within, sums, squares)  # fmt: skip
    return Worth(sums, squares, total, goals, currency, every.height - goals)


@compiled
def share(
    first: A, occurred: A, place: A, node_of: A, goal: A, customer: A, step: A, amount: A, within: int, sums: A, squares: A
) -> None:  # fmt: skip
    """Add each amount (by customer) to the nodes before its step, alike; and each customer's sums at a node, squared."""
    mine, met = np.zeros(len(sums), np.float64), np.full(len(sums), -1, np.int64)
    nodes, there = np.empty(len(sums), np.int64), np.empty(len(sums), np.int64)
    known, owner = 0, np.full(len(sums), -1, np.int64)
    for event in range(len(step)):
        if event == 0 or customer[event] != customer[event - 1]:
            for n in range(known):
                sums[nodes[n]] += mine[nodes[n]]
                squares[nodes[n]] += mine[nodes[n]] ** 2
                mine[nodes[n]] = 0.0
            known = 0
        different, end = 0, step[event]
        at = end - 1
        while at >= first[customer[event]] and not goal[place[at]] and occurred[end] - occurred[at] <= within:
            node = node_of[place[at]]
            if met[node] != event:
                met[node] = event
                there[different] = node
                different += 1
            at -= 1
        if different == 0:
            there[0] = node_of[place[end]]
            different = 1
        for n in range(different):
            node = there[n]
            if owner[node] != customer[event]:
                owner[node] = customer[event]
                nodes[known] = node
                known += 1
            mine[node] += amount[event] / different
    for n in range(known):
        sums[nodes[n]] += mine[nodes[n]]
        squares[nodes[n]] += mine[nodes[n]] ** 2


def per_customer(worth: Worth, node: int, customers: int) -> tuple[float, float]:
    """The mean value of a customer who was at a node, and its standard error."""
    mean = float(worth.sums[node]) / customers
    if customers < 2:
        return mean, float("nan")
    spread = max(0.0, (float(worth.squares[node]) - customers * mean * mean) / (customers - 1))
    return mean, float(np.sqrt(spread / customers))
