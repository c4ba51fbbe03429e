"""A hub opened once more, in a process beside it -> pages of its tail in files of the lake, indexed for questions, for the
hub to put in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from harken.stores.lake.settling import Settling

if TYPE_CHECKING:
    from harken.hub import Hub


def settler(again: Callable[[], Hub]) -> Callable[[int], Iterator[Settling | None]]:
    """What answers in that process: how many events at most -> what was prepared, None when the tail is empty."""
    hub = again()

    def prepare(limit: int) -> Iterator[Settling | None]:
        made = hub.jobs.prepare(limit)
        if made is not None:
            hub.core.index.prepare(made.after)
        yield made

    return prepare
