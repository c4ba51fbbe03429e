"""Which event ids were heard before: exact, for any number of ids, without a random page of the file per event.

A table by id (`seen`) alone would do, but ids are random: past a few hundred thousand of them every new one changes a
page of its own, and a changed page is written whole. So new ids go to the end of a log (`claim`, 12 bytes each), are
held in memory, and move into `seen` a slice of all ids at a time, in order: every `step` ids claimed, the ids of the next
of the `slices`. Many neighbors then share a page. What is in memory follows from the log and is read again from it
after a restart, a rollback, or when another process has claimed: its last `(slices + 1) * step` ids at most.

`n` in the log counts all ids ever claimed, so every process knows from it which slices have moved.
"""

from __future__ import annotations

import sqlite3
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from harken.stores.sqlite.rows import Cell, delete, insert, select

SIZE = 12  # bytes of an id


def keys_of(ids: Sequence[str]) -> list[bytes]:
    """The 12 bytes each id is written from; other texts than Harken's own ids get bytes of their own too.

    >>> keys_of(["AAAAAAAAAAAAAAA_"])[0].hex()
    '00000000000000000000003f'
    """
    joined = _decoded("".join(ids), SIZE * len(ids))
    if joined is not None:
        return _cut(joined)
    return [_decoded(id, SIZE) or blake2b(id.encode(), digest_size=SIZE).digest() for id in ids]


def _decoded(text: str, size: int) -> bytes | None:
    """What base64 text stands for, None when it is not base64 of that many bytes."""
    if len(text) * 3 != size * 4 or not text.isascii():
        return None
    try:
        joined = urlsafe_b64decode(text)
    except ValueError:
        return None
    return joined if len(joined) == size else None


def _cut(joined: bytes) -> list[bytes]:
    return [joined[at : at + SIZE] for at in range(0, len(joined), SIZE)]


class Claims:
    """The claims of one database as its writer sees them; used inside the transaction only."""

    def __init__(self, db: sqlite3.Connection, step: int, slices: int) -> None:
        self._db = db
        self._step = step
        self._window = (slices + 1) * step
        self._slice_of = [first * slices >> 8 for first in range(256)]  # by the first byte
        self._n = -1  # how far the memory follows the log; -1 = read it again
        self._cleared = 0  # how often something has been forgotten that may still be in memory somewhere
        self._changed = False  # by this transaction
        self._recent: set[bytes] = set()  # not yet in `seen`, as slices and as one set
        self._slices: list[list[bytes]] = [[] for _ in range(slices)]
        self._pending: dict[int, list[bytes]] = {}  # claimed in this transaction: day -> keys
        self._mine: set[bytes] = set()

    def begin(self, n: int, cleared: int) -> None:
        """Know the log up to its end in this transaction, `n`."""
        if self._cleared != cleared:
            self._n, self._cleared = -1, cleared
        if self._n != n:
            self._catch_up(n)

    def claim(self, ids: Sequence[str], day: int) -> set[str]:
        """Those heard before; the others are now."""
        keys = keys_of(ids)
        fresh = set(keys)
        heard = fresh & self._recent
        heard |= fresh & self._mine
        fresh -= heard
        heard.update(key for (key,) in select(self._db, "SELECT id FROM seen WHERE id IN (*)", fresh))
        fresh -= heard
        self._mine |= fresh
        self._pending.setdefault(day, []).extend(fresh)
        return {id for id, key in zip(ids, keys, strict=True) if key in heard} if heard else set()

    def flush(self, n: int) -> int:
        """Write what this transaction claimed; the new end of the log."""
        for day, keys in self._pending.items():
            if not keys:
                continue
            self._changed = True
            end = n + len(keys)
            self._db.execute("INSERT INTO claim (n, day, ids) VALUES (?, ?, ?)", (end, day, b"".join(keys)))
            self._remember(keys)
            for moved in self._move(n, end):
                cells: list[Cell] = sorted(moved)  # type: ignore[assignment]
                insert(self._db, "INSERT OR IGNORE INTO seen (id)", 1, cells)
            self._db.execute("DELETE FROM claim WHERE day < 0 AND n <= ?", (end - self._window,))
            n = self._n = end
        self._pending, self._mine = {}, set()
        return n

    def committed(self) -> None:
        self._changed = False

    def rolled_back(self) -> None:
        self._pending, self._mine = {}, set()
        if self._changed:
            self._n = -1
        self._changed = False

    def forget(self, before_day: int, limit: int) -> tuple[int, bool]:
        """Forget up to `limit` ids whose day is over, the earliest first; how many, and whether memories hold some."""
        left, held = limit, False
        oldest = "SELECT n, day, ids FROM claim WHERE day >= 0 AND day < ? ORDER BY day, n LIMIT 1"
        while left > 0 and (row := self._db.execute(oldest, (before_day,)).fetchone()):
            n, day, joined = row
            kept, gone = joined[: -left * SIZE], joined[-left * SIZE :]
            if kept:  # n - len(ids) must stay where the row began
                self._db.execute("DELETE FROM claim WHERE n = ?", (n,))
                self._db.execute("INSERT INTO claim VALUES (?, ?, ?)", (n - len(gone) // SIZE, day, kept))
            else:
                self._db.execute("DELETE FROM claim WHERE n = ?", (n,))
            keys = _cut(gone)
            delete(self._db, "DELETE FROM seen WHERE id IN (*)", keys)
            held = held or n > self._n - self._window
            left -= len(keys)
        self._changed = self._changed or held
        return limit - left, held

    def _catch_up(self, n: int) -> None:
        if self._n < 0 or self._n > n or n - self._n > self._window:
            self._recent = set()
            self._slices = [[] for _ in self._slices]
            self._n = max(0, n - self._window)
        at = self._n
        for end, joined in self._db.execute("SELECT n, ids FROM claim WHERE n > ? ORDER BY n", (at,)):
            start = end - len(joined) // SIZE  # rows before it may have been forgotten
            self._move(at, start)
            self._remember(_cut(joined))
            self._move(start, end)
            at = end
        self._move(at, n)
        self._n = n

    def _remember(self, keys: Iterable[bytes]) -> None:
        slices, slice_of = self._slices, self._slice_of
        for key in keys:
            slices[slice_of[key[0]]].append(key)
        self._recent.update(keys)

    def _move(self, start: int, end: int) -> list[list[bytes]]:
        """Take out of memory the slices whose turn comes between two ends of the log."""
        moved = []
        count = len(self._slices)
        for turn in range(start // self._step + 1, end // self._step + 1):
            taken, self._slices[turn % count] = self._slices[turn % count], []
            self._recent.difference_update(taken)
            moved.append(taken)
        return moved
