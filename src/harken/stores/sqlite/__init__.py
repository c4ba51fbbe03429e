"""The store in one SQLite file: a URL or directory in, transactions and snapshots out. What a hub has by default.

One connection writes, behind a lock; each read has a connection of its own from a pool and stands on a snapshot, which
in SQLite's WAL mode neither waits for the writer nor holds it up. Every commit is synced to disk. Several processes may
have the file open: they write one after another, and `fresh` tells when another one has written in between.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice

from harken.errors import HarkenError, Unavailable
from harken.stores import Retry, Turn
from harken.stores.sqlite.claims import Claims
from harken.stores.sqlite.file import begin, commit, connect, explained, facts, file_of, migrations, prepare, upgrade
from harken.stores.sqlite.late import Journal, Late
from harken.stores.sqlite.trails import KEPT
from harken.stores.sqlite.tx import Tx, Writer
from harken.stores.sqlite.view import View

IDLE_READERS = 8


class Store:
    """Made from `sqlite:///path/to/harken.db`, or from a directory to keep `harken.db` in; both are made if missing."""

    scheme = "sqlite"

    @staticmethod
    def is_there(url: str) -> bool:
        """Whether there is a file to open."""
        return file_of(url).exists()

    def __init__(self, url: str) -> None:
        self.file = file_of(url)
        prepare(self.file)
        db = connect(self.file, writes=True)
        try:
            upgrade(db, self.file, migrations())
        except BaseException:
            db.close()
            raise
        marks: dict[str, int] = dict(db.execute("SELECT name, value FROM marks"))
        journal = Journal()
        claims = Claims(db, marks["claim step"], marks["claim slices"])
        self._writer = Writer(db=db, claims=claims, places={}, journal=journal, late=Late(db, journal, marks))
        self._writing = Turn()
        self._readers: list[sqlite3.Connection] = []
        self._owner = os.urandom(8).hex()
        self._leases: set[str] = set()
        self._closed = False

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        with self._writing, explained(self.file):
            self._open()
            writer = self._writer
            begin(writer.db)
            try:
                version: int = writer.db.execute("PRAGMA data_version").fetchone()[0]
                fresh = version == writer.version
                if not fresh:
                    writer.places.clear()
                elif len(writer.places) > KEPT:
                    for tid in list(islice(writer.places, KEPT // 8)):
                        del writer.places[tid]
                tx = Tx(writer, fresh)
                yield tx
                tx.finish()
                commit(writer.db, tx.last_seq() - tx.started)
            except BaseException:
                self._roll_back()
                raise
            if fresh or not tx.aside:
                writer.version = version  # a commit of one's own does not change it
            tx.committed()
            if tx.erased:
                self._wipe_log()

    @contextmanager
    def read(self) -> Iterator[View]:
        self._open()
        with explained(self.file):
            try:
                db = self._readers.pop()
            except IndexError:
                db = connect(self.file, writes=False)
            try:
                db.execute("BEGIN")
                db.execute("SELECT 1 FROM marks").fetchone()  # the snapshot is taken by the first read
                yield View(db, self._writer.journal)
            finally:
                self._give_back(db)

    def lease(self, name: str, seconds: int) -> bool:
        now = time.time()
        with self.begin() as tx:
            tx.aside = True
            had = tx.lease(name, self._owner, now, now + seconds)
        self._leases.add(name)
        return had

    def check(self) -> dict[str, str]:
        self._open()
        with self.read():
            pass
        db = connect(self.file, writes=False)
        try:
            return {"store": self.scheme, **facts(db, self.file)}
        finally:
            db.close()

    def close(self) -> None:
        if self._closed:
            return
        with suppress(HarkenError, Retry):
            for name in list(self._leases):
                self.lease(name, 0)
        with self._writing:
            self._closed = True
            while self._readers:
                self._readers.pop().close()
            self._writer.db.close()

    def _open(self) -> None:
        if self._closed:
            raise Unavailable(f"the store {self.file} is closed; open it again")

    def _roll_back(self) -> None:
        writer = self._writer
        writer.places.clear()
        writer.claims.rolled_back()
        writer.late.rolled_back()
        with suppress(sqlite3.Error):
            if writer.db.in_transaction:
                writer.db.execute("ROLLBACK")
            writer.db.execute("PRAGMA secure_delete=FAST")

    def _wipe_log(self) -> None:
        """Move what was erased out of the write-ahead log as well, unless a reader still stands on it."""
        with suppress(sqlite3.Error):
            self._writer.db.execute("PRAGMA secure_delete=FAST")
            self._writer.db.execute("PRAGMA busy_timeout=100")
            self._writer.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._writer.db.execute("PRAGMA busy_timeout=10000")

    def _give_back(self, db: sqlite3.Connection) -> None:
        try:
            if db.in_transaction:
                db.execute("ROLLBACK")
        except sqlite3.Error:
            db.close()
            return
        if self._closed or len(self._readers) >= IDLE_READERS:
            db.close()
        else:
            self._readers.append(db)
