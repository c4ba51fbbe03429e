"""A job that is cut off or killed leaves the lake as it was, and nothing that is not swept."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contracts.lake.holding import PEOPLE, manifest, put, whole
from contracts.lakes import Durable
from contracts.stores import event
from harken.stores.lake import Lake
from harken.stores.lake.settling import settle_tail
from harken.stores.memory import Store as Memory
from harken.words import DAY, Event


def test_kill_minus_nine_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """A process that hears, settles, compacts and sweeps is killed at random moments; whatever it had been told is
    durable is there once, and nothing else."""
    chance = random.Random(9)
    for _ in range(8):
        script = [sys.executable, "-m", "contracts.lakes", str(tmp_path)]
        with subprocess.Popen(script, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(chance.random() * 0.5)  # any moment of its work
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


def test_what_a_crashed_job_left_is_swept_after_hours_not_before(store: Memory, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    put(store, events=[event(1, PEOPLE[0])])
    with store.read() as view:
        lake.settle(view.tail(0, 10), {}, b"")  # and never swapped in
    assert lake.sweep(b"", 0) == 0
    later = Lake(tmp_path / "lake", clock=lambda: time.time_ns() // 1_000 + DAY)
    assert later.sweep(b"", 0) == 1
    assert later.files.present() == {}
