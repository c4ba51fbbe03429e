"""Sign-ins on a device over time -> under which account each anonymous event of it is filed.

A claim is a sign-in: an event with a device and an exclusive identifier. A device's `claims` are the runs these make:
(from, until, account), each account from its sign-in until another one's, the last one until 0, which is for ever.
Claims of one moment stand by account id, and the last one counts. Only changes of account are kept, so a claim that says what the runs
say already changes nothing, and is not written. What a run leaves out (the later sign-ins within it) matters when a
claim of another account falls inside it; the log knows it. So where runs change on a device the log may know more of,
the device is given back to be refiled: the hub reads its events from the log, `rebuild_claims`, and asks `file` for each.

A row holds the latest WINDOW runs; what is older is looked up in the log, too. A quarantined device holds none: its
anonymous events are nobody's, and stay on the anonymous trail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from harken.recognize.graph import NEVER, Combo, Graph, Place, forget_places, owner, place_of
from harken.recognize.plan import Plan, Reading, read, read_alias
from harken.words import Event, Known, Micros, Trail

WINDOW = 64
Claims = list[tuple[Micros, Micros, str]]
Point = tuple[Micros, str]  # when, account


def account_at(claims: Claims, when: Micros) -> str:
    """Whose the device is at a time, "" before anybody's.

    >>> account_at([(5, 9, "ada"), (9, 0, "bob")], 8), account_at([(5, 0, "ada")], 4)
    ('ada', '')
    """
    for start, _, account in reversed(claims):
        if start <= when:
            return account
    return ""


def runs(before: Iterable[Point], points: Iterable[Point]) -> Claims:
    """The runs that claims make, after the changes of account before them.

    >>> runs([], [(9, "bob"), (5, "ada"), (7, "ada")])
    [(5, 9, 'ada'), (9, 0, 'bob')]
    """
    changes = list(before)
    for point in sorted(set(points)):
        if not changes or changes[-1][1] != point[1]:
            changes.append(point)
    ends = [*(when for when, _ in changes[1:]), 0][: len(changes)]
    return [(when, end, account) for (when, account), end in zip(changes, ends, strict=True)]


def claimed(row: Known, points: Sequence[Point], *, new: bool) -> tuple[Claims, Micros | None]:
    """All runs of a device after these claims, and since when the log may know better (None: nothing has changed).

    Exact when the device is new or the log holds no event of it from that time on. Longer than a row holds, perhaps.
    """
    if row.quarantined:
        return [], None
    if new:
        return runs([], points), None
    claims = row.claims
    if len(claims) >= WINDOW and any(when <= claims[0][0] for when, _ in points):
        return claims, 0
    since = min((when for when, account in points if account_at(claims, when) != account), default=None)
    if since is None:
        return claims, None
    before = [(start, account) for start, _, account in claims if start < since]
    after = [(start, account) for start, _, account in claims if start >= since]
    after += [point for point in points if point[0] >= since]
    return runs(before, after), since


def rebuild_claims(graph: Graph, device: str, told: Iterable[Event], plan: Plan, *, since: Micros = 0) -> Known:
    """The runs of a device from the log: `told` are all its events, at least those that occurred at `since` or later,
    both logged ones and those of the batch that was just recognized. Gives the device's row, to be written.

    Until the next `recognize` the graph knows even the runs that a row does not hold, so `file` is exact.
    """
    row = graph.known[device]
    points = []
    for event in told:
        if event.occurred >= since:
            reading = _reading(event, plan)
            if reading.claims and reading.device == device:
                points.append((event.occurred, reading.account))
    before = [(start, account) for start, _, account in row.claims if start < since]
    claims = [] if row.quarantined else runs(before, points)
    graph.history[device] = claims
    if row.claims != claims[-WINDOW:]:
        row = graph.known[device] = structs.replace(row, claims=claims[-WINDOW:])
    forget_claims(graph, device)
    if any(account not in graph.known for _, _, account in claims):
        forget_places(graph)  # whoever comes to this device next asks for their rows
        graph.history[device] = claims
    return row


def forget_claims(graph: Graph, device: str) -> None:
    """Whose the device is has changed: what signs in on it says something new again."""
    for combo in graph.signed.pop(device, ()):
        combo.occurred = NEVER


def by_time(graph: Graph, place: Place, claims: Claims, when: Micros) -> Place:
    """The place of an anonymous event, given the anonymous trail's."""
    account = claims[-1][2] if when >= claims[-1][0] else account_at(claims, when)
    if not account:
        return place
    key = (place.source, place.device, account)
    found = graph.filed.get(key)
    if found is None:
        found = graph.filed[key] = place_of(graph, *key)
    return found


def _reading(event: Event, plan: Plan) -> Reading:
    if event.alias is not None:
        return read_alias(event, plan)[0]
    return read(event.identifiers, event.verified, plan)


def _place(event: Event, graph: Graph, plan: Plan) -> Place:
    reading = _reading(event, plan)
    place = place_of(graph, event.source, reading.device, reading.account)
    if reading.by_time:
        claims = graph.history.get(reading.device)
        if claims is None:
            claims = graph.known[reading.device].claims
        if claims:
            return by_time(graph, place, claims, event.occurred)
    return place


def file(event: Event, graph: Graph, plan: Plan) -> str:
    """The trail of an event by what is known now. The graph must hold the row of its device."""
    return _place(event, graph, plan).tid


def trail_of(event: Event, graph: Graph, plan: Plan) -> Trail:
    """The trail `file` names, as a row to begin with. The graph must hold the row of its account, too."""
    return told(_place(event, graph, plan), graph)


def told(place: Place, graph: Graph) -> Trail:
    """A trail's row to begin with, and note that the hub knows of it."""
    place.owner = owner(place, graph)
    row = graph.known.get(place.owner)
    if row is None and place.owner not in graph.blank:
        raise LookupError(
            f"the graph lacks the owner {place.owner} of trail {place.tid}; `meet` the account's row first"
        )
    place.pid = row.pid if row else place.owner  # whoever was erased is nobody else
    return Trail(
        tid=place.tid,
        source=place.source,
        device=place.device,
        account=place.account,
        owner=place.owner,
        pid=place.pid,
    )


def settle_combos(graph: Graph, slow: Mapping[Combo, object]) -> None:
    """From now on these combos say nothing new, as long as they come no earlier than what they said."""
    known, links = graph.known, graph.links
    for combo in slow:
        reading = combo.reading
        if len(reading.ids) == 1:
            row = known[reading.ids[0]]
            combo.occurred, combo.received = row.first, row.learned
            continue
        occurred = max([known[id].first for id in reading.ids], default=0)
        received = max([known[id].learned for id in reading.ids], default=0)
        for key in reading.pairs:
            evidence = links[key[0]][key]
            occurred = max(occurred, evidence.occurred)
            received = max(received, evidence.learned)
        if reading.claims:
            device = known[reading.device]
            if not device.quarantined:
                start, _, account = device.claims[-1]
                occurred = max(occurred, start) if account == reading.account else NEVER
                graph.signed.setdefault(reading.device, []).append(combo)
        combo.occurred, combo.received = occurred, received
