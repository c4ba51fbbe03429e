"""Journeys in, a dozen lines out that tell most of them: the tree of the steps most have in common, in their order.

Rank, divide, trim (Liu et al., CoreFlow, EuroVis 2017): of some journeys, one node is made a branch; those that come to it
go on from its first time there, with what follows; the others look for a branch of their own. Rank: of the nodes that at
least `least` of all journeys come to, the one that leaves most to be told: the steps they make from there on, less those that are
jumped over. The branch of most journeys is made next, until there would be more than `lines` lines.

A journey's **line** is the longest branch it follows; between its steps anything may have happened. Where fewer than `least`
of all journeys would be on a line, they are on the line above. Lines add up to all journeys; one of no step is everything else.

**Told**: a journey whose line names at least `enough` of its steps. Steps are counted as `repeats` says: usually each node
once, when the journey first came to it. Told **wholly**: all of them, so that the line leaves nothing out.

**Level** `auto`: touchpoint, else group, else stage, whichever is the first on which more than half of the journeys are told;
if none is, the one that tells most. Levels that the catalogue does not speak of, and stages that leave out more than a tenth
of the steps, are not tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from msgspec.structs import replace

from harken.errors import Invalid, NotFound
from harken.logs import Ints
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.dividing import AUTO, Branch, Told, summed
from harken.understand.journeys import LEVELS as EACH
from harken.understand.journeys import Journeys, Scope
from harken.understand.levels import Nodes
from harken.understand.result import Column, Json
from harken.understand.trees import APART

MOST = 500
LEVELS = (AUTO, *EACH)


class SummaryQuestion(Scope, frozen=True, kw_only=True):
    """How short, and how much it has to tell."""

    least: float = 0.02  # a branch is made for, and a line is of, at least this share of all journeys
    lines: int = 12  # at most
    enough: float = 0.6  # a journey is told when its line names at least this share of its steps
    level: str = AUTO  # what a node is; auto: the finest of touchpoint, group and stage on which most journeys are told
    repeats: str = "first"  # keep every step, collapse several in a row at one node, or take only the first at each

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        if self.level not in LEVELS:
            raise Invalid(f"'{self.level}' is not a level; there are {', '.join(LEVELS)}")
        super().check() if self.level != AUTO else replace(self, level="touchpoint").check()
        for name in ("least", "enough"):
            if not 0 < getattr(self, name) <= 1:
                raise Invalid(f"`{name}` is a share, more than 0 and at most 1, such as 0.05")
        if not 1 <= self.lines <= MOST:
            raise Invalid(f"`lines` is a count from 1 to {MOST}")


def answer(journeys: Journeys, about: About, question: SummaryQuestion) -> Answer:
    """The summary."""
    told = summed(journeys, about.catalogue, question)
    tree = _tree(journeys, told)
    lines = _lines(journeys, tree, told)
    totals = _totals(journeys, lines, told)
    return Answer(
        analysis="summary",
        question=question,
        header=header_of("summary", journeys, about, question),
        caption=_caption(lines, totals),
        totals=totals,
        tables={
            "lines": Table(frame=lines, columns=LINES, title="Lines", note=NOTE.format(enough=question.enough)),
            "tree": Table(frame=tree, columns=TREE, title="Tree"),
        },
    )


def customers(journeys: Journeys, about: About, question: SummaryQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is behind a row of the tree or of the lines, by its `path`."""
    if row.get("table", "tree") not in ("tree", "lines"):
        raise NotFound(f"no table '{row['table']}'; there are lines, tree")
    told = summed(journeys, about.catalogue, question)
    for at, branch in enumerate(told.branches):
        if _path(branch, told.nodes) == row.get("path", ""):
            return _profiles(journeys, told.of(at) if row.get("table") == "lines" else branch.journey)
    raise NotFound(f"no line '{row.get('path')}' in this summary")


# ---------------------------------------------------------------------- frames


def _path(branch: Branch, nodes: Nodes) -> str:
    return APART.join(nodes.ids[node] for node in branch.path)


def _customers(journeys: Journeys, kept: list[Ints]) -> int:
    """How many people these journeys are; those of a customer lie side by side."""
    who = [part.customer[mine] for part, mine in zip(journeys.parts, kept, strict=True)]
    return sum(int((one[1:] != one[:-1]).sum()) + 1 for one in who if len(one))


def _profiles(journeys: Journeys, kept: list[Ints]) -> pl.Series:
    found = [
        part.profiles.gather(np.unique(part.customer[mine])) for part, mine in zip(journeys.parts, kept, strict=True)
    ]
    return pl.concat(found).alias("profile") if found else pl.Series("profile", [], dtype=pl.String)


def _tree(journeys: Journeys, told: Told) -> pl.DataFrame:
    branches, nodes = told.branches, told.nodes
    every, on = branches[0].count, told.on([np.ones(len(one), np.bool_) for one in told.line])
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
            "ends": int(on[at]),
            "median_seconds": one.median if one.median == one.median else None,
            "path": _path(one, nodes),
            "words": " → ".join(nodes.labels[node] for node in one.path),
        }
        for at, one in enumerate(branches)
    ]
    return pl.DataFrame(rows, schema=TREE_SCHEMA)


def _lines(journeys: Journeys, tree: pl.DataFrame, told: Told) -> pl.DataFrame:
    """Every journey is on one line; the one of no step is everything else."""
    every = max(told.branches[0].count, 1)
    frame = tree.with_columns(
        pl.Series("customers", [_customers(journeys, told.of(at)) for at in range(tree.height)], dtype=pl.Int64),
        pl.Series("told", told.on(told.told(told.enough)), dtype=pl.Int64),
        pl.Series("wholly", told.on(told.told(1.0)), dtype=pl.Int64),
    )
    frame = frame.filter(pl.col("ends") > 0).select(
        "path",
        pl.when(pl.col("step") > 0).then("words").otherwise(pl.lit("something else")).alias("line"),
        "step",
        "customers",
        pl.col("ends").alias("journeys"),
        (pl.col("ends") / every).alias("share"),
        "told",
        "wholly",
    )
    return frame.sort(pl.col("step") == 0, -pl.col("journeys"), "path")


def _totals(journeys: Journeys, lines: pl.DataFrame, told: Told) -> dict[str, Json]:
    every = int(lines["journeys"].sum())
    steps, named = sum(int(one.sum()) for one in told.steps), sum(int(one.sum()) for one in told.named())
    counts = {
        "told": int(lines["told"].sum()),
        "wholly": int(lines["wholly"].sum()),
        "begun": int(lines.filter(pl.col("step") > 0)["journeys"].sum()),
    }
    shares = {f"{name}_share": count / every if every else None for name, count in counts.items()}
    return {
        "level": told.nodes.level,
        "journeys": every,
        "customers": journeys.customers,
        "lines": lines.filter(pl.col("step") > 0).height,
        "nodes": len(told.branches) - 1,
        **counts,
        **shares,
        "steps": steps,
        "steps_told": named,
        "steps_share": named / steps if steps else None,
    }


def _caption(lines: pl.DataFrame, totals: Mapping[str, Json]) -> str:
    """The one thing to see first."""
    every = totals["journeys"]
    if not every:
        return "Nobody made a step in this period."
    if not totals["lines"]:
        return f"The {every:,} journeys have too little in common to be told in a few lines."
    count = f"{totals['lines']} lines tell" if totals["lines"] != 1 else "1 line tells"
    first = lines.row(0, named=True)
    told = f"{count} {totals['told']:,} of {every:,} journeys by their {LEVEL_WORDS[str(totals['level'])]}"
    wholly = f" ({totals['wholly']:,} of them wholly)" if totals["wholly"] != totals["told"] else ""
    return f"{told}{wholly}; the most frequent is {first['line']}: {first['journeys']:,}."


LEVEL_WORDS = {
    "touchpoint": "touchpoints", "group": "groups of touchpoints", "stage": "stages", "channel": "channels", "event": "events",
}  # fmt: skip
NOTE = (
    "Anything may have come between the steps. Told: the line names at least {enough:.0%} of the steps of the journey; "
    "wholly: all of them."
)
TREE_SCHEMA: dict[str, Any] = {
    "id": pl.Int64, "parent": pl.Int64, "step": pl.Int64, "node": pl.String, "label": pl.String, "customers": pl.Int64,
    "journeys": pl.Int64, "share": pl.Float64, "share_of_parent": pl.Float64, "ends": pl.Int64,
    "median_seconds": pl.Float64, "path": pl.String, "words": pl.String,
}  # fmt: skip
LINES = (
    Column("line", "Line", "text"),
    Column("customers", "Customers"),
    Column("journeys", "Journeys"),
    Column("share", "Share", "share"),
    Column("told", "Told"),
    Column("wholly", "Wholly"),
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
    examples=({}, {"level": "touchpoint", "least": 0.01, "lines": 20}, {"level": "stage", "repeats": "collapse"}),
)
