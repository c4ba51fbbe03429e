"""The smallest store that survives a kill: what a lake needs of one, and a process that works on both until it dies.

Run as `python -m contracts.lakes FOLDER`: prints `ready`, then each seq that is durable.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harken.errors import Conflict
from harken.stores import Changes
from harken.stores.lake import Lake, owners_of
from harken.stores.lake.settling import settle_tail
from harken.words import Event, Trail

TRAILS = 12


class Durable:
    """Tail and manifest in one SQLite file; trails never change owner but once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as link:
            link.execute("create table if not exists tail (seq integer primary key autoincrement, body blob)")
            link.execute("create table if not exists manifest (body blob)")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        link = sqlite3.connect(self.path, isolation_level=None)
        link.execute("pragma journal_mode=wal")
        link.execute("pragma synchronous=full")
        try:
            yield link
        finally:
            link.close()

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        with self._open() as link:
            link.execute("begin")
            yield Snapshot(link)

    @contextmanager
    def begin(self) -> Iterator[Snapshot]:
        with self._open() as link:
            link.execute("begin immediate")
            yield Snapshot(link)
            link.execute("commit")


class Snapshot:
    """The verbs a lake asks a View or Tx for."""

    def __init__(self, link: sqlite3.Connection) -> None:
        self._link = link

    def tail(self, after: int, limit: int) -> list[Event]:
        rows = self._link.execute("select seq, body from tail where seq > ? order by seq limit ?", (after, limit))
        return [
            msgspec.structs.replace(msgspec.msgpack.decode(body, type=Event), seq=seq) for seq, body in rows.fetchall()
        ]

    def manifest(self) -> bytes:
        row = self._link.execute("select body from manifest").fetchone()
        return row[0] if row else b""

    def last_seq(self) -> int:
        row = self._link.execute("select seq from sqlite_sequence where name = 'tail'").fetchone()
        return row[0] if row else 0

    def trails(self, tids: Iterable[str]) -> dict[str, Trail]:
        half = self.last_seq() // 2
        return {one: Trail(tid=one, source="shop", pid=_owner(one, half)) for one in tids}

    def profile_ids_of_trails(self) -> Iterator[tuple[str, str]]:
        half = self.last_seq() // 2
        for number in range(TRAILS):
            yield f"t{number}", _owner(f"t{number}", half)

    def write(self, changes: Changes) -> list[Event]:
        for one in changes.events:
            self._link.execute("insert into tail (body) values (?)", (msgspec.msgpack.encode(one),))
        if changes.settled:
            if self.manifest() != changes.settled.before:
                raise Conflict("another manifest is in force")
            self._link.execute("delete from manifest")
            self._link.execute("insert into manifest values (?)", (changes.settled.manifest,))
            self._link.execute("delete from tail where seq <= ?", (changes.settled.through,))
        return changes.events


def _owner(tid: str, turn: int) -> str:
    """Trails change hands as time goes on, so that compaction has something to move."""
    return f"p{(int(tid[1:]) + turn // 40) % 5}"


def work(folder: Path) -> None:
    """Hear, settle, compact, sweep; on and on."""
    from harken.stores import Settled

    store, lake = Durable(folder / "store.db"), Lake(folder / "lake")
    print("ready", flush=True)
    turn = 0
    while True:
        turn += 1
        with store.begin() as tx:
            last = tx.last_seq()
            events = [
                Event(
                    id=f"e{n}", message_id=f"m{n}", source="shop", dialect="segment", type="page", name="", raw=b"{}",
                    occurred=n * 7 % 1000, received=n, identifiers=(), channel="web", touchpoint="web: A",
                    tid=f"t{n * 5 % TRAILS}",
                )
                for n in range(last, last + 25)
            ]  # fmt: skip
            tx.write(Changes(events=events))
        print(last + 25, flush=True)
        settle_tail(store, lake, lambda one: one, limit=40)  # type: ignore[arg-type]
        if turn % 3 == 0:
            with store.read() as view:
                before, owners = view.manifest(), owners_of(view)  # type: ignore[arg-type]
            after = lake.compact(before, owners, share=0)
            with store.begin() as tx:
                tx.write(Changes(settled=Settled(through=lake.settled_through(before), manifest=after, before=before)))
            lake.publish(after)
            lake.sweep(after, 0)


if __name__ == "__main__":
    work(Path(sys.argv[1]))
