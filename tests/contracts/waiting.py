"""Several hub nodes over one database: trying again as the hub does, and seeing that one waits for another."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeAlias, TypeVar

import psycopg

from harken.stores import Retry

T = TypeVar("T")
Beside: TypeAlias = Callable[[Callable[[], T]], Future[T]]  # runs something in another thread while the test goes on
PATIENCE = 20


def again(work: Callable[[], T]) -> T:
    """As the hub does it: once more when another node was first."""
    for _ in range(100):
        try:
            return work()
        except Retry:
            time.sleep(random.random() * 0.01)
    raise AssertionError("a hundred times Retry")


def waits(store_url: str) -> bool:
    """Wait until some connection of this database waits for a lock."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    until = time.monotonic() + PATIENCE
    with psycopg.connect(store_url, autocommit=True) as connection:
        while time.monotonic() < until:
            row = connection.execute(asked).fetchone()
            if row and row[0]:
                return True
            time.sleep(0.01)
    return False
