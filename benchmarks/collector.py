"""Accept -> durable, recognized, remembered, over HTTP: batches of 100, and one event a request."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Figure, folder, server


def measure(*, quick: bool) -> list[Figure]:
    """Rows 1 and 2 of the table of numbers."""
    batched, single = (20_000, 3_000) if quick else (400_000, 40_000)
    results = {}
    for module in ("benchmarks.bare", "harken"):
        for events, per_request, connections in ((batched, 100, 8), (single, 1, 32)):
            with folder() as data:
                (data / "db").mkdir()
                results[module, per_request] = load(module, data / "db", events, per_request, connections)
    bare, hub = results["benchmarks.bare", 100], results["harken", 100]
    bare_one, hub_one = results["benchmarks.bare", 1], results["harken", 1]
    return [
        Figure(
            what="events heard over HTTP, batches of 100, SQLite",
            value=batched / hub["seconds"], unit="events/s", goal=40_000,
            limit=batched / bare["seconds"], limit_what="decode + insert only",
            note="never under 0.40 of the bare limit is wanted",
        ),
        Figure(
            what="requests with one event, keep-alive",
            value=single / hub_one["seconds"], unit="requests/s", goal=5_000,
            limit=single / bare_one["seconds"], limit_what="decode + insert only",
        ),
        Figure(
            what="… slowest of a hundred (p99), 32 connections",
            value=hub_one["p99"] * 1000, unit="ms", goal=15, at_most=True,
            limit=bare_one["p99"] * 1000, limit_what="decode + insert only",
        ),
    ]  # fmt: skip


def load(module: str, data: Path, events: int, per_request: int, connections: int) -> dict[str, float]:
    """Run the load generator against a fresh server."""
    with server(data, module=module, ready="/readyz" if module == "harken" else "/") as (port, _):
        words = [port, events, per_request, connections, 7]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load", *map(str, words)], capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode()[-2000:])
        return dict(json.loads(done.stdout))
