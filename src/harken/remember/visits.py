"""Moments on one channel -> visits: a pause of up to 30 minutes goes on with a visit, a longer one begins the next.

Visits follow from the set of moments, whatever order they came in. The newest 64 are kept; of older ones only how
many they were. A moment that may touch one of those cannot be placed without the log: then `visit` says so. Of more
than 32 channels the made-up ones are one channel `…`, whose old visits are only roughly counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct, field

from harken.remember.names import OTHER, fitted, surplus
from harken.rules import Span
from harken.words import SECOND, Micros

PAUSE: Final = 1_800 * SECOND
KEPT: Final = 64
CHANNELS: Final = 32


class Visits(Struct, array_like=True, gc=False):
    """Reads as `rules.Times`: a visit is inside a window while its last moment is."""

    events: int = 0
    starts: list[Micros] = field(default_factory=list)  # rising
    lengths: list[Micros] = field(default_factory=list)
    older: int = 0  # visits before those
    oldest: Micros | None = None  # begin of the first of them

    @property
    def total(self) -> int:
        return self.older + len(self.starts)

    @property
    def recent(self) -> list[Micros]:
        return [start + length for start, length in zip(self.starts, self.lengths, strict=True)]

    @property
    def first(self) -> Micros:
        return self.starts[0] if self.oldest is None else self.oldest

    @property
    def last(self) -> Micros:
        return self.starts[-1] + self.lengths[-1]

    def spans(self) -> Iterator[Span]:
        for start, length in zip(self.starts, self.lengths, strict=True):
            yield start, start + length, 1
        if self.oldest is not None:
            yield self.oldest, max(self.oldest, self.starts[0] - PAUSE), self.older

    def holds(self, moment: Micros) -> bool:
        """Whether a moment lies in one of the visits that are kept."""
        place = bisect_right(self.starts, moment) - 1
        return place >= 0 and moment - self.starts[place] <= self.lengths[place]


def visit(channels: dict[str, Visits], name: str, moment: Micros) -> bool:
    """One more moment on this channel; True when it cannot be placed exactly without the log."""
    visits = channels.get(name)
    if visits is None:
        visits = _named(channels, name)
    visits.events += 1
    starts, lengths = visits.starts, visits.lengths
    if not starts:
        starts.append(moment)
        lengths.append(0)
        return False
    begun = starts[-1]
    if moment < begun:
        return _late(visits, moment)
    length = moment - begun
    if length > lengths[-1]:
        if length - lengths[-1] <= PAUSE:
            lengths[-1] = length
        else:
            starts.append(moment)
            lengths.append(0)
            if len(starts) > KEPT:
                _spill(visits)
    return False


def _late(visits: Visits, moment: Micros) -> bool:
    """A moment before the newest visit began: it may be inside one, stretch one, bridge two, or be one of its own."""
    starts, lengths = visits.starts, visits.lengths
    right = bisect_right(starts, moment)
    left = right - 1
    goes_left = left >= 0 and moment - starts[left] - lengths[left] <= PAUSE
    goes_right = starts[right] - moment <= PAUSE
    inexact = visits.older > 0 and (left < 0 or (goes_left and goes_right))
    if goes_left and goes_right:
        lengths[left] = starts[right] + lengths[right] - starts[left]
        del starts[right], lengths[right]
    elif goes_left:
        lengths[left] = max(lengths[left], moment - starts[left])
    elif goes_right:
        lengths[right] += starts[right] - moment
        starts[right] = moment
    else:
        starts.insert(right, moment)
        lengths.insert(right, 0)
        if len(starts) > KEPT:
            _spill(visits)
    return inexact


def _spill(visits: Visits) -> None:
    begun = visits.starts.pop(0)
    del visits.lengths[0]
    visits.older += 1
    if visits.oldest is None or begun < visits.oldest:
        visits.oldest = begun


def _named(channels: dict[str, Visits], name: str) -> Visits:
    name = fitted(name)
    visits = channels.setdefault(name, Visits())
    while (gone := surplus(channels, CHANNELS)) is not None:
        other = channels[OTHER] = united([channels.get(OTHER, Visits()), channels.pop(gone)])
        while len(other.starts) > KEPT:
            _spill(other)
    return visits if name in channels else channels[OTHER]


def united(parts: list[Visits]) -> Visits:
    """The visits of several trails on one channel as those of one customer: what overlaps or follows within 30
    minutes is one visit. Keeps every visit its parts keep; older ones are added up."""
    made = Visits(
        events=sum(part.events for part in parts),
        older=sum(part.older for part in parts),
        oldest=min((part.oldest for part in parts if part.oldest is not None), default=None),
    )
    starts, lengths = made.starts, made.lengths
    for start, length in sorted(pair for part in parts for pair in zip(part.starts, part.lengths, strict=True)):
        if starts and start - starts[-1] - lengths[-1] <= PAUSE:
            lengths[-1] = max(lengths[-1], start + length - starts[-1])
        else:
            starts.append(start)
            lengths.append(length)
    return made


def joined(tables: Iterable[dict[str, Visits]]) -> dict[str, Visits]:
    """The channels of several trails as those of one customer. Shares what only one of them holds."""
    parts: dict[str, list[Visits]] = {}
    for table in tables:
        for name, visits in table.items():
            parts.setdefault(name, []).append(visits)
    made = {name: found[0] if len(found) == 1 else united(found) for name, found in parts.items()}
    while (gone := surplus(made, CHANNELS)) is not None:
        made[OTHER] = united([made.get(OTHER, Visits()), made.pop(gone)])
    return made
