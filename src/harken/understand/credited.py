"""What is credited with goals: places as nodes in, or campaigns, and the journeys whose steps are campaigns out.

By campaign only steps that came by one are left, and the goals. A goal that came by a campaign itself has it as the step before.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from harken.logs import Flags, Ints
from harken.understand.journeys import Journeys, Part, without_repeats
from harken.understand.levels import Node, Nodes
from harken.understand.told import CAMPAIGN, Found, found_in

REST = "(other)"


class Campaigned(Struct, frozen=True):
    """The journeys; which of their places are goals; the campaigns, those of most steps first; and which one each place is."""

    journeys: Journeys
    goal: Flags
    names: tuple[str, ...]
    of_place: Ints


def campaigned(journeys: Journeys, goal: Flags, told: pl.DataFrame | None, repeats: str) -> Campaigned:
    """The same journeys by campaign. A place is a goal's own, or, behind all places, a campaign."""
    places = journeys.places.height
    if told is None:
        told = pl.DataFrame(schema={CAMPAIGN: pl.String})
        found = []
    else:
        found = found_in(journeys, told)
    counts = told[CAMPAIGN].value_counts().sort(pl.col("count"), CAMPAIGN, descending=[True, False])
    names = counts[CAMPAIGN]
    number = pl.DataFrame({CAMPAIGN: names}).with_row_index("number")
    codes = told.select(CAMPAIGN).join(number, on=CAMPAIGN, how="left", maintain_order="left")["number"].to_numpy()
    of_place = np.concatenate([np.zeros(places, np.int64), np.arange(len(names))])
    apart = np.concatenate([len(names) + np.arange(places), np.arange(len(names))])  # goals are repeats of nothing
    parts = []
    for at, part in enumerate(journeys.parts):
        came = np.full(part.steps, -1, np.int64)
        if found:
            came = _came(found[at], codes.astype(np.int64), came)
        parts.append(without_repeats(_part(part, came, goal, places), apart, repeats))
    goals = np.concatenate([goal, np.zeros(len(names), np.bool_)])
    return Campaigned(replace(journeys, parts=tuple(parts)), goals, tuple(names.to_list()), of_place)


def _came(found: Found, codes: Ints, came: Ints) -> Ints:
    """The campaign of each step; -1: none."""
    step = found.steps()
    there = step >= 0
    came[step[there]] = codes[found.row[there]]
    return came


def _part(part: Part, came: Ints, goal: Flags, places: int) -> Part:
    """A step for each that came by a campaign, and one for each goal, in their order."""
    touched, won = came >= 0, goal[part.place]
    many = touched.astype(np.int64) + won
    off = np.concatenate([[0], np.cumsum(many)])
    place = np.zeros(off[-1], np.uint32)
    place[off[:-1][touched]] = (places + came[touched]).astype(np.uint32)
    place[off[1:][won] - 1] = part.place[won]
    emotion = np.empty(0, np.float32)
    return replace(part, off=off[part.off], place=place, occurred=np.repeat(part.occurred, many), emotion=emotion)


class States(Struct, frozen=True):
    """What is credited: nodes, the last one being the rest if there is one."""

    nodes: tuple[Node, ...]
    of_place: Ints

    @classmethod
    def of(cls, nodes: Nodes, limit: int) -> States:
        if len(nodes) <= limit:
            return cls(nodes.nodes or (Node(id=REST, label="other"),), nodes.of_place)
        return cls._cut(nodes.nodes, nodes.of_place, limit)

    @classmethod
    def of_campaigns(cls, found: Campaigned, limit: int) -> States:
        every = tuple(Node(id=name, label=name) for name in found.names)
        if len(every) <= limit:
            return cls(every or (Node(id=REST, label="other"),), found.of_place)
        return cls._cut(every, found.of_place, limit)

    @classmethod
    def _cut(cls, nodes: tuple[Node, ...], of_place: Ints, limit: int) -> States:
        rest = Node(id=REST, label="other", touchpoints=sum(one.touchpoints for one in nodes[limit:]))
        return cls((*nodes[:limit], rest), np.minimum(of_place, limit))
