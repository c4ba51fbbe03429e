"""One SELECT in, a frame out: SQL over the tables of a hub, read only, with nothing else of the machine in reach."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from typing import Any

import polars as pl

from harken.errors import Invalid, TooLarge, Unavailable
from harken.hub.core import Core
from harken.hub.tables import Tables
from harken.stores import View
from harken.stores.lake import reading

SECONDS = 60.0
DAY_SECONDS = 86_400.0
ROWS = 1_000_000
MEMORY = "2GB"
BATCH = 50_000
LISTS = "show|information_schema|duckdb_columns|duckdb_tables|duckdb_views"  # these tell of tables without their names
TEXTUAL = r"INTERVAL|UNION|BIGNUM|VARIANT|\bBIT\b"  # types a frame has not
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
        if not 0 < seconds <= DAY_SECONDS or rows < 1:
            raise Invalid("sql: `seconds` is a number above 0, at most a day, and `rows` a count from 1 on")
        return reading(self._core.store, lambda view: self._asked(view, query, rows, _Watch(seconds)))

    def _asked(self, view: View, query: str, rows: int, watch: _Watch) -> pl.DataFrame:
        import duckdb  # here: who never asks in SQL does not load it

        with duckdb.connect(":memory:", config=SAFE) as connection:
            connection.execute("SET lock_configuration = true")
            try:
                _check(connection.extract_statements(query))
                for name, table in self._tables.names.items():
                    if re.search(rf"\b({name}|{LISTS})\b", query, re.IGNORECASE):  # what is not named is not made
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
        if first.startswith("Catalog Error: Table with name"):  # it would guess at tables of DuckDB itself
            return f"sql: {first.partition('!')[0]}; there are the tables {', '.join(self._tables.names)}"
        return f"sql: {first}"


def _check(statements: list[Any]) -> None:
    kinds = [one.type.name for one in statements]
    if kinds == ["MULTI"]:
        raise Invalid("sql: a PIVOT needs to be told its columns: PIVOT … ON channel IN ('web', 'app')", code="bad_sql")
    if kinds != ["SELECT"]:
        said = f"{len(kinds)} statements" if len(kinds) != 1 else kinds[0].replace("_", " ")
        raise Invalid(f"sql: one SELECT is answered, not {said}; nothing can be changed here", code="bad_sql")


def _read(result: Any, rows: int) -> pl.DataFrame:
    names = _unlike(result.columns)
    reader = _framed(result).to_arrow_reader(BATCH)
    found, count = [_frame(reader.schema.empty_table(), names, result.types)], 0
    for batch in reader:
        count += batch.num_rows
        if count > rows:
            raise TooLarge(f"sql: there are more than {rows:,} rows; add LIMIT, sum up, or ask for more rows")
        found.append(_frame(batch, names, result.types))
    return pl.concat(found, how="vertical_relaxed")


def _framed(result: Any) -> Any:
    """With columns a frame can hold: a time between two moments in microseconds, what else it has no type for as text."""
    types = [str(one) for one in result.types]
    if not any(re.search(TEXTUAL, one) for one in types):
        return result
    told = ("epoch_us(#{})" if one == "INTERVAL" else "#{}::VARCHAR" if re.search(TEXTUAL, one) else "#{}"
            for one in types)  # fmt: skip
    return result.project(", ".join(f"{one.format(place)} AS c{place}" for place, one in enumerate(told, 1)))


def _frame(found: Any, names: Sequence[str], types: Sequence[Any]) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(found.rename_columns(names)))
    between = [name for name, type in zip(names, types, strict=True) if str(type) == "INTERVAL"]
    return frame.with_columns(pl.col(between).cast(pl.Duration("us"))) if between else frame


def _unlike(names: Sequence[str]) -> list[str]:
    """Names of columns, each once, as DuckDB tells them apart: a join has `profile` twice.

    >>> _unlike(["a", "b", "a", "a_1"])
    ['a', 'b', 'a_1', 'a_1_1']
    """
    told: list[str] = []
    for name in names:
        free = (name, *(f"{name}_{number}" for number in range(1, len(names) + 1)))
        told.append(next(one for one in free if one not in told))
    return told


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
