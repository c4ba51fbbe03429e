"""Files in, parts out whose rows were listened to already, for a process beside the hub (`harken.beside`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from harken.connectors.tables import ROWS, File, Mapping, Part, read
from harken.words import Micros, RawBatch

Listen: TypeAlias = Callable[[RawBatch], bytes]


class Asked(Struct, frozen=True, kw_only=True):
    """What is to be read, and what makes the function that listens to it."""

    mapping: Mapping
    file: File
    folder: Path
    received: Micros
    skip: int = 0
    together: int = ROWS
    listener: Callable[[], Listen]


def parts(asked: Asked) -> Iterator[Part]:
    """The parts of a file, in order, each batch with what was heard in `told`; its body is left out, unless it could not
    be handed over."""
    listen = asked.listener()
    rows = read(
        asked.mapping, asked.file, asked.folder, received=asked.received, skip=asked.skip, together=asked.together
    )
    for part in rows:
        told = [listen(batch) for batch in part.batches]
        batches = [replace(one, body=b"") if data else one for one, data in zip(part.batches, told, strict=True)]
        yield replace(part, batches=batches, told=told)


def reader() -> Callable[[Asked], Iterator[Part]]:
    """What answers in that process."""
    return parts
