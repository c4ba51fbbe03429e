"""Logs and which places to split by a property in, the same logs with a place for each of its values out.

`web: Search by term` makes `web: Search · shoes`, `web: Search · boots`, … of `web: Search`: the values most events have, each a
touchpoint of its own in all that is counted, the others together as `(other)`, and events that do not say as `(none)`. So nothing
is lost: what is counted for all values together is what is counted for the place. In patterns the place's own name still means
all of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from msgspec.structs import replace

from harken.errors import Invalid, NotFound
from harken.logs import ABOUT, Log, Logs
from harken.understand.journeys import Scope
from harken.understand.levels import ALSO, matching
from harken.understand.told import Wanted
from harken.words import Config

BY = " by "
PARTS = " · "
OTHERS, NOTHING = "(other)", "(none)"
LONGEST = 60  # letters of a value that are shown


def by_property(text: str) -> tuple[str, str]:
    """The pattern and the property of `web: Search by term`.

    >>> by_property("web: Search by term")
    ('web: Search', 'term')
    """
    pattern, by, property = text.rpartition(BY)
    if not by or not pattern.strip() or not property.strip():
        raise Invalid(f"split: '{text}' does not say what to split by what; right: `web: Search by term`")
    return pattern.strip(), property.strip()


def parted(
    logs: Logs, catalogue: Config, question: Scope, read: Callable[[Wanted], pl.DataFrame]
) -> tuple[Logs, Config]:
    """Logs and catalogue as the question has their places `split`, each into as many `values` as it says. `read` gives what
    events told."""
    places = logs.places.height  # that events are read with
    splits = getattr(question, "split", ())
    for text in splits if isinstance(splits, tuple) else ():  # elsewhere the word may mean another thing
        pattern, property = by_property(text)
        mine = matching(logs.places, catalogue, pattern)
        if ALSO in logs.places.columns:  # what is split already stays as it is
            mine &= (logs.places["touchpoint"] == logs.places[ALSO]).to_numpy()
        told = read(Wanted(places=mine[:places], properties=(property,)))
        if told.is_empty():
            continue
        if told[property].null_count() == told.height:
            raise NotFound(f"split: no event at '{pattern}' tells a '{property}'", code="unknown_property")
        logs, catalogue = _split(logs, catalogue, _valued(told, property, question))
    return logs, catalogue


def _valued(told: pl.DataFrame, property: str, scope: Scope) -> pl.DataFrame:
    """seq, touchpoint …, value: as it is shown."""
    value = pl.col(property).str.strip_chars()
    rows = told.select("seq", "occurred", *ABOUT, pl.when(value != "").then(value).alias("value"))
    during = pl.col("value").is_not_null()
    if scope.since is not None:
        during &= pl.col("occurred") >= scope.since
    if scope.until is not None:
        during &= pl.col("occurred") < scope.until
    counts = rows.filter(during).group_by("value").agg(pl.len().alias("n")).sort("n", "value", descending=[True, False])
    shown = counts.head(getattr(scope, "values", len(counts)))["value"]
    named = (
        pl.when(pl.col("value").is_null())
        .then(pl.lit(NOTHING))
        .when(pl.col("value").is_in(shown.implode()))
        .then(pl.col("value").str.slice(0, LONGEST))
        .otherwise(pl.lit(OTHERS))
    )
    return rows.with_columns(named.alias("value"))


def _split(logs: Logs, catalogue: Config, rows: pl.DataFrame) -> tuple[Logs, Config]:
    """The logs with a place for each of these values."""
    before = logs.places if ALSO in logs.places.columns else logs.places.with_columns(pl.col("touchpoint").alias(ALSO))
    new = rows.select(*ABOUT, "value").unique().sort(*ABOUT, "value")
    named = pl.col("touchpoint") + PARTS + pl.col("value")
    places = pl.concat([before, new.select(named, *ABOUT[1:], pl.col("touchpoint").alias(ALSO))])
    numbered = new.with_row_index("number", offset=before.height)
    number = rows.join(numbered, on=[*ABOUT, "value"], how="left").sort("seq")
    seqs, numbers = number["seq"].to_numpy(), number["number"].to_numpy()
    parts = tuple(_numbered(log, seqs, numbers) for log in logs.parts)
    known = {one.id: one for one in catalogue.touchpoints}
    more = [
        replace(known[touchpoint], id=f"{touchpoint}{PARTS}{value}")
        for touchpoint, value in new.select("touchpoint", "value").unique(maintain_order=True).iter_rows()
        if touchpoint in known
    ]
    return Logs(places, parts), replace(catalogue, touchpoints=(*catalogue.touchpoints, *more))


def _numbered(log: Log, seqs: np.ndarray, numbers: np.ndarray) -> Log:
    """A log with other places for these events."""
    at = np.minimum(np.searchsorted(seqs, log.seq), len(seqs) - 1)
    mine = seqs[at] == log.seq
    if not mine.any():
        return log
    place = np.where(mine, numbers[at], log.place).astype(np.uint32)
    place.flags.writeable = False  # as what is mapped: one machine code for both
    return replace(log, place=place)
