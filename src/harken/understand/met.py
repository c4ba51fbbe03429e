"""Journeys in, touchpoints out: who met each one, how often, and when."""

from __future__ import annotations

import numpy as np
import polars as pl

from harken.understand.journeys import Journeys, Part


def uses_of(journeys: Journeys) -> pl.DataFrame:
    """touchpoint, channel (of most of its steps), events, customers, first, last of every touchpoint somebody met."""
    touchpoints, places = _numbered(journeys)
    met = pl.concat([_EMPTY, *(_steps(part, places).group_by("touchpoint").agg(_COUNTS) for part in journeys.parts)])
    sums = [pl.col("events", "customers").sum(), pl.col("first").min(), pl.col("last").max()]
    found = met.group_by("touchpoint").agg(sums)
    steps = sum((np.bincount(part.place, minlength=len(places)) for part in journeys.parts), np.zeros(len(places), int))
    most = journeys.places.select("touchpoint", "channel").with_columns(pl.Series("steps", steps))
    most = most.group_by("touchpoint", "channel").agg(pl.col("steps").sum())
    most = most.sort("steps", "channel", descending=[True, False]).unique(
        "touchpoint", keep="first", maintain_order=True
    )
    named = found.with_columns(touchpoints.gather(found["touchpoint"]).alias("touchpoint"))
    return named.join(most.select("touchpoint", "channel"), on="touchpoint")


def met_by(journeys: Journeys, touchpoint: str) -> set[str]:
    """The profiles of the customers who met it."""
    wanted = (journeys.places["touchpoint"] == touchpoint).to_numpy()
    found: set[str] = set()
    for part in journeys.parts:
        customers = np.unique(_customers(part)[wanted[part.place]])
        found.update(part.profiles.gather(customers))
    return found


_EMPTY = pl.DataFrame(
    schema={"touchpoint": pl.UInt32, "events": pl.UInt32, "customers": pl.UInt32, "first": pl.Int64, "last": pl.Int64}
)
_COUNTS = (
    pl.len().cast(pl.UInt32).alias("events"),
    pl.col("customer").n_unique().cast(pl.UInt32).alias("customers"),
    pl.col("occurred").min().alias("first"),
    pl.col("occurred").max().alias("last"),
)


def _numbered(journeys: Journeys) -> tuple[pl.Series, np.ndarray]:
    """All touchpoints, and which one each place is at."""
    touchpoints = journeys.places["touchpoint"].unique().sort()
    numbers = journeys.places["touchpoint"].replace_strict(
        touchpoints, pl.Series(range(touchpoints.len()), dtype=pl.UInt32), return_dtype=pl.UInt32
    )
    return touchpoints, numbers.to_numpy()


def _steps(part: Part, places: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"touchpoint": places[part.place], "customer": _customers(part), "occurred": part.occurred})


def _customers(part: Part) -> np.ndarray:
    """Of each step."""
    customers: np.ndarray = np.repeat(part.customer, np.diff(part.off))
    return customers
