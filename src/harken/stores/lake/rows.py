"""Events in, rows of the lake out, and back; pure. The columns every run has, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from operator import attrgetter

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
ORDER = [("profile", "ascending"), ("occurred", "ascending"), ("seq", "ascending")]
KEPT = [name for name in SCHEMA.names if name not in ("profile", "emotion", "properties", "traits")]


def table_of(events: Sequence[Event], pids: Mapping[str, str]) -> pa.Table:
    """Events (read in full) as rows, each under the profile of its trail."""
    encode = msgspec.json.encode
    kept = zip(*map(attrgetter(*KEPT), events), strict=True) if events else ((),) * len(KEPT)
    columns: dict[str, Sequence[object]] = dict(zip(KEPT, kept, strict=True))
    columns["profile"] = [pids.get(event.tid, "") for event in events]
    columns["emotion"] = [emotion_of(event) for event in events]
    columns["properties"] = [encode(event.properties).decode() for event in events]
    columns["traits"] = [encode(event.traits).decode() for event in events]
    return pa.table({name: pa.array(columns[name], SCHEMA.field(name).type) for name in SCHEMA.names})


def events_of(table: pa.Table) -> list[Event]:
    """Rows as a store gives events back: the envelope and `raw`; what else an event holds follows from `raw`."""
    columns = [
        (table[name].cast(pa.int64()) if SCHEMA.field(name).type == TIME else table[name]).to_pylist() for name in KEPT
    ]
    return [Event(identifiers=(), **dict(zip(KEPT, row, strict=True))) for row in zip(*columns, strict=True)]


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
