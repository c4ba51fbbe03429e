"""Crossings and what the hub's records tell of them in, gaps of identity and of time out; and switches about another topic
taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from msgspec import Struct

from harken.logs import ABOUT
from harken.understand import kernels
from harken.understand.analysis import About
from harken.understand.crossings import known_late, latencies, moves_of, paces, timed
from harken.understand.handoffs import KINDS, KNOWN_LATE, SWITCH
from harken.understand.journeys import Journeys, Part
from harken.understand.records import Records
from harken.understand.sides import Where

if TYPE_CHECKING:
    from harken.understand.broken import Broken
    from harken.understand.questions.gaps import GapsQuestion

MOST_CROSSING = 100_000  # customers whose links are looked up without being asked to
NO_LATENCY = pl.DataFrame(
    schema=dict.fromkeys(("side_from", "side_to"), pl.Int32) | {"crossings": pl.UInt32} |
    dict.fromkeys(("crossing", "within_from", "within_to", "latency"), pl.Float64)
)  # fmt: skip
NO_IDENTITY = pl.DataFrame(
    schema=dict.fromkeys(("side_from", "side_to"), pl.Int32) | {"id": pl.String} |
    dict.fromkeys(("crossings", "late", "customers"), pl.Int64)
)  # fmt: skip
GAP = ("moment", "end", "journey", "time")


class Crossed(Struct, frozen=True):
    """Gaps of each part (moment, end, journey, time), and the same by pair of sides."""

    slow: list[pl.DataFrame]
    late: list[pl.DataFrame]
    latency: pl.DataFrame
    identity: pl.DataFrame
    notes: tuple[str, ...]


def crossed_of(journeys: Journeys, about: About, where: Where, question: GapsQuestion, parts: list[Part]) -> Crossed:
    """Crossings that took long, and those nobody could know of then."""
    moves = kernels.each(lambda part: moves_of(part, where, question.long), parts)
    inside = pl.concat([pl.DataFrame(schema=INSIDE), *(one for one, _ in moves)])
    usual = paces(inside)
    crossings = [timed(crossing, usual) for _, crossing in moves]
    latency = latencies(pl.concat(crossings)) if crossings else NO_LATENCY
    longer = latency.filter(pl.col("latency") > 0).select("side_from", "side_to")
    slow = [
        one.join(longer, on=["side_from", "side_to"], how="semi", maintain_order="left")
        .filter(pl.col("over") > 0)
        .select("moment", "end", "journey", pl.col("over").round().cast(pl.Int64).alias("time"))
        for one in crossings
    ]
    late = _Late([one.clear().select(GAP) for one in crossings])
    if not question.kinds or KINDS[KNOWN_LATE] in question.kinds:
        late = _known_late(journeys, about, crossings, parts, asked=bool(question.kinds))
    return Crossed(slow, late.gaps, latency, late.identity, late.notes)


class _Late(Struct, frozen=True):
    gaps: list[pl.DataFrame]
    identity: pl.DataFrame = NO_IDENTITY
    notes: tuple[str, ...] = ()


def _known_late(
    journeys: Journeys, about: About, crossings: list[pl.DataFrame], parts: list[Part], *, asked: bool
) -> _Late:
    none = [one.clear().select(GAP) for one in crossings]
    if about.records is None:
        return _Late(none, notes=("Since when customers are known on two sides only a hub can tell.",))
    source = journeys.places["source"]
    told = [_with_ends(one, part, source) for one, part in zip(crossings, parts, strict=True)]
    between = [one.filter(pl.col("source_from") != pl.col("source_to")) for one in told]
    people = pl.concat([pl.Series("profile", [], pl.String), *(one["profile"].unique() for one in between)])
    if len(people) > MOST_CROSSING and not asked:
        note = f"{len(people):,} customers crossed sides; ask for `kinds` with {KINDS[KNOWN_LATE]} to see whom systems knew late."
        return _Late(none, notes=(note,))
    links = about.records.links(people)
    late = [known_late(one, links) for one in between]
    ends = ["side_from", "side_to"]
    all_of = (
        pl.concat([NO_IDENTITY.select(ends), *(one.select(ends) for one in told)])
        .group_by(ends)
        .agg(pl.len().cast(pl.Int64).alias("crossings"))
    )
    late_of = pl.concat([one.select(*ends, "id", "profile") for one in late]).group_by(*ends, "id").agg(
        pl.len().cast(pl.Int64).alias("late"), pl.col("profile").n_unique().cast(pl.Int64).alias("customers")
    )  # fmt: skip
    identity = late_of.join(all_of, on=ends).select(NO_IDENTITY.columns)
    return _Late(
        [one.select(GAP).sort("moment") for one in late],
        identity.sort("late", *ends, "id", descending=[True, False, False, False]),
    )


def _with_ends(crossing: pl.DataFrame, part: Part, source: pl.Series) -> pl.DataFrame:
    """Crossings with whose they are, from which source to which, and when both steps happened."""
    a, b = crossing["moment"].to_numpy(), crossing["end"].to_numpy()
    return crossing.with_columns(
        part.profiles.gather(crossing["customer"]).alias("profile"),
        source.gather(part.place[a]).alias("source_from"),
        source.gather(part.place[b]).alias("source_to"),
        pl.Series("at_from", part.occurred[a], dtype=pl.Int64),
        pl.Series("at_to", part.occurred[b], dtype=pl.Int64),
    )


# ---------------------------------------------------------------------- what a switch is about


def about_the_same(journeys: Journeys, records: Records, property: str, broken: list[Broken]) -> list[Broken]:
    """Without switches after which the contact was about another topic. Where one of both says none, nobody knows."""
    ends = [_both(one) for one in broken]
    at = pl.concat([NO_STEPS, *(one.select(NO_STEPS.columns) for one in ends)])
    if at.is_empty():
        return broken
    places = journeys.places.select(ABOUT).with_row_index("place").join(at.select("place").unique(), on="place")
    said = records.values(places, property, at.select("profile", "occurred").unique())
    said = said.drop_nulls("value").sort("seq").unique(["profile", "occurred", "place"], keep="first")
    topics = said.select("profile", "occurred", "place", _topics(pl.col("value")).alias("topics"))
    if topics.is_empty():
        return broken
    return [
        _agreeing(one, mine.join(topics, on=NO_STEPS.columns, how="inner"))
        for one, mine in zip(broken, ends, strict=True)
    ]


def _topics(value: pl.Expr) -> pl.Expr:
    """The topics a text or a list of them (as JSON) names, each by the first part of its path: phones/android is phones."""
    return (
        value.str.strip_chars('[]" ')
        .str.split(",")
        .list.eval(pl.element().str.strip_chars('" ').str.split("/").list.first().str.to_lowercase())
    )


def _both(one: Broken) -> pl.DataFrame:
    """Both steps of each switch: moment, end, which (0, 1), profile, occurred, place."""
    gaps = one.frame.filter(pl.col("kind") == SWITCH)
    part, found = one.part, []
    for which, step in enumerate(("moment", "end")):
        at = gaps[step].to_numpy()
        more = {
            "which": np.full(len(at), which, np.int8),
            "profile": part.profiles.gather(gaps["customer"]),
            "occurred": part.occurred[at],
            "place": part.place[at].astype(np.uint32),
        }
        found.append(
            gaps.select("moment", "end").with_columns(**{name: pl.Series(value) for name, value in more.items()})
        )
    return pl.concat(found)


def _agreeing(one: Broken, told: pl.DataFrame) -> Broken:
    """Without the switches of which both steps tell topics, but none is the same. `told`: as `_both`, with topics."""
    first, second = (told.filter(pl.col("which") == which).select("moment", "end", "topics") for which in (0, 1))
    both = first.join(second, on=["moment", "end"])
    apart = both.filter(pl.col("topics").list.set_intersection("topics_right").list.len() == 0)
    other = apart.select("moment", "end", pl.lit(SWITCH, pl.Int8).alias("kind"))
    return type(one)(one.part, one.frame.join(other, on=["kind", "moment", "end"], how="anti", maintain_order="left"))


NO_STEPS = pl.DataFrame(schema={"profile": pl.String, "occurred": pl.Int64, "place": pl.UInt32})
INSIDE = {"side": pl.Int32, "node_from": pl.Int32, "node_to": pl.Int32, "time": pl.Int64}
