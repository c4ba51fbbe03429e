"""Configured keys -> the compiled plan: which identifiers of an event count, which pairs they make, whose trail it is."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from harken.words import Config, Event, Identifier, digest

UNVERIFIED = "unverified "  # kind of a value whose key needs proof and had none: `unverified user_id`
NOBODY = Identifier("nobody", "")
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


class Plan(Struct, frozen=True, eq=False, kw_only=True):
    """What recognize needs of one published configuration."""

    kinds: dict[str, Kind]
    alias_kinds: tuple[str, ...]  # what an id named by an alias may be: user_id, anonymous_id, as far as configured


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


def read(identifiers: tuple[Identifier, ...], verified: bool, plan: Plan) -> Reading:
    """What counts of an event's identifiers.

    A kind without a key is ignored. A second value of an exclusive kind is ignored: the first counts. An unverified
    value of a key that needs proof stands as an identifier of its own kind (`unverified email`), which recognizes nobody
    and never meets the proved one. An event with nothing that counts is filed under its first identifier as it stands.
    """
    if len(identifiers) == 1:
        name = identifiers[0]
        kind = plan.kinds.get(name[0])
        if kind is not None and (verified or not kind.needs_proof):
            id = digest(name[0], name[1])
            if kind.device:
                return Reading(identifiers, (id,), (), id, "", True, False)
            return Reading(identifiers, (id,), (), "", id, False, False)
    names, unproved = _counted(identifiers, verified, plan)
    if not names:
        names, unproved = (unproved[:1] or list(identifiers[:1]) or [NOBODY]), []
    ids = [name.id for name in names]
    kinds = [plan.kinds.get(name.kind) for name in names]
    device = next((id for id, kind in zip(ids, kinds, strict=True) if kind and kind.device), "")
    account = next((id for id, kind in zip(ids, kinds, strict=True) if kind and kind.exclusive), "")
    claims = bool(device and account)
    center, rest = ids[0], [*ids[1:], *(name.id for name in unproved)]
    pairs = [pair_key(center, other, "event") for other in rest]
    if claims and center not in (device, account):
        pairs.append(pair_key(account, device, "event"))
    return Reading(
        names=(*names, *unproved),
        ids=(*ids, *(name.id for name in unproved)),
        pairs=tuple(pairs),
        device=device,
        account=account if account or device else center,
        by_time=bool(device and not account),
        claims=claims,
    )


def _counted(
    identifiers: Iterable[Identifier], verified: bool, plan: Plan
) -> tuple[list[Identifier], list[Identifier]]:
    names: list[Identifier] = []
    unproved: list[Identifier] = []
    for name in identifiers:
        kind = plan.kinds.get(name.kind)
        if kind is None or name in names:
            continue
        if kind.needs_proof and not verified:
            stand_in = Identifier(UNVERIFIED + name.kind, name.value)
            if stand_in not in unproved:
                unproved.append(stand_in)
        elif not (kind.exclusive and any(one.kind == name.kind for one in names)):
            names.append(name)
    return names, unproved


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
        reading = Reading((), (), (), reading.device, reading.account, False, False)
    same = frozenset(key for key, is_same in pairs.items() if is_same)
    return reading, Naming(tuple(names), tuple(name.id for name in names), tuple(pairs), same)
