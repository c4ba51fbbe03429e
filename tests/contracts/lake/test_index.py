"""The journey index: it tells of lake and tail what reading them tells, whatever was done, however it was kept."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.lake.holding import PEOPLE, put, swap, whole
from contracts.lake.world import World
from contracts.stores import event, tid, trail
from harken.listen.inside import properties_in
from harken.logs import Log, Logs
from harken.stores import Changes, Settled, Store
from harken.stores.lake import Lake, indexed, owners_of
from harken.stores.lake import manifest as manifests
from harken.stores.lake.files import Files
from harken.stores.lake.index import Index
from harken.stores.lake.settling import prepared, settle_tail
from harken.stores.memory import Store as Memory


def rows(logs: Logs) -> list[tuple[object, ...]]:
    """Every event of the logs, as a frame of the lake would tell it."""
    names = logs.places["touchpoint"].to_list()
    told = []
    for log in logs.parts:
        for customer, profile in enumerate(log.profiles):
            if len(log.out) and log.out[customer]:
                continue
            for at in range(log.off[customer], log.off[customer + 1]):
                felt = None if not len(log.emotion) or np.isnan(log.emotion[at]) else float(log.emotion[at])
                told.append((profile, int(log.occurred[at]), int(log.seq[at]), names[log.place[at]], felt))
    return sorted(told)


def in_order(log: Log) -> bool:
    """By profile; each one's by (occurred, seq)."""
    profiles = log.profiles.to_list()
    mine = [
        [*zip(log.occurred[a:b].tolist(), log.seq[a:b].tolist(), strict=True)]
        for a, b in zip(log.off[:-1], log.off[1:], strict=True)
    ]
    return profiles == sorted(set(profiles)) and all(one == sorted(one) for one in mine)


def agree(index: Index, store: Store, lake: Lake) -> None:
    """Index and lake tell the same, each customer in one log only."""
    columns = ("profile", "occurred", "seq", "touchpoint", "emotion")
    with store.read() as view:
        frame = lake.frame(view, columns=columns, reread=whole).collect()
        logs = index.logs(view)
    assert rows(logs) == sorted(frame.rows())
    assert logs.last_seq in (None, frame["seq"].max() or 0)
    assert all(in_order(log) for log in logs.parts)
    there = [set(log.profiles.filter(pl.Series(~log.out)) if len(log.out) else log.profiles) for log in logs.parts]
    assert sum(map(len, there)) == len(set().union(*there))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_the_index_tells_what_the_lake_tells_whatever_was_done(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Also the one that was asked before, one that begins with what is on the disk, and one whose folder was deleted."""
    place = tmp_path_factory.mktemp("world")
    world = World(place / "lake", seed)
    kept = Index(world.lake, properties_in, whole)
    verbs = [world.hear, world.hear, world.settle, world.settle, world.move, world.refile, world.erase,
             world.come_back, world.compact, world.relabel, world.sweep]  # fmt: skip
    world.hear()
    for _ in range(14):
        world.now += 10**9
        world.chance.choice(verbs)()
        if world.chance.random() < 0.4:
            agree(kept, world.store, world.lake)
        if world.chance.random() < 0.1:
            shutil.rmtree(world.lake.index, ignore_errors=True)
    agree(kept, world.store, world.lake)
    agree(Index(world.lake, properties_in, whole), world.store, world.lake)


def test_a_damaged_or_half_written_file_of_the_index_is_made_anew(tmp_path: Path) -> None:
    store, lake = Memory("memory:"), Lake(tmp_path / "lake")
    put(store, trails=[trail(name) for name in PEOPLE], events=[event(n, PEOPLE[n % 9]) for n in range(60)])
    settle_tail(store, lake, whole)
    agree(Index(lake, properties_in, whole), store, lake)
    for number, path in enumerate(sorted((lake.index).iterdir())):
        path.write_bytes(b"" if number % 2 else path.read_bytes()[:-100])
    agree(Index(lake, properties_in, whole), store, lake)


def bit_flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


@pytest.mark.parametrize("share", [0.01, 0.2, 0.4, 0.6, 0.8, 0.9, 0.99])
@pytest.mark.parametrize(
    "damage", [bit_flipped, lambda data, at: data[:at], lambda data, at: data[:at] + bytes(len(data) - at)]
)
def test_an_index_whose_numbers_changed_is_made_anew(
    tmp_path: Path, share: float, damage: Callable[[bytes, int], bytes]
) -> None:
    """A bit, its end, or all from somewhere on: Arrow reads most of these without a complaint."""
    store, lake = settled_world(tmp_path)
    for path in lake.index.iterdir():
        data = path.read_bytes()
        path.write_bytes(damage(data, int(len(data) * share)))
    agree(Index(lake, properties_in, whole), store, lake)
    assert all(indexed.read(path, path.name.partition(".")[0]) is not None for path in lake.index.iterdir())


def test_the_index_of_another_run_is_not_taken_for_its_own(tmp_path: Path) -> None:
    """Though it is whole and says what was written."""
    store, lake = settled_world(tmp_path)
    first, *others = sorted(lake.index.iterdir())
    for other in others:
        shutil.copy(first, other)
    agree(Index(lake, properties_in, whole), store, lake)


def test_a_file_that_is_no_index_at_all_is_replaced(tmp_path: Path) -> None:
    store, lake = settled_world(tmp_path)
    for number, path in enumerate(sorted(lake.index.iterdir())):
        path.write_bytes([b"", b"ARROW1", b"x" * 100, bytes(10**6)][number % 4])
    agree(Index(lake, properties_in, whole), store, lake)


def settled_world(place: Path) -> tuple[Store, Lake]:
    """A lake of some runs, indexed."""
    store, lake = Memory("memory:"), Lake(place / "lake")
    put(store, trails=[trail(name) for name in PEOPLE])
    for start in (0, 40):
        put(store, events=[event(n, PEOPLE[n % 9]) for n in range(start, start + 40)])
        settle_tail(store, lake, whole)
    agree(Index(lake, properties_in, whole), store, lake)
    return store, lake


class SlowDisk(Files):
    """Runs are read when somebody opens the gate."""

    gate = threading.Event()

    def stream(self, *given: Any, **named: Any) -> Iterator[pa.Table]:
        assert self.gate.wait(30)
        return super().stream(*given, **named)


def test_questions_go_on_while_a_run_is_indexed(tmp_path: Path) -> None:
    """Those who look at what was there before it; and it is there when its turn comes."""
    store, lake = settled_world(tmp_path)
    index = Index(lake, properties_in, whole)
    agree(index, store, lake)
    with store.read() as before:
        put(store, events=[event(n, PEOPLE[n % 9]) for n in range(80, 120)])
        settle_tail(store, lake, whole)
        lake.files = SlowDisk(lake.files.root)
        with store.read() as after, ThreadPoolExecutor(1) as pool:
            new = pool.submit(index.logs, after)
            for _ in range(3):
                assert len(rows(index.logs(before))) == 80
            assert not new.done()
            lake.files.gate.set()
            assert len(rows(new.result())) == 120


def test_the_index_of_runs_that_do_not_count_yet_can_be_prepared(tmp_path: Path) -> None:
    """So no question waits for it."""
    store, lake = settled_world(tmp_path)
    put(store, events=[event(n, PEOPLE[n % 9]) for n in range(80, 120)])
    index = Index(lake, properties_in, whole)
    made = prepared(store, lake, whole)
    assert made is not None
    there = {path.name.partition(".")[0] for path in lake.index.iterdir()}
    index.prepare(made.after)
    new = {file.name for file in manifests.read(made.after).files}
    assert new - there
    assert new <= {path.name.partition(".")[0] for path in lake.index.iterdir()}
    agree(index, store, lake)


def test_names_of_places_do_not_grow_for_ever(tmp_path: Path) -> None:
    """Each event somewhere nobody was before, and runs that are merged again and again."""
    store, lake = Memory("memory:"), Lake(tmp_path / "lake")
    index = Index(lake, properties_in, whole)
    put(store, trails=[trail(PEOPLE[0])])
    known = []
    for start in range(0, 12_000, 1_500):
        new = [event(n, PEOPLE[0], touchpoint=f"web: {n}") for n in range(start, start + 1_500)]
        put(store, events=new)
        settle_tail(store, lake, whole)
        agree(index, store, lake)
        with store.begin() as tx:
            emptied, _ = lake.erase(tx.manifest(), [tid(PEOPLE[0])])
            settled = Settled(through=lake.settled_through(tx.manifest()), manifest=emptied, before=tx.manifest())
            tx.write(Changes(settled=settled))
        agree(index, store, lake)
        with store.read() as view:
            known.append(index.logs(view).places.height)
    assert max(known) <= 3_000


def test_moves_that_every_run_knows_of_are_not_remembered(tmp_path: Path) -> None:
    store, lake = settled_world(tmp_path)
    index = Index(lake, properties_in, whole)
    for name in PEOPLE[1:5]:
        put(store, trails=[replace(trail(name), pid=trail(PEOPLE[0]).pid)])
    agree(index, store, lake)
    assert len(index.owners) == 4
    with store.read() as view:
        swap(store, lake, lake.compact(view.manifest(), owners_of(view), share=0, moves=view.last_trail_move()))
    agree(index, store, lake)
    with store.read() as view:
        every = min(file.moves for file in manifests.read(view.manifest()).files) == view.last_trail_move()
    assert every
    assert len(index.owners) == 0


@pytest.mark.parametrize("place", ["index", "index/somewhere"])
def test_an_index_that_cannot_be_written_is_kept_in_memory(tmp_path: Path, place: str) -> None:
    store, lake = Memory("memory:"), Lake(tmp_path / "lake", index=tmp_path / place)
    (tmp_path / "index").write_bytes(b"a file where a folder should be")
    put(store, trails=[trail(name) for name in PEOPLE], events=[event(n, PEOPLE[n % 9]) for n in range(60)])
    settle_tail(store, lake, whole)
    index = Index(lake, properties_in, whole)
    agree(index, store, lake)
    agree(index, store, lake)


def test_a_long_tail_of_large_events_is_told_whole(tmp_path: Path) -> None:
    """However many pages it has."""
    store, lake = Memory("memory:"), Lake(tmp_path / "lake")
    put(store, trails=[trail(name) for name in PEOPLE])
    put(store, events=[replace(event(n, PEOPLE[n % 9]), raw=b"{}" + b" " * 10**6) for n in range(90)])
    agree(Index(lake, properties_in, whole), store, lake)


def test_a_run_that_is_gone_leaves_no_name_in_what_is_made_of_others(tmp_path: Path) -> None:
    """Names of events and pages may tell who somebody was."""
    store, lake = Memory("memory:"), Lake(tmp_path / "lake")
    index = Index(lake, properties_in, whole)
    put(store, trails=[trail(name) for name in PEOPLE], events=[event(1, PEOPLE[0], touchpoint="Letter of Ada")])
    agree(index, store, lake)
    settle_tail(store, lake, whole)
    agree(index, store, lake)
    put(store, events=[event(n, PEOPLE[n % 8 + 1]) for n in range(2, 60)])
    settle_tail(store, lake, whole)
    agree(index, store, lake)
    with store.begin() as tx:
        old = tx.manifest()
        new, _ = lake.erase(old, [tid(PEOPLE[0])])
        settled = Settled(through=lake.settled_through(old), manifest=new, before=old)
        tx.write(Changes(dropped_trails=[tid(PEOPLE[0])], settled=settled))
    lake.sweep(new, 0)
    agree(index, store, lake)
    assert not [path for path in lake.index.iterdir() if b"Letter of Ada" in path.read_bytes()]


def test_what_was_made_of_runs_that_are_gone_is_swept_with_them(tmp_path: Path) -> None:
    """At once when somebody was erased, else when nobody can be reading it any more."""
    store, lake = Memory("memory:"), Lake(tmp_path / "lake")
    index = Index(lake, properties_in, whole)
    put(store, trails=[trail(name) for name in PEOPLE])
    for start in range(0, 80, 20):
        put(store, events=[event(n, PEOPLE[n % 9]) for n in range(start, start + 20)])
        settle_tail(store, lake, whole)
        agree(index, store, lake)
    before = {path.name for path in lake.index.iterdir()}
    with store.read() as view:
        swap(store, lake, lake.compact(view.manifest(), owners_of(view), share=0))
    agree(index, store, lake)
    with store.read() as view:
        lake.sweep(view.manifest(), 3_600)
        assert before <= {path.name for path in lake.index.iterdir()}
        lake.sweep(view.manifest(), 0)
    assert not before & {path.name for path in lake.index.iterdir()}
    agree(index, store, lake)


def test_the_index_of_a_lake_elsewhere_lies_on_this_machine() -> None:
    assert Lake("mock://bucket/lake", index="here").index == Path("here")
