"""An event in, the campaign its customer came by out: as the context says, the properties, or the address of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec import DecodeError, Struct
from msgspec.json import Decoder

from harken.words import Event

MARK = b"campaign"  # in the raw of every event that tells one: `campaign`, `utm_campaign`, `campaign_name`
PROPERTIES = ("utm_campaign", "campaign", "campaign_name", "campaignName", "campaign_id", "campaignId")
LONGEST = 200
_PLAIN = frozenset({"harken", "segment"})  # dialects that call context `context` and properties `properties`


class _Item(Struct, gc=False):
    context: Any = None
    properties: Any = None


_decode = Decoder(_Item).decode


def campaign_of(event: Event) -> str:
    """Its name, "" when it tells none. Segment's `context.campaign` first, then properties, then `utm_campaign` of the page.

    >>> from harken.words import Event
    >>> event = Event(id="", message_id="", source="", dialect="", type="", name="", occurred=0, received=0, identifiers=(),
    ...               channel="", touchpoint="", context={"page": {"search": "?utm_source=x&utm_campaign=spring"}})
    >>> campaign_of(event)
    'spring'
    """
    return _campaign(event.context, event.properties)


def campaign_in(dialect: str, raw: bytes) -> str | None:
    """The same of what was sent, a tenth of the work; None when the event must be read in full.

    >>> campaign_in("segment", b'{"type": "track", "properties": {"campaign": "spring"}}')
    'spring'
    """
    if dialect not in _PLAIN:
        return None
    try:
        item = _decode(raw)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None
    context, properties = item.context, item.properties
    if not (isinstance(context, dict | None) and isinstance(properties, dict | None)):
        return None
    return _campaign(context or {}, properties or {})


def _campaign(context: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    told = context.get("campaign")
    texts = [told.get("name"), told.get("id")] if isinstance(told, dict) else [told]
    for name in PROPERTIES:
        one = properties.get(name)
        texts += [one.get("name"), one.get("id")] if isinstance(one, dict) else [one]
    found = next((text for text in texts if _is_text(text)), None)
    if found is not None:
        return str(found).strip()[:LONGEST]
    page = context.get("page")
    return _in_address(properties) or (_in_address(page) if isinstance(page, dict) else "")


def _is_text(value: object) -> bool:
    return (isinstance(value, str) and value.strip() != "") or (isinstance(value, int) and not isinstance(value, bool))


def _in_address(told: Mapping[str, Any]) -> str:
    for name in ("url", "search"):
        address = told.get(name)
        if isinstance(address, str) and "utm_campaign=" in address:
            query = address.lstrip("?") if name == "search" else _query(address)
            found = parse_qs(query, max_num_fields=100).get("utm_campaign") if query.count("&") < 100 else None
            if found:
                return found[0].strip()[:LONGEST]
    return ""


def _query(address: str) -> str:
    try:
        return urlsplit(address).query
    except ValueError:
        return ""
