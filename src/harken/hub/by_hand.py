"""What people decide about who is who -> evidence, and trails, profiles and segments as they are then. Each decision can
be looked at first (`preview`) and taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec import Struct

from harken import recognize
from harken.errors import Invalid, NotFound
from harken.hub.core import Core
from harken.hub.customers import component, named, reach
from harken.hub.react import ALL, react
from harken.hub.repair import repair
from harken.stores import Changes, Tx, View
from harken.words import Evidence, Known, Micros

DECIDED = "decided:"  # notes of merges and partings by hand
HOWS = {"operator": "merged", "cut": "parted", "release": "released"}
Since: TypeAlias = dict[str, Micros]  # segment -> since when


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


class Sight(Struct):
    """What is decided about: two identifiers, and all that hangs together with them. `notes` of decisions that are there
    already, where they come to be others."""

    view: View
    graph: recognize.Graph
    first: Known
    second: Known
    notes: dict[str, Decided] = {}


_Change: TypeAlias = Callable[[Sight], recognize.Recognition]


class ByHand:
    """Merging, parting, and letting go of quarantined identifiers."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def merge(self, a: str, b: str, *, by: str, reason: str = "", preview: bool = False) -> Merged:
        """Say by hand that two references are one customer. Beats every limit; `unmerge` takes it back."""

        def change(sight: Sight) -> recognize.Recognition:
            plan, at, first, second = self._core.plans.recognize, self._core.clock(), sight.first, sight.second
            one, two = (first.pid, second.pid) if first.pid != second.pid else (first.id, second.id)
            return recognize.merge(sight.graph, one, two, by=by, reason=reason, at=at, plan=plan)

        return self._by_hand(a, b, change, preview=preview)

    def unmerge(self, a: str, b: str = "", *, by: str, reason: str = "", preview: bool = False) -> Merged:
        """Part `a` from `b`: every event, count and consent goes back where it was. Takes back a merge by hand when one
        holds them together, else remembers that they must stay apart. Without `b` the newest merge by hand of the
        profile is taken back; when there is none, `a` is parted from the rest of its profile."""

        def change(sight: Sight) -> recognize.Recognition:
            plan, at, graph, first = self._core.plans.recognize, self._core.clock(), sight.graph, sight.first
            other = sight.second.id if b else None
            if other is None:
                held = recognize.last_merge(graph, first.pid)
            else:
                held = recognize.holding(graph, first.id, other, plan) if other != first.id else None
            if held is not None:  # older partings it had set aside hold again
                return self._take_back(sight, held)
            return recognize.unmerge(graph, first.id, other, by=by, reason=reason, at=at, plan=plan)

        return self._by_hand(a, b or a, change, preview=preview)

    def release(self, ref: str, *, by: str, reason: str = "", preview: bool = False) -> Merged:
        """Let a quarantined identifier recognize customers again, however many it touches; `unrelease` takes it back."""

        def change(sight: Sight) -> recognize.Recognition:
            known = sight.first
            if not known.quarantined:
                raise Invalid(f"{named(known)} is not quarantined: nothing holds it back", code="not_quarantined")
            plan, at = self._core.plans.recognize, self._core.clock()
            return recognize.release(sight.graph, known.id, by=by, reason=reason, at=at, plan=plan)

        return self._by_hand(ref, ref, change, preview=preview, past=True)

    def unrelease(self, ref: str, *, preview: bool = False) -> Merged:
        """Take a release back: the identifier is quarantined again if it still touches too many."""

        def change(sight: Sight) -> recognize.Recognition:
            graph, known = sight.graph, sight.first
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

        def change(sight: Sight) -> recognize.Recognition:
            first, second = sight.first, sight.second
            a_id, b_id = sorted((first.id, second.id))
            row = sight.graph.links.get(first.id, {}).get((a_id, b_id, how))
            if row is None or self._core.find(sight.view, ref).pid not in (first.pid, second.pid):
                raise NotFound(
                    f"'{ref}' has no decision by hand that {HOWS[how]} {named(first)} and {named(second)}; "
                    "the identity of a customer lists those that stand",
                    code="unknown_decision",
                )
            return self._take_back(sight, row)

        return self._by_hand(a, b, change, preview=preview)

    def _take_back(self, sight: Sight, row: Evidence) -> recognize.Recognition:
        graph, plan = sight.graph, self._core.plans.recognize
        instead = _decided(sight.view, row).instead
        reach(sight.view, graph, [end for old, _ in instead for end in (old.a, old.b)], plan)
        instead = [(old, noted) for old, noted in instead if {old.a, old.b} <= graph.known.keys()]  # not erased
        found, overruled = recognize.take_back(graph, row, [old for old, _ in instead], plan)
        sight.notes = _handed_on(sight.view, instead, overruled)
        return found

    def _by_hand(self, a: str, b: str, change: _Change, *, preview: bool, past: bool = False) -> Merged:
        core = self._core
        if preview:
            with core.read() as view:
                first, second = core.find(view, a), core.find(view, b)
                ends = [first.id, second.id, first.pid, second.pid]
                graph = component(view, ends, core.plans.recognize, past=past)
                found = change(Sight(view, graph, graph.known[first.id], graph.known[second.id]))
            return _merged(graph, found, [first, second], True)

        def work(tx: Tx) -> Merged:
            first, second = core.find(tx, a), core.find(tx, b)
            core.working.begin()
            core.working.load_component(tx, [first.id, second.id, first.pid, second.pid], core.plans, past=past)
            graph = core.working.graph
            before = [msgspec.structs.replace(first), msgspec.structs.replace(second)]
            sight = Sight(tx, graph, graph.known[first.id], graph.known[second.id])
            found = change(sight)
            apply(core, tx, found, _keep(tx, found, sight.notes))
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


def _keep(tx: Tx, found: recognize.Recognition, notes: Mapping[str, Decided]) -> dict[str, Since]:
    """Note what is needed to take a decision back, and forget the notes of those that are gone; since when the profiles
    that are as they were before had been in their segments."""
    moved = {pid for pair in found.moved.values() for pid in pair}
    before = {pid: one.segments for pid, one in tx.profiles(moved).items()}
    gone = [(row, _decided(tx, row)) for row in sorted(found.dropped, key=lambda one: -one.learned)]
    written = {_note(row): Decided(since=before, instead=gone) for row in found.evidence if row.how != "release"}
    for note in {_note(row) for row, _ in gone} - {*written, *notes}:
        tx.write_note(note, b"")
    for note, decided in {**written, **notes}.items():
        tx.write_note(note, msgspec.json.encode(decided))
    return {pid: since for _, past in gone for pid, since in past.since.items() if pid in moved}


def _handed_on(
    view: View, instead: Sequence[tuple[Evidence, Decided]], overruled: Sequence[tuple[Evidence, Evidence]]
) -> dict[str, Decided]:
    """What is noted when a decision is taken back that had set others aside: of those that hold again what was noted of
    them, and what stays set aside is noted of the merge that does it now."""
    left = {_note(old): decided for old, decided in instead}
    notes: dict[str, Decided] = {}
    for merged, old in overruled:
        name = _note(merged)
        decided = notes.get(name) or left.get(name) or _decided(view, merged)
        notes[name] = Decided(since=decided.since, instead=[*decided.instead, (old, left.pop(_note(old)))])
    return {**left, **notes}


def _note(row: Evidence) -> str:
    return f"{DECIDED}{row.how}:{row.a}:{row.b}"


def _decided(view: View, row: Evidence) -> Decided:
    note = view.note(_note(row))
    return msgspec.json.decode(note, type=Decided) if note else Decided()


def _merged(graph: recognize.Graph, found: recognize.Recognition, before: Sequence[Known], preview: bool) -> Merged:
    moved = {str(named(graph.known[id])): new for id, (_, new) in found.moved.items()}
    after = {graph.known[id].pid for one in before for id in (one.id, one.pid)}
    said = [Said(a=row.a, b=row.b, how=row.how) for row in found.evidence]
    return Merged(
        preview=preview,
        before=sorted({one.pid for one in before}),
        after=sorted(after),
        moved=moved,
        said=said,
        unsaid=[one for row in found.dropped if (one := Said(a=row.a, b=row.b, how=row.how)) not in said],
    )
