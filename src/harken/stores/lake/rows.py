"""Events, or columns of the tail, in, rows of the lake out, and back; pure. The columns every run has, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from operator import attrgetter
from typing import TypeAlias

import msgspec
import pyarrow as pa

from harken.words import Event

TIME = pa.timestamp("us", "UTC")
SCHEMA = pa.schema(
    {
        "profile": pa.string(),
        "occurred": TIME,
        "seq": pa.int64(),
        "id": pa.string(),
        "tid": pa.string(),
        "source": pa.string(),
        "channel": pa.string(),
        "touchpoint": pa.string(),
        "type": pa.string(),
        "name": pa.string(),
        "received": TIME,
        "verified": pa.bool_(),
        "emotion": pa.float64(),
        "message_id": pa.string(),
        "dialect": pa.string(),
        "properties": pa.large_string(),
        "traits": pa.large_string(),
        "raw": pa.large_binary(),
    }
)
Read: TypeAlias = Callable[[Event], Event]  # fills in what follows from `raw`
Inside: TypeAlias = Callable[[str, str, bytes], bytes | None]  # dialect, type, raw -> properties, if that is all
ORDER = [("profile", "ascending"), ("occurred", "ascending"), ("seq", "ascending")]
KEPT = [name for name in SCHEMA.names if name not in ("profile", "emotion", "properties", "traits")]
TAIL = [*KEPT, "profile"]  # what the tail tells of an event


def table_of(events: Sequence[Event], pids: Mapping[str, str]) -> pa.Table:
    """Events (read in full) as rows, each under the profile of its trail."""
    encode = msgspec.json.encode
    return _table(
        tail_of(events, pids, TAIL),
        [encode(event.properties).decode() for event in events],
        pa.array([encode(event.traits).decode() for event in events], pa.string()),
        pa.array([emotion_of(event) for event in events], pa.float64()),
    )


def tail_of(events: Sequence[Event], pids: Mapping[str, str], names: Sequence[str]) -> pa.Table:
    """Events of the tail as a table with the named columns, as `View.tail_columns` gives it; times are numbers."""
    columns = {}
    for name in names:
        told = [pids.get(event.tid, "") for event in events] if name == "profile" else [*map(attrgetter(name), events)]
        type = SCHEMA.field(name).type
        columns[name] = pa.array(told, pa.int64() if type == TIME else type)
    return pa.table(columns)


def filled(tail: pa.Table, inside: Inside, reread: Read) -> pa.Table:
    """Columns of the tail (`TAIL`) as rows of the lake. Of most events `inside` tells the properties at once; the others
    are read in full."""
    raws = tail["raw"].to_pylist()
    told = list(map(inside, tail["dialect"].to_pylist(), tail["type"].to_pylist(), raws))
    slow = [place for place, one in enumerate(told) if one is None]
    if not slow:
        nothing = (pa.repeat("{}", len(told)), pa.nulls(len(told)))
        return _table(tail, told, *nothing)
    properties: list[bytes | str | None] = [*told]
    traits: list[str] = ["{}"] * len(told)
    emotions: list[float | None] = [None] * len(told)
    encode = msgspec.json.encode
    for place, event in zip(slow, events_of(tail.take(pa.array(slow, pa.int64()))), strict=True):
        full = reread(event)
        properties[place], traits[place] = encode(full.properties), encode(full.traits).decode()
        emotions[place] = emotion_of(full)
    return _table(tail, properties, pa.array(traits), pa.array(emotions, pa.float64()))


def _table(tail: pa.Table, properties: Sequence[bytes | str | None], traits: pa.Array, emotions: pa.Array) -> pa.Table:
    columns = {name: tail[name] for name in TAIL}
    columns["properties"] = pa.array(properties, pa.large_binary())
    columns |= {"traits": traits, "emotion": emotions}
    return pa.table({name: columns[name].cast(SCHEMA.field(name).type) for name in SCHEMA.names})


def events_of(table: pa.Table) -> list[Event]:
    """Rows as a store gives events back: the envelope and `raw`; what else an event holds follows from `raw`."""
    columns = [
        (table[name].cast(pa.int64()) if table.schema.field(name).type == TIME else table[name]).to_pylist()
        for name in KEPT
    ]
    return [Event(identifiers=(), **dict(zip(KEPT, row, strict=True))) for row in zip(*columns, strict=True)]


def properties_of(event: Event) -> str:
    """An event's properties as the lake holds them: a JSON object."""
    return msgspec.json.encode(event.properties).decode()


def emotion_of(event: Event) -> float | None:
    """How the customer said they felt: the number in property `emotion`, if it is one."""
    said = event.properties.get("emotion")
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    try:
        number = float(said)
    except OverflowError:
        return None
    return number if isfinite(number) else None
