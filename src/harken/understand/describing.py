"""Personas and what is remembered of their customers in, what each is known for out: channels, stages, interests, traits.

**Channels and stages**: the share of the persona's steps there, beside that of all steps. **Interests and traits**: the share
of its customers, beside that of all in a journey that is long enough; of at most `LOOKED` of them, chosen by who they are. A
topic is an interest of those of whose three strongest it is one (two levels deep); a trait is looked at when it has at most
`VALUES` different values. Told is what at least a tenth of the persona has, more often than all beyond chance (Wilson).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from harken.logs import Ints
from harken.understand.analysis import About
from harken.understand.grouping import Groups
from harken.understand.journeys import Journeys
from harken.understand.levels import NONE, Nodes, nodes_of
from harken.understand.result import Column
from harken.understand.statistics import hashes_of, wilson
from harken.words import Micros

LOOKED = 5_000  # customers whose memory is read
VALUES = 20  # different ones of a trait
SUPPORT = 0.1
MOST = 8  # of a persona and kind
SCHEMA: dict[str, Any] = {
    "persona": pl.String, "kind": pl.String, "name": pl.String, "value": pl.String, "label": pl.String, "n": pl.Int64,
    "of": pl.Int64, "share": pl.Float64, "share_all": pl.Float64, "lift": pl.Float64,
}  # fmt: skip
COLUMNS = (
    Column("persona", "Persona", "text"),
    Column("kind", "What", "text"),
    Column("label", "Which", "text"),
    Column("n", "Have it"),
    Column("of", "Of"),
    Column("share", "Of the persona", "share"),
    Column("share_all", "Of all", "share"),
    Column("lift", "Times as often", "score"),
)


def known_for(journeys: Journeys, about: About, groups: Groups, names: list[str]) -> pl.DataFrame:
    """What each persona has more often than all; kinds in the order of words, the most special first."""
    rows = [
        *_places(groups, nodes_of(journeys, about.catalogue, "channel"), "channel", names),
        *_places(groups, nodes_of(journeys, about.catalogue, "stage"), "stage", names),
        *_remembered(groups, about, names, journeys.until),
    ]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    order = pl.Series("kind", ["channel", "stage", "interest", "trait"])
    ranks = pl.DataFrame({"kind": order, "rank": [0, 1, 2, 3]}, schema_overrides={"kind": pl.String})
    sorted_ = frame.join(ranks, on="kind").sort(
        pl.col("persona").str.slice(1).cast(pl.Int64), "rank", -pl.col("lift").round(9), -pl.col("share"), "label"
    )
    return sorted_.group_by("persona", "kind", maintain_order=True).head(MOST).select(*SCHEMA)


def _places(groups: Groups, nodes: Nodes, kind: str, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """Shares of steps."""
    counts = np.zeros((groups.k + 2, nodes.size), np.int64)
    for part, group in zip(groups.parts, groups.group, strict=True):
        at = np.repeat(group, np.diff(part.off)) * nodes.size + nodes.of_place[part.place]
        counts += np.bincount(at, minlength=counts.size).reshape(counts.shape)
    counts = counts[: groups.k + 1]  # those of journeys that are too short are not compared with
    every = int(counts.sum())
    for number in range(groups.k):
        for node, one in enumerate(nodes.nodes):
            if one.id != NONE:
                n, of, all_ = int(counts[number, node]), int(counts[number].sum()), int(counts[:, node].sum())
                yield from _told((names[number], kind, one.id, "", one.label), n, of, all_ / max(1, every))


def _remembered(groups: Groups, about: About, names: list[str], at: Micros) -> Iterator[tuple[Any, ...]]:
    """Shares of customers."""
    if about.records is None or not groups.k:
        return
    looked = _looked(groups)
    things = about.records.people(looked["profile"].unique().sort(), at)
    values = things.filter(kind="trait").group_by("name").agg(pl.col("value").n_unique().alias("values"))
    told = things.join(values, on="name", how="left").filter(
        (pl.col("kind") == "interest") | (pl.col("values") <= VALUES)
    )
    of = np.bincount(looked["group"].to_numpy(), minlength=groups.k + 1)
    every = looked["profile"].n_unique()
    for (kind, name, value), found in told.group_by("kind", "name", "value", maintain_order=True):
        mine = looked.join(found.select("profile").unique(), on="profile", how="semi")
        label = str(name) if kind == "interest" else f"{name}: {value}"
        n = np.bincount(mine["group"].to_numpy(), minlength=groups.k + 1)
        share_all = mine["profile"].n_unique() / max(1, every)
        for number in range(groups.k):
            yield from _told((names[number], kind, name, value, label), int(n[number]), int(of[number]), share_all)


def _told(names: tuple[Any, ...], n: int, of: int, share_all: float) -> Iterator[tuple[Any, ...]]:
    share = n / max(1, of)
    if share >= SUPPORT and share_all > 0 and wilson(n, of)[0] > share_all:
        yield (*names, n, of, share, share_all, share / share_all)


def _looked(groups: Groups) -> pl.DataFrame:
    """Customers and the personas they have journeys of (k: like none), those of the smallest numbers."""
    found = []
    for part, group in zip(groups.parts, groups.group, strict=True):
        mine = group <= groups.k
        pairs: Ints = np.unique(part.customer[mine].astype(np.int64) * (groups.k + 1) + group[mine])
        who = part.profiles.gather(pairs // (groups.k + 1)).alias("profile")
        found.append(pl.DataFrame({"profile": who, "number": hashes_of(who), "group": pairs % (groups.k + 1)}))
    empty = {"profile": pl.String, "number": pl.UInt64, "group": pl.Int64}
    every = pl.concat([pl.DataFrame(schema=empty), *found]) if found else pl.DataFrame(schema=empty)
    last = every.select("profile", "number").unique().sort("number", "profile").head(LOOKED)
    return every.join(last.select("profile"), on="profile", how="semi").sort("profile", "group")
