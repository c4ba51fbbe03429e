"""Tables written for a test -> what their rows become: native events, and rows that could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from harken import listen
from harken.connectors import tables
from harken.connectors.tables.mappings import check
from harken.words import Config, Dropped, Event

NOW = 1_790_000_000_000_000
PLAN = listen.prepare(Config())


def mapping(*, files: Sequence[str], source: str = "shop", timezone: str = "UTC", **stream: Any) -> tables.Mapping:
    """One stream; what is not given is usual."""
    usual = {"name": "order", "time": "at", "identifiers": {"user_id": "who"}, "event": "Ordered"}
    told = {"source": source, "timezone": timezone, "streams": [{**usual, **stream, "files": list(files)}]}
    made = msgspec.convert(told, tables.Mapping)
    check(made, "test")
    return made


class Read:
    """All files of a mapping, read."""

    def __init__(self, made: tables.Mapping, folder: Path, *, skip: int = 0) -> None:
        self.parts = [
            part
            for file in tables.files(made, folder)
            for part in tables.read(made, file, folder, received=NOW, skip=skip)
        ]
        self.batches = [batch for part in self.parts for batch in part.batches]
        self.items: list[dict[str, Any]] = [
            msgspec.json.decode(line) for batch in self.batches for line in batch.body.split(b"\n")
        ]
        self.bad: list[Dropped] = [one for part in self.parts for one in part.bad]
        self.rows = sum(part.rows_done for part in self.parts[-1:])

    def heard(self) -> tuple[list[Event], list[Dropped]]:
        """What listening makes of it."""
        heard = [listen.hear(batch, PLAN) for batch in self.batches]
        return [one for part in heard for one in part.events], [one for part in heard for one in part.dropped]

    @property
    def reasons(self) -> dict[str, str]:
        """Place -> reason of every bad row."""
        return {one.where: one.detail for one in self.bad}


def read(folder: Path, name: str, body: str | bytes, **stream: Any) -> Read:
    """One file with this content."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return Read(mapping(files=[name], **stream), folder)
