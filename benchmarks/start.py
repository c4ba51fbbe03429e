"""Seconds from starting `harken serve` on an empty folder to its first ready answer."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.measure import Figure, folder, server


def measure(*, quick: bool) -> list[Figure]:
    """Row 7 of the table of numbers."""
    taken, bare = [], []
    for _ in range(2 if quick else 5):
        with folder() as data:
            began = time.perf_counter()
            with server(data / "hub"):
                taken.append(time.perf_counter() - began)
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import granian, msgspec, sqlite3"], check=True)
        bare.append(time.perf_counter() - began)
    return [
        Figure(
            what="start of an empty hub", value=statistics.median(taken), unit="s", goal=1.5, at_most=True,
            limit=statistics.median(bare), limit_what="Python importing the server",
        )
    ]  # fmt: skip
