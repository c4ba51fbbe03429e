"""A hub in miniature for these tests: rows in dicts, everything a Recognition asks for carried out; and an oracle that
decides identity anew from all events at once, by the plain words of the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from msgspec import structs

from harken.recognize import (
    Graph,
    Plan,
    Recognition,
    absorb,
    file,
    forget_trail,
    frontier,
    meet,
    merge,
    missing,
    owner,
    prepare,
    rebuild_claims,
    recognize,
    rejudge,
    release,
    strangers,
    trail_of,
    undo,
    unmerge,
)
from harken.recognize.plan import read, read_alias, tid_of
from harken.words import DEFAULT_KEYS, Config, Event, Evidence, Identifier, Known, Trail, digest

PLAN = prepare(Config(keys=DEFAULT_KEYS))
STORED = 1_000  # tests count time in small numbers


def plan_with(**changes: dict[str, object]) -> Plan:
    """The default keys, some of them changed: `plan_with(email={"limit": 2})`."""
    return prepare(Config(keys=tuple(structs.replace(key, **changes.get(key.id, {})) for key in DEFAULT_KEYS)))


def ident(text: str) -> Identifier:
    kind, _, value = text.partition(":")
    return Identifier(
        {"u": "user_id", "a": "anonymous_id", "e": "email", "p": "phone", "d": "device_id"}.get(kind, kind), value
    )


def id_of(text: str) -> str:
    return ident(text).id


_numbers = count(1)


def event(
    ids: str = "", at: int = 0, *, source: str = "web", alias: tuple[str, str] | None = None, verified: bool = False,
    id: str = "", received: int = 0,
) -> Event:  # fmt: skip
    """`event("u:ada a:1", at=5)`: what counts of an event here."""
    order = [key.id for key in DEFAULT_KEYS]
    names = [ident(text) for text in ids.split()]
    names.sort(key=lambda name: order.index(name.kind) if name.kind in order else 99)
    message = id or str(next(_numbers))
    return Event(
        id=digest(source, message),
        message_id=message,
        source=source,
        dialect="segment",
        type="alias" if alias else "track",
        name="x",
        occurred=at,
        received=received or STORED + at,
        identifiers=tuple(names),
        channel="web",
        touchpoint="x",
        alias=alias,
        verified=verified,
    )


class World:
    """What a hub keeps, and how it carries out what recognize finds."""

    def __init__(self, plan: Plan = PLAN, *, keep: bool = True, polite: bool = True) -> None:
        self.plan, self.keep, self.polite = plan, keep, polite
        self.known: dict[str, Known] = {}
        self.evidence: dict[tuple[str, str, str], Evidence] = {}
        self.trails: dict[str, Trail] = {}
        self.log: dict[str, Event] = {}
        self.filed: dict[str, str] = {}  # event id -> tid
        self.graph = Graph()
        self.asked: list[set[str]] = []

    # ---------------------------------------------------------------- reading

    def read_known(self, ids: Iterable[str]) -> list[Known]:
        return [structs.replace(self.known[id], claims=list(self.known[id].claims)) for id in ids if id in self.known]

    def read_evidence(self, ids: set[str]) -> list[Evidence]:
        return [row for row in self.evidence.values() if row.a in ids or row.b in ids]

    def absorb(self, ids: set[str]) -> None:
        self.asked.append(set(ids))
        absorb(self.graph, self.read_known(ids), self.read_evidence(ids), ids)

    def load(self, events: Sequence[Event]) -> None:
        while True:
            if self.polite and (ids := strangers(events, self.graph, self.plan)):
                self.asked.append(set(ids))
                meet(self.graph, self.read_known(ids), ids)
            if not (ids := missing(events, self.graph, self.plan)):
                break
            self.absorb(ids)

    def surround(self, ids: Iterable[str], plan: Plan | None = None, *, past: bool = False) -> Graph:
        if not self.keep:
            self.graph = Graph()
        ids = list(ids)
        while wanted := frontier(self.graph, ids, plan, past=past):
            self.absorb(wanted)
        return self.graph

    # ---------------------------------------------------------------- hearing

    def hear(self, *events: Event) -> Recognition:
        events = tuple({event.id: event for event in events if event.id not in self.log}.values())
        if not self.keep:
            self.graph = Graph()
        self.asked = []
        self.load(events)
        found = recognize(events, self.graph, self.plan)
        assert len(found.tids) == len(events)
        assert set(found.pids) == set(found.tids)
        assert set(found.tids) <= set(self.trails) | set(found.trails)
        self.carry_out(found)
        for heard, tid in zip(events, found.tids, strict=True):
            self.log[heard.id] = heard
            self.filed[heard.id] = tid
        for device, since in found.refile.items():
            self.refile(device, since, {event.id for event in events})
        for tid in set(self.trails) - set(self.filed.values()):
            del self.trails[tid]
            forget_trail(self.graph, tid)
        if not found.refile:
            assert all(self.trails[tid].pid == pid for tid, pid in found.pids.items())
        return found

    def carry_out(self, found: Recognition) -> None:
        for row in found.known:
            self.known[row.id] = structs.replace(row, claims=list(row.claims))
        for key in found.dropped_evidence:
            del self.evidence[key]
        for row in found.evidence:
            self.evidence[row.a, row.b, row.how] = row
        for tid, trail in found.trails.items():
            self.trails[tid] = structs.replace(trail)
        for trail in self.trails.values():
            if {trail.account, trail.device} & (found.owners | set(found.moved)):
                mine = owner(trail, self.graph)
                if mine in self.graph.known:  # else nothing about it has changed
                    trail.owner, trail.pid = mine, self.graph.known[mine].pid

    def refile(self, device: str, since: int, fresh: set[str]) -> None:
        tids = {trail.tid for trail in self.trails.values() if trail.device == device}
        if not any(self.filed[id] in tids and one.occurred >= since for id, one in self.log.items() if id not in fresh):
            return  # nothing in the log is late enough to be filed otherwise
        told = [event for id, event in self.log.items() if self.filed[id] in tids and event.occurred >= since]
        accounts = {self.trails[tid].account for tid in tids} - {""}
        meet(self.graph, self.read_known(accounts), accounts)
        row = rebuild_claims(self.graph, device, told, self.plan, since=since)
        self.known[device] = structs.replace(row, claims=list(row.claims))
        for one in told:
            tid = file(one, self.graph, self.plan)
            if tid not in self.trails:
                self.trails[tid] = trail_of(one, self.graph, self.plan)
            self.filed[one.id] = tid

    # ---------------------------------------------------------------- by hand

    def decide(self, found: Recognition) -> Recognition:
        """Carry out what was decided by hand, and refile what it asks for."""
        self.carry_out(found)
        for device, since in found.refile.items():
            self.refile(device, since, set())
        for tid in set(self.trails) - set(self.filed.values()):
            del self.trails[tid]
            forget_trail(self.graph, tid)
        return found

    def merge(self, a: str, b: str, at: int = 9_000) -> Recognition:
        graph = self.surround([id_of(a), id_of(b)], self.plan)
        return self.decide(merge(graph, id_of(a), id_of(b), by="eve", reason="same", at=at, plan=self.plan))

    def unmerge(self, a: str, b: str | None = None, at: int = 9_000) -> Recognition:
        graph = self.surround([id_of(text) for text in (a, b) if text], self.plan)
        other = id_of(b) if b else None
        return self.decide(unmerge(graph, id_of(a), other, by="eve", reason="other", at=at, plan=self.plan))

    def release(self, a: str, at: int = 9_000) -> Recognition:
        graph = self.surround([id_of(a)], past=True)
        return self.decide(release(graph, id_of(a), by="eve", reason="a family", at=at, plan=self.plan))

    def undo(self, decision: Recognition) -> Recognition:
        ends = [id for row in (*decision.evidence, *decision.dropped) for id in (row.a, row.b)]
        graph = self.surround(ends, past=True)
        return self.decide(undo(graph, decision.evidence, decision.dropped, self.plan))

    def rejudge(self, plan: Plan, texts: Iterable[str] = ()) -> None:
        """As the hub does when keys were changed: identifier by identifier."""
        self.plan = plan
        for id in [id_of(text) for text in texts] or sorted(self.known):
            self.decide(rejudge(self.surround([id], past=True), [id], plan))

    # ---------------------------------------------------------------- looking

    def pid(self, text: str) -> str:
        return self.known[id_of(text)].pid

    def together(self, *texts: str) -> bool:
        return len({self.pid(text) for text in texts}) == 1

    def who(self, heard: Event) -> str:
        """The profile an event belongs to."""
        return self.trails[self.filed[heard.id]].pid

    def groups(self) -> set[frozenset[str]]:
        found: dict[str, set[str]] = {}
        for row in self.known.values():
            found.setdefault(row.pid, set()).add(f"{row.kind}:{row.value}")
        return {frozenset(group) for group in found.values()}

    def state(self) -> dict[str, object]:
        return {
            "known": {
                id: (row.pid, row.first, row.learned, row.established, row.quarantined, row.degree, row.claims)
                for id, row in self.known.items()
            },
            "evidence": {key: (row.occurred, row.learned, row.verified) for key, row in self.evidence.items()},
            "filed": dict(self.filed),
            "trails": {tid: (trail.owner, trail.pid) for tid, trail in self.trails.items()},
        }


# ---------------------------------------------------------------- the oracle


def oracle(events: Iterable[Event], by_hand: Iterable[Evidence], plan: Plan) -> dict[str, object]:
    """The same state, decided from everything at once."""
    events = list(events)
    known: dict[str, Known] = {}
    rows: dict[tuple[str, str, str], Evidence] = {}
    for event in events:
        reading, naming = (
            (read(event.identifiers, event.verified, plan), None) if event.alias is None else read_alias(event, plan)
        )
        for source, ordinary in ((reading, True), (naming, False)):
            if source is None:
                continue
            for id, name in zip(source.ids, source.names, strict=True):
                row = known.setdefault(
                    id,
                    Known(
                        id=id,
                        kind=name.kind,
                        value=name.value,
                        pid="",
                        first=event.occurred,
                        learned=event.received,
                        established=False,
                    ),
                )
                row.first, row.learned = min(row.first, event.occurred), min(row.learned, event.received)
                row.established |= ordinary
            for key in source.pairs:
                old = rows.get(key)
                rows[key] = Evidence(
                    a=key[0], b=key[1], how=key[2],
                    occurred=min(event.occurred, old.occurred if old else event.occurred),
                    learned=min(event.received, old.learned if old else event.received),
                    event_id="", source="", verified=event.verified or bool(old and old.verified),
                )  # fmt: skip
    rows.update({(row.a, row.b, row.how): row for row in by_hand})
    _quarantine(known, rows, plan)
    _unite(known, rows, plan)
    filed = _file(events, known, plan)
    trails = {}
    for tid, (device, account) in filed[1].items():
        mine = account or device
        if account and known[account].quarantined and device:
            mine = device
        trails[tid] = (mine, known[mine].pid)
    return {
        "known": {
            id: (row.pid, row.first, row.learned, row.established, row.quarantined, row.degree, row.claims)
            for id, row in known.items()
        },
        "evidence": {key: (row.occurred, row.learned, row.verified) for key, row in rows.items()},
        "filed": filed[0],
        "trails": trails,
    }  # fmt: skip


def _quarantine(known: dict[str, Known], rows: dict[tuple[str, str, str], Evidence], plan: Plan) -> None:
    for row in known.values():
        kind = plan.kinds.get(row.kind)
        if kind is None:
            continue
        beside = set()
        for a, b, how in rows:
            if row.id not in (a, b) or how not in ("event", "alias"):
                continue
            other = known[b if row.id == a else a]
            theirs = plan.kinds.get(other.kind)
            if theirs is None or (how == "alias" and other.value == row.value):
                continue
            if kind.exclusive or theirs.priority < kind.priority:
                beside.add(other.id)
        row.degree = len(beside)
        row.quarantined = row.degree > kind.quarantine and (row.id, row.id, "release") not in rows


def _unite(known: dict[str, Known], rows: dict[tuple[str, str, str], Evidence], plan: Plan) -> None:
    groups = {id: {id} for id in known}
    cuts = [key[:2] for key in rows if key[2] == "cut"]

    def order(row: Evidence) -> tuple[object, ...]:
        if row.how == "operator":
            return 4, row.learned, row.a, row.b
        a, b = sorted((known[row.a], known[row.b]), key=lambda one: plan.kinds[one.kind].priority)
        one, two = plan.kinds[a.kind], plan.kinds[b.kind]
        tail = (row.occurred, a.value != b.value, row.a, row.b)
        if not (one.device or two.device):
            return 1, one.priority, two.priority, *tail
        if one.exclusive or two.exclusive:
            return 2, *tail
        return 3, one.priority, two.priority, *tail

    usable = [
        row for row in rows.values()
        if row.how == "operator" or (
            row.how in ("event", "alias")
            and all(known[id].kind in plan.kinds and not known[id].quarantined for id in (row.a, row.b))
        )
    ]  # fmt: skip
    for row in sorted(usable, key=order):
        one, two = groups[row.a], groups[row.b]
        if one is two:
            continue
        both = one | two
        if any(a in both and b in both for a, b in cuts):
            continue
        if row.how != "operator" and any(_over(one, two, known, kind.limit, kind.id) for kind in plan.kinds.values()):
            continue
        for id in both:
            groups[id] = both
    for id, group in groups.items():
        known[id].pid = min(group, key=lambda one: _rank(known[one], plan))


def _over(one: set[str], two: set[str], known: dict[str, Known], limit: int, kind: str) -> bool:
    here, there = (sum(known[id].established and known[id].kind == kind for id in group) for group in (one, two))
    return bool(limit and here and there and here + there > limit)


def _rank(row: Known, plan: Plan) -> tuple[object, ...]:
    kind = plan.kinds.get(row.kind)
    if kind is None:
        return 3, 0, 0, row.value, row.id
    if row.quarantined:
        return 2, kind.priority, 0, row.value, row.id
    return (0 if row.established else 1), kind.priority, row.first, row.value, row.id


def _file(
    events: list[Event], known: dict[str, Known], plan: Plan
) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    readings = {
        event.id: read(event.identifiers, event.verified, plan) if event.alias is None else read_alias(event, plan)[0]
        for event in events
    }
    claims: dict[str, set[tuple[int, str]]] = {}
    for event in events:
        reading = readings[event.id]
        if reading.claims and not known[reading.device].quarantined:
            claims.setdefault(reading.device, set()).add((event.occurred, reading.account))
    for device, points in claims.items():
        runs: list[tuple[int, str]] = []
        for when, account in sorted(points):
            if not runs or runs[-1][1] != account:
                runs.append((when, account))
        ends = [when for when, _ in runs[1:]] + [0]
        known[device].claims = [(when, end, account) for (when, account), end in zip(runs, ends, strict=True)][-64:]
    filed, trails = {}, {}
    for event in events:
        reading = readings[event.id]
        account = reading.account
        if reading.by_time:
            past = [point for point in claims.get(reading.device, ()) if point[0] <= event.occurred]
            account = max(past)[1] if past else ""
        tid = tid_of(event.source, reading.device, account)
        filed[event.id] = tid
        trails[tid] = (reading.device, account)
    return filed, trails


__all__ = ["PLAN", "World", "event", "id_of", "oracle", "plan_with"]
