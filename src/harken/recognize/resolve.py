"""A component of the identity graph -> its parting into profiles: who is one customer, and what was refused.

This is the one place where identity is decided, and it is a function of the set of evidence. Groups start as single
identifiers. Evidence is taken in a canonical order (`component.order`), leaving out what touches a quarantined
identifier. Each unites two groups unless an identifier that was parted by hand from another would end in one group with
it, or two groups that both hold established identifiers of a limited kind would hold more of them than the limit. Last
come merges by hand, by when they were made: they unite whole groups, such as two customers with all that is theirs, and
beat limits and quarantine. So they change nothing about what was heard, and without them everything is as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from harken.recognize.component import SAYS, Order, order
from harken.recognize.graph import Graph, other_end
from harken.recognize.plan import PairKey, Plan
from harken.words import Evidence, Known, Micros

Refusal = Literal["limit", "cut"]


class Group(Struct, eq=False):
    """Identifiers united so far; how many established ones of each limited kind."""

    ids: list[str]
    counts: dict[str, int]


class Parting(Struct, eq=False):
    """What became of every identifier and every piece of evidence."""

    group: dict[str, Group]  # identifier id -> its group
    refused: dict[PairKey, Refusal] = {}
    united: list[PairKey] = []  # the evidence that united two groups, in order


def part(ids: Iterable[str], graph: Graph, plan: Plan) -> Parting:
    """Part these identifiers into profiles. They must be whole components, or the answer may be another."""
    parting = Parting(group={})
    group_of = parting.group
    for id in ids:
        row = graph.known[id]
        kind = plan.kinds.get(row.kind)
        limited = kind is not None and kind.limit > 0 and row.established
        group_of[id] = Group([id], {row.kind: 1} if limited else {})
    heard, merges, cuts = _sorted(group_of, graph, plan)
    for evidence in heard:
        _unite(evidence, parting, cuts, plan)
    for evidence in merges:
        _unite(evidence, parting, cuts, None)
    return parting


def _sorted(
    ids: Mapping[str, Group], graph: Graph, plan: Plan
) -> tuple[list[Evidence], list[Evidence], dict[str, set[str]]]:
    """The evidence between these identifiers, in the order it is taken: what was heard, merges, who was parted."""
    known, links, kinds = graph.known, graph.links, plan.kinds
    heard: list[tuple[Order, Evidence]] = []
    merges: list[Evidence] = []
    cuts: dict[str, set[str]] = {}
    for id in ids:
        for key, evidence in links.get(id, {}).items():
            other, how = key[1], key[2]
            if key[0] != id or other not in ids:
                continue
            if how in SAYS:
                a, b = known[id], known[other]
                if not (a.quarantined or b.quarantined) and a.kind in kinds and b.kind in kinds:
                    heard.append((order(evidence, a, b, plan), evidence))
            elif how == "operator":
                merges.append(evidence)
            elif how == "cut":
                cuts.setdefault(id, set()).add(other)
                cuts.setdefault(other, set()).add(id)
    merges.sort(key=lambda row: (row.learned, row.a, row.b))
    heard.sort(key=lambda one: one[0])
    return [evidence for _, evidence in heard], merges, cuts


def _unite(evidence: Evidence, parting: Parting, cuts: Mapping[str, set[str]], plan: Plan | None) -> None:
    """Unite the groups of both ends, or note why not. Without plan limits do not matter."""
    group_of = parting.group
    large, small = group_of[evidence.a], group_of[evidence.b]
    if large is small:
        return
    if len(large.ids) < len(small.ids):
        large, small = small, large
    key = (evidence.a, evidence.b, evidence.how)
    if cuts and any(group_of.get(other) is large for id in small.ids if id in cuts for other in cuts[id]):
        parting.refused[key] = "cut"
        return
    counts = large.counts
    if plan is not None:
        for kind, count in small.counts.items():
            held = counts.get(kind)
            if held and held + count > plan.kinds[kind].limit:
                parting.refused[key] = "limit"
                return
    for kind, count in small.counts.items():
        counts[kind] = counts.get(kind, 0) + count
    large.ids += small.ids
    for id in small.ids:
        group_of[id] = large
    parting.united.append(key)


def anchor(ids: Iterable[str], graph: Graph, plan: Plan) -> str:
    """The identifier a profile is named after: established and not quarantined, of the strongest kind, the earliest.

    Where there is none such, one that is only named by an alias; then a quarantined one, then one of a kind that is no
    key (both by value alone: when a terminal was first seen changes nothing).
    """
    ids = list(ids)
    if len(ids) == 1:
        return ids[0]
    return min(ids, key=lambda one: _rank(graph.known[one], plan))


def _rank(row: Known, plan: Plan) -> tuple[int, int, Micros, str, str]:
    kind = plan.kinds.get(row.kind)
    if kind is None:
        return 3, 0, 0, row.value, row.id
    if row.quarantined:
        return 2, kind.priority, 0, row.value, row.id
    return 0 if row.established else 1, kind.priority, row.first, row.value, row.id


def profiles(parting: Parting, graph: Graph, plan: Plan) -> dict[str, str]:
    """Identifier id -> profile id."""
    pids: dict[str, str] = {}
    for id, group in parting.group.items():
        if id not in pids:
            pid = anchor(group.ids, graph, plan)
            for one in group.ids:
                pids[one] = pid
    return pids


def degree(id: str, links: Mapping[PairKey, Evidence], graph: Graph, plan: Plan) -> int:
    """How many different identifiers were seen beside one, of those that count against its key's quarantine."""
    row = graph.known[id]
    mine = plan.kinds.get(row.kind)
    if mine is None:
        return 0
    seen: set[str] = set()
    for key, evidence in links.items():
        if key[2] in SAYS:
            other = other_end(evidence, id)
            if other not in seen and counts(key, row, graph.known[other], plan):
                seen.add(other)
    return len(seen)


def counts(key: PairKey, row: Known, other: Known, plan: Plan) -> bool:
    """Whether evidence with `other` is held against the quarantine of `row`.

    An exclusive identifier is worn out by identifiers of any kind, others by those of stronger kinds. One id that an
    alias names under two kinds is not two.
    """
    mine, theirs = plan.kinds[row.kind], plan.kinds.get(other.kind)
    if theirs is None or (mine.only_stronger and theirs.priority >= mine.priority):
        return False
    return not (key[2] == "alias" and row.value == other.value)


def is_quarantined(row: Known, links: Mapping[PairKey, Evidence], plan: Plan) -> bool:
    """Whether an identifier with this degree touches too many, and nobody has released it by hand."""
    kind = plan.kinds.get(row.kind)
    return kind is not None and row.degree > kind.quarantine and (row.id, row.id, "release") not in links
