"""Journeys and what places are for a question about gaps in; the gaps, counted, and beside matched customers, out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from harken.logs import Ints
from harken.understand import handoffs, kernels
from harken.understand.handoffs import DEAD_END, KINDS, ONE_SIDE, PING_PONG, STRATA, SUMS, VIA
from harken.understand.journeys import Journeys, Part, without_repeats
from harken.understand.matched import Contrast, Sums, contrasted
from harken.understand.sides import Where
from harken.words import SECOND

if TYPE_CHECKING:
    from harken.understand.questions.gaps import GapsQuestion

CONTRASTED = ("goal", "goal_matched", "goal_loss", "goal_loss_low", "goal_loss_high", "contacts", "contacts_matched",
              "emotion", "emotion_matched", "emotion_difference", "emotion_low", "emotion_high")  # fmt: skip


class Broken(Struct, frozen=True):
    """The gaps of one part, by kind: where each begins, from which code to which, and how long it took."""

    part: Part
    frame: pl.DataFrame  # kind, from, to, moment, customer, journey, time


def all_broken(journeys: Journeys, where: Where, question: GapsQuestion) -> list[Broken]:
    parts = [without_repeats(part, where.nodes.of_place, question.repeats) for part in journeys.parts]
    return kernels.each(lambda part: _broken(part, where, question), parts)


def _broken(part: Part, where: Where, question: GapsQuestion) -> Broken:
    to = handoffs.breaks(
        part.off, part.place, part.occurred, part.customer, part.open, part.truncated, where.failure, where.contact,
        where.intent, where.pushed, where.side, where.asks, where.sign_in, question.soon, question.long,
    )  # fmt: skip
    wanted = [KINDS.index(one) for one in question.kinds] or range(len(KINDS))
    return Broken(part, pl.concat(_gaps(kind, to, part, where) for kind in sorted({*wanted})))


def _gaps(kind: int, to: NDArray[np.int32], part: Part, where: Where) -> pl.DataFrame:
    moments = np.flatnonzero(to[kind] >= 0)
    ends = to[kind, moments].astype(np.int64)
    met = to[VIA, moments].astype(np.int64) if kind == PING_PONG else ends
    journey = np.searchsorted(part.off, moments, side="right") - 1
    return pl.DataFrame(
        {
            "kind": np.full(len(moments), kind, np.int8),
            "from": where.starts(kind)[part.place[moments]],
            "to": where.ends(kind, part, met),
            "moment": moments,
            "customer": part.customer[journey],
            "journey": journey,
            "time": part.occurred[ends] - part.occurred[moments],
        }
    )


def counted(broken: list[Broken]) -> pl.DataFrame:
    """kind, from, to, customers, journeys, events, median_seconds, total_seconds; those of most customers first."""
    empty = {"kind": pl.Int8, "from": pl.Int64, "to": pl.Int64, "customers": pl.Int64, "journeys": pl.Int64,
             "events": pl.Int64, "median_seconds": pl.Float64, "total_seconds": pl.Float64}  # fmt: skip
    frames = [one.frame.with_columns(pl.lit(number).alias("part")) for number, one in enumerate(broken)]
    if not frames:
        return pl.DataFrame(schema=empty)
    timed = pl.when(~pl.col("kind").is_in([DEAD_END, ONE_SIDE])).then(pl.col("time"))
    found = (
        pl.concat(frames)
        .group_by("kind", "from", "to")
        .agg(
            pl.struct("part", "customer").n_unique().alias("customers"),
            pl.struct("part", "journey").n_unique().alias("journeys"),
            pl.len().alias("events"),
            (timed.median() / SECOND).alias("median_seconds"),
            (pl.when(timed.count() > 0).then(timed.sum()) / SECOND).first().alias("total_seconds"),
        )
    )
    found = found.select(pl.col(name).cast(type_) for name, type_ in empty.items())
    return found.sort("customers", "kind", "from", "to", descending=[True, False, False, False])


def compared(
    journeys: Journeys, broken: list[Broken], where: Where, rows: pl.DataFrame, question: GapsQuestion
) -> pl.DataFrame:
    """The rows with their customers beside matched ones."""
    told = [
        _contrasts(journeys, broken, where, mine, question) for _, mine in rows.group_by("kind", maintain_order=True)
    ]
    return pl.concat(told) if told else pl.concat([rows, _told([])], how="horizontal")


def _contrasts(
    journeys: Journeys, broken: list[Broken], where: Where, rows: pl.DataFrame, question: GapsQuestion
) -> pl.DataFrame:
    """Rows of one kind."""
    kind = int(rows["kind"][0])
    starts = rows["from"].unique().sort()
    start_of_code = np.full(len(where.names) + 1, -1, np.int64)  # the last one is for places that are none
    start_of_code[starts.to_numpy()] = np.arange(len(starts))
    start_of = start_of_code[where.starts(kind)]
    keys = rows.select("from", "to").with_row_index("pair").with_columns(pl.col("pair").cast(pl.Int64))

    def count(one: Broken) -> tuple[Ints, Sums, Sums]:
        mine = one.frame.filter(pl.col("kind") == kind, pl.col("from").is_in(starts.implode()))
        mine = mine.join(keys, on=["from", "to"], how="left", maintain_order="left")
        at, without, having = np.zeros(len(starts), np.int64), _sums(len(starts)), _sums(rows.height)
        part = one.part
        handoffs.contrast(
            part.off, part.place, part.occurred, part.emotion, part.customer, mine["moment"].to_numpy(),
            mine["pair"].fill_null(-1).to_numpy(), start_of, where.goal, where.contact, question.within,
            journeys.until, at, without, having,
        )  # fmt: skip
        return at, without, having

    counts = kernels.each(count, broken)
    at, without, having = (np.sum([one[place] for one in counts], axis=0) for place in range(3))
    row_of_start = start_of_code[rows["from"].to_numpy()]
    alone = kind == ONE_SIDE  # being seen elsewhere is often what a goal brings: nobody to compare with
    contrasts = [
        Contrast() if alone else contrasted(having[pair], without[start]) for pair, start in enumerate(row_of_start)
    ]
    customers_at = pl.Series("at", at[row_of_start], dtype=pl.Int64)
    return pl.concat([rows, _told(contrasts)], how="horizontal").with_columns(customers_at)


def _sums(rows: int) -> Sums:
    return np.zeros((rows, STRATA, SUMS))


def _told(contrasts: list[Contrast]) -> pl.DataFrame:
    schema = dict.fromkeys(("at", "n", "matched"), pl.Int64) | dict.fromkeys(CONTRASTED, pl.Float64)
    rows = [{name: getattr(one, name) for name in ("n", "matched", *CONTRASTED)} | {"at": 0} for one in contrasts]
    return pl.DataFrame(rows, schema=schema)
