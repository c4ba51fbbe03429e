"""Journeys and a place for each of their steps in, the counts behind the map out: links, nodes, stages and times.

Every number adds up over parts, because no customer is in two of them; times are kept whole for exact medians.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from msgspec import Struct

from harken.understand.journeys import Part
from harken.words import SECOND

START, BEFORE, END, OPEN, OTHER = PSEUDO = ("START", "BEFORE", "END", "OPEN", "OTHER")
COUNTS = ("customers", "journeys", "events")
FEELINGS = ("emotion_n", "emotion_sum", "emotion_squares")


class Numbering(Struct, frozen=True):
    """Nodes as numbers: real ones first, then START, BEFORE, END, OPEN and OTHER."""

    nodes: int
    of_place: pl.Series  # place -> node
    stage_of_place: pl.Series  # place -> stage

    @property
    def size(self) -> int:
        return self.nodes + len(PSEUDO)

    def pseudo(self, name: str) -> int:
        return self.nodes + PSEUDO.index(name)


class Counted(Struct, frozen=True):
    """Counts by number."""

    links: pl.DataFrame  # from, to, customers, journeys, events, median_seconds, p90_seconds
    nodes: pl.DataFrame  # node, customers, journeys, events, median_seconds, emotion_n, emotion, emotion_sd
    stages: pl.DataFrame  # stage, customers, journeys, events, left, still_open, emotion_n, emotion, emotion_sd


def count(
    parts: Sequence[Part], numbering: Numbering, *, collapse: bool = False, hidden: pl.Series | None = None
) -> Counted:
    """Count everything in one pass over the parts. `hidden` links (as from * size + to) go through OTHER."""
    found = [_part(part, numbering, collapse, hidden) for part in parts]
    empty = _part(Part(*_NOTHING), numbering, collapse, hidden)
    links, times, nodes, stages = (pl.concat(each) for each in zip(empty, *found, strict=True))
    code, size = pl.col("link"), numbering.size
    by_link = _times(times, "link")
    linked = _summed(links, "link").join(by_link, on="link", how="left")
    ends = [(code // size).cast(pl.UInt32).alias("from"), (code % size).cast(pl.UInt32).alias("to")]
    by_node = _times(times.select((code // size).cast(pl.UInt32).alias("node"), "time"), "node").drop("p90_seconds")
    return Counted(
        links=linked.select(*ends, pl.exclude("link")),
        nodes=_felt(_summed(nodes, "node")).join(by_node, on="node", how="left"),
        stages=_felt(_summed(stages, "stage")),
    )


_NOTHING = (
    pl.DataFrame(
        schema={
            "customer": pl.UInt32,
            "journey": pl.UInt32,
            "place": pl.UInt32,
            "occurred": pl.Int64,
            "emotion": pl.Float64,
        }
    ),
    pl.DataFrame(
        schema={
            "journey": pl.UInt32,
            "customer": pl.UInt32,
            "entry": pl.UInt32,
            "exit": pl.UInt32,
            "truncated": pl.Boolean,
            "open": pl.Boolean,
        }
    ),
    pl.Series([], dtype=pl.String),
    0,
)


def _part(
    part: Part, numbering: Numbering, collapse: bool, hidden: pl.Series | None
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Links, times, nodes and stages of one part."""
    steps = part.steps.with_columns(
        numbering.of_place.gather(part.steps["place"]).alias("node"),
        numbering.stage_of_place.gather(part.steps["place"]).alias("stage"),
    )
    moves = _moves(steps, collapse)
    if hidden is not None:
        moves = _through_other(moves, numbering, hidden)
    ends = _ends(part.journeys, numbering)
    link = (pl.col("from").cast(pl.UInt64) * numbering.size + pl.col("to")).alias("link")
    moves, ends = moves.with_columns(link), ends.with_columns(link)
    walked = pl.concat([moves.drop("time"), ends])
    return (
        walked.group_by("link").agg(_counts(part)),
        moves.select("link", "time"),
        _nodes(steps, walked, numbering, part, collapse),
        _stages(steps, part, numbering),
    )


def _moves(steps: pl.DataFrame, collapse: bool) -> pl.DataFrame:
    """Each step and the one after it in the same journey."""
    after = steps.select(
        pl.col("node").alias("from"),
        pl.col("node").shift(-1).alias("to"),
        (pl.col("occurred").shift(-1) - pl.col("occurred")).alias("time"),
        "customer",
        "journey",
    ).filter(steps["journey"] == steps["journey"].shift(-1))
    return after.filter(pl.col("from") != pl.col("to")) if collapse else after


def _through_other(moves: pl.DataFrame, numbering: Numbering, hidden: pl.Series) -> pl.DataFrame:
    """Hidden moves as two: to OTHER, and from there on."""
    link = pl.col("from").cast(pl.UInt64) * numbering.size + pl.col("to")
    is_hidden = moves.select(link.is_in(hidden.implode())).to_series()
    apart, other = moves.filter(is_hidden), pl.lit(numbering.pseudo(OTHER), pl.UInt32)
    return pl.concat(
        [moves.filter(~is_hidden), apart.with_columns(other.alias("to")), apart.with_columns(other.alias("from"))]
    )


def _ends(journeys: pl.DataFrame, numbering: Numbering) -> pl.DataFrame:
    """How each journey comes in and goes out."""
    pseudo = {name: pl.lit(numbering.pseudo(name), pl.UInt32) for name in PSEUDO}
    into = journeys.select(
        pl.when("truncated").then(pseudo[BEFORE]).otherwise(pseudo[START]).alias("from"),
        numbering.of_place.gather(journeys["entry"]).alias("to"),
        "customer",
        "journey",
    )
    out = journeys.select(
        numbering.of_place.gather(journeys["exit"]).alias("from"),
        pl.when("open").then(pseudo[OPEN]).otherwise(pseudo[END]).alias("to"),
        "customer",
        "journey",
    )
    return pl.concat([into, out])


def _nodes(steps: pl.DataFrame, walked: pl.DataFrame, numbering: Numbering, part: Part, collapse: bool) -> pl.DataFrame:
    other = numbering.pseudo(OTHER)
    seen = steps
    if collapse:
        again = (steps["node"] == steps["node"].shift()) & (steps["journey"] == steps["journey"].shift())
        seen = steps.filter(~again.fill_null(False))
    nodes = seen.filter(pl.col("node") != other).group_by("node").agg(_counts(part))
    through = walked.filter(pl.col("to") == other).select(pl.col("to").alias("node"), "customer", "journey")
    nodes = pl.concat([nodes, through.group_by("node").agg(_counts(part))])
    return nodes.join(_feelings(steps, "node"), on="node", how="left")


def _stages(steps: pl.DataFrame, part: Part, numbering: Numbering) -> pl.DataFrame:
    stages = steps.group_by("stage").agg(_counts(part)).join(_feelings(steps, "stage"), on="stage", how="left")
    last = part.journeys.select(
        "customer", "open", numbering.stage_of_place.gather(part.journeys["exit"]).alias("stage")
    )
    ended = last.group_by("stage").agg(
        pl.col("customer").filter(~pl.col("open")).n_unique().alias("left"),
        pl.col("customer").filter(pl.col("open")).n_unique().alias("still_open"),
    )
    return stages.join(ended, on="stage", how="left")


def _counts(part: Part) -> list[pl.Expr]:
    customers = pl.col("customer").n_unique()
    one_each = part.journeys.height == part.journeys["customer"].n_unique()
    journeys = customers if one_each else pl.col("journey").n_unique()
    return [customers.alias("customers"), journeys.alias("journeys"), pl.len().alias("events")]


def _feelings(steps: pl.DataFrame, by: str) -> pl.DataFrame:
    said = pl.col("emotion")
    return (
        steps.select(by, "emotion")
        .filter(said.is_finite())
        .group_by(by)
        .agg(pl.len().alias("emotion_n"), said.sum().alias("emotion_sum"), (said * said).sum().alias("emotion_squares"))
    )


def _felt(summed: pl.DataFrame) -> pl.DataFrame:
    """Mean and spread from the sums. Rounded, so that the order of addition does not show."""
    n = pl.col("emotion_n")
    mean = pl.when(n > 0).then(pl.col("emotion_sum") / n)
    variance = (pl.col("emotion_squares") - pl.col("emotion_sum") * mean) / (n - 1)
    spread = pl.when(n > 1).then(variance.clip(0).sqrt())
    return summed.with_columns(mean.round(6).alias("emotion"), spread.round(6).alias("emotion_sd")).drop(
        "emotion_sum", "emotion_squares"
    )


def _times(times: pl.DataFrame, by: str) -> pl.DataFrame:
    time = pl.col("time")
    return times.group_by(by).agg(
        (time.median() / SECOND).alias("median_seconds"),
        (time.quantile(0.9, "linear") / SECOND).alias("p90_seconds"),
    )


def _summed(frame: pl.DataFrame, by: str) -> pl.DataFrame:
    return frame.group_by(by).agg(pl.exclude(by).sum())
