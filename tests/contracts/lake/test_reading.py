"""Lake and tail read as one; pages of one customer; what is damaged, of a newer Harken or gone says so."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from contracts.lake.holding import PEOPLE, manifest, owner, put, swap, whole
from contracts.stores import NOW, event, tid
from harken.errors import Invalid, Unavailable
from harken.stores.lake import Lake, Vanished, owners_of, reading
from harken.stores.lake.settling import settle_tail
from harken.stores.memory import Store as Memory


def test_tail_and_lake_make_one_frame(store: Memory, lake: Lake) -> None:
    said = [b'{"emotion":%d}' % n for n in range(6)]
    put(store, events=[event(n, PEOPLE[n % 2], raw=said[n]) for n in range(6)])
    settle_tail(store, lake, whole, limit=3)
    with store.read() as view:
        rows = lake.frame(view, columns=("seq", "profile", "emotion", "occurred"), reread=whole).collect().sort("seq")
        assert rows["emotion"].to_list() == [0, 1, 2, 3, 4, 5]
        assert rows["profile"].to_list() == [owner(PEOPLE[n % 2]) for n in range(6)]
        assert rows["occurred"].to_list() == [NOW + n for n in range(6)]
        period = lake.frame(view, columns=("seq",), since=NOW + 1, until=NOW + 4).collect()
        assert sorted(period["seq"]) == [2, 3, 4]
        with pytest.raises(Invalid, match="no column when"):
            lake.frame(view, columns=("when",))


def test_an_empty_hub_has_an_empty_frame(lake: Lake) -> None:
    with Memory("memory:").read() as view:
        assert lake.frame(view).collect().is_empty()
        assert lake.events_of(view.manifest(), ["t"]) == []
        assert (lake.rows(b""), lake.settled_through(b""), lake.erase(b"", ["t"])) == (0, 0, (b"", 0))
        assert lake.compact(b"", {}) == lake.relabel(b"", str) == b""
    assert lake.sweep(b"", 0) == 0


def test_pages_of_a_customers_events_go_backwards(store: Memory, lake: Lake) -> None:
    for start in range(0, 40, 10):
        put(store, events=[event(n, PEOPLE[n % 2]) for n in range(start, start + 10)])
        settle_tail(store, lake, whole)
    mine = [seq for seq in range(1, 41) if seq % 2]
    found = lake.events_of(manifest(store), [tid(PEOPLE[0])], limit=7)
    assert [one.seq for one in found] == mine[::-1][:7]
    more = lake.events_of(manifest(store), [tid(PEOPLE[0])], before_seq=found[-1].seq, limit=100)
    assert [one.seq for one in more] == mine[::-1][7:]
    assert lake.events_of(manifest(store), ["nobody"]) == []


def test_files_wait_for_readers_before_they_are_swept(store: Memory, tmp_path: Path) -> None:
    now = [NOW]
    lake = Lake(tmp_path / "lake", clock=lambda: now[0])
    put(store, events=[event(n, PEOPLE[n % 9]) for n in range(30)])
    settle_tail(store, lake, whole)
    with store.read() as view:
        old = lake.frame(view)
        before = view.manifest()
    swap(store, lake, lake.relabel(before, lambda one: "new"))
    now[0] += 3_599_000_000
    assert lake.sweep(manifest(store), 3600) == 0
    assert old.collect().height == 30
    now[0] += 1_000_000
    assert lake.sweep(manifest(store), 3600) > 0
    with pytest.raises(Vanished):
        lake.events_of(before, [tid(PEOPLE[0])])
    with pytest.raises(Unavailable, match="missing"):
        lake.check(before)
    lake.check(manifest(store))


def test_readers_see_a_whole_lake_while_it_is_settled_compacted_and_swept(store: Memory, lake: Lake) -> None:
    """Every reader finds the events 1 to n exactly once, n as of its snapshot."""
    stop, wrong, reads = threading.Event(), [], [0]

    def ask(view: object) -> None:
        frame = lake.frame(view, columns=("seq", "profile")).collect()  # type: ignore[arg-type]
        seqs = sorted(frame["seq"])
        if seqs != list(range(1, view.last_seq() + 1)):  # type: ignore[attr-defined]
            wrong.append(seqs)

    def read() -> None:
        while not stop.is_set():
            try:
                reading(store, ask)
                reads[0] += 1
            except BaseException as error:
                wrong.append(repr(error))  # type: ignore[arg-type]
                return

    readers = [threading.Thread(target=read) for _ in range(2)]
    for one in readers:
        one.start()
    end, number = time.monotonic() + 2.5, 0
    while time.monotonic() < end:
        put(store, events=[event(number + n, PEOPLE[n % 9]) for n in range(20)])
        number += 20
        settle_tail(store, lake, whole, limit=15)
        with store.read() as view:
            before, owners = view.manifest(), owners_of(view)
        swap(store, lake, lake.compact(before, owners))
        lake.sweep(manifest(store), 0.05)
    stop.set()
    for one in readers:
        one.join()
    assert not wrong
    assert reads[0] > 3


def test_a_damaged_manifest_or_one_of_a_newer_harken_is_said(lake: Lake) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        lake.rows(b"{")
    with pytest.raises(Unavailable, match="update Harken"):
        lake.rows(b'{"format":99}')


def test_a_damaged_file_is_said(store: Memory, lake: Lake) -> None:
    put(store, events=[event(1, PEOPLE[0])])
    settle_tail(store, lake, whole)
    [file] = json.loads(manifest(store))["files"]
    Path(lake.files.path("trails", file["name"])).write_bytes(b"no parquet")
    with pytest.raises(Unavailable, match="damaged"):
        Lake(lake.files.root).events_of(manifest(store), [tid(PEOPLE[0])])
