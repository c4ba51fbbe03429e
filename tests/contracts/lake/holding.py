"""What the tests of the lake hold in it, and short ways to put, swap and see."""

from __future__ import annotations

import json

from msgspec.structs import replace

from contracts.stores import trail
from harken.stores import Changes, Settled, Store
from harken.stores.lake import Lake
from harken.words import Event

PEOPLE = [f"person-{n}" for n in range(9)]


def whole(one: Event) -> Event:
    """What `listen.reread` does: fill in what follows from `raw`."""
    return replace(one, properties=json.loads(one.raw))


def put(store: Store, **changes: object) -> list[Event]:
    with store.begin() as tx:
        return tx.write(Changes(**changes))  # type: ignore[arg-type]


def manifest(store: Store) -> bytes:
    with store.read() as view:
        return view.manifest()


def swap(store: Store, lake: Lake, after: bytes) -> None:
    """What the hub does with a new manifest."""
    before = manifest(store)
    if after != before:
        put(store, settled=Settled(through=lake.settled_through(before), manifest=after, before=before))
        lake.publish(after)


def seen(store: Store, lake: Lake, **asked: object) -> list[tuple[str, int, str]]:
    """(profile, seq, touchpoint) of every event the analyses see."""
    with store.read() as view:
        frames = [part.collect() for part in lake.parts(view, **asked)]  # type: ignore[arg-type]
    profiles = [profile for frame in frames for profile in frame["profile"].unique()]
    assert len(profiles) == len({*profiles}), "a profile is in two parts"
    return sorted(row for frame in frames for row in frame.select("profile", "seq", "touchpoint").iter_rows())


def owner(name: str) -> str:
    return trail(name).pid
