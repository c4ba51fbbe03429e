"""What a benchmark gives back, and starting the real hub or a bare one in a process of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WRITE_KEY = "hk_write_benchmark"
SECRET_KEY = "hk_secret_benchmark"


@dataclass(frozen=True)
class Figure:
    """One headline number. `goal` is reached when the value is at least (or, for times, at most) that."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = False
    limit: float | None = None
    limit_what: str = ""
    note: str = ""

    def row(self) -> list[str]:
        """The figure as a row of the table."""
        limit = f"{number(self.limit)} {self.unit} ({self.limit_what})" if self.limit else "–"
        share = "–"
        if self.limit:
            share = f"{self.limit / self.value:.2f}" if self.at_most else f"{self.value / self.limit:.2f}"
        goal = "–" if self.goal is None else f"{'≤' if self.at_most else '≥'} {number(self.goal)} {self.unit}"
        return [self.what, f"{number(self.value)} {self.unit}", limit, share, goal, self.verdict()]

    def verdict(self) -> str:
        """Whether the goal was reached, and by how much it was missed."""
        if self.goal is None:
            return ""
        ratio = self.goal / self.value if self.at_most else self.value / self.goal
        return "yes" if ratio >= 1 else f"no, {ratio:.0%} of it"


def number(value: float) -> str:
    """Three figures or whole thousands."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on the disk the project is on (a memory disk would make every fsync free)."""
    path = Path(tempfile.mkdtemp(prefix="bench-", dir=Path.cwd()))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def server(
    data: Path, *words: str, module: str = "harken", ready: str = "/readyz"
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A hub (or what `module` serves) on a free port; gives the port and the process."""
    port = free_port()
    environ = {
        **os.environ,
        "HARKEN_WRITE_KEY": WRITE_KEY,
        "HARKEN_SECRET_KEY": SECRET_KEY,
        "HARKEN_LOG_LEVEL": "warning",
    }
    command = [
        sys.executable,
        "-m",
        module,
        *(["serve", "--data", str(data), "--port"] if module == "harken" else [str(data)]),
    ]
    process = subprocess.Popen(
        [*command, str(port), *words], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        wait(port, ready, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(30)


def wait(port: int, path: str, process: subprocess.Popen[bytes], seconds: float = 30.0) -> float:
    """Seconds until the server answers 200 on `path`."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        if process.poll() is not None:
            told = process.stderr.read().decode() if process.stderr else ""
            raise RuntimeError(f"the server ended: {told[-2000:]}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
                line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                if line.recv(64).split(b" ")[1] == b"200":
                    return time.perf_counter() - began
        except (OSError, IndexError):
            pass
        time.sleep(0.01)
    raise RuntimeError("the server did not get ready")


def resident_mb(pid: int) -> float:
    """Memory a process and its children hold now, in MB."""
    total = 0
    for one in [pid, *_children(pid)]:
        for line in Path(f"/proc/{one}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                total += int(line.split()[1])
    return total / 1024


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found
