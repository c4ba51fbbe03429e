"""A body that names write keys -> those keys; and where they differ, the part of the body each key speaks for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from harken.listen import bodies


class Part(Struct, frozen=True):
    """The events of one key, and their places in the whole body."""

    key: str
    places: Sequence[int]
    items: Sequence[bytes]
    body: bytes


class _Item(Struct):
    writeKey: str = ""  # noqa: N815 - the wire's own spelling


class _Keyed(Struct):
    writeKey: str = ""  # noqa: N815
    batch: list[_Item] = []


_keyed = msgspec.json.Decoder(_Keyed)
_top = msgspec.json.Decoder(_Item)
_whole = msgspec.json.Decoder(dict[str, Raw])
_batch = msgspec.json.Decoder(list[Raw])
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def texts(body: bytes) -> list[str]:
    """The write keys a body names: at its top, else those of its events.

    >>> texts(b'{"batch":[{"writeKey":"k"},{"writeKey":"k"}]}'), texts(b'{"writeKey":"a"}\\n{"writeKey":"b"}')
    (['k'], ['a', 'b'])
    """
    if b'"writeKey"' not in body:
        return []
    try:
        keyed = _keyed.decode(body)
    except _UNREADABLE:
        top = _named(body)
        return [top] if top else sorted({_named(item) for item in _opened(body)[1]} - {""})
    return [keyed.writeKey] if keyed.writeKey else sorted({one.writeKey for one in keyed.batch} - {""})


def parts(body: bytes) -> list[Part]:
    """The body parted by the keys its events name (events that name none are a part of their own), with all the batch
    says beside its events in each part.

    >>> [(one.key, one.places, one.body) for one in parts(b'{"batch":[{"writeKey":"a"},{"writeKey":"b"}],"sentAt":1}')]
    [('a', [0], b'{"sentAt":1,"batch":[{"writeKey":"a"}]}'), ('b', [1], b'{"sentAt":1,"batch":[{"writeKey":"b"}]}')]
    """
    around, items = _opened(body)
    places: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        if item.strip():
            places.setdefault(_named(item), []).append(place)
    made = []
    for key, own in places.items():
        chosen = [items[place] for place in own]
        raws = [Raw(item) for item in chosen]
        whole = b"\n".join(chosen) if around is None else msgspec.json.encode({**around, "batch": raws})
        made.append(Part(key, own, chosen, whole))
    return made


def _opened(body: bytes) -> tuple[dict[str, Raw] | None, list[bytes]]:
    """What stands around the events of a batch (None when there is no batch), and its events, unread."""
    body = bodies.trimmed(body)
    if body[:1] == b"{" and b'"batch"' in body:
        try:
            around = _whole.decode(body)
            return around, [bytes(item) for item in _batch.decode(around.pop("batch"))]
        except (*_UNREADABLE, KeyError):
            pass
    items = bodies.items(body)
    return None, [bytes(item) for item in items] if isinstance(items, list) else []


def _named(item: bytes) -> str:
    try:
        return _top.decode(item).writeKey
    except _UNREADABLE:
        return ""
