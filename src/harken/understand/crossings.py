"""Journeys in, where customers cross from one side to another out: which crossings were slow, which known only later, and
which ran into what should not have happened.

A crossing is a step on one side and the next on another; messages the company sends are looked through. All gaps are frames
with moment (the step before), end (the step after), journey and how long they took (microseconds).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.logs import Ints
from harken.understand.asking import length
from harken.understand.journeys import Part
from harken.understand.kernels import A, compiled
from harken.words import Micros

if TYPE_CHECKING:
    from harken.understand.sides import Where

RIGHT = "`email: Reminder after goal:order`, `email: Offer after web: Unsubscribe within 30d unless web: Sign-up`"
_RULE = re.compile(r"^(?P<wrong>.+?)\s+after\s+(?P<cause>.+?)(?:\s+within\s+(?P<time>\S+(?:\s(?!unless\b)\S+)?))?"
                   r"(?:\s+unless\s+(?P<unless>.+))?$")  # fmt: skip


class Rule(Struct, frozen=True, kw_only=True):
    """What should not come after what."""

    wrong: str
    cause: str
    within: Micros = -1  # of the cause; -1: ever after
    unless: str = ""  # not when this came in between


def rule_of(text: str) -> Rule:
    """A rule as people write it: `email: Reminder after goal:order within 7d unless web: Basket`.

    >>> rule_of("email: Reminder after goal:order").cause
    'goal:order'
    >>> rule_of("email: Offer after web: Sign-off within 7d unless web: Sign-up").unless
    'web: Sign-up'
    """
    told = _RULE.match(text.strip())
    if told is None:
        raise Invalid(f"contradictions: '{text}' does not say what should not come after what; right: {RIGHT}")
    within = -1 if told["time"] is None else length(told["time"], "contradictions")
    return Rule(wrong=told["wrong"], cause=told["cause"], within=within, unless=told["unless"] or "")


# ---------------------------------------------------------------------- loops


@compiled
def _moves(off: A, place: A, pushed: A) -> Any:
    """Steps that follow one another, those of the company looked through: from, to, journey."""
    a, b, of = np.empty(len(place), np.int64), np.empty(len(place), np.int64), np.empty(len(place), np.int64)
    n = 0
    for journey in range(len(off) - 1):
        before = -1
        for at in range(off[journey], off[journey + 1]):
            if pushed[place[at]]:
                continue
            if before >= 0:
                a[n], b[n], of[n] = before, at, journey
                n += 1
            before = at
    return a[:n], b[:n], of[:n]


@compiled
def _wrong(off: A, place: A, occurred: A, kinds: A, within: int) -> Any:
    """Steps that should not come after another one: that one, the step, journey. `kinds` of a place: bits 1 what should
    not come, 2 after what, 4 unless."""
    a, b, of = np.empty(len(place), np.int64), np.empty(len(place), np.int64), np.empty(len(place), np.int64)
    n = 0
    for journey in range(len(off) - 1):
        cause = -1
        for at in range(off[journey], off[journey + 1]):
            kind = kinds[place[at]]
            if kind & 1 and cause >= 0 and (within < 0 or occurred[at] - occurred[cause] <= within):
                a[n], b[n], of[n] = cause, at, journey
                n += 1
            if kind & 4:
                cause = -1
            if kind & 2:
                cause = at
    return a[:n], b[:n], of[:n]


# ---------------------------------------------------------------------- frames


def contradicted(part: Part, kinds: list[tuple[Ints, Micros]]) -> pl.DataFrame:
    """What came though it should not, of every rule; by moment."""
    found = [_wrong(part.off, part.place, part.occurred, kind, within) for kind, within in kinds]
    empty = (np.empty(0, np.int64),) * 3
    a, b, of = (np.concatenate(column) for column in zip(empty, *found, strict=True))
    order = np.lexsort((b, a))
    a, b, of = a[order], b[order], of[order]
    return pl.DataFrame({"moment": a, "end": b, "journey": of, "time": part.occurred[b] - part.occurred[a]})


def moves_of(part: Part, where: Where, long: Micros) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Steps that follow one another within `long`: those within a side (side, node_from, node_to, time) and those that
    cross to another one (moment, end, journey, customer, time, sides and nodes of both)."""
    a, b, of = _moves(part.off, part.place, where.pushed)
    side, node = where.side.astype(np.int32), where.nodes.of_place.astype(np.int32)
    time = part.occurred[b] - part.occurred[a]
    near = time <= long
    crossing = near & (side[part.place[a]] != side[part.place[b]])
    inside = near & ~crossing
    c, d = part.place[a[inside]], part.place[b[inside]]
    within = {"side": side[c], "node_from": node[c], "node_to": node[d], "time": time[inside]}
    a, b, of = a[crossing], b[crossing], of[crossing]
    c, d = part.place[a], part.place[b]
    across = {
        "moment": a, "end": b, "journey": of, "customer": part.customer[of], "time": time[crossing],
        "side_from": side[c], "side_to": side[d], "node_from": node[c], "node_to": node[d],
    }  # fmt: skip
    return pl.DataFrame(within), pl.DataFrame(across)


def paces(inside: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What is typical (median) for a step within a side: by the node it comes from, by the one it goes to, and in all."""
    usual = pl.col("time").median().alias("usual")
    own = {end: inside.group_by(end).agg(pl.col("time").median().alias("own")) for end in ("node_from", "node_to")}
    return {**own, "side": inside.group_by("side").agg(usual)}


def timed(crossing: pl.DataFrame, usual: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Crossings with what is typical for a step within each side, from and to the same nodes (of the whole side, where these
    have none): `within_from`, `within_to`; and how much longer they took than the slower of both: `over`, null where
    nothing is known."""
    for end in ("from", "to"):
        crossing = crossing.join(usual[f"node_{end}"], on=f"node_{end}", how="left", maintain_order="left")
        crossing = crossing.join(
            usual["side"], left_on=f"side_{end}", right_on="side", how="left", maintain_order="left"
        )
        crossing = crossing.with_columns(pl.coalesce("own", "usual").alias(f"within_{end}")).drop("own", "usual")
    over = pl.col("time") - pl.max_horizontal("within_from", "within_to")
    return crossing.with_columns(over.alias("over"))


def latencies(crossings: pl.DataFrame) -> pl.DataFrame:
    """Of each pair of sides: crossings, their median, what is typical within both, and how much longer a crossing is."""
    found = crossings.group_by("side_from", "side_to").agg(
        pl.len().alias("crossings"),
        pl.col("time").median().alias("crossing"),
        pl.col("within_from").median(),
        pl.col("within_to").median(),
    )
    late = pl.col("crossing") - pl.max_horizontal("within_from", "within_to")
    return found.with_columns(late.alias("latency")).sort("side_from", "side_to")


def known_late(crossings: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """The crossings (with profile, source_from, source_to, at_from, at_to) nobody could know of when they happened: the
    links between what the customer left on both systems came later. Adds the kind of identifier on the second, and
    how long it took until then."""
    ends = ["profile", "source_from", "source_to"]
    met = crossings.filter(pl.col("source_from") != pl.col("source_to")).with_row_index("row").join(links, on=ends)
    met = met.filter(
        pl.col("at_from").is_between("first_from", "last_from") & pl.col("at_to").is_between("first_to", "last_to")
    )
    first = met.sort("row", "linked", "id").unique("row", keep="first", maintain_order=True)
    late = first.filter(pl.col("linked") > pl.col("at_to"))
    return late.with_columns((pl.col("linked") - pl.col("at_to")).alias("time"))
