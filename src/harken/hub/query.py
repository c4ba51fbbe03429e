"""One SELECT in, a frame out: SQL over the tables of a hub, read only, with nothing else of the machine in reach."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import polars as pl

from harken.errors import Invalid, TooLarge, Unavailable
from harken.hub.core import Core
from harken.hub.tables import Tables
from harken.stores import View
from harken.stores.lake import reading

SECONDS = 60.0
ROWS = 1_000_000
MEMORY = "2GB"
BATCH = 50_000
SAFE: dict[
    str, str | bool | int | float | list[str]
] = {  # no files, no network, no extensions, no variables of Python, and no way back
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": MEMORY,
    "threads": "2",
    "temp_directory": "",
}


class Query:
    """Asks a hub in SQL."""

    def __init__(self, core: Core, tables: Tables) -> None:
        self._core, self._tables = core, tables

    def sql(self, query: str, *, rows: int = ROWS, seconds: float = SECONDS) -> pl.DataFrame:
        """What one SELECT finds in `events`, `profiles`, `identifiers` and `trails` (DuckDB's SQL; moments are UTC).

        Invalid says what is wrong with it, TooLarge when it has more than `rows` rows or needs too much memory,
        Unavailable when it takes longer than `seconds`.
        """
        if not isinstance(query, str) or not query.strip():
            raise Invalid("say what to select, such as SELECT touchpoint, count(*) FROM events GROUP BY 1")
        return reading(self._core.store, lambda view: self._asked(view, query, rows, _Watch(seconds)))

    def _asked(self, view: View, query: str, rows: int, watch: _Watch) -> pl.DataFrame:
        import duckdb  # here: who never asks in SQL does not load it

        with duckdb.connect(":memory:", config=SAFE) as connection:
            connection.execute("SET lock_configuration = true")
            try:
                _check(connection.extract_statements(query))
                for name, table in self._tables.names.items():
                    if re.search(rf"\b{name}\b", query, re.IGNORECASE):  # what is not named is not made
                        connection.register(name, table(view, watch.look))
                with watch.over(connection):
                    return _read(connection.sql(query), rows)
            except duckdb.InterruptException:
                raise watch.late() from None
            except duckdb.OutOfMemoryException:
                raise TooLarge(
                    f"this query needs more than {MEMORY} of memory; select less, or sum up earlier"
                ) from None
            except duckdb.Error as error:
                raise Invalid(self._told(str(error)), code="bad_sql") from None

    def _told(self, message: str) -> str:
        first = message.partition("\n\nLINE")[0].replace("\n", " ").strip()
        there = f"; there are the tables {', '.join(self._tables.names)}" if "does not exist" in first else ""
        return f"sql: {first}{there}"


def _check(statements: list[Any]) -> None:
    kinds = [one.type.name for one in statements]
    if kinds != ["SELECT"]:
        said = f"{len(kinds)} statements" if len(kinds) != 1 else kinds[0].replace("_", " ")
        raise Invalid(f"sql: one SELECT is answered, not {said}; nothing can be changed here", code="bad_sql")


def _read(result: Any, rows: int) -> pl.DataFrame:
    reader = result.to_arrow_reader(BATCH)
    found, count = [pl.DataFrame(pl.from_arrow(reader.schema.empty_table()))], 0
    for batch in reader:
        count += batch.num_rows
        if count > rows:
            raise TooLarge(f"sql: there are more than {rows:,} rows; add LIMIT, sum up, or ask for more rows")
        found.append(pl.DataFrame(pl.from_arrow(batch)))
    return pl.concat(found, how="vertical_relaxed")


class _Watch:
    """Stops what takes too long."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._end = seconds, time.monotonic() + seconds

    def look(self) -> None:
        """Raise when the time is over."""
        if time.monotonic() > self._end:
            raise self.late()

    def late(self) -> Unavailable:
        return Unavailable(
            f"sql: not done in {self._seconds:g} seconds; select less, or allow more time", code="too_slow"
        )

    def over(self, connection: Any) -> _Timer:
        return _Timer(max(0.0, self._end - time.monotonic()), connection.interrupt)


class _Timer(threading.Timer):
    """Interrupts unless the block ends in time."""

    def __enter__(self) -> None:
        self.daemon = True
        self.start()

    def __exit__(self, *error: object) -> None:
        self.cancel()
