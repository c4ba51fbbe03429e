"""Trails change with nearly every event: their new states go to the end of a journal first and into their rows later.

A commit writes every page it touches whole, and two thousand events touch nearly as many trails, each in another page.
So what changes in a trail is put, for all trails of a commit together, into one row of `late`; it moves into the rows of
`trail` a slice of neighbors at a time, each trail once however often it changed meanwhile: a slice for every `step` bytes
of journal (a small row counts for more), so a journal row has done its work when all slices have had their turn since,
and goes.

Who reads a trail's row looks into the journal rows of the same snapshot too. A journal row never changes, so what was
read from it is kept for all readers by its number.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable
from typing import TypeAlias

from harken.stores.sqlite.rows import Cell, insert

MOST = 16  # journal rows in a step, so that who reads has a thousand of them to look through, not one for each commit

Entry: TypeAlias = tuple[int, int, int, int, bytes]  # first, last, events, head, state
Entries: TypeAlias = dict[int, Entry]  # by row of the trail


def packed(entries: Entries) -> bytes:
    """The bytes of a journal row.

    >>> unpacked(packed({7: (1, 2, 3, 4, b"state"), 9: (5, 6, 7, 8, b"")}))
    {7: (1, 2, 3, 4, b'state'), 9: (5, 6, 7, 8, b'')}
    """
    numbers: list[int] = []
    for row, (first, last, events, head, state) in entries.items():
        numbers += (row, first, last, events, head, len(state))
    count = len(entries)
    return struct.pack(f"<{1 + 6 * count}q", count, *numbers) + b"".join([entry[4] for entry in entries.values()])


def unpacked(body: bytes) -> Entries:
    count = struct.unpack_from("<q", body)[0]
    at = 8 + 48 * count
    entries: Entries = {}
    for row, first, last, events, head, size in struct.iter_unpack("<6q", body[8:at]):
        entries[row] = (first, last, events, head, body[at : at + size])
        at += size
    return entries


class Journal:
    """The journal rows as they were read, for all connections of one Store."""

    def __init__(self) -> None:
        self._rows: dict[int, Entries] = {}
        self._since = 0

    def read(self, db: sqlite3.Connection) -> list[Entries]:
        """What the journal of this snapshot holds, the newest row first."""
        return [self.row(db, n) for (n,) in db.execute("SELECT n FROM late ORDER BY n DESC")]

    def row(self, db: sqlite3.Connection, n: int) -> Entries:
        entries = self._rows.get(n)
        if entries is None:
            entries = unpacked(db.execute("SELECT body FROM late WHERE n = ?", (n,)).fetchone()[0])
            self._rows[n] = entries
        return entries

    def add(self, n: int, entries: Entries) -> None:
        """A row that has been committed."""
        self._rows[n] = entries

    def keep(self, since: int) -> None:
        """Rows before this one are gone; an old snapshot reads them again."""
        if since == self._since:
            return
        self._since = since
        for n in list(self._rows):
            if n < since:
                self._rows.pop(n, None)


class Late:
    """The writer's side: everything in the journal as one, and what this transaction adds."""

    def __init__(self, db: sqlite3.Connection, journal: Journal, marks: dict[str, int]) -> None:
        self._db = db
        self._journal = journal
        self._step = marks["late step"]
        self._span = marks["late span"]  # neighboring rows that are in one slice
        self._slices: list[Entries] = [{} for _ in range(marks["late slices"])]
        self._new: Entries = {}
        self._written: tuple[int, Entries] | None = None
        self._n = -1  # how far the slices follow the journal; -1 = not known
        self._at = 0  # the step they stand at
        self._cleared = 0  # how often the journal had been emptied

    def begin(self, marks: dict[str, int]) -> None:
        """Know what is in the journal of this transaction, also when another process wrote some of it."""
        newest, cleared = marks.get("late", 0), marks.get("late cleared", 0)
        known = self._n == newest and self._cleared == cleared
        if not known and not (self._cleared == cleared and self._follow(newest)):
            self._slices = [{} for _ in self._slices]
            for entries in reversed(self._journal.read(self._db)):
                self._remember(entries)
        self._n, self._cleared = newest, cleared
        self._at = marks.get("late bytes", 0) // self._step

    def _follow(self, newest: int) -> bool:
        """Go the way from where we were, if every row of it is still there."""
        if not 0 <= self._n <= newest:
            return False
        rows = self._db.execute("SELECT n, step FROM late WHERE n > ? ORDER BY n", (self._n,)).fetchall()
        if len(rows) != newest - self._n:
            return False
        for n, step in rows:
            self._remember(self._journal.row(self._db, n))
            self._turn(step)
        return True

    def _turn(self, step: int) -> list[Entries]:
        """Take out the slices whose turn it is until that step."""
        count = len(self._slices)
        moved = []
        for turn in range(max(self._at, step - count) + 1, step + 1):
            taken, self._slices[turn % count] = self._slices[turn % count], {}
            moved.append(taken)
        self._at = step
        return moved

    def get(self, row: int) -> Entry | None:
        return self._new.get(row) or self._slices[row // self._span % len(self._slices)].get(row)

    def lasts(self) -> dict[int, int]:
        """When each trail that is in here was last seen."""
        return {row: entry[1] for entries in (*self._slices, self._new) for row, entry in entries.items()}

    def put(self, row: int, entry: Entry) -> None:
        self._new[row] = entry

    def flush(self, marks: dict[str, int]) -> None:
        """Write this transaction's journal row, and move the slices whose turn has come."""
        if not self._new:
            return
        self._n = -1  # until this is committed
        body = packed(self._new)
        n = marks["late"] = marks.get("late", 0) + 1
        end = marks["late bytes"] = marks.get("late bytes", 0) + max(len(body), self._step // MOST)
        step = end // self._step
        if step > self._at:  # first, as its pages are used again at once
            self._db.execute("DELETE FROM late WHERE step <= ?", (step - len(self._slices),))
        self._db.execute("INSERT INTO late (n, step, body) VALUES (?, ?, ?)", (n, step, body))
        self._remember(self._new)
        self._written, self._new = (n, self._new), {}
        for moved in self._turn(step):
            self._move(moved)

    def move_all(self, marks: dict[str, int]) -> None:
        """Leave nothing in the journal: what is erased or dropped must not live on in it."""
        self._n = -1  # until this is committed
        for moved in (*self._slices, self._new):
            self._move(moved)
        self._slices = [{} for _ in self._slices]
        self._new = {}
        self._written = None
        self._db.execute("DELETE FROM late")
        marks["late cleared"] = marks.get("late cleared", 0) + 1

    def committed(self, marks: dict[str, int]) -> None:
        if self._written:
            self._journal.add(*self._written)
            oldest = self._db.execute("SELECT min(n) FROM late").fetchone()[0]
            self._journal.keep(oldest or self._written[0])
        self._written = None
        self._n, self._cleared = marks.get("late", 0), marks.get("late cleared", 0)

    def rolled_back(self) -> None:
        self._new = {}
        self._written = None

    def _remember(self, entries: Entries) -> None:
        slices, span, count = self._slices, self._span, len(self._slices)
        for row, entry in entries.items():
            slices[row // span % count][row] = entry

    def _move(self, entries: Entries) -> None:
        cells: list[Cell] = []
        for row in sorted(entries):
            cells += (row, *entries[row])
        insert(
            self._db,
            "WITH v (row, first, last, events, head, state) AS (",
            6,
            cells,
            ") UPDATE trail SET first = v.first, last = v.last, events = v.events, head = v.head, state = v.state "
            "FROM v WHERE trail.row = v.row",
        )


def newest(journal: Iterable[Entries], row: int) -> Entry | None:
    """What the journal says last of a trail."""
    for entries in journal:
        if row in entries:
            return entries[row]
    return None
