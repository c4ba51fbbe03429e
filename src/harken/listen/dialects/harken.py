"""Harken's own dialect (`/v1/import`, files, pipes) -> what each item says.

    {"type": "track", "name": "Plan Bought", "occurred": "2026-01-31T12:00:00Z", "message_id": "o-4711",
     "identifiers": {"loyalty": "L1", "email": ["a@x.test", "b@x.test"]},
     "channel": "store", "touchpoint": "store: Till", "properties": {}, "traits": {}, "topics": {"phones": 1.5},
     "consent": {"email": true}, "context": {}, "timezone": "Europe/Berlin", "alias": ["id 1", "id 2"]}

Only `identifiers` and either `name` or `type` are needed. A body may also be Segment's `{"batch": [...]}`.
"""

from __future__ import annotations

from typing import Any

from msgspec import DecodeError, Struct, field
from msgspec.json import Decoder

from harken.listen import bodies
from harken.listen.consent import of_purposes
from harken.listen.dialects import segment
from harken.listen.fields import listed, mapping, message_id, short, text
from harken.listen.said import NO_DEFAULTS, Defaults, Opened, Refused, Said, lean, of_heard
from harken.listen.touchpoints import PAGES, page_name
from harken.listen.traits import topic_path
from harken.words import RawBatch


class _Item(Struct, gc=False):
    """One item, of any types: a field of the wrong type must not cost the event."""

    type: Any = None
    name: Any = None
    occurred: Any = None
    time: Any = None
    timestamp: Any = None
    sent_at: Any = None
    timezone: Any = None
    message_id: Any = None
    id: Any = None
    identifiers: Any = None
    alias: Any = None
    channel: Any = None
    touchpoint: Any = None
    properties: Any = None
    traits: Any = None
    topics: Any = None
    consent: Any = None
    context: Any = None
    heard: Any = field(default=None, name="_heard")


_item = Decoder(_Item)


def open(batch: RawBatch) -> Opened | Refused:
    """One object per line, an array, or one object."""
    body = bodies.trimmed(batch.body)
    defaults = Defaults(context=batch.context) if batch.context else NO_DEFAULTS
    opened = segment.batch_of(body, Defaults(context=batch.context, settled=True)) if _may_be_batch(body) else None
    if opened is not None:
        return opened
    items = bodies.items(body)
    if isinstance(items, Refused):
        return items
    return Opened(items=items, dialect="harken", defaults=defaults)


def _may_be_batch(body: bytes) -> bool:
    """Cheap for the long bodies of imports: a batch says so in its first line, or is one text of several lines."""
    return b'"batch"' in body[:4096]


def read(raw: bytes, hint: str, defaults: Defaults | None) -> Said | Refused:
    """What the item says. A type known already goes before the item's."""
    try:
        item = _item.decode(raw)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        return bodies.unreadable(raw, error)
    type = hint or _type(item)
    if not type:
        return Refused(
            "no_type", "neither name nor type; give the name of what happened, or a type (page, identify, …)"
        )
    said = Said(type=type)
    if defaults is None:
        defaults = of_heard(item.heard)
    elif item.heard is not None:  # only the hub says what was heard
        said.leans = True
    said.name = page_name(item.name) if type in PAGES else text(item.name)
    if not said.name and type == "track":
        return Refused("bad_field", f"name is {short(item.name)}; a track event names what happened")
    said.message_id = message_id(item.id if item.message_id is None else item.message_id, said.warnings)
    _when_and_where(said, item)
    if item.context is not None:
        said.context = mapping(item.context, "context", said.warnings)
    if defaults is not NO_DEFAULTS:
        lean(said, defaults)
    said.properties = mapping(item.properties, "properties", said.warnings)
    _who(said, item)
    if item.topics is not None:
        said.topics = _topics(item.topics, said.warnings)
    if item.consent is not None:
        said.consent = of_purposes(mapping(item.consent, "consent", said.warnings))
    return said


def _type(item: _Item) -> str:
    """The type, in lower case where it is a known one; without one, what the item is about."""
    if item.type is None:
        return "track" if item.name else "alias" if item.alias else "identify" if item.traits else ""
    plain = text(item.type, 40) if isinstance(item.type, str) else ""
    return plain.lower() if plain.lower() in segment.TYPES else plain


def _when_and_where(said: Said, item: _Item) -> None:
    for value in (item.occurred, item.time, item.timestamp):
        if value is not None and value != "":
            said.time, said.timed = value, True
            break
    said.sent = item.sent_at
    if item.timezone is not None:
        said.timezone = text(item.timezone)
    if item.channel is not None:
        said.channel = text(item.channel, 40)
    if item.touchpoint is not None:
        said.touchpoint = text(item.touchpoint)


def _who(said: Said, item: _Item) -> None:
    if item.traits is not None:
        traits = mapping(item.traits, "traits", said.warnings)
        if said.type == "group":
            said.properties = {**said.properties, "traits": traits} if traits else said.properties
        elif traits:
            said.traits = traits
            said.about = (traits,)
    if said.type == "alias":
        ids = listed(item.alias)
        said.alias = (ids[0], ids[1]) if len(ids) == 2 else (None, None)
    for kind, value in mapping(item.identifiers, "identifiers", said.warnings).items():
        if value.__class__ is list:
            said.identifiers += [(kind, one) for one in value]
        else:
            said.identifiers.append((kind, value))


def _topics(value: object, warnings: list[str]) -> dict[str, int]:
    """`{"phones/android": 1.5}`, or a list of paths that weigh 1 each; as thousandths."""
    if isinstance(value, list | str):
        value = dict.fromkeys([topic for topic in listed(value) if isinstance(topic, str)], 1)
    weighed: dict[str, int] = {}
    for topic, weight in mapping(value, "topics", warnings).items():
        path = topic_path(topic)
        if path and isinstance(weight, int | float) and not isinstance(weight, bool) and abs(weight) <= 1e6:
            weighed[path] = round(weight * 1000)
        else:
            warnings.append(f"topic {short(topic)} ignored: its weight is {short(weight)}, a number was expected")
    return weighed
