"""What goes on in threads while an import is heard: parts are read ahead, and what was heard is settled."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from harken.connectors.tables import Part
from harken.errors import HarkenError

if TYPE_CHECKING:
    from harken.hub import Hub

AHEAD = 8  # parts read before they are heard
TOGETHER = 4  # parts heard in one transaction
SETTLE = 200_000  # events heard until they are settled, while others are heard


def ahead(parts: Iterator[Part]) -> Iterator[list[Part]]:
    """Groups of parts, read in a thread while the hub hears the ones before."""
    waiting: queue.Queue[Part | BaseException | None] = queue.Queue(AHEAD)
    ended = threading.Event()

    def read() -> None:
        try:
            for part in parts:
                while not ended.is_set():
                    try:
                        waiting.put(part, timeout=0.2)
                        break
                    except queue.Full:
                        continue
                if ended.is_set():
                    return
            waiting.put(None)
        except BaseException as error:
            waiting.put(error)

    thread = threading.Thread(target=read, name="harken-import", daemon=True)
    thread.start()
    try:
        group: list[Part] = []
        while (part := waiting.get()) is not None:
            if isinstance(part, BaseException):
                if group:
                    yield group  # what could be read is kept
                raise part
            group.append(part)
            if len(group) == TOGETHER:
                yield group
                group = []
        if group:
            yield group
    finally:
        ended.set()


@contextmanager
def settling(hub: Hub) -> Iterator[Callable[[int], None]]:
    """Settle in a thread while the import goes on; told after each transaction how many events were heard so far. So a
    second processor has something to do, and the store stays small however long the tables are."""
    thread: threading.Thread | None = None
    settled = 0

    def settle() -> None:
        with suppress(HarkenError):  # what is wrong with the lake is told when everything left is settled at the end
            hub.settle()

    def heard(events: int) -> None:
        nonlocal thread, settled
        if events - settled >= SETTLE and (thread is None or not thread.is_alive()):
            settled = events
            thread = threading.Thread(target=settle, name="harken-settle")
            thread.start()

    try:
        yield heard
    finally:
        if thread is not None:
            thread.join()
