"""Configured keys -> the compiled plan: which identifiers of an event count, which pairs they make, whose trail it is."""

from __future__ import annotations

from msgspec import Struct

from harken.words import Config, Event, Identifier, digest

UNVERIFIED = "unverified "  # kind of a value whose key needs proof and had none: `unverified user_id`
NOBODY = Identifier("nobody", "")
SHAPES = 1_000  # remembered at most
READINGS = 32_768  # remembered at most, a few hundred bytes each
PairKey = tuple[str, str, str]  # (a, b, how) of Evidence, a <= b


class Kind(Struct, frozen=True, eq=False, kw_only=True):
    """A compiled Key. `exclusive`: names one customer, so two never merge; `only_stronger`: what is held against
    `quarantine` are identifiers of stronger kinds (else of any kind)."""

    id: str
    priority: int
    limit: int
    device: bool
    exclusive: bool
    only_stronger: bool
    quarantine: int
    needs_proof: bool


class Shape(Struct, frozen=True, eq=False, kw_only=True, gc=False):
    """What events with the same kinds of identifiers have in common; numbers are places in `names`.

    `newcomer`: when none of them was seen before, they are one customer's, whatever else is known: then `degrees` are
    theirs and `anchor` is the one the profile is named after.
    """

    names: tuple[int, ...]  # which of the event's identifiers count, strongest first, then those that lack their proof
    kinds: tuple[str, ...]  # of these
    pairs: tuple[tuple[int, int], ...]
    device: int
    account: int
    by_time: bool
    claims: bool
    newcomer: bool
    degrees: tuple[int, ...]
    anchor: int


class Plan(Struct, frozen=True, eq=False, kw_only=True):
    """What recognize needs of one published configuration."""

    kinds: dict[str, Kind]
    alias_kinds: tuple[str, ...]  # what an id named by an alias may be: user_id, anonymous_id, as far as configured
    shapes: dict[tuple[bool, tuple[str, ...]], Shape] = {}  # remembered as they come, a bounded number of them
    readings: dict[tuple[bool, tuple[Identifier, ...]], Reading] = {}  # likewise


def prepare(config: Config) -> Plan:
    """Compile the keys.

    >>> from harken.words import DEFAULT_KEYS
    >>> prepare(Config(keys=DEFAULT_KEYS)).kinds["email"].only_stronger
    True
    """
    kinds = {}
    for key in config.keys:
        exclusive = key.limit == 1 and not key.device
        kinds[key.id] = Kind(
            id=key.id,
            priority=key.priority,
            limit=key.limit,
            device=key.device,
            exclusive=exclusive,
            only_stronger=not exclusive,
            quarantine=key.quarantine,
            needs_proof=key.needs_proof,
        )
    return Plan(kinds=kinds, alias_kinds=tuple(kind for kind in ("user_id", "anonymous_id") if kind in kinds))


def pair_key(a: str, b: str, how: str) -> PairKey:
    """The key of a piece of evidence between two identifiers, whichever is named first."""
    return (a, b, how) if a < b else (b, a, how)


def tid_of(source: str, device: str, account: str) -> str:
    """The id of the trail one account leaves on one device of one source."""
    return digest("trail", source, device, account)


class Reading(Struct, eq=False, gc=False):
    """What a set of identifiers says, whenever it is said: ids strongest first, pairs of evidence, device, account.

    `account` is the strongest exclusive identifier; an event without device and exclusive identifier is filed under
    its strongest identifier of any kind. `by_time`: on a device, but nobody signed in; `claims`: a sign-in on a device.
    """

    names: tuple[Identifier, ...]
    ids: tuple[str, ...]
    pairs: tuple[PairKey, ...]
    device: str
    account: str
    by_time: bool
    claims: bool
    shape: Shape


def read(identifiers: tuple[Identifier, ...], verified: bool, plan: Plan) -> Reading:
    """What counts of an event's identifiers. The same customers come again, so it is remembered."""
    key = verified, identifiers
    reading = plan.readings.get(key)
    if reading is None:
        if len(plan.readings) >= READINGS:
            plan.readings.clear()
        reading = plan.readings[key] = _read(identifiers, verified, plan)
    return reading


def _read(identifiers: tuple[Identifier, ...], verified: bool, plan: Plan) -> Reading:
    """What counts of them.

    A kind without a key is ignored. A second value of an exclusive kind is ignored: the first counts. An unverified
    value of a key that needs proof stands as an identifier of its own kind (`unverified email`), which recognizes nobody
    and never meets the proved one. An event with nothing that counts is filed under its first identifier as it stands.
    """
    kinds = tuple([name[0] for name in identifiers])
    shape = plan.shapes.get((verified, kinds))
    if shape is None:
        shape = _shape(kinds, verified, plan)
        if len(plan.shapes) < SHAPES:
            plan.shapes[verified, kinds] = shape
    if len(kinds) == 1 and shape.kinds == kinds:
        id = digest(kinds[0], identifiers[0][1])
        device, account = (id, "") if shape.by_time else ("", id)
        return Reading(identifiers, (id,), (), device, account, shape.by_time, False, shape)
    if len(set(identifiers)) < len(kinds):
        return _read(tuple(dict.fromkeys(identifiers)), verified, plan)
    names = identifiers
    if shape.kinds != kinds:
        picked = [identifiers[place] if identifiers else NOBODY for place in shape.names]
        names = tuple([Identifier(kind, name[1]) for kind, name in zip(shape.kinds, picked, strict=True)])
    ids = tuple([digest(name[0], name[1]) for name in names])
    pairs = tuple([pair_key(ids[a], ids[b], "event") for a, b in shape.pairs]) if shape.pairs else ()
    device = ids[shape.device] if shape.device >= 0 else ""
    account = ids[shape.account] if shape.account >= 0 else ""
    return Reading(names, ids, pairs, device, account, shape.by_time, shape.claims, shape)


def _shape(kinds: tuple[str, ...], verified: bool, plan: Plan) -> Shape:
    known = [(place, plan.kinds[kind]) for place, kind in enumerate(kinds) if kind in plan.kinds]
    unproved = [(place, UNVERIFIED + kind.id) for place, kind in known if kind.needs_proof and not verified]
    counted: list[tuple[int, Kind]] = []
    for place, kind in known:
        second = kind.exclusive and any(one is kind for _, one in counted)
        if (verified or not kind.needs_proof) and not second:
            counted.append((place, kind))
    if not counted:
        only = (unproved or [(0, kinds[0] if kinds else NOBODY.kind)])[0]
        return Shape(
            names=only[:1],
            kinds=only[1:],
            pairs=(),
            device=-1,
            account=0,
            by_time=False,
            claims=False,
            newcomer=False,
            degrees=(0,),
            anchor=0,
        )
    device = next((at for at, (_, kind) in enumerate(counted) if kind.device), -1)
    exclusive = next((at for at, (_, kind) in enumerate(counted) if kind.exclusive), -1)
    pairs = [(0, at) for at in range(1, len(counted) + len(unproved))]
    if device > 0 and exclusive > 0:
        pairs.append((exclusive, device))
    different = len({kind.priority for _, kind in counted}) == len(counted)
    degrees = [_beside(at, counted, pairs) for at in range(len(counted))]
    return Shape(
        names=tuple(place for place, _ in (*counted, *unproved)),
        kinds=(*(kind.id for _, kind in counted), *(kind for _, kind in unproved)),
        pairs=tuple(pairs),
        device=device,
        account=0 if device < 0 and exclusive < 0 else exclusive,
        by_time=device >= 0 and exclusive < 0,
        claims=device >= 0 and exclusive >= 0,
        newcomer=different
        and not unproved
        and all(many <= kind.quarantine for many, (_, kind) in zip(degrees, counted, strict=True)),
        degrees=tuple(degrees),
        anchor=min(range(len(counted)), key=lambda at: counted[at][1].priority),
    )


def _beside(at: int, counted: list[tuple[int, Kind]], pairs: list[tuple[int, int]]) -> int:
    """How many of the others an identifier is paired with are held against its quarantine."""
    mine = counted[at][1]
    others = {a + b - at for a, b in pairs if at in (a, b) and max(a, b) < len(counted)}
    return sum(not mine.only_stronger or counted[other][1].priority < mine.priority for other in others)


class Naming(Struct, eq=False, gc=False):
    """What an alias says besides what its event carries: identifiers it names and pairs of evidence between them."""

    names: tuple[Identifier, ...]
    ids: tuple[str, ...]
    pairs: tuple[PairKey, ...]
    same: frozenset[PairKey]  # pairs of one value under two kinds; they count for no quarantine


def read_alias(event: Event, plan: Plan) -> tuple[Reading, Naming]:
    """An alias names two ids of unknown kind, and its direction means nothing: each may be a user's or a device's.

    What it only names is not established by it. The device it was said on is, and holds the event. Other identifiers
    on the event that repeat a named id are named, too, since nobody knows which of the two the sender put there.
    """
    one, two = sorted(event.alias or ("", ""))
    ordinary: list[Identifier] = []
    repeated: list[Identifier] = []
    for name in event.identifiers:
        kind = plan.kinds.get(name.kind)
        named = name.value in (one, two) and not (kind and kind.device)
        (repeated if named else ordinary).append(name)
    kinds = [kind for kind in plan.alias_kinds if event.verified or not plan.kinds[kind].needs_proof]
    names = [Identifier(kind, value) for value in dict.fromkeys((one, two)) for kind in kinds]
    reading = read(tuple(ordinary or [Identifier("user_id", one)]), event.verified, plan)
    pairs: dict[PairKey, bool] = {}
    for first in names:
        for second in names:
            if first.kind < second.kind:
                pairs[pair_key(first.id, second.id, "alias")] = first.value == second.value
    if ordinary:
        for name in repeated:
            if name in names:
                pairs[pair_key(reading.ids[0], name.id, "alias")] = False
    else:
        names += [name for name in reading.names if name not in names]
        reading = Reading((), (), (), reading.device, reading.account, False, False, reading.shape)
    same = frozenset(key for key, is_same in pairs.items() if is_same)
    return reading, Naming(tuple(names), tuple(name.id for name in names), tuple(pairs), same)
