"""Who is met, now or at the time of a decision -> what a decision knows of them: memory, dealings, what the moment told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from harken import decide, listen, recognize, remember, rules
from harken.hub.core import Core
from harken.hub.customers import component, named
from harken.hub.working import Plans
from harken.rules import Where
from harken.stores import Tx, View
from harken.words import Event, Identifier, Known, Micros, digest

CONFIGURED = "acting:"  # notes: the configuration that decisions of a version were made with


class Told(Protocol):
    """Who is asked for, and what the moment tells."""

    @property
    def identifiers(self) -> tuple[Identifier, ...]: ...
    @property
    def properties(self) -> dict[str, Any]: ...
    @property
    def context(self) -> dict[str, Any]: ...


class Who(NamedTuple):
    """A customer, as a decision needs them."""

    customer: decide.Customer
    state: remember.TrailState
    tids: tuple[str, ...]


class Here(remember.Remembered):
    """A customer's memory, and the moment they are met at: rules may ask about both."""

    __slots__ = ("_told",)

    def __init__(
        self,
        state: remember.TrailState,
        names: Sequence[Identifier],
        plan: remember.Plan,
        told: Mapping[Where, Mapping[str, Any]],
    ) -> None:
        super().__init__(state, names, plan)
        self._told = told

    def field(self, where: Where, name: str) -> Any:
        return rules.dig(self._told[where], name)


def who_now(core: Core, tx: Tx, told: Told) -> Who:
    """Who it is as of this transaction. Whoever was never heard of is a customer of whom nothing is known."""
    plan, working = core.plans.recognize, core.working
    normal = [listen.normalize(one, core.plans.listen) for one in told.identifiers]
    given = [one for one in normal if one is not None]
    found = tx.known([one.id for one in given])
    known = [one for one in found.values() if not one.quarantined]
    if not known:
        return _who(core.plans, remember.blank(), given, [], told, [])
    best = min(known, key=lambda one: (recognize_priority(plan, one.kind), one.first, one.id))
    working.load_profiles(tx, [best.pid])
    names = tx.known_of([best.pid]).get(best.pid, [])
    tids = sorted(working.tids.get(best.pid, ()))
    state = working.joined(best.pid) if tids else remember.blank()
    return _who(core.plans, state, given, names, told, tids)


def who_then(core: Core, plans: Plans, view: View, tid: str, at: Micros, through: int, told: Told) -> Who:
    """Who it was at a decision: by what had been learned until then, from the events up to that number of the log."""
    owner = view.trails([tid])[tid].owner
    graph = component(view, [owner], None)
    then = recognize.as_of(graph, at, plans.recognize)
    pid = then.get(owner, owner)
    ids = {id for id, whose in then.items() if whose == pid} or {owner}
    tids = sorted(trail.tid for trail in view.trails_owned(ids) if trail.owner in ids)
    events = [one for one in events_of(core, view, tids) if one.seq <= through]
    by_trail: dict[str, list[Event]] = {tid: [] for tid in tids}
    for event in events:
        by_trail[event.tid].append(listen.reread(event, plans.listen))
    state = remember.join([remember.refold(some, plans.remember) for some in by_trail.values() if some])
    names = [one for id, one in graph.known.items() if id in ids and one.learned <= at]
    return _who(plans, state, list(told.identifiers), names, told, [tid for tid in tids if by_trail[tid]])


def _who(
    plans: Plans,
    state: remember.TrailState,
    given: Sequence[Identifier],
    names: Sequence[Known],
    told: Told,
    tids: Iterable[str],
) -> Who:
    there = [named(one) for one in names if one.established]
    every = there or list(given)
    first = min(((one.first, one.id) for one in names if one.established), default=(0, ""))[1]
    unit = first or min((one.id for one in given), default=digest("nobody"))
    facts = Here(state, every, plans.remember, {"property": told.properties, "context": told.context})
    customer = decide.Customer(
        facts=facts,
        unit=unit,
        known=any(one.kind not in plans.remember.devices for one in every),
        dealings=state.dealings,
    )
    return Who(customer, state, tuple(tids))


def recognize_priority(plan: recognize.Plan, kind: str) -> int:
    """How strong a kind of identifier is; what nobody configured is weakest."""
    key = plan.kinds.get(kind)
    return key.priority if key else 1 << 30


def events_of(core: Core, view: View, tids: Iterable[str]) -> list[Event]:
    """Every event of these trails, of tail and lake."""
    wanted = list(tids)
    return [*view.events(wanted), *core.lake.events_of(view.manifest(), wanted)]


def event_of(core: Core, view: View, tid: str, id: str) -> Event | None:
    """One event of a trail, in full; None when it is not there (any more)."""
    found = next((one for one in events_of(core, view, [tid]) if one.id == id), None)
    return None if found is None else core.reread(found)
