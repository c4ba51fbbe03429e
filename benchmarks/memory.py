"""Memory of a hub under load: after a first part of it, and after four times as much again."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measure import Figure, folder, resident_mb, server


def measure(*, quick: bool) -> list[Figure]:
    """Row 6 of the table of numbers: flat under any load."""
    events = 20_000 if quick else 150_000
    with folder() as data, server(data / "hub") as (port, process):
        sizes = [_after(port, process.pid, events, seed) for seed in range(1, 6)]
    return [
        Figure(
            what=f"memory after {5 * events:,} events, beside that after {events:,}", value=sizes[-1] / sizes[0], unit="×",
            goal=1.5, at_most=True, note=f"MB after each fifth: {', '.join(f'{size:.0f}' for size in sizes)}",
        )
    ]  # fmt: skip


def _after(port: int, pid: int, events: int, seed: int) -> float:
    words = [port, events, 100, 8, seed * 100]
    subprocess.run([sys.executable, "-m", "benchmarks.load", *map(str, words)], check=True, capture_output=True)
    return resident_mb(pid)
