"""The database file: a URL or directory in, connections to an up-to-date file out; SQLite's errors told in our words."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

from harken.errors import Unavailable
from harken.stores import Retry

FILE = "harken.db"
OURS = 0x4861726B  # "Hark": marks the file as Harken's
OLDEST = (3, 38, 0)
WAIT_SECONDS = 10.0  # how long a writer of another process may take
WAL_PAGES = 1_000  # pages of 4 kB that wait in the write-ahead log until a commit moves them: a few milliseconds
WAL_PAGES_BUSY = 8_000  # while commits are big anyway: fewer syncs, and pages that change again are moved once
BUSY = 500  # events in one commit
WAL_BYTES = 64 * 1024 * 1024  # a log that grew beyond this beside a long reader is cut again


def file_of(url: str) -> Path:
    """The database file a URL or a directory names.

    >>> [str(file_of(url)) for url in ("data", "sqlite:///srv/hub.db", "sqlite:here.db", "sqlite:////srv/hub.db")]
    ['data/harken.db', '/srv/hub.db', 'here.db', '/srv/hub.db']
    """
    if not url.lower().startswith("sqlite:"):
        folder = Path(url).expanduser()
        if folder.is_file():
            raise Unavailable(
                f"{folder} is a file, not a directory; name its directory, or sqlite://{folder.resolve()}"
            )
        return folder / FILE
    path = unquote(url[len("sqlite:") :].partition("?")[0])
    path = re.sub("^/{2,}", "/", path) if path.startswith("///") else path.removeprefix("//")
    if not path:
        raise Unavailable(f"{url!r} names no file; write sqlite:///path/to/{FILE}")
    named = Path(path).expanduser()
    return named / FILE if named.is_dir() or path.endswith("/") else named


def prepare(file: Path) -> None:
    """See that the directory is there and the file, if any, may be written."""
    with reached(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            with file.open("r+b"):  # sqlite would open it to read only, and say so at the first write
                pass


def connect(file: Path, *, writes: bool) -> sqlite3.Connection:
    """A connection of ours: durable at every commit, usable from any one thread at a time."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise Unavailable(
            f"SQLite {sqlite3.sqlite_version} is too old; {'.'.join(map(str, OLDEST))} or newer is needed"
        )
    with explained(file):
        db = sqlite3.connect(
            file, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        try:
            db.execute("PRAGMA synchronous=FULL")
            db.execute(f"PRAGMA cache_size=-{64_000 if writes else 16_000}")
            db.execute("PRAGMA temp_store=MEMORY")
            db.execute("PRAGMA trusted_schema=OFF")
            db.execute("PRAGMA secure_delete=FAST")
            db.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES if writes else 0}")
            db.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
            if not writes:
                db.execute("PRAGMA query_only=ON")
        except BaseException:
            db.close()
            raise
        return db


def begin(db: sqlite3.Connection, wait: float = WAIT_SECONDS) -> None:
    """Begin to write once nobody else does. SQLite itself would ask ever more seldom, and starve beside a busy writer."""
    until = time.monotonic() + wait
    db.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            else:
                return
            time.sleep(0.0005)
    finally:
        db.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000:.0f}")


def commit(db: sqlite3.Connection, events: int) -> None:
    """Commit a transaction of that many events."""
    db.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES_BUSY if events >= BUSY else WAL_PAGES}")
    db.execute("COMMIT")


def migrations(folder: str = "sqlite") -> list[tuple[int, str]]:
    """(number, SQL) of the steps in `stores/migrations`, in order."""
    there = files("harken.stores").joinpath("migrations", folder)
    return sorted((int(one.name[:4]), one.read_text("utf-8")) for one in there.iterdir() if one.name.endswith(".sql"))


def upgrade(db: sqlite3.Connection, file: Path, steps: list[tuple[int, str]]) -> None:
    """Bring the file up to the newest step, each step in one transaction: interrupted, it goes on where it was."""
    newest = steps[-1][0]
    with explained(file):
        found = _version(db, file, newest)
        if found == newest:
            return
        db.execute("PRAGMA journal_mode=WAL")
        for number, script in steps:
            if number <= found:
                continue
            begin(db)
            try:
                if _version(db, file, newest) < number:  # another process may have been faster
                    for statement in _statements(script):
                        db.execute(statement)
                    db.execute(f"PRAGMA application_id={OURS}")
                    db.execute(f"PRAGMA user_version={number}")
                db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise


def _version(db: sqlite3.Connection, file: Path, newest: int) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    ours = db.execute("PRAGMA application_id").fetchone()[0] == OURS
    if not ours and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise Unavailable(f"{file} is a database of another program; name another file or directory")
    if version > newest:
        raise Unavailable(
            f"{file} was written by a newer Harken (schema {version}, this one knows {newest}): "
            "install that version or newer; nothing was changed"
        )
    return version


def _statements(script: str) -> Iterator[str]:
    r"""The statements of a script, one by one.

    >>> [one.strip() for one in _statements("INSERT INTO t VALUES ('a;b'); -- and; then\nDROP TABLE t;")]
    ["INSERT INTO t VALUES ('a;b');", '-- and; then\nDROP TABLE t;']
    """
    part = ""
    for piece in script.split(";"):
        part += piece + ";"
        if sqlite3.complete_statement(part):
            if part.strip(" \n;"):
                yield part
            part = ""
    if part.strip(" \n;"):
        yield part


@contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turns errors of SQLite into Retry or Unavailable with the file and what to do. Others are the caller's own."""
    try:
        yield
    except sqlite3.Error as error:
        raise _told(error, file) from error


@contextmanager
def reached(file: Path) -> Iterator[None]:
    """Turns errors of the file system into Unavailable with the file and what to do."""
    try:
        yield
    except OSError as error:
        if isinstance(error, (FileExistsError, NotADirectoryError)):
            raise Unavailable(f"{file.parent} cannot be made: a file of that name is in the way") from error
        raise Unavailable(f"{file} cannot be opened for writing: {error.strerror}; check owner and rights") from error


def _told(error: sqlite3.Error, file: Path) -> Exception:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Retry(f"{file} is being written by another process")
    if code == 0 and "closed" in str(error):
        return Unavailable(f"the store {file} is closed; open it again")
    what = {
        sqlite3.SQLITE_FULL: "the disk is full; make room, nothing of the last write was kept",
        sqlite3.SQLITE_READONLY: "it may only be read; check owner and rights of the file and its directory",
        sqlite3.SQLITE_PERM: "access is denied; check owner and rights of the file and its directory",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that the directory is there and may be written",
        sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a backup (sqlite3's .recover saves what can be read)",
        sqlite3.SQLITE_NOTADB: "this is not a SQLite database; name another file or directory",
        sqlite3.SQLITE_IOERR: "the disk failed to read or write; see the system's log",
    }.get(code)
    if what is None:
        return error
    return Unavailable(f"{file}: {what} ({error})")


def facts(db: sqlite3.Connection, file: Path) -> dict[str, str]:
    """Size, room, versions and soundness of the file; Unavailable when it is damaged or nearly out of room."""
    with explained(file), reached(file):
        started = time.monotonic()
        found = db.execute("PRAGMA quick_check(3)").fetchall()
        if found != [("ok",)]:
            raise Unavailable(f"{file} is damaged: {'; '.join(row[0] for row in found)}; restore it from a backup")
        wal = file.with_name(file.name + "-wal")
        free = shutil.disk_usage(file.parent).free
        if free < 32 * 1024 * 1024:
            raise Unavailable(f"{file}: only {free:,} bytes are free on its disk; make room")
        return {
            "file": str(file),
            "size": _size(file.stat().st_size),
            "write-ahead log": _size(wal.stat().st_size if wal.exists() else 0),
            "free on disk": _size(free),
            "sqlite": sqlite3.sqlite_version,
            "migration": str(db.execute("PRAGMA user_version").fetchone()[0]),
            "journal": f"{db.execute('PRAGMA journal_mode').fetchone()[0]}, every commit synced",
            "sound": f"yes, checked in {time.monotonic() - started:.1f} s",
        }


def _size(count: int) -> str:
    """
    >>> _size(12_345_678)
    '12.3 MB'
    """
    return f"{count / 1e6:,.1f} MB"
