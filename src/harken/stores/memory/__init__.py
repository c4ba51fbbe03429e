"""A store that lasts as long as its process: changes in, consistent views out, nothing on disk. For trying out and tests.

Everything lies in dicts of values nobody changes. A transaction writes them in place and notes the value each key had
before (`undo`); an exception puts those back. A view that is open meanwhile gets the same old values into its own
`before`, looks there first, and so keeps seeing the moment it was opened. Lists that no index serves read everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harken.errors import Unavailable
from harken.stores import Turn
from harken.stores.memory.tables import Tables
from harken.stores.memory.tx import Tx
from harken.stores.memory.view import View


class Store:
    """Made from the URL `memory:`; every Store has its own data."""

    scheme = "memory"

    def __init__(self, url: str = "memory:") -> None:
        self._tables = Tables()
        self._writer = Turn()
        self._closed = False

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        with self._writer:
            self._open()
            try:
                yield Tx(self._tables, {})
            except BaseException:
                self._tables.roll_back()
                raise
            self._tables.commit()

    @contextmanager
    def read(self) -> Iterator[View]:
        self._open()
        with self._tables.lock:
            before = dict(self._tables.undo)
            self._tables.views.append(before)
        try:
            yield View(self._tables, before)
        finally:
            with self._tables.lock:
                self._tables.views = [one for one in self._tables.views if one is not before]

    def lease(self, name: str, seconds: int) -> bool:
        self._open()
        return True  # nobody else can ask

    def check(self) -> dict[str, str]:
        with self.read() as view:
            rows = sum(view.counts().values())
        return {"store": self.scheme, "rows": str(rows), "durable": "no: gone when the process ends"}

    def close(self) -> None:
        self._closed = True

    def _open(self) -> None:
        if self._closed:
            raise Unavailable("this memory store is closed; open a new one")
