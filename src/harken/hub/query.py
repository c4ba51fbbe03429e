"""One SELECT in, a frame out: SQL over the tables of a hub, read only, with nothing else of the machine in reach."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import time

import polars as pl
import structlog

from harken.errors import Invalid, Unavailable
from harken.hub.core import Core
from harken.hub.tables import Tables
from harken.selecting import Selected, too_much
from harken.stores import View
from harken.stores.lake import reading

log = structlog.get_logger("harken.sql")
SECONDS = 60.0
DAY_SECONDS = 86_400.0
ROWS = 1_000_000
LISTS = "show|information_schema|duckdb_columns|duckdb_tables|duckdb_views"  # these tell of tables without their names


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
        frames = {
            name: table(view, watch.look)
            for name, table in self._tables.names.items()
            if re.search(rf"\b({name}|{LISTS})\b", query, re.IGNORECASE)  # what is not named is not made
        }
        return _select(Selected(query, frames, (*self._tables.names,), rows), watch)


def _select(asked: Selected, watch: _Watch) -> pl.DataFrame:
    """What a process beside this one finds."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "harken.selecting"],
            input=pickle.dumps(asked, protocol=5),
            capture_output=True,
            timeout=watch.left(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise watch.late() from None
    if done.returncode or not done.stdout:  # it was ended: by the limit, or by a machine without memory
        log.warning("sql ended", code=done.returncode, said=done.stderr[-400:].decode(errors="replace"))
        raise too_much()
    answer = pickle.loads(done.stdout)  # noqa: S301 (of the process this one started)
    if isinstance(answer, Exception):
        raise answer
    assert isinstance(answer, pl.DataFrame)
    return answer


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

    def left(self) -> float:
        """Seconds until then."""
        return max(0.01, self._end - time.monotonic())
