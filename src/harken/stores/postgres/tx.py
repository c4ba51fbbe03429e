"""Writing to PostgreSQL: claims and Changes in, numbered events out. What is read on the way is locked by `guard`.

- A trail that was asked for, not there and is written now is inserted: if another node was first, that is a Retry.
- Numbers of the logs come from one row that stays locked until commit, taken as late as possible: a reader that has
  seen number n has seen all before it (a sequence would let a later number be seen first), at the price that
  commits with events are one after another, from the copying of the events on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import pyarrow as pa
from msgspec.structs import force_setattr

from harken.errors import Conflict, Invalid
from harken.stores import Changes, Retry, Settled, joined, letter_key, needles
from harken.stores.postgres.guard import Guard, id_list
from harken.stores.postgres.link import Link
from harken.stores.postgres.rows import (
    EVENT_TYPES,
    PackedBytes,
    event_rows,
    evidence_columns,
    evidence_from,
    flags,
    known_columns,
    letter_columns,
    letter_tallies,
    numbers,
    plain,
    profile_from,
    segments_of,
    texts,
    trail_columns,
)
from harken.stores.postgres.view import View
from harken.words import AccessKey, Document, Dropped, Event, Evidence, Known, Membership, Profile, Timer, Trail, digest


class Tx(View):
    """A view of now that locks what it reads and writes."""

    fresh = False  # other nodes may have written at any time

    def __init__(self, link: Link, hints: dict[str, str], wanted: set[str]) -> None:
        super().__init__(link)
        self._guard = Guard(link, hints, wanted)
        self._places: dict[str, tuple[int, str]] = {}  # trails that are there -> their row number and profile
        self._absent: set[str] = set()  # trails that were asked for and not there
        self._made: set[str] = set()  # trails inserted here
        self._profiles: set[str] = set()  # profiles written or dropped here
        self._manifest: bytes | None = None  # of the lake, shared: nobody settles until we are done
        self._owned = False  # the manifest is locked for us alone
        self._config: int | None = None  # version of the configuration when documents were first read here
        self._refusal: Exception | None = None
        self.proof: tuple[str, list[object]] | None = None  # a row that is there if and only if this was committed

    # ------------------------------------------------------------------ reading and locking

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        wanted = set(ids)
        return self._guard.known(wanted) if wanted else {}

    def evidence(self, ids: Iterable[str]) -> list[Evidence]:
        return [evidence_from(row) for row in sorted(self._guard.evidence(set(ids)))]

    def known_of(self, pids: Iterable[str]) -> dict[str, list[Known]]:
        wanted = set(pids)
        self._guard.hold(wanted)
        return super().known_of(wanted)

    def trails(self, tids: Iterable[str]) -> dict[str, Trail]:
        wanted, read = set(tids), super().trails
        found = self._guard.guarded(lambda: read(wanted))
        self._places.update({tid: (one.row, one.pid) for tid, one in found.items()})
        self._absent |= wanted - found.keys()
        return found

    def trails_of(self, pids: Iterable[str]) -> dict[str, list[Trail]]:
        wanted = set(pids)
        self._guard.hold(wanted)
        found = super().trails_of(wanted)
        self._places.update({one.tid: (one.row, one.pid) for those in found.values() for one in those})
        return found

    def trails_owned(self, owners: Iterable[str]) -> list[Trail]:
        wanted, read = set(owners), super().trails_owned
        found = self._guard.guarded(lambda: {one.tid: one for one in read(wanted)})
        self._places.update({tid: (one.row, one.pid) for tid, one in found.items()})
        return list(found.values())

    def profiles(self, pids: Iterable[str]) -> dict[str, Profile]:
        wanted = set(pids)
        self._guard.hold(wanted)
        held = self._guard.held
        found = {pid: profile_from(held[pid]) for pid in wanted - self._profiles if pid in held}
        return found | (super().profiles(again) if (again := wanted & self._profiles) else {})

    def manifest(self) -> bytes:
        if self._manifest is None:
            self._manifest = bytes(self._link.one("share manifest"))
        return self._manifest

    def events(self, tids: Iterable[str], *, before_seq: int = 0, limit: int = 0) -> list[Event]:
        self.manifest()
        return super().events(tids, before_seq=before_seq, limit=limit)

    def tail(self, after: int, limit: int) -> list[Event]:
        self._own_log()
        return super().tail(after, limit)

    def tail_columns(self, after: int, limit: int, names: Sequence[str]) -> pa.Table:
        self._own_log()
        return super().tail_columns(after, limit, names)

    def _own_log(self) -> None:
        """Who asks for the tail means to settle it: wait for those who may still refile, relabel or erase in it, and
        keep others from it. Sharing would not do: what was compared could change before it is moved."""
        if not self._owned:
            self._manifest, self._owned = bytes(self._link.one("hold manifest")), True

    def documents(self, kind: str = "", id: str = "", state: str = "") -> list[Document]:
        if self._config is None:
            self._config = self.config_version()
        return super().documents(kind, id, state)

    def note(self, name: str) -> bytes:
        key = digest("note", name)
        found = self._link.one("hold note", key)
        if found is None and key not in self._guard.meetings:
            self._guard.meet([key])
            found = self._link.one("hold note", key)
        return found or b""

    # ------------------------------------------------------------------ claims

    def claim(self, ids: Sequence[str], day: int) -> set[str]:
        if not ids:
            return set()
        new = self._link.send("claim", id_list(ids), day)
        if new.rowcount == len(ids):
            return set()
        return set(ids).difference(row[0] for row in new)

    def forget_seen(self, before_day: int, limit: int) -> int:
        return self._link.count("forget seen", before_day, limit)

    # ------------------------------------------------------------------ one write

    def write(self, changes: Changes) -> list[Event]:
        trails = list({one.tid: one for one in changes.trails}.values())
        written = {one.tid for one in trails}
        dropped_trails = set(changes.dropped_trails) - written
        events = changes.events
        self._guard.forget()
        try:
            if changes.refiled or changes.relabeled:
                self.manifest()
            self._find_out(written)
            moved = self._moved(trails) + sorted(dropped_trails)
            self._must_hold(changes, written, dropped_trails)
            with self._link.together():
                self._write_trails(trails)
                self._drop(changes, dropped_trails)
                self._move_events(changes)
                self._write_identity(changes.known, changes.evidence)
                self._write_profiles(changes.profiles)
                self._write_timers(changes.timers)
                rows = event_rows(events)  # while the server is at work
            self._must_be_empty(dropped_trails)
            if changes.settled:
                self._settle(changes.settled)
            if events or changes.memberships or changes.dropped or moved:
                self._append(changes, rows, moved)
        except (Invalid, Conflict) as error:
            self._refusal = error
            raise
        return events

    def _write_trails(self, trails: list[Trail]) -> None:
        """Change those that are there, insert the others."""
        ordered = sorted(trails, key=lambda one: one.tid)
        old = [one for one in ordered if one.tid in self._places]
        new = [one for one in ordered if one.tid not in self._places]
        if old:
            self._link.send("change trails", *trail_columns(old), numbers(self._places[one.tid][0] for one in old))
        if new:
            self._link.send("add trails", *trail_columns(new))
        self._made.update(one.tid for one in new)
        self._absent -= self._made

    def _find_out(self, tids: set[str]) -> None:
        """Lock those trails that nobody asked for, and take down their numbers."""
        if unsure := tids - self._places.keys() - self._absent:
            held = self._link.rows("hold trails", id_list(unsure))
            self._places.update({tid: (number, pid) for tid, number, pid in held})
            self._absent |= unsure - self._places.keys()

    def _must_hold(self, changes: Changes, written: set[str], dropped_trails: set[str]) -> None:
        """Refuse events on trails that are not there, or not any more."""
        heard = {one.tid for one in changes.events}
        named = heard.union(changes.refiled.values()) - written
        self._find_out(named - self._made)
        if missing := (named - self._places.keys() - self._made) | (heard & dropped_trails):
            raise Invalid(
                f"event on trail {min(missing)!r}, which the store does not hold; write the trail with or before it"
            )
        for tid in dropped_trails:
            self._places.pop(tid, None)
            self._made.discard(tid)

    def _drop(self, changes: Changes, dropped_trails: set[str]) -> None:
        send = self._link.send
        if changes.dropped_evidence:
            a, b, how = zip(*changes.dropped_evidence, strict=True)
            self._link.once("drop evidence", texts(a), texts(b), texts(how))
        if changes.dropped_profiles:
            gone = id_list(changes.dropped_profiles)
            send("drop profiles", gone)
            send("drop memberships of", gone)
            self._profiles.update(changes.dropped_profiles)
        if changes.dropped_timers:
            send("drop timers", id_list(digest(pid, kind) for pid, kind in changes.dropped_timers))
        if dropped_trails:
            send("drop trails", id_list(dropped_trails))

    def _must_be_empty(self, dropped_trails: set[str]) -> None:
        """Asked after their rows are gone: only then can no other node add events to them."""
        if dropped_trails and (found := self._link.one("trail with events", id_list(dropped_trails))):
            raise Invalid(f"trail {found!r} still has events in the tail; refile or erase them before it is dropped")

    def _move_events(self, changes: Changes) -> None:
        """In the tail; who moves some has shared the manifest."""
        for name, moved in (("refile", changes.refiled), ("relabel", changes.relabeled)):
            if moved:
                self._link.once(name, numbers(moved), texts(list(moved.values())))

    def _write_identity(self, known: list[Known], evidence: list[Evidence]) -> None:
        if known:
            latest = sorted({one.id: one for one in known}.values(), key=lambda one: one.id)
            self._link.send("write known", *known_columns(latest))
        if evidence:
            pieces: dict[tuple[str, str, str], Evidence] = {}
            for one in evidence:
                key = (one.a, one.b, one.how)
                pieces[key] = joined(pieces[key], one) if key in pieces else one
            self._link.send("write evidence", *evidence_columns([pieces[key] for key in sorted(pieces)]))

    def _write_profiles(self, profiles: list[Profile]) -> None:
        if not profiles:
            return
        latest = sorted({one.pid: one for one in profiles}.values(), key=lambda one: one.pid)
        pids = [one.pid for one in latest]
        self._link.send(
            "write profiles",
            texts(pids),
            texts([one.anchor for one in latest]),
            numbers(one.created for one in latest),
            texts([msgspec.json.encode(one.segments).decode() for one in latest]),
            numbers(one.judged for one in latest),
        )
        held = {pid: set(segments_of(self._guard.held[pid][3])) for pid in pids if pid in self._guard.held}
        unsure = [pid for pid in pids if pid in self._profiles or (pid not in held and pid not in self._guard.met)]
        if unsure:
            self._link.send("drop memberships of", texts(unsure))
        was = {pid: set() if pid in unsure else held.get(pid, set()) for pid in pids}
        entered = sorted((digest("segment", s), one.pid) for one in latest for s in one.segments.keys() - was[one.pid])
        left = sorted((digest("segment", s), one.pid) for one in latest for s in was[one.pid] - one.segments.keys())
        for name, pairs in (("drop members", left), ("add members", entered)):
            if pairs:
                self._link.once(name, texts([segment for segment, _ in pairs]), texts([pid for _, pid in pairs]))
        self._profiles.update(pids)

    def _write_timers(self, timers: list[Timer]) -> None:
        if not timers:
            return
        latest = sorted(({digest(one.pid, one.kind): one for one in timers}).items())
        self._link.send(
            "write timers",
            texts([key for key, _ in latest]),
            texts([one.pid for _, one in latest]),
            texts([one.kind for _, one in latest]),
            numbers(one.due for _, one in latest),
            PackedBytes([one.data for _, one in latest]),
        )

    def _settle(self, settled: Settled) -> None:
        if not self._link.count("swap manifest", settled.manifest, settled.before):
            raise Conflict("the lake's manifest changed since it was read; settle again from the one that holds now")
        self._manifest = settled.manifest
        self._link.count("settle events", settled.through)

    # ------------------------------------------------------------------ the logs

    def _moved(self, trails: list[Trail]) -> list[str]:
        """Those of them that come to another profile; who drops trails adds these."""
        places = self._places
        moved = [one.tid for one in trails if one.tid in places and places[one.tid][1] != one.pid]
        places.update({one.tid: (places[one.tid][0], one.pid) for one in trails if one.tid in places})
        return moved

    def _append(self, changes: Changes, rows: list[list[object]], moved: list[str]) -> None:
        """Everything that gets a number. Last, because from here on other nodes' writes wait for our commit."""
        events, entered, dropped = changes.events, changes.memberships, changes.dropped
        with self._link.together():
            self._link.send("be patient")
            taken = self._link.send("take numbers", len(events), len(entered), 0, len(moved))
        event, membership, _, move = taken.fetchall()[0]
        with self._link.together():
            if entered:
                self._add_memberships(membership - len(entered) + 1, entered)
            if moved:
                self._link.send("add trail moves", numbers(range(move - len(moved) + 1, move + 1)), texts(moved))
        if dropped:
            self._take_letters(dropped)
        if events:
            first = event - len(events) + 1
            for seq, (one, row) in enumerate(zip(events, rows, strict=True), first):
                force_setattr(one, "seq", seq)
                row[-1] = seq
            self._link.copy("add events", EVENT_TYPES, rows)
            self.proof = ("proof event", [first, events[0].id])

    def _add_memberships(self, start: int, entered: list[Membership]) -> None:
        self._link.send(
            "add memberships",
            numbers(range(start, start + len(entered))),
            texts([one.pid for one in entered]),
            texts([one.segment for one in entered]),
            flags(one.entered for one in entered),
            numbers(one.at for one in entered),
        )
        self.proof = ("proof membership", [start, entered[0].pid, plain(entered[0].segment), entered[0].at])

    def _take_letters(self, dropped: list[Dropped]) -> None:
        """Count those that wait already, add the others. The row of numbers is ours, so no other node adds meanwhile."""
        same: dict[str, list[Dropped]] = {}
        for one in dropped:
            same.setdefault(letter_key(one), []).append(one)
        for (key,) in self._link.once("count dead letters again", *letter_tallies(same)).fetchall():
            del same[key]
        if same:
            last = self._link.rows("take numbers", 0, 0, len(same), 0)[0][2]
            start = last - len(same) + 1
            self._link.send("add dead letters", numbers(range(start, last + 1)), *letter_columns(same))
            first = next(iter(same.values()))
            self.proof = ("proof dead letter", [start, min(one.received for one in first), first[0].raw])

    # ------------------------------------------------------------------ the small things

    def write_documents(self, documents: Iterable[Document]) -> None:
        latest = list({(one.kind, one.id, one.version): one for one in documents}.values())
        if not latest:
            return
        self._link.send(
            "write documents",
            texts([digest(one.kind, one.id) for one in latest]),
            texts([one.kind for one in latest]),
            texts([one.id for one in latest]),
            numbers(one.version for one in latest),
            texts([one.state for one in latest]),
            PackedBytes([one.body for one in latest]),
            numbers(one.at for one in latest),
            texts([one.by for one in latest]),
            texts([one.reason for one in latest]),
        )
        if not self._link.count("raise config version", -1 if self._config is None else self._config):
            raise Retry("another node has just written documents")
        self._config = self.config_version()

    def write_keys(self, keys: Iterable[AccessKey]) -> None:
        latest = {one.id: one for one in keys}
        if latest:
            bodies = PackedBytes([msgspec.json.encode(one) for one in latest.values()])
            self._link.send("write keys", texts(list(latest)), bodies)

    def write_note(self, name: str, value: bytes) -> None:
        if value:
            self._link.send("write note", digest("note", name), plain(name), value)
        else:
            self._link.send("drop note", digest("note", name))

    def mark_dead_letters(self, ids: Iterable[int], state: str) -> None:
        self._link.send("mark dead letters", numbers(sorted(set(ids))), state)

    # ------------------------------------------------------------------ erasing

    def erase_events(self, tids: Iterable[str]) -> int:
        self.manifest()
        return self._link.count("erase events", id_list(tids))

    def erase_known(self, ids: Iterable[str]) -> int:
        gone = id_list(ids)
        self._guard.forget()
        self._link.send("erase evidence from a", gone)
        self._link.send("erase evidence from b", gone)
        return self._link.count("erase known", gone)

    def erase_memberships(self, pids: Iterable[str]) -> int:
        return self._link.count("erase memberships", id_list(pids))

    def erase_dead_letters(self, values: Iterable[str]) -> int:
        return self._link.count("erase dead letters", PackedBytes(needles(values)))

    # ------------------------------------------------------------------ the end

    @property
    def wanted(self) -> set[str]:
        """The profiles that were locked or asked for; to begin with when this is tried again."""
        return self._guard.wanted

    def finish(self) -> None:
        """Commit; not when a write was refused and somebody went on as if it had not been."""
        if self._refusal is not None:
            raise self._refusal
        if self._guard.meetings:
            self._link.send("part", id_list(self._guard.meetings))
        self._link.commit()
