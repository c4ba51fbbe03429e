"""What changed in the graph -> profiles decided again, and everything the hub must write or move."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from harken.recognize.batch import Batch, missing
from harken.recognize.filing import WINDOW, by_time, claimed, forget_claims, settle_combos, told
from harken.recognize.graph import Combo, Graph, Place, assign, forget_places, own
from harken.recognize.plan import PairKey, Plan
from harken.recognize.resolve import part, profiles
from harken.words import Event, Evidence, Known, Micros, Trail


class Recognition(Struct, eq=False, kw_only=True):
    """What recognizing found, or what was decided by hand."""

    tids: list[str] = []  # one per event
    trails: dict[str, Trail] = {}  # of those, the ones not told before or that belong to somebody else by now
    pids: dict[str, str] = {}  # tid -> profile, for every tid in `tids`
    known: list[Known] = []  # to write
    evidence: list[Evidence] = []  # to write
    dropped: list[Evidence] = []  # to remove (by hand only)
    moved: dict[str, tuple[str, str]] = {}  # identifier -> (old pid, new pid): trails it owns move along
    owners: set[str] = set()  # quarantined or released: their trails ask for `owner` again
    refile: dict[str, Micros] = {}  # device -> since when the log's events on it may be filed wrongly now

    @property
    def dropped_evidence(self) -> list[PairKey]:
        """The keys of `dropped`."""
        return [(row.a, row.b, row.how) for row in self.dropped]


def recognize(events: Sequence[Event], graph: Graph, plan: Plan) -> Recognition:
    """Whose these events are. `missing` must have come back empty for them.

    For each device in `refile` the hub looks at its trails: when one has an event (`Trail.last`) at that time or later,
    the device's events are read from the log and filed again (`rebuild_claims`, `file`), those of this batch included.
    """
    if missing(events, graph, plan):
        raise LookupError("recognize: the graph lacks what these events touch; read what `missing` names first")
    batch, graph.batch = graph.batch, None
    assert batch is not None
    graph.history.clear()
    if batch.slow:
        found = settle(graph, plan, batch)
        found.evidence = list(batch.evidence.values())
        _claim(batch, graph, found)
        settle_combos(graph, batch.slow)
        found.known = [graph.known[id] for id in batch.before]
    else:
        found = Recognition()
    _file(batch, graph, found)
    return found


def settle(graph: Graph, plan: Plan, batch: Batch) -> Recognition:
    """Decide the profiles of the batch's component again."""
    before = batch.before
    found = Recognition()
    if batch.component is not None:
        ids = [id for id in batch.component.members if id in graph.known]
        for id, pid in profiles(part(ids, graph, plan), graph, plan).items():
            assign(graph, before, id, pid)
        for id, row in before.items():
            if row is not None and row.pid != graph.known[id].pid:
                found.moved[id] = (row.pid, graph.known[id].pid)
    if batch.flipped:
        found.owners = {id for id in batch.flipped if before[id] is not None}
        forget_places(graph)
        for id in found.owners:
            kind = plan.kinds.get(graph.known[id].kind)
            if kind is not None and kind.device:
                found.refile[id] = 0
                if graph.known[id].claims:
                    own(graph, before, id).claims = []
    return found


def _claim(batch: Batch, graph: Graph, found: Recognition) -> None:
    """Bring the claims of the devices that were signed in on to what they are with this batch."""
    points: dict[str, list[tuple[Micros, str]]] = {}
    for combo, events in batch.slow.items():
        reading = combo.reading
        if reading.claims:
            made = points.setdefault(reading.device, [])
            made += [(event.occurred, reading.account) for event in events]
    if not points:
        return
    known, before = graph.known, batch.before
    new = {device for device in points if device in before and before[device] is None}
    if len(new) < len(points):
        for event, combo in zip(batch.events, batch.combos, strict=True):  # also the sign-ins that say nothing new
            if combo.reading.claims and combo not in batch.slow and combo.reading.device in points:
                points[combo.reading.device].append((event.occurred, combo.reading.account))
    for device, made in points.items():
        claims, since = claimed(known[device], made, new=device in new)
        if since is not None:
            found.refile[device] = min(since, found.refile.get(device, since))
        if len(claims) > WINDOW:
            graph.history[device] = claims
        if claims[-WINDOW:] != known[device].claims:
            own(graph, before, device).claims = claims[-WINDOW:]
            forget_claims(graph, device)


def _file(batch: Batch, graph: Graph, found: Recognition) -> None:
    """Find each event its trail, and tell of the trails that are new or somebody else's."""
    known, combos = graph.known, batch.combos
    here: dict[str, Place] = {}
    timed: set[Combo] = set()
    for combo in set(combos):
        place = combo.place
        if combo.by_time and known[place.device].claims:
            timed.add(combo)
        else:
            here[place.tid] = place
    if timed:
        found.tids = _by_time(batch, timed, here, graph, found)
    else:
        found.tids = [combo.place.tid for combo in combos]
    pids, trails = found.pids, found.trails
    for tid, place in here.items():
        account = known.get(place.account or place.device)
        if account is not None and not account.quarantined and place.owner == account.id and place.pid == account.pid:
            pids[tid] = place.pid
            continue
        old = place.owner, place.pid
        trail = told(place, graph)
        if old != (trail.owner, trail.pid):
            trails[tid] = trail
        pids[tid] = trail.pid


def _by_time(batch: Batch, timed: set[Combo], here: dict[str, Place], graph: Graph, found: Recognition) -> list[str]:
    """The trails of a batch with anonymous events on devices somebody has signed in on."""
    tids: list[str] = []
    for event, combo in zip(batch.events, batch.combos, strict=True):
        place = combo.place
        if combo in timed:
            row = graph.known[place.device]
            claims = graph.history.get(row.id) or row.claims
            if event.occurred < claims[0][0]:
                stored = batch.before.get(row.id, row)
                if stored is not None and len(stored.claims) >= WINDOW:
                    found.refile[row.id] = 0
            place = by_time(graph, place, claims, event.occurred)
            here[place.tid] = place
        tids.append(place.tid)
    return tids
