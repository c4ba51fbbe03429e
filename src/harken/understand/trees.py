"""Walks in, a tree and a flow of them out: what is shown of them, and OTHER for what is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from harken.logs import Ints
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

    def customers(self) -> int:
        """Of all walks."""
        return sum(int((one.customer[1:] != one.customer[:-1]).sum()) + 1 for one in self.every if len(one))


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
    branches = [Branch(-1, 0, -1, every, walked.customers(), ())]
    single = [one.single for one in walked.every]
    at = [np.zeros(len(one), np.int64) for one in walked.every]
    rows = [0]  # the branches of this level, as `at` numbers them
    stretches: list[tuple[Ints, Ints]] = []  # of each level: times, and where those of each branch begin
    begun = range(len(walked.every))
    counts: list[Ints] = kernels.each(
        lambda n: walks.children(walked.every[n].nodes, walked.every[n].customer, single[n], walked.size), begun
    )
    for level in range(asked.depth + 1):
        if not rows or not every:
            break
        table, made = _chosen(sum(one[0] for one in counts), walked, asked, every)
        grown, stretch = _grown(walked, single, at, level, (table, made, counts))
        people = np.sum([one[0] for one in grown], axis=0)
        stretches.append(stretch)
        total = sum(_by_branch(one[0], table, len(made)) for one in counts)
        first = len(branches)
        for number, (row, node) in enumerate(made):
            path = (*branches[rows[row]].path, node)
            walks_, customers = int(total[number]), int(people[number])  # type: ignore[index]
            branches.append(Branch(rows[row], level + 1, node, walks_, customers, path))
        rows, counts = list(range(first, len(branches))), [one[1] for one in grown]
    found = kernels.each(lambda one: spread(one[0], one[1], np.array([0.5]))[:, 0] / SECOND, stretches)
    return _branches(branches, np.concatenate([np.full(1, np.nan), *found]), walked, asked)


def _by_branch(counts: Ints, table: Ints, branches: int) -> Ints:
    """Walks of each branch, of those from each row to each node."""
    there = table >= 0
    return np.bincount(table[there], weights=counts[there], minlength=branches).astype(np.int64)


def _grown(
    walked: Walked,
    single: list[bool],
    at: list[Ints],
    level: int,
    chosen: tuple[Ints, list[tuple[int, int]], list[Ints]],
) -> tuple[list[tuple[Ints, Ints]], tuple[Ints, Ints]]:
    """All walks one step on (see `walks.grow`); and the times of this step, those of each branch side by side."""
    table, made, counts = chosen
    ends = len(walked.nodes)
    stops = np.array([(node >= ends) + (node >= ends and node != walked.other) for _, node in made], np.int64)
    timed = level > 0 or any(one.inside for one in walked.every)
    mine = [np.where(stops == walks.ENDED, 0, _by_branch(one[0], table, len(made))) * timed for one in counts]
    begins = np.append(0, np.cumsum(sum(mine)))
    times = np.empty(begins[-1], np.int64)
    starts = begins[:-1] + np.cumsum([np.zeros(len(made), np.int64), *mine[:-1]], axis=0)

    def grown(n: int) -> Any:
        one = walked.every[n]
        return walks.grow(
            one.nodes, level, at[n], one.customer, single[n], table, stops, walked.size, one.occurred, one.first,
            one.back, timed, starts[n], times,
        )  # fmt: skip

    return kernels.each(grown, range(len(at))), (times, begins)


def _chosen(counts: Ints, walked: Walked, asked: Shown, every: int) -> tuple[Ints, list[tuple[int, int]]]:
    """Which children are shown: for each (row, node) the number of its branch, and (row, node) of each branch."""
    table = np.full(counts.shape, -1, np.int64)
    made: list[tuple[int, int]] = []
    ids, ends = walked.ids, len(walked.nodes)
    for row, mine in enumerate(counts.tolist()):
        there = sorted((node for node, count in enumerate(mine) if count), key=lambda node: (-mine[node], ids[node]))
        places = [node for node in there if node < ends]
        shown = places
        if asked.limit:
            shown = [node for node in places if mine[node] >= asked.least * every][: asked.limit]
        for node in [*shown, *(node for node in there if node >= ends)]:
            table[row, node] = len(made)
            made.append((row, node))
        if rest := set(places) - set(shown):
            table[row, list(rest)] = len(made)
            made.append((row, walked.other))
    return table, made


def _branches(branches: list[Branch], medians: NDArray[np.float64], walked: Walked, asked: Shown) -> pl.DataFrame:
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
            "median_seconds": None if np.isnan(medians[number]) else float(medians[number]),
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
