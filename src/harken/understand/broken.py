"""Journeys and what places are for a question about gaps in; the gaps, counted, and beside matched customers, out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from harken.logs import Ints
from harken.understand import handoffs, kernels
from harken.understand.analysis import About
from harken.understand.crossings import contradicted
from harken.understand.dead_ends import empty, leaving, lost
from harken.understand.handoffs import (
    CONTRADICTION,
    DEAD_END,
    KINDS,
    KNOWN_LATE,
    ONE_SIDE,
    PING_PONG,
    SLOW,
    STRATA,
    SUMS,
    SWITCH,
    VIA,
)  # fmt: skip
from harken.understand.journeys import Journeys, Part, without_repeats
from harken.understand.matched import Contrast, Sums, contrasted
from harken.understand.provenance import NO_IDENTITY, NO_LATENCY, about_the_same, crossed_of
from harken.understand.sides import Where
from harken.words import SECOND

if TYPE_CHECKING:
    from harken.understand.questions.gaps import GapsQuestion

CONTRASTED = ("goal", "goal_matched", "goal_loss", "goal_loss_low", "goal_loss_high", "contacts", "contacts_matched",
              "emotion", "emotion_matched", "emotion_difference", "emotion_low", "emotion_high")  # fmt: skip

ELSEWHERE = ("elsewhere", "elsewhere_low", "elsewhere_high")  # of dead ends: the share who leave at other places
GAP = {"kind": pl.Int8, "from": pl.Int64, "to": pl.Int64, "moment": pl.Int64, "end": pl.Int64, "customer": pl.UInt32,
       "journey": pl.Int64, "time": pl.Int64}  # fmt: skip


class Broken(Struct, frozen=True):
    """The gaps of one part, by kind: where each begins and ends, from which code to which, and how long it took."""

    part: Part
    frame: pl.DataFrame  # kind, from, to, moment, end, customer, journey, time


class Found(Struct, frozen=True):
    """All gaps, and what crossing from side to side is like."""

    broken: list[Broken]
    latency: pl.DataFrame  # side_from, side_to, crossings, crossing, within_from, within_to, latency; microseconds
    identity: pl.DataFrame  # side_from, side_to, id, crossings, late, customers
    notes: tuple[str, ...] = ()


def found_of(journeys: Journeys, about: About, where: Where, question: GapsQuestion) -> Found:
    """Every gap the question asks for."""
    parts = [without_repeats(part, where.nodes.of_place, question.repeats) for part in journeys.parts]
    wanted = {KINDS.index(one) for one in question.kinds} or {*range(len(KINDS))}
    broken = kernels.each(lambda part: _broken(part, where, question, wanted), parts)
    notes: tuple[str, ...] = ()
    if SWITCH in wanted and question.same_topic and about.records is not None:
        broken = about_the_same(journeys, about.records, about.catalogue.interests.property, broken)
    crossed = crossed_of(journeys, about, where, question, parts) if wanted & {SLOW, KNOWN_LATE} else None
    if crossed is None:
        return Found(broken, NO_LATENCY, NO_IDENTITY)
    notes = crossed.notes
    more = [(kind, frames) for kind, frames in ((SLOW, crossed.slow), (KNOWN_LATE, crossed.late)) if kind in wanted]
    for kind, frames in more:
        broken = [
            Broken(one.part, pl.concat([one.frame, _coded(kind, frame, one.part, where)]))
            for one, frame in zip(broken, frames, strict=True)
        ]
    return Found(broken, crossed.latency, crossed.identity, notes)


def _broken(part: Part, where: Where, question: GapsQuestion, wanted: set[int]) -> Broken:
    to = handoffs.breaks(
        part.off, part.place, part.occurred, part.customer, part.open, part.truncated, where.failure, where.contact,
        where.intent, where.goal, where.pushed, where.side, where.asks, where.sign_in, question.soon, question.long,
    )  # fmt: skip
    frames = [_gaps(kind, to, part, where) for kind in sorted(wanted) if kind < VIA]
    if CONTRADICTION in wanted:
        frames.append(_coded(CONTRADICTION, contradicted(part, where.wrong), part, where))
    return Broken(part, pl.concat([pl.DataFrame(schema=GAP), *frames]))


def _gaps(kind: int, to: NDArray[np.int32], part: Part, where: Where) -> pl.DataFrame:
    moments = np.flatnonzero(to[kind] >= 0)
    ends = to[kind, moments].astype(np.int64)
    met = to[VIA, moments].astype(np.int64) if kind == PING_PONG else ends
    frame = {
        "moment": moments,
        "end": ends,
        "journey": np.searchsorted(part.off, moments, side="right") - 1,
        "time": part.occurred[ends] - part.occurred[moments],
    }
    return _coded(kind, pl.DataFrame(frame), part, where, met)


def _coded(kind: int, gaps: pl.DataFrame, part: Part, where: Where, met: Ints | None = None) -> pl.DataFrame:
    """Gaps (moment, end, journey, time) with the codes they go from and to. `met`: other steps they go to."""
    moments, journey = gaps["moment"].to_numpy(), gaps["journey"].to_numpy()
    ends = gaps["end"].to_numpy() if met is None else met
    return pl.DataFrame(
        {
            "kind": np.full(len(moments), kind, np.int8),
            "from": where.starts(kind)[part.place[moments]],
            "to": where.ends(kind, part, ends),
            "moment": moments,
            "end": gaps["end"],
            "customer": part.customer[journey],
            "journey": journey,
            "time": gaps["time"],
        },
        schema=GAP,
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
    if kind == DEAD_END:
        return _dead_ends(journeys, broken, where, rows, question)
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


def _dead_ends(
    journeys: Journeys, broken: list[Broken], where: Where, rows: pl.DataFrame, question: GapsQuestion
) -> pl.DataFrame:
    """Rows of dead ends beside those who came to other places with the same intent."""

    def count(one: Broken) -> tuple[Ints, Sums, Sums]:
        part, sums = one.part, empty(len(where.nodes))
        leaving(
            part.off, part.place, part.occurred, part.emotion, part.customer, part.open, where.intent, where.goal,
            where.pushed, where.starts(DEAD_END), where.contact, question.long, question.within, journeys.until, *sums,
        )  # fmt: skip
        return sums

    counts = kernels.each(count, broken)
    sums = [np.sum([one[place] for one in counts], axis=0) for place in range(3)]
    found = [lost(start, *sums) for start in rows["from"]]
    more = {name: [told.get(name) for _, told in found] for name in ELSEWHERE}
    at = pl.Series("at", [told["at"] for _, told in found], dtype=pl.Int64)
    elsewhere = [pl.Series(name, values, dtype=pl.Float64) for name, values in more.items()]
    return pl.concat([rows, _told([one for one, _ in found])], how="horizontal").with_columns(at, *elsewhere)


def _sums(rows: int) -> Sums:
    return np.zeros((rows, STRATA, SUMS))


def _told(contrasts: list[Contrast]) -> pl.DataFrame:
    schema = dict.fromkeys(("at", "n", "matched"), pl.Int64) | dict.fromkeys((*CONTRASTED, *ELSEWHERE), pl.Float64)
    rows = [{name: getattr(one, name) for name in ("n", "matched", *CONTRASTED)} | {"at": 0} for one in contrasts]
    return pl.DataFrame(rows, schema=schema)
