"""A store that lasts as long as its process: changes in, consistent views out, nothing on disk. For trying out and tests.

Everything lies in dicts of values nobody changes. A transaction writes them in place and notes the value each key had
before (`undo`); an exception puts those back. A view that is open meanwhile gets the same old values into its own
`before`, looks there first, and so keeps seeing the moment it was opened. Lists that no index serves read everything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec import structs

from harken.errors import Conflict, Invalid, Unavailable
from harken.stores import Changes, Settled, Turn, joined, needles
from harken.words import (
    AccessKey,
    DeadLetter,
    Document,
    Dropped,
    Event,
    Evidence,
    Known,
    Membership,
    Micros,
    Profile,
    Timer,
    Trail,
)

Slot = tuple[str, Any]  # table, key
INDEXES: dict[str, dict[str, Callable[[Any], tuple[str, ...]]]] = {
    "trails": {"trails of": lambda one: (one.pid,), "trails owned": lambda one: (one.device, one.account)},
    "known": {"known of": lambda one: (one.pid,)},
    "evidence": {"evidence of": lambda one: (one.a, one.b)},
    "events": {"events of": lambda one: (one.tid,)},
}


class Tables:
    """The data: table -> key -> value, the open views, and what the running transaction would put back."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Any, Any]] = {}
        self.undo: dict[Slot, Any] = {}
        self.views: list[dict[Slot, Any]] = []
        self.lock = threading.Lock()

    def table(self, name: str) -> dict[Any, Any]:
        return self.rows.setdefault(name, {})

    def put(self, name: str, key: Any, value: Any) -> None:
        """Set a value (None removes it) and keep its indexes right."""
        old = self.table(name).get(key)
        self._set((name, key), old, value)
        for index, keys_of in INDEXES.get(name, {}).items():
            was = set(keys_of(old)) if old is not None else set()
            now = set(keys_of(value)) if value is not None else set()
            for gone in was - now - {""}:
                there = self.table(index)[gone]
                self._set((index, gone), there, (there - {key}) or None)
            for new in now - was - {""}:
                there = self.table(index).get(new)
                self._set((index, new), there, (there or frozenset()) | {key})

    def roll_back(self) -> None:
        with self.lock:
            for (name, key), old in self.undo.items():
                if old is None:
                    self.table(name).pop(key, None)
                else:
                    self.table(name)[key] = old
            self.undo = {}

    def commit(self) -> None:
        with self.lock:
            self.undo = {}

    def _set(self, slot: Slot, old: Any, value: Any) -> None:
        name, key = slot
        with self.lock:
            self.undo.setdefault(slot, old)
            for before in self.views:
                before.setdefault(slot, old)
            if value is None:
                self.table(name).pop(key, None)
            else:
                self.table(name)[key] = value


class View:
    """One consistent snapshot; with no `before` it reads what is there now, which is what a transaction wants."""

    def __init__(self, tables: Tables, before: dict[Slot, Any]) -> None:
        self._tables = tables
        self._before = before

    def _get(self, table: str, key: Any) -> Any:
        with self._tables.lock:
            slot = (table, key)
            return self._before[slot] if slot in self._before else self._tables.table(table).get(key)

    def _all(self, table: str) -> dict[Any, Any]:
        with self._tables.lock:
            rows = dict(self._tables.table(table))
            changed = [(key, old) for (name, key), old in self._before.items() if name == table]
        for key, old in changed:
            if old is None:
                rows.pop(key, None)
            else:
                rows[key] = old
        return rows

    def _pick(self, table: str, keys: Iterable[Any]) -> dict[Any, Any]:
        return {key: value for key in keys if (value := self._get(table, key)) is not None}

    def _by(self, index: str, keys: Iterable[str]) -> set[Any]:
        return {one for key in set(keys) - {""} for one in self._get(index, key) or ()}

    def _after(self, table: str, after: int, last: int) -> Iterator[Any]:
        """Rows of a table numbered from 1, those past `after`."""
        numbers = range(after + 1, last + 1) if after > 0 else sorted(self._all(table))
        return (row for number in numbers if (row := self._get(table, number)) is not None)

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        return {id: _copied(one) for id, one in self._pick("known", ids).items()}

    def find_known(self, value: str, limit: int = 50) -> list[Known]:
        those = [one for one in self._all("known").values() if one.value.startswith(value)]
        return [_copied(one) for one in sorted(those, key=lambda one: (one.value, one.kind))[:limit]]

    def known_of(self, pids: Iterable[str]) -> dict[str, list[Known]]:
        found = {pid: self.known(sorted(self._by("known of", [pid]))) for pid in pids}
        return {pid: list(those.values()) for pid, those in found.items() if those}

    def quarantined(self, limit: int = 200) -> list[Known]:
        those = [one for one in self._all("known").values() if one.quarantined]
        return [_copied(one) for one in sorted(those, key=lambda one: (-one.degree, one.id))[:limit]]

    def evidence(self, ids: Iterable[str]) -> list[Evidence]:
        return list(self._pick("evidence", sorted(self._by("evidence of", ids))).values())

    def trails(self, tids: Iterable[str]) -> dict[str, Trail]:
        return {tid: structs.replace(one) for tid, one in self._pick("trails", tids).items()}

    def trails_of(self, pids: Iterable[str]) -> dict[str, list[Trail]]:
        found = {pid: self.trails(sorted(self._by("trails of", [pid]))) for pid in pids}
        return {pid: list(those.values()) for pid, those in found.items() if those}

    def trails_owned(self, owners: Iterable[str]) -> list[Trail]:
        return list(self.trails(sorted(self._by("trails owned", owners))).values())

    def profiles(self, pids: Iterable[str]) -> dict[str, Profile]:
        return {pid: _copied(one) for pid, one in self._pick("profiles", pids).items()}

    def list_profiles(self, after: str, limit: int, segment: str = "") -> list[Profile]:
        there = self._all("profiles")
        those = sorted(pid for pid, one in there.items() if pid > after and (not segment or segment in one.segments))
        return [_copied(there[pid]) for pid in those[:limit]]

    def profile_ids_of_trails(self) -> Iterator[tuple[str, str]]:
        return ((tid, one.pid) for tid, one in self._all("trails").items())

    def events(self, tids: Iterable[str], *, before_seq: int = 0, limit: int = 0) -> list[Event]:
        numbers = sorted(self._by("events of", tids), reverse=True)
        older = [seq for seq in numbers if not before_seq or seq < before_seq]
        return list(self._pick("events", older[: limit or None]).values())

    def tail(self, after: int, limit: int) -> list[Event]:
        settled = self._get("marks", "settled") or 0
        rows = self._after("events", max(after, settled), self.last_seq())
        return [row for _, row in zip(range(limit), rows, strict=False)]

    def last_seq(self) -> int:
        return self._get("marks", "seq") or 0

    def manifest(self) -> bytes:
        return self._get("marks", "manifest") or b""

    def memberships(self, after: int, limit: int) -> list[Membership]:
        rows = self._after("memberships", after, self._get("marks", "memberships") or 0)
        return [row for _, row in zip(range(limit), rows, strict=False)]

    def due(self, now: Micros, limit: int) -> list[Timer]:
        those = [one for one in self._all("timers").values() if one.due <= now]
        return sorted(those, key=lambda one: (one.due, one.pid, one.kind))[:limit]

    def dead_letters(self, after: int, limit: int, state: str = "open") -> list[DeadLetter]:
        rows = self._after("dead letters", after, self._get("marks", "dead letters") or 0)
        those = (one for one in rows if not state or one.state == state)
        return [one for _, one in zip(range(limit), those, strict=False)]

    def documents(self, kind: str = "", id: str = "", state: str = "") -> list[Document]:
        return [
            one
            for _, one in sorted(self._all("documents").items())
            if kind in ("", one.kind) and id in ("", one.id) and state in ("", one.state)
        ]

    def config_version(self) -> int:
        return self._get("marks", "config") or 0

    def keys(self) -> list[AccessKey]:
        return sorted(self._all("keys").values(), key=lambda one: (one.created, one.id))

    def note(self, name: str) -> bytes:
        return self._get("notes", name) or b""

    def notes(self, prefix: str) -> dict[str, bytes]:
        return {name: value for name, value in sorted(self._all("notes").items()) if name.startswith(prefix)}

    def counts(self) -> Mapping[str, int]:
        counted = {name: len(self._all(name)) for name in ("events", "trails", "known", "profiles", "seen", "timers")}
        return counted | {"dead_letters": sum(one.state == "open" for one in self._all("dead letters").values())}


class Tx(View):
    """A view of now that writes."""

    fresh = True  # nobody else can write: the data has only this Store

    def _next(self, name: str) -> int:
        number: int = (self._get("marks", name) or 0) + 1
        self._tables.put("marks", name, number)
        return number

    def claim(self, ids: Sequence[str], day: int) -> set[str]:
        heard = set(self._pick("seen", ids))
        for id in ids:
            if id not in heard:
                self._tables.put("seen", id, day)
        return heard

    def write(self, changes: Changes) -> list[Event]:
        put = self._tables.put
        for trail in changes.trails:
            put("trails", trail.tid, structs.replace(trail))
        for seq, tid in changes.refiled.items():
            self._change_event(seq, tid=tid)
        for seq, touchpoint in changes.relabeled.items():
            self._change_event(seq, touchpoint=touchpoint)
        for event in changes.events:
            self._add_event(event)
        self._drop(changes)
        for one in changes.known:
            put("known", one.id, _copied(one))
        for piece in changes.evidence:
            key = (piece.a, piece.b, piece.how)
            there = self._get("evidence", key)
            put("evidence", key, joined(there, piece) if there else piece)
        for profile in changes.profiles:
            put("profiles", profile.pid, _copied(profile))
        for timer in changes.timers:
            put("timers", (timer.pid, timer.kind), timer)
        for entered in changes.memberships:
            seq = self._next("memberships")
            put("memberships", seq, structs.replace(entered, seq=seq))
        for dropped in changes.dropped:
            put("dead letters", *self._dead_letter(dropped))
        if changes.settled:
            self._settle(changes.settled)
        return changes.events

    def _add_event(self, event: Event) -> None:
        self._must_hold(event.tid)
        seq = self._next("seq")
        structs.force_setattr(event, "seq", seq)
        self._tables.put("events", seq, _envelope(event))

    def _change_event(self, seq: int, **fields: str) -> None:
        if "tid" in fields:
            self._must_hold(fields["tid"])
        there = self._get("events", seq)
        if there is not None:
            self._tables.put("events", seq, structs.replace(there, **fields))

    def _must_hold(self, tid: str) -> None:
        if self._get("trails", tid) is None:
            raise Invalid(f"event on trail {tid!r}, which the store does not hold; write the trail with or before it")

    def _drop(self, changes: Changes) -> None:
        written = {trail.tid for trail in changes.trails}
        for tid in changes.dropped_trails:
            if tid in written:
                continue
            if self._get("events of", tid):
                raise Invalid(f"trail {tid!r} still has events in the tail; refile or erase them before it is dropped")
            self._tables.put("trails", tid, None)
        for table, keys in (
            ("evidence", changes.dropped_evidence),
            ("profiles", changes.dropped_profiles),
            ("timers", changes.dropped_timers),
        ):
            for key in keys:
                self._tables.put(table, key, None)

    def _dead_letter(self, one: Dropped) -> tuple[int, DeadLetter]:
        id = self._next("dead letters")
        where = one.where or f"#{one.index}"
        return id, DeadLetter(
            id=id, at=one.received, source=one.source, dialect=one.dialect, reason=one.reason, detail=one.detail,
            where=where, raw=one.raw,
        )  # fmt: skip

    def _settle(self, settled: Settled) -> None:
        if self.manifest() != settled.before:
            raise Conflict("the lake's manifest changed since it was read; settle again from the one that holds now")
        for seq in [seq for seq in self._all("events") if seq <= settled.through]:
            self._tables.put("events", seq, None)
        through = min(settled.through, self.last_seq())
        self._tables.put("marks", "settled", max(through, self._get("marks", "settled") or 0))
        self._tables.put("marks", "manifest", settled.manifest)

    def write_documents(self, documents: Iterable[Document]) -> None:
        versions = list(documents)
        for one in versions:
            self._tables.put("documents", (one.kind, one.id, one.version), one)
        if versions:
            self._next("config")

    def write_keys(self, keys: Iterable[AccessKey]) -> None:
        for one in keys:
            self._tables.put("keys", one.id, one)

    def write_note(self, name: str, value: bytes) -> None:
        self._tables.put("notes", name, value or None)

    def mark_dead_letters(self, ids: Iterable[int], state: str) -> None:
        for id, one in self._pick("dead letters", ids).items():
            self._tables.put("dead letters", id, structs.replace(one, state=state))

    def forget_seen(self, before_day: int, limit: int) -> int:
        over = sorted((day, id) for id, day in self._all("seen").items() if 0 <= day < before_day)[:limit]
        for _, id in over:
            self._tables.put("seen", id, None)
        return len(over)

    def erase_events(self, tids: Iterable[str]) -> int:
        numbers = self._by("events of", tids)
        for seq in numbers:
            self._tables.put("events", seq, None)
        return len(numbers)

    def erase_known(self, ids: Iterable[str]) -> int:
        named = set(ids)
        gone = self._pick("known", named)
        for key in self._by("evidence of", named):
            self._tables.put("evidence", key, None)
        for id in gone:
            self._tables.put("known", id, None)
        return len(gone)

    def erase_dead_letters(self, values: Iterable[str]) -> int:
        parts = needles(values)
        gone = [id for id, one in self._all("dead letters").items() if any(part in one.raw for part in parts)]
        for id in gone:
            self._tables.put("dead letters", id, None)
        return len(gone)


class Store:
    """Made from the URL `memory:`; every Store has its own data."""

    scheme = "memory"

    def __init__(self, url: str = "memory:") -> None:
        self._tables = Tables()
        self._writer = Turn()
        self._closed = False

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        with self._writer:
            self._open()
            try:
                yield Tx(self._tables, {})
            except BaseException:
                self._tables.roll_back()
                raise
            self._tables.commit()

    @contextmanager
    def read(self) -> Iterator[View]:
        self._open()
        with self._tables.lock:
            before = dict(self._tables.undo)
            self._tables.views.append(before)
        try:
            yield View(self._tables, before)
        finally:
            with self._tables.lock:
                self._tables.views = [one for one in self._tables.views if one is not before]

    def lease(self, name: str, seconds: int) -> bool:
        self._open()
        return True  # nobody else can ask

    def check(self) -> dict[str, str]:
        with self.read() as view:
            rows = sum(view.counts().values())
        return {"store": self.scheme, "rows": str(rows), "durable": "no: gone when the process ends"}

    def close(self) -> None:
        self._closed = True

    def _open(self) -> None:
        if self._closed:
            raise Unavailable("this memory store is closed; open a new one")


def _copied(one: Any) -> Any:
    """A Known or Profile that shares nothing with the one given."""
    if isinstance(one, Known):
        return structs.replace(one, claims=list(one.claims))
    return structs.replace(one, segments=dict(one.segments))


def _envelope(one: Event) -> Event:
    return Event(
        id=one.id, message_id=one.message_id, source=one.source, dialect=one.dialect, type=one.type, name=one.name,
        occurred=one.occurred, received=one.received, identifiers=(), channel=one.channel, touchpoint=one.touchpoint,
        verified=one.verified, raw=one.raw, seq=one.seq, tid=one.tid,
    )  # fmt: skip
