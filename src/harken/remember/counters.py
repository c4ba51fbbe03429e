"""Moments of events or touchpoints -> by name: how often, first, last, and when: the newest exactly, older by the day.

What is kept follows from the set of moments, whatever order they came in: of each name the newest 32 exactly; of
everything older a number for its day, of the newest 400 such days; what is older still is only in the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from struct import Struct as Packing
from typing import Final

from msgspec import Struct, field

from harken.remember.names import LENGTH, OTHER, fitted, surplus
from harken.rules import Span
from harken.words import DAY, Micros

RECENT: Final = 32
DAYS: Final = 400
NAMES: Final = 256
SIZE: Final = 8  # bytes of a moment; big-endian, so that bytes compare as the moments do
FULL: Final = RECENT * SIZE  # bytes of a name's moments


def packed(moment: Micros) -> bytes:
    """A moment as counters keep it.

    >>> packed(258)
    b'\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x02'
    """
    return moment.to_bytes(SIZE, "big")


@lru_cache(8 * RECENT)
def _packing(moments: int) -> Packing:
    return Packing(f">{moments}Q")


def _unpacked(packed: bytes) -> tuple[Micros, ...]:
    return _packing(len(packed) // SIZE).unpack(packed)


class Older(Struct, array_like=True, gc=False):
    """What one name has beside its newest moments."""

    total: int
    oldest: Micros
    days: dict[int, int]


class Counter(Struct, gc=False):
    """What is known of one name; reads as `rules.Times`."""

    recent: tuple[Micros, ...]  # rising
    older: Older | None = None

    @property
    def total(self) -> int:
        return len(self.recent) + (0 if self.older is None else self.older.total)

    @property
    def first(self) -> Micros:
        return self.recent[0] if self.older is None else self.older.oldest

    @property
    def last(self) -> Micros:
        return self.recent[-1]

    def spans(self) -> Iterator[Span]:
        """A day counts from its begin, and until its last moment (or the oldest exact one) leaves the window."""
        for moment in self.recent:
            yield moment, moment, 1
        if self.older is None:
            return
        total, oldest, days = self.older.total, self.older.oldest, self.older.days
        for day, number in days.items():
            yield max(day * DAY, oldest), min((day + 1) * DAY - 1, self.recent[0]), number
        before = total - sum(days.values())
        if before:
            yield oldest, max(oldest, min(days) * DAY - 1), before

    def latest(self, now: Micros) -> tuple[Micros | None, Micros | None]:
        """The newest moment not after `now`, and the next one after it."""
        recent = self.recent
        if recent[-1] <= now:
            return recent[-1], None
        coming = next(moment for moment in recent if moment > now)
        before = [moment for moment in recent if moment <= now] or [
            leave if leave <= now else enter for enter, leave, _ in self.spans() if enter <= now
        ]
        return (max(before) if before else None), coming


class Counters(Struct, array_like=True, gc=False):
    """Counters by name, packed: a trail's state is read and written far more often than looked into."""

    recent: dict[str, bytes] = field(default_factory=dict)
    older: dict[str, Older] = field(default_factory=dict)

    def count(self, name: str, moment: Micros) -> None:
        """One more of this name."""
        self.add(name, packed(moment))

    def add(self, name: str, packed: bytes) -> None:
        """More of this name; their moments as `packed`, one behind the other, rising."""
        recent = self.recent.get(name)
        if recent is None:
            recent = b""
            if len(self.recent) >= NAMES or len(name) > LENGTH:
                name = self._room(name)
                recent = self.recent.get(name, b"")
        recent = _merged(recent, packed)
        if len(recent) > FULL:
            self._spill(name, recent[:-FULL])
            recent = recent[-FULL:]
        self.recent[name] = recent

    def get(self, name: str) -> Counter | None:
        recent = self.recent.get(name)
        return None if recent is None else Counter(_unpacked(recent), self.older.get(name))

    def all(self) -> Iterator[tuple[str, Counter]]:
        for name, recent in self.recent.items():
            yield name, Counter(_unpacked(recent), self.older.get(name))

    def first(self, name: str) -> Micros:
        older = self.older.get(name)
        return int.from_bytes(self.recent[name][:SIZE], "big") if older is None else older.oldest

    def latest_of(self, names: Mapping[str, str]) -> list[str]:
        """Of those names that stand in the mapping, what the one counted last maps to (several at the same instant)."""
        best: list[str] = []
        latest = b""
        for name, packed in self.recent.items():
            meaning = names.get(name)
            if meaning is not None:
                last = packed[-SIZE:]
                if last > latest:
                    best, latest = [meaning], last
                elif last == latest:
                    best.append(meaning)
        return best

    def _room(self, name: str) -> str:
        """Under which name a new one is counted: its own, or `…` when it is not among those kept."""
        name = fitted(name)
        if len(self.recent) < NAMES or name in self.recent:
            return name
        self.recent[name] = b""
        self.trim()
        if name not in self.recent:
            return OTHER
        return name

    def trim(self) -> None:
        """Count surplus names under `…`."""
        while (name := surplus(self.recent, NAMES)) is not None:
            self._absorb(OTHER, self.recent.pop(name), self.older.pop(name, None))

    def _spill(self, name: str, packed: bytes) -> None:
        moments = _unpacked(packed)
        older = self.older.get(name)
        if older is None:
            older = self.older[name] = Older(0, moments[0], {})
        older.total += len(moments)
        older.oldest = min(older.oldest, moments[0])
        for moment in moments:
            add_day(older.days, moment // DAY, 1)

    def _absorb(self, name: str, recent: bytes, older: Older | None) -> None:
        """Count these moments under this name too."""
        merged = _merged(self.recent.get(name, b""), recent)
        if older is not None:
            mine = self.older.get(name)
            if mine is None:
                self.older[name] = Older(older.total, older.oldest, dict(older.days))
            else:
                mine.total += older.total
                mine.oldest = min(mine.oldest, older.oldest)
                for day, number in older.days.items():
                    add_day(mine.days, day, number)
        if len(merged) > FULL:
            self._spill(name, merged[:-FULL])
            merged = merged[-FULL:]
        self.recent[name] = merged


def _merged(one: bytes, other: bytes) -> bytes:
    if one[-SIZE:] <= other[:SIZE]:
        return one + other
    moments = sorted(_unpacked(one + other))
    return _packing(len(moments)).pack(*moments)


def add_day(days: dict[int, int], day: int, number: int) -> None:
    """Add to a day, keeping the newest `DAYS` different ones."""
    if day in days:
        days[day] += number
        return
    if len(days) >= DAYS:
        oldest = min(days)
        if day < oldest:
            return
        del days[oldest]
    days[day] = number


def joined(tables: Iterable[Counters]) -> Counters:
    """The counters of several trails as those of one customer; a value of its own."""
    made = Counters()
    for table in tables:
        for name, recent in table.recent.items():
            older = table.older.get(name)
            if name in made.recent or older is not None:
                made._absorb(name, recent, older)
            else:
                made.recent[name] = recent
    made.trim()
    return made
