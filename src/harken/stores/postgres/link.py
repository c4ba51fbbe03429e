"""Connections to PostgreSQL: a URL in, links out that run named statements and fail in Harken's words.

What goes wrong becomes `Retry` (another node was there first, or the connection was lost before anything was written)
or `errors.Unavailable` (the server cannot be reached, or cannot write). A password never appears in either.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8

from harken.errors import HarkenError, Invalid, Unavailable
from harken.stores import Retry
from harken.stores.postgres.rows import Row, teach

Cursor = psycopg.Cursor[Row]

CONNECTIONS = 16  # of one Store; who wants one more waits
PATIENCE = 30.0  # seconds to wait for one of them
DEFAULTS = {
    "connect_timeout": "5",
    "application_name": "harken",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
SESSION = {
    "jit": "off",  # statements are short; compiling one would cost more than running it
    "plan_cache_mode": "force_generic_plan",  # ids come by the thousand, planning anew with each list is waste
    "enable_seqscan": "off",  # plans are kept, and may be made while a table is still empty: by index in any case
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "5min",  # a node that hangs must not hold customers for ever
    "tcp_keepalives_idle": "30",  # nor one that vanished
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
OTHERS_FIRST = (
    pg.SerializationFailure,
    pg.DeadlockDetected,
    pg.LockNotAvailable,
    pg.UniqueViolation,
)
LOST = (pg.AdminShutdown, pg.CrashShutdown, pg.IdleInTransactionSessionTimeout, pg.DatabaseDropped)


def statements(text: str) -> dict[str, bytes]:
    """Name -> statement of a file where each stands under `-- name: …`."""
    parts = text.split("-- name: ")[1:]
    named = ((head.strip(), body) for head, _, body in (part.partition("\n") for part in parts))
    return {
        name: "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip().encode()
        for name, body in named
    }


SQL = statements((files("harken.stores.postgres") / "statements.sql").read_text(encoding="utf-8"))


class Address:
    """Where the database is: what the driver needs to get there, and what people may read of it."""

    def __init__(self, url: str) -> None:
        try:
            given = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
        except psycopg.ProgrammingError:
            raise Invalid(
                "that is not a PostgreSQL URL (its text is not repeated here, it may hold a password). "
                "Right: postgresql://user:password@host:5432/database, with %-escapes for signs like @ and / in a password"
            ) from None
        self.conninfo = make_conninfo(**(DEFAULTS | given))
        self.secrets = [given[key] for key in ("password", "sslpassword", "oauth_client_secret") if given.get(key)]
        self.shown = shown(given)

    def hide(self, text: str) -> str:
        """The text without any secret of the URL, as it stands there or %-escaped."""
        for secret in self.secrets:
            text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return text.strip()


def shown(given: dict[str, str]) -> str:
    """A URL without password.

    >>> shown({"user": "ada", "password": "secret", "host": "db.test", "port": "5433", "dbname": "harken"})
    'postgresql://ada@db.test:5433/harken'
    """
    host = given.get("host", "")
    user = f"{given['user']}@" if given.get("user") else ""
    port = f":{given['port']}" if given.get("port") else ""
    place = "" if host.startswith("/") else host
    return f"postgresql://{user}{place}{port}/{given.get('dbname', '')}" + (f"?host={host}" if place != host else "")


class Link:
    """One connection. Used by one thread at a time."""

    def __init__(self, connection: psycopg.Connection[Row], address: Address) -> None:
        self._connection = connection
        self._address = address

    @property
    def usable(self) -> bool:
        """No transaction is open, none failed, and the server is still there as far as we know."""
        return not self._connection.closed and self._connection.info.transaction_status == TransactionStatus.IDLE

    @property
    def failed(self) -> bool:
        """A statement of the open transaction failed, or the connection is gone: nothing of it can be kept."""
        return self._connection.closed or self._connection.info.transaction_status == TransactionStatus.INERROR

    def send(self, name: str, *values: object) -> Cursor:
        """Run a named statement. Inside `together` its rows can be read after the block."""
        return self.run(SQL[name], *values)

    def rows(self, name: str, *values: object) -> list[Row]:
        with self._words():
            return self.send(name, *values).fetchall()

    def one(self, name: str, *values: object) -> Any:
        """The only column of the only row, or None."""
        found = self.rows(name, *values)
        return found[0][0] if found else None

    def count(self, name: str, *values: object) -> int:
        """How many rows a statement changed."""
        return self.send(name, *values).rowcount

    def once(self, name: str, *values: object) -> Cursor:
        """Run a named statement planned for these very values: for joins, whose right order depends on them."""
        return self.run(SQL[name], *values, keep=False)

    def run(self, statement: bytes, *values: object, keep: bool = True) -> Cursor:
        """Run a statement, kept prepared or not."""
        sent = [Int8(value) if type(value) is int else value for value in values]
        with self._words():
            return self._connection.execute(statement, sent, prepare=keep, binary=True)

    def script(self, text: str) -> None:
        """Run any number of statements without parameters."""
        with self._words():
            self._connection.execute(text.encode())

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send statements one after another without waiting for each answer."""
        with self._words(), self._connection.pipeline():
            yield

    def copy(self, name: str, types: list[str], rows: Iterable[Sequence[object]]) -> None:
        with self._words(), self._connection.cursor() as cursor, cursor.copy(SQL[name]) as copy:
            copy.set_types(types)
            put = copy.write_row
            for row in rows:
                put(row)

    def commit(self) -> None:
        """Make it durable; Retry when the transaction had failed, LostAtCommit when nobody said what became of it."""
        if self.failed:
            raise Retry("a statement of this transaction failed, nothing was written")
        try:
            ended = self._connection.execute(b"COMMIT").statusmessage
        except psycopg.OperationalError as error:
            if self._lost(error):
                raise LostAtCommit(self._address.hide(str(error))) from None
            raise self._meaning(error) from error
        except psycopg.Error as error:
            raise self._meaning(error) from error
        if ended != "COMMIT":
            raise Retry("the server rolled the transaction back")

    def roll_back(self) -> None:
        """Undo what is open. A connection where that is not possible is closed, which undoes it as well."""
        try:
            if not self._connection.closed and self._connection.info.transaction_status != TransactionStatus.IDLE:
                self._connection.execute(b"ROLLBACK")
        except psycopg.Error:
            self.close()
        if not self.usable:
            self.close()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise self._meaning(error) from error

    def _lost(self, error: psycopg.Error) -> bool:
        """Whether the connection is gone, or in a state nobody can tell: then the error is not one the server sent."""
        unsent = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
        return self._connection.closed or unsent or isinstance(error, LOST)

    def _meaning(self, error: psycopg.Error) -> Exception:
        text = self._address.hide(str(error))
        if isinstance(error, OTHERS_FIRST):
            return Retry(text)
        migrated = isinstance(error, pg.FeatureNotSupported) and "cached plan" in text  # by another node, just now
        if self._lost(error) or migrated:
            self._connection.close()
            return Retry(f"the connection to {self._address.shown} was lost: {text}")
        if isinstance(error, psycopg.OperationalError | pg.ReadOnlySqlTransaction | pg.InsufficientPrivilege):
            return Unavailable(f"{self._address.shown} cannot do this now: {text}")
        return error


class LostAtCommit(Exception):
    """The connection ended between asking for the commit and hearing of it."""


class Links:
    """The connections of one Store: made when needed, kept, at most `CONNECTIONS` at a time."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._idle: deque[Link] = deque()
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        self.open = True

    @contextmanager
    def link(self, start: bytes = b"") -> Iterator[Link]:
        """A connection, on which `start` (a BEGIN) was run; rolled back and given back when the block is left."""
        if not self._free.acquire(timeout=PATIENCE):
            raise Unavailable(
                f"all {CONNECTIONS} connections to {self.address.shown} have been busy for {PATIENCE:.0f} s"
            )
        try:
            link = self._started(start)
            try:
                yield link
            finally:
                link.roll_back()
                if link.usable and self.open:
                    self._idle.append(link)
                else:
                    link.close()
        finally:
            self._free.release()

    def _started(self, start: bytes) -> Link:
        """A link that answers. Kept ones may have died meanwhile (a restart, a firewall): then a new one is made."""
        if not self.open:
            raise Unavailable(f"this store ({self.address.shown}) is closed; open a new one")
        while self._idle:
            try:
                link = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            try:
                if start:
                    link.run(start)
            except (Retry, HarkenError):
                link.close()
            else:
                return link
        link = self.connect()
        if start:
            link.run(start)
        return link

    def connect(self) -> Link:
        """A new connection, or Unavailable that says what to look at."""
        try:
            connection: psycopg.Connection[Row] = psycopg.Connection.connect(
                self.address.conninfo, autocommit=True, client_encoding="UTF8", cursor_factory=psycopg.RawCursor
            )
        except psycopg.Error as error:
            raise Unavailable(
                f"PostgreSQL at {self.address.shown} cannot be reached: {self.address.hide(str(error))}. Is the server up, "
                "does the database exist, and may this user connect? (createdb, pg_hba.conf, --store)"
            ) from None
        connection.prepared_max = 500
        teach(connection.adapters)
        for name, value in SESSION.items():
            try:
                connection.execute("SELECT set_config($1, $2, false)", [name, value])
            except psycopg.Error:  # other databases that speak like PostgreSQL need not know every setting
                continue
        return Link(connection, self.address)

    def close(self) -> None:
        self.open = False
        while self._idle:
            try:
                self._idle.pop().close()
            except IndexError:
                break
