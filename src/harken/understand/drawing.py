"""Counts by number in, the frames of the map out: names, channels, stages, shares; and what to show of them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl
from msgspec.structs import asdict, replace

from harken.understand.counting import Counted, Numbering
from harken.understand.journeys import Journeys
from harken.understand.levels import BEFORE, END, NONE, OPEN, OTHER, START, nodes_of
from harken.words import Config

KINDS = {START: "start", BEFORE: "before", END: "end", OPEN: "open"}
NODE = ["id", "label", "kind", "channel", "stage", "group", "customers", "journeys", "events", "started", "continued",
        "left", "still_open", "share_left", "median_seconds", "emotion", "emotion_sd", "emotion_n", "touchpoints"]  # fmt: skip
EDGE = ["from", "to", "kind", "customers", "journeys", "events", "p_out", "median_seconds", "p90_seconds"]
STAGE = ["stage", "label", "customers", "share_of_previous", "journeys", "events", "left", "still_open", "emotion",
         "emotion_sd", "emotion_n"]  # fmt: skip


class Drawing:
    """The nodes of one level, as frames."""

    def __init__(self, journeys: Journeys, catalogue: Config, level: str, opened: Collection[str] = ()) -> None:
        self._nodes = nodes_of(journeys, catalogue, level, opened)
        self._stages, self._ids = self._nodes.stages, self._nodes.ids
        self.numbering = Numbering(
            len(self._nodes), len(self._stages), self._nodes.of_place, self._nodes.stage_of_place
        )

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
        rows: list[dict[str, str | int]] = [{**asdict(node), "kind": self._nodes.level} for node in self._nodes.nodes]
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
