"""When every customer was last seen -> who was seen last, page by page, among all or some.

An index that follows each event would cost a page of its own for nearly every trail an event touches, for the sake of a
list that people open now and then. So nothing is kept while listening: who asks has every trail's time read and sorted
(measured: 0.7 s of one core for 300,000 trails in SQLite, while events go on being heard). The order is then kept for as
long as nothing was written; where reading many took its time, also for ten times as long as it took, a minute at most, so
that looking at a busy hub of millions costs it a tenth of one core. What a page shows of its customers is what is known now.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable
from itertools import islice

import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.hub.core import Core
from harken.stores import View
from harken.words import Micros

CHUNK = 50_000  # trails read at a time
MANY = 10_000  # customers; fewer are always as they are now, also where a busy machine was slow to read them
SLOW_SECONDS = 0.2  # what takes longer is not done again at once
REST = 10  # times as long as it took
REST_SECONDS = 60
KEPT_SECONDS = 30  # at most where nothing was written here: other nodes may merge customers
CURSOR = re.compile(r"(-?\d{1,18})\.([A-Za-z0-9_-]{16})", re.ASCII)
Place = tuple[Micros, str]
NEWEST = pl.Schema({"profile": pl.String, "last": pl.Int64})


class Kept(Struct, frozen=True):
    """The order as it was read."""

    order: pl.DataFrame  # profile, last; newest first, then by id
    key: tuple[int, int]
    at: float
    took: float

    def holds(self, key: tuple[int, int]) -> bool:
        age = time.monotonic() - self.at
        still = key == self.key and age < KEPT_SECONDS
        slow = self.order.height >= MANY and self.took > SLOW_SECONDS
        return still or (slow and age < min(REST * self.took, REST_SECONDS))


class LastSeen:
    """Customers in the order they were last seen."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._kept: Kept | None = None

    def all(self, view: View) -> pl.DataFrame:
        """Everybody who did something."""
        key = self._core.writes, view.last_seq()
        with self._lock:  # who comes meanwhile wants the same
            if self._kept is None or not self._kept.holds(key):
                began = time.monotonic()
                order = _sorted(view.trails_last())
                self._kept = Kept(order, key, time.monotonic(), time.monotonic() - began)
            return self._kept.order

    def among(self, view: View, pids: Iterable[str]) -> pl.DataFrame:
        """A few of them, read for themselves: exactly as it is now."""
        there = view.trails_of(pids)
        return _sorted((pid, one.last) for pid, trails in there.items() for one in trails)


def after(order: pl.DataFrame, cursor: str) -> pl.DataFrame:
    """What comes behind a place in the list."""
    if not cursor:
        return order
    match = CURSOR.fullmatch(cursor)
    if match is None:
        raise Invalid("cursor: give back the next_cursor of the page before")
    last, pid = int(match[1]), match[2]
    seen = pl.col("last")
    return order.filter((seen < last) | ((seen == last) & (pl.col("profile") > pid)))


def cursor_of(last: Micros, pid: str) -> str:
    """The place behind which to go on."""
    return f"{last}.{pid}"


def _sorted(trails: Iterable[tuple[str, Micros]]) -> pl.DataFrame:
    left = iter(trails)
    parts = [pl.DataFrame(schema=NEWEST)]
    while some := list(islice(left, CHUNK)):
        pids, lasts = zip(*some, strict=True)
        parts.append(pl.DataFrame({"profile": pids, "last": lasts}, schema=NEWEST))
    newest = pl.concat(parts).group_by("profile").agg(pl.col("last").max())
    return newest.sort(["last", "profile"], descending=[True, False])
