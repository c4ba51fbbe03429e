"""What a hub remembers between two transactions: identity graph, trail states, profiles. Bounded, and only a memory:
it is forgotten whenever somebody else may have written, and filled again from the store."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from msgspec import Struct
from msgspec.structs import force_setattr

from harken import decide, listen, recognize, remember
from harken.stores import Changes, Tx
from harken.words import Config, Event, Identifier, Known, Profile, Trail

GRAPH_FACTOR = 2  # identifiers are about as large as trails, and mostly as many


class Plans(Struct, frozen=True, kw_only=True):
    """One published configuration, compiled for each stage."""

    config: Config
    listen: listen.Plan
    recognize: recognize.Plan
    remember: remember.Plan
    decide: decide.Plan


class Working:
    """The working memory. `lock` is held through every writing transaction of this process."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        """Remember nothing; the next transaction reads what it needs."""
        self.graph = recognize.Graph()
        self.trails: dict[str, Trail] = {}
        self.states: dict[str, remember.TrailState] = {}
        self.profiles: dict[str, Profile] = {}
        self.tids: dict[str, set[str]] = {}  # pid -> all its trails; only profiles loaded whole
        self.names: dict[str, list[Identifier]] = {}  # pid -> all its identifiers; likewise
        self.heard: set[str] = set()  # trails that changed since some were let go
        self.changed: set[str] = set()
        self.begin()

    def begin(self) -> None:
        """A new transaction: nothing is changed yet, and what has grown too large is let go."""
        self.heard |= self.changed
        self.changed = set()
        self.changed_pids: set[str] = set()
        self.ended: set[str] = set()  # trails this transaction drops, though the store still gives them
        if len(self.trails) > self.limit or len(self.profiles) > self.limit:
            self._let_go()
        recognize.trim(self.graph, self.limit * GRAPH_FACTOR)

    def _let_go(self) -> None:
        """Forget an eighth: trails that heard nothing since the last time, those loaded first before others; and the
        profiles loaded first. Customers that were loaded whole and lose a part are asked for again."""
        surplus = len(self.trails) - self.limit * 7 // 8
        if len(self.trails) > self.limit:
            idle = list(islice((tid for tid in self.trails if tid not in self.heard), surplus))
            for tid in idle if len(idle) == surplus else list(islice(self.trails, surplus)):
                self._forget_whole(self.trails.pop(tid).pid)
                self.states.pop(tid, None)
            self.heard = set()
        for pid in list(islice(self.profiles, max(0, len(self.profiles) - self.limit * 7 // 8))):
            del self.profiles[pid]
            self._forget_whole(pid)

    def _forget_whole(self, pid: str) -> None:
        self.tids.pop(pid, None)
        self.names.pop(pid, None)

    # ------------------------------------------------------------------ reading

    def load_identity(self, tx: Tx, events: Sequence[Event], plans: Plans) -> None:
        """All that recognize needs to know about these events' identifiers."""
        while True:
            if strangers := recognize.strangers(events, self.graph, plans.recognize):
                recognize.meet(self.graph, tx.known(strangers).values(), strangers)
            if not (ids := recognize.missing(events, self.graph, plans.recognize)):
                break
            self.absorb(tx, ids)

    def load_component(self, tx: Tx, ids: Sequence[str], plans: Plans, *, past: bool = False) -> None:
        """Everything connected with these identifiers; `past` quarantined ones too."""
        while wanted := recognize.frontier(self.graph, ids, plans.recognize, past=past):
            self.absorb(tx, wanted)

    def absorb(self, tx: Tx, ids: set[str]) -> None:
        recognize.absorb(self.graph, tx.known(ids).values(), tx.evidence(ids), ids)

    def load_trails(self, tx: Tx, tids: Iterable[str]) -> None:
        """These trails' rows and states; a trail nobody wrote yet stays absent."""
        self._add(tx.trails([tid for tid in tids if tid not in self.trails]).values())

    def load_profiles(self, tx: Tx, pids: Iterable[str]) -> None:
        """These profiles whole: row, identifiers, and every trail with its state."""
        wanted = [pid for pid in pids if pid not in self.tids]
        if wanted:
            for pid, trails in tx.trails_of(wanted).items():
                self._add(trails)
                self.tids[pid] = {trail.tid for trail in trails}
            for tid in self.changed:  # what this transaction made or moved is not in the store yet
                if self.trails[tid].pid in wanted:
                    self.tids.setdefault(self.trails[tid].pid, set()).add(tid)
            for pid in wanted:
                mine = self.tids.get(pid, set()) - self.ended
                self.tids[pid] = {tid for tid in mine if self.trails[tid].pid == pid}
        nameless = [pid for pid in pids if pid not in self.names]
        stored: Mapping[str, list[Known]] = tx.known_of(nameless) if nameless else {}
        for pid in nameless:
            ids = {known.id: known for known in stored.get(pid, ())}
            ids.update({id: self.graph.known[id] for id in recognize.members(self.graph, pid)})
            seen = [one for one in ids.values() if one.established and self._pid(one) == pid]
            self.names[pid] = [Identifier(one.kind, one.value) for one in seen]
        self.profiles.update(tx.profiles([pid for pid in pids if pid not in self.profiles]))

    def _pid(self, known: Known) -> str:
        return self.graph.known.get(known.id, known).pid

    def _add(self, trails: Iterable[Trail]) -> None:
        for trail in trails:
            if trail.tid not in self.trails and trail.tid not in self.ended:
                self.trails[trail.tid] = trail

    def state(self, tid: str) -> remember.TrailState:
        """The state of a loaded trail, decoded when first asked for."""
        state = self.states.get(tid)
        if state is None:
            state = self.states[tid] = remember.decode(self.trails[tid].state)
        return state

    def joined(self, pid: str) -> remember.TrailState:
        """What a profile that was loaded whole remembers."""
        return remember.join([self.state(tid) for tid in sorted(self.tids[pid])])

    # ------------------------------------------------------------------ changing

    def take_in(self, tx: Tx, found: recognize.Recognition, changes: Changes) -> set[str]:
        """Carry out what recognize found: trails made and moved, profiles made and gone. Gives the pids concerned."""
        self.load_trails(tx, found.tids)
        concerned: set[str] = set()
        for tid, trail in found.trails.items():
            if tid not in self.trails:
                self.trails[tid] = trail
                concerned.add(trail.pid)
                if trail.pid in self.tids:
                    self.tids[trail.pid].add(tid)
            self._place(self.trails[tid], trail.owner, trail.pid, concerned)
        self._move_owned(tx, found, concerned)
        for known in found.known:
            concerned.add(known.pid)
            self.names.pop(known.pid, None)
        for old, _ in found.moved.values():
            self.names.pop(old, None)
        changes.known.extend(found.known)
        changes.evidence.extend(found.evidence)
        changes.dropped_evidence.extend(found.dropped_evidence)
        self._settle_profiles(tx, found, concerned, changes)
        return concerned

    def _move_owned(self, tx: Tx, found: recognize.Recognition, concerned: set[str]) -> None:
        owners = {*found.moved, *found.owners}
        if not owners:
            return
        stored = tx.trails_owned(owners)
        self._add(stored)
        for tid in {*(trail.tid for trail in stored), *found.trails}:
            trail = self.trails[tid]
            owner = self.graph.known.get(recognize.owner(trail, self.graph))
            if owner is not None:  # else nothing was said about its account
                self._place(trail, owner.id, owner.pid, concerned)

    def _place(self, trail: Trail, owner: str, pid: str, concerned: set[str]) -> None:
        """Let a trail belong to an identifier and its profile."""
        if trail.owner == owner and trail.pid == pid:
            return
        if trail.pid in self.tids:
            self.tids[trail.pid].discard(trail.tid)
        if pid in self.tids:
            self.tids[pid].add(trail.tid)
        concerned.update(one for one in (trail.pid, pid) if one)
        trail.owner, trail.pid = owner, pid
        self.changed.add(trail.tid)

    def _settle_profiles(self, tx: Tx, found: recognize.Recognition, concerned: set[str], changes: Changes) -> None:
        """Make the rows of new profiles; those whose anchor went elsewhere end, and hand on when segments began."""
        concerned.update(pid for pair in found.moved.values() for pid in pair)
        missing = [pid for pid in concerned if pid not in self.profiles]
        if missing:
            self.profiles.update(tx.profiles(missing))
        for pid in concerned:
            anchor = self.graph.known.get(pid)
            if anchor is not None and anchor.pid == pid and pid not in self.profiles:
                self.keep_profile(Profile(pid=pid, anchor=pid, created=anchor.learned))
        for old, new in {pair for pair in found.moved.values() if pair[0] != pair[1]}:
            gone = self.profiles.get(old)
            if gone is None or self.graph.known[old].pid == old:
                continue
            heir = self.profiles.get(new)
            if heir is not None:
                for segment, since in gone.segments.items():
                    heir.segments[segment] = min(since, heir.segments.get(segment, since))
                self.keep_profile(heir)
        for old in {pair[0] for pair in found.moved.values()}:
            if self.graph.known[old].pid != old and self.profiles.pop(old, None) is not None:
                changes.dropped_profiles.append(old)
                changes.dropped_timers.append((old, "segment"))
                self.changed_pids.discard(old)
                concerned.discard(old)
                self.tids.pop(old, None)
                self.names.pop(old, None)

    def keep_profile(self, profile: Profile) -> None:
        """Have this profile written with the transaction."""
        self.profiles[profile.pid] = profile
        self.changed_pids.add(profile.pid)

    def fold(self, events: Sequence[Event], tids: Sequence[str], plans: Plans) -> set[str]:
        """Let each trail remember its events; gives the trails whose state cannot be exact without the log."""
        inexact: set[str] = set()
        of: dict[str, list[Event]] = {}
        for event, tid in zip(events, tids, strict=True):
            force_setattr(event, "tid", tid)
            mine = of.get(tid)
            if mine is None:
                of[tid] = [event]
            else:
                mine.append(event)
        fold, noted, plan, trails, states = remember.fold, remember.noted, plans.remember, self.trails, self.states
        for tid, told in of.items():
            if len(told) > 1:  # so that only what is late for the log makes a state inexact, not the order of a batch
                told.sort(key=_when)
            trail, first, last = trails[tid], told[0].occurred, told[-1].occurred
            if tid not in states and first >= trail.last and (data := noted(trail.state, told, plan)):
                trail.state = data
            else:
                state = self.state(tid)
                for event in told:
                    if fold(state, event, plan):
                        inexact.add(tid)
            if not trail.events or first < trail.first:
                trail.first = first
            if not trail.events or last > trail.last:
                trail.last = last
            trail.events += len(told)
        self.changed.update(of)
        return inexact

    # ------------------------------------------------------------------ what to write

    def changed_trails(self) -> list[Trail]:
        """The trails of this transaction, states encoded."""
        encode = remember.encode
        for tid in self.changed:
            state = self.states.get(tid)
            if state is not None:
                trail = self.trails[tid]
                trail.state = encode(state)
                if trail.pid not in self.tids:  # nobody judges it: its next events are notes again
                    del self.states[tid]
        return [self.trails[tid] for tid in self.changed if tid in self.trails]

    def changed_profiles(self) -> list[Profile]:
        return [self.profiles[pid] for pid in self.changed_pids if pid in self.profiles]


def _when(event: Event) -> int:
    return event.occurred
