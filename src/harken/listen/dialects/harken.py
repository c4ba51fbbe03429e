"""Harken's own dialect (`/v1/import`, files, pipes) -> what each item says.

    {"type": "track", "name": "Plan Bought", "occurred": "2026-01-31T12:00:00Z", "message_id": "o-4711",
     "identifiers": {"loyalty": "L1", "email": ["a@x.test", "b@x.test"]},
     "channel": "store", "touchpoint": "store: Till", "properties": {}, "traits": {}, "topics": {"phones": 1.5},
     "consent": {"email": true}, "context": {}, "timezone": "Europe/Berlin", "alias": ["id 1", "id 2"]}

Only `identifiers` and either `name` or `type` are needed. A body may also be Segment's `{"batch": [...]}`.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from harken.listen import bodies
from harken.listen.consent import of_purposes
from harken.listen.dialects import segment
from harken.listen.fields import clean, first_told, listed, mapping, message_id, reader, short
from harken.listen.said import NO_DEFAULTS, NOTHING, Defaults, Opened, Refused, Said, carried, over
from harken.listen.touchpoints import PAGES, page_name
from harken.listen.traits import topic_path
from harken.words import RawBatch


class _Item(Struct, gc=False):
    """One item."""

    type: str | None = None
    name: str | None = None
    occurred: Any = None
    time: Any = None
    timestamp: Any = None
    sent_at: Any = None
    timezone: str | None = None
    message_id: str | None = None
    id: str | None = None
    identifiers: dict[str, Any] | None = None
    alias: Any = None
    channel: str | None = None
    touchpoint: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    topics: Any = None
    consent: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    heard: Any = field(default=None, name="_heard")


_read = reader(_Item)


def open(batch: RawBatch) -> Opened | Refused:
    """One object per line, an array, or one object."""
    body = bodies.trimmed(batch.body)
    if b'"batch"' in body[:4096]:  # a look that is cheap for the long bodies of imports
        opened = segment.batch_of(body, Defaults(context=batch.context, settled=True))
        if opened is not None:
            return opened
    items = bodies.items(body)
    if isinstance(items, Refused):
        return items
    type = "" if batch.hint in segment.BATCHES else batch.hint
    told = Defaults(type=type, context=batch.context) if type or batch.context else NO_DEFAULTS
    return Opened(items=items, dialect="harken", defaults=told)


def read(raw: bytes, defaults: Defaults) -> Said | Refused:
    """What the item says. A type known already goes before the item's."""
    warnings: list[str] = []
    item = _read(raw, warnings)
    if not isinstance(item, _Item):
        return item
    if item.heard is not None:
        defaults = carried(item.heard, defaults)
    type = defaults.type or _type(item)
    if not type:
        return Refused(
            "no_type", "neither name nor type; give the name of what happened, or a type (page, identify, …)"
        )
    name = clean(item.name) if item.name else ""
    if not name and type == "track":
        return Refused("bad_field", f"name is {short(item.name)}; a track event names what happened")
    time = item.occurred or first_told(item.occurred, item.time, item.timestamp)
    said = Said(
        type=type,
        identifiers=_identifiers(item.identifiers) if item.identifiers else [],
        warnings=warnings,
        name=page_name(name) if type in PAGES else name,
        message_id=message_id(item.message_id or item.id, warnings),
        time=time,
        sent=item.sent_at or None,
        timed=time is not None,
        context=item.context or NOTHING,
        properties=item.properties or NOTHING,
        timezone=item.timezone or "",
        channel=clean(item.channel, 40) if item.channel else "",
        touchpoint=clean(item.touchpoint) if item.touchpoint else "",
    )
    if item.heard is not None:
        said.carried = defaults
    if defaults.context:
        said.context = over(said.context, defaults.context)
        said.leans = said.context is not item.context
    if item.traits:
        _traits(said, item.traits)
    if type == "alias":
        ids = listed(item.alias)
        said.alias = (ids[0], ids[1]) if len(ids) == 2 else (None, None)
    if item.topics is not None:
        said.topics = _topics(item.topics, warnings)
    if item.consent is not None:
        said.consent = of_purposes(item.consent)
    return said


def _type(item: _Item) -> str:
    """The type, in lower case where it is a known one; without one, what the item is about."""
    if item.type in segment.TYPES:
        return item.type or ""
    plain = clean(item.type or "", 40)
    if not plain:
        return "track" if item.name else "alias" if item.alias else "identify" if item.traits else ""
    return plain.lower() if plain.lower() in segment.TYPES else plain


def _identifiers(told: dict[str, Any]) -> list[tuple[str, Any]]:
    """(kind, value), one for each of a list of values."""
    found: list[tuple[str, Any]] = []
    for kind, value in told.items():
        if value.__class__ is list:
            found += [(kind, one) for one in value]
        else:
            found.append((kind, value))
    return found


def _traits(said: Said, traits: dict[str, Any]) -> None:
    if said.type == "group":
        said.properties = {**said.properties, "traits": traits}
    else:
        said.traits = traits
        said.about = (traits,)


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
