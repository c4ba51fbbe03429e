"""What goes on beside the hub while an import is heard: parts are read ahead (of long files listened to as well, by a
process of its own), and what was heard is settled."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harken import listen, remember
from harken.beside import Beside
from harken.connectors.tables import ROWS, File, Mapping, Part
from harken.connectors.tables import read as read_here
from harken.connectors.tables.listened import Wanted, reader
from harken.errors import HarkenError

if TYPE_CHECKING:
    from harken.hub import Hub
    from harken.stores.lake.settling import Settling
    from harken.words import Config

AHEAD = 8  # parts read before they are heard
TOGETHER = 16  # parts heard in one transaction
LONG_ROWS = 50_000  # of a file that is worth a process …
LONG_BYTES = 2_000_000  # … or its size, where the number of rows is not known
SETTLE = TOGETHER * ROWS  # events heard until they are settled, in one page, while others are heard


class Read(Protocol):
    """Reads a file from the row after those done, for a hub with this configuration."""

    def __call__(self, mapping: Mapping, file: File, folder: Path, config: Config, *, done: int) -> Iterator[Part]: ...


@contextmanager
def reading(clock: Callable[[], int], files: Iterable[File]) -> Iterator[Read]:
    """How these files are read: long ones by a process, which listens to them too, the others here."""
    beside = Beside(reader)
    if any(map(_is_long, files)):
        beside.begin()

    def read(mapping: Mapping, file: File, folder: Path, config: Config, *, done: int) -> Iterator[Part]:
        source = config.sources.get(mapping.source)
        together = min(ROWS, source.limits.batch_events) if source else ROWS
        if not _is_long(file):
            return read_here(mapping, file, folder, received=clock(), skip=done, together=together)
        return beside.ask(
            Wanted(
                mapping=mapping,
                file=file,
                folder=folder,
                received=clock(),
                skip=done,
                together=together,
                listener=partial(listen.Listener, config, remember.READS),
            )
        )

    try:
        yield read
    finally:
        beside.close()


def _is_long(file: File) -> bool:
    if file.path is None:
        return False
    return file.rows >= LONG_ROWS if file.rows else file.path.stat().st_size >= LONG_BYTES


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
def settling(hub: Hub, files: Iterable[File]) -> Iterator[Callable[[int], None]]:
    """Settle while the import of these files goes on; told after each transaction how many events were heard so far. So a second
    processor has something to do, and the store stays small however long the tables are."""
    from harken.hub.settler import settler

    beside = Beside(partial(settler, hub.again)) if hub.again else None
    if beside is not None and sum(file.rows for file in files) >= SETTLE:
        beside.begin()
    thread: threading.Thread | None = None
    settled = 0

    def prepare(limit: int) -> Settling | None:
        if beside is None:
            return hub.jobs.prepare(limit)
        [made] = beside.ask(SETTLE)
        return made

    def settle() -> None:
        with suppress(HarkenError):  # what is wrong with the lake is told when everything left is settled at the end
            hub.settle(prepare)

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
        if beside is not None:
            beside.close()
