"""What people decide about who is who -> evidence, and trails, profiles and segments as they are then. Each decision can
be looked at first (`preview`) and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec import Struct

from harken import recognize
from harken.errors import Invalid
from harken.hub.core import Core
from harken.hub.customers import component, named
from harken.hub.react import ALL, react
from harken.hub.repair import repair
from harken.stores import Changes, Tx
from harken.words import Known, Micros

MERGED = "merged:"  # notes of merges by hand
Since: TypeAlias = dict[str, Micros]  # segment -> since when
_Change: TypeAlias = Callable[[recognize.Graph, Known, Known], recognize.Recognition]


class Merged(Struct, frozen=True, kw_only=True):
    """What merging or parting did (or would do): the profiles before and after, and which identifiers moved."""

    preview: bool
    before: list[str]
    after: list[str]
    moved: dict[str, str]  # identifier "kind:value" -> the profile it now belongs to


class ByHand:
    """Merging, parting, and letting go of quarantined identifiers."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def merge(self, a: str, b: str, *, by: str, reason: str = "", preview: bool = False) -> Merged:
        """Say by hand that two references are one customer. Beats every limit; `unmerge` takes it back."""

        def change(graph: recognize.Graph, first: Known, second: Known) -> recognize.Recognition:
            plan, at = self._core.plans.recognize, self._core.clock()
            one, two = (first.pid, second.pid) if first.pid != second.pid else (first.id, second.id)
            return recognize.merge(graph, one, two, by=by, reason=reason, at=at, plan=plan)

        return self._by_hand(a, b, change, preview=preview)

    def unmerge(self, a: str, b: str = "", *, by: str, reason: str = "", preview: bool = False) -> Merged:
        """Part `a` from `b`: every event, count and consent goes back where it was. Takes back a merge by hand when one
        holds them together, else remembers that they must stay apart. Without `b` the newest merge by hand of the
        profile is taken back; when there is none, `a` is parted from the rest of its profile."""

        def change(graph: recognize.Graph, first: Known, second: Known) -> recognize.Recognition:
            plan, at = self._core.plans.recognize, self._core.clock()
            other = second.id if b else None
            if not b and (newest := recognize.last_merge(graph, first.pid)) is not None:
                return recognize.revise(graph, [], [newest], plan)
            return recognize.unmerge(graph, first.id, other, by=by, reason=reason, at=at, plan=plan)

        return self._by_hand(a, b or a, change, preview=preview)

    def release(self, ref: str, *, by: str, reason: str = "", preview: bool = False) -> Merged:
        """Let a quarantined identifier recognize customers again, however many it touches; `unrelease` takes it back."""

        def change(graph: recognize.Graph, known: Known, _: Known) -> recognize.Recognition:
            if not known.quarantined:
                raise Invalid(f"{named(known)} is not quarantined: nothing holds it back", code="not_quarantined")
            plan, at = self._core.plans.recognize, self._core.clock()
            return recognize.release(graph, known.id, by=by, reason=reason, at=at, plan=plan)

        return self._by_hand(ref, ref, change, preview=preview, past=True)

    def unrelease(self, ref: str, *, preview: bool = False) -> Merged:
        """Take a release back: the identifier is quarantined again if it still touches too many."""

        def change(graph: recognize.Graph, known: Known, _: Known) -> recognize.Recognition:
            released = graph.links.get(known.id, {}).get((known.id, known.id, "release"))
            if released is None:
                raise Invalid(f"{named(known)} was never released by hand, so there is nothing to take back")
            return recognize.revise(graph, [], [released], self._core.plans.recognize)

        return self._by_hand(ref, ref, change, preview=preview, past=True)

    def _by_hand(self, a: str, b: str, change: _Change, *, preview: bool, past: bool = False) -> Merged:
        core = self._core
        if preview:
            with core.read() as view:
                first, second = core.find(view, a), core.find(view, b)
                ends = [first.id, second.id, first.pid, second.pid]
                graph = component(view, ends, core.plans.recognize, past=past)
            return _merged(graph, change(graph, graph.known[first.id], graph.known[second.id]), [first, second], True)

        def work(tx: Tx) -> Merged:
            first, second = core.find(tx, a), core.find(tx, b)
            core.working.begin()
            core.working.load_component(tx, [first.id, second.id, first.pid, second.pid], core.plans, past=past)
            graph = core.working.graph
            before = [msgspec.structs.replace(first), msgspec.structs.replace(second)]
            found = change(graph, graph.known[first.id], graph.known[second.id])
            _note_since(tx, found, {first.pid, second.pid})
            apply(core, tx, found, _since(tx, found))
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


def _note_since(tx: Tx, found: recognize.Recognition, pids: Iterable[str]) -> None:
    """A merge by hand: keep when each profile entered its segments, for the day it is taken back."""
    for row in found.evidence:
        if row.how == "operator":
            since = {profile.pid: profile.segments for profile in tx.profiles(pids).values()}
            tx.write_note(f"{MERGED}{row.a}:{row.b}", msgspec.json.encode(since))


def _since(tx: Tx, found: recognize.Recognition) -> dict[str, Since]:
    """What was noted of the merges that are taken back, the profiles as they were before the earliest of them."""
    since: dict[str, Since] = {}
    for row in sorted(found.dropped, key=lambda one: -one.learned):
        if row.how == "operator" and (note := tx.note(f"{MERGED}{row.a}:{row.b}")):
            since.update(msgspec.json.decode(note, type=dict[str, Since]))
            tx.write_note(f"{MERGED}{row.a}:{row.b}", b"")
    return since


def _merged(graph: recognize.Graph, found: recognize.Recognition, before: Sequence[Known], preview: bool) -> Merged:
    moved = {str(named(graph.known[id])): new for id, (_, new) in found.moved.items()}
    after = {graph.known[id].pid for one in before for id in (one.id, one.pid)}
    return Merged(preview=preview, before=sorted({one.pid for one in before}), after=sorted(after), moved=moved)
