"""Segment's tracking API in its wide form (also RudderStack's and customer.io's clients) -> what each item says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET, DecodeError, Raw, Struct, UnsetType, field
from msgspec.json import Decoder

from harken.listen import bodies
from harken.listen.consent import UPDATED, of_categories
from harken.listen.fields import listed, mapping, message_id, short, text
from harken.listen.said import NO_DEFAULTS, Defaults, Opened, Refused, Said, lean, of_heard
from harken.listen.touchpoints import page_name
from harken.words import RawBatch

TYPES = frozenset({"track", "identify", "page", "screen", "group", "alias"})
_BATCHES = ("", "batch", "import")


class _Batch(Struct, rename="camel", gc=False):
    """The body of a batch; single events have no `batch`."""

    batch: list[Raw] | UnsetType = UNSET
    context: object = None
    integrations: Any = None
    timestamp: Any = None
    sent_at: Any = None


class _Item(Struct, rename="camel", gc=False):
    """One item, of any types: a field of the wrong type must not cost the event."""

    type: Any = None
    event: Any = None
    name: Any = None
    user_id: Any = None
    anonymous_id: Any = None
    previous_id: Any = None
    group_id: Any = None
    message_id: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    received_at: Any = None
    traits: Any = None
    properties: Any = None
    context: Any = None
    integrations: Any = None
    heard: Any = field(default=None, name="_heard")


_batch = Decoder(_Batch)
_item = Decoder(_Item)


# ---------------------------------------------------------------- the body


def open(batch: RawBatch) -> Opened | Refused:
    """`{batch: [...], …}`, one event, an array of events, or one per line."""
    body = bodies.trimmed(batch.body)
    hint = "" if batch.hint in _BATCHES else batch.hint
    history = batch.hint == "import"
    told = Defaults(context=batch.context, settled=history) if batch.context or history else NO_DEFAULTS
    opened = None if hint else batch_of(body, told)
    if opened is not None:
        return opened
    items = bodies.items(body)
    if isinstance(items, Refused):
        return items
    return Opened(items=items, dialect="segment", hint=hint, defaults=told)


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
    context = mapping(read.context, "context", [])
    defaults = Defaults(
        context={**told.context, **context, **({"gpc": True} if told.context.get("gpc") is True else {})},
        integrations=read.integrations,
        timestamp=read.timestamp or None,
        sent_at=read.sent_at or None,
        settled=told.settled,
    )
    return Opened(items=read.batch, dialect="segment", defaults=NO_DEFAULTS if defaults == NO_DEFAULTS else defaults)


# ---------------------------------------------------------------- one item


def read(raw: bytes, hint: str, defaults: Defaults | None) -> Said | Refused:
    """What the item says. A type told by the path goes before the body's."""
    try:
        item = _item.decode(raw)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        return bodies.unreadable(raw, error)
    type = hint or _type(item.type)
    if not type:
        return Refused("no_type", f"type is {short(item.type)}; give one of {', '.join(sorted(TYPES))}")
    said = Said(type=type)
    if defaults is None:  # read again: what the batch said is in the raw
        defaults = of_heard(item.heard)
    elif item.heard is not None:  # only the hub says what was heard
        said.leans = True
    said.message_id = message_id(item.message_id, said.warnings)
    said.context = mapping(item.context, "context", said.warnings)
    said.properties = mapping(item.properties, "properties", said.warnings)
    _time(said, item, defaults)
    if defaults is not NO_DEFAULTS:
        lean(said, defaults)
        said.leans = said.leans or (defaults.integrations is not None and item.integrations is None)
    if said.context:
        _context(said, said.context)
    return _TYPES.get(type, _other)(said, item)


def _type(value: object) -> str:
    if value.__class__ is str and value in TYPES:
        return value
    plain = text(value, 40) if isinstance(value, str) else ""
    return plain.lower() if plain.lower() in TYPES else plain


def _time(said: Said, item: _Item, defaults: Defaults) -> None:
    own = item.timestamp or item.original_timestamp
    if own:
        said.time, said.timed = own, True
    elif defaults.timestamp:
        said.time, said.leans = defaults.timestamp, True
    said.sent = item.sent_at
    if not said.sent and defaults.sent_at:
        said.sent, said.lent = defaults.sent_at, True
    said.settled = defaults.settled or bool(item.received_at)  # another server has put its time right already


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
        said.channel = text(context["channel"], 40)


def _track(said: Said, item: _Item) -> Said | Refused:
    said.name = text(item.event)
    if not said.name:
        return Refused("bad_field", f"event is {short(item.event)}; a track call names what happened")
    if said.name == UPDATED and not said.consent:
        said.consent = of_categories(said.properties.get("categoryPreferences"), said.warnings)
    return _other(said, item)


def _page(said: Said, item: _Item) -> Said:
    """A page's name and category may be given inside its properties; a screen without name is one of its category."""
    name, properties = item.name, said.properties
    said.name = page_name(properties.get("name") if name is None or name == "" else name)
    if not said.name and said.type == "screen":
        said.name = text(properties.get("category"))
    return _other(said, item)


def _identify(said: Said, item: _Item) -> Said:
    """Traits of the customer: the item's own, and those of its context that it does not say itself."""
    own = mapping(item.traits, "traits", said.warnings)
    shared = mapping(said.context.get("traits"), "context.traits", said.warnings)
    said.traits = {**shared, **own} if own and shared else own or shared
    said.about = (said.traits,)
    _ids(said, item)
    return said


def _group(said: Said, item: _Item) -> Said:
    """The traits are the group's: they are kept beside its id and tell nothing of the customer."""
    group = text(item.group_id, 512)
    if not group:
        said.warnings.append(f"groupId is {short(item.group_id)}; a group call names its group")
    traits = mapping(item.traits, "traits", said.warnings)
    told = {"group_id": group, "traits": traits}
    said.properties = {**said.properties, **{name: value for name, value in told.items() if value}}
    item.traits = None
    return _other(said, item)


def _alias(said: Said, item: _Item) -> Said:
    """The two ids of an alias identify nobody by themselves; the device it was said on does."""
    before = item.previous_id
    if before is None or before == "":
        before = item.anonymous_id
    said.alias = (before, item.user_id)
    said.identifiers = [said_of for said_of in said.identifiers if said_of[0] == "device_id"]
    said.identifiers.append(("anonymous_id", item.anonymous_id))
    return said


def _other(said: Said, item: _Item) -> Said:
    """Not about the customer's traits; those it carries only tell whose it is."""
    shared = said.context.get("traits")
    if shared.__class__ is dict:
        said.about = (shared,)
    if item.traits.__class__ is dict:
        said.about = (item.traits, *said.about)
    _ids(said, item)
    return said


def _ids(said: Said, item: _Item) -> None:
    said.identifiers.append(("user_id", item.user_id))
    said.identifiers.append(("anonymous_id", item.anonymous_id))


_TYPES: dict[str, Callable[[Said, _Item], Said | Refused]] = {
    "track": _track,
    "identify": _identify,
    "page": _page,
    "screen": _page,
    "group": _group,
    "alias": _alias,
}
