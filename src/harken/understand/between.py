"""Crossings between sides, counted, in; two tables out: how much slower they are than steps within the sides, and of how many
nobody could know when they happened."""

from __future__ import annotations

import polars as pl

from harken.understand.analysis import About, Table
from harken.understand.broken import Found
from harken.understand.journeys import Journeys
from harken.understand.result import Column
from harken.understand.sides import Where
from harken.understand.statistics import wilson
from harken.words import SECOND

LATENCY = (
    Column("from", "From", "text"),
    Column("to", "To", "text"),
    Column("crossings", "Crossings"),
    Column("median_seconds", "Median time", "seconds"),
    Column("within_from_seconds", "Within the first", "seconds"),
    Column("within_to_seconds", "Within the second", "seconds"),
    Column("latency_seconds", "Slower by", "seconds"),
    Column("delay_seconds", "The first is heard after", "seconds"),
)
IDENTITY = (
    Column("from", "From", "text"),
    Column("to", "To", "text"),
    Column("id", "Identifier there", "text"),
    Column("customers", "Customers"),
    Column("late", "Known too late"),
    Column("crossings", "Of crossings"),
    Column("share", "Share", "share"),
)
NO_DELAYS = pl.DataFrame(schema={"side": pl.Int64, "delay": pl.Float64, "delay_p90": pl.Float64})


def between_sides(journeys: Journeys, about: About, where: Where, found: Found) -> dict[str, Table]:
    """The tables `latency` and `identity`, if anybody crossed."""
    tables = {}
    if found.latency.height:
        told = (
            "Slower by: the median less the longer of both. Heard after: how long events of the first take to get here."
        )
        tables["latency"] = Table(
            frame=_latency(journeys, about, where, found.latency), columns=LATENCY, title="Handoffs", note=told
        )
    if found.identity.height:
        told = "Known too late: what links both systems' traces of the customer happened after the crossing."
        tables["identity"] = Table(
            frame=_identity(where, found.identity), columns=IDENTITY, title="Known too late", note=told
        )
    return tables


def _latency(journeys: Journeys, about: About, where: Where, pairs: pl.DataFrame) -> pl.DataFrame:
    delays = NO_DELAYS
    if about.records is not None:
        side = pl.Series("side", where.side, dtype=pl.Int64)
        delays = about.records.delays(journeys.places.with_columns(side), journeys.since, journeys.until)
    found = pairs.with_columns(pl.col("side_from").cast(pl.Int64)).join(
        delays, left_on="side_from", right_on="side", how="left", maintain_order="left"
    )
    named = {"crossing": "median", "within_from": "within_from", "within_to": "within_to", "latency": "latency",
             "delay": "delay", "delay_p90": "delay_p90"}  # fmt: skip
    return found.select(
        *_named(where),
        pl.col("crossings").cast(pl.Int64),
        *((pl.col(name) / SECOND).alias(f"{title}_seconds") for name, title in named.items()),
    ).sort("latency_seconds", "from", "to", descending=[True, False, False], nulls_last=True)


def _identity(where: Where, rows: pl.DataFrame) -> pl.DataFrame:
    ranges = [wilson(*one) for one in rows.select("late", "crossings").iter_rows()]
    return rows.select(
        *_named(where), "id", "customers", "late", "crossings", (pl.col("late") / pl.col("crossings")).alias("share"),
        pl.Series("share_low", [low for low, _ in ranges], dtype=pl.Float64),
        pl.Series("share_high", [high for _, high in ranges], dtype=pl.Float64),
    )  # fmt: skip


def _named(where: Where) -> list[pl.Expr]:
    names = pl.lit(pl.Series(where.sides, dtype=pl.String))
    return [names.gather(pl.col(f"side_{end}")).alias(end) for end in ("from", "to")]
