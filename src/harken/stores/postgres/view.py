"""Reading from PostgreSQL: ids in, nouns out. `View` is any consistent view; `tx.Tx` adds locks and writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import pyarrow as pa

from harken.stores.postgres.columns import tail_columns
from harken.stores.postgres.guard import id_list
from harken.stores.postgres.link import Link
from harken.stores.postgres.rows import (
    LARGEST,
    Row,
    dead_letter_from,
    document_from,
    event_from,
    evidence_from,
    following,
    given,
    known_from,
    membership_from,
    plain,
    profile_from,
    timer_from,
    trail_from,
)
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
    digest,
)

PAGE = 20_000  # rows of a stream at a time
COUNTED = 1_000_000  # exact up to so many rows, beyond that as the server estimates
key_of = msgspec.json.Decoder(AccessKey).decode


class View:
    """Reads on one link, inside the transaction that is open there."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        wanted = id_list(ids)
        return {row[0]: known_from(row) for row in self._link.rows("known", wanted)}

    def find_known(self, value: str, limit: int = 50) -> list[Known]:
        prefix = plain(value)
        return [known_from(row) for row in self._link.rows("known like", prefix, following(prefix), limit)]

    def known_of(self, pids: Iterable[str]) -> dict[str, list[Known]]:
        found: dict[str, list[Known]] = {}
        for row in self._link.rows("known of", id_list(pids)):
            one = known_from(row)
            found.setdefault(one.pid, []).append(one)
        return found

    def quarantined(self, limit: int = 200) -> list[Known]:
        return [known_from(row) for row in self._link.rows("quarantined", limit)]

    def evidence(self, ids: Iterable[str]) -> list[Evidence]:
        return [evidence_from(row) for row in sorted(self._link.rows("evidence", id_list(ids)))]

    def trails(self, tids: Iterable[str]) -> dict[str, Trail]:
        return {row[0]: trail_from(row) for row in self._link.rows("trails", id_list(tids))}

    def trails_of(self, pids: Iterable[str]) -> dict[str, list[Trail]]:
        found: dict[str, list[Trail]] = {}
        for row in self._link.rows("trails of", id_list(pids)):
            one = trail_from(row)
            found.setdefault(one.pid, []).append(one)
        return found

    def trails_owned(self, owners: Iterable[str]) -> list[Trail]:
        named = id_list(one for one in owners if one)
        return [trail_from(row) for row in self._link.rows("trails owned", named)]

    def profiles(self, pids: Iterable[str]) -> dict[str, Profile]:
        return {row[0]: profile_from(row) for row in self._link.rows("profiles", id_list(pids))}

    def list_profiles(self, after: str, limit: int, segment: str = "") -> list[Profile]:
        if segment:
            rows = self._link.rows("list members", digest("segment", segment), after, limit)
        else:
            rows = self._link.rows("list profiles", after, limit)
        return [profile_from(row) for row in rows]

    def profile_ids_of_trails(self) -> Iterator[tuple[str, str]]:
        after = ""
        while rows := self._link.rows("owners", after, PAGE):
            yield from rows
            after = rows[-1][0]

    def trails_moved(self, after: int) -> Iterator[tuple[int, str]]:
        while rows := self._link.rows("trails moved", after, PAGE):
            yield from rows
            after = rows[-1][0]

    def last_trail_move(self) -> int:
        return int(self._link.one("last trail move"))

    def trails_last(self) -> Iterator[tuple[str, Micros]]:
        after = ""
        while rows := self._link.rows("lasts", after, PAGE):
            yield from ((pid, last) for _, pid, last in rows)
            after = rows[-1][0]

    def events(self, tids: Iterable[str], *, before_seq: int = 0, limit: int = 0) -> list[Event]:
        before = before_seq or LARGEST
        if limit:
            rows = self._link.rows("newest events", id_list(tids), before, limit)
        else:
            rows = self._link.rows("events", id_list(tids), before)
        return [event_from(row) for row in rows]

    def tail(self, after: int, limit: int) -> list[Event]:
        return [event_from(row) for row in self._link.rows("tail", after, limit)]

    def tail_columns(self, after: int, limit: int, names: Sequence[str]) -> pa.Table:
        """`tail` as columns, for settling."""
        return tail_columns(self._link, after, limit, names)

    def last_seq(self) -> int:
        return int(self._link.one("last seq"))

    def manifest(self) -> bytes:
        return bytes(self._link.one("manifest"))

    def memberships(self, after: int, limit: int) -> list[Membership]:
        return [membership_from(row) for row in self._link.rows("memberships", after, limit)]

    def due(self, now: Micros, limit: int) -> list[Timer]:
        return [timer_from(row) for row in self._link.rows("due", now, limit)]

    def dead_letters(self, after: int, limit: int, state: str = "open") -> list[DeadLetter]:
        if state:
            rows = self._link.rows("dead letters", after, limit, state)
        else:
            rows = self._link.rows("all dead letters", after, limit)
        return [dead_letter_from(row) for row in rows]

    def letters_counted(self, state: str) -> list[tuple[str, str, int, int]]:
        rows = self._link.rows("letters counted", state)
        return sorted((given(source), reason, int(letters), int(times)) for source, reason, letters, times in rows)

    def letters_open(self, keys: Iterable[str]) -> set[str]:
        return {row[0] for row in self._link.rows("letters open", id_list(keys))}

    def letters_held(self, source: str) -> tuple[int, int]:
        number, size = self._link.rows("letters held", plain(source))[0]
        return int(number), int(size)

    def documents(self, kind: str = "", id: str = "", state: str = "") -> list[Document]:
        return [document_from(row) for row in self._link.rows("documents", plain(kind), plain(id), state)]

    def config_version(self) -> int:
        return int(self._link.one("config version"))

    def keys(self) -> list[AccessKey]:
        keys = [key_of(row[0]) for row in self._link.rows("keys")]
        return sorted(keys, key=lambda one: (one.created, one.id))

    def note(self, name: str) -> bytes:
        return self._link.one("note", digest("note", name)) or b""

    def notes(self, prefix: str) -> dict[str, bytes]:
        start = plain(prefix)
        return {given(row[0]): row[1] for row in self._link.rows("notes", start, following(start))}

    def counts(self) -> Mapping[str, int]:
        tables = ("events", "trails", "known", "profiles", "seen", "timers")
        counted = {table: self._count(f"harken.{table}", "") for table in tables}
        return counted | {"dead_letters": self._count("harken.dead_letters", "WHERE state = 'open'")}

    def _count(self, table: str, where: str) -> int:
        """Rows of a table: counting a hundred million would take minutes, for a number nobody needs exact."""
        there: Row = self._link.run(
            f"SELECT count(*) FROM (SELECT 1 FROM {table} {where} LIMIT {COUNTED}) AS counted".encode()  # noqa: S608
        ).fetchall()[0]
        if there[0] < COUNTED:
            return int(there[0])
        estimated = self._link.run(f"SELECT reltuples::bigint FROM pg_class WHERE oid = '{table}'::regclass".encode())  # noqa: S608
        return max(COUNTED, int(estimated.fetchall()[0][0]))
