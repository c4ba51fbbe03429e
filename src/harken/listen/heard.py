"""What became of a batch <-> bytes, so that a process beside the hub can listen for it.

What many events of a batch have in common is written once, and of rows that were heard by columns, columns. The same
plan gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from msgspec import Struct, msgpack

from harken.words import Dropped, Event, Identifier, Micros

ID = 16  # characters of an event's id


class Heard(Struct):
    """What became of the items of a batch, in their order."""

    events: list[Event]
    dropped: list[Dropped]


Head: TypeAlias = tuple[str, str, str, str, Micros, str, str, bool]  # what all events of a kind have in common
Names: TypeAlias = tuple[Identifier, ...]
Place: TypeAlias = tuple[Head, dict[str, int]]  # with topics
# place of its head, place of its identifiers, id, message id, occurred, raw, properties, traits, topics, consent, …
Row: TypeAlias = tuple[
    int, int, str, str, Micros, bytes, dict[str, Any], dict[str, Any], dict[str, int], dict[str, bool], dict[str, Any],
    tuple[str, str] | None, tuple[str, ...],
]  # fmt: skip


class Columns(Struct, array_like=True):
    """Events that were heard by columns; of each its part is at the same place."""

    places: list[Place] = []
    names: list[Names] = []
    where: list[int] = []  # place in `places`
    whose: list[int] = []  # place in `names`
    ids: str = ""  # one behind another
    message_ids: list[str] = []
    occurred: list[Micros] = []
    raws: list[bytes] = []
    told: dict[str, list[Any]] = {}  # properties by name, None where there is none
    others: list[int] = []  # where the events that were heard one by one stand among these


_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(tuple[list[Head], list[Names], list[Row], list[Dropped], Columns | None]).decode


def packed(heard: Heard, columns: Columns | None = None) -> bytes:
    """As bytes; b"" when it holds a number that has no place in them (of more than 64 bits)."""
    heads: dict[Head, int] = {}
    names: dict[Names, int] = {}
    rows: list[Row] = [
        (
            heads.setdefault(head_of(one), len(heads)), names.setdefault(one.identifiers, len(names)), one.id,
            one.message_id, one.occurred, one.raw, one.properties, one.traits, one.topics, one.consent, one.context,
            one.alias, one.warnings,
        )
        for one in heard.events
    ]  # fmt: skip
    try:
        return _encode((list(heads), list(names), rows, heard.dropped, columns))
    except OverflowError:
        return b""


def head_of(event: Event) -> Head:
    """What an event has in common with others of its kind."""
    return (
        event.source, event.dialect, event.type, event.name, event.received, event.channel, event.touchpoint,
        event.verified,
    )  # fmt: skip


def unpacked(data: bytes) -> Heard:
    """What was packed."""
    heads, names, rows, dropped, columns = _decode(data)
    events = []
    for at, whose, id, message_id, occurred, raw, properties, traits, topics, consent, context, alias, warnings in rows:
        source, dialect, type, name, received, channel, touchpoint, verified = heads[at]
        event = Event(  # in the order of its fields: naming them would take twice as long
            id, message_id, source, dialect, type, name, occurred, received, names[whose], channel, touchpoint,
            properties, traits, topics, consent, context, alias, verified, raw, warnings,
        )  # fmt: skip
        events.append(event)
    if columns is not None:
        together = list(_of_columns(columns))
        for place, event in zip(columns.others, events, strict=True):
            together.insert(place, event)
        events = together
    return Heard(events, dropped)


def _of_columns(columns: Columns) -> Iterator[Event]:
    places, names, nothing = columns.places, columns.names, {}  # type: ignore[var-annotated]
    ids = [columns.ids[at : at + ID] for at in range(0, len(columns.ids), ID)]
    told = _told(columns.told, len(ids))
    for at, whose, id, message_id, occurred, raw, properties in zip(
        columns.where, columns.whose, ids, columns.message_ids, columns.occurred, columns.raws, told, strict=True
    ):
        (source, dialect, type, name, received, channel, touchpoint, verified), topics = places[at]
        yield Event(
            id, message_id, source, dialect, type, name, occurred, received, names[whose], channel, touchpoint,
            properties, nothing, topics, nothing, nothing, None, verified, raw, (),
        )  # fmt: skip


def _told(columns: dict[str, list[Any]], rows: int) -> Sequence[dict[str, Any]]:
    """The properties of each row."""
    if len(columns) == 1:
        [(name, values)] = columns.items()
        return [{} if value is None else {name: value} for value in values]
    names = [*columns]
    each = zip(*columns.values(), strict=True) if columns else [()] * rows
    return [{name: value for name, value in zip(names, one, strict=True) if value is not None} for one in each]
