"""Journeys and a node for each of their places in, the counts behind the map out: links, nodes, stages and times.

Every number adds up over parts, because no customer is in two of them; times are kept whole for exact medians.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from harken.logs import Flags, Ints
from harken.understand import kernels, tallying
from harken.understand.journeys import Part
from harken.understand.levels import BEFORE, END, OPEN, OTHER, PSEUDO, START
from harken.words import SECOND

COUNTS = ("customers", "journeys", "events")
DENSE = 1_000  # nodes up to which every link there could be has a row of its own
TIMED = ("median_seconds", "p90_seconds")


class Numbering(Struct, frozen=True):
    """Nodes as numbers: real ones first, then START, BEFORE, END, OPEN and OTHER."""

    nodes: int
    stages: int
    of_place: Ints  # place -> node
    stage_of_place: Ints  # place -> stage

    @property
    def size(self) -> int:
        return self.nodes + len(PSEUDO)

    def pseudo(self, name: str) -> int:
        return self.nodes + PSEUDO.index(name)


class Counted(Struct, frozen=True):
    """Counts by number."""

    links: pl.DataFrame  # from, to, customers, journeys, events, median_seconds, p90_seconds
    nodes: pl.DataFrame  # node, customers, journeys, events, median_seconds, emotion_n, emotion, emotion_sd
    stages: pl.DataFrame  # stage, customers, journeys, events, left, still_open, emotion_n, emotion, emotion_sd


def count(
    parts: Sequence[Part], numbering: Numbering, *, collapse: bool = False, hidden: pl.Series | None = None
) -> Counted:
    """Count everything in two passes over the parts: how often, then how long. `hidden` links (as from * size + to) go
    through OTHER."""
    asked = _Asked(parts, numbering, collapse, hidden)
    tallies = kernels.each(asked.tallied, kernels.shares(parts, lambda part: part.steps))
    total = _sum(tallies, numbering)
    begins, times = asked.timed(tallies)
    return Counted(
        links=_links(total, asked, begins, times),
        nodes=_nodes(total, asked, begins, times),
        stages=_stages(total, numbering),
    )


class _Tally:
    """The counts of one processor; behind them, which customer and journey each row met last."""

    def __init__(self, rows: int, numbering: Numbering) -> None:
        size, stages = numbering.size, numbering.stages
        self.links, self.nodes, self.stages = _counts(rows, 3, 2), _counts(size, 3, 2), _counts(stages, 3, 2)
        self.ends = _counts(stages, 2, 2)
        self.felt = np.zeros((size + stages, 3), np.float64)
        self._firsts = np.zeros(2, np.int64)
        self.parts: list[Part] = []

    def add(self, part: Part, asked: _Asked) -> None:
        """Count one more part."""
        to = asked.numbering
        tallying.tally(
            part.off, part.place, part.emotion, part.customer, part.truncated, part.open,
            to.of_place, to.stage_of_place, to.nodes, asked.table, asked.hidden, asked.collapse, self._firsts,
            self.links, self.nodes, self.stages, self.ends, self.felt,
        )  # fmt: skip
        self._firsts += (part.profiles.len(), part.journeys)
        self.parts.append(part)


def _counts(rows: int, counts: int, met: int) -> Ints:
    made = np.zeros((rows, counts + met), np.int64)
    made[:, counts:] = -1
    return made


def _sum(tallies: Sequence[_Tally], numbering: Numbering) -> _Tally:
    total = _Tally(0, numbering)
    for name in ("links", "nodes", "stages", "ends", "felt"):
        setattr(total, name, sum(getattr(one, name) for one in tallies))
    return total


class _Asked:
    """What is counted, and which row each link has: its number, or with many nodes its place in the table of those
    links that there are."""

    def __init__(self, parts: Sequence[Part], numbering: Numbering, collapse: bool, hidden: pl.Series | None) -> None:
        self.numbering, self.collapse = numbering, collapse
        self.table = np.empty(0, np.int64)
        if numbering.nodes > DENSE:
            self.table = self._there(parts)
        self.rows = len(self.table) or numbering.size**2
        self.hidden: Flags = np.empty(0, np.bool_)
        if hidden is not None:
            self.hidden = np.zeros(self.rows, np.bool_)
            codes = hidden.to_numpy().astype(np.int64)
            self.hidden[np.searchsorted(self.table, codes) if len(self.table) else codes] = True

    def _there(self, parts: Sequence[Part]) -> Ints:
        """Every link there is, and those that begin and end journeys or go through OTHER."""
        to = self.numbering

        def distinct(part: Part) -> Ints:
            return np.unique(kernels.links_of(part.off, part.place, to.of_place, to.size, self.collapse))

        moves = np.unique(np.concatenate([np.empty(0, np.int64), *kernels.each(distinct, parts)]))
        nodes = np.arange(to.size, dtype=np.int64)
        into = [to.pseudo(name) * to.size + nodes for name in (START, BEFORE, OTHER)]
        out = [nodes * to.size + to.pseudo(name) for name in (END, OPEN, OTHER)]
        return np.unique(np.concatenate([moves, *into, *out]))

    @property
    def codes(self) -> Ints:
        """from * size + to of each row."""
        return self.table if len(self.table) else np.arange(self.rows, dtype=np.int64)

    def tallied(self, parts: Sequence[Part]) -> _Tally:
        made = _Tally(self.rows, self.numbering)
        for part in parts:
            made.add(part, self)
        return made

    def timed(self, tallies: Sequence[_Tally]) -> tuple[Ints, Ints]:
        """The times of all moves, those of one link side by side, and where each link's begin."""
        to, nodes = self.numbering, self.numbering.nodes
        a, b = self.codes // to.size, self.codes % to.size
        other = to.pseudo(OTHER)
        moved = ((a < nodes) | (a == other)) & ((b < nodes) | (b == other))
        each = [np.where(moved, one.links[:, 2], 0) for one in tallies]
        begins = np.zeros(self.rows + 1, np.int64)
        np.cumsum(sum(each), out=begins[1:])
        times = np.empty(begins[-1], np.int64)
        next_, work = begins[:-1].copy(), []
        for tally, counted in zip(tallies, each, strict=True):
            work.append((tally, next_.copy()))
            next_ += counted

        def lay_out(one: tuple[_Tally, Ints]) -> None:
            tally, at = one
            for part in tally.parts:
                tallying.lay_out(
                    part.off, part.place, part.occurred, to.of_place, nodes, self.table, self.hidden, self.collapse,
                    at, times,
                )  # fmt: skip

        kernels.each(lay_out, work)
        return begins, times


# ---------------------------------------------------------------------- arrays -> frames


def _links(total: _Tally, asked: _Asked, begins: Ints, times: Ints) -> pl.DataFrame:
    found = _medians(times, begins, 2)
    there = np.flatnonzero(total.links[:, 2])
    codes, size = asked.codes[there], asked.numbering.size
    ends = {"from": (codes // size).astype(np.uint32), "to": (codes % size).astype(np.uint32)}
    counts = {name: total.links[there, n] for n, name in enumerate(COUNTS)}
    seconds = {name: found[there, n] / SECOND for n, name in enumerate(TIMED)}
    return pl.DataFrame(ends | counts | seconds).with_columns(pl.col(TIMED).fill_nan(None))


def _nodes(total: _Tally, asked: _Asked, begins: Ints, times: Ints) -> pl.DataFrame:
    """A node's times are those of all links that go out from it: they lie side by side."""
    size = asked.numbering.size
    rows = np.searchsorted(asked.codes, np.arange(size + 1, dtype=np.int64) * size)
    found = _medians(times, begins[rows], 1)
    frame = _counted("node", total.nodes, total.felt[:size])
    seconds = pl.Series("median_seconds", found[:, 0] / SECOND).fill_nan(None)
    return frame.with_columns(seconds.gather(frame["node"]))


def _stages(total: _Tally, numbering: Numbering) -> pl.DataFrame:
    frame = _counted("stage", total.stages, total.felt[numbering.size :])
    there = frame["stage"].to_numpy()
    return frame.with_columns(pl.Series("left", total.ends[there, 0]), pl.Series("still_open", total.ends[there, 1]))


def _counted(name: str, counts: Ints, felt: NDArray[np.float64]) -> pl.DataFrame:
    """Rows that were met; mean and spread from sums. Rounded, so that the order of addition does not show."""
    there = np.flatnonzero(counts[:, 2])
    n, sums, squares = felt[there].T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums / n
        variance = np.clip((squares - sums * mean) / (n - 1), 0, None)
    data = {name: there.astype(np.uint32)} | {kind: counts[there, at] for at, kind in enumerate(COUNTS)}
    data |= {"emotion_n": n.astype(np.int64), "emotion": mean, "emotion_sd": np.where(n > 1, np.sqrt(variance), np.nan)}
    return pl.DataFrame(data).with_columns(pl.col("emotion", "emotion_sd").round(6).fill_nan(None))


def _medians(times: Ints, begins: Ints, quantiles: int) -> NDArray[np.float64]:
    """The median (1) or the median and the 90 % quantile (2) of each stretch."""
    rows = len(begins) - 1
    found = np.full((rows, quantiles), np.nan)
    wanted = np.linspace(0, len(times), kernels.WORKERS * 4 + 1)[1:-1]
    cuts = [0, *np.unique(np.searchsorted(begins, wanted)).tolist(), rows]
    spans = [(a, b) for a, b in pairwise(cuts) if a < b]
    kernels.each(lambda span: tallying.medians(times, begins, span[0], span[1], found), spans)
    return found
