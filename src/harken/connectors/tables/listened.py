"""Files in, parts out whose rows were listened to already, for a process beside the hub (`harken.beside`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from harken.connectors.tables import ROWS, Asked, File, Mapping, Part, read
from harken.words import Micros, RawBatch, Rows


class Listen(Protocol):
    """What listens: `listen.Listener`."""

    @property
    def properties(self) -> Collection[str]: ...

    def looks_at(self, source: str) -> Collection[str]: ...

    def batch(self, batch: RawBatch) -> bytes: ...

    def rows(self, rows: Rows) -> bytes: ...


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be read, and what makes that which listens to it."""

    mapping: Mapping
    file: File
    folder: Path
    received: Micros
    skip: int = 0
    together: int = ROWS
    listener: Callable[[], Listen]


def parts(wanted: Wanted) -> Iterator[Part]:
    """The parts of a file, in order, each batch with what was heard in `told`; its body is left out, unless it could not
    be handed over."""
    listen, mapping = wanted.listener(), wanted.mapping
    for part in read(
        mapping,
        wanted.file,
        wanted.folder,
        received=wanted.received,
        skip=wanted.skip,
        together=wanted.together,
        asked=Asked(listen.looks_at(mapping.source), listen.properties),
    ):
        if part.rows:
            told = [listen.rows(rows) for rows in part.rows]
            raws = [b"" if data else b"\n".join(rows.raws) for rows, data in zip(part.rows, told, strict=True)]
        else:
            told = [listen.batch(batch) for batch in part.batches]
            raws = [b"" if data else batch.body for batch, data in zip(part.batches, told, strict=True)]
        batches = [replace(batch, body=raw) for batch, raw in zip(part.batches, raws, strict=True)]
        yield replace(part, batches=batches, rows=[], told=told)


def reader() -> Callable[[Wanted], Iterator[Part]]:
    """What answers in that process."""
    return parts
