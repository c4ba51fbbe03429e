"""Logs and how to cut them in, the steps and journeys of each log out; what `journeys` says is made here.

Where everything that happened counts (no period, no segment, no background), steps are the log's own arrays: nothing is
copied, only where journeys begin is told. What was cut is kept for the next question while there is room for it; where
there is none, it is cut anew for each pass, one log at a time. So a log of any length is counted in bounded memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from harken.logs import Codes, Flags, Floats, Ints, Log, Logs
from harken.understand import kernels
from harken.words import DAY, Micros

SHORTEST_HORIZON: Micros = 7 * DAY
EVER = 2**63 - 1
WHOLE = -1  # instead of the last seq: all events of the log count, so it is that of the log


class How(Struct, frozen=True, kw_only=True):
    """How logs are cut."""

    kinds: NDArray[np.int8]  # place -> no step, background, step, goal
    ranks: Ints | None  # place -> rank; None when all have the same
    names: pl.Series | None  # only these profiles
    since: Micros
    until: Micros
    timeout: Micros  # a journey ends after so long without a step; negative: never
    goals: bool  # … and with each goal

    @property
    def key(self) -> tuple[object, ...]:
        """All but `names` and `until`."""
        ranks = b"" if self.ranks is None else self.ranks.tobytes()
        return "cuts", self.kinds.tobytes(), ranks, self.since, self.timeout, self.goals


class Told(Struct, frozen=True):
    """What is known of a log once it was cut."""

    steps: int
    journeys: int
    customers: int
    ties: int
    gaps: int
    last_seq: int
    long: Ints  # the gaps longer than the shortest horizon
    below: Micros  # when the last event before the end of the period was, step or not
    above: Micros  # when the first one after it was


class Cut(Struct, frozen=True):
    """The journeys of a log (see `journeys.Part`)."""

    off: Ints
    place: Codes
    occurred: Ints
    emotion: Floats
    customer: Codes
    began: Ints
    ended: Ints
    reached: Flags
    bytes: int  # of its own


def cut(log: Log, how: How, asked: Flags | None) -> tuple[Cut, Told]:
    """One log, cut. `asked`: the customers who are wanted; None: all."""
    place, emotion, own = log.place, log.emotion, 0
    if how.ranks is not None:
        order = kernels.ranked(log.off, log.occurred, place, how.ranks)
        place, emotion = place[order], emotion[order] if len(emotion) else emotion
        own = place.nbytes + emotion.nbytes
    if asked is None and not len(log.out):
        whole = _split(log, place, emotion, own, how)
        if whole is not None:
            return whole
    wanted = ~log.out
    if asked is not None:
        wanted = asked & wanted if len(wanted) else asked
    arrays, told = kernels.cut(
        log.off, log.occurred, place, log.seq, emotion, wanted, how.kinds, how.since, how.until, how.timeout, how.goals,
        SHORTEST_HORIZON,
    )  # fmt: skip
    made = _cut(arrays[:4], arrays[4:8], sum(array.nbytes for array in arrays[:8]))
    return made, _told(made, told, arrays[8])


def _split(log: Log, place: Codes, emotion: Floats, own: int, how: How) -> tuple[Cut, Told] | None:
    """A log all of whose events are steps; None when it is not."""
    found = kernels.split(
        log.off, log.occurred, place, how.kinds, how.since, how.until, how.timeout, how.goals, SHORTEST_HORIZON
    )
    arrays, told = found
    if not told[0]:
        return None
    customers = len(log.profiles)
    own += sum(array.nbytes for array in arrays[:5])
    made = _cut((arrays[0], place, log.occurred, emotion), arrays[1:5], own)
    return made, _told(made, (customers, told[1], told[2], WHOLE, told[3], EVER), arrays[5])


def _cut(steps: tuple[Any, ...], journeys: tuple[Any, ...], own: int) -> Cut:
    """What steps are made of can only be read, whether it is mapped, shared or new: one machine code for all."""
    off, place, occurred, emotion = steps
    customer, began, ended, reached = journeys
    for array in steps:
        array.flags.writeable = False
    return Cut(off, place, occurred, emotion, customer, began, ended, reached, own)


def _told(made: Cut, told: Any, long: Ints) -> Told:
    customers, ties, gaps, last_seq, below, above = (int(one) for one in told)
    return Told(len(made.place), len(made.customer), customers, ties, gaps, last_seq, long, below, above)


class Cuts:
    """All logs, cut. The cuts themselves are kept as far as there is room."""

    def __init__(self, logs: Logs, how: How) -> None:
        self._logs, self._how, self._places = logs.parts, how, logs.places.height
        self._room = logs.memo.room
        self._asked = None if how.names is None else _asked(logs, how.names)
        self._kept: dict[int, Cut] = {}
        self._weights: Ints | None = None
        self._gap: Micros | None = None
        told = kernels.each(self._first, range(len(self._logs)))
        self.there = [number for number, one in enumerate(told) if one.journeys]  # logs with journeys
        self.told = told
        self.last_seq = self._last_seq(logs)

    @property
    def bytes(self) -> int:
        """What it keeps."""
        return sum(one.bytes for one in [*self._kept.values()])

    def hold(self, until: Micros) -> bool:
        """Whether they are right for a period that ends then too: nothing happened between one end and the other."""
        return all(one.below < until <= one.above for one in self.told)

    def of(self, number: int) -> tuple[Cut, Log]:
        """The cut of one log."""
        kept = self._kept.get(number)
        return kept or self._cut(number)[0], self._logs[number]

    def gap_of_most(self) -> Micros:
        """The smallest gap that 95 % of the gaps do not exceed (nearest rank); not less than the shortest horizon."""
        if self._gap is None:
            gaps, longer = sum(one.gaps for one in self.told), sum(len(one.long) for one in self.told)
            rank = -(-gaps * 19 // 20) - (gaps - longer) - 1  # among the long ones; the short ones are only counted
            long = np.concatenate([np.empty(0, np.int64), *(one.long for one in self.told)])
            self._gap = SHORTEST_HORIZON if rank < 0 else int(np.partition(long, rank)[rank])
        return self._gap

    def weights(self) -> Ints:
        """How many steps were made at each place."""
        if self._weights is None:
            found = kernels.each(lambda one: kernels.weighed(self.of(one)[0].place, self._places), self.there)
            self._weights = sum(found, np.zeros(self._places, np.int64))
        return self._weights

    def _cut(self, number: int) -> tuple[Cut, Told]:
        return cut(self._logs[number], self._how, None if self._asked is None else self._asked[number])

    def _last_seq(self, logs: Logs) -> int:
        """Of all steps. Where every event is one, nobody need look."""
        if logs.last_seq is not None and all(one.last_seq == WHOLE for one in self.told):
            return logs.last_seq
        whole = [log for log, one in zip(self._logs, self.told, strict=True) if one.last_seq == WHOLE]
        found = kernels.each(lambda log: int(log.seq.max(initial=0)), whole)
        return max([*found, *(one.last_seq for one in self.told)], default=0)

    def _first(self, number: int) -> Told:
        made, told = self._cut(number)
        if told.journeys and made.bytes <= self._room:
            self._room -= made.bytes  # two threads may count one of two: about so much is kept
            self._kept[number] = made
        return told


def _asked(logs: Logs, names: pl.Series) -> list[Flags]:
    """Which customers of each log are among the names."""
    every = pl.concat(
        [pl.Series("profile", [], dtype=pl.String), *(log.profiles.alias("profile") for log in logs.parts)]
    )
    found = every.is_in(names.implode()).to_numpy()
    return np.split(found, np.cumsum([len(log.profiles) for log in logs.parts])[:-1])


def cuts_of(logs: Logs, how: How) -> Cuts:
    """The logs, cut now or for a question before."""
    if how.names is not None:
        return Cuts(logs, how)
    return logs.memo.of(how.key, lambda: Cuts(logs, how), lambda made: made.hold(how.until))
