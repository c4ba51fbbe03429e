"""One node of several, as a process of its own: `python node.py <work> <url> <rest…>`; says on stdout what is durable."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from contracts.stores import event, tid, trail
from harken import plugins
from harken.stores import Changes, Retry, Store, Tx
from harken.words import digest

T = TypeVar("T")


def again(store: Store, work: Callable[[Tx], T]) -> T:
    """Run a transaction until nobody else was there first."""
    while True:
        try:
            with store.begin() as tx:
                return work(tx)
        except Retry:
            continue


def count(tx: Tx) -> None:
    tx.write_note("counter", str(int(tx.note("counter") or b"0") + 1).encode())


def claim(tx: Tx, numbers: range) -> list[str]:
    """Claim these ids, and note on one trail how many were new."""
    ids = [digest("shop", str(number)) for number in numbers]
    heard = tx.claim(ids, 20_000)
    there = tx.trails([tid("ada")]).get(tid("ada")) or trail("ada", events=0)
    there.events += len(ids) - len(heard)
    tx.write(Changes(trails=[there]))
    return sorted(set(ids) - heard)


def append(tx: Tx, size: int) -> int:
    """Claim and write some events of two trails, count them in the trails and a note."""
    start = tx.last_seq()
    there = tx.trails([tid("ada"), tid("bob")]) or {tid(name): trail(name, events=0) for name in ("ada", "bob")}
    events = [event(start + n, "ada" if n % 3 else "bob") for n in range(size)]
    heard = tx.claim([one.id for one in events], 20_000)
    for one in events:
        there[one.tid].events += 1
    for ours in there.values():
        ours.state = b"%d " % (start + size) * 100
    tx.write(Changes(trails=list(there.values()), events=[one for one in events if one.id not in heard]))
    tx.write_note("written", str(start + size).encode())
    return start + size


def main(work: str, url: str, *rest: str) -> None:
    store = plugins.open_store(url)
    print("ready", flush=True)
    sys.stdin.readline()
    if work == "count":
        for _ in range(int(rest[0])):
            again(store, count)
    elif work == "claim":
        for start in range(0, int(rest[0]), 50):
            print(*again(store, lambda tx, at=start: claim(tx, range(at, at + 50))), flush=True)  # type: ignore[misc]
    else:
        while True:
            print(again(store, lambda tx: append(tx, int(rest[0]))), flush=True)
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
