"""A reference to one customer -> who that is, what happened, why the hub thinks so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set

import msgspec
import polars as pl
from msgspec import Struct

from harken import listen, recognize, remember
from harken.errors import Invalid, NotFound
from harken.hub import last_seen
from harken.hub.core import Core
from harken.hub.moments import When, micros
from harken.stores import View
from harken.stores.lake import reading
from harken.stores.lake.rows import emotion_of
from harken.words import Event, Identifier, Known, Micros, Trail

CHUNK = 5_000  # profiles looked at in one question
HITS = 500  # identifiers found at most for each way to write what is sought
PHONE = re.compile(r"\+?[\d ().\-/]*\d[\d ().\-/]*")


class Happening(Struct, frozen=True, kw_only=True):
    """One event as a timeline shows it; `raw` is what was sent."""

    seq: int
    id: str
    type: str
    name: str
    touchpoint: str
    channel: str
    stage: str
    source: str
    occurred: Micros
    received: Micros
    tid: str
    identifiers: tuple[Identifier, ...]
    verified: bool
    properties: dict[str, object]
    traits: dict[str, object]
    emotion: float | None
    warnings: tuple[str, ...]
    raw: msgspec.Raw


class Timeline(Struct, frozen=True, kw_only=True):
    """Newest first; `next` goes on with older ones, "" at the end."""

    pid: str
    data: list[Happening]
    next: str


class TrailView(Struct, frozen=True, kw_only=True):
    """One trail and the link that makes it this profile's."""

    tid: str
    source: str
    device: str
    account: str
    first: Micros
    last: Micros
    events: int


class Identity(Struct, frozen=True, kw_only=True):
    """Who a profile is, and why: its identifiers, its trails, every piece of evidence with what became of it."""

    pid: str
    anchor: str
    as_of: Micros | None
    identifiers: list[Known]
    trails: list[TrailView]
    evidence: list[recognize.Link]


class Page(Struct, frozen=True, kw_only=True):
    """One page of customers; `next` is the cursor to go on with, "" at the end. `total` of all pages, None when unknown."""

    data: list[remember.Customer]
    next: str
    total: int | None = None


class Customers:
    """The verbs about one customer, and finding one."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._last_seen = last_seen.LastSeen(core)

    # ------------------------------------------------------------------ reading

    def profile(self, ref: str) -> remember.Customer:
        """One customer, by `kind:value` or by any id the profile ever had. An identifier that was parted from all that its
        customer did is a profile of its own: empty, until something is heard with it."""
        with self._core.read() as view:
            known = self._core.find(view, ref)
            found = self.customers(view, [known.pid], empty=known.established)
        if not found:
            raise NotFound(
                f"'{ref}' was only ever named by an alias; nothing it did is known", code="unknown_identifier"
            )
        return found[0]

    def customers(self, view: View, pids: Sequence[str], *, empty: bool = False) -> list[remember.Customer]:
        """Those of them who did something; `empty` ones too."""
        core = self._core
        trails, names, rows = view.trails_of(pids), view.known_of(pids), view.profiles(pids)
        return [
            remember.customer(
                pid,
                remember.join([remember.decode(trail.state) for trail in trails.get(pid, ())]),
                [named(one) for one in sorted(seen(names.get(pid, ()), pid), key=self._strength)],
                rows[pid].segments if pid in rows else {},
                core.plans.remember,
                core.clock(),
            )
            for pid in pids
            if empty or trails.get(pid)
        ]

    def _strength(self, known: Known) -> tuple[int, Micros, str]:
        """Strongest key first, then earliest: what a customer is called by comes first."""
        key = self._core.plans.recognize.kinds.get(known.kind)
        return key.priority if key else 1 << 30, known.first, known.value

    def profiles(
        self, *, segment: str = "", q: str = "", among: Set[str] | None = None, after: str = "", limit: int = 50
    ) -> Page:
        """Customers, who was seen last first; only members of a segment, those with an identifier that begins with `q`, and
        those `among` the ids of a set."""
        core = self._core
        if segment and segment not in core.plans.config.segments:
            there = ", ".join(core.plans.config.segments) or "none yet"
            raise NotFound(f"no segment named '{segment}'; there are: {there}", code="unknown_segment")
        with core.read() as view:
            hits, all_there = _hits(view, q) if q else (None, True)
            if hits is not None:
                order = self._last_seen.among(view, hits if among is None else hits & among)
            else:
                order = self._last_seen.all(view)
                if among is not None:
                    order = order.filter(pl.col("profile").is_in(list(among)))
            if segment:
                ids = order["profile"] if hits is not None else None
                order = order.filter(pl.col("profile").is_in(_members(view, segment, ids)))
            left = last_seen.after(order, after)
            found, next = self._page(view, left, limit)
        return Page(data=found, next=next, total=order.height if all_there else None)

    def _page(self, view: View, left: pl.DataFrame, limit: int) -> tuple[list[remember.Customer], str]:
        """The first customers of a list, and where to go on. An order that was kept for a while may name some who are
        gone by now."""
        found: list[remember.Customer] = []
        place = 0
        while len(found) < limit and place < left.height:
            some = left.slice(place, limit - len(found))
            found += self.customers(view, some["profile"].to_list())
            place += some.height
        if place >= left.height:
            return found, ""
        last, pid = left.row(place - 1)[1], left.row(place - 1)[0]
        return found, last_seen.cursor_of(last, pid)

    def timeline(
        self, ref: str, *, before: str = "", limit: int = 50, channel: str = "", touchpoint: str = "", type: str = ""
    ) -> Timeline:
        """What one customer did, newest first by when it happened, on every channel."""
        core = self._core
        end = _cursor(before)

        def ask(view: View) -> tuple[str, list[Event]]:
            pid = core.find(view, ref).pid
            tids = [trail.tid for trail in view.trails_of([pid]).get(pid, ())]
            return pid, [*view.events(tids), *core.lake.events_of(view.manifest(), tids)]

        pid, stored = reading(core.store, ask)
        plan = core.plans.listen
        stored = [
            event
            for event in stored
            if (end is None or (event.occurred, event.seq) < end)
            and channel in ("", event.channel)
            and touchpoint in ("", event.touchpoint)
            and type in ("", event.type)
        ]
        stored.sort(key=lambda event: (event.occurred, event.seq), reverse=True)
        stages = {one.id: one.stage for one in core.plans.config.touchpoints}
        shown = [_happening(listen.reread(event, plan), stages) for event in stored[:limit]]
        more = len(stored) > limit
        return Timeline(pid=pid, data=shown, next=f"{shown[-1].occurred}.{shown[-1].seq}" if more else "")

    def identity(self, ref: str, *, as_of: When = None) -> Identity:
        """Why the hub thinks these trails are one customer's; as it was known at a time when `as_of` is given."""
        as_of = micros(as_of, "as_of")
        core = self._core
        plan = core.plans.recognize
        with core.read() as view:
            known = core.find(view, ref)
            graph = component(view, [known.id], plan if as_of is None else None)
            if as_of is None:
                pid, ids = known.pid, {*recognize.members(graph, known.pid)}
            else:
                then = recognize.as_of(graph, as_of, plan)
                if known.id not in then:
                    raise NotFound(f"'{ref}' was not known yet at that time", code="unknown_identifier")
                pid = then[known.id]
                ids = {id for id, owner in then.items() if owner == pid}
            trails = {trail.tid: trail for trail in view.trails_owned(ids) if trail.owner in ids}
            names = {one.id: one for one in view.known({t.device for t in trails.values()} | {*ids}).values()}
        return Identity(
            pid=pid,
            anchor=str(named(graph.known[pid])),
            as_of=as_of,
            identifiers=sorted(seen([graph.known[id] for id in ids], pid), key=lambda one: (one.first, one.id)),
            trails=[_trail_view(trail, names) for trail in sorted(trails.values(), key=lambda one: one.first)],
            evidence=recognize.explain(graph, pid, plan),
        )

    def quarantined(self, limit: int = 200, *, after: int = 0) -> list[Known]:
        """Identifiers that touch too many customers, the most first: shown here, and nobody is recognized by them.
        `after`: how many of the list were seen already."""
        with self._core.read() as view:
            return view.quarantined(after + limit)[after:]


def component(view: View, ids: Sequence[str], plan: recognize.Plan | None, *, past: bool = False) -> recognize.Graph:
    """Everything connected with these identifiers, in a graph of its own; without a plan whatever was so at any time.
    `past` quarantined ones too."""
    graph = recognize.Graph()
    reach(view, graph, ids, plan, past=past)
    return graph


def reach(
    view: View, graph: recognize.Graph, ids: Sequence[str], plan: recognize.Plan | None, *, past: bool = False
) -> None:
    """Take everything connected with these identifiers into a graph."""
    while wanted := recognize.frontier(graph, ids, plan, past=past):
        recognize.absorb(graph, view.known(wanted).values(), view.evidence(wanted), wanted)


def seen(known: Sequence[Known], pid: str) -> list[Known]:
    """A profile's identifiers as they are shown: those an event carried itself. What only an alias named may not exist (of
    an id of unknown kind it names two); that evidence is kept and told. The profile's own one when there is no other."""
    return [one for one in known if one.established] or [one for one in known if one.id == pid]


def named(known: Known) -> Identifier:
    return Identifier(known.kind, known.value)


def _trail_view(trail: Trail, names: dict[str, Known]) -> TrailView:
    def name(id: str) -> str:
        return str(named(names[id])) if id in names else ""

    return TrailView(
        tid=trail.tid,
        source=trail.source,
        device=name(trail.device),
        account=name(trail.account),
        first=trail.first,
        last=trail.last,
        events=trail.events,
    )


def _hits(view: View, q: str) -> tuple[set[str], bool]:
    """The profiles with an identifier that begins with a text, and whether these are all."""
    kind, colon, value = q.partition(":")
    found = [view.find_known(text, HITS) for text in _writings(value if colon else q)]
    pids = {one.pid for some in found for one in some if not colon or one.kind == kind}
    return pids, all(len(some) < HITS for some in found)


def _members(view: View, segment: str, pids: Iterable[str] | None) -> list[str]:
    """The profiles in a segment; of some when they are given."""
    if pids is not None:
        return [pid for pid, one in view.profiles(pids).items() if segment in one.segments]
    found: list[str] = []
    while page := view.list_profiles(found[-1] if found else "", CHUNK, segment):
        found += [one.pid for one in page]
    return found


def _writings(sought: str) -> set[str]:
    """How the start of an identifier may be written in the store: also in small letters, a phone number without gaps.

    >>> sorted(_writings("+44 20 7946"))
    ['+44 20 7946', '+44207946']
    """
    told = {sought, sought.lower()}
    if PHONE.fullmatch(sought):
        told.add("+" * sought.startswith("+") + "".join(sign for sign in sought if sign.isdigit()))
    return told


def _happening(event: Event, stages: dict[str, str]) -> Happening:
    return Happening(
        seq=event.seq,
        id=event.id,
        type=event.type,
        name=event.name,
        touchpoint=event.touchpoint,
        channel=event.channel,
        stage=stages.get(event.touchpoint, ""),
        source=event.source,
        occurred=event.occurred,
        received=event.received,
        tid=event.tid,
        identifiers=event.identifiers,
        verified=event.verified,
        properties=event.properties,
        traits=event.traits,
        emotion=emotion_of(event),
        warnings=event.warnings,
        raw=msgspec.Raw(event.raw),
    )


def _cursor(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    try:
        occurred, seq = text.split(".")
        return int(occurred), int(seq)
    except ValueError:
        raise Invalid(f"'{text}' is not a cursor; pass back `next_cursor` of the page before") from None
