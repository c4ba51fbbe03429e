"""What became of a batch <-> bytes, so that a process beside the hub can listen for it.

What many events of a batch have in common is written once; so a tenth of a processor's work for listening is spent on
handing over. The same plan gives the same bytes.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec import Struct, msgpack

from harken.words import Dropped, Event, Identifier, Micros


class Heard(Struct):
    """What became of the items of a batch, in their order."""

    events: list[Event]
    dropped: list[Dropped]


Head: TypeAlias = tuple[str, str, str, str, Micros, str, str, bool]  # what all events of a kind have in common
Names: TypeAlias = tuple[Identifier, ...]
# place of its head, place of its identifiers, id, message id, occurred, raw, properties, traits, topics, consent, …
Row: TypeAlias = tuple[
    int, int, str, str, Micros, bytes, dict[str, Any], dict[str, Any], dict[str, int], dict[str, bool], dict[str, Any],
    tuple[str, str] | None, tuple[str, ...],
]  # fmt: skip

_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(tuple[list[Head], list[Names], list[Row], list[Dropped]]).decode


def packed(heard: Heard) -> bytes:
    """As bytes; b"" when it holds a number that has no place in them (of more than 64 bits)."""
    heads: dict[Head, int] = {}
    names: dict[Names, int] = {}
    rows: list[Row] = []
    for one in heard.events:
        head = (
            one.source, one.dialect, one.type, one.name, one.received, one.channel, one.touchpoint, one.verified,
        )  # fmt: skip
        rows.append((
            heads.setdefault(head, len(heads)), names.setdefault(one.identifiers, len(names)), one.id, one.message_id,
            one.occurred, one.raw, one.properties, one.traits, one.topics, one.consent, one.context, one.alias,
            one.warnings,
        ))  # fmt: skip
    try:
        return _encode((list(heads), list(names), rows, heard.dropped))
    except OverflowError:
        return b""


def unpacked(data: bytes) -> Heard:
    """What was packed."""
    heads, names, rows, dropped = _decode(data)
    events = []
    for at, whose, id, message_id, occurred, raw, properties, traits, topics, consent, context, alias, warnings in rows:
        source, dialect, type, name, received, channel, touchpoint, verified = heads[at]
        event = Event(  # in the order of its fields: naming them would take twice as long
            id, message_id, source, dialect, type, name, occurred, received, names[whose], channel, touchpoint,
            properties, traits, topics, consent, context, alias, verified, raw, warnings,
        )  # fmt: skip
        events.append(event)
    return Heard(events, dropped)
