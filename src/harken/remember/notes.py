"""Events -> notes: what most events tell of, small enough to be put behind a stored state and folded when it is read.

Most events only add to counters. To decode a state, fold one event and encode it again costs more than the event is
worth; a note of it is made and appended in a tenth of that, and a dozen notes are folded at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from harken.remember import devices, sums
from harken.remember.plan import Plan
from harken.words import Event, Micros

MOST: Final = 12  # notes behind a state
LONGEST: Final = 500  # bytes of a note
_MARK: Final = 0xC1  # a byte msgpack never begins with: a state with notes, its number of notes, the state's length
_HEAD: Final = 6
_ARRAY: Final = b"\xdd\x00\x00\x00"


class Note(Struct, frozen=True, array_like=True, gc=False):
    """What an event tells of beside traits, consent and decisions. Only ever append fields, with defaults."""

    moment: Micros
    name: str
    touchpoint: str
    channel: str
    device: str  # as `devices.line`, "" when there is none
    topics: dict[str, int]
    money: int  # thousandths


encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Note]).decode


def note(event: Event, plan: Plan) -> Note:
    """What an event tells of."""
    properties, device = event.properties, ""
    for identifier in event.identifiers:
        if identifier[0] in plan.devices:
            device = devices.line(identifier, event.context)
            break
    money = 0
    if event.name and ("revenue" in properties or "total" in properties or "value" in properties):
        money = sums.amount(properties)
    occurred = event.occurred
    return Note(
        occurred if occurred > 0 else 0,  # before 1970 nobody was listening: a broken clock
        event.name,
        event.touchpoint,
        event.channel,
        device,
        event.topics,
        money,
    )


def behind(data: bytes, told: Sequence[Note]) -> bytes:
    """A stored state with more notes behind it; b"" when that would be too much."""
    number = len(told) + (data[1] if data[:1] == b"\xc1" else 0)
    if number > MOST:
        return b""
    made = [encode(note) for note in told]
    if len(max(made, key=len)) > LONGEST:
        return b""
    if data[:1] == b"\xc1":
        head, data = data[2:_HEAD], data[_HEAD:]
    else:
        head = len(data).to_bytes(4, "big")
    return b"".join((b"\xc1", number.to_bytes(1, "big"), head, data, *made))


def parted(data: bytes) -> tuple[bytes, Sequence[Note]]:
    """A stored state without its notes, and these, in the order they were made."""
    if not data or data[0] != _MARK:
        return data, ()
    end = _HEAD + int.from_bytes(data[2:_HEAD], "big")
    return data[_HEAD:end], _decode(_ARRAY + data[1:2] + data[end:])
