"""A batch of events and the loaded graph -> what the batch newly says, worked into the graph; or what must be read first.

Most events say nothing new: one look at their combo tells. For the rest, rows and evidence are made or made earlier,
and the component of everything touched is what must be decided again.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from harken.recognize.component import SAYS, Component, Walk
from harken.recognize.graph import Combo, Graph, forget_places, own, place_of
from harken.recognize.plan import Naming, PairKey, Plan, Reading, pair_key, read, read_alias
from harken.recognize.resolve import counts, is_quarantined
from harken.words import Event, Evidence, Identifier, Known, Micros


class Sighting(Struct, gc=False):
    """When and by which event something was first said by a batch; one event alone stands for itself."""

    occurred: Micros
    received: Micros
    id: str
    source: str
    verified: bool


class Batch(Struct, eq=False, kw_only=True):
    """One batch on its way through. `before`: the rows it changed as they were, None for new ones."""

    events: Sequence[Event]
    combos: list[Combo] = []  # one per event
    slow: dict[Combo, list[Event]] = {}  # those that may say something new, with the events that may
    namings: list[tuple[Naming, Event]] = []
    applied: bool = False
    before: dict[str, Known | None] = {}
    evidence: dict[PairKey, Evidence] = {}  # to write
    counted: set[str] = set()  # those with more held against their quarantine
    touched: set[str] = set()
    flipped: set[str] = set()  # quarantined or released
    changed: set[str] = set()  # these and the newly established
    component: Component | None = None


def begin(events: Sequence[Event], graph: Graph, plan: Plan) -> Batch:
    """The batch of these events; the same one until it is recognized."""
    if graph.plan is not plan:
        forget_places(graph)
        graph.plan, graph.batch = plan, None
    batch = graph.batch
    if batch is not None and batch.events is events:
        return batch
    batch = graph.batch = Batch(events=events)
    cache, slow, take = graph.combos, batch.slow, batch.combos.append
    for event in events:
        if event.alias is not None:
            take(_alias(batch, event, graph, plan))
            continue
        key = (event.source, event.verified, event.identifiers)
        combo = cache.get(key)
        if combo is None:
            reading = read(key[2], key[1], plan)
            place = place_of(graph, key[0], reading.device, reading.account)
            combo = cache[key] = Combo(key[0], key[1], reading, reading.by_time, place)
            slow[combo] = [event]
        elif event.occurred < combo.occurred or event.received < combo.received:
            told = slow.get(combo)
            if told is None:
                slow[combo] = [event]
            else:
                told.append(event)
        take(combo)
    return batch


def _alias(batch: Batch, event: Event, graph: Graph, plan: Plan) -> Combo:
    reading, naming = read_alias(event, plan)
    batch.namings.append((naming, event))
    place = place_of(graph, event.source, reading.device, reading.account)
    combo = Combo(event.source, event.verified, reading, reading.by_time, place)
    batch.slow[combo] = [event]
    return combo


def missing(events: Sequence[Event], graph: Graph, plan: Plan) -> set[str]:
    """Identifiers whose row and whose evidence must be read and absorbed before these events can be recognized.

    Ask again until empty. Known combos of identifiers ask for nothing, new identifiers only for themselves; whole
    components are asked for only when something new is said about them. From the first call on the graph belongs to
    this batch, until `recognize` has had it.
    """
    strangers, lacking = _wanted(events, graph, plan)
    return strangers | lacking


def strangers(events: Sequence[Event], graph: Graph, plan: Plan) -> set[str]:
    """Those identifiers of `missing` whose row alone should be read first (then `meet`).

    Asking this before `missing` spares reading the evidence of identifiers nobody knows yet, and of quarantined ones,
    whose evidence is long and never needed.
    """
    return _wanted(events, graph, plan)[0]


def _wanted(events: Sequence[Event], graph: Graph, plan: Plan) -> tuple[set[str], set[str]]:
    batch = begin(events, graph, plan)
    if not batch.slow:
        return set(), set()
    if not batch.applied:
        strangers, lacking = _directly(batch, graph, plan)
        if strangers or lacking:
            return strangers, lacking
        _apply(batch, graph, plan)
    if not batch.touched:
        return set(), set()
    component = batch.component
    if component is None:
        component = Walk(graph, plan, batch.touched).go(batch.touched, batch.changed)
        if not component.strangers and not component.lacking:
            batch.component = component
    return component.strangers, component.lacking


def _directly(batch: Batch, graph: Graph, plan: Plan) -> tuple[set[str], set[str]]:
    """What must be read to know whether the batch says anything new."""
    known, blank, complete = graph.known, graph.blank, graph.complete
    strangers: set[str] = set()
    lacking: set[str] = set()
    pairs: list[PairKey] = []
    for combo in batch.slow:
        reading = combo.reading
        for id in reading.ids:
            if id not in known and id not in blank:
                strangers.add(id)
        if reading.pairs:
            pairs += reading.pairs
        device = known.get(reading.device)
        if device is not None:
            strangers.update(account for _, _, account in device.claims if account not in known)
    for naming, _ in batch.namings:
        strangers.update(id for id in naming.ids if id not in known and id not in blank)
        pairs += naming.pairs
    if strangers:
        strangers -= blank
    for a, b, _ in pairs:
        one, two = known.get(a), known.get(b)
        if one is None or two is None or a in complete or b in complete:
            for id, row in ((a, one), (b, two)):
                if row and id not in complete and not row.quarantined and row.kind in plan.kinds:
                    lacking.add(id)
            continue
        need = [row.id for row in (one, two) if not row.quarantined and row.kind in plan.kinds]
        lacking.update(need or [min(one, two, key=lambda row: row.degree).id])
    return strangers, lacking


# ---------------------------------------------------------------- working it in


def _apply(batch: Batch, graph: Graph, plan: Plan) -> None:
    """Bring rows and evidence to what they are with this batch; note what was touched."""
    batch.applied = True
    known = graph.known
    for combo, events in batch.slow.items():
        reading = combo.reading
        sighting = _sighting(combo, events)
        if reading.shape.newcomer and known.keys().isdisjoint(reading.ids):
            _welcome(batch, graph, reading, sighting)
            continue
        for id, name in zip(reading.ids, reading.names, strict=True):
            _see(batch, graph, id, name, sighting, True)
        for key in reading.pairs:
            _say(batch, graph, plan, key, sighting)
    for naming, event in batch.namings:
        for id, name in zip(naming.ids, naming.names, strict=True):
            _see(batch, graph, id, name, event, False)
        for key in naming.pairs:
            _say(batch, graph, plan, key, event)
    if batch.counted:
        _judge(batch, graph, plan)
    for id in batch.changed:
        batch.touched.add(id)
    if batch.touched:
        batch.touched = {id for id in batch.touched if _follows(id, batch, graph, plan)}


def _welcome(batch: Batch, graph: Graph, reading: Reading, said: Sighting | Event) -> None:
    """Somebody nobody knew: one profile of all the identifiers, as deciding about them would find."""
    known, before, complete, ids, shape = graph.known, batch.before, graph.complete, reading.ids, reading.shape
    if not ids:
        return
    pid = ids[shape.anchor]
    for id, name, degree in zip(ids, reading.names, shape.degrees, strict=True):
        known[id] = Known(
            id=id,
            kind=name[0],
            value=name[1],
            pid=pid,
            first=said.occurred,
            learned=said.received,
            degree=degree,
        )
        before[id] = None
        complete.add(id)
    graph.blank.difference_update(ids)
    if reading.pairs:
        graph.groups.setdefault(pid, []).extend([id for id in ids if id != pid])
        links, rows = graph.links, batch.evidence
        for key in reading.pairs:
            row = rows[key] = _evidence(key, said)
            for id in key[:2]:
                mine = links.get(id)
                if mine is None:
                    links[id] = {key: row}
                else:
                    mine[key] = row


def _evidence(key: PairKey, said: Sighting | Event) -> Evidence:
    return Evidence(
        a=key[0],
        b=key[1],
        how=key[2],
        occurred=said.occurred,
        learned=said.received,
        event_id=said.id,
        source=said.source,
        verified=said.verified,
    )


def _sighting(combo: Combo, events: Sequence[Event]) -> Sighting | Event:
    if len(events) == 1:
        return events[0]
    first = min(events, key=lambda event: (event.occurred, event.id))
    received = min([event.received for event in events])
    return Sighting(first.occurred, received, first.id, combo.source, combo.verified)


def _see(batch: Batch, graph: Graph, id: str, name: Identifier, said: Sighting | Event, ordinary: bool) -> None:
    row = graph.known.get(id)
    if row is None:
        graph.known[id] = Known(
            id=id,
            kind=name[0],
            value=name[1],
            pid=id,
            first=said.occurred,
            learned=said.received,
            established=ordinary,
        )
        batch.before[id] = None
        graph.blank.discard(id)
        graph.complete.add(id)
        return
    if said.occurred < row.first:
        row = own(graph, batch.before, id)
        row.first = said.occurred
        batch.touched.add(id)
    if said.received < row.learned:
        own(graph, batch.before, id).learned = said.received
    if ordinary and not row.established:
        own(graph, batch.before, id).established = True
        batch.changed.add(id)


def _say(batch: Batch, graph: Graph, plan: Plan, key: PairKey, said: Sighting | Event) -> None:
    a, b, _ = key
    links = graph.links
    mine, theirs = links.get(a), links.get(b)
    old = mine.get(key) if mine else None
    if old is None and theirs:
        old = theirs.get(key)
    row = _evidence(key, said)
    if old is None:
        _count(batch, graph, plan, key)
    else:
        row = _joined(old, row)
        if row is old:
            return
    if mine is None:
        mine = links[a] = {}
    if theirs is None:
        theirs = links[b] = {}
    mine[key] = theirs[key] = batch.evidence[key] = row
    if old is None or row.occurred < old.occurred:
        batch.touched.add(a)
        batch.touched.add(b)


def _joined(old: Evidence, new: Evidence) -> Evidence:
    """The earliest event that says it, the earliest time it was learned, verified when one is; `old` if all is old."""
    early = new if (new.occurred, new.event_id) < (old.occurred, old.event_id) else old
    learned, verified = min(old.learned, new.learned), old.verified or new.verified
    if early is old and learned == old.learned and verified == old.verified:
        return old
    return structs.replace(early, learned=learned, verified=verified)


def _count(batch: Batch, graph: Graph, plan: Plan, key: PairKey) -> None:
    """Hold a new piece of evidence against the quarantine of both ends, unless these two were held before."""
    a, b, _ = key
    known, links = graph.known, graph.links
    one, two = known[a], known[b]
    there = [links[id][old] for id in (a, b) if id in links for old in _between(a, b) if old in links[id]]
    for row, other in ((one, two), (two, one)):
        if row.kind not in plan.kinds or not counts(key, row, other, plan):
            continue
        if not any(counts((old.a, old.b, old.how), row, other, plan) for old in there):
            own(graph, batch.before, row.id).degree += 1
            batch.counted.add(row.id)


def _between(a: str, b: str) -> list[PairKey]:
    return [pair_key(a, b, how) for how in SAYS]


def _judge(batch: Batch, graph: Graph, plan: Plan) -> None:
    """Quarantine those that touch too many by now."""
    for id in batch.counted:
        row = graph.known[id]
        if row.quarantined or row.kind not in plan.kinds:
            continue  # only `rejudge` and `release` let go: they read all its evidence
        if is_quarantined(row, graph.links.get(id, {}), plan):
            own(graph, batch.before, id).quarantined = True
            batch.flipped.add(id)
            batch.changed.add(id)


def _follows(id: str, batch: Batch, graph: Graph, plan: Plan) -> bool:
    """Whether anybody's profile may depend on what is new about this identifier."""
    row = graph.known[id]
    if row.kind not in plan.kinds:
        return False
    if row.quarantined and id not in batch.flipped:
        return False
    return id not in batch.before or batch.before[id] is not None or bool(graph.links.get(id))
