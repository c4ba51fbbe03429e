"""Rows of known identifiers and evidence -> the part of the identity graph a hub has loaded, kept between transactions.

Rows that were loaded or handed out are replaced, never changed, so nobody else's hold on them is disturbed. After a
transaction that failed the Graph must be thrown away: it already shows what was not written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from harken.recognize.plan import PairKey, Plan, Reading, tid_of
from harken.words import Evidence, Known, Micros, Trail

if TYPE_CHECKING:
    from harken.recognize.batch import Batch

NEVER: Micros = 1 << 62


class Place(Struct, eq=False, gc=False):
    """A trail as the hub was last told of it; `owner` is "" while it was not."""

    tid: str
    source: str
    device: str
    account: str
    owner: str = ""
    pid: str = ""


class Combo(Struct, eq=False, gc=False):
    """One (source, verified, identifiers) as events bring it again and again. An event that occurred and was received no
    earlier than the two times says nothing new: what it says is already in the graph."""

    source: str
    verified: bool
    reading: Reading
    by_time: bool
    place: Place
    occurred: Micros = NEVER
    received: Micros = NEVER


class Graph(Struct, eq=False, kw_only=True):
    """What is loaded: rows by identifier id, evidence by the ids it names, which ids have ALL their evidence here."""

    known: dict[str, Known] = {}
    blank: set[str] = set()  # asked for, and the store does not know them
    links: dict[str, dict[PairKey, Evidence]] = {}
    complete: set[str] = set()
    groups: dict[str, list[str]] = {}  # pid -> loaded identifiers of it, besides the one it is named after
    plan: Plan | None = None  # what the fast path below was made with
    combos: dict[tuple[str, bool, tuple[tuple[str, str], ...]], Combo] = {}
    places: dict[str, Place] = {}
    filed: dict[tuple[str, str, str], Place] = {}  # (source, device, account) of anonymous events filed by time
    signed: dict[str, list[Combo]] = {}  # device -> the combos that are sign-ins on it
    history: dict[str, list[tuple[Micros, Micros, str]]] = {}  # device -> all its claims, while it is being refiled
    batch: Batch | None = None  # what is being recognized

    def has_evidence(self, id: str) -> bool:
        """Whether all evidence that names the identifier is here."""
        return id in self.complete or id in self.blank


def absorb(graph: Graph, known: Iterable[Known], evidence: Iterable[Evidence], complete: Iterable[str]) -> None:
    """Take in what the store holds of the identifiers `complete`: their rows and every piece of evidence that names one.

    What the graph already holds stays as it is: within a transaction it is newer than the store.
    """
    complete = list(complete)
    meet(graph, known, complete)
    links = graph.links
    for row in evidence:
        key = (row.a, row.b, row.how)
        links.setdefault(row.a, {}).setdefault(key, row)
        links.setdefault(row.b, {}).setdefault(key, row)
    graph.complete.update(id for id in complete if id not in graph.blank)


def meet(graph: Graph, known: Iterable[Known], asked: Iterable[str]) -> None:
    """Take in the rows of identifiers without their evidence. Who is asked for and not known has none."""
    for row in known:
        if row.id not in graph.known:
            graph.known[row.id] = row
            graph.blank.discard(row.id)
            if row.pid != row.id:
                graph.groups.setdefault(row.pid, []).append(row.id)
    graph.blank.update(id for id in asked if id not in graph.known)


def trim(graph: Graph, max_identifiers: int) -> None:
    """Let go of everything when more than so many identifiers are loaded; it is read again when needed."""
    if len(graph.known) + len(graph.blank) > max_identifiers or len(graph.combos) > 2 * max_identifiers:
        for part in (graph.known, graph.blank, graph.links, graph.complete, graph.groups):
            part.clear()
        forget_places(graph)
        graph.batch = None


def forget_places(graph: Graph) -> None:
    """Let go of the fast path; every trail is told anew when it is next named."""
    for part in (graph.combos, graph.places, graph.filed, graph.signed, graph.history):
        part.clear()


def forget_trail(graph: Graph, tid: str) -> None:
    """The hub dropped this trail: tell it anew when an event names it again."""
    place = graph.places.get(tid)
    if place is not None:
        place.owner = place.pid = ""


def members(graph: Graph, pid: str) -> set[str]:
    """The loaded identifiers of a profile."""
    found = set(graph.groups.get(pid, ()))
    row = graph.known.get(pid)
    if row is not None and row.pid == pid:
        found.add(pid)
    return found


def place_of(graph: Graph, source: str, device: str, account: str) -> Place:
    """The one Place of a trail in this graph."""
    tid = tid_of(source, device, account)
    place = graph.places.get(tid)
    if place is None:
        place = graph.places[tid] = Place(tid, source, device, account)
    return place


def own(graph: Graph, before: dict[str, Known | None], id: str) -> Known:
    """The row of an identifier, to be changed: the first time a copy takes the place of the row that was loaded."""
    row = graph.known[id]
    if id not in before:
        before[id] = row
        row = graph.known[id] = structs.replace(row)
    return row


def assign(graph: Graph, before: dict[str, Known | None], id: str, pid: str) -> None:
    """Let an identifier belong to a profile."""
    old = graph.known[id].pid
    if old != pid:
        own(graph, before, id).pid = pid
        if old != id:
            graph.groups[old].remove(id)
        if pid != id:
            graph.groups.setdefault(pid, []).append(id)


def other_end(row: Evidence, id: str) -> str:
    return row.b if row.a == id else row.a


def owner(trail: Trail | Place, graph: Graph) -> str:
    """The identifier a trail belongs to now: its account, else its device when the account is quarantined or missing,
    else the account all the same. When the account is not loaded, nothing has changed about it: the owner is as it was.
    """
    account = trail.account
    if not account:
        return trail.device
    row = graph.known.get(account)
    if row is None:
        return trail.owner or account
    return trail.device if row.quarantined and trail.device else account
