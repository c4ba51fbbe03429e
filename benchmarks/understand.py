"""Questions about ten million settled events: first answer of a new process, and again; the peers on the same events.

A hub's lake holds the log, its index is made (as settling makes it). Each measured program is a process of its own. The
limit is reading from memory the bytes that the counting cannot do without (place and time of every step), as fast as
this machine reads. Peers that are not installed are left out: `pip install duckdb pm4py` for all of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from benchmarks.measure import Figure, folder

EVENTS = 10_000_000
STEPS = ["channel 1: touchpoint 1", "channel 2: touchpoint 2", "channel 3: touchpoint 3", "channel 4: touchpoint 4",
         "channel 5: touchpoint 5"]  # fmt: skip
WEEK = 7 * 86_400
BYTES = 12  # of a step: place and time
GOALS = {"map": (0.5, 0.25), "funnel": (0.3, 0.06), "paths": (0.3, 0.06)}  # seconds: first, again
WHAT = {
    "map": "journey map with medians",
    "funnel": "funnel of five steps within a week",
    "paths": "top paths of five steps",
    "refiltered": "journey map of three months",
}


def measure(*, quick: bool) -> list[Figure]:
    """Row 5 of the table of numbers, and the other questions."""
    events = 200_000 if quick else EVENTS
    with folder() as data:
        parquet = data / "log.parquet"
        settle(data / "hub", parquet, events)
        ours = told("harken", str(data / "hub"))
        limit = told("limit", str(events))["read"]
        peers = {name: told(name, str(parquet)) for name in PEERS if find_spec(NEEDS.get(name, name))}
    figures = []
    for name in (one for one in WHAT if one in ours):
        beside = ", ".join(f"{peer} {taken[name]:.2f} s" for peer, taken in peers.items() if name in taken)
        for which, word in enumerate(("first answer of a new process", "again")):
            figures.append(
                Figure(
                    what=f"{WHAT[name]}, {events:,} events, {word}",
                    value=ours[name][which],
                    unit="s",
                    goal=GOALS[name][which] if name in GOALS else 1.0,
                    at_most=True,
                    limit=limit,
                    limit_what="reading the steps from memory",
                    note=f"peers on the same file: {beside}" if beside and not which else "",
                )
            )
    return figures


def told(name: str, *given: str) -> dict:
    """What a program of its own measured."""
    words = [sys.executable, "-m", "benchmarks.understand", name, *given]
    ended = subprocess.run(words, capture_output=True, check=False)
    if ended.returncode:
        raise RuntimeError(ended.stderr.decode()[-2000:])
    found: dict = json.loads(ended.stdout)
    return found


def settle(place: Path, parquet: Path, events: int) -> None:
    """The log as a hub's lake with its index; and as one file in the order of the lake, for the peers."""
    import harken
    from harken.stores import Changes, Settled
    from harken.testing import logs

    numbers = place.with_suffix(".parquet")
    logs.parquet(numbers, events=events, seed=7)
    as_settled(numbers, logs.names()).sink_parquet(parquet)
    with harken.open(place) as hub:
        lake, manifest = hub.core.lake, b""
        for rows in pl.scan_parquet(parquet).collect().iter_slices(2_000_000):
            manifest = lake.settle_rows(as_rows(rows), manifest)
        owners = pl.scan_parquet(parquet).select(pl.col("profile").alias("tid"), "profile").unique().collect()
        manifest = lake.compact(manifest, owners, share=1.0)
        through = lake.settled_through(manifest)
        hub.core.write(lambda tx: tx.write(Changes(settled=Settled(through=through, manifest=manifest))))
        with hub.core.read() as view:
            hub.core.index.make(view)


def as_settled(path: Path, names: pl.DataFrame) -> pl.LazyFrame:
    """The log with the names of the lake's columns."""
    named = pl.scan_parquet(path).join(
        names.lazy().select("touchpoint", "name"), on="touchpoint", maintain_order="left"
    )
    return named.select(
        pl.col("customer").cast(pl.String).str.zfill(16).alias("profile"),
        "occurred",
        pl.int_range(1, pl.len() + 1).alias("seq"),
        pl.col("name").alias("touchpoint"),
        pl.lit("web").alias("channel"),
        pl.lit("track").alias("type"),
    )


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


def harken_(place: str) -> dict:
    """Each question twice."""
    import harken
    from harken.hub import Hub

    def questions(hub: Hub) -> dict[str, Callable[[], object]]:
        asked: dict[str, Callable[[], object]] = {
            "map": hub.journeys.map,
            "funnel": lambda: hub.journeys.ask("funnel", steps=STEPS, window=WEEK),
            "paths": lambda: hub.journeys.ask("paths", depth=5),
            "refiltered": lambda: hub.journeys.map(since="2026-04-01", until="2026-07-01"),
        }
        return {name: work for name, work in asked.items() if name in ("map", "refiltered", *dir(hub.journeys))}

    with harken.open(place) as hub:
        names = list(questions(hub))
    found = {}
    for name in names:
        with harken.open(place) as hub:
            work = questions(hub)[name]
            found[name] = [timed(work), min(timed(work) for _ in range(3))]
    return found


def limit_(events: str) -> dict:
    """Summing as many bytes as the steps have, on all processors."""
    import numpy as np

    from harken.understand import kernels

    kernels.each(len, [b"", b""])
    steps = np.ones(int(events) * BYTES // 8, np.int64)
    parts = np.array_split(steps, kernels.WORKERS)
    return {"read": min(timed(lambda: kernels.each(np.sum, parts)) for _ in range(5))}


def polars_(path: str) -> dict:
    """As people write it: sort, shift, group."""
    customer, time_ = pl.col("profile"), pl.col("occurred")

    def draw() -> object:
        rows = pl.scan_parquet(path).sort("profile", "occurred", "seq")
        after = [pl.col("touchpoint").shift(-1).over("profile").alias("to"), (time_.shift(-1) - time_).alias("took")]
        moves = rows.with_columns(after).filter(pl.col("to").is_not_null())
        return moves.group_by("touchpoint", "to").agg(pl.len(), customer.n_unique(), pl.col("took").median()).collect()

    return {"map": timed(draw)}


def duckdb_(path: str) -> dict:
    """Portable SQL with window functions."""
    import duckdb

    sql = """with steps as (select touchpoint, occurred, profile, lead(touchpoint) over w as towards,
             lead(occurred) over w as later from read_parquet(?) window w as (partition by profile order by occurred, seq))
             select touchpoint, towards, count(*), count(distinct profile), median(later - occurred)
             from steps where towards is not null group by all"""
    return {"map": timed(lambda: duckdb.connect().execute(sql, [path]).fetchall())}


def pm4py_(path: str) -> dict:
    """Its public functions, loading not counted."""
    import pm4py

    frame = pl.read_parquet(path).to_pandas()
    frame["occurred"] = frame["occurred"].astype("datetime64[us]")
    log = pm4py.format_dataframe(frame, case_id="profile", activity_key="touchpoint", timestamp_key="occurred")
    return {"map": timed(lambda: (pm4py.discover_dfg(log), pm4py.discover_performance_dfg(log)))}


PEERS = {"polars": polars_, "duckdb": duckdb_, "pm4py": pm4py_}
NEEDS: dict[str, str] = {}
PROGRAMS: dict[str, Callable[[str], dict]] = {"harken": harken_, "limit": limit_, **PEERS}

if __name__ == "__main__":
    print(json.dumps(PROGRAMS[sys.argv[1]](sys.argv[2])))
