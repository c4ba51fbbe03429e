"""One write transaction: changes in, rows out; numbers are given here and nothing is decided."""

# ruff: noqa: S608 - statements are put together from the constants in rows.py

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from harken.errors import Conflict
from harken.stores import Changes, Settled, letter_key, needles
from harken.stores.sqlite import rows
from harken.stores.sqlite.claims import Claims
from harken.stores.sqlite.late import Entry, Journal, Late
from harken.stores.sqlite.rows import Cell, Row, delete, insert, select
from harken.stores.sqlite.trails import Places, Trails
from harken.stores.sqlite.view import View
from harken.words import AccessKey, Document, Dropped, Event, Evidence, Known, Profile, Trail

KNOWN_JOIN = """ON CONFLICT (id) DO UPDATE SET first = excluded.first, learned = excluded.learned,
established = excluded.established, quarantined = excluded.quarantined, degree = excluded.degree, claims = excluded.claims"""
# What is indexed is written apart and only where it differs: SQLite rewrites an index entry even when it stays the same.
KNOWN_MOVE = """) UPDATE known SET kind = v.kind, value = v.value, pid = v.pid FROM v WHERE known.id = v.id
AND (known.pid <> v.pid OR known.value <> v.value OR known.kind <> v.kind)"""
EVIDENCE_JOIN = """ON CONFLICT (a, b, how) DO UPDATE SET
(occurred, event_id, source, "by", reason) = (SELECT excluded.occurred, excluded.event_id, excluded.source, excluded."by",
    excluded.reason WHERE (excluded.occurred, excluded.event_id) < (occurred, event_id)
    UNION ALL SELECT occurred, event_id, source, "by", reason LIMIT 1),
learned = min(learned, excluded.learned), verified = max(verified, excluded.verified)
WHERE excluded.learned < learned OR excluded.verified > verified
OR (excluded.occurred, excluded.event_id) < (occurred, event_id)"""

LETTER = """INSERT INTO dead_letter (key, at, last, source, dialect, reason, detail, "where", raw, size, line, trusted, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')"""
LETTER_AGAIN = """UPDATE dead_letter SET count = count + 1, at = min(at, ?1), last = max(last, ?1)
WHERE id = (SELECT min(id) FROM dead_letter WHERE key = ?2 AND state = 'open')"""


class Writer(Struct):
    """What the one writing connection remembers between transactions, while nobody else has written."""

    db: sqlite3.Connection
    claims: Claims
    places: Places
    journal: Journal
    late: Late
    version: int = -1  # PRAGMA data_version after the last commit


class Tx(View):
    """A View that writes."""

    def __init__(self, writer: Writer, fresh: bool) -> None:
        super().__init__(writer.db, writer.journal)
        self.fresh = fresh
        self._claims = writer.claims
        self._lately = writer.late
        self._marks: dict[str, int] = dict(self._db.execute("SELECT name, value FROM marks"))
        self._marked = dict(self._marks)
        self._lately.begin(self._marks)
        self._trails = Trails(self._db, writer.places, self._lately, self._marks)
        self.started = self.last_seq()
        self.erased = False
        self.aside = False  # a lease: whoever writes next must still hear that others wrote

    def _mark(self, name: str) -> int:
        return self._marks.get(name, 0)

    def _count(self, name: str, more: int) -> None:
        self._marks[name] = self._marks.get(name, 0) + more

    def _late(self, row: int) -> Entry | None:
        return self._lately.get(row)

    def _late_lasts(self) -> dict[int, int]:
        return self._lately.lasts()

    def _trail(self, row: Row) -> Trail:
        self._trails.remember(row)
        return rows.trail(row, self._late(row[10]))

    def finish(self) -> None:
        """Write what was put off to the end; the Store commits after it."""
        start = self._mark("claimed")
        end = self._claims.flush(start)
        self._marks["claimed"] = end
        self._count("seen", end - start)
        if self.erased:
            self._lately.move_all(self._marks)
            self._wipe_free_pages()
        self._lately.flush(self._marks)
        for name, value in self._marks.items():
            if self._marked.get(name) != value:
                self._db.execute(
                    "INSERT INTO marks VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    (name, value),
                )
        self._marked = dict(self._marks)

    def committed(self) -> None:
        """What was written holds: remember it for the next transaction."""
        self._claims.committed()
        self._lately.committed(self._marks)

    def claim(self, ids: Sequence[str], day: int) -> set[str]:
        self._claims.begin(self._mark("claimed"), self._mark("claims cleared"))
        return self._claims.claim(ids, day)

    def write(self, changes: Changes) -> list[Event]:
        if changes.trails or changes.events or changes.refiled or changes.dropped_trails:
            self._trails.write(changes)
        if changes.refiled or changes.relabeled:
            self._count("tail changes", 1)
        if changes.relabeled:
            self._db.executemany(
                "UPDATE event SET touchpoint = ? WHERE seq = ? AND trail <> 0",
                [(touchpoint, seq) for seq, touchpoint in changes.relabeled.items()],
            )
        self._write_identity(changes)
        self._write_customers(changes)
        self._write_dropped(changes.dropped)
        if changes.settled:
            self._settle(changes.settled)
        return changes.events

    def _write_identity(self, changes: Changes) -> None:
        if changes.known:
            self._write_known({one.id: one for one in changes.known}.values())
        if changes.dropped_evidence:
            self._db.executemany("DELETE FROM evidence WHERE a = ? AND b = ? AND how = ?", changes.dropped_evidence)
        if changes.evidence:
            self._write_evidence(changes.evidence)

    def _write_known(self, known: Iterable[Known]) -> None:
        whole: list[Cell] = []
        place: list[Cell] = []
        for one in known:
            whole += rows.known_cells(one)
            place += (one.id, one.kind, one.value, one.pid)
        insert(self._db, f"INSERT INTO known ({rows.KNOWN})", 10, whole, KNOWN_JOIN)
        insert(self._db, "WITH v (id, kind, value, pid) AS (", 4, place, KNOWN_MOVE)

    def _write_evidence(self, evidence: Iterable[Evidence]) -> None:
        cells: list[Cell] = []
        for one in evidence:
            cells += rows.evidence_cells(one)
        insert(self._db, f"INSERT INTO evidence ({rows.EVIDENCE})", 10, cells, EVIDENCE_JOIN)

    def _write_customers(self, changes: Changes) -> None:
        if changes.profiles or changes.dropped_profiles:
            self._write_profiles({one.pid: one for one in changes.profiles}, changes.dropped_profiles)
        if changes.dropped_timers:
            self._db.executemany("DELETE FROM timer WHERE pid = ? AND kind = ?", changes.dropped_timers)
        if changes.timers:
            cells: list[Cell] = []
            for timer in changes.timers:
                cells += (timer.pid, timer.kind, timer.due, timer.data)
            again = "ON CONFLICT (pid, kind) DO UPDATE SET due = excluded.due, data = excluded.data"
            insert(self._db, "INSERT INTO timer (pid, kind, due, data)", 4, cells, again)
        if changes.memberships:
            cells = []
            for entered in changes.memberships:
                self._count("membership", 1)
                cells += (self._mark("membership"), entered.pid, entered.segment, entered.entered, entered.at)
            insert(self._db, "INSERT INTO membership (seq, pid, segment, entered, at)", 5, cells)

    def _write_profiles(self, written: dict[str, Profile], dropped: Iterable[str]) -> None:
        there = "SELECT pid, segments FROM profile WHERE pid IN (*)"
        before = {pid: rows.segments_in(body) for pid, body in select(self._db, there, [*written, *dropped])}
        gone = [pid for pid in dropped if pid not in written]
        delete(self._db, "DELETE FROM profile WHERE pid IN (*)", gone)
        cells: list[Cell] = []
        entered: list[Cell] = []
        for pid, one in written.items():
            cells += (pid, one.anchor, one.created, rows.to_json(one.segments), one.judged)
            for segment in one.segments.keys() - before.get(pid, {}).keys():
                entered += (segment, pid)
        left = [(segment, pid) for pid in gone for segment in before.get(pid, ())]
        left += [
            (segment, pid)
            for pid, one in written.items()
            for segment in before.get(pid, {})
            if segment not in one.segments
        ]
        again = """ON CONFLICT (pid) DO UPDATE SET anchor = excluded.anchor, created = excluded.created,
        segments = excluded.segments, judged = excluded.judged"""
        insert(self._db, f"INSERT INTO profile ({rows.PROFILE})", 5, cells, again)
        insert(self._db, "INSERT INTO member (segment, pid)", 2, entered)
        if left:
            self._db.executemany("DELETE FROM member WHERE segment = ? AND pid = ?", left)

    def _write_dropped(self, dropped: Iterable[Dropped]) -> None:
        for one in dropped:
            key = letter_key(one)
            again = self._db.execute(LETTER_AGAIN, (one.received, key))
            if not again.rowcount:
                self._db.execute(LETTER, rows.letter_cells(one, key))

    def _settle(self, settled: Settled) -> None:
        if self.manifest() != settled.before:
            raise Conflict("the lake's manifest changed since it was read; settle again from the one that holds now")
        self._trails.forget_through(settled.through)
        self._db.execute(
            "INSERT INTO manifest VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET body = excluded.body",
            (settled.manifest,),
        )

    def write_documents(self, documents: Iterable[Document]) -> None:
        versions = list(documents)
        self._db.executemany(
            f"INSERT OR REPLACE INTO document ({rows.DOCUMENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [structs.astuple(one) for one in versions],
        )
        self._count("config", 1 if versions else 0)

    def write_keys(self, keys: Iterable[AccessKey]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO access_key VALUES (?, ?, ?)",
            [(one.id, one.created, rows.to_json(one)) for one in keys],
        )

    def write_note(self, name: str, value: bytes) -> None:
        if value:
            self._db.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))
        else:
            self._db.execute("DELETE FROM note WHERE name = ?", (name,))

    def mark_dead_letters(self, ids: Iterable[int], state: str) -> None:
        self._db.executemany("UPDATE dead_letter SET state = ? WHERE id = ?", [(state, id) for id in ids])

    def forget_seen(self, before_day: int, limit: int) -> int:
        self.finish()  # what this transaction claimed counts too
        self._claims.begin(self._mark("claimed"), self._mark("claims cleared"))
        gone, held = self._claims.forget(before_day, limit)
        self._count("seen", -gone)
        self._count("claims cleared", 1 if held else 0)
        return gone

    def lease(self, name: str, owner: str, now: float, until: float) -> bool:
        """Take, renew or give back a lease; whether it was free or had been the owner's."""
        had = self._db.execute(
            "INSERT INTO lease VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET owner = ?2, until = ?3 "
            "WHERE owner = ?2 OR until <= ?4",
            (name, owner, until, now),
        )
        return had.rowcount == 1

    def erase_events(self, tids: Iterable[str]) -> int:
        self._wipe()
        self._count("tail changes", 1)
        return self._trails.erase_events(self._heads(tids))

    def erase_known(self, ids: Iterable[str]) -> int:
        self._wipe()
        named = list(ids)
        for side in ("a", "b"):
            delete(self._db, f"DELETE FROM evidence WHERE {side} IN (*)", named)
        return delete(self._db, "DELETE FROM known WHERE id IN (*)", named)

    def erase_memberships(self, pids: Iterable[str]) -> int:
        self._wipe()
        return delete(self._db, "DELETE FROM membership WHERE pid IN (*)", pids)

    def erase_dead_letters(self, values: Iterable[str]) -> int:
        self._wipe()
        return sum(
            self._db.execute("DELETE FROM dead_letter WHERE instr(raw, ?)", (part,)).rowcount
            for part in needles(values)
        )

    def _wipe(self) -> None:
        """From here on deleted rows are overwritten in the file; the Store empties the write-ahead log afterwards."""
        if not self.erased:
            self._db.execute("PRAGMA secure_delete=ON")
            self.erased = True

    def _wipe_free_pages(self) -> None:
        """Overwrite pages that became free earlier: by settling, or when a row grew and moved."""
        while free := self._db.execute("PRAGMA freelist_count").fetchone()[0]:
            whole_pages = min(free, 4_096) * 4_092 + 1_500  # the odd part stays in the row itself
            self._db.execute("INSERT INTO wiping VALUES (zeroblob(?))", (whole_pages,))
        self._db.execute("PRAGMA secure_delete=FAST")
        self._db.execute("DELETE FROM wiping")
