"""Every store x several readers, writers, nodes and processes at once, and the power going off."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contracts.node import again, append, claim, count
from contracts.stores import STORES, Place, Places, event, stored, tid, trail, write
from harken.errors import Conflict
from harken.stores import Changes, Retry, Store, View
from harken.stores.lake import Lake
from harken.stores.lake.settling import settle_tail
from harken.words import digest

TESTS = Path(__file__).parent.parent
SHARED = [name for name in STORES if name != "memory"]


@contextmanager
def node(work: str, place: Place, *rest: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own on the same data, waiting for a line before it starts to work."""
    path = os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])
    process = subprocess.Popen(
        [sys.executable, str(TESTS / "contracts" / "node.py"), work, place.url, *rest],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def start(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


# ---------------------------------------------------------------- readers beside a writer


def test_a_view_stays_at_its_moment_while_others_write(store: Store) -> None:
    write(store, trails=[trail("ada"), trail("bob")], events=[event(1), event(2)])
    with store.read() as view:
        before = (view.tail(0, 9), {key: stored(one) for key, one in view.trails([tid("ada"), tid("bob")]).items()})
        with store.begin() as tx:
            tx.write(Changes(trails=[trail("ada", state=b"new", events=9)], events=[event(3)], refiled={1: tid("bob")}))
            tx.write_note("n", b"v")
        write(store, events=[event(4)], trails=[trail("eve")])
        assert (
            view.tail(0, 9),
            {key: stored(one) for key, one in view.trails([tid("ada"), tid("bob")]).items()},
        ) == before
        assert [one.seq for one in view.events([tid("ada")])] == [2, 1]
        assert view.note("n") == b""
        assert view.last_seq() == 2
        assert view.counts()["trails"] == 2
    with store.read() as view:
        assert [one.seq for one in view.events([tid("ada")])] == [4, 3, 2]
        assert view.trails([tid("ada")])[tid("ada")].state == b"new"


def test_a_view_opened_inside_a_transaction_sees_what_was_committed_before(store: Store) -> None:
    write(store, trails=[trail("ada")], events=[event(1)])
    with store.begin() as tx:
        tx.write(Changes(trails=[trail("ada", state=b"new"), trail("bob")], events=[event(2)]))
        with store.read() as view:
            assert view.last_seq() == len(view.tail(0, 9)) == len(view.events([tid("ada")])) == 1
            assert view.trails([tid("ada"), tid("bob")])[tid("ada")].state == b"state"
            assert len(dict(view.profile_ids_of_trails())) == 1


def consistent(view: View) -> int:
    """What `append` writes in one transaction is seen whole or not at all; how many events."""
    written = int(view.note("written") or b"0")
    trails = view.trails([tid("ada"), tid("bob")])
    assert view.last_seq() == written
    assert sum(one.events for one in trails.values()) == written
    assert all(one.state.split()[-1] == str(written).encode() for one in trails.values())
    assert [one.seq for one in view.events(list(trails))] == list(range(written, 0, -1))
    assert [one.seq for one in view.tail(0, 10**6)] == list(range(1, written + 1))
    assert view.counts()["events"] == view.counts()["seen"] == written
    return written


def test_readers_beside_a_writer_see_whole_transactions_only(store: Store) -> None:
    done = threading.Event()
    failed: list[BaseException] = []

    def read() -> None:
        try:
            while not done.is_set():
                with store.read() as view:
                    assert consistent(view) == consistent(view)
        except BaseException as error:
            failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(60):
            again(store, lambda tx: append(tx, 7))
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert not failed, failed[0]
    with store.read() as view:
        assert consistent(view) == 420


def test_transactions_of_many_threads_come_one_after_another(store: Store) -> None:
    def work() -> None:
        for _ in range(25):
            again(store, count)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as view:
        assert view.note("counter") == b"100"


# ---------------------------------------------------------------- several nodes on the same data


@pytest.fixture(params=SHARED)
def shared(request: pytest.FixtureRequest) -> Place:
    """A place that outlives the process and that several nodes may have open: every store's but the memory's."""
    places: Places = request.getfixturevalue(f"{request.param}_places")
    return places()


@pytest.fixture
def two(shared: Place) -> tuple[Store, Store]:
    return shared.open(), shared.open()


def test_fresh_is_said_only_when_nobody_else_has_written(two: tuple[Store, Store]) -> None:
    one, other = two

    def said(store: Store) -> bool:
        return again(store, lambda tx: (tx.write_note("n", os.urandom(4)), tx.fresh)[1])

    said(one)
    alone = said(one)
    assert said(one) == alone
    assert not said(other)
    assert not said(one)
    assert said(one) == alone
    with pytest.raises(ZeroDivisionError), other.begin() as tx:  # noqa: PT012 - the end of the block is what fails
        tx.write_note("n", b"never")
        _ = 1 / 0
    said(one)
    assert not said(other)
    assert not said(one)


def test_what_one_node_wrote_the_other_sees_and_goes_on_from(two: tuple[Store, Store]) -> None:
    for round in range(12):
        store = two[round * 5 % 3 % 2]
        assert again(store, lambda tx: append(tx, 5)) == 5 * (round + 1)
    for store in two:
        with store.read() as view:
            assert consistent(view) == 60
    assert all_heard(two[0], 60)
    assert all_heard(two[1], 60)


def test_what_one_node_forgot_the_other_has_forgotten(two: tuple[Store, Store]) -> None:
    one, other = two
    ids = [digest("shop", str(n)) for n in range(40)]
    for at in range(0, 40, 10):
        assert again(one, lambda tx, at=at: tx.claim(ids[at : at + 10], 5)) == set()  # type: ignore[misc]
        assert again(other, lambda tx: tx.claim(ids[:3], 9)) == set(ids[:3])
    assert again(other, lambda tx: tx.forget_seen(6, 25)) == 25
    left = again(one, lambda tx: tx.claim(ids, 9))
    assert len(left) == 15
    assert again(other, lambda tx: tx.claim(ids, 9)) == set(ids)
    assert again(one, lambda tx: tx.forget_seen(6, 99)) == 15
    assert again(other, lambda tx: tx.claim(ids, 9)) == set(ids) - left


@pytest.mark.parametrize("change", ["refiled", "relabeled", "erased"])
def test_settling_waits_for_who_is_changing_the_tail(two: tuple[Store, Store], change: str, tmp_path: Path) -> None:
    """One node has read the log and changes events of it, while another is about to move them: moved as they were, the
    change would be lost."""
    one, other = two
    write(one, trails=[trail("ada"), trail("bob")], events=[event(1), event(2)])
    lake, read, refused = Lake(tmp_path), threading.Event(), threading.Event()

    def settle() -> None:
        try:
            settle_tail(other, lake, lambda event: event, inside=lambda *_: read.set())
        except (Conflict, Retry):
            refused.set()

    settler = threading.Thread(target=settle)
    with one.begin() as tx:
        if change == "refiled":  # by what the log says, which is read first
            tx.events([tid("ada")])
        elif change == "relabeled":
            tx.write(Changes(relabeled={1: "web: other"}))
        else:
            assert tx.erase_events([tid("ada")]) == 2
        settler.start()
        assert read.wait(20)
        time.sleep(0.3)  # until it is about to move them
        if change == "refiled":
            tx.write(Changes(refiled={1: tid("bob")}))
    settler.join()
    if refused.is_set():
        settle_tail(other, lake, lambda event: event)
    with one.read() as view:
        tail, settled = view.tail(0, 9), lake.events_of(view.manifest(), [tid("ada"), tid("bob")])
    assert len(tail) + len(settled) == (0 if change == "erased" else 2)
    if change == "refiled":
        assert {event.tid for event in (*tail, *settled) if event.seq == 1} == {tid("bob")}
    if change == "relabeled":
        assert {event.touchpoint for event in (*tail, *settled) if event.seq == 1} == {"web: other"}


def test_a_lease_is_held_by_one_until_it_ends_or_is_given_back(two: tuple[Store, Store]) -> None:
    one, other = two
    assert one.lease("settle", 60)
    assert one.lease("settle", 60)
    assert not other.lease("settle", 60)
    assert other.lease("timers", 60)
    assert not one.lease("timers", 1)
    assert other.lease("timers", 1)
    one.lease("settle", 0)
    assert other.lease("settle", 60)
    assert not one.lease("settle", 0)
    time.sleep(1.1)  # until it has run out: stores read the wall clock
    assert one.lease("timers", 60)
    other.close()
    assert one.lease("settle", 60)


def test_two_processes_lose_no_update(shared: Place) -> None:
    shared.open()
    with node("count", shared, "200") as first, node("count", shared, "200") as second:
        start(first)
        start(second)
        assert first.wait(60) == second.wait(60) == 0
    with shared.open().read() as view:
        assert view.note("counter") == b"400"


def test_two_processes_claim_every_event_once(shared: Place) -> None:
    mine = shared.open()
    with node("claim", shared, "2000") as other:
        start(other)
        won = [
            id for at in range(1950, -50, -50) for id in again(mine, lambda tx, at=at: claim(tx, range(at, at + 50)))
        ]
        assert other.wait(60) == 0
        assert other.stdout
        theirs = other.stdout.read().split()
    assert sorted(won + theirs) == sorted(digest("shop", str(n)) for n in range(2000))
    with mine.read() as view:
        assert view.trails([tid("ada")])[tid("ada")].events == view.counts()["seen"] == 2000


# ---------------------------------------------------------------- lasting


def all_heard(store: Store, number: int) -> bool:
    ids = [event(n).id for n in range(number)]
    return again(store, lambda tx: tx.claim(ids, -1)) == set(ids)


def test_everything_is_there_after_reopening(shared: Place) -> None:
    for round in range(3):
        store = shared.open()
        for _ in range(3):
            again(store, lambda tx: append(tx, 40))
        with store.read() as view:
            assert consistent(view) == 120 * (round + 1)
        assert all_heard(store, 120 * (round + 1))
        store.close()


@pytest.mark.parametrize("size", [1, 40])
def test_a_killed_process_loses_nothing_it_had_told_and_leaves_nothing_half(shared: Place, size: int) -> None:
    shared.open().close()
    told = 0
    for _ in range(4):
        with node("append", shared, str(size)) as process:
            start(process)
            assert process.stdout
            for _ in range(random.randrange(1, 30)):
                told = int(process.stdout.readline())
            time.sleep(random.random() / 100)  # at another moment each time
            process.kill()
            told = max([told, *(int(line) for line in process.stdout if line.endswith("\n"))])
        store = shared.open()
        with store.read() as view:
            there = consistent(view)
        assert there >= told
        assert all_heard(store, there)
        store.check()
        store.close()
