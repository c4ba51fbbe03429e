"""An answer about personas in, and one journey later: which persona it is of. The same every time, and the same as in the answer.

    personas = personas_of(hub.journeys.personas())
    assign(personas, [("web: Home", at), ("web: Plan page", later), …])   -> "P2", "unassigned" or "too short"

Steps are nodes of the answer's level, in their order. What was made of 20,000 journeys is a table of a hundred rows for each
persona (`centers`), so it can be kept, sent, and asked anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.understand import shapes
from harken.understand.analysis import Answer
from harken.understand.clusters import Points, nearest
from harken.understand.grouping import SHORTEST, Groups
from harken.understand.levels import OTHER, Nodes
from harken.understand.result import Column
from harken.words import Micros

UNASSIGNED, SHORT = "unassigned", "too short"
PACES = ("time between steps", "how much it varies", "number of steps")
SCHEMA: dict[str, Any] = {
    "persona": pl.String, "column": pl.Int64, "kind": pl.String, "name": pl.String, "to": pl.String, "mean": pl.Float64,
    "size": pl.Float64, "center": pl.Float64,
}  # fmt: skip
CENTERS = (
    Column("persona", "Persona", "text"),
    Column("kind", "What", "text"),
    Column("name", "Which", "text"),
    Column("to", "To", "text"),
    Column("mean", "Middle of all", "score"),
    Column("size", "Scale", "score"),
    Column("center", "Center", "score"),
)


class Personas(Struct, frozen=True, kw_only=True):
    """All that is needed to assign one journey."""

    nodes: tuple[str, ...]  # that are told apart
    moves: tuple[tuple[str, str], ...]
    repeats: str
    mean: Points
    size: Points
    centers: Points
    far: float


def centers_of(groups: Groups, nodes: Nodes) -> pl.DataFrame:
    """The centers as a table: a row for each persona and column of the points."""
    scale = groups.scale
    names = [*nodes.ids[: scale.nodes], OTHER]
    described = [("node", name, "") for name in names]
    pairs = np.full((scale.moves, 2), -1, np.int64)
    for a, b in zip(*np.nonzero(scale.move_of >= 0), strict=True):
        pairs[scale.move_of[a, b]] = a, b
    described += [("move", names[a], names[b]) for a, b in pairs.tolist()]
    described += [("pace", pace, "") for pace in PACES]
    rows = [
        (f"P{number + 1}", column, *described[column], scale.mean[column], scale.size[column], center[column])
        for number, center in enumerate(groups.centers)
        for column in range(len(described))
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def personas_of(answer: Answer) -> Personas:
    """The personas of an answer, ready to assign."""
    if answer.analysis != "personas":
        raise Invalid(f"this is an answer about {answer.analysis}; journeys are assigned by one about personas")
    table = answer["centers"]
    first = table.filter(persona="P1").sort("column")
    centers = [one["center"].to_numpy() for _, one in table.sort("column").group_by("persona", maintain_order=True)]
    names = [*dict.fromkeys(table["persona"])]
    order = sorted(range(len(names)), key=lambda one: int(names[one][1:]))
    return Personas(
        nodes=tuple(first.filter(kind="node")["name"][:-1]),
        moves=tuple(first.filter(kind="move").select("name", "to").iter_rows()),
        repeats=answer.question.repeats,
        mean=first["mean"].to_numpy(),
        size=first["size"].to_numpy(),
        centers=np.array([centers[one] for one in order]) if centers else np.empty((0, first.height)),
        far=float(answer.totals["far"] or 0.0),  # type: ignore[arg-type]
    )


def assign(personas: Personas, steps: Sequence[tuple[str, Micros]]) -> str:
    """The persona of a journey: its steps (node, when), the earliest first."""
    if personas.repeats == "collapse":
        steps = [next(run) for _, run in groupby(steps, key=lambda one: one[0])]
    elif personas.repeats == "first":
        met: dict[str, Micros] = {}
        for node, at in steps:
            met.setdefault(node, at)
        steps = [*met.items()]
    if len(steps) < SHORTEST or not len(personas.centers):
        return SHORT
    number = {node: place for place, node in enumerate(personas.nodes)}
    other = len(number)
    move_of = np.full((other + 1, other + 1), -1, np.int64)
    for place, (a, b) in enumerate(personas.moves):
        move_of[number.get(a, other), number.get(b, other)] = place
    one = np.array([0], np.int64)
    points = shapes.shapes(
        np.array([0, len(steps)], np.int64), np.array([number.get(node, other) for node, _ in steps], np.uint32),
        np.array([at for _, at in steps], np.int64), one, np.arange(other + 1), move_of, other, len(personas.moves),
    )  # fmt: skip
    group, squared = nearest((points - personas.mean) / personas.size, personas.centers)
    return UNASSIGNED if np.sqrt(squared[0]) > personas.far else f"P{int(group[0]) + 1}"
