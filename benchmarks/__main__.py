"""Run every benchmark of this folder -> one table, and docs/reference/benchmarks.md with the machine's name.

python -m benchmarks                 all of them
python -m benchmarks collector start      those named
python -m benchmarks --quick         smaller sizes, to see that they run
python -m benchmarks understand --events 100000000       questions about so many events
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Figure

NAMES = ("collector", "stages", "postgres", "imports", "understand", "decide", "start", "memory")
PAGE = Path(__file__).parent.parent / "docs" / "reference" / "benchmarks.md"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Harken's headline numbers")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="which; all when none is named")
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    parser.add_argument("--events", type=int, default=0, help="of the log that questions are asked about (understand)")
    options = parser.parse_args()
    if options.events and options.names != ["understand"]:
        parser.error("--events is for `understand` alone: python -m benchmarks understand --events 100000000")
    console = Console(stderr=True)
    figures: list[Figure] = []
    for name in options.names or NAMES:
        console.print(f"[dim]measuring {name} …[/]")
        more = {"events": options.events} if options.events else {}
        figures.extend(importlib.import_module(f"benchmarks.{name}").measure(quick=options.quick, **more))
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("what", "measured", "limit of the same run", "of the limit", "goal", "reached"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for figure in figures:
        table.add_row(*figure.row())
    Console(width=max(140, console.width)).print(table)
    if not options.names and not options.quick:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(figures), encoding="utf-8")
        console.print(
            f"written to {PAGE.relative_to(Path.cwd())}" if PAGE.is_relative_to(Path.cwd()) else f"written to {PAGE}"
        )
    sys.stdout.flush()


def page(figures: list[Figure]) -> str:
    """The reference page."""
    cores, cpu = os.cpu_count(), _processor()
    head = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Load generator included, on the same machine; each limit was measured in the same run.",
        "",
        f"Machine: {cpu}, {cores} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d}.",
        "",
        "| what | measured | limit of the same run | of the limit | goal | reached |",
        "|---|---:|---:|---:|---:|---|",
    ]
    return "\n".join([*head, *("| " + " | ".join(figure.row()) + " |" for figure in figures), "", *_notes(figures), ""])


def _notes(figures: list[Figure]) -> list[str]:
    return [f"* **{figure.what}**: {figure.note}" for figure in figures if figure.note]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


main()
