"""Journeys in, single moves out: who went from which touchpoint to which, and when. For looking on, not for counting."""

from __future__ import annotations

import numpy as np
import polars as pl
from msgspec import Struct

from harken.understand.journeys import Journeys, Part
from harken.words import Micros


class Moves(Struct, frozen=True, kw_only=True):
    """Moves in the order of their arrival: from, to (touchpoints), at. `of`: how many there are; whole customers are
    left out when that is more than was asked for."""

    frame: pl.DataFrame
    of: int


def moves_of(journeys: Journeys, *, since: Micros | None = None, limit: int) -> Moves:
    """The moves that arrive from `since` on, to another touchpoint than they came from; at most `limit`."""
    found = [_part(part, since) for part in journeys.parts]
    empty = pl.DataFrame(schema={"customer": pl.UInt32, "a": pl.UInt32, "b": pl.UInt32, "at": pl.Int64})
    moves = pl.concat([empty, *found])
    of = moves.height
    if of > limit:
        # by customer, so that somebody's whole way is shown or none of it; the same ones every time
        spread = (pl.col("customer").cast(pl.UInt64) * 2_654_435_761) % 1_000_003
        moves = moves.filter(spread * of < limit * 1_000_003)
    names = journeys.places["touchpoint"]
    told = moves.sort("at", "customer").head(limit)
    return Moves(
        frame=told.select(names.gather(told["a"]).alias("from"), names.gather(told["b"]).alias("to"), "at"), of=of
    )


def _part(part: Part, since: Micros | None) -> pl.DataFrame:
    """`customer` is a number that spreads, the same wherever the customer lies."""
    arrives = np.ones(part.steps, np.bool_)
    arrives[part.off[:-1]] = False
    to = np.flatnonzero(arrives)
    a, b = part.place[to - 1], part.place[to]
    moved = a != b
    if since is not None:
        moved &= part.occurred[to] >= since
    to, a, b = to[moved], a[moved], b[moved]
    journey = np.searchsorted(part.off, to, side="right") - 1
    customer = part.profiles.gather(part.customer[journey]).hash().cast(pl.UInt32, wrap_numerical=True)
    return pl.DataFrame({"customer": customer, "a": a, "b": b, "at": part.occurred[to]})
