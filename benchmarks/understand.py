"""Questions about ten million settled events: first answer of a new process, and again; the peers on the same events.

A hub's lake holds the log, its index is made (as settling makes it). Each question has a process of its own; its clock is
that of the day after the last event. The limit is reading from memory the bytes that the counting cannot do without (place
and time of every step), as fast as this machine reads. `--events 100000000` shows that cost is linear and memory bounded.

Peers are told where they are found: here, or in one of the Pythons that `BENCH_PYTHONS` names (separated by colons), for
pm4py and retentioneering want other versions of what Harken needs: `pip install duckdb chdb pm4py retentioneering`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow.parquet as pq

from benchmarks.measure import Figure, folder
from benchmarks.peers import PEERS, STEPS, WEEK

if TYPE_CHECKING:
    from harken.hub import Hub

EVENTS = 10_000_000
SLICE = 5_000_000  # events settled at once
BYTES = 12  # of a step: place and time
MEMORY = 4_096  # MB, however long the log is
WITHIN = 15  # times the limit, for the map and the funnel
QUESTIONS = {  # what it is, goals of the first answer and of the next ones for ten million events
    "map": ("journey map with medians", 0.5, 0.25),
    "funnel": ("funnel of five steps within a week", 0.3, 0.06),
    "paths": ("top paths of five steps", 0.3, 0.06),
    "markov": ("chances of the next step by the last one (Markov)", 0.3, 0.05),
    "filtered": ("journey map of another segment and period each time", 1.0, 1.0),
}
DAY = 86_400_000_000


def measure(*, quick: bool, events: int = 0) -> list[Figure]:
    """Row 5 of the table of numbers, and the other questions."""
    events = events or (200_000 if quick else EVENTS)
    with folder() as data:
        parquet = data / "log.parquet" if events <= EVENTS else None  # peers need the memory that is shown to be enough
        settle(data / "hub", events, parquet)
        ours = {name: told("harken", str(data / "hub"), name) for name in QUESTIONS}
        limit = told("limit", str(events))["read"]
        peers = {name: peer(name, parquet) for name in PEERS} if parquet else {}
    return [*_times(ours, peers, limit, events), *_beside(ours, limit, events), *_memory(ours, events)]


def _times(ours: dict, peers: dict, limit: float, events: int) -> list[Figure]:
    """First and next answers; goals are those of ten million events, and as many times that as there are events."""
    figures = []
    for name, (what, *goals) in QUESTIONS.items():
        for which, word in enumerate(("first answer of a new process", "again")):
            figures.append(
                Figure(
                    what=f"{what}, {events:,} events, {word}",
                    value=ours[name]["seconds"][which],
                    unit="s",
                    goal=goals[which] * max(1, events / EVENTS),
                    at_most=True,
                    limit=limit,
                    limit_what="reading the steps from memory",
                    note="" if which else _peers(name, peers),
                )
            )
    return figures


def _peers(question: str, peers: dict) -> str:
    """What others take for it."""
    taken = [f"{name} {found[question]:.2f} s" for name, found in peers.items() if found and question in found]
    without = [name for name, found in peers.items() if found is None]
    told = f"peers on the same file: {', '.join(taken)}" if taken else ""
    return "; ".join(
        [*([told] if told else []), *([f"not installed: {', '.join(without)}"] if without and taken else [])]
    )


def _beside(ours: dict, limit: float, events: int) -> list[Figure]:
    """How far from what memory allows."""
    return [
        Figure(
            what=f"{QUESTIONS[name][0]}, {events:,} events, beside reading the steps from memory",
            value=ours[name]["seconds"][1] / limit,
            unit="×",
            goal=WITHIN,
            at_most=True,
        )
        for name in ("map", "funnel")
    ]


def _memory(ours: dict, events: int) -> list[Figure]:
    each = ", ".join(f"{name} {found['megabytes']:,}" for name, found in ours.items())
    most = max(found["megabytes"] for found in ours.values())
    what = f"memory of a question about {events:,} events, at most"
    return [Figure(what=what, value=most, unit="MB", goal=MEMORY, at_most=True, note=f"MB: {each}")]


def told(name: str, *given: str) -> dict:
    """What a program of its own measured."""
    return _ran([sys.executable, "-m", "benchmarks.understand", name, *given])


def peer(name: str, parquet: Path) -> dict:
    """What another tool takes, by a Python that has it; or why it is not told."""
    for python in (sys.executable, *filter(None, os.environ.get("BENCH_PYTHONS", "").split(":"))):
        probe = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
        if not subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode:
            try:
                return _ran([python, str(Path(__file__).with_name("peers.py")), name, str(parquet)])
            except RuntimeError as error:
                return {"without": f"failed ({str(error).strip().splitlines()[-1][:120]})"}
    return {"without": "is not installed"}


def _ran(words: list[str]) -> dict:
    ended = subprocess.run(words, capture_output=True, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr.decode()[-2000:])
    found: dict = json.loads(ended.stdout)
    return found


def settle(place: Path, events: int, parquet: Path | None = None) -> None:
    """The log of the generator as a hub's lake with its index; and as one file in the order of the lake, for the peers.
    In bounded memory."""
    import harken
    from harken.stores import Changes, Settled

    with harken.open(place) as hub, ExitStack() as stack:
        lake, manifest, writer = hub.core.lake, b"", None
        for rows in slices(events):
            manifest = lake.settle_rows(as_rows(rows), manifest)
            if parquet is not None:
                table = rows.to_arrow()
                writer = writer or stack.enter_context(pq.ParquetWriter(parquet, table.schema, compression="zstd"))
                writer.write_table(table)
        through = lake.settled_through(manifest)
        hub.core.write(lambda tx: tx.write(Changes(settled=Settled(through=through, manifest=manifest))))
        with hub.core.read() as view:
            hub.core.index.make(view)


def slices(events: int) -> Iterator[pl.DataFrame]:
    """The log in the columns of the lake, so many rows at a time; no customer is in two slices."""
    from harken.testing import logs

    names = pl.Series(logs.names()["name"])
    waiting: list[pl.DataFrame] = []
    first, held = 1, 0
    for arrays in logs.chunks(seed=7, events=events):
        rows = pl.DataFrame(arrays)
        waiting.append(
            rows.select(
                pl.col("customer").cast(pl.String).str.zfill(16).alias("profile"),
                "occurred",
                pl.int_range(first, first + pl.len()).alias("seq"),
                names.gather(rows["touchpoint"]).alias("touchpoint"),
                pl.lit("web").alias("channel"),
                pl.lit("track").alias("type"),
            )
        )
        first, held = first + rows.height, held + rows.height
        if held >= SLICE:
            yield pl.concat(waiting)
            waiting, held = [], 0
    if waiting:
        yield pl.concat(waiting)


def as_rows(rows: pl.DataFrame):  # type: ignore[no-untyped-def]  # an Arrow table
    """All columns of the lake; each customer has one trail."""
    import pyarrow as pa

    from harken.stores.lake.rows import SCHEMA

    there = rows.with_columns(
        pl.col("profile").alias("tid"), pl.col("occurred").cast(pl.Datetime("us", "UTC"))
    ).to_arrow()
    columns = {}
    for field in SCHEMA:
        if field.name in there.column_names:
            columns[field.name] = there[field.name].cast(field.type)
        else:
            empty = (
                None if field.name in ("emotion", "received") else {"verified": False, "raw": b""}.get(field.name, "")
            )
            columns[field.name] = pa.repeat(pa.scalar(empty, field.type), len(there))
    return pa.table(columns, schema=SCHEMA)


# ---------------------------------------------------------------------- programs of their own


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def harken_(place: str, question: str) -> dict:
    """A question of a new process, and again; and the most memory it took."""
    from harken.hub import Hub
    from harken.stores.lake import manifest as manifests

    with Hub.open(place) as hub, hub.core.read() as view:
        last = max(file.until for file in manifests.read(view.manifest()).files)
    with Hub.open(place, clock=lambda: last + DAY) as hub:
        ask = questions(hub)[question]
        first = timed(lambda: ask(0))
        again = min(timed(lambda n=n: ask(n)) for n in range(1, 6))  # type: ignore[misc]
    return {"seconds": [first, again], "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def questions(hub: Hub) -> dict[str, Callable[[int], object]]:
    """By name; the number says which time it is asked."""
    ask = hub.journeys.ask
    return {
        "map": lambda _: hub.journeys.map(),
        "funnel": lambda _: ask("funnel", steps=STEPS, window=WEEK),
        "paths": lambda _: ask("paths", depth=5),
        "markov": lambda _: ask("next_step", order=1),
        "filtered": lambda n: _filtered(hub, n),
    }


def _filtered(hub: Hub, n: int) -> object:
    """Three months from another day each time, of another tenth of all customers: nothing of the answer before is of use."""
    from harken import understand

    since = 1_767_225_600_000_000 + (60 + 7 * n) * DAY
    with hub.core.read() as view:
        logs = hub.journeys.logs(view)
        every = pl.concat([part.profiles for part in logs.parts])
        segment = every.filter(every.hash(n) % 10 == 0)
        question = understand.MapQuestion(since=since, until=since + 90 * DAY, profiles=segment)
        return understand.journey_map(logs, hub.config, question)


def limit_(events: str) -> dict:
    """Summing as many bytes as the steps have, on all processors."""
    import numpy as np

    from harken.understand import kernels

    kernels.each(len, [b"", b""])
    steps = np.ones(int(events) * BYTES // 8, np.int64)
    parts = np.array_split(steps, kernels.WORKERS)
    return {"read": min(timed(lambda: kernels.each(np.sum, parts)) for _ in range(5))}


PROGRAMS: dict[str, Callable[..., dict]] = {"harken": harken_, "limit": limit_}

if __name__ == "__main__":
    print(json.dumps(PROGRAMS[sys.argv[1]](*sys.argv[2:])))
