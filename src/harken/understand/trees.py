"""Walks in, a tree and a flow of them out: what is shown of them, and OTHER for what is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from harken.logs import Flags, Ints
from harken.understand import kernels, walks
from harken.understand.chains import spread
from harken.understand.levels import BEFORE, END, OPEN, OTHER, START, Nodes
from harken.understand.walks import MORE, Walks
from harken.words import SECOND

KINDS = {START: "start", BEFORE: "before", END: "end", OPEN: "open", OTHER: "other", MORE: "more"}
APART = " > "  # between the steps of a path


class Shown(Struct, frozen=True, kw_only=True):
    """How much is shown."""

    anchor: str
    label: str  # of the anchor
    depth: int
    limit: int  # children of a node, nodes of a step; 0 = all
    least: float  # share of all walks that goes to it, when there is a limit


class Branch(Struct, frozen=True):
    """A node of the tree."""

    parent: int
    step: int
    node: int
    walks: int
    customers: int
    median: float
    path: tuple[int, ...]


class Walked(Struct, frozen=True):
    """The walks, and what their numbers mean."""

    every: list[Walks]
    nodes: Nodes
    numbers: dict[str, int]  # id -> node
    prefix: Ints

    @property
    def size(self) -> int:
        return self.nodes.size + 1

    @property
    def other(self) -> int:
        return self.nodes.pseudo(OTHER)

    @property
    def ids(self) -> list[str]:
        return [*self.nodes.ids, MORE]

    @property
    def labels(self) -> list[str]:
        return [*self.nodes.labels, "goes on"]

    @property
    def leaves(self) -> NDArray[np.bool_]:
        """Nodes behind which there is nothing."""
        return np.arange(self.size) >= len(self.nodes)

    def customers(self) -> int:
        """Of all walks."""
        return sum(int((np.diff(one.customer) != 0).sum()) + 1 for one in self.every if len(one))


COUNTS = {"customers": pl.Int64, "walks": pl.Int64}
TREE_SCHEMA: dict[str, Any] = {
    "id": pl.Int64, "parent": pl.Int64, "step": pl.Int64, "node": pl.String, "label": pl.String, "kind": pl.String,
    **COUNTS, "share": pl.Float64, "share_of_parent": pl.Float64, "median_seconds": pl.Float64, "path": pl.String,
}  # fmt: skip
NODES_SCHEMA: dict[str, Any] = {
    "step": pl.Int64, "node": pl.String, "label": pl.String, "kind": pl.String, **COUNTS, "share": pl.Float64,
}  # fmt: skip
LINKS_SCHEMA: dict[str, Any] = {"step": pl.Int64, "from": pl.String, "to": pl.String, **COUNTS}


# ---------------------------------------------------------------------- the tree


def tree_of(walked: Walked, asked: Shown) -> pl.DataFrame:
    """Parents before children, most customers first."""
    every = sum(len(one) for one in walked.every)
    branches = [Branch(-1, 0, -1, every, walked.customers(), np.nan, ())]
    at = [np.zeros(len(one), np.int64) for one in walked.every]
    rows = [0]  # the branches of this level, as `at` numbers them
    for level in range(asked.depth + 1):
        if not rows or not every:
            break
        counts = _children(walked, at, level, len(rows))
        table, made = _chosen(counts[0], walked, asked, every)
        stops = np.array([walked.leaves[node] for _, node in made], np.bool_)
        grown = _grown(walked, at, level, table, stops)
        total = np.sum([counts for _, counts in grown], axis=0)
        times = medians([there for there, _ in grown], [one.gaps[:, level] for one in walked.every], len(made))
        first = len(branches)
        for number, (row, node) in enumerate(made):
            path = (*branches[rows[row]].path, node)
            branches.append(
                Branch(rows[row], level + 1, node, int(total[0, number]), int(total[1, number]), times[number], path)
            )
        rows = list(range(first, len(branches)))
    return _branches(branches, walked, asked)


def _children(walked: Walked, at: list[Ints], level: int, rows: int) -> Ints:
    """Walks and customers who go from each of the rows to each node."""

    def counted(number: int) -> Any:
        one = walked.every[number]
        return walks.children(one.nodes, level, at[number], one.customer, rows, walked.size)

    total: Ints = sum(kernels.each(counted, range(len(at))))
    return total


def _grown(walked: Walked, at: list[Ints], level: int, table: Ints, stops: Flags) -> list[tuple[Ints, Ints]]:
    """All walks one step on."""

    def grown(number: int) -> Any:
        one = walked.every[number]
        return walks.grow(one.nodes, level, at[number], one.customer, table, stops, len(stops))

    return kernels.each(grown, range(len(at)))


def _chosen(counts: Ints, walked: Walked, asked: Shown, every: int) -> tuple[Ints, list[tuple[int, int]]]:
    """Which children are shown: for each (row, node) the number of its branch, and (row, node) of each branch."""
    table = np.full(counts.shape, -1, np.int64)
    made: list[tuple[int, int]] = []
    ids = walked.ids
    for row in range(len(counts)):
        there = sorted(np.flatnonzero(counts[row]).tolist(), key=lambda node: (-counts[row, node], ids[node]))
        places = [node for node in there if not walked.leaves[node]]
        shown = places
        if asked.limit:
            shown = [node for node in places if counts[row, node] >= asked.least * every][: asked.limit]
        for node in [*shown, *(node for node in there if walked.leaves[node])]:
            table[row, node] = len(made)
            made.append((row, node))
        if rest := set(places) - set(shown):
            table[row, list(rest)] = len(made)
            made.append((row, walked.other))
    return table, made


def medians(there: Sequence[Ints], gaps: Sequence[Ints], rows: int) -> list[float]:
    """The median time of each row, in seconds."""
    row, gap = np.concatenate(there), np.concatenate(gaps)
    kept = (row >= 0) & (gap >= 0)
    row, gap = row[kept], gap[kept]
    order = np.argsort(row.astype(np.uint16) if rows < 1 << 16 else row, kind="stable")
    begins = np.append(0, np.cumsum(np.bincount(row, minlength=rows)))
    told: list[float] = (spread(gap[order], begins, np.array([0.5]))[:, 0] / SECOND).tolist()
    return told


def _branches(branches: list[Branch], walked: Walked, asked: Shown) -> pl.DataFrame:
    ids, labels = walked.ids, walked.labels
    root, every = branches[0].customers, branches[0].walks
    rows = [
        {
            "id": number,
            "parent": one.parent if number else None,
            "step": one.step,
            "node": ids[one.node] if number else asked.anchor,
            "label": labels[one.node] if number else asked.label,
            "kind": KINDS.get(ids[one.node], "node") if number else "anchor",
            "customers": one.customers,
            "walks": one.walks,
            "share": one.customers / root if root else None,
            "share_of_parent": one.walks / branches[one.parent].walks if number else None,
            "median_seconds": one.median if one.median == one.median else None,
            "path": APART.join(ids[node] for node in one.path),
        }
        for number, one in enumerate(branches)
        if every or not number
    ]
    return pl.DataFrame(rows, schema=TREE_SCHEMA)


# ---------------------------------------------------------------------- the flow


def flow_of(walked: Walked, asked: Shown) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Walks merged by (step, node); what a step does not show goes through its OTHER."""
    if not any(len(one) for one in walked.every):
        return pl.DataFrame(schema=NODES_SCHEMA), pl.DataFrame(schema=LINKS_SCHEMA)
    shown, rows = shown_at(walked, asked)
    most = max(len(one) for one in rows)
    found = kernels.each(lambda one: walks.between(one.nodes, one.customer, shown, most), walked.every)
    links, here = sum(one[0] for one in found), sum(one[1] for one in found)
    ids, labels = walked.ids, walked.labels
    every = walked.customers()
    nodes, between = [], []
    for step, row, to in zip(*np.nonzero(links[0]), strict=True):
        start = ids[rows[step - 1][row]] if step else asked.anchor
        counts = {"customers": int(links[1, step, row, to]), "walks": int(links[0, step, row, to])}
        between.append({"step": int(step) + 1, "from": start, "to": ids[rows[step][to]], **counts})
    for step, row in zip(*np.nonzero(here[0]), strict=True):
        node = rows[step][row]
        counts = {"customers": int(here[1, step, row]), "walks": int(here[0, step, row])}
        kind = KINDS.get(ids[node], "node")
        told = {"step": int(step) + 1, "node": ids[node], "label": labels[node], "kind": kind, **counts}
        nodes.append({**told, "share": counts["customers"] / every})
    ordered = {"descending": [False, True, False], "maintain_order": True}
    return (
        pl.DataFrame(nodes, schema=NODES_SCHEMA).sort("step", "walks", "node", **ordered),  # type: ignore[arg-type]
        pl.DataFrame(between, schema=LINKS_SCHEMA).sort(
            "step", "walks", "from", "to", descending=[False, True, False, False]
        ),
    )


def shown_at(walked: Walked, asked: Shown) -> tuple[Ints, list[list[int]]]:
    """step × node -> row among those shown at the step, and the nodes of these rows."""
    counts = sum(kernels.each(lambda one: walks.columns(one.nodes, one.customer, walked.size), walked.every))
    rows: list[list[int]] = []
    shown = np.zeros((asked.depth + 1, walked.size), np.int64)
    for step in range(asked.depth + 1):
        every = int(counts[0, step].sum())
        _, made = _chosen(counts[0, step : step + 1], walked, asked, every)
        nodes = [node for _, node in made]
        rows.append(nodes)
        shown[step] = nodes.index(walked.other) if walked.other in nodes else 0
        for row, node in enumerate(nodes):
            shown[step, node] = row
    return shown, rows
