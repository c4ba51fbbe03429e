"""The journey index: it tells of lake and tail what reading them tells, whatever was done, however it was kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
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
from harken.stores.lake import Lake, owners_of
from harken.stores.lake.index import Index
from harken.stores.lake.settling import settle_tail
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
