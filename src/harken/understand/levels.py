"""Places and a catalogue in, nodes out: what counts as one thing on the level of a question, and what it is called."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.logs import Flags, Ints
from harken.understand import kernels
from harken.understand.journeys import Journeys, Parts
from harken.words import Config, Stage, Touchpoint

ALSO = "also"  # of places that were split: the touchpoint each of them is part of (`splitting`)
NONE = "(none)"  # steps without a stage, a channel or a name
START, BEFORE, END, OPEN, OTHER = PSEUDO = ("START", "BEFORE", "END", "OPEN", "OTHER")
ASKED = ("touchpoint", "event", "source", "stage", "group", "channel")  # what a pattern may look at
UNKNOWN = Touchpoint(id="")


class Node(Struct, frozen=True, kw_only=True):
    """One thing that is counted."""

    id: str
    label: str
    channel: str = ""
    stage: str = ""
    group: str = ""
    touchpoints: int = 1  # how many it stands for


class Nodes(Struct, frozen=True):
    """The nodes of one level, those of most steps first. Numbers after the last one: START, BEFORE, END, OPEN, OTHER."""

    level: str
    nodes: tuple[Node, ...]
    of_place: Ints  # place -> node; 0 for places where no step was made
    stages: dict[str, Stage]  # of the catalogue in order, those only touchpoints name, NONE at the end
    stage_of_place: Ints

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def size(self) -> int:
        """With the five that are none."""
        return len(self.nodes) + len(PSEUDO)

    @property
    def ids(self) -> list[str]:
        return [*(node.id for node in self.nodes), *PSEUDO]

    @property
    def labels(self) -> list[str]:
        return [*(node.label for node in self.nodes), "begins", "began before", "leaves", "still open", "other"]

    def pseudo(self, name: str) -> int:
        return len(self.nodes) + PSEUDO.index(name)


def nodes_of(journeys: Journeys, catalogue: Config, level: str, opened: Collection[str] = ()) -> Nodes:
    """What a node is on this level. On the level group, `opened` touchpoints are nodes of their own all the same."""
    stages = _stages_of(catalogue)
    numbers_of_stages = {stage: number for number, stage in enumerate(stages)}
    known = {one.id: one for one in catalogue.touchpoints}
    found: dict[str, Node] = {}
    members: dict[str, set[str]] = {}
    numbers: dict[str, int] = {}
    of_place, stage_of_place = np.zeros((2, journeys.places.height), np.int64)
    placed = _weighed(journeys).sort("weight", *journeys.places.columns)
    for row in placed.reverse().iter_rows(named=True):  # the place of most steps says where a node lies
        place = known.get(row["touchpoint"], UNKNOWN)
        channel, stage = place.channel or row["channel"] or NONE, place.stage or NONE
        closed = place.group if row["touchpoint"] not in opened else ""
        named = {"touchpoint": row["touchpoint"], "group": closed or row["touchpoint"], "stage": stage,
                 "channel": channel, "event": row["name"] or row["touchpoint"]}  # fmt: skip
        id = named[level] or NONE
        id = f"{id} ({level})" if id in PSEUDO else id
        found.setdefault(id, _node(level, id, channel, stage, place.group, stages))
        members.setdefault(id, set()).add(row["touchpoint"])
        of_place[row["place"]] = numbers.setdefault(id, len(numbers))
        stage_of_place[row["place"]] = numbers_of_stages[stage]
    made = tuple(_standing_for(node, len(members[id])) for id, node in found.items())
    return Nodes(level, made, of_place, stages, stage_of_place)


def matching(places: pl.DataFrame, catalogue: Config, pattern: str) -> Flags:
    """Which places a pattern means: a touchpoint's name, or `stage:…`, `group:…`, `channel:…`, `event:…`, `source:…`,
    `touchpoint:…`. `*` at the end stands for any end. Several are parted by ` | `.

    NotFound is not raised: a place nobody has been to yet matches nothing.
    """
    every = np.zeros(places.height, np.bool_)
    columns = described(places, catalogue)
    for kind, wanted, _ in parts_of(pattern):
        if not wanted:
            raise Invalid(f"'{pattern}' names no place; right: `store: Grocery`, `stage:buy`, `event:Order*`, `a | b`")
        for texts in (columns[kind], *([places[ALSO]] if kind == "touchpoint" and ALSO in places.columns else ())):
            found = texts.str.starts_with(wanted[:-1]) if wanted.endswith("*") else texts == wanted
            every |= found.to_numpy()
    return every


def parts_of(pattern: str) -> list[tuple[str, str, str]]:
    """What each part of a pattern looks at, for what, and as it was written.

    >>> parts_of("web: Basket | stage:buy")
    [('touchpoint', 'web: Basket', 'web: Basket'), ('stage', 'buy', 'stage:buy')]
    """
    found = []
    for part in pattern.split(" | "):
        whole = part.strip()
        kind, colon, rest = whole.partition(":")
        found.append((kind, rest.strip(), whole) if colon and kind in ASKED else ("touchpoint", whole, whole))
    return found


def described(places: pl.DataFrame, catalogue: Config) -> dict[str, pl.Series]:
    """What can be asked of a place, by the word before the colon."""
    known = {one.id: one for one in catalogue.touchpoints}
    rows = [known.get(touchpoint, UNKNOWN) for touchpoint in places["touchpoint"]]
    channels = [one.channel or said for one, said in zip(rows, places["channel"], strict=True)]
    texts = {"stage": [one.stage for one in rows], "group": [one.group for one in rows], "channel": channels}
    return {
        "touchpoint": places["touchpoint"],
        "event": places["name"],
        "source": places["source"],
        **{name: pl.Series(values, dtype=pl.String) for name, values in texts.items()},
    }


def _node(level: str, id: str, channel: str, stage: str, group: str, stages: dict[str, Stage]) -> Node:
    if level == "stage":
        return Node(id=id, label=stages[stage].name or stage, stage=stage)
    if level == "channel":
        return Node(id=id, label=channel, channel=channel)
    return Node(id=id, label=id.removeprefix(f"{channel}: ") or id, channel=channel, stage=stage, group=group)


def _standing_for(node: Node, touchpoints: int) -> Node:
    return Node(
        id=node.id, label=node.label, channel=node.channel, stage=node.stage, group=node.group, touchpoints=touchpoints
    )


def weights_of(journeys: Journeys) -> Ints:
    """How many steps were made at each place."""
    if isinstance(journeys.parts, Parts):
        return journeys.parts.weights()
    places = journeys.places.height
    found = kernels.each(lambda part: kernels.weighed(part.place, places), journeys.parts)
    weights: Ints = sum(found, np.zeros(places, np.int64))
    return weights


def _weighed(journeys: Journeys) -> pl.DataFrame:
    """The places where steps were made, and how many."""
    weights = weights_of(journeys)
    weighed = journeys.places.with_row_index("place").with_columns(pl.Series("weight", weights))
    return weighed.filter(pl.col("weight") > 0)


def _stages_of(catalogue: Config) -> dict[str, Stage]:
    ordered = {one.id: one for one in sorted(catalogue.stages, key=lambda one: one.order)}
    named = sorted({one.stage for one in catalogue.touchpoints if one.stage})
    return ordered | {id: Stage(id=id) for id in named if id not in ordered} | {NONE: Stage(id=NONE, name="No stage")}
