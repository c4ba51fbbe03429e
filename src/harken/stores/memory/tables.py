"""Rows by table and key in, what they were before out: to undo a transaction, and for the views open meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from harken.stores import letter_key

Slot = tuple[str, Any]  # table, key
UNNAMED = "\0"  # "" is in no index
INDEXES: dict[str, dict[str, Callable[[Any], tuple[str, ...]]]] = {
    "trails": {"trails of": lambda one: (one.pid,), "trails owned": lambda one: (one.device, one.account)},
    "known": {"known of": lambda one: (one.pid,)},
    "evidence": {"evidence of": lambda one: (one.a, one.b)},
    "events": {"events of": lambda one: (one.tid,)},
    "dead letters": {
        "letters open": lambda one: (letter_key(one),) if one.state == "open" else (),
        "letters held": lambda one: (one.source or UNNAMED,) if one.state == "open" else (),
    },
    "memberships": {"memberships of": lambda one: (one.pid,)},
}


class Tables:
    """The data: table -> key -> value, the open views, and what the running transaction would put back."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[Any, Any]] = {}
        self.undo: dict[Slot, Any] = {}
        self.views: list[dict[Slot, Any]] = []
        self.lock = threading.Lock()

    def table(self, name: str) -> dict[Any, Any]:
        return self.rows.setdefault(name, {})

    def put(self, name: str, key: Any, value: Any) -> None:
        """Set a value (None removes it) and keep its indexes right."""
        old = self.table(name).get(key)
        self._set((name, key), old, value)
        for index, keys_of in INDEXES.get(name, {}).items():
            was = set(keys_of(old)) if old is not None else set()
            now = set(keys_of(value)) if value is not None else set()
            for gone in was - now - {""}:
                there = self.table(index)[gone]
                self._set((index, gone), there, (there - {key}) or None)
            for new in now - was - {""}:
                there = self.table(index).get(new)
                self._set((index, new), there, (there or frozenset()) | {key})

    def roll_back(self) -> None:
        with self.lock:
            for (name, key), old in self.undo.items():
                if old is None:
                    self.table(name).pop(key, None)
                else:
                    self.table(name)[key] = old
            self.undo = {}

    def commit(self) -> None:
        with self.lock:
            self.undo = {}

    def _set(self, slot: Slot, old: Any, value: Any) -> None:
        name, key = slot
        with self.lock:
            self.undo.setdefault(slot, old)
            for before in self.views:
                before.setdefault(slot, old)
            if value is None:
                self.table(name).pop(key, None)
            else:
                self.table(name)[key] = value
