"""Two hub nodes over one PostgreSQL: events a second they hear together, over HTTP in batches of 100."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from benchmarks.measure import Figure, folder, server

sys.path.insert(0, "tests")


def measure(*, quick: bool) -> list[Figure]:
    """Row 3 of the table of numbers; the limit is COPY of the same rows into one table by one connection."""
    from postgres import Postgres

    events = 10_000 if quick else 100_000
    database = Postgres(durable=True)
    try:
        url = database.fresh()
        with (
            folder() as data,
            server(data / "a", "--store", url) as (one, _),
            server(data / "b", "--store", url) as (two, _),
        ):
            loads = [_load(port, events, seed) for port, seed in ((one, 11), (two, 22))]
            told = [json.loads(load.communicate()[0]) for load in loads]
            seconds = max(one["seconds"] for one in told)
        limit = _copy(database.fresh(), 2 * events)
    finally:
        database.close()
    return [
        Figure(
            what="events heard by two nodes over one PostgreSQL, batches of 100", value=2 * events / seconds, unit="events/s",
            goal=15_000, limit=limit, limit_what="COPY of the same rows",
        )
    ]  # fmt: skip


def _load(port: int, events: int, seed: int) -> subprocess.Popen[bytes]:
    words = [port, events, 100, 4, seed]
    return subprocess.Popen([sys.executable, "-m", "benchmarks.load", *map(str, words)], stdout=subprocess.PIPE)


def _copy(url: str, rows: int) -> float:
    """Rows a second of COPY, 2,000 rows a transaction."""
    import psycopg

    row = (1, "a" * 16, "web", "track", "Plan Compared", "2026-01-01", b"{" + b"x" * 400 + b"}")
    with psycopg.connect(url) as line:
        line.execute("create table event (n int, id text, source text, type text, name text, at text, raw bytea)")
        line.commit()
        began = time.perf_counter()
        for _ in range(0, rows, 2_000):
            with line.cursor().copy("copy event from stdin") as copy:
                for _ in range(2_000):
                    copy.write_row(row)
            line.commit()
        return rows / (time.perf_counter() - began)
