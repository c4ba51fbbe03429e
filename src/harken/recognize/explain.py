"""A profile -> its identifiers and every piece of evidence about them with what became of it; identity as of any date."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, structs

from harken.recognize.component import SAYS, Walk
from harken.recognize.graph import Graph, members
from harken.recognize.plan import UNVERIFIED, Plan
from harken.recognize.resolve import Parting, degree, is_quarantined, part, profiles
from harken.words import Evidence, Known, Micros

State = Literal["united", "refused", "quarantined", "unverified", "not a key", "parted", "released"]


class Link(Struct, frozen=True, kw_only=True):
    """One piece of evidence as people read it. `state` is what became of it, `why` says so when it united nobody."""

    a: str  # "kind:value", the stronger one first
    b: str
    a_id: str
    b_id: str
    how: str
    state: State
    why: str = ""
    order: int = 0  # as how manyth it united two groups of this profile; 0 = it only repeats what was known
    occurred: Micros
    learned: Micros
    event_id: str
    source: str
    verified: bool
    by: str
    reason: str


def explain(graph: Graph, pid: str, plan: Plan) -> list[Link]:
    """Every piece of evidence that names an identifier of the profile, in the order it was taken; then the rest.

    `pid` may be any id the profile ever had. The graph must hold all that `frontier` names for it.
    """
    row = graph.known.get(pid)
    ids = members(graph, row.pid if row else pid)
    reached = Walk(graph, plan, ids).go(ids).members
    parting = part([id for id in reached if id in graph.known], graph, plan)
    orders = {key: place for place, key in enumerate((key for key in parting.united if key[0] in ids), 1)}
    rows = {(row.a, row.b, row.how): row for id in ids for row in graph.links.get(id, {}).values()}
    links = [_link(row, graph, plan, parting, orders.get(key, 0)) for key, row in rows.items()]
    links.sort(key=lambda link: (link.state != "united", link.order or len(links) + 1, link.occurred, link.a, link.b))
    return links


def _link(row: Evidence, graph: Graph, plan: Plan, parting: Parting, place: int) -> Link:
    a, b = graph.known.get(row.a), graph.known.get(row.b)
    state, why = _state(row, a, b, plan, parting)
    ends = sorted(((a, row.a), (b, row.b)), key=lambda end: _strength(end[0], plan))
    names = [f"{known.kind}:{known.value}" if known else id for known, id in ends]
    return Link(
        a=names[0],
        b=names[1],
        a_id=ends[0][1],
        b_id=ends[1][1],
        how=row.how,
        state=state,
        why=why,
        order=place,
        occurred=row.occurred,
        learned=row.learned,
        event_id=row.event_id,
        source=row.source,
        verified=row.verified,
        by=row.by,
        reason=row.reason,
    )


def _strength(row: Known | None, plan: Plan) -> tuple[int, str]:
    kind = plan.kinds.get(row.kind) if row else None
    return (kind.priority if kind else 1 << 30), row.value if row else ""


def _state(row: Evidence, a: Known | None, b: Known | None, plan: Plan, parting: Parting) -> tuple[State, str]:
    if row.how == "cut":
        return "parted", "parted by hand"
    if row.how == "release":
        return "released", "released from quarantine by hand"
    group = parting.group
    if row.a in group and row.b in group and group[row.a] is group[row.b]:
        return "united", ""
    if parting.refused.get((row.a, row.b, row.how)) == "cut":
        return "refused", "it would bring together what was parted by hand"
    if row.how in SAYS:
        for end in (a, b):
            set_aside = end and _set_aside(end, plan)
            if set_aside:
                return set_aside
    return "refused", "it would give one profile more values of a key than its limit"


def _set_aside(row: Known, plan: Plan) -> tuple[State, str] | None:
    """Why an identifier takes no part in uniting."""
    if row.kind.startswith(UNVERIFIED):
        return "unverified", f"{row.kind.removeprefix(UNVERIFIED)} counts only with a proof"
    if row.kind not in plan.kinds:
        return "not a key", f"{row.kind} is not a key any more"
    if row.quarantined:
        return "quarantined", f"{row.kind}:{row.value} was seen beside {row.degree} others, too many for one customer"
    return None


def as_of(graph: Graph, at: Micros, plan: Plan) -> dict[str, str]:
    """Identifier id -> profile id as it was known at a time: the same decision over what had been learned by then.

    For the identifiers whose surroundings the graph holds (`frontier` without a plan, `past=True`). What was by
    hand and taken back since is not part of it, and an identifier that has been seen itself since counts as such.
    """
    then = Graph()
    for id, now in graph.known.items():
        if now.learned <= at and (graph.has_evidence(id) or now.quarantined):
            then.known[id] = now
            then.links[id] = {key: row for key, row in graph.links.get(id, {}).items() if row.learned <= at}
    for id, now in list(then.known.items()):
        seen_whole = graph.has_evidence(id) and all(end in graph.known for key in then.links[id] for end in key[:2])
        if seen_whole:
            row = then.known[id] = structs.replace(now)
            row.degree = degree(id, then.links[id], graph, plan)
            row.quarantined = is_quarantined(row, then.links[id], plan)
    return profiles(part(then.known, then, plan), then, plan)
