"""Small runs are merged and each profile's events brought together, no more often than it is worth."""

from __future__ import annotations

import json

import polars as pl
import pytest

from contracts.lake.holding import PEOPLE, manifest, owner, put, seen, swap, whole
from contracts.stores import event, tid, trail
from harken.errors import Conflict, Invalid
from harken.stores.lake import Lake, owners_of
from harken.stores.lake.settling import settle_tail
from harken.stores.memory import Store as Memory


def test_compaction_brings_a_profiles_events_together(store: Memory, lake: Lake) -> None:
    """After many small settles and a merge, a run or two a bucket are left and every row lies under its owner."""
    for start in range(0, 200, 20):
        put(store, events=[event(n, PEOPLE[n % 9]) for n in range(start, start + 20)])
        settle_tail(store, lake, whole)
    put(store, trails=[trail(name, pid=owner(PEOPLE[0])) for name in PEOPLE[:4]])
    with store.read() as view:
        after = lake.compact(view.manifest(), owners_of(view), share=0)
    swap(store, lake, after)
    with store.read() as view:
        again = lake.compact(after, owners_of(view), share=0)
        assert lake.compact(again, owners_of(view), share=0) == again
    files = json.loads(again)["files"]
    assert len(files) <= 2 * len({file["bucket"] for file in files})
    rows = pl.concat([pl.read_parquet(lake.files.path("events", file["name"])) for file in files])
    wanted = [(owner(PEOPLE[0] if n % 9 < 4 else PEOPLE[n % 9]), n + 1) for n in range(200)]
    assert sorted(rows.select("profile", "seq").iter_rows()) == sorted(wanted)


def test_large_runs_are_not_rewritten_for_a_few_strays(store: Memory, lake: Lake) -> None:
    put(store, events=[event(n, PEOPLE[0]) for n in range(500)] + [event(1000, PEOPLE[1])])
    put(store, trails=[trail(name, pid="one") for name in PEOPLE])
    settle_tail(store, lake, whole)
    put(store, trails=[trail(PEOPLE[1], pid="two")])
    with store.read() as view:
        before = view.manifest()
        assert lake.compact(before, owners_of(view)) == before
        assert lake.compact(before, owners_of(view), share=0.001) != before
    assert len([row for row in seen(store, lake) if row[0] == "two"]) == 1


def test_events_of_a_trail_that_is_gone_are_seen_by_nobody_and_go_with_the_next_compaction(
    store: Memory, lake: Lake
) -> None:
    put(store, events=[event(n, PEOPLE[0]) for n in range(500)] + [event(1000, PEOPLE[1])])
    put(store, trails=[trail(name, pid="one") for name in PEOPLE])
    settle_tail(store, lake, whole)
    put(store, dropped_trails=[tid(PEOPLE[1])])
    assert len(seen(store, lake)) == 500
    with store.read() as view:
        after = lake.compact(view.manifest(), owners_of(view))
    assert (lake.rows(manifest(store)), lake.rows(after)) == (501, 500)


def test_compaction_refuses_to_drop_everything(store: Memory, lake: Lake) -> None:
    put(store, events=[event(1, PEOPLE[0])])
    settle_tail(store, lake, whole)
    with pytest.raises(Invalid, match="owners"):
        lake.compact(manifest(store), {})


def test_a_long_job_is_taken_over_what_was_settled_meanwhile(store: Memory, lake: Lake) -> None:
    for start in (0, 30, 60):
        put(store, events=[event(n, PEOPLE[n % 9]) for n in range(start, start + 30)])
        settle_tail(store, lake, whole)
    with store.read() as view:
        before, owners = view.manifest(), owners_of(view)
    compacted, relabeled = lake.compact(before, owners), lake.relabel(before, lambda one: "new")
    put(store, events=[event(n, PEOPLE[n % 9]) for n in range(100, 110)])
    settle_tail(store, lake, whole)
    swap(store, lake, lake.refile(manifest(store), {1: (tid(PEOPLE[0]), tid(PEOPLE[1]))}))
    swap(store, lake, lake.rebase(before, compacted, manifest(store)))
    assert [seq for _, seq, _ in sorted(seen(store, lake), key=lambda row: row[1])] == list(range(1, 101))
    assert (owner(PEOPLE[1]), 1, "web: Plan page") in seen(store, lake)
    assert lake.settled_through(manifest(store)) == 100
    with pytest.raises(Conflict, match="rewrote the same"):
        lake.rebase(before, relabeled, manifest(store))
