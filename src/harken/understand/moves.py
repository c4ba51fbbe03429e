"""Journeys in, single moves out: who went from which touchpoint to which, and when. For looking on, not for counting."""

from __future__ import annotations

import polars as pl
from msgspec import Struct

from harken.understand.journeys import Journeys
from harken.words import Micros


class Moves(Struct, frozen=True, kw_only=True):
    """Moves in the order of their arrival: from, to (touchpoints), at. `of`: how many there are; whole customers are
    left out when that is more than was asked for."""

    frame: pl.DataFrame
    of: int


def moves_of(journeys: Journeys, *, since: Micros | None = None, limit: int) -> Moves:
    """The moves that arrive from `since` on, to another touchpoint than they came from; at most `limit`."""
    found = [_part(part.steps, since) for part in journeys.parts]
    empty = pl.DataFrame(schema={"customer": pl.UInt32, "a": pl.UInt32, "b": pl.UInt32, "at": pl.Int64})
    moves = pl.concat([empty, *found])
    of = moves.height
    if of > limit:
        # by customer, so that somebody's whole way is shown or none of it; the same ones every time
        spread = (pl.col("customer").cast(pl.UInt64) * 2_654_435_761) % 1_000_003
        moves = moves.filter(spread * of < limit * 1_000_003)
    names = journeys.places.sort("place")["touchpoint"]
    told = moves.sort("at", "customer").head(limit)
    return Moves(
        frame=told.select(names.gather(told["a"]).alias("from"), names.gather(told["b"]).alias("to"), "at"), of=of
    )


def _part(steps: pl.DataFrame, since: Micros | None) -> pl.DataFrame:
    after = steps.select(
        "customer",
        pl.col("place").alias("a"),
        pl.col("place").shift(-1).alias("b"),
        pl.col("occurred").shift(-1).alias("at"),
    ).filter(steps["journey"] == steps["journey"].shift(-1))
    moved = after.filter(pl.col("a") != pl.col("b"))
    return moved if since is None else moved.filter(pl.col("at") >= since)
