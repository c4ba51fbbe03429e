"""One write transaction in memory: changes in, numbered events out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs

from harken.errors import Conflict, Invalid
from harken.stores import Changes, Settled, joined, letter_key, needles
from harken.stores.memory.view import View, copied
from harken.words import AccessKey, DeadLetter, Document, Dropped, Event, Trail


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
        self._put_trails(changes.trails)
        for seq, tid in changes.refiled.items():
            self._change_event(seq, tid=tid)
        for seq, touchpoint in changes.relabeled.items():
            self._change_event(seq, touchpoint=touchpoint)
        for event in changes.events:
            self._add_event(event)
        self._drop(changes)
        for one in changes.known:
            put("known", one.id, copied(one))
        for piece in changes.evidence:
            key = (piece.a, piece.b, piece.how)
            there = self._get("evidence", key)
            put("evidence", key, joined(there, piece) if there else piece)
        for profile in changes.profiles:
            put("profiles", profile.pid, copied(profile))
        for timer in changes.timers:
            put("timers", (timer.pid, timer.kind), timer)
        for entered in changes.memberships:
            seq = self._next("memberships")
            put("memberships", seq, structs.replace(entered, seq=seq))
        for dropped in changes.dropped:
            self._take_letter(dropped)
        if changes.settled:
            self._settle(changes.settled)
        return changes.events

    def _put_trails(self, trails: list[Trail]) -> None:
        for trail in trails:
            before = self._get("trails", trail.tid)
            if before is not None and before.pid != trail.pid:
                self._tables.put("moves", self._next("moves"), trail.tid)
            self._tables.put("trails", trail.tid, structs.replace(trail))

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
            if self._get("trails", tid) is not None:
                self._tables.put("moves", self._next("moves"), tid)
            self._tables.put("trails", tid, None)
        for table, keys in (
            ("evidence", changes.dropped_evidence),
            ("profiles", changes.dropped_profiles),
            ("timers", changes.dropped_timers),
        ):
            for key in keys:
                self._tables.put(table, key, None)

    def _take_letter(self, one: Dropped) -> None:
        if same := self._get("letters open", letter_key(one)):
            id = min(same)
            letter = self._get("dead letters", id)
            letter = structs.replace(
                letter, at=min(letter.at, one.received), last=max(letter.last, one.received), count=letter.count + 1
            )
        else:
            id = self._next("dead letters")
            letter = DeadLetter(
                id=id, at=one.received, source=one.source, dialect=one.dialect, reason=one.reason, detail=one.detail,
                where=one.where or f"#{one.index}", raw=one.raw, last=one.received, line=one.line, trusted=one.trusted,
            )  # fmt: skip
        self._tables.put("dead letters", id, letter)

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

    def erase_memberships(self, pids: Iterable[str]) -> int:
        gone = self._by("memberships of", pids)
        for seq in gone:
            self._tables.put("memberships", seq, None)
        return len(gone)

    def erase_dead_letters(self, values: Iterable[str]) -> int:
        parts = needles(values)
        gone = [id for id, one in self._all("dead letters").items() if any(part in one.raw for part in parts)]
        for id in gone:
            self._tables.put("dead letters", id, None)
        return len(gone)


def _envelope(one: Event) -> Event:
    return Event(
        id=one.id, message_id=one.message_id, source=one.source, dialect=one.dialect, type=one.type, name=one.name,
        occurred=one.occurred, received=one.received, identifiers=(), channel=one.channel, touchpoint=one.touchpoint,
        verified=one.verified, raw=one.raw, seq=one.seq, tid=one.tid,
    )  # fmt: skip
