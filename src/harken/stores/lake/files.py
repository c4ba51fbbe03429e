"""Names of runs in, durable files out, and back. The only part of the lake that touches a disk or an object store."""

from __future__ import annotations

import os
import secrets
import threading
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs

from harken.errors import Unavailable
from harken.stores.lake.manifest import File

FOOTERS = 128  # parsed footers kept
KINDS = ("events", "trails")  # the two files of a run


class Files:
    """The lake's folder: a path of this machine, or a URL of an object store (`s3://bucket/lake`)."""

    def __init__(self, place: str | Path) -> None:
        text = str(place)
        self.scheme = text.partition("://")[0] if "://" in text else ""
        if self.scheme in ("", "file"):
            self.scheme, self.fs = "", fs.LocalFileSystem()
            self.root = str(Path(text.removeprefix("file://")).absolute())
        else:
            self.fs, self.root = fs.FileSystem.from_uri(text)
        self._footers: OrderedDict[str, Any] = OrderedDict()
        self._folders: set[str] = set()  # made in the object store
        self._lock = threading.Lock()

    def path(self, kind: str, name: str) -> str:
        """Where a file of a run lies; `kind` is `events` or `trails`."""
        return f"{self.root}/{kind}/{name}.parquet"

    def url(self, kind: str, name: str) -> str:
        """The same for Polars."""
        return f"{self.scheme}://{self.path(kind, name)}" if self.scheme else self.path(kind, name)

    # ------------------------------------------------------------------ writing

    @contextmanager
    def create(self, path: str) -> Iterator[IO[bytes]]:
        """Write a new file; when the block is left, what is in it is on the disk. Its name is after `sync`."""
        try:
            if self.scheme:
                parent = path.rpartition("/")[0]
                if parent not in self._folders:
                    self.fs.create_dir(parent, recursive=True)
                    self._folders.add(parent)
                with self.fs.open_output_stream(path) as out:
                    yield out
                return
            folder = Path(path).parent
            _make_folder(folder)
            with Path(path).open("wb") as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise Unavailable(f"the lake cannot write {path}: {error}; check space and permissions") from error

    def sync(self) -> None:
        """Put the names of all new runs on the disk."""
        for kind in () if self.scheme else KINDS:
            if (folder := Path(self.root, kind)).is_dir():
                _sync_folder(folder)

    def replace(self, name: str, data: bytes) -> None:
        """Put a small file in place of another in one step: readers see the old or the new one."""
        path = f"{self.root}/{name}"
        if self.scheme:
            with self.create(path) as out:
                out.write(data)
            return
        draft = f"{path}.{secrets.token_hex(4)}.draft"
        with self.create(draft) as out:
            out.write(data)
        Path(draft).replace(path)
        _sync_folder(Path(self.root))

    def remove(self, names: Iterable[str]) -> int:
        """Delete runs, as far as they are there; how many were."""
        removed = 0
        for name in names:
            with self._lock:
                for kind in KINDS:
                    self._footers.pop(self.path(kind, name), None)
            for kind in ("trails", "events"):
                try:
                    self.fs.delete_file(self.path(kind, name))
                    removed += kind == "events"
                except FileNotFoundError:
                    continue
        return removed

    def remove_drafts(self, before: float) -> None:
        """Delete what crashed `replace`s left, last written before that time (seconds since 1970)."""
        for info in self.fs.get_file_info(fs.FileSelector(self.root, allow_not_found=True)):
            if info.is_file and info.base_name.endswith(".draft") and info.mtime and info.mtime.timestamp() < before:
                self.fs.delete_file(info.path)

    def present(self) -> dict[str, float]:
        """Every run that has a file, and when it was last written (seconds since 1970)."""
        found: dict[str, float] = {}
        for kind in KINDS:
            for info in self.fs.get_file_info(fs.FileSelector(f"{self.root}/{kind}", allow_not_found=True)):
                name = info.base_name.removesuffix(".parquet")
                if info.is_file and name != info.base_name:
                    written = time.time() if info.mtime is None else info.mtime.timestamp()
                    found[name] = max(found.get(name, 0.0), written)
        return found

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the runs that lack a file."""
        wanted = [self.path(kind, name) for name in names for kind in KINDS]
        return [info.path for info in self.fs.get_file_info(wanted) if not info.is_file] if wanted else []

    # ------------------------------------------------------------------ reading

    def parquet(self, path: str) -> Any:
        """An open Parquet file whose footer is parsed once."""
        with self._lock:
            footer = self._footers.get(path)
        try:
            opened = pq.ParquetFile(path, filesystem=self.fs, metadata=footer)
        except pa.ArrowInvalid as error:
            raise Unavailable(f"the lake file {path} is damaged: {error}") from error
        with self._lock:
            self._footers[path] = opened.metadata
            self._footers.move_to_end(path)
            while len(self._footers) > FOOTERS:
                self._footers.popitem(last=False)
        return opened

    def stream(
        self, name: str, columns: Sequence[str] | None = None, only: Iterable[str] | None = None
    ) -> Iterator[pa.Table]:
        """The row groups of a run in order; with `only`, those that may hold one of these profiles."""
        with self.parquet(self.path("events", name)) as file:
            chosen = list(range(file.num_row_groups)) if only is None else _groups(file.metadata, "profile", only)
            for group in chosen:
                yield file.read_row_group(group, columns=columns, use_threads=False)

    def rows_of(
        self, file: File, profiles: Iterable[str], tids: Sequence[str], columns: Sequence[str]
    ) -> Iterator[pa.Table]:
        """The rows of these trails, which lie under these profiles."""
        wanted = pa.array(tids, pa.string())
        for table in self.stream(file.name, columns, profiles):
            yield table.filter(pc.is_in(table["tid"], wanted))

    def trails(self, file: File) -> pl.DataFrame:
        """All trails of a run: tid, the profile it is filed under, rows."""
        with self.parquet(self.path("trails", file.name)) as index:
            found = pl.from_arrow(index.read())
        return found if isinstance(found, pl.DataFrame) else found.to_frame()

    def where(self, file: File, tids: Sequence[str]) -> dict[str, set[str]]:
        """Those of the trails that a run holds -> the profiles they are filed under. Reads a few pages, not the file."""
        found: dict[str, set[str]] = {}
        wanted = pa.array(tids, pa.string())
        with self.parquet(self.path("trails", file.name)) as index:
            groups = _groups(index.metadata, "tid", tids)
            if groups:
                rows = index.read_row_groups(groups, columns=["tid", "profile"], use_threads=False)
                rows = rows.filter(pc.is_in(rows["tid"], wanted))
                for tid, profile in zip(rows["tid"].to_pylist(), rows["profile"].to_pylist(), strict=True):
                    found.setdefault(tid, set()).add(profile)
        return found


def _groups(footer: Any, column: str, wanted: Iterable[str]) -> list[int]:
    """The row groups whose range of `column` may hold one of the values."""
    values = sorted(set(wanted))
    place = footer.schema.names.index(column)
    chosen = []
    for group in range(footer.num_row_groups):
        span = footer.row_group(group).column(place).statistics
        known = span is not None and span.has_min_max
        at = bisect_left(values, span.min) if known else 0
        if not known or (at < len(values) and values[at] <= span.max):
            chosen.append(group)
    return chosen


def _make_folder(folder: Path) -> None:
    """Make a folder whose name outlives a crash."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
