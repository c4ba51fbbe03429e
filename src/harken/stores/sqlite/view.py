"""What is read from the database: ids in, words out, all from the one snapshot its connection stands on."""

# ruff: noqa: S608 - statements are put together from the constants in rows.py

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import pyarrow as pa

from harken.stores.sqlite import rows
from harken.stores.sqlite.columns import tail_columns
from harken.stores.sqlite.late import Entries, Entry, Journal, newest
from harken.stores.sqlite.rows import Row, select
from harken.words import (
    AccessKey,
    DeadLetter,
    Document,
    Event,
    Evidence,
    Known,
    Membership,
    Micros,
    Profile,
    Timer,
    Trail,
)

# Events of trails, newest first: along each trail's chain from its head, and those moved onto it. `via` is the trail
# whose chain led here, negative for moved ones, which lead nowhere. The row with the highest seq is always taken next
# (`LIMIT -1` limits nothing; without it SQLite leaves out the ORDER BY of a part that is joined).
EVENTS_OF = f"""
WITH RECURSIVE link (seq, via) AS (
    SELECT json_extract(j.value, '$[1]'), json_extract(j.value, '$[0]') FROM json_each(?1) j
    UNION ALL
    SELECT m.seq, -m.trail FROM json_each(?1) j CROSS JOIN moved m ON m.trail = json_extract(j.value, '$[0]')
    UNION ALL
    SELECT e.prev, link.via FROM link CROSS JOIN event e ON e.seq = link.seq WHERE link.via > 0 AND e.prev > 0
    ORDER BY 1 DESC LIMIT -1
)
SELECT {rows.EVENT}
FROM link CROSS JOIN event e ON e.seq = link.seq CROSS JOIN trail t ON t.row = e.trail
WHERE e.trail = abs(link.via) AND e.seq < ?2 LIMIT ?3
"""
NEVER = 2**63 - 1
# Where the rows of a profile are: those that have its very id by that, the others by the index of profiles (0003).
KNOWN_OF = ("id IN (*) AND pid = id", "pid IN (*) AND pid <> id")
TRAILS_OF = (
    "device IN (*) AND device <> '' AND pid = device",
    "account IN (*) AND account <> '' AND pid = account",
    "pid IN (*) AND pid <> device AND pid <> account",
)
_key_in = msgspec.json.Decoder(AccessKey).decode


class View:
    """Consistent reads over one connection."""

    def __init__(self, db: sqlite3.Connection, journal: Journal) -> None:
        self._db = db
        self._journal = journal
        self._journaled: list[Entries] | None = None

    def _mark(self, name: str) -> int:
        row = self._db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _late(self, row: int) -> Entry | None:
        if self._journaled is None:
            self._journaled = self._journal.read(self._db)
        return newest(self._journaled, row)

    def _trail(self, row: Row) -> Trail:
        return rows.trail(row, self._late(row[10]))

    def _heads(self, tids: Iterable[str]) -> list[tuple[int, int]]:
        """(row, newest event) of the trails."""
        found = select(self._db, "SELECT row, head FROM trail WHERE tid IN (*)", tids)
        return [(row, late[3] if (late := self._late(row)) else head) for row, head in found]

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        found = select(self._db, f"SELECT {rows.KNOWN} FROM known WHERE id IN (*)", ids)
        return {row[0]: rows.known(row) for row in found}

    def find_known(self, value: str, limit: int = 50) -> list[Known]:
        where, cells = rows.starting("value", value)
        found = f"SELECT {rows.KNOWN} FROM known WHERE {where} ORDER BY value, kind LIMIT ?"
        return [rows.known(row) for row in self._db.execute(found, (*cells, limit))]

    def known_of(self, pids: Iterable[str]) -> dict[str, list[Known]]:
        found: dict[str, list[Known]] = {}
        for row in self._of(f"SELECT {rows.KNOWN} FROM known WHERE", KNOWN_OF, pids):
            found.setdefault(row[3], []).append(rows.known(row))
        return found

    def _of(self, statement: str, wheres: Iterable[str], pids: Iterable[str]) -> list[Row]:
        """The rows of profiles, each once, by their first column."""
        named = [pid for pid in pids if pid]
        found = {row[0]: row for where in wheres for row in select(self._db, f"{statement} {where}", named)}
        return [found[id] for id in sorted(found)]

    def quarantined(self, limit: int = 200) -> list[Known]:
        found = f"SELECT {rows.KNOWN} FROM known WHERE quarantined ORDER BY degree DESC, id LIMIT ?"
        return [rows.known(row) for row in self._db.execute(found, (limit,))]

    def evidence(self, ids: Iterable[str]) -> list[Evidence]:
        named = list(ids)
        found = {
            row[:3]: row
            for side in ("a", "b")
            for row in select(self._db, f"SELECT {rows.EVIDENCE} FROM evidence WHERE {side} IN (*)", named)
        }
        return [rows.evidence(found[key]) for key in sorted(found)]

    def trails(self, tids: Iterable[str]) -> dict[str, Trail]:
        found = select(self._db, f"SELECT {rows.TRAIL} FROM trail WHERE tid IN (*)", tids)
        return {row[0]: self._trail(row) for row in found}

    def trails_of(self, pids: Iterable[str]) -> dict[str, list[Trail]]:
        found: dict[str, list[Trail]] = {}
        for row in self._of(f"SELECT {rows.TRAIL} FROM trail WHERE", TRAILS_OF, pids):
            found.setdefault(row[5], []).append(self._trail(row))
        return found

    def trails_owned(self, owners: Iterable[str]) -> list[Trail]:
        named = list(owners)
        found = {
            row[0]: row
            for side in ("device", "account")
            for row in select(self._db, f"SELECT {rows.TRAIL} FROM trail WHERE {side} IN (*) AND {side} <> ''", named)
        }
        return [self._trail(found[tid]) for tid in sorted(found)]

    def profiles(self, pids: Iterable[str]) -> dict[str, Profile]:
        found = select(self._db, f"SELECT {rows.PROFILE} FROM profile WHERE pid IN (*)", pids)
        return {row[0]: rows.profile(row) for row in found}

    def list_profiles(self, after: str, limit: int, segment: str = "") -> list[Profile]:
        if segment:
            found = self._db.execute(
                f"SELECT {rows.PROFILE} FROM profile WHERE pid IN "
                "(SELECT pid FROM member WHERE segment = ? AND pid > ? ORDER BY pid LIMIT ?) ORDER BY pid",
                (segment, after, limit),
            )
        else:
            found = self._db.execute(
                f"SELECT {rows.PROFILE} FROM profile WHERE pid > ? ORDER BY pid LIMIT ?", (after, limit)
            )
        return [rows.profile(row) for row in found]

    def profile_ids_of_trails(self) -> Iterator[tuple[str, str]]:
        yield from self._db.execute("SELECT tid, pid FROM trail")

    def trails_moved(self, after: int) -> Iterator[tuple[int, str]]:
        yield from self._db.execute("SELECT number, tid FROM trail_move WHERE number > ? ORDER BY number", (after,))

    def last_trail_move(self) -> int:
        last = self._db.execute("SELECT max(number) FROM trail_move").fetchone()[0]
        return last or 0

    def trails_last(self) -> Iterator[tuple[str, Micros]]:
        late = self._late_lasts()
        for row, pid, last in self._db.execute("SELECT row, pid, last FROM trail"):
            yield pid, late.get(row, last)

    def _late_lasts(self) -> dict[int, Micros]:
        """When each trail that is in the journal was last seen."""
        if self._journaled is None:
            self._journaled = self._journal.read(self._db)
        return {row: entry[1] for entries in reversed(self._journaled) for row, entry in entries.items()}

    def events(self, tids: Iterable[str], *, before_seq: int = 0, limit: int = 0) -> list[Event]:
        at = rows.to_json(self._heads(tids)).decode()
        found = self._db.execute(EVENTS_OF, (at, before_seq or NEVER, limit or -1))
        return [rows.event(row) for row in found]

    def tail(self, after: int, limit: int) -> list[Event]:
        found = self._db.execute(
            f"SELECT {rows.EVENT} FROM event e CROSS JOIN trail t ON t.row = e.trail "
            "WHERE e.seq > ? ORDER BY e.seq LIMIT ?",
            (after, limit),
        )
        return [rows.event(row) for row in found]

    def tail_columns(self, after: int, limit: int, names: Sequence[str]) -> pa.Table:
        """`tail` as columns, for settling."""
        return tail_columns(self._db, after, limit, names)

    def tail_changes(self) -> int:
        """How often events of the tail were refiled, relabeled or erased."""
        return self._mark("tail changes")

    def last_seq(self) -> int:
        return self._mark("seq")

    def manifest(self) -> bytes:
        row = self._db.execute("SELECT body FROM manifest").fetchone()
        return row[0] if row else b""

    def memberships(self, after: int, limit: int) -> list[Membership]:
        found = "SELECT seq, pid, segment, entered, at FROM membership WHERE seq > ? ORDER BY seq LIMIT ?"
        return [rows.membership(row) for row in self._db.execute(found, (after, limit))]

    def due(self, now: Micros, limit: int) -> list[Timer]:
        found = "SELECT pid, kind, due, data FROM timer WHERE due <= ? ORDER BY due, pid, kind LIMIT ?"
        return [rows.timer(row) for row in self._db.execute(found, (now, limit))]

    def dead_letters(self, after: int, limit: int, state: str = "open") -> list[DeadLetter]:
        where, cells = ("state = ? AND", (state,)) if state else ("", ())
        found = f"SELECT {rows.DEAD_LETTER} FROM dead_letter WHERE {where} id > ? ORDER BY id LIMIT ?"
        return [rows.dead_letter(row) for row in self._db.execute(found, (*cells, after, limit))]

    def letters_counted(self, state: str) -> list[tuple[str, str, int, int]]:
        counted = "SELECT source, reason, count(*), sum(count) FROM dead_letter WHERE state = ? GROUP BY source, reason"
        return sorted(self._db.execute(counted, (state,)).fetchall())

    def letters_open(self, keys: Iterable[str]) -> set[str]:
        return {
            key for (key,) in select(self._db, "SELECT key FROM dead_letter WHERE key IN (*) AND state = 'open'", keys)
        }

    def letters_held(self, source: str) -> tuple[int, int]:
        held = "SELECT count(*), total(size) FROM dead_letter WHERE source = ? AND state = 'open'"
        number, size = self._db.execute(held, (source,)).fetchone()
        return number, int(size)

    def documents(self, kind: str = "", id: str = "", state: str = "") -> list[Document]:
        found = self._db.execute(
            f"SELECT {rows.DOCUMENT} FROM document WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR id = ?2) "
            "AND (?3 = '' OR state = ?3) ORDER BY kind, id, version",
            (kind, id, state),
        )
        return [rows.document(row) for row in found]

    def config_version(self) -> int:
        return self._mark("config")

    def keys(self) -> list[AccessKey]:
        return [_key_in(body) for (body,) in self._db.execute("SELECT body FROM access_key ORDER BY created, id")]

    def note(self, name: str) -> bytes:
        row = self._db.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return row[0] if row else b""

    def notes(self, prefix: str) -> dict[str, bytes]:
        where, cells = rows.starting("name", prefix)
        return dict(self._db.execute(f"SELECT name, value FROM note WHERE {where} ORDER BY name", cells))

    def counts(self) -> Mapping[str, int]:
        def count(what: str) -> int:
            return int(self._db.execute(f"SELECT count(*) FROM {what}").fetchone()[0])

        return {
            "events": self._mark("events"),
            "trails": self._mark("trails"),
            "known": count("known"),
            "profiles": count("profile"),
            "dead_letters": count("dead_letter WHERE state = 'open'"),
            "seen": self._mark("seen"),
            "timers": count("timer"),
        }
