"""What people decide about who is who -> evidence, and trails, profiles and segments as they are then. Each decision can
be looked at first (`preview`) and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec import Struct

from harken import recognize
from harken.errors import Invalid, NotFound
from harken.hub.core import Core
from harken.hub.customers import component, named
from harken.hub.react import ALL, react
from harken.hub.repair import repair
from harken.stores import Changes, Tx, View
from harken.words import Evidence, Known, Micros

DECIDED = "decided:"  # notes of merges and partings by hand
HOWS = {"operator": "merged", "cut": "parted", "release": "released"}
Since: TypeAlias = dict[str, Micros]  # segment -> since when
_Change: TypeAlias = Callable[[View, recognize.Graph, Known, Known], recognize.Recognition]


class Said(Struct, frozen=True, kw_only=True):
    """The name of a decision by hand: two identifiers (by id) and `how`, as the evidence of the identity view has them."""

    a: str
    b: str
    how: str


class Merged(Struct, frozen=True, kw_only=True):
    """What merging or parting did (or would do): the profiles before and after, and which identifiers moved."""

    preview: bool
    before: list[str]
    after: list[str]
    moved: dict[str, str]  # identifier "kind:value" -> the profile it now belongs to
    said: list[Said]  # decisions that hold from now on, by the names `take_back` knows them by
    unsaid: list[Said]  # decisions that hold no more


class Decided(Struct, frozen=True, kw_only=True):
    """What is kept of a decision, for the day it is taken back: what it changed that no evidence tells."""

    since: dict[str, Since] = {}  # profile -> when it had entered its segments
    instead: list[tuple[Evidence, Decided]] = []  # older decisions that it set aside


class ByHand:
    """Merging, parting, and letting go of quarantined identifiers."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def merge(self, a: str, b: str, *, by: str, reason: str = "", preview: bool = False) -> Merged:
        """Say by hand that two references are one customer. Beats every limit; `unmerge` takes it back."""

        def change(_: View, graph: recognize.Graph, first: Known, second: Known) -> recognize.Recognition:
            plan, at = self._core.plans.recognize, self._core.clock()
            one, two = (first.pid, second.pid) if first.pid != second.pid else (first.id, second.id)
            return recognize.merge(graph, one, two, by=by, reason=reason, at=at, plan=plan)

        return self._by_hand(a, b, change, preview=preview)

    def unmerge(self, a: str, b: str = "", *, by: str, reason: str = "", preview: bool = False) -> Merged:
        """Part `a` from `b`: every event, count and consent goes back where it was. Takes back a merge by hand when one
        holds them together, else remembers that they must stay apart. Without `b` the newest merge by hand of the
        profile is taken back; when there is none, `a` is parted from the rest of its profile."""

        def change(_: View, graph: recognize.Graph, first: Known, second: Known) -> recognize.Recognition:
            plan, at = self._core.plans.recognize, self._core.clock()
            other = second.id if b else None
            if not b and (newest := recognize.last_merge(graph, first.pid)) is not None:
                return recognize.revise(graph, [], [newest], plan)
            return recognize.unmerge(graph, first.id, other, by=by, reason=reason, at=at, plan=plan)

        return self._by_hand(a, b or a, change, preview=preview)

    def release(self, ref: str, *, by: str, reason: str = "", preview: bool = False) -> Merged:
        """Let a quarantined identifier recognize customers again, however many it touches; `unrelease` takes it back."""

        def change(_: View, graph: recognize.Graph, known: Known, __: Known) -> recognize.Recognition:
            if not known.quarantined:
                raise Invalid(f"{named(known)} is not quarantined: nothing holds it back", code="not_quarantined")
            plan, at = self._core.plans.recognize, self._core.clock()
            return recognize.release(graph, known.id, by=by, reason=reason, at=at, plan=plan)

        return self._by_hand(ref, ref, change, preview=preview, past=True)

    def unrelease(self, ref: str, *, preview: bool = False) -> Merged:
        """Take a release back: the identifier is quarantined again if it still touches too many."""

        def change(_: View, graph: recognize.Graph, known: Known, __: Known) -> recognize.Recognition:
            released = graph.links.get(known.id, {}).get((known.id, known.id, "release"))
            if released is None:
                raise Invalid(f"{named(known)} was never released by hand, so there is nothing to take back")
            return recognize.revise(graph, [], [released], self._core.plans.recognize)

        return self._by_hand(ref, ref, change, preview=preview, past=True)

    def take_back(self, ref: str, a: str, b: str, *, how: str, preview: bool = False) -> Merged:
        """Take a decision by hand back, named as its evidence is: `how` is operator (a merge), cut (a parting) or release.
        Who is who is then decided as if it had never been said; older decisions it had set aside hold again."""
        if how not in HOWS:
            raise Invalid(f"'how' is operator, cut or release, not '{how}': what was heard is no decision to take back")
        if how == "release":
            return self.unrelease(a, preview=preview)

        def change(view: View, graph: recognize.Graph, first: Known, second: Known) -> recognize.Recognition:
            a_id, b_id = sorted((first.id, second.id))
            row = graph.links.get(first.id, {}).get((a_id, b_id, how))
            if row is None or self._core.find(view, ref).pid not in (first.pid, second.pid):
                raise NotFound(
                    f"'{ref}' has no decision by hand that {HOWS[how]} {named(first)} and {named(second)}; "
                    "the identity of a customer lists those that stand",
                    code="unknown_decision",
                )
            instead = [old for old, _ in _decided(view, row).instead if {old.a, old.b} <= graph.known.keys()]
            return recognize.revise(graph, instead, [row], self._core.plans.recognize)

        return self._by_hand(a, b, change, preview=preview)

    def _by_hand(self, a: str, b: str, change: _Change, *, preview: bool, past: bool = False) -> Merged:
        core = self._core
        if preview:
            with core.read() as view:
                first, second = core.find(view, a), core.find(view, b)
                ends = [first.id, second.id, first.pid, second.pid]
                graph = component(view, ends, core.plans.recognize, past=past)
                found = change(view, graph, graph.known[first.id], graph.known[second.id])
            return _merged(graph, found, [first, second], True)

        def work(tx: Tx) -> Merged:
            first, second = core.find(tx, a), core.find(tx, b)
            core.working.begin()
            core.working.load_component(tx, [first.id, second.id, first.pid, second.pid], core.plans, past=past)
            graph = core.working.graph
            before = [msgspec.structs.replace(first), msgspec.structs.replace(second)]
            found = change(tx, graph, graph.known[first.id], graph.known[second.id])
            apply(core, tx, found, _keep(tx, found, {first.pid, second.pid}))
            return _merged(graph, found, before, False)

        return core.write(work)


def apply(core: Core, tx: Tx, found: recognize.Recognition, since: Mapping[str, Since] = {}) -> None:
    """Carry out what a change by hand means for trails, profiles and segments. `since`: when profiles that part again had
    entered their segments."""
    working, changes = core.working, Changes()
    concerned = working.take_in(tx, found, changes)
    if found.refile:
        concerned |= repair(core, tx, (), found.refile, set(), changes)
    if core.plans.config.segments:
        react(core, tx, dict.fromkeys(concerned, ALL), changes, core.clock())
    for pid in since.keys() & working.profiles.keys():
        profile = working.profiles[pid]
        profile.segments = {id: since[pid].get(id, at) for id, at in profile.segments.items()}
        working.keep_profile(profile)
    changes.trails, changes.profiles = working.changed_trails(), working.changed_profiles()
    tx.write(changes)


def _keep(tx: Tx, found: recognize.Recognition, pids: Iterable[str]) -> dict[str, Since]:
    """Note what is needed to take a decision back, and forget the notes of those that are gone; since when the profiles
    that are as they were before had been in their segments."""
    profiles = tx.profiles(pids).values()
    gone = [(row, _decided(tx, row)) for row in sorted(found.dropped, key=lambda one: -one.learned)]
    returned = {_note(row): note for _, past in gone for row, note in past.instead}
    for row, _ in gone:
        tx.write_note(_note(row), b"")
    for row in found.evidence:
        said = Decided(since={one.pid: one.segments for one in profiles}, instead=gone)
        if row.how != "release":
            tx.write_note(_note(row), msgspec.json.encode(returned.get(_note(row), said)))
    since: dict[str, Since] = {}
    for _, past in gone:
        since.update(past.since)
    return since


def _note(row: Evidence) -> str:
    return f"{DECIDED}{row.how}:{row.a}:{row.b}"


def _decided(view: View, row: Evidence) -> Decided:
    note = view.note(_note(row))
    return msgspec.json.decode(note, type=Decided) if note else Decided()


def _merged(graph: recognize.Graph, found: recognize.Recognition, before: Sequence[Known], preview: bool) -> Merged:
    moved = {str(named(graph.known[id])): new for id, (_, new) in found.moved.items()}
    after = {graph.known[id].pid for one in before for id in (one.id, one.pid)}
    return Merged(
        preview=preview,
        before=sorted({one.pid for one in before}),
        after=sorted(after),
        moved=moved,
        said=[Said(a=row.a, b=row.b, how=row.how) for row in found.evidence],
        unsaid=[Said(a=row.a, b=row.b, how=row.how) for row in found.dropped],
    )
