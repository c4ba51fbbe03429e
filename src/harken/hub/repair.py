"""Trails that cannot be exact by folding one more event -> the same trails built anew from the log.

Two things need it: an event older than what a state keeps in detail (refold), and a late sign-in that changes whose
the anonymous events of a shared device are (refile, then refold). Both give what any other order of arrival gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import force_setattr, replace

from harken import listen, recognize, remember
from harken.hub.core import Core
from harken.stores import Changes, Settled, Tx, View
from harken.words import Event, Micros, Trail

Moves: TypeAlias = dict[int, tuple[str, str]]  # seq of a logged event -> (trail so far, trail from now on)


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
    tids, moves, concerned = set(inexact), Moves(), set[str]()
    for device, since in refile.items():
        tids |= _refile(core, tx, events, device, since, moves, changes, concerned)
    core.working.load_trails(tx, tids)
    concerned |= {core.working.trails[tid].pid for tid in tids if tid in core.working.trails}
    refold(core, tx, tids, events, changes, moves)  # may end trails: their profiles are concerned all the same
    _move(core, tx, moves, changes)
    return concerned


def refold(
    core: Core,
    tx: Tx,
    tids: set[str],
    fresh: Sequence[Event],
    changes: Changes,
    moves: Mapping[int, tuple[str, str]] = {},
) -> None:
    """Build these trails' states from all their events: the log's (as moved) and `fresh` ones not in it yet."""
    working, plan = core.working, core.plans.remember
    working.load_trails(tx, tids)
    of: dict[str, list[Event]] = {tid: [] for tid in tids if tid in working.trails}
    sources = {*of, *(before for before, after in moves.values() if after in of)}
    for event in logged(core, tx, sources):
        tid = moves[event.seq][1] if event.seq in moves else event.tid
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
        working.states[tid] = remember.refold(told, plan)
        times = [event.occurred for event in told]
        trail.first, trail.last, trail.events = min(times), max(times), len(told)
        working.changed.add(tid)


def _end(core: Core, trail: Trail, changes: Changes) -> None:
    """A trail that lost its last event to another one."""
    working = core.working
    changes.dropped_trails.append(trail.tid)
    working.tids.get(trail.pid, set()).discard(trail.tid)
    working.trails.pop(trail.tid, None)
    working.states.pop(trail.tid, None)
    working.changed.discard(trail.tid)
    working.ended.add(trail.tid)
    recognize.forget_trail(working.graph, trail.tid)


def _refile(
    core: Core,
    tx: Tx,
    fresh: Sequence[Event],
    device: str,
    since: Micros,
    moves: Moves,
    changes: Changes,
    concerned: set[str],
) -> set[str]:
    """Find each event of a device its trail by all sign-ins the log holds; gives the trails whose events changed."""
    working, plan = core.working, core.plans.recognize
    rows = [trail for trail in tx.trails_owned([device]) if trail.device == device]
    if all(row.last < since for row in rows):
        return set()  # nothing in the log is late enough to be filed otherwise
    working.load_trails(tx, [row.tid for row in rows])
    tids = {*(row.tid for row in rows), *(event.tid for event in fresh if working.trails[event.tid].device == device)}
    told = [*_as_heard(core, tx, logged(core, tx, tids)), *(event for event in fresh if event.tid in tids)]
    changes.known.append(recognize.rebuild_claims(working.graph, device, told, plan))
    accounts = {account for _, _, account in working.graph.history.get(device, ())} - working.graph.known.keys()
    recognize.meet(working.graph, tx.known(accounts).values(), accounts)
    touched: set[str] = set()
    for event in told:
        tid = recognize.file(event, working.graph, plan)
        if tid == event.tid:
            continue
        touched |= {tid, event.tid}
        if tid not in working.trails:
            _begin(core, tx, recognize.trail_of(event, working.graph, plan), concerned)
        if event.seq:
            moves[event.seq] = (event.tid, tid)
        else:
            force_setattr(event, "tid", tid)
    return touched


def _as_heard(core: Core, tx: Tx, events: Sequence[Event]) -> list[Event]:
    """Logged events without the identifiers nobody is known by: their key came later, or they were erased."""
    graph, plan = core.working.graph, core.plans.recognize
    names = {name for event in events for name in event.identifiers if name.kind in plan.kinds}
    ids = {name: name.id for name in names}
    there = tx.known([id for id in ids.values() if id not in graph.known])
    unknown = {name for name, id in ids.items() if id not in graph.known and id not in there}
    if not unknown:
        return list(events)
    return [
        replace(event, identifiers=tuple(name for name in event.identifiers if name not in unknown)) for event in events
    ]


def _begin(core: Core, tx: Tx, trail: Trail, concerned: set[str]) -> None:
    working = core.working
    working.load_trails(tx, [trail.tid])
    if trail.tid not in working.trails:
        working.ended.discard(trail.tid)
        working.trails[trail.tid] = trail
        working.states[trail.tid] = remember.blank()
        if trail.pid in working.tids:
            working.tids[trail.pid].add(trail.tid)
        concerned.add(trail.pid)


def _move(core: Core, tx: Tx, moves: Moves, changes: Changes) -> None:
    """Refiled events of the tail change their row; of those in the lake the manifest says where they belong now."""
    before = tx.manifest()
    through = core.lake.settled_through(before)
    settled = {seq: move for seq, move in moves.items() if seq <= through}
    changes.refiled = {seq: after for seq, (_, after) in moves.items() if seq > through}
    if settled:
        core.refiled = core.lake.refile(before, settled)
        changes.settled = Settled(through=through, manifest=core.refiled, before=before)
