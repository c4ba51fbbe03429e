"""What is read from memory: ids in, words out, all as of one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import structs

from harken.stores.memory.tables import UNNAMED, Slot, Tables
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
        return {id: copied(one) for id, one in self._pick("known", ids).items()}

    def find_known(self, value: str, limit: int = 50) -> list[Known]:
        those = [one for one in self._all("known").values() if one.value.startswith(value)]
        return [copied(one) for one in sorted(those, key=lambda one: (one.value, one.kind))[:limit]]

    def known_of(self, pids: Iterable[str]) -> dict[str, list[Known]]:
        found = {pid: self.known(sorted(self._by("known of", [pid]))) for pid in pids}
        return {pid: list(those.values()) for pid, those in found.items() if those}

    def quarantined(self, limit: int = 200) -> list[Known]:
        those = [one for one in self._all("known").values() if one.quarantined]
        return [copied(one) for one in sorted(those, key=lambda one: (-one.degree, one.id))[:limit]]

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
        return {pid: copied(one) for pid, one in self._pick("profiles", pids).items()}

    def list_profiles(self, after: str, limit: int, segment: str = "") -> list[Profile]:
        there = self._all("profiles")
        those = sorted(pid for pid, one in there.items() if pid > after and (not segment or segment in one.segments))
        return [copied(there[pid]) for pid in those[:limit]]

    def profile_ids_of_trails(self) -> Iterator[tuple[str, str]]:
        return ((tid, one.pid) for tid, one in self._all("trails").items())

    def trails_moved(self, after: int) -> Iterator[tuple[int, str]]:
        last = self.last_trail_move()
        return zip(range(after + 1, last + 1), self._after("moves", after, last), strict=True)

    def last_trail_move(self) -> int:
        return self._get("marks", "moves") or 0

    def trails_last(self) -> Iterator[tuple[str, Micros]]:
        return ((one.pid, one.last) for one in self._all("trails").values())

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

    def letters_counted(self, state: str) -> list[tuple[str, str, int, int]]:
        told: dict[tuple[str, str], list[int]] = {}
        for one in self._all("dead letters").values():
            if one.state == state:
                told.setdefault((one.source, one.reason), []).append(one.count)
        return [(*of, len(counts), sum(counts)) for of, counts in sorted(told.items())]

    def letters_open(self, keys: Iterable[str]) -> set[str]:
        return {key for key in set(keys) if self._get("letters open", key)}

    def letters_held(self, source: str) -> tuple[int, int]:
        those = self._pick("dead letters", self._by("letters held", [source or UNNAMED])).values()
        return len(those), sum(len(one.raw) for one in those)

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


def copied(one: Any) -> Any:
    """A Known or Profile that shares nothing with the one given."""
    if isinstance(one, Known):
        return structs.replace(one, claims=list(one.claims))
    return structs.replace(one, segments=dict(one.segments))
