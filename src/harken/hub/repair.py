"""Trails that cannot be exact by folding one more event -> the same trails built anew from the log.

Two things need it: an event older than what a state keeps in detail (refold), and a late sign-in that changes whose
the anonymous events of a shared device are (refile, then refold). Both give what any other order of arrival gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import force_setattr

from harken import listen, recognize, remember
from harken.hub.core import Core
from harken.stores import Changes, Tx, View
from harken.words import Event, Micros, Trail


def logged(core: Core, view: View, tids: Iterable[str]) -> list[Event]:
    """Every event of these trails in the log, read again in full, by time: settled ones from the lake and the tail."""
    wanted = list(tids)
    stored = [*view.events(wanted), *core.lake.events_of(view.manifest(), wanted)]
    plan = core.plans.listen
    return sorted((listen.reread(event, plan) for event in stored), key=lambda event: (event.occurred, event.seq))


def repair(
    core: Core,
    tx: Tx,
    events: Sequence[Event],
    refile: Mapping[str, Micros],
    inexact: set[str],
    changes: Changes,
) -> set[str]:
    """Refile the devices' anonymous events, refold every trail concerned; gives the pids concerned. `events` are those
    of this transaction, not in the log yet."""
    tids = set(inexact)
    concerned: set[str] = set()
    for device in refile:
        tids |= _refile(core, tx, events, device, changes, concerned)
    refold(core, tx, tids, events, changes)
    return concerned | {core.working.trails[tid].pid for tid in tids if tid in core.working.trails}


def refold(core: Core, tx: Tx, tids: set[str], fresh: Sequence[Event], changes: Changes) -> None:
    """Build these trails' states from all their events: the log's and `fresh` ones that are not in it yet."""
    working, plan = core.working, core.plans.remember
    working.load_trails(tx, tids)
    of: dict[str, list[Event]] = {tid: [] for tid in tids}
    moved_here = [tid for tid in {*changes.refiled.values()} if tid in tids]
    sources = tids | _origins(working.trails, moved_here)
    for event in logged(core, tx, sources):
        tid = changes.refiled.get(event.seq, event.tid)
        if tid in of:
            of[tid].append(event)
    for event in fresh:
        if event.tid in of:
            of[event.tid].append(event)
    for tid, told in of.items():
        trail = working.trails[tid]
        if not told:
            _end(core, trail, changes)
            continue
        state = working.states[tid] = remember.blank()
        told.sort(key=lambda event: (event.occurred, event.seq))
        for event in told:
            remember.fold(state, event, plan)
        trail.first, trail.last, trail.events = told[0].occurred, told[-1].occurred, len(told)
        working.changed.add(tid)


def _origins(trails: Mapping[str, Trail], tids: Iterable[str]) -> set[str]:
    """The trails whose events may have been refiled to these: all of the same device."""
    devices = {trails[tid].device for tid in tids}
    return {tid for tid, trail in trails.items() if trail.device and trail.device in devices}


def _end(core: Core, trail: Trail, changes: Changes) -> None:
    """A trail that lost its last event to another one."""
    working = core.working
    changes.dropped_trails.append(trail.tid)
    working.tids.get(trail.pid, set()).discard(trail.tid)
    working.trails.pop(trail.tid, None)
    working.states.pop(trail.tid, None)
    working.changed.discard(trail.tid)
    recognize.forget_trail(working.graph, trail.tid)


def _refile(core: Core, tx: Tx, fresh: Sequence[Event], device: str, changes: Changes, concerned: set[str]) -> set[str]:
    """Find each event of a device its trail by all sign-ins the log holds; gives the trails whose events changed."""
    working, plan = core.working, core.plans.recognize
    stored = [trail for trail in tx.trails_owned([device]) if trail.device == device]
    working.load_trails(tx, [trail.tid for trail in stored])
    tids = {trail.tid for trail in stored} | {
        tid for tid in {event.tid for event in fresh} if working.trails[tid].device == device
    }
    told = [*logged(core, tx, tids), *(event for event in fresh if event.tid in tids)]
    recognize.rebuild_claims(working.graph, device, told, plan)
    changes.known.append(working.graph.known[device])
    touched: set[str] = set()
    for event in told:
        tid = recognize.file(event, working.graph, plan)
        if tid == event.tid:
            continue
        touched |= {tid, event.tid}
        if tid not in working.trails:
            _begin(core, tx, recognize.trail_of(event, working.graph, plan), concerned)
        if event.seq:
            changes.refiled[event.seq] = tid
        else:
            force_setattr(event, "tid", tid)
    return touched


def _begin(core: Core, tx: Tx, trail: Trail, concerned: set[str]) -> None:
    working = core.working
    working.load_trails(tx, [trail.tid])
    if trail.tid not in working.trails:
        working.trails[trail.tid] = trail
        working.states[trail.tid] = remember.blank()
        if trail.pid in working.tids:
            working.tids[trail.pid].add(trail.tid)
        concerned.add(trail.pid)
