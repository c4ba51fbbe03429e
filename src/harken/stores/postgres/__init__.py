"""The shared store: a postgresql:// URL in, transactions and views over one database out, for any number of hub nodes.

What it needs of the server: PostgreSQL 14 or later, or what speaks its protocol and SQL: READ COMMITTED and REPEATABLE
READ, row locks in order (SELECT … ORDER BY … FOR UPDATE), INSERT … ON CONFLICT, unnest of several arrays, LATERAL, COPY
FROM STDIN in binary, partial and expression indexes, an identity column, COLLATE "C". It uses no extension, trigger,
sequence of events, LISTEN, temporary table or server function of its own. One advisory lock keeps two nodes from
migrating at once; where that does nothing, the key of `harken.migrations` does the same. Everything lies in the schema
`harken`. Behind a connection pooler use session mode.

Next door: `link` (connections and what their errors mean), `rows` (values to columns and back),
`view` (reading), `tx` (writing), `guard` (how nodes keep out of each other's way), and
`statements.sql`.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import psycopg

from harken.errors import Unavailable
from harken.stores import Retry
from harken.stores.postgres.link import Address, Link, Links, LostAtCommit
from harken.stores.postgres.tx import Tx
from harken.stores.postgres.view import View

BEGIN = b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
READ = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
ATTEMPTS = 5  # to migrate while other nodes do, to take a lease
MIGRATION_LOCK = 0x4841524B454E  # any number of our own: "HARKEN"


class Store:
    """Made from a URL `postgresql://user:password@host:port/database`; brings the database's tables up to date."""

    scheme = "postgresql"

    def __init__(self, url: str) -> None:
        self._links = Links(Address(url))
        self._name = secrets.token_hex(8)  # of this node, for leases
        self._hints: dict[str, str] = {}
        self._tried = threading.local()  # what this thread's last transaction wanted, when it must be tried again
        try:
            self.migration = migrate(self._links)
        except BaseException:
            self._links.close()
            raise

    def __repr__(self) -> str:
        return f"<PostgreSQL store {self._links.address.shown}>"

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        with self._links.link(BEGIN) as link:
            tx = Tx(link, self._hints, self._tried.__dict__.pop("wanted", set()))
            try:
                yield tx
                tx.finish()
            except LostAtCommit as lost:
                self._find_out(tx, lost)
            except Retry:
                self._tried.wanted = tx.wanted
                raise

    @contextmanager
    def read(self) -> Iterator[View]:
        try:
            with self._links.link(READ) as link:
                yield View(link)
        except Retry as lost:
            raise Unavailable(f"reading from {self._links.address.shown} was cut short: {lost}") from lost

    def lease(self, name: str, seconds: int) -> bool:
        for attempt in range(ATTEMPTS):
            try:
                with self._links.link(BEGIN) as link:
                    if seconds > 0:
                        mine = link.count("lease", name, self._name, seconds * 1_000_000) == 1
                    else:
                        link.count("give back lease", name, self._name)
                        mine = False
                    link.commit()
                    return mine
            except (Retry, LostAtCommit):
                time.sleep(0.05 * attempt)
        return False

    def check(self) -> dict[str, str]:
        with self._links.link(READ) as link:
            started = time.perf_counter()
            isolation = link.run(b"SHOW transaction_isolation").fetchall()[0][0]
            latency = time.perf_counter() - started
            facts = {"store": self.scheme, "place": self._links.address.shown, "version": asked(link, "version()")}
            facts["latency"] = f"{latency * 1000:.1f} ms"
            facts["isolation"] = f"read committed with row locks to write, {isolation} to read"
            facts["migration"] = f"{self.migration} of {newest()}"
        facts["size"] = self._ask("pg_size_pretty(pg_database_size(current_database()))")
        durable = {name: self._ask(f"current_setting('{name}')") for name in ("fsync", "synchronous_commit")}
        facts["durability"] = ", ".join(f"{name} {value}" for name, value in durable.items())
        if "off" in durable.values():
            facts["durability"] += ": NOT durable, a crash of the server can lose events that were acknowledged"
        drift = self._ask("extract(epoch FROM clock_timestamp())::float8")
        facts["clock"] = f"{float(drift) - time.time():+.3f} s from this machine's" if drift != UNKNOWN else UNKNOWN
        return facts

    def close(self) -> None:
        if self._links.open:
            try:
                with self._links.link(BEGIN) as link:
                    link.count("give back leases", self._name)
                    link.commit()
            except (Unavailable, Retry, LostAtCommit):
                pass  # they run out by themselves
        self._links.close()

    def _ask(self, expression: str) -> str:
        """What the server says, on its own: another database than PostgreSQL may not know the function."""
        with self._links.link(READ) as link:
            try:
                return asked(link, expression)
            except (psycopg.Error, Unavailable):
                return UNKNOWN

    def _find_out(self, tx: Tx, lost: LostAtCommit) -> None:
        """The connection ended while committing. If the commit came through, all is well; if not, it is a Retry."""
        place = self._links.address.shown
        if tx.proof is None:
            raise Retry(f"the connection to {place} was lost while committing: {lost}")
        name, values = tx.proof
        for attempt in range(ATTEMPTS):
            time.sleep(0.2 * attempt)
            try:
                with self._links.link(BEGIN) as link:
                    link.rows("hold numbers")  # waits until the server is done with the lost transaction
                    committed = bool(link.rows(name, *values))
                break
            except (Retry, Unavailable) as error:
                last = error
        else:
            raise Unavailable(
                f"the connection to {place} was lost while committing, and whether it was committed cannot be asked now. "
                f"Send it again later: what was heard is not counted twice. ({last})"
            )
        if not committed:
            raise Retry(f"the connection to {place} was lost before the commit: {lost}")


UNKNOWN = "unknown"


def asked(link: Link, expression: str) -> str:
    return str(link.run(f"SELECT {expression}".encode()).fetchall()[0][0])


# ---------------------------------------------------------------- migrations


def migrations() -> dict[int, str]:
    """Number -> script of every migration this code knows."""
    found = {}
    for file in (files("harken.stores") / "migrations" / "postgres").iterdir():
        if match := re.fullmatch(r"(\d{4})_\w+\.sql", file.name):
            found[int(match[1])] = file.read_text(encoding="utf-8")
    return dict(sorted(found.items()))


def newest() -> int:
    return max(migrations())


def migrate(links: Links) -> int:
    """Bring the database up to date, whoever else is at it; gives the number of its newest migration."""
    for attempt in range(ATTEMPTS):
        try:
            return _migrate(links)
        except (Retry, psycopg.errors.DuplicateSchema, psycopg.errors.DuplicateTable):
            time.sleep(0.2 * (attempt + 1))
        except psycopg.Error as error:
            raise Unavailable(f"{links.address.shown} cannot be set up: {links.address.hide(str(error))}") from None
    raise Unavailable(f"another node has been migrating {links.address.shown} for a while; try again")


def _migrate(links: Links) -> int:
    there = 0
    known = migrations()
    for number, script in known.items():
        with links.link(BEGIN) as link:
            if number == min(known) and (encoding := asked(link, "current_setting('server_encoding')")) != "UTF8":
                raise Unavailable(
                    f"{links.address.shown} is encoded in {encoding}; make it with: createdb -E UTF8 -T template0"
                )
            there = there or _number(link)
            if there >= number:
                continue
            link.run(b"SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
            there = _number(link)
            if there < number:
                if there == 0:
                    link.script(START)
                link.run(b"INSERT INTO harken.migrations (number) VALUES ($1)", number)
                needed, _, tuning = script.partition("-- tuning")
                link.script(needed)
                _tune(link, tuning)
                link.commit()
                there = number
    if there > max(known):
        raise Unavailable(
            f"{links.address.shown} was written by a newer Harken (migration {there}, this one knows {max(known)}): upgrade this one"
        )
    return there


def _tune(link: Link, tuning: str) -> None:
    """Statements that make it faster where they are understood."""
    for statement in tuning.split(";\n"):
        if "ALTER" in statement:
            link.script("SAVEPOINT tuning")
            try:
                link.script(statement[statement.index("ALTER") :])
            except (psycopg.Error, Unavailable):
                link.script("ROLLBACK TO SAVEPOINT tuning")


START = """
CREATE SCHEMA IF NOT EXISTS harken;
CREATE TABLE harken.migrations (number bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
"""


def _number(link: Link) -> int:
    if asked(link, "to_regclass('harken.migrations')") == "None":
        return 0
    return int(asked(link, "coalesce((SELECT max(number) FROM harken.migrations), 0)"))
