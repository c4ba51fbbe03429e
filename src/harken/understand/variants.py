"""Journeys laid on a designed path in, the ways they took of it out: each with how many took it, how well it fits, and where it
deviates."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import polars as pl

from harken.logs import Flags, Ints
from harken.understand.alignment import CLASSES, OUT_OF_ORDER, SWAPPED, TOO_OFTEN, UNPLANNED
from harken.understand.analysis import Table
from harken.understand.journeys import Part
from harken.understand.result import Column
from harken.understand.trees import APART

SCHEMA: dict[str, Any] = {
    "id": pl.String, "variant": pl.String, "customers": pl.Int64, "journeys": pl.Int64, "share": pl.Float64, "fitness": pl.Float64,
    "missing": pl.String, "swapped": pl.String, "out_of_order": pl.String, "extra": pl.String, "open": pl.Boolean,
}  # fmt: skip
COLUMNS = (
    Column("variant", "Way", "text"),
    Column("customers", "Customers"),
    Column("journeys", "Journeys"),
    Column("share", "Share", "share"),
    Column("fitness", "Fitness", "share"),
    Column("open", "Still open", "text"),
    Column("missing", "Missing", "text"),
    Column("swapped", "Swapped", "text"),
    Column("out_of_order", "Out of order", "text"),
    Column("extra", "Extra", "text"),
)
OTHER = "other"
SHOWN = 30  # events of a way that are written out
GROUPS = (
    ("missing", (0,)),
    ("swapped", (SWAPPED,)),
    ("out_of_order", (OUT_OF_ORDER,)),
    ("extra", (TOO_OFTEN, UNPLANNED)),
)


def grouped(journeys: pl.DataFrame) -> pl.DataFrame:
    """The variants of judged journeys (row, part, journey, person, variant, cost, highest, fitness, open), most journeys first:
    variant, customers, journeys, fitness, open, and an example (`row`, `part`, `journey`)."""
    found = (
        journeys.sort("highest", "cost", "row")
        .group_by("variant", maintain_order=True)
        .agg(
            pl.col("person").n_unique().cast(pl.Int64).alias("customers"),
            pl.len().cast(pl.Int64).alias("journeys"),
            pl.col("fitness").mean(),
            pl.col("open", "row", "part", "journey").first(),
        )
    )
    return found.sort("journeys", "variant", descending=[True, False])


def variants_table(
    journeys: pl.DataFrame, deviations: pl.DataFrame, parts: list[Part], meant: Meant, most: int
) -> Table:
    """The `most` frequent variants, and all others as one row. `deviations`: row, code."""
    every, found = journeys.height, grouped(journeys)
    shown = found.head(most)
    ways = _ways(shown, parts, meant)
    told = deviations.filter(pl.col("row").is_in(shown["row"].implode())).rows_by_key("row")
    rows = [
        {
            "id": hexed(one["variant"]),
            "variant": ways[one["row"]],
            **{name: one[name] for name in ("customers", "journeys", "fitness", "open")},
            "share": one["journeys"] / every,
            **_deviating([code for *_, code in told.get(one["row"], ())], meant),
        }
        for one in shown.iter_rows(named=True)
    ]
    if found.height > most:
        rest = journeys.join(shown.select("variant"), on="variant", how="anti")
        others = {
            "customers": rest["person"].n_unique(),
            "journeys": rest.height,
            "fitness": rest["fitness"].sort().mean(),
        }
        name = f"All {found.height - most:,} other ways"
        rows.append({"id": OTHER, "variant": name, **others, "share": rest.height / every})
    frame = pl.DataFrame(rows, schema=SCHEMA)
    note = f"{min(most, found.height):,} of {found.height:,} ways: {shown['journeys'].sum():,} of {every:,} journeys."
    return Table(frame=frame, columns=COLUMNS, title="Ways they took", note=note)


class Meant:
    """What each place is to the path: its steps (bits), whether it counts when it is none; and the patterns of these, and which may come several times (bits)."""

    def __init__(self, steps: Ints, counted: Flags, patterns: list[str], again: int) -> None:
        self.steps, self.counted, self.patterns, self.again = steps, counted, patterns, again

    def label(self, place: int) -> str:
        """The first step of the path that means the place."""
        mask = int(self.steps[place])
        return self.patterns[(mask & -mask).bit_length() - 1] if mask else CLASSES[UNPLANNED]


def hexed(variant: int) -> str:
    """A variant as a row says it.

    >>> hexed(255)
    '00000000000000ff'
    """
    return f"{variant:016x}"


def _ways(shown: pl.DataFrame, parts: list[Part], meant: Meant) -> dict[int, str]:
    """What each example did of the path, as text."""
    told = {}
    for one in shown.iter_rows(named=True):
        part, journey = parts[one["part"]], one["journey"]
        places = part.place[int(part.off[journey]) : int(part.off[journey + 1])].astype(np.int64)
        events = [place for place in places.tolist() if meant.steps[place] or meant.counted[place]]
        runs = [(label, len([*run])) for label, run in groupby(events, meant.label)]
        once = {meant.patterns[at] for at in range(len(meant.patterns)) if meant.again >> at & 1}
        names = [f"{label} ×{count}" if count > 1 and label not in once else label for label, count in runs]
        told[one["row"]] = APART.join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
    return told


def _deviating(codes: list[int], meant: Meant) -> dict[str, str]:
    """What is missing, swapped, out of order and extra, each as text."""
    k = len(meant.patterns)
    found = {(code // ((k + 1) * k), code // (k + 1) % k) for code in codes}
    told = {}
    for name, classes in GROUPS:
        steps = sorted((what, step) for what, step in found if what in classes)
        names = [CLASSES[what] if what == UNPLANNED else meant.patterns[step] for what, step in steps]
        told[name] = ", ".join(dict.fromkeys(names))
    return told
