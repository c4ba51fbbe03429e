"""Counts by number in, the frames of the map out: names, channels, stages, shares; and what to show of them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl
from msgspec.structs import replace

from harken.understand.counting import BEFORE, END, OPEN, OTHER, PSEUDO, START, Counted, Numbering
from harken.understand.journeys import Journeys
from harken.words import Config, Stage, Touchpoint

NONE = "(none)"  # steps without a stage, a channel or a name
UNKNOWN = Touchpoint(id="")
KINDS = {START: "start", BEFORE: "before", END: "end", OPEN: "open"}
NODE = ["id", "label", "kind", "channel", "stage", "group", "customers", "journeys", "events", "started", "continued",
        "left", "still_open", "share_left", "median_seconds", "emotion", "emotion_sd", "emotion_n", "touchpoints"]  # fmt: skip
EDGE = ["from", "to", "kind", "customers", "journeys", "events", "p_out", "median_seconds", "p90_seconds"]
STAGE = ["stage", "label", "customers", "share_of_previous", "journeys", "events", "left", "still_open", "emotion",
         "emotion_sd", "emotion_n"]  # fmt: skip


class Drawing:
    """The nodes of one level: which place belongs to which, and what each is called."""

    def __init__(self, journeys: Journeys, catalogue: Config, level: str, opened: Collection[str] = ()) -> None:
        self._level = level
        self._opened = {*opened}
        self._stages = _stages_of(catalogue)
        known = {one.id: one for one in catalogue.touchpoints}
        placed = _weighed(journeys).sort("weight", *journeys.places.columns)
        node_of: dict[int, int] = {}
        stage_of: dict[int, int] = {}
        numbers: dict[str, int] = {}
        self._about: dict[str, dict[str, str]] = {}
        members: dict[str, set[str]] = {}
        stages = {stage: number for number, stage in enumerate(self._stages)}
        for row in placed.reverse().iter_rows(named=True):  # the place of most steps says where a node lies
            place = known.get(row["touchpoint"], UNKNOWN)
            channel, stage = place.channel or row["channel"] or NONE, place.stage or NONE
            id = self._id(row["touchpoint"], channel, stage, place.group)
            node_of[row["place"]] = numbers.setdefault(id, len(numbers))
            self._about.setdefault(id, self._says(id, channel, stage, place.group))
            members.setdefault(id, set()).add(row["touchpoint"])
            stage_of[row["place"]] = stages[stage]
        self._members = {id: len(touchpoints) for id, touchpoints in members.items()}
        self._ids = [*self._about, *PSEUDO]
        of_place, stage_of_place = np.zeros((2, journeys.places.height), np.int64)
        for number, node in node_of.items():
            of_place[number], stage_of_place[number] = node, stage_of[number]
        self.numbering = Numbering(len(self._about), len(self._stages), of_place, stage_of_place)

    def _id(self, touchpoint: str, channel: str, stage: str, group: str) -> str:
        closed = group and touchpoint not in self._opened
        named = {"touchpoint": touchpoint, "group": group if closed else touchpoint, "stage": stage, "channel": channel}
        id = named[self._level] or NONE
        return f"{id} ({self._level})" if id in PSEUDO else id

    def _says(self, id: str, channel: str, stage: str, group: str) -> dict[str, str]:
        """What the node is called, and where it lies."""
        if self._level == "stage":
            return {"label": self._stages[stage].name or stage, "channel": "", "stage": stage, "group": ""}
        if self._level == "channel":
            return {"label": channel, "channel": channel, "stage": "", "group": ""}
        label = id.removeprefix(f"{channel}: ") or id
        return {"label": label, "channel": channel, "stage": stage, "group": group}

    # ------------------------------------------------------------------ what to show

    def folded(self, kept: pl.Series) -> Numbering:
        """The same numbers, but places of other nodes than `kept` belong to OTHER."""
        of_place = self.numbering.of_place
        shown = np.isin(of_place, kept.to_numpy())
        other = self.numbering.pseudo(OTHER)
        return replace(self.numbering, of_place=np.where(shown, of_place, other))

    def between(self, links: pl.DataFrame) -> pl.DataFrame:
        """The links between nodes, the strongest first."""
        nodes = self.numbering.nodes
        ids = pl.Series(self._ids, dtype=pl.String)
        moves = links.filter((pl.col("from") < nodes) & (pl.col("to") < nodes))
        names = [ids.gather(moves["from"]).alias("a"), ids.gather(moves["to"]).alias("b")]
        return moves.with_columns(names).sort("events", "a", "b", descending=[True, False, False]).drop("a", "b")

    def codes(self, links: pl.DataFrame) -> pl.Series:
        """Links as single numbers, the way `count` wants the hidden ones."""
        return links.select(pl.col("from").cast(pl.UInt64) * self.numbering.size + pl.col("to")).to_series()

    def first_nodes(self, counted: Counted, limit: int) -> pl.Series:
        """The nodes of most customers; all of them when `limit` is 0."""
        ids = pl.Series(self._ids, dtype=pl.String)
        nodes = counted.nodes.with_columns(ids.gather(counted.nodes["node"]).alias("id"))
        ordered = nodes.sort("customers", "events", "id", descending=[True, True, False])["node"]
        return ordered.head(limit) if limit else ordered

    # ------------------------------------------------------------------ frames

    def nodes(self, counted: Counted) -> pl.DataFrame:
        """See `JourneyMap`."""
        numbers = {
            name: self.numbering.pseudo(pseudo)
            for name, pseudo in (("started", START), ("continued", BEFORE), ("left", END), ("still_open", OPEN))
        }
        frame = counted.nodes.join(self._names(), on="node")
        for name, end, number in (
            (name, "to" if name in ("started", "continued") else "from", number) for name, number in numbers.items()
        ):
            other = "from" if end == "to" else "to"
            at = counted.links.filter(pl.col(other) == number).select(
                pl.col(end).alias("node"), pl.col("customers").alias(name)
            )
            frame = frame.join(at, on="node", how="left")
        filled = frame.with_columns(pl.col(*numbers, "emotion_n").fill_null(0))
        filled = filled.with_columns((pl.col("left") / pl.col("customers")).alias("share_left"))
        return filled.sort("customers", "events", "id", descending=[True, True, False]).select(NODE)

    def edges(self, counted: Counted) -> pl.DataFrame:
        """See `JourneyMap`."""
        ids = pl.Series(self._ids, dtype=pl.String)
        kinds = pl.Series([KINDS.get(id, "move") for id in self._ids], dtype=pl.String)
        links = counted.links
        frame = links.with_columns(
            ids.gather(links["from"]).alias("from"),
            ids.gather(links["to"]).alias("to"),
            pl.when(kinds.gather(links["from"]) != "move")
            .then(kinds.gather(links["from"]))
            .otherwise(kinds.gather(links["to"]))
            .alias("kind"),
            (pl.col("events") / pl.col("events").sum().over("from")).alias("p_out"),
        )
        return frame.sort("customers", "events", "from", "to", descending=[True, True, False, False]).select(EDGE)

    def stages(self, counted: Counted) -> pl.DataFrame:
        """All stages in order; steps without one come last, if there are any."""
        listed = pl.DataFrame(
            {
                "number": pl.Series(range(len(self._stages)), dtype=pl.UInt32),
                "stage": pl.Series(list(self._stages), dtype=pl.String),
                "label": pl.Series([one.name or one.id for one in self._stages.values()], dtype=pl.String),
            }
        )
        seen = counted.stages.rename({"stage": "number"})
        frame = listed.join(seen, on="number", how="left", maintain_order="left")
        counts = [name for name, kind in frame.schema.items() if kind.is_integer() and name != "number"]
        frame = frame.with_columns(pl.col(counts).fill_null(0))
        frame = frame.filter((pl.col("stage") != NONE) | (pl.col("events") > 0))
        before = pl.col("customers").shift()
        share = pl.when((before > 0) & (pl.col("stage") != NONE)).then(pl.col("customers") / before)
        return frame.with_columns(share.alias("share_of_previous")).select(STAGE)

    def _names(self) -> pl.DataFrame:
        rows: list[dict[str, str | int]] = [
            {"id": id, "kind": self._level, "touchpoints": self._members[id], **about}
            for id, about in self._about.items()
        ]
        other = dict.fromkeys(("channel", "stage", "group"), "")
        rows.append({"id": OTHER, "kind": "other", "label": "other", "touchpoints": 0, **other})
        numbers = [*range(self.numbering.nodes), self.numbering.pseudo(OTHER)]
        texts = dict.fromkeys(("id", "kind", "label", "channel", "stage", "group"), pl.String)
        schema = {**texts, "touchpoints": pl.UInt32}
        return pl.DataFrame(rows, schema=schema).with_columns(pl.Series("node", numbers, dtype=pl.UInt32))


def shown_links(links: pl.DataFrame, moves: int, *, limit: int, coverage: float) -> pl.DataFrame:
    """The strongest links (given in that order): at most `limit`, no more than make up `coverage` of the moves; and for
    every node the strongest one in and out, so that none hangs in the air."""
    place, before = pl.col("place"), pl.col("events").cum_sum() - pl.col("events")
    strong = (before < coverage * moves) & (place < (limit or links.height))
    apart = pl.col("from") != pl.col("to")
    first = [place.filter(apart).min().over(end) for end in ("from", "to")]
    strongest = apart & ((place == first[0]) | (place == first[1]))
    return links.with_row_index("place").filter(strong | strongest).drop("place")


def _weighed(journeys: Journeys) -> pl.DataFrame:
    """The places where steps were made, and how many."""
    places = journeys.places.height
    weights = sum((np.bincount(part.place, minlength=places) for part in journeys.parts), np.zeros(places, np.int64))
    weighed = journeys.places.with_row_index("place").with_columns(pl.Series("weight", weights))
    return weighed.filter(pl.col("weight") > 0)


def _stages_of(catalogue: Config) -> dict[str, Stage]:
    """Those of the catalogue in order, those only touchpoints name, and NONE at the end."""
    ordered = {one.id: one for one in sorted(catalogue.stages, key=lambda one: one.order)}
    named = sorted({one.stage for one in catalogue.touchpoints if one.stage})
    return ordered | {id: Stage(id=id) for id in named if id not in ordered} | {NONE: Stage(id=NONE, name="No stage")}
