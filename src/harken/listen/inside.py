"""A stored raw -> the properties it tells, as the JSON they were sent as; without reading the rest of the event.

What is settled keeps its properties as a column of text. Most events tell properties and nothing else that must be
worked out; of these the text is cut out of the raw, which costs a twentieth of reading the event anew (`reread`).
"""

from __future__ import annotations

from msgspec import UNSET, DecodeError, Raw, Struct, UnsetType
from msgspec.json import Decoder

_QUICK = frozenset({"harken", "segment", "pixel"})  # dialects that call properties `properties` and traits `traits`
_SLOW = frozenset({"identify", "group"})  # types whose traits and properties are put together from several places
_NOTHING = (b"null", b"{}")


class _Item(Struct, gc=False):
    """Where an item tells what a lake keeps beside its raw."""

    properties: Raw | UnsetType = UNSET
    traits: Raw | UnsetType = UNSET


_decode = Decoder(_Item).decode


def properties_in(dialect: str, type: str, raw: bytes) -> bytes | None:
    """The JSON object of an event's properties, when the event has neither traits nor an emotion; None when it has, or
    may have: then it is to be read in full.

    >>> properties_in("harken", "track", b'{"name": "Bought", "properties": {"price": 5}}')
    b'{"price": 5}'
    >>> properties_in("harken", "track", b'{"name": "Rated", "properties": {"emotion": 0.5}}')
    """
    if dialect not in _QUICK or type in _SLOW:
        return None
    try:
        item = _decode(raw)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if item.traits is not UNSET and bytes(item.traits) not in _NOTHING:
        return None
    if item.properties is UNSET:
        return b"{}"
    told = bytes(item.properties)
    if told[:1] != b"{":
        return b"{}" if told in _NOTHING else None
    return None if b"emotion" in told or b"\\u" in told else told
