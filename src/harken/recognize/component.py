"""Loaded evidence and some identifiers -> everything whose profile may depend on them, or what must be read to know.

Identity is decided over whole components of the evidence, so components must stay small. Two rules cut them, neither
changes what the decision is: nothing is followed through a quarantined identifier, and on a device (any identifier of a
key without limit) evidence that can never unite is not followed: when the first evidence on it, in the order evidence is
taken, comes from an established exclusive identifier, it is that customer's for sure, and any other established
identifier of that exclusive kind is refused for sure. So customers who share a device are not one component.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from harken.recognize.graph import Graph, other_end
from harken.recognize.plan import Plan
from harken.words import Evidence, Known

SAYS = frozenset(("event", "alias"))  # evidence by what was heard; the rest is by hand
Order = tuple[int, int, int, int, bool, str, str]


def order(row: Evidence, a: Known, b: Known, plan: Plan) -> Order:
    """The place of a piece of evidence in the one order in which evidence is taken.

    First what joins people's identifiers: by the stronger kind, the weaker kind, the earliest event. Then sign-ins on
    devices by the earliest event, whatever kind of account, so that a device is its first claimant's. Then the rest
    about devices. An id aliased under two kinds comes before other evidence of that moment.
    """
    one, two = plan.kinds[a.kind], plan.kinds[b.kind]
    if one.priority > two.priority:
        one, two = two, one
    strong, weak = one.priority, two.priority
    if not (one.device or two.device):
        stage = 1
    elif one.exclusive or two.exclusive:
        stage, strong, weak = 2, 0, 0
    else:
        stage = 3
    return stage, strong, weak, row.occurred, a.value != b.value, row.a, row.b


class Component(Struct, eq=False):
    """What was reached, and what must be read before it can be gone through: rows, and rows with their evidence."""

    members: set[str] = set()
    strangers: set[str] = set()
    lacking: set[str] = set()

    @property
    def missing(self) -> set[str]:
        return self.strangers | self.lacking


class Walk:
    """One way through the graph. `plan` None: every piece of evidence is followed, also what cannot unite.

    `past`: what is quarantined now was not always, so its evidence is followed and asked for, too.
    """

    def __init__(self, graph: Graph, plan: Plan | None, full: Iterable[str] = (), *, past: bool = False) -> None:
        self.graph, self.plan, self.past = graph, plan, past
        self.full = set(full)  # identifiers whose evidence is followed whole, because something about it has changed
        self.found = Component()
        self._sure: dict[str, Known | None] = {}

    def go(self, seeds: Iterable[str], changed: Iterable[str] = ()) -> Component:
        """Everything reached from the seeds. `changed`: seeds whose quarantine or establishment has just changed."""
        changed = set(changed)
        for id in changed:
            for row in self.graph.links.get(id, {}).values():
                self.full.add(other_end(row, id))
        found, todo = self.found, list(seeds)
        found.members.update(todo)
        while todo:
            id = todo.pop()
            for other in self._next(id, id in changed):
                if other not in found.members:
                    found.members.add(other)
                    todo.append(other)
        return found

    def _next(self, id: str, changed: bool) -> list[str]:
        graph = self.graph
        row = graph.known.get(id)
        if row is None:
            if id not in graph.blank:
                self.found.lacking.add(id)
            return []
        if not graph.has_evidence(id):
            self.found.lacking.add(id)
            return []
        links = graph.links.get(id)
        if not links:
            return []
        closed = row.quarantined and not changed and not self.past
        whole = id in self.full
        reached: list[str] = []
        for key, evidence in links.items():
            how, other = key[2], other_end(evidence, id)
            heard = how in SAYS and not closed
            if how == "operator" or (heard and self._follow(row, other, whole)):
                reached.append(other)
        return reached

    def _follow(self, near: Known, other: str, whole: bool) -> bool:
        far = self.graph.known.get(other)
        if far is None:
            if other in self.graph.blank:
                return False
            self.found.strangers.add(other)
            return False
        if far.quarantined and not self.past:
            return False
        plan = self.plan
        if plan is None:
            return True
        if far.kind not in plan.kinds or near.kind not in plan.kinds:
            return False
        return not (
            (not whole and self._dead(near, far, plan)) or (other not in self.full and self._dead(far, near, plan))
        )

    def _dead(self, device: Known, account: Known, plan: Plan) -> bool:
        """Whether evidence between the two can never unite, seen from the side that has no limit."""
        if not account.established or plan.kinds[account.kind].limit != 1 or plan.kinds[device.kind].limit:
            return False
        first = self._first(device.id, plan)
        return first is not None and first.id != account.id and first.kind == account.kind

    def _first(self, id: str, plan: Plan) -> Known | None:
        """The established exclusive identifier whose an identifier without limit is for sure, if there is one."""
        if id not in self._sure:
            if not self.graph.has_evidence(id):
                self.found.lacking.add(id)
                return None
            self._sure[id] = self._look_up_first(id, plan)
        return self._sure[id]

    def _look_up_first(self, id: str, plan: Plan) -> Known | None:
        graph = self.graph
        near = graph.known[id]
        best: tuple[Order, Known] | None = None
        for key, evidence in graph.links.get(id, {}).items():
            if key[2] == "cut":
                return None
            if key[2] not in SAYS:
                continue
            other = other_end(evidence, id)
            far = graph.known.get(other)
            if far is None:
                self.found.strangers.add(other)
                return None
            if far.quarantined or far.kind not in plan.kinds:
                continue
            place = order(evidence, near, far, plan)
            if best is None or place < best[0]:
                best = place, far
        if best is None:
            return None
        first = best[1]
        return first if first.established and plan.kinds[first.kind].limit == 1 else None


def frontier(graph: Graph, ids: Iterable[str], plan: Plan | None = None, *, past: bool = False) -> set[str]:
    """Identifiers whose row and evidence must be read before all that hangs together with `ids` is in the graph.

    Empty when it is. With a plan only what may decide about them now (enough for `merge`, `unmerge`, `rejudge` and
    `explain`); without one everything connected, as `as_of` needs it. `past` goes through quarantined ones, too.
    """
    seeds = set(ids)
    while True:
        found = Walk(graph, plan, seeds, past=past).go(seeds)
        ends = _merged_by_hand(graph, found.members) - seeds
        if plan is None or not ends:
            return found.missing
        seeds |= ends  # taking such a merge back starts from its ends


def _merged_by_hand(graph: Graph, ids: Iterable[str]) -> set[str]:
    rows = [key for id in ids for key in graph.links.get(id, {}) if key[2] == "operator"]
    return {end for a, b, _ in rows for end in (a, b)}
