"""Writing to PostgreSQL: claims and Changes in, numbered events out; what is read on the way is locked.

How nodes keep out of each other's way (READ COMMITTED and row locks, nothing a compatible database would lack):

- A customer, that is a profile with its identifiers, trails and segments, is guarded by one row: its *anchor*, the
  identifier it takes its id from. Whoever reads any of it here holds that row first, in the order of ids, reads
  after that, and looks whether what was read still belongs to the profiles it holds; if not, it takes those too.
  So a group of a thousand events locks as many rows as it has customers, and nothing else waits.
- An identifier that is not there yet has no row to lock. `known` puts its id into `meetings`: the unique index makes
  another node that meets the same newcomer wait for the end of this transaction, and then find it.
- What belongs to a profile without an anchor row (there is none in a hub's data) is locked row by row.
- A trail that was asked for, not there and is written now is inserted: if another node was first, that is a Retry.
- Numbers of the logs come from one row that stays locked until commit, taken as late as possible: a reader that has
  seen number n has seen all before it (a sequence would let a later number be seen first), at the price that
  commits with events are one after another, from the copying of the events on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import force_setattr

from harken.errors import Conflict, Invalid
from harken.stores import Changes, Retry, Settled, joined, needles
from harken.stores._postgres_link import Link
from harken.stores._postgres_rows import (
    EVENT_TYPES,
    PackedBytes,
    event_row,
    evidence_columns,
    flags,
    known_columns,
    numbers,
    plain,
    texts,
    trail_columns,
)
from harken.stores._postgres_view import View, id_list
from harken.words import AccessKey, Document, Dropped, Event, Evidence, Known, Membership, Profile, Timer, Trail, digest

ROUNDS = 3  # of following a profile that moves while we wait for it, before starting all over
G = TypeVar("G", Known, Trail)


class Tx(View):
    """A view of now that locks what it reads and writes."""

    fresh = False  # other nodes may have written at any time

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._held: set[str] = set()  # profiles whose anchor is locked
        self._loose: set[str] = set()  # profiles that have no anchor row to lock
        self._met: set[str] = set()  # identifiers that were not there, with a row in `meetings`
        self._numbers: dict[str, int] = {}  # trails that are there -> their row number
        self._absent: set[str] = set()  # trails that were asked for and not there
        self._made: set[str] = set()  # trails inserted here
        self._segments: dict[str, set[str]] = {}  # pid -> segments as stored, of the profiles asked for
        self._hurried = False
        self._refusal: Exception | None = None
        self.proof: tuple[str, list[object]] | None = None  # a row that is there if and only if this was committed

    # ------------------------------------------------------------------ reading and locking

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        wanted = set(ids)
        if not wanted:
            return {}
        if not self._hurried:
            self._hold_first(wanted)
        found = self._guarded(wanted, super().known)
        if newcomers := wanted - found.keys() - self._met:
            self._link.count("meet", id_list(newcomers))
            self._met |= newcomers
            found.update(self._guarded(newcomers, super().known))  # those another node let in while we waited
        return found

    def known_of(self, pids: Iterable[str]) -> dict[str, list[Known]]:
        wanted = set(pids)
        self._hold(wanted)
        return super().known_of(wanted)

    def trails(self, tids: Iterable[str]) -> dict[str, Trail]:
        wanted = set(tids)
        found = self._guarded(wanted, super().trails)
        self._numbers.update({tid: one.row for tid, one in found.items()})
        self._absent |= wanted - found.keys()
        return found

    def trails_of(self, pids: Iterable[str]) -> dict[str, list[Trail]]:
        wanted = set(pids)
        self._hold(wanted)
        found = super().trails_of(wanted)
        self._numbers.update({one.tid: one.row for those in found.values() for one in those})
        return found

    def trails_owned(self, owners: Iterable[str]) -> list[Trail]:
        wanted = set(owners) - {""}
        found = self._guarded(wanted, self._trails_by_tid)
        self._numbers.update({tid: one.row for tid, one in found.items()})
        return list(found.values())

    def _trails_by_tid(self, owners: Iterable[str]) -> dict[str, Trail]:
        found = super().trails_owned(owners)
        return {one.tid: one for one in found}

    def profiles(self, pids: Iterable[str]) -> dict[str, Profile]:
        wanted = set(pids)
        self._hold(wanted)
        found = super().profiles(wanted)
        self._segments.update({pid: set(found[pid].segments) if pid in found else set() for pid in wanted})
        return found

    def _guarded(self, ids: set[str], read: Callable[[Iterable[str]], dict[str, G]]) -> dict[str, G]:
        """Read, and hold the profiles that what was read belongs to; again if it moved before they were held."""
        for _ in range(ROUNDS):
            found = read(ids)
            if not self._hold({one.pid for one in found.values()}):
                return found
        raise Retry("these customers keep being moved to other profiles")

    def _hold_first(self, ids: set[str]) -> None:
        """The first locks of the transaction: they may be waited for long, later ones not."""
        self._hurried = True
        with self._link.together():
            anchors = self._link.send("hold anchors of", id_list(ids))
            self._link.send("be quick")
        self._held.update(row[0] for row in anchors)

    def _hold(self, pids: set[str]) -> bool:
        """Lock the anchors of these profiles; whether any was not held before. Newcomers are ours already."""
        free = pids - self._held - self._met - self._loose
        if not free:
            return False
        held = {row[0] for row in self._link.rows("hold", id_list(free))}
        self._held |= held
        if loose := free - held:
            self._loose |= loose
            for name in ("hold loose known", "hold loose trails", "hold loose profiles"):
                self._link.count(name, id_list(loose))
        return True

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
        dropped_trails = set(changes.dropped_trails).difference(one.tid for one in trails)
        events, numbered = changes.events, len(changes.events) + len(changes.memberships) + len(changes.dropped)
        try:
            self._find_out({one.tid for one in trails})
            self._must_hold(
                {one.tid for one in trails}, {one.tid for one in events}.union(changes.refiled.values()), dropped_trails
            )
            with self._link.together():
                self._write_trails(trails)
                self._drop(changes, dropped_trails)
                self._move_events(changes)
                self._write_identity(changes.known, changes.evidence)
                self._write_profiles(changes.profiles)
                self._write_timers(changes.timers)
                rows = [event_row(one) for one in events]  # while the server is at work
            self._must_be_empty(dropped_trails)
            if changes.settled:
                self._settle(changes.settled)
            if numbered:
                self._append(changes, rows)
        except (Invalid, Conflict) as error:
            self._refusal = error
            raise
        return events

    def _write_trails(self, trails: list[Trail]) -> None:
        """Change those that are there, insert the others."""
        ordered = sorted(trails, key=lambda one: one.tid)
        old = [one for one in ordered if one.tid in self._numbers]
        new = [one for one in ordered if one.tid not in self._numbers]
        if old:
            self._link.send("change trails", *trail_columns(old), numbers(self._numbers[one.tid] for one in old))
        if new:
            self._link.send("add trails", *trail_columns(new))
        self._made.update(one.tid for one in new)
        self._absent -= self._made

    def _find_out(self, tids: set[str]) -> None:
        """Lock those trails that nobody asked for, and take down their numbers."""
        if unsure := tids - self._numbers.keys() - self._absent:
            self._numbers.update(self._link.rows("hold trails", id_list(unsure)))  # type: ignore[arg-type]
            self._absent |= unsure - self._numbers.keys()

    def _must_hold(self, written: set[str], tids: set[str], dropped_trails: set[str]) -> None:
        """Refuse events on trails that are not there, or not any more."""
        for tid in dropped_trails:
            self._numbers.pop(tid, None)
            self._made.discard(tid)
        self._find_out(tids - written - self._made - dropped_trails)
        if missing := tids - written - self._numbers.keys() - self._made:
            raise Invalid(
                f"event on trail {min(missing)!r}, which the store does not hold; write the trail with or before it"
            )

    def _drop(self, changes: Changes, dropped_trails: set[str]) -> None:
        send = self._link.send
        if changes.dropped_evidence:
            a, b, how = zip(*changes.dropped_evidence, strict=True)
            self._link.once("drop evidence", texts(a), texts(b), texts(how))
        if changes.dropped_profiles:
            gone = id_list(changes.dropped_profiles)
            send("drop profiles", gone)
            send("drop memberships of", gone)
            self._segments.update({pid: set() for pid in changes.dropped_profiles})
        if changes.dropped_timers:
            send("drop timers", id_list(digest(pid, kind) for pid, kind in changes.dropped_timers))
        if dropped_trails:
            send("drop trails", id_list(dropped_trails))

    def _must_be_empty(self, dropped_trails: set[str]) -> None:
        """Asked after their rows are gone: only then can no other node add events to them."""
        if dropped_trails and (found := self._link.one("trail with events", id_list(dropped_trails))):
            raise Invalid(f"trail {found!r} still has events in the tail; refile or erase them before it is dropped")

    def _move_events(self, changes: Changes) -> None:
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
        self._link.send(
            "write profiles",
            texts([one.pid for one in latest]),
            texts([one.anchor for one in latest]),
            numbers(one.created for one in latest),
            texts([msgspec.json.encode(one.segments).decode() for one in latest]),
            numbers(one.judged for one in latest),
        )
        unsure = [one.pid for one in latest if one.pid not in self._segments]
        if unsure:
            self._link.send("drop memberships of", texts(unsure))
        was = {one.pid: self._segments.get(one.pid, set()) for one in latest}
        entered = sorted((digest("segment", s), one.pid) for one in latest for s in one.segments.keys() - was[one.pid])
        left = sorted((digest("segment", s), one.pid) for one in latest for s in was[one.pid] - one.segments.keys())
        for name, pairs in (("drop members", left), ("add members", entered)):
            if pairs:
                self._link.once(name, texts([segment for segment, _ in pairs]), texts([pid for _, pid in pairs]))
        self._segments.update({one.pid: set(one.segments) for one in latest})

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
        self._link.count("settle events", settled.through)

    # ------------------------------------------------------------------ the logs

    def _append(self, changes: Changes, rows: list[list[object]]) -> None:
        """Everything that gets a number. Last, because from here on other nodes' writes wait for our commit."""
        events, entered, dropped = changes.events, changes.memberships, changes.dropped
        with self._link.together():
            self._link.send("be patient")
            taken = self._link.send("take numbers", len(events), len(entered), len(dropped))
        event, membership, dead_letter = taken.fetchall()[0]
        with self._link.together():
            if entered:
                self._add_memberships(membership - len(entered) + 1, entered)
            if dropped:
                self._add_dead_letters(dead_letter - len(dropped) + 1, dropped)
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

    def _add_dead_letters(self, start: int, dropped: list[Dropped]) -> None:
        self._link.send(
            "add dead letters",
            numbers(range(start, start + len(dropped))),
            numbers(one.received for one in dropped),
            texts([one.source for one in dropped]),
            texts([one.dialect for one in dropped]),
            texts([one.reason for one in dropped]),
            texts([one.detail for one in dropped]),
            texts([one.where or f"#{one.index}" for one in dropped]),
            PackedBytes([one.raw for one in dropped]),
        )
        self.proof = ("proof dead letter", [start, dropped[0].received, dropped[0].raw])

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
        self._link.send("raise config version")

    def write_keys(self, keys: Iterable[AccessKey]) -> None:
        latest = {one.id: one for one in keys}
        if latest:
            bodies = PackedBytes([msgspec.json.encode(one) for one in latest.values()])
            self._link.send("write keys", texts(list(latest)), bodies)

    def write_note(self, name: str, value: bytes) -> None:
        if value:
            self._link.send("write note", digest(name), plain(name), value)
        else:
            self._link.send("drop note", digest(name))

    def mark_dead_letters(self, ids: Iterable[int], state: str) -> None:
        self._link.send("mark dead letters", numbers(sorted(set(ids))), state)

    # ------------------------------------------------------------------ erasing

    def erase_events(self, tids: Iterable[str]) -> int:
        return self._link.count("erase events", id_list(tids))

    def erase_known(self, ids: Iterable[str]) -> int:
        gone = id_list(ids)
        self._link.send("erase evidence from a", gone)
        self._link.send("erase evidence from b", gone)
        return self._link.count("erase known", gone)

    def erase_dead_letters(self, values: Iterable[str]) -> int:
        return self._link.count("erase dead letters", PackedBytes(needles(values)))

    # ------------------------------------------------------------------ the end

    def finish(self) -> None:
        """Commit; not when a write was refused and somebody went on as if it had not been."""
        if self._refusal is not None:
            raise self._refusal
        if self._met:
            self._link.send("part", id_list(self._met))
        self._link.commit()
