"""Segment's tracking API in its wide form (also RudderStack's and customer.io's clients) -> what each item says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType, field
from msgspec.json import Decoder

from harken.listen import bodies
from harken.listen.consent import UPDATED, of_categories
from harken.listen.fields import clean, first_told, listed, mapping, message_id, reader, short, text
from harken.listen.said import NO_DEFAULTS, NOTHING, Defaults, Opened, Refused, Said, carried, over
from harken.listen.touchpoints import page_name
from harken.words import RawBatch

TYPES = frozenset({"track", "identify", "page", "screen", "group", "alias"})
BATCHES = ("", "batch", "import")  # paths whose items tell their types


class _Batch(Struct, rename="camel", gc=False):
    """The body of a batch; single events have no `batch`."""

    batch: list[Raw] | UnsetType = UNSET
    context: Any = None
    integrations: Any = None
    timestamp: Any = None
    sent_at: Any = None


class _Item(Struct, rename="camel", gc=False):
    """One item."""

    type: str | None = None
    event: str | None = None
    name: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    message_id: str | None = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    received_at: Any = None
    traits: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    integrations: Any = None
    heard: Any = field(default=None, name="_heard")


_batch = Decoder(_Batch)
_read = reader(_Item)


# ---------------------------------------------------------------- the body


def open(batch: RawBatch) -> Opened | Refused:
    """`{batch: [...], …}`, one event, an array of events, or one per line."""
    body = bodies.trimmed(batch.body)
    told = NO_DEFAULTS
    if batch.hint in BATCHES:
        if batch.context or batch.hint == "import":
            told = Defaults(context=batch.context, settled=batch.hint == "import")
        opened = batch_of(body, told)
        if opened is not None:
            return opened
    else:
        told = Defaults(type=batch.hint, context=batch.context)
    items = bodies.items(body)
    return items if isinstance(items, Refused) else Opened(items=items, dialect="segment", defaults=told)


def batch_of(body: bytes, told: Defaults) -> Opened | Refused | None:
    """The items of a `{batch: [...], …}` and what it says for all of them; None when it is no such thing."""
    if body[:1] != b"{" or b'"batch"' not in body:
        return None
    read = bodies.decoded(_batch, body)
    if isinstance(read, Refused):
        return (
            Refused("bad_field", f"{read.detail}; batch is an array of events") if read.reason == "bad_field" else None
        )
    if read.batch is UNSET:
        return None
    defaults = Defaults(
        context=over(mapping(read.context, "context", []), told.context),
        integrations=read.integrations,
        timestamp=read.timestamp or None,
        sent_at=read.sent_at or None,
        settled=told.settled,
    )
    return Opened(items=read.batch, dialect="segment", defaults=NO_DEFAULTS if defaults == NO_DEFAULTS else defaults)


# ---------------------------------------------------------------- one item


def read(raw: bytes, defaults: Defaults) -> Said | Refused:
    """What the item says. A type told by the path goes before the body's."""
    warnings: list[str] = []
    item = _read(raw, warnings)
    if not isinstance(item, _Item):
        return item
    if item.heard is not None:
        defaults = carried(item.heard, defaults)
    type = defaults.type or (item.type if item.type in TYPES else _type(item.type))
    if not type:
        return Refused("no_type", f"type is {short(item.type)}; give one of {', '.join(sorted(TYPES))}")
    time = item.timestamp or first_told(item.timestamp, item.original_timestamp)
    said = Said(
        type=type,
        identifiers=[("user_id", item.user_id), ("anonymous_id", item.anonymous_id)],
        warnings=warnings,
        message_id=message_id(item.message_id, warnings),
        time=time,
        sent=item.sent_at or None,
        timed=time is not None,
        context=item.context or NOTHING,
        properties=item.properties or NOTHING,
    )
    if item.heard is not None:
        said.carried = defaults
    if item.received_at:
        said.settled = True  # another server has put its time right already
    if defaults is not NO_DEFAULTS:
        _lean(said, item, defaults)
    if said.context and not _TELLING.isdisjoint(said.context):
        _context(said, said.context)
    return _TYPES.get(type, _other)(said, item)


def _lean(said: Said, item: _Item, defaults: Defaults) -> None:
    """What the batch and the edge say, where the item does not."""
    if defaults.sent_at and not said.sent:
        said.sent, said.lent = defaults.sent_at, True
    if defaults.timestamp and not said.timed:
        said.time, said.leans = defaults.timestamp, True
    if defaults.settled:
        said.settled = True
    if defaults.context:
        own = said.context
        said.context = over(own, defaults.context)
        said.leans = said.leans or said.context is not own
    if defaults.integrations is not None and item.integrations is None:
        said.leans = True


def _type(value: str | None) -> str:
    if value is None:
        return ""
    plain = clean(value, 40)
    return plain.lower() if plain.lower() in TYPES else plain


_TELLING = frozenset({"device", "externalIds", "consent", "channel"})


def _context(said: Said, context: dict[str, Any]) -> None:
    """Who and what the context tells of, whatever the type."""
    device = context.get("device")
    if device.__class__ is dict:
        advertising = device.get("advertisingId")
        said.identifiers += (
            ("device_id", device.get("id") or advertising),
            ("advertising_id", advertising),
            ("push_token", device.get("token")),
        )
    for external in listed(context.get("externalIds")):
        if external.__class__ is dict:
            said.identifiers.append((text(external.get("type")), external.get("id")))
    consent = context.get("consent")
    if consent.__class__ is dict:
        said.consent = of_categories(consent.get("categoryPreferences"), said.warnings)
    if context.get("channel").__class__ is str:
        said.channel = clean(context["channel"], 40)


def _track(said: Said, item: _Item) -> Said | Refused:
    said.name = clean(item.event) if item.event else ""
    if not said.name:
        return Refused("bad_field", f"event is {short(item.event)}; a track call names what happened")
    if said.name == UPDATED and not said.consent:
        said.consent = of_categories(said.properties.get("categoryPreferences"), said.warnings)
    return _other(said, item)


def _page(said: Said, item: _Item) -> Said:
    """A page's name and category may be given inside its properties; a screen without name is one of its category."""
    said.name = page_name(item.name or said.properties.get("name"))
    if not said.name and said.type == "screen":
        said.name = text(said.properties.get("category"))
    return _other(said, item)


def _identify(said: Said, item: _Item) -> Said:
    """Traits of the customer: the item's own, and those of its context that it does not say itself."""
    own = item.traits
    shared = mapping(said.context.get("traits"), "context.traits", said.warnings)
    said.traits = {**shared, **own} if own and shared else own or shared
    said.about = (said.traits,)
    return said


def _group(said: Said, item: _Item) -> Said:
    """The traits are the group's: they are kept beside its id and tell nothing of the customer."""
    group = clean(item.group_id or "", 512)
    if not group:
        said.warnings.append(f"groupId is {short(item.group_id)}; a group call names its group")
    told = {"group_id": group, "traits": item.traits}
    said.properties = {**said.properties, **{name: value for name, value in told.items() if value}}
    item.traits = None
    return _other(said, item)


def _alias(said: Said, item: _Item) -> Said:
    """The two ids of an alias identify nobody by themselves; the device it was said on does."""
    said.alias = (item.previous_id or item.anonymous_id, item.user_id)
    said.identifiers = [pair for pair in said.identifiers if pair[0] in _DEVICES]
    return said


_DEVICES = ("anonymous_id", "device_id")


def _other(said: Said, item: _Item) -> Said:
    """Not about the customer's traits; those it carries only tell whose it is."""
    shared = said.context.get("traits")
    if shared.__class__ is dict:
        said.about = (shared,)
    if item.traits:
        said.about = (item.traits, *said.about)
    return said


_TYPES: dict[str, Callable[[Said, _Item], Said | Refused]] = {
    "track": _track,
    "identify": _identify,
    "page": _page,
    "screen": _page,
    "group": _group,
    "alias": _alias,
}
