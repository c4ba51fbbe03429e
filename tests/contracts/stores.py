"""Places to open stores on, and things to put into them: what every store check starts from.

Every store that `harken.plugins` finds is checked. It takes part through one fixture named `<scheme>_places`
(in `conftest.py` beside this): a function that makes a fresh, empty `Place` each time it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TypeAlias

import pytest

from harken import plugins
from harken.stores import Changes, Store, Tx
from harken.words import DAY, Document, Dropped, Event, Evidence, Identifier, Known, Profile, Timer, Trail, digest

STORES = sorted(name for name, at in plugins.found("harken.stores").items() if find_spec(at.partition(":")[0]))
NOW = 20_000 * DAY
HOSTILE = (
    "plain", "", "nul\0inside", "\0", "🜁👩‍👩‍👧 ümläut", "'; drop table event; --", '"double"', "100%", "a_b", "back\\slash",
    "line\nbreak\ttab", "x" * 100_000, "\U0010ffff", "\ue000", "\r", "{}", "NULL", "ΑΣ", "\u202eltr", "[1]",
)  # fmt: skip


@dataclass
class Place:
    """Where one store's data lives. `open` again for a second node (if `several`) or to reopen (if `lasting`)."""

    url: str
    several: bool = True  # several nodes may have it open at once
    lasting: bool = True  # the data is still there when all have closed it
    opened: list[Store] = field(default_factory=list)

    def open(self) -> Store:
        store = plugins.open_store(self.url)
        self.opened.append(store)
        return store

    def close(self) -> None:
        for store in self.opened:
            store.close()


Places: TypeAlias = Callable[[], Place]


def write(store: Store, **changes: object) -> list[Event]:
    """One transaction with these changes."""
    with store.begin() as tx:
        return tx.write(Changes(**changes))  # type: ignore[arg-type]


@contextmanager
def undone(store: Store) -> Iterator[Tx]:
    """A transaction that fails at its end."""
    with pytest.raises(ZeroDivisionError), store.begin() as tx:  # noqa: PT012 - the end of the block is what fails
        yield tx
        _ = 1 / 0


def stored(one: Trail) -> dict[str, object]:
    """All fields of a trail but the store's own row number."""
    return {name: getattr(one, name) for name in one.__struct_fields__ if name != "row"}


def tid(name: str) -> str:
    return digest("trail", "shop", name, "")


def trail(name: str, /, **fields: object) -> Trail:
    owner = digest("anonymous_id", name)
    basic = {
        "tid": tid(name),
        "source": "shop",
        "device": owner,
        "owner": owner,
        "pid": owner,
        "first": NOW,
        "last": NOW,
    }
    return Trail(**{**basic, "events": 1, "state": b"state", **fields})  # type: ignore[arg-type]


def event(number: int, name: str = "ada", /, **fields: object) -> Event:
    message = f"m-{number}"
    basic = {
        "id": digest("shop", message), "message_id": message, "source": "shop", "dialect": "segment", "type": "track",
        "name": "Plan Viewed", "occurred": NOW + number, "received": NOW + number + 5, "channel": "web",
        "touchpoint": "web: Plan page", "raw": b'{"n":%d}' % number, "tid": tid(name),
        "identifiers": (Identifier("anonymous_id", name),), "properties": {"n": number},
    }  # fmt: skip
    return Event(**{**basic, **fields})  # type: ignore[arg-type]


def kept(one: Event) -> Event:
    """What a store gives back of an event: envelope and raw."""
    return Event(
        id=one.id, message_id=one.message_id, source=one.source, dialect=one.dialect, type=one.type, name=one.name,
        occurred=one.occurred, received=one.received, identifiers=(), channel=one.channel, touchpoint=one.touchpoint,
        verified=one.verified, raw=one.raw, seq=one.seq, tid=one.tid,
    )  # fmt: skip


def known(value: str, kind: str = "user_id", /, **fields: object) -> Known:
    id = digest(kind, value)
    basic = {"id": id, "kind": kind, "value": value, "pid": id, "first": NOW, "learned": NOW + 1}
    return Known(**{**basic, **fields})  # type: ignore[arg-type]


def evidence(a: str, b: str, how: str = "event", /, **fields: object) -> Evidence:
    first, second = sorted((digest("user_id", a), digest("user_id", b)))
    basic = {"occurred": NOW, "learned": NOW, "event_id": digest("shop", a + b), "source": "shop"}
    return Evidence(**{"a": first, "b": second, "how": how, **basic, **fields})  # type: ignore[arg-type]


def profile(name: str, /, **fields: object) -> Profile:
    id = digest("user_id", name)
    return Profile(**{"pid": id, "anchor": id, "created": NOW, **fields})  # type: ignore[arg-type]


def timer(name: str, due: int, /, **fields: object) -> Timer:
    return Timer(**{"pid": digest("user_id", name), "kind": "segment", "due": due, **fields})  # type: ignore[arg-type]


def dropped(raw: bytes, /, **fields: object) -> Dropped:
    basic = {
        "reason": "not_json",
        "detail": "byte 1: expected {",
        "source": "shop",
        "dialect": "segment",
        "received": NOW,
    }
    return Dropped(**{**basic, "raw": raw, **fields})  # type: ignore[arg-type]


def document(id: str, version: int = 1, /, **fields: object) -> Document:
    basic = {"kind": "segment", "state": "draft", "body": b"{}", "at": NOW}
    return Document(**{**basic, "id": id, "version": version, **fields})  # type: ignore[arg-type]
