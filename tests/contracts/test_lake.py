"""The lake: every event in it or in the tail, once, under the profile that owns its trail; whatever happened before."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.lakes import Durable
from contracts.stores import NOW, event, kept, tid, trail
from harken.errors import Conflict, Invalid, Unavailable
from harken.stores import Changes, Settled, Store
from harken.stores.lake import Lake, Vanished, owners_of, reading
from harken.stores.lake.settling import settle_tail, tail_page, unchanged
from harken.stores.memory import Store as Memory
from harken.words import DAY, Event

PEOPLE = [f"person-{n}" for n in range(9)]
Write = Callable[..., list[Event]]


def whole(one: Event) -> Event:
    """What `listen.reread` does: fill in what follows from `raw`."""
    return replace(one, properties=json.loads(one.raw))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def store() -> Memory:
    made = Memory("memory:")
    put(made, trails=[trail(name) for name in PEOPLE])
    return made


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


# ---------------------------------------------------------------------- what is settled comes back


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


# ---------------------------------------------------------------------- whatever happens, all agree


class World:
    """A store and a lake, and beside them a plain dictionary that says what they should hold."""

    def __init__(self, place: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = NOW
        self.lake = Lake(place, clock=lambda: self.now)
        self.store = Memory("memory:")
        self.trails = {tid(name): trail(name) for name in PEOPLE}
        self.rows: dict[int, list[str]] = {}  # seq -> [tid, touchpoint]
        put(self.store, trails=[*self.trails.values()])
        self.number = 0

    def hear(self) -> None:
        told = []
        for _ in range(self.chance.randrange(1, 30)):
            self.number += 1
            mine = self.chance.choice([*self.trails.values()])
            when = self.chance.randrange(5 * DAY)
            told.append(replace(event(self.number), tid=mine.tid, occurred=when, raw=b"{}"))
        for one in put(self.store, events=told):
            self.rows[one.seq] = [one.tid, one.touchpoint]

    def settle(self) -> None:
        settle_tail(self.store, self.lake, whole, limit=self.chance.randrange(1, 40))

    def move(self) -> None:
        """A merge or an un-merge: a trail belongs to another profile."""
        one = self.chance.choice([*self.trails.values()])
        one.pid = owner(self.chance.choice(PEOPLE))
        put(self.store, trails=[one])

    def refile(self) -> None:
        """Some events of a trail belong to another one after all."""
        before, after = self.chance.choice([*self.trails]), self.chance.choice([*self.trails])
        moved = [seq for seq, row in self.rows.items() if row[0] == before and self.chance.random() < 0.5]
        for seq in moved:
            self.rows[seq][0] = after
        with self.store.begin() as tx:
            old = tx.manifest()
            new = self.lake.refile(old, dict.fromkeys(moved, (before, after)))
            through = self.lake.settled_through(old)
            settled = Settled(through=through, manifest=new, before=old) if new != old else None
            tx.write(Changes(refiled=dict.fromkeys(moved, after), settled=settled))

    def erase(self) -> None:
        if len(self.trails) < 4:
            return
        gone = self.chance.sample([*self.trails], 2)
        wanted = sum(row[0] in gone for row in self.rows.values())
        with self.store.begin() as tx:
            old = tx.manifest()
            new, from_lake = self.lake.erase(old, gone)
            assert from_lake + tx.erase_events(gone) == wanted
            through = self.lake.settled_through(old)
            settled = Settled(through=through, manifest=new, before=old) if new != old else None
            tx.write(Changes(dropped_trails=gone, settled=settled))
        self.rows = {seq: row for seq, row in self.rows.items() if row[0] not in gone}
        for one in gone:
            del self.trails[one]

    def compact(self) -> None:
        with self.store.read() as view:
            old, owners = view.manifest(), dict(view.profile_ids_of_trails())
        share = self.chance.choice([0.0, 0.02, 0.5])
        bucket = self.chance.choice([None, None, 3])
        swap(self.store, self.lake, self.lake.compact(old, owners, share=share, bucket=bucket))

    def relabel(self) -> None:
        part = self.chance.randrange(3)

        def label(one: Event) -> str:
            return f"place {self.now}" if one.seq % 3 == part else one.touchpoint

        with self.store.read() as view:
            old, tail = view.manifest(), view.tail(0, 10_000)
        new = self.lake.relabel(old, label)
        for seq, row in self.rows.items():
            row[1] = label(event(0, seq=seq, touchpoint=row[1]))
        put(self.store, relabeled={one.seq: label(one) for one in tail})
        swap(self.store, self.lake, new)

    def sweep(self) -> None:
        self.lake.sweep(manifest(self.store), self.chance.choice([0, 3600]))

    def check(self) -> None:
        wanted = sorted((self.trails[one].pid, seq, place) for seq, (one, place) in self.rows.items())
        assert seen(self.store, self.lake) == wanted
        with self.store.read() as view:
            for mine in self.chance.sample([*self.trails], 3):
                both = [*view.events([mine]), *self.lake.events_of(view.manifest(), [mine])]
                assert [one.seq for one in both] == sorted((s for s, row in self.rows.items() if row[0] == mine))[::-1]
                assert {(one.tid, one.touchpoint) for one in both} <= {(mine, row[1]) for row in self.rows.values()}
            self.lake.check(view.manifest())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_every_event_is_there_once_and_with_its_owner_whatever_was_done(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    world = World(tmp_path_factory.mktemp("world") / "lake", seed)
    verbs = [world.hear, world.hear, world.settle, world.settle, world.move, world.refile, world.erase,
             world.compact, world.relabel, world.sweep]  # fmt: skip
    world.hear()
    for step in range(14):
        world.now += DAY // 7
        world.chance.choice(verbs)()
        if step % 4 == 3:
            world.check()
    world.check()


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


# ---------------------------------------------------------------------- several at once


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


def test_what_a_crashed_job_left_is_swept_after_hours_not_before(store: Memory, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    put(store, events=[event(1, PEOPLE[0])])
    with store.read() as view:
        lake.settle(view.tail(0, 10), {}, b"")  # and never swapped in
    assert lake.sweep(b"", 0) == 0
    later = Lake(tmp_path / "lake", clock=lambda: time.time_ns() // 1_000 + DAY)
    assert later.sweep(b"", 0) == 1
    assert later.files.present() == {}


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


# ---------------------------------------------------------------------- crashes


def test_kill_minus_nine_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """A process that hears, settles, compacts and sweeps is killed at random moments; whatever it had been told is
    durable is there once, and nothing else."""
    chance = random.Random(9)
    for _ in range(8):
        script = [sys.executable, "-m", "contracts.lakes", str(tmp_path)]
        with subprocess.Popen(script, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(chance.random() * 0.5)
            process.send_signal(signal.SIGKILL)
            told = [int(line) for line in process.stdout.read().split(b"\n")[:-1]]
        store, lake = Durable(tmp_path / "store.db"), Lake(tmp_path / "lake")
        with store.read() as view:
            last = view.last_seq()
            assert last >= max(told, default=0)
            found = lake.frame(view, columns=("seq", "profile")).collect()
            assert sorted(found["seq"]) == list(range(1, last + 1))
            lake.check(view.manifest())
            assert lake.rows(view.manifest()) + len(view.tail(0, 10**6)) == last


def test_a_job_that_fails_leaves_no_files(store: Memory, lake: Lake) -> None:
    put(store, events=[event(n, PEOPLE[n % 9]) for n in range(30)])
    settle_tail(store, lake, whole)
    before = lake.files.present().keys()

    def broken(one: Event) -> str:
        return str(1 // (one.seq - 17))

    with pytest.raises(ZeroDivisionError):
        lake.relabel(manifest(store), broken)
    assert lake.files.present().keys() == before
    assert {path.stem for path in Path(lake.files.root, "trails").iterdir()} == before


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, store: Memory) -> None:
    (tmp_path / "file").write_text("in the way")
    lake = Lake(tmp_path / "file" / "lake")
    put(store, events=[event(1, PEOPLE[0])])
    with pytest.raises(Unavailable, match="cannot write"):
        settle_tail(store, lake, whole)
    with store.read() as view:
        assert len(view.tail(0, 10)) == 1


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


# ---------------------------------------------------------------------- other places and tools


def test_the_copy_of_the_manifest_names_the_files_in_force(store: Memory, lake: Lake) -> None:
    put(store, events=[event(n, PEOPLE[n % 9]) for n in range(30)])
    settle_tail(store, lake, whole)
    swap(store, lake, lake.relabel(manifest(store), lambda one: "new"))
    copy = json.loads(Path(lake.files.root, "manifest.json").read_bytes())
    files = [Path(lake.files.root, "events", file["name"] + ".parquet") for file in copy["files"]]
    assert pl.read_parquet(files).height == 30
    assert sorted(path.name for path in Path(lake.files.root).iterdir()) == ["events", "manifest.json", "trails"]


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
