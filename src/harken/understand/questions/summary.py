"""Journeys in, a dozen lines out that tell most of them: the tree of the steps most have in common, in their order.

Rank, divide, trim (Liu et al., CoreFlow, EuroVis 2017): of some journeys, the node that most of them come to is a branch;
those that come to it go on from its first time there, with what follows; the others look for a branch of their own. The
branch of most journeys is always made next, until none has `least` of all journeys or there are `lines` nodes. Of two that
as many come to, the one that comes earlier is taken.

A journey's line is the longest it follows; between its steps anything may have happened. Lines add up to all journeys. A
journey is told when it follows a line to its end, where the tree has nothing more to say.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid, NotFound
from harken.logs import Ints
from harken.understand import kernels
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.chains import spread
from harken.understand.journeys import Journeys, Part, Scope, without_repeats
from harken.understand.kernels import A, compiled
from harken.understand.levels import Nodes, nodes_of
from harken.understand.result import Column, Json
from harken.understand.trees import APART
from harken.words import SECOND

MOST = 500


class SummaryQuestion(Scope, frozen=True, kw_only=True):
    """How short, and how much it has to tell."""

    least: float = 0.05  # a branch is made for at least this share of all journeys
    lines: int = 12  # nodes of the tree at most

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if not 0 < self.least <= 1:
            raise Invalid("`least` is a share of the journeys, more than 0 and at most 1, such as 0.05")
        if not 1 <= self.lines <= MOST:
            raise Invalid(f"`lines` is a count from 1 to {MOST}")


class _Rest(Struct, frozen=True):
    """Journeys that look for a branch: per part which, and from where on they are looked at."""

    below: int  # the branch they are at
    journey: list[Ints]
    at: list[Ints]


class _Branch(Struct, frozen=True, kw_only=True):
    """A node of the tree."""

    above: int
    step: int
    node: int
    path: tuple[int, ...]
    journey: list[Ints]  # per part
    median: float  # seconds since the branch above

    @property
    def count(self) -> int:
        return sum(len(one) for one in self.journey)


def answer(journeys: Journeys, about: About, question: SummaryQuestion) -> Answer:
    """The summary."""
    nodes, branches, followed = _grown(journeys, about, question)
    below = [sum(one.count for one in branches[1:] if one.above == at) for at in range(len(branches))]
    tree = _tree(journeys, nodes, branches, below)
    lines = _lines(journeys, tree, branches)
    totals = _totals(journeys, tree, followed)
    return Answer(
        analysis="summary",
        question=question,
        header=header_of("summary", journeys, about, question),
        caption=_caption(lines, totals),
        totals=totals,
        tables={
            "lines": Table(frame=lines, columns=LINES, title="Lines", note="Anything may have come between the steps."),
            "tree": Table(frame=tree, columns=TREE, title="Tree"),
        },
    )


def customers(journeys: Journeys, about: About, question: SummaryQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is behind a row of the tree or of the lines, by its `path`."""
    if row.get("table", "tree") not in ("tree", "lines"):
        raise NotFound(f"no table '{row['table']}'; there are lines, tree")
    nodes, branches, _ = _grown(journeys, about, question)
    for at, branch in enumerate(branches):
        if _path(branch, nodes) == row.get("path", ""):
            kept = _stays(branches, at) if row.get("table") == "lines" else branch.journey
            return _profiles(journeys, kept)
    raise NotFound(f"no line '{row.get('path')}' in this summary")


# ---------------------------------------------------------------------- rank, divide, trim


def _grown(journeys: Journeys, about: About, question: SummaryQuestion) -> tuple[Nodes, list[_Branch], int]:
    """The branches, those above before those below, and how many steps of all lie on them."""
    question.check()
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    parts = kernels.each(lambda part: without_repeats(part, nodes.of_place, question.repeats), journeys.parts)
    every = [np.arange(part.journeys) for part in parts]
    branches = [_Branch(above=-1, step=0, node=-1, path=(), journey=every, median=np.nan)]
    least, followed, turn = question.least * sum(len(one) for one in every), 0, 0
    waiting: list[tuple[int, int, int, _Rest]] = []

    def wait(rest: _Rest) -> None:
        nonlocal turn
        count, node = _ranked(parts, nodes, rest)
        turn += 1
        if count and count >= least:
            heapq.heappush(waiting, (-count, turn, node, rest))

    wait(_Rest(0, every, [part.off[:-1] for part in parts]))
    while waiting and len(branches) <= question.lines:
        _, _, node, rest = heapq.heappop(waiting)
        came, others, times = _divided(parts, nodes, rest, node, len(branches))
        above = branches[rest.below]
        median = float(spread(times, np.array([0, len(times)]), np.array([0.5]))[0, 0]) / SECOND
        branches.append(
            _Branch(
                above=rest.below, step=above.step + 1, node=node, path=(*above.path, node), journey=came.journey,
                median=median,
            )
        )  # fmt: skip
        followed += branches[-1].count
        wait(came)
        wait(others)
    return nodes, branches, followed


def _ranked(parts: list[Part], nodes: Nodes, rest: _Rest) -> tuple[int, int]:
    """The node that most of these journeys come to, and how many do."""

    def counted(at: int) -> Ints:
        part = parts[at]
        found: Ints = _support(part.off, part.place, nodes.of_place, rest.journey[at], rest.at[at], nodes.size)
        return found

    total = sum(kernels.each(counted, range(len(parts))), np.zeros((2, nodes.size), np.int64))
    best = max(range(len(nodes)), key=lambda node: (total[0, node], -total[1, node], -node), default=-1)
    return (int(total[0, best]), best) if best >= 0 else (0, -1)


def _divided(parts: list[Part], nodes: Nodes, rest: _Rest, node: int, below: int) -> tuple[_Rest, _Rest, Ints]:
    """Those that come to the node, trimmed behind it; the others as they are; the time it took."""

    def found(at: int) -> Ints:
        part = parts[at]
        positions: Ints = _first(part.off, part.place, nodes.of_place, rest.journey[at], rest.at[at], node)
        return positions

    at = kernels.each(found, range(len(parts)))
    came = [one >= 0 for one in at]
    trimmed = [one[mine] + 1 for one, mine in zip(at, came, strict=True)]
    times = [np.empty(0, np.int64)]
    if rest.below:
        for part, before, mine, after in zip(parts, rest.at, came, trimmed, strict=True):
            times.append(part.occurred[after - 1] - part.occurred[before[mine] - 1])
    return (
        _Rest(below, [one[mine] for one, mine in zip(rest.journey, came, strict=True)], trimmed),
        _Rest(
            rest.below,
            [one[~mine] for one, mine in zip(rest.journey, came, strict=True)],
            [one[~mine] for one, mine in zip(rest.at, came, strict=True)],
        ),
        np.concatenate(times),
    )


@compiled
def _support(off: A, place: A, node_of: A, journeys: A, begins: A, size: int) -> Any:
    """How many of the journeys come to each node from where they are on, and after how many steps in sum."""
    counts, met = np.zeros((2, size), np.int64), np.full(size, -1, np.int64)
    for row in range(len(journeys)):
        begin = begins[row]
        for at in range(begin, off[journeys[row] + 1]):
            node = node_of[place[at]]
            if met[node] != row:
                met[node] = row
                counts[0, node] += 1
                counts[1, node] += at - begin
    return counts


@compiled
def _first(off: A, place: A, node_of: A, journeys: A, begins: A, node: int) -> Any:
    """Where each of the journeys first comes to a node; -1: never."""
    found = np.full(len(journeys), -1, np.int64)
    for row in range(len(journeys)):
        for at in range(begins[row], off[journeys[row] + 1]):
            if node_of[place[at]] == node:
                found[row] = at
                break
    return found


# ---------------------------------------------------------------------- frames


def _path(branch: _Branch, nodes: Nodes) -> str:
    return APART.join(nodes.ids[node] for node in branch.path)


def _stays(branches: list[_Branch], at: int) -> list[Ints]:
    """Whose line ends at a branch."""
    left = branches[at].journey
    for one in branches[1:]:
        if one.above == at:
            left = [np.setdiff1d(mine, gone, assume_unique=True) for mine, gone in zip(left, one.journey, strict=True)]
    return left


def _customers(journeys: Journeys, kept: list[Ints]) -> int:
    """How many people these journeys are; those of a customer lie side by side."""
    who = [part.customer[mine] for part, mine in zip(journeys.parts, kept, strict=True)]
    return sum(int((one[1:] != one[:-1]).sum()) + 1 for one in who if len(one))


def _profiles(journeys: Journeys, kept: list[Ints]) -> pl.Series:
    found = [
        part.profiles.gather(np.unique(part.customer[mine])) for part, mine in zip(journeys.parts, kept, strict=True)
    ]
    return pl.concat(found).alias("profile") if found else pl.Series("profile", [], dtype=pl.String)


def _tree(journeys: Journeys, nodes: Nodes, branches: list[_Branch], below: list[int]) -> pl.DataFrame:
    every = branches[0].count
    rows = [
        {
            "id": at,
            "parent": one.above if at else None,
            "step": one.step,
            "node": nodes.ids[one.node] if at else "START",
            "label": nodes.labels[one.node] if at else "begins",
            "customers": _customers(journeys, one.journey),
            "journeys": one.count,
            "share": one.count / every if every else None,
            "share_of_parent": one.count / branches[one.above].count if at else None,
            "ends": one.count - below[at],
            "whole": below[at] == 0 and at > 0,
            "median_seconds": one.median if one.median == one.median else None,
            "path": _path(one, nodes),
            "words": " → ".join(nodes.labels[node] for node in one.path),
        }
        for at, one in enumerate(branches)
    ]
    return pl.DataFrame(rows, schema=TREE_SCHEMA)


def _lines(journeys: Journeys, tree: pl.DataFrame, branches: list[_Branch]) -> pl.DataFrame:
    """Every journey is on one line; the one of no step is everything else."""
    people = [_customers(journeys, _stays(branches, at)) for at in range(len(branches))]
    every = branches[0].count
    frame = tree.with_columns(pl.Series("customers", people, dtype=pl.Int64))
    frame = frame.filter(pl.col("ends") > 0).select(
        "path",
        pl.when(pl.col("step") > 0).then("words").otherwise(pl.lit("something else")).alias("line"),
        "step",
        "whole",
        "customers",
        pl.col("ends").alias("journeys"),
        (pl.col("ends") / max(every, 1)).alias("share"),
    )
    return frame.sort(pl.col("step") == 0, -pl.col("journeys"), "path")


def _totals(journeys: Journeys, tree: pl.DataFrame, followed: int) -> dict[str, Json]:
    every = int(tree["journeys"][0])
    told = int(tree.filter("whole")["journeys"].sum())
    begun = every - int(tree["ends"][0])
    steps = sum(part.steps for part in journeys.parts)
    return {
        "journeys": every,
        "customers": journeys.customers,
        "nodes": tree.height - 1,
        "told": told,
        "told_share": told / every if every else None,
        "begun": begun,
        "begun_share": begun / every if every else None,
        "steps": steps,
        "steps_told": followed,
        "steps_share": followed / steps if steps else None,
    }


def _caption(lines: pl.DataFrame, totals: Mapping[str, Json]) -> str:
    """The one thing to see first."""
    every = totals["journeys"]
    if not every:
        return "Nobody made a step in this period."
    whole = lines.filter("whole")
    if whole.is_empty():
        return f"The {every:,} journeys have too little in common to be told in a few lines."
    count = f"{whole.height} lines tell" if whole.height > 1 else "1 line tells"
    first = whole.row(0, named=True)
    told = f"{count} {totals['told']:,} of {every:,} journeys"
    return f"{told}; the most frequent is {first['line']}: {first['journeys']:,}."


TREE_SCHEMA: dict[str, Any] = {
    "id": pl.Int64, "parent": pl.Int64, "step": pl.Int64, "node": pl.String, "label": pl.String, "customers": pl.Int64,
    "journeys": pl.Int64, "share": pl.Float64, "share_of_parent": pl.Float64, "ends": pl.Int64, "whole": pl.Boolean,
    "median_seconds": pl.Float64, "path": pl.String, "words": pl.String,
}  # fmt: skip
LINES = (
    Column("line", "Line", "text"),
    Column("customers", "Customers"),
    Column("journeys", "Journeys"),
    Column("share", "Share", "share"),
)
TREE = (
    Column("step", "Step"),
    Column("words", "Way", "text"),
    Column("customers", "Customers"),
    Column("journeys", "Journeys"),
    Column("share", "Of all", "share"),
    Column("share_of_parent", "Of those before", "share"),
    Column("median_seconds", "Median time", "seconds"),
    Column("ends", "Line ends here"),
)

ANALYSIS = Analysis(
    name="summary",
    title="Summary",
    summary="The dozen lines that tell most journeys, and the share of journeys they tell.",
    question=SummaryQuestion,
    answer=answer,
    customers=customers,
    examples=({}, {"repeats": "first", "least": 0.02, "lines": 20}, {"level": "stage", "repeats": "collapse"}),
)
