"""The journey map with median times over ten million events on disk: first call in a new process, and again.

The limit is reading the four columns the map needs from the same files, and nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from benchmarks.measure import Figure, folder

EVENTS = 10_000_000
COLUMNS = ["profile", "occurred", "seq", "touchpoint"]


def measure(*, quick: bool) -> list[Figure]:
    """Row 5 of the table of numbers; the kernels that reach its goal come with the journey index."""
    from harken.testing import logs

    events = 200_000 if quick else EVENTS
    with folder() as data:
        logs.parquet(data / "numbers.parquet", events=events, seed=7)
        path = data / "log.parquet"
        as_settled(data / "numbers.parquet", logs.names()).sink_parquet(path)
        told = subprocess.run([sys.executable, "-m", "benchmarks.map", str(path)], capture_output=True, check=False)
        if told.returncode:
            raise RuntimeError(told.stderr.decode()[-2000:])
        first, again, read = json.loads(told.stdout)
    what = f"journey map with medians, {events:,} events in Parquet"
    return [
        Figure(
            what=f"{what}, first call",
            value=first,
            unit="s",
            goal=0.5,
            at_most=True,
            limit=read,
            limit_what="reading the columns",
        ),
        Figure(
            what=f"{what}, again",
            value=again,
            unit="s",
            goal=0.25,
            at_most=True,
            limit=read,
            limit_what="reading the columns",
        ),
    ]


def as_settled(path: Path, names: pl.DataFrame) -> pl.LazyFrame:
    """The log with the columns and the order of the lake's files."""
    named = pl.scan_parquet(path).join(
        names.lazy().select("touchpoint", "name"), on="touchpoint", maintain_order="left"
    )
    return named.select(
        pl.col("customer").cast(pl.String).str.zfill(16).alias("profile"),
        "occurred",
        pl.col("order").alias("seq"),
        pl.col("name").alias("touchpoint"),
        pl.lit("web").alias("channel"),
        pl.lit("track").alias("type"),
    )


def main() -> None:
    """In a process of its own: time the reading, then the map twice."""
    from harken.understand import MapQuestion, journey_map
    from harken.words import Config

    path = Path(sys.argv[1])
    began = time.perf_counter()
    pl.read_parquet(path, columns=COLUMNS)
    taken = [time.perf_counter() - began]
    for _ in range(2):
        began = time.perf_counter()
        journey_map(pl.scan_parquet(path), Config(), MapQuestion())
        taken.append(time.perf_counter() - began)
    print(json.dumps([taken[1], taken[2], taken[0]]))


if __name__ == "__main__":
    main()
