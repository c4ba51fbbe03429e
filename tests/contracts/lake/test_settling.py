"""The tail goes into the lake: as the store gave it, as plain Parquet, by profile and time, once."""

from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from contracts.lake.holding import PEOPLE, manifest, put, swap, whole
from contracts.stores import event, kept, tid
from harken.errors import Conflict, Unavailable
from harken.stores import Settled
from harken.stores.lake import Lake, owners_of
from harken.stores.lake.settling import settle_tail, tail_page, unchanged
from harken.stores.memory import Store as Memory


def test_settled_events_come_back_as_the_store_gave_them(store: Memory, lake: Lake) -> None:
    told = [
        event(1, PEOPLE[0], raw=b"\x00\xff not text", name="Zoë 👩‍👩‍👧 \0", occurred=-5),
        event(2, PEOPLE[0], verified=True, touchpoint="", channel=""),
        event(3, PEOPLE[1], raw=b"x" * 200_000),
    ]
    written = put(store, events=told)
    with store.read() as view:
        before = view.tail(0, 10)
    assert settle_tail(store, lake, lambda one: one) == 3
    found = lake.events_of(manifest(store), [tid(PEOPLE[0]), tid(PEOPLE[1])])
    assert found == before[::-1] == [kept(one) for one in written][::-1]
    with store.read() as view:
        assert view.tail(0, 10) == []


def test_files_are_plain_parquet_with_every_column(store: Memory, lake: Lake) -> None:
    said = {"emotion": -0.5, "plan": "größer"}
    put(store, events=[event(1, PEOPLE[0], raw=json.dumps(said).encode(), traits={"city": "Köln"})])
    with store.read() as view:
        [one] = view.tail(0, 1)
    full = replace(one, properties=said, traits={"city": "Köln"})
    after = lake.settle([full], {one.tid: "pid"}, b"")
    [file] = json.loads(after)["files"]
    [row] = pq.read_table(Path(lake.files.root, "events", file["name"] + ".parquet")).to_pylist()
    assert (row["profile"], row["emotion"], row["properties"]) == ("pid", -0.5, '{"emotion":-0.5,"plan":"größer"}')
    assert (row["traits"], row["raw"], row["seq"]) == ('{"city":"Köln"}', one.raw, one.seq)
    assert row["occurred"].tzinfo is not None
    assert row["occurred"].timestamp() * 1e6 == one.occurred


@pytest.mark.parametrize("said", [True, "4", None, [1], float("nan"), float("inf"), 10**400])
def test_an_emotion_that_is_no_number_is_none(said: object) -> None:
    from harken.stores.lake.rows import emotion_of

    assert emotion_of(event(1, properties={"emotion": said})) is None
    assert emotion_of(event(1, properties={"emotion": 3})) == 3.0


def test_rows_lie_by_profile_and_time(store: Memory, lake: Lake) -> None:
    chance = random.Random(4)
    put(store, events=[event(n, chance.choice(PEOPLE), occurred=chance.randrange(50)) for n in range(300)])
    settle_tail(store, lake, whole)
    for file in json.loads(manifest(store))["files"]:
        rows = pq.read_table(Path(lake.files.root, "events", file["name"] + ".parquet")).to_pylist()
        order = [(row["profile"], row["occurred"], row["seq"]) for row in rows]
        assert order == sorted(order)
        assert (file["rows"], file["low"], file["high"]) == (len(rows), order[0][0], order[-1][0])
        assert (file["first"], file["last"]) == (min(one[2] for one in order), max(one[2] for one in order))


def test_settling_the_same_tail_twice_is_a_conflict(store: Memory, lake: Lake) -> None:
    put(store, events=[event(1, PEOPLE[0])])
    with store.read() as view:
        events, before = view.tail(0, 10), view.manifest()
    first, second = (lake.settle(events, {}, before) for _ in range(2))
    put(store, settled=Settled(through=1, manifest=first, before=before))
    with pytest.raises(Conflict):
        put(store, settled=Settled(through=1, manifest=second, before=before))
    with pytest.raises(Conflict, match="in the lake already"):
        lake.settle(events, {}, first)
    with pytest.raises(Conflict, match="same tail"):
        lake.rebase(before, second, first)


def test_a_tail_that_changed_while_it_was_settled_is_noticed(store: Memory, lake: Lake) -> None:
    put(store, events=[event(n, PEOPLE[n % 2]) for n in range(1, 5)])
    with store.read() as view:
        page = tail_page(view, 0, 3)
        assert unchanged(view, page)
        assert unchanged(view, tail_page(view, 99, 3))
    for change in ({"refiled": {2: tid(PEOPLE[1])}}, {"relabeled": {1: "elsewhere"}}):
        put(store, **change)
        with store.read() as view:
            assert not unchanged(view, page)
            page = tail_page(view, 0, 3)
    with store.begin() as tx:
        tx.erase_events([tid(PEOPLE[1])])
        assert not unchanged(tx, page)


def test_the_copy_of_the_manifest_names_the_files_in_force(store: Memory, lake: Lake) -> None:
    put(store, events=[event(n, PEOPLE[n % 9]) for n in range(30)])
    settle_tail(store, lake, whole)
    swap(store, lake, lake.relabel(manifest(store), lambda one: "new"))
    copy = json.loads(Path(lake.files.root, "manifest.json").read_bytes())
    files = [Path(lake.files.root, "events", file["name"] + ".parquet") for file in copy["files"]]
    assert pl.read_parquet(files).height == 30
    assert sorted(path.name for path in Path(lake.files.root).iterdir()) == ["events", "manifest.json", "trails"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, store: Memory) -> None:
    (tmp_path / "file").write_text("in the way")
    lake = Lake(tmp_path / "file" / "lake")
    put(store, events=[event(1, PEOPLE[0])])
    with pytest.raises(Unavailable, match="cannot write"):
        settle_tail(store, lake, whole)
    with store.read() as view:
        assert len(view.tail(0, 10)) == 1


def test_an_object_store_serves_as_well(store: Memory) -> None:
    """Any filesystem of Arrow does (here its own in memory): no rename, no folder, no fsync needed."""
    lake = Lake("mock:///lake")
    put(store, events=[event(n, PEOPLE[n % 9]) for n in range(30)])
    settle_tail(store, lake, whole)
    first = manifest(store)
    erased, count = lake.erase(first, [tid(PEOPLE[0])])
    swap(store, lake, erased)
    with store.read() as view:
        swap(store, lake, lake.compact(view.manifest(), owners_of(view), share=0))
    assert count == 4
    assert len(lake.events_of(manifest(store), [tid(PEOPLE[1])])) == 4
    assert lake.sweep(manifest(store), 0) > 0
    assert lake.check(manifest(store))["lake events"].startswith("26 in")
