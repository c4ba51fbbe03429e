"""Trails and the chain of events on each: where an event goes in, and out.

An index from trails to events would change a page of its own for nearly every event. But with an event its trail is
written anyway, so each trail's row names its newest event (`head`), and each event the one before it (`prev`). Settling
takes the oldest events away, so a chain just ends earlier. An event that moves to another trail keeps its place in the
chain (`home` says in whose) and is listed in `moved` for the other; one that is erased from the middle of another
trail's chain stays as an empty row of trail 0 to hold that chain together.
"""

from __future__ import annotations

import sqlite3
from typing import TypeAlias

from msgspec import Struct, structs

from harken.errors import Invalid
from harken.stores import Changes
from harken.stores.sqlite.late import Late
from harken.stores.sqlite.rows import TRAIL, Cell, Row, delete, insert, select, to_json
from harken.words import Event, Trail

KEPT = 200_000  # trails whose place is remembered between transactions


class Place(Struct):
    """Where a trail is in the database."""

    row: int
    head: int
    filed: tuple[str, ...]  # source, device, account, owner, pid: indexed, so written only when they change


Places: TypeAlias = dict[str, Place]  # by tid


class Trails:
    """The trails and events of one transaction. `marks` are the numbers the transaction keeps."""

    def __init__(self, db: sqlite3.Connection, places: Places, late: Late, marks: dict[str, int]) -> None:
        self._db = db
        self._places = places
        self._late = late
        self._marks = marks

    def remember(self, row: Row) -> None:
        """The place of a trail that was read."""
        self._place(row[0], row[10], row[11], row[1:6])

    def _place(self, tid: str, row: int, head: int, filed: tuple[str, ...]) -> None:
        late = self._late.get(row)
        self._places[tid] = Place(row=row, head=late[3] if late else head, filed=filed)

    def write(self, changes: Changes) -> None:
        trails = {one.tid: one for one in changes.trails}
        touched = {one.tid for one in changes.events}
        self._find({*trails, *touched, *changes.refiled.values(), *changes.dropped_trails})
        new = [one for tid, one in trails.items() if tid not in self._places]
        for one in new:
            self._add(one)
        if changes.refiled:
            self._refile(changes.refiled)
        cells = self._chain(changes.events)
        self._write_trails(trails, new, touched)
        insert(
            self._db,
            "INSERT INTO event (seq, prev, trail, id, message_id, source, dialect, type, name, occurred, received, "
            "channel, touchpoint, verified, raw)",
            15,
            cells,
        )
        self._drop([tid for tid in changes.dropped_trails if tid not in trails])

    def _find(self, tids: set[str]) -> None:
        """Know the places of these trails, as far as they are there."""
        missing = [tid for tid in tids if tid not in self._places]  # `tids - keys` would walk through all places
        if missing:
            found = "SELECT tid, source, device, account, owner, pid, row, head FROM trail WHERE tid IN (*)"
            for tid, *filed, row, head in select(self._db, found, missing):
                self._place(tid, row, head, tuple(filed))

    def _add(self, one: Trail) -> None:
        row = self._marks["rows"] = self._marks.get("rows", 0) + 1
        self._marks["trails"] = self._marks.get("trails", 0) + 1
        filed = (one.source, one.device, one.account, one.owner, one.pid)
        self._places[one.tid] = Place(row=row, head=0, filed=filed)

    def _chain(self, events: list[Event]) -> list[Cell]:
        """Number the events, each the new head of its trail; their rows."""
        cells: list[Cell] = []
        seq = self._marks.get("seq", 0)
        places = self._places
        for one in events:
            try:
                place = places[one.tid]
            except KeyError:
                raise _not_there(one.tid) from None
            seq += 1
            cells += (
                seq, place.head, place.row, one.id, one.message_id, one.source, one.dialect, one.type, one.name,
                one.occurred, one.received, one.channel, one.touchpoint, one.verified, one.raw,
            )  # fmt: skip
            place.head = seq
            structs.force_setattr(one, "seq", seq)
        self._marks["seq"] = seq
        self._marks["events"] = self._marks.get("events", 0) + len(events)
        return cells

    def _write_trails(self, trails: dict[str, Trail], new: list[Trail], touched: set[str]) -> None:
        added = {one.tid for one in new}
        cells: list[Cell] = []
        for tid, one in trails.items():
            place = self._places[tid]
            filed = (one.source, one.device, one.account, one.owner, one.pid)
            one.row = row = place.row
            if tid in added:
                cells += (tid, *filed, one.first, one.last, one.events, one.state, row, place.head)
                continue
            self._late.put(row, (one.first, one.last, one.events, place.head, one.state))
            if filed != place.filed:
                if one.pid != place.filed[4]:
                    self._db.execute("INSERT INTO trail_move (tid) VALUES (?)", (tid,))
                place.filed = filed
                self._db.execute(
                    "UPDATE trail SET source = ?, device = ?, account = ?, owner = ?, pid = ? WHERE row = ?",
                    (*filed, row),
                )
        insert(self._db, f"INSERT INTO trail ({TRAIL})", 12, cells)
        for tid in touched - trails.keys():
            self._set_head(self._places[tid])

    def _set_head(self, place: Place) -> None:
        there = "SELECT first, last, events, head, state FROM trail WHERE row = ?"
        first, last, events, _, state = self._late.get(place.row) or self._db.execute(there, (place.row,)).fetchone()
        self._late.put(place.row, (first, last, events, place.head, state))

    def _refile(self, refiled: dict[int, str]) -> None:
        there = "SELECT seq, trail, home FROM event WHERE seq IN (*) AND trail <> 0"
        for seq, old, home in list(select(self._db, there, refiled)):
            place = self._places.get(refiled[seq])
            if place is None:
                raise _not_there(refiled[seq])
            if place.row == old:
                continue
            origin = old if home is None else home
            self._db.execute("UPDATE event SET trail = ?, home = ? WHERE seq = ?", (place.row, origin, seq))
            self._db.execute("DELETE FROM moved WHERE trail = ? AND seq = ?", (old, seq))
            if place.row != origin:
                self._db.execute("INSERT INTO moved VALUES (?, ?)", (place.row, seq))
        for tid in refiled.values():
            if tid not in self._places:
                raise _not_there(tid)

    def _drop(self, tids: list[str]) -> None:
        there = {self._places[tid].row: tid for tid in tids if tid in self._places}
        if not there:
            return
        heads = [(row, self._places[tid].head) for row, tid in there.items()]
        for _, row, _ in self._on(heads):
            raise Invalid(
                f"trail {there[row]!r} still has events in the tail; refile or erase them before it is dropped"
            )
        self._let_go(heads)
        self._late.move_all(self._marks)
        delete(self._db, "DELETE FROM trail WHERE row IN (*)", there)
        self._db.executemany("INSERT INTO trail_move (tid) VALUES (?)", [(tid,) for tid in there.values()])
        self._marks["trails"] = self._marks.get("trails", 0) - len(there)
        for tid in there.values():
            del self._places[tid]

    def _on(self, heads: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
        """(seq, row, home) of the events on the trails of these rows; home 0 = it holds no chain of another trail."""
        found = """
        WITH RECURSIVE link (seq, via) AS (
            SELECT json_extract(j.value, '$[1]'), json_extract(j.value, '$[0]') FROM json_each(?1) j
            UNION ALL SELECT e.prev, via FROM link CROSS JOIN event e ON e.seq = link.seq WHERE e.prev > 0
        )
        SELECT e.seq, e.trail, 0 FROM link CROSS JOIN event e ON e.seq = link.seq WHERE e.trail = via
        UNION ALL
        SELECT e.seq, e.trail, e.home FROM json_each(?1) j CROSS JOIN moved m ON m.trail = json_extract(j.value, '$[0]')
        CROSS JOIN event e ON e.seq = m.seq
        """
        return list(self._db.execute(found, (to_json(heads).decode(),)))

    def _let_go(self, heads: list[tuple[int, int]]) -> None:
        """The chains of these rows end: what moved away from them is reached through `moved` alone from now on."""
        found = """
        WITH RECURSIVE link (seq, via) AS (
            SELECT json_extract(j.value, '$[1]'), json_extract(j.value, '$[0]') FROM json_each(?1) j
            UNION ALL SELECT e.prev, via FROM link CROSS JOIN event e ON e.seq = link.seq WHERE e.prev > 0
        )
        SELECT e.seq FROM link CROSS JOIN event e ON e.seq = link.seq WHERE e.trail <> via
        """
        away = [seq for (seq,) in self._db.execute(found, (to_json(heads).decode(),))]
        delete(self._db, "DELETE FROM event WHERE trail = 0 AND seq IN (*)", away)
        delete(self._db, "UPDATE event SET home = 0 WHERE seq IN (*)", away)

    def erase_events(self, heads: list[tuple[int, int]]) -> int:
        """Remove the events on these trails; how many."""
        there = self._on(heads)
        self._let_go(heads)
        held = [seq for seq, _, home in there if home]
        still = {seq for seq, home in select(self._db, "SELECT seq, home FROM event WHERE seq IN (*)", held) if home}
        delete(self._db, "DELETE FROM event WHERE seq IN (*)", [seq for seq, _, _ in there if seq not in still])
        empty = """UPDATE event SET trail = 0, id = '', message_id = '', source = '', dialect = '', type = '', name = '',
        occurred = 0, received = 0, channel = '', touchpoint = '', verified = 0, raw = x'' WHERE seq IN (*)"""
        delete(self._db, empty, still)
        delete(self._db, "DELETE FROM moved WHERE trail IN (*)", [row for row, _ in heads])
        self._marks["events"] = self._marks.get("events", 0) - len(there)
        for row, _ in heads:
            self._set_head(Place(row=row, head=0, filed=()))
        self._places.clear()
        return len(there)

    def forget_through(self, seq: int) -> None:
        """The events up to and with `seq` are settled."""
        gone = self._db.execute("DELETE FROM event WHERE seq <= ? AND trail <> 0", (seq,)).rowcount
        self._db.execute("DELETE FROM event WHERE seq <= ?", (seq,))
        self._db.execute("DELETE FROM moved WHERE seq <= ?", (seq,))
        self._marks["events"] = self._marks.get("events", 0) - gone


def _not_there(tid: str) -> Invalid:
    return Invalid(f"event on trail {tid!r}, which the store does not hold; write the trail with or before it")
