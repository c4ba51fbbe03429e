"""What an operator decides about identifiers -> the same Recognition a batch gives: merge, part, release, take back.

Every decision is evidence, so it can be taken back to exactly what was before: `undo(added, dropped)` with what the
Recognition of the decision added (`evidence`) and dropped. The graph must hold all that `frontier` names for the
identifiers concerned. It shows the decision afterwards: for a preview use a graph of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from harken.errors import Invalid, NotFound
from harken.recognize.batch import Batch
from harken.recognize.component import SAYS, Component, Walk
from harken.recognize.graph import Graph, members, own
from harken.recognize.plan import PairKey, Plan, pair_key
from harken.recognize.resolve import degree, is_quarantined, part
from harken.recognize.settle import Recognition, settle
from harken.words import Evidence, Known, Micros


def merge(graph: Graph, a: str, b: str, *, by: str, reason: str, at: Micros, plan: Plan) -> Recognition:
    """Say that two identifiers are one customer's, whatever limits and quarantine say.

    Partings that stand between any of their two profiles are set aside: the newest word counts, and what either profile
    held stays together. So is an older merge of the two that no longer holds them together; where it does, there is
    nothing to say.
    """
    one, two = _row(graph, a), _row(graph, b)
    if a == b:
        raise Invalid(f"{_name(one)} cannot be merged with itself; name two identifiers")
    members = _whole(graph, plan, [a, b]).members
    theirs = [id for id in members if graph.known[id].pid in (one.pid, two.pid)]
    standing = graph.links.get(a, {}).get(pair_key(a, b, "operator"))
    said = _said(a, b, "operator", by, reason, at)
    cuts: list[Evidence] = []
    _add(graph, said)
    while between := _between(graph, plan, members, theirs):
        cuts += between
        for row in between:
            _drop(graph, row)
    for row in cuts:
        _add(graph, row)
    _drop(graph, said)
    if standing is None:
        return revise(graph, [said], cuts, plan)
    _add(graph, standing)
    return revise(graph, [said], [standing, *cuts], plan) if cuts else revise(graph, [], [], plan)


def holding(graph: Graph, a: str, b: str, plan: Plan) -> Evidence | None:
    """The merge by hand that holds two identifiers together: one between the two, else the newest one without which they
    part. None when they are apart, or stay together without it."""
    members = _whole(graph, plan, [a, b]).members
    if not _together(graph, plan, members, a, b):
        return None
    direct = graph.links.get(a, {}).get(pair_key(a, b, "operator"))
    merges = {key: row for id in members for key, row in graph.links.get(id, {}).items() if key[2] == "operator"}
    for candidate in sorted(merges.values(), key=lambda row: (row is not direct, -row.learned, row.a, row.b)):
        _drop(graph, candidate)
        parted = not _together(graph, plan, members, a, b)
        _add(graph, candidate)
        if parted:
            return candidate
    return None


def unmerge(graph: Graph, a: str, b: str | None, *, by: str, reason: str, at: Micros, plan: Plan) -> Recognition:
    """Part identifier `a`, and what hangs on it, from `b`, or from the identifier its profile is named after.

    A merge by hand that holds them together (`holding`) is taken back. Where none does, they are parted by hand, and stay so.
    """
    row = _row(graph, a)
    b = row.pid if b is None else b
    _row(graph, b)
    if a == b:
        raise Invalid(
            f"{_name(row)} cannot be parted from itself: it is what its profile is named after; name the other identifier"
        )
    if (held := holding(graph, a, b, plan)) is not None:
        return revise(graph, [], [held], plan)
    direct = graph.links.get(a, {}).get(pair_key(a, b, "operator"))
    return revise(graph, [_said(a, b, "cut", by, reason, at)], [direct] if direct else [], plan)


def release(graph: Graph, id: str, *, by: str, reason: str, at: Micros, plan: Plan) -> Recognition:
    """Let an identifier recognize customers though it touches many. The graph must hold `frontier(..., past=True)`."""
    _row(graph, id)
    return revise(graph, [_said(id, id, "release", by, reason, at)], [], plan)


def last_merge(graph: Graph, pid: str) -> Evidence | None:
    """The newest merge by hand that stands within a profile."""
    ids = members(graph, pid)
    rows = {key: row for id in ids for key, row in graph.links.get(id, {}).items() if key[2] == "operator"}
    return max(rows.values(), key=lambda row: (row.learned, row.a, row.b), default=None)


def take_back(
    graph: Graph, said: Evidence, instead: Iterable[Evidence], plan: Plan
) -> tuple[Recognition, list[tuple[Evidence, Evidence]]]:
    """Take one decision back; what it had set aside (`instead`) holds again.

    A parting among it stays set aside where a merge that is newer than it would be undone: had the decision never been
    said, that merge would have set it aside. Gives these partings, each after its merge.
    """
    back = list(instead)
    members = _whole(graph, plan, [said.a, said.b, *(id for row in back for id in (row.a, row.b))]).members
    _drop(graph, said)
    for row in back:
        _add(graph, row)
    overruled: list[tuple[Evidence, Evidence]] = []
    while found := _overruled(graph, plan, members, back):
        overruled += found
        for _, row in found:
            _drop(graph, row)
            back.remove(row)
    for row in back:
        _drop(graph, row)
    _add(graph, said)
    return revise(graph, back, [said], plan), overruled


def undo(graph: Graph, added: Iterable[Evidence], dropped: Iterable[Evidence], plan: Plan) -> Recognition:
    """Take a decision back: `added` and `dropped` are its Recognition's. Also takes back any evidence by hand alone."""
    added = list(added)
    for row in added:
        if row.how in SAYS:
            raise Invalid(f"evidence '{row.how}' was heard, not decided by hand; part the two instead")
    return revise(graph, list(dropped), added, plan)


def rejudge(graph: Graph, ids: Iterable[str], plan: Plan) -> Recognition:
    """Decide about these identifiers again with the plan of now: after keys were changed or identifiers erased.

    Quarantine is judged anew, in both directions. The graph must hold `frontier(ids, past=True)`.
    """
    ids = [id for id in ids if id in graph.known]
    batch = Batch(events=(), touched=set(ids))
    return _settled(graph, plan, batch, ids, _whole(graph, plan, ids))


def revise(graph: Graph, add: Iterable[Evidence], drop: Iterable[Evidence], plan: Plan) -> Recognition:
    """Add and drop evidence by hand, and decide again about everything it may concern."""
    drop, batch = list(drop), Batch(events=())
    gone = {(row.a, row.b, row.how) for row in drop}
    fresh = [row for row in add if (key := (row.a, row.b, row.how)) in gone or key not in graph.links.get(row.a, {})]
    ids = list(dict.fromkeys(id for row in [*fresh, *drop] for id in (row.a, row.b)))
    batch.touched.update(ids)
    before = _whole(graph, plan, ids)
    for row in drop:
        _drop(graph, row)
    for row in fresh:
        _add(graph, row)
    judged = [row.a for row in [*fresh, *drop] if row.how == "release"]
    found = _settled(graph, plan, batch, judged, before)
    found.evidence, found.dropped = fresh, drop
    return found


def _settled(graph: Graph, plan: Plan, batch: Batch, judged: Iterable[str], before: Component) -> Recognition:
    for id in judged:
        row, links = graph.known[id], graph.links.get(id, {})
        many = degree(id, links, graph, plan)
        if many != row.degree:
            row = own(graph, batch.before, id)
            row.degree = many
        if is_quarantined(row, links, plan) != row.quarantined:
            own(graph, batch.before, id).quarantined ^= True
            batch.flipped.add(id)
            batch.changed.add(id)
    batch.component = _whole(graph, plan, batch.touched, batch.changed)
    batch.component.members |= before.members
    found = settle(graph, plan, batch)
    found.known = [graph.known[id] for id in batch.before]
    return found


# ---------------------------------------------------------------- small parts


def _whole(graph: Graph, plan: Plan, ids: Iterable[str], changed: Iterable[str] = ()) -> Component:
    ids = list(ids)
    component = Walk(graph, plan, ids).go(ids, changed)
    if component.missing:
        raise LookupError("by hand: the graph lacks what hangs together with these; read what `frontier` names first")
    return component


def _between(graph: Graph, plan: Plan, members: Iterable[str], ids: Iterable[str]) -> list[Evidence]:
    """The partings by hand between the profiles of some identifiers; none when they are one."""
    group = part(members, graph, plan).group
    theirs = {id: at for at, one in enumerate({group[id].ids[0]: group[id] for id in ids}.values()) for id in one.ids}
    return [
        row
        for id, at in theirs.items()
        for key, row in graph.links.get(id, {}).items()
        if key[2] == "cut" and id == row.a and theirs.get(row.b, at) != at
    ]


def _overruled(
    graph: Graph, plan: Plan, members: Iterable[str], cuts: Iterable[Evidence]
) -> list[tuple[Evidence, Evidence]]:
    """Those of some partings that stand in the way of one newer merge, each after the merge."""
    named = {(row.a, row.b) for row in cuts}
    for key, why in part(members, graph, plan).refused.items():
        if why == "cut" and key[2] == "operator":
            merged = graph.links[key[0]][key]
            between = _between(graph, plan, members, [merged.a, merged.b])
            if older := [row for row in between if (row.a, row.b) in named and row.learned < merged.learned]:
                return [(merged, row) for row in older]
    return []


def _together(graph: Graph, plan: Plan, members: Iterable[str], a: str, b: str) -> bool:
    group = part(members, graph, plan).group
    return group[a] is group[b]


def _add(graph: Graph, row: Evidence) -> None:
    key = (row.a, row.b, row.how)
    for id in (row.a, row.b):
        graph.links.setdefault(id, {})[key] = row


def _drop(graph: Graph, row: Evidence) -> None:
    for id in (row.a, row.b):
        graph.links.get(id, {}).pop((row.a, row.b, row.how), None)


def _said(a: str, b: str, how: str, by: str, reason: str, at: Micros) -> Evidence:
    one, two, _ = pair_key(a, b, how)
    return Evidence(
        a=one, b=two, how=how, occurred=at, learned=at, event_id="", source="", verified=True, by=by, reason=reason
    )


def _row(graph: Graph, id: str) -> Known:
    row = graph.known.get(id)
    if row is None:
        raise NotFound(f"no identifier with the id '{id}' is known")
    return row


def _name(row: Known) -> str:
    return f"{row.kind}:{row.value}"


__all__ = ["PairKey", "merge", "rejudge", "release", "revise", "take_back", "undo", "unmerge"]
