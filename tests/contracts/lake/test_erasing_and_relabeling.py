"""What is settled changes after all: a customer is erased, places get other names."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from contracts.lake.holding import PEOPLE, manifest, put, swap, whole
from contracts.stores import event, tid
from harken.stores.lake import Lake
from harken.stores.lake.settling import settle_tail
from harken.stores.memory import Store as Memory


def test_an_erased_customer_is_in_no_file_after_the_sweep(store: Memory, lake: Lake) -> None:
    put(store, events=[event(n, PEOPLE[n % 2], raw=b"SECRET-%d" % (n % 2)) for n in range(50)])
    settle_tail(store, lake, lambda one: one)
    after, erased = lake.erase(manifest(store), [tid(PEOPLE[1])])
    swap(store, lake, after)
    assert erased == 25
    assert lake.erase(after, [tid(PEOPLE[1])]) == (after, 0)
    lake.sweep(after, 0)
    files = [path for path in Path(lake.files.root).rglob("*") if path.is_file()]
    tables = [pq.read_table(path) for path in files if path.suffix == ".parquet"]
    assert sum(table.num_rows for table in tables if "raw" in table.column_names) == 25
    assert not any(tid(PEOPLE[1]) in table["tid"].to_pylist() for table in tables)


def test_relabeling_leaves_runs_alone_in_which_nothing_changes(store: Memory, lake: Lake) -> None:
    put(store, events=[event(n, name, touchpoint=f"web: {name}") for n, name in enumerate(PEOPLE)])
    settle_tail(store, lake, whole)
    before = manifest(store)
    assert lake.relabel(before, lambda one: one.touchpoint) == before
    after = lake.relabel(before, lambda one: "new" if one.tid == tid(PEOPLE[0]) else one.touchpoint)
    old, new = ({file["name"] for file in json.loads(each)["files"]} for each in (before, after))
    assert len(new - old) == len(old - new) == 1
    assert [one.touchpoint for one in lake.events_of(after, [tid(PEOPLE[0])])] == ["new"]
