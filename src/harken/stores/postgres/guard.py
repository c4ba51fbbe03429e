"""What a transaction has to itself: ids and profiles in, locks taken and what stands under them out.

How nodes keep out of each other's way (READ COMMITTED and row locks, nothing a compatible database would lack):

- A customer, that is a profile with its identifiers, evidence, trails and segments, is guarded by one row, that of the
  profile. Whoever reads any of it in a transaction locks that row first, all in the order of their ids, reads after
  that, and looks whether what was read still belongs to profiles it holds; if not, it takes those too and reads again.
  So a group of a thousand events locks as many rows as it has customers, and waits for another node at one place.
- An identifier that is not there yet has no profile to lock. Its id goes into `meetings`: the unique index makes
  another node that meets the same newcomer wait for the end of this transaction, and then find it.
- What belongs to a profile without a row (there is none in a hub's data) is locked row by row.
- The first locks of a transaction may be waited for long: nodes that only wait in the order of ids do not wait in a circle.
  Later ones, of customers found by following links, can. There everybody waits for a different short time and then goes
  round again (Retry), and that time begins with all it came to want: so whoever gives way gets through soon.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import TypeVar

from harken.stores import Retry
from harken.stores.postgres.link import Cursor, Link
from harken.stores.postgres.rows import Array, Row, known_from, texts
from harken.words import Known, Trail

ROUNDS = 3  # of following a customer who moves to another profile while we wait, before starting all over
HINTS = 200_000  # identifiers whose profile a Store remembers, as a guess what to lock
QUICK = (30, 150)  # milliseconds to wait for a later lock; the server looks for deadlocks after 1000
T = TypeVar("T", Known, Trail)
Key = tuple[str, str, str]  # of a piece of evidence


def id_list(ids: Iterable[str]) -> Array:
    """Each id once, in order: locks are taken in the order of ids."""
    return texts(sorted(set(ids)))


class Guard:
    """The locks of one transaction, and what it read under them. `hints` (id -> pid) is shared by all transactions of a
    Store and may be wrong; `wanted` are the profiles that the last try of this transaction wanted in vain."""

    def __init__(self, link: Link, hints: dict[str, str], wanted: set[str]) -> None:
        self._link = link
        self._hints = hints
        self._loose: set[str] = set()  # profiles that have no row to lock
        self._first = True
        self._known: dict[str, Row] = {}  # identifiers read, as they are while we hold their profiles
        self._absent: set[str] = set()  # identifiers read that are not there
        self._asked: set[str] = set()  # identifiers whose evidence was read, and what it is
        self._evidence: dict[Key, Row] = {}
        self.held: dict[str, Row] = {}  # profiles that are locked -> their row, as it was then
        self.wanted = wanted  # profiles that were asked for, or will be
        self.met: set[str] = set()  # identifiers that are not there and that nobody else can let in now
        self.meetings: set[str] = set()  # those with a row in `meetings`

    def known(self, ids: set[str]) -> dict[str, Known]:
        """These identifiers, their customers and their newcomers held. Evidence is read along: it is asked for next."""
        if unread := ids - self._known.keys() - self._absent:
            self._read(unread)
            if newcomers := unread - self._known.keys() - self.met:
                self._read(newcomers, meet=True)  # another node may have let some in, while we waited
                self.met |= newcomers - self._known.keys()
            self._absent |= unread - self._known.keys()
        rows = self._known
        return {id: known_from(rows[id]) for id in ids if id in rows}

    def evidence(self, ids: set[str]) -> list[Row]:
        """All evidence that names one of these identifiers."""
        if unasked := ids - self._asked:
            self._evidence.update((row[:3], row) for row in self._link.rows("evidence", id_list(unasked)))
            self._asked |= unasked
        if len(ids) == len(self._asked):
            return list(self._evidence.values())
        return [row for row in self._evidence.values() if row[0] in ids or row[1] in ids]

    def forget(self) -> None:
        """Something was written: what was read may not be true any more."""
        self._known, self._absent, self._asked, self._evidence = {}, set(), set(), {}

    def _read(self, ids: set[str], meet: bool = False) -> None:
        asked = id_list(ids)
        for _ in range(ROUNDS):
            with self._link.together():
                locked = self._hold_first(ids)
                if meet:
                    self.meet(ids)
                known, evidence = self._link.send("known", asked), self._link.send("evidence", asked)
            if locked is not None:
                self.held.update((row[0], row) for row in locked.fetchall())
            found = {row[0]: row for row in known.fetchall()}
            if not self.hold(row[3] for row in found.values()):
                self._known.update(found)
                self._evidence.update((row[:3], row) for row in evidence.fetchall())
                self._asked |= ids
                if len(self._hints) > HINTS:
                    self._hints.clear()
                self._hints.update((id, row[3]) for id, row in found.items())
                return
        raise Retry("these customers keep being moved to other profiles")

    def meet(self, ids: Iterable[str]) -> None:
        """Wait until no other transaction is meeting these, and keep others from it."""
        self._link.send("meet", id_list(ids))
        self.meetings.update(ids)

    def _hold_first(self, ids: set[str]) -> Cursor | None:
        """Begin with the profiles these identifiers are thought to belong to, or with what the database says."""
        if not self._first:
            return None
        hints = self._hints
        self.wanted.update(hints[id] for id in ids if id in hints)
        return self._lock(self.wanted, {id for id in ids if id not in hints})

    def hold(self, pids: Iterable[str]) -> bool:
        """Lock these profiles; whether any was not held before. Newcomers are ours already."""
        free = set(pids) - self.held.keys() - self.met - self._loose
        if not free:
            return False
        self.wanted |= free
        self.held.update((row[0], row) for row in self._lock(self.wanted if self._first else free).fetchall())
        if loose := free - self.held.keys():
            self._loose |= loose
            for name in ("hold loose known", "hold loose trails"):
                self._link.send(name, id_list(loose))
        return True

    def _lock(self, pids: Iterable[str], ids: Iterable[str] = ()) -> Cursor:
        locked = self._link.send("hold", id_list(pids), id_list(ids))
        if self._first:
            self._first = False
            self._link.send("be quick", f"{random.randint(*QUICK)}ms")  # noqa: S311
        return locked

    def guarded(self, read: Callable[[], dict[str, T]]) -> dict[str, T]:
        """What `read` gives, with the profiles it belongs to held; read again if they were not."""
        for _ in range(ROUNDS):
            found = read()
            if not self.hold(one.pid for one in found.values()):
                return found
        raise Retry("these customers keep being moved to other profiles")
