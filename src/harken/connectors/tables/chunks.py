"""A file of rows (CSV, Parquet, NDJSON or a JSON array; gzip; stdin) -> chunks as frames, with the rows that could not be
read. Memory is bounded by a chunk whatever the size of the file (but for a JSON array, which is read whole).
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import msgspec
import polars as pl
import pyarrow as pa
from msgspec import Struct
from pyarrow import parquet

from harken.connectors.tables.delimited import csv_rows
from harken.errors import Invalid

Format: TypeAlias = Literal["auto", "csv", "parquet", "ndjson"]
ROW = "#row"  # the column every chunk's frame has: the line of each row in its file (of a Parquet file, the row)
REST = "#rest"  # NDJSON: what an object says beside `Reading.apart`, as JSON without its braces
JSON = "#json:"  # NDJSON: before the name of a column whose values are of several types; holds them as JSON
SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson",
}  # fmt: skip


class Reading(Struct, frozen=True, kw_only=True):
    """How a file is to be read."""

    format: Format = "auto"
    delimiter: str = ""  # CSV: "" = the one the header uses
    encoding: str = "utf-8"
    columns: tuple[str, ...] | None = None  # those that are needed; None = all
    apart: tuple[str, ...] = ()  # NDJSON, all columns: those that do not go into REST


class Bad(Struct, frozen=True):
    """A row that could not be read: its line, what is wrong and what would be right, and its text."""

    line: int
    reason: str
    raw: bytes


class Chunk(Struct, frozen=True, kw_only=True):
    """Some rows of a file. `done` counts the rows up to and with these, bad ones included."""

    done: int
    frame: pl.DataFrame
    bad: Sequence[Bad] = ()
    textual: bool = False  # every column is text, because the file has no types (CSV)


def rows_in(path: Path) -> int:
    """The number of rows where the file tells it, else 0."""
    return int(_parquet_file(path).metadata.num_rows) if path.suffix in (".parquet", ".pq") else 0


def read_chunks(path: Path | None, how: Reading, *, rows: int, skip: int = 0) -> Iterator[Chunk]:
    """The chunks of a file after its first `skip` rows; None reads stdin (CSV or NDJSON, told by its first line)."""
    lines: Iterator[bytes] = iter(())
    kind = _kind(path, how.format)
    if kind == "auto":
        kind, lines = _told(_lines(path, how.encoding))
    elif kind != "parquet":
        lines = _lines(path, how.encoding)
    if kind == "parquet":
        if path is None:
            raise Invalid("Parquet cannot be read from stdin; give the file")
        return _parquet(path, how, rows, skip)
    name = path.name if path else "stdin"
    lines = _whole(lines, name)
    return _csv(lines, how, rows, skip, name) if kind == "csv" else _ndjson(lines, how, rows, skip)


def _kind(path: Path | None, format: Format) -> str:
    if format != "auto":
        return format
    if path is None:
        return "auto"
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix not in SUFFIXES:
        raise Invalid(f"{path.name}: cannot tell its format by '{suffix}'; say `format: csv`, `parquet` or `ndjson`")
    return SUFFIXES[suffix]


def _told(lines: Iterator[bytes]) -> tuple[str, Iterator[bytes]]:
    """The format of lines whose name does not tell it, and all of the lines."""
    first: list[bytes] = []
    for line in lines:
        first.append(line)
        if line.strip():
            break
    mark = first[-1].lstrip()[:4] if first else b""
    kind = "parquet" if mark == b"PAR1" else "ndjson" if mark[:1] in (b"{", b"[") else "csv"
    return kind, chain(first, lines)


def _lines(path: Path | None, encoding: str) -> Iterator[bytes]:
    """The lines of a file in UTF-8, with their ends, without a byte order mark."""
    with _opened(path) as stream:
        if encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig"):
            try:
                text = io.TextIOWrapper(stream, encoding=encoding, newline="\n")
            except LookupError:
                raise Invalid(f"encoding '{encoding}' is not known; usual ones are utf-8, cp1252, utf-16") from None
            for line in text:
                yield line.removeprefix("\ufeff").encode()
            return
        first = stream.readline()
        if first:
            yield first.removeprefix(b"\xef\xbb\xbf")
        yield from stream


def _opened(path: Path | None) -> AbstractContextManager[BinaryIO]:
    if path is None:
        return nullcontext(sys.stdin.buffer)
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path))
    return path.open("rb")


def _whole(lines: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The lines, or Invalid where the file ends too soon."""
    number = 0
    try:
        for number, line in enumerate(lines, 1):  # noqa: B007
            yield line
    except (EOFError, zlib.error, OSError, UnicodeError) as error:
        raise Invalid(f"{name}: cannot be read after line {number}: {error}") from None


def _numbered(frame: pl.DataFrame, lines: Sequence[int]) -> pl.DataFrame:
    return frame.with_columns(pl.Series(ROW, lines, dtype=pl.Int64))


# ---------------------------------------------------------------- CSV


def _csv(lines: Iterator[bytes], how: Reading, rows: int, skip: int, name: str) -> Iterator[Chunk]:
    done = 0
    for part in csv_rows(lines, how.delimiter, rows, name):
        count = part.count
        done += count
        if done > skip:
            cut = max(0, count - (done - skip))
            frame, bad = part.read(cut)
            told = [Bad(line, reason, raw) for line, reason, raw in bad]
            yield Chunk(done=done, frame=_numbered(frame, part.good), bad=told, textual=True)


# ---------------------------------------------------------------- Parquet


def _parquet_file(path: Path) -> parquet.ParquetFile:
    try:
        return parquet.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise Invalid(f"{path}: not a Parquet file: {error}") from None


def _parquet(path: Path, how: Reading, rows: int, skip: int) -> Iterator[Chunk]:
    file = _parquet_file(path)
    names = file.schema_arrow.names
    tops = None if how.columns is None else {name.partition(".")[0] for name in how.columns} | {*how.columns}
    chosen = None if tops is None else [name for name in names if name in tops]
    done = 0
    try:
        for record in file.iter_batches(batch_size=rows, columns=chosen or None):
            first, done = done + 1, done + record.num_rows
            if done > skip:
                cut = max(0, skip - first + 1)
                frame = pl.DataFrame(pl.from_arrow(record))[cut:]
                yield Chunk(done=done, frame=_numbered(frame, range(first + cut, done + 1)))
    except (pa.ArrowInvalid, OSError) as error:
        raise Invalid(f"{path}: cannot be read after row {done}: {error}") from None


# ---------------------------------------------------------------- NDJSON


def _ndjson(lines: Iterator[bytes], how: Reading, rows: int, skip: int) -> Iterator[Chunk]:
    """One JSON object a line; or one array of objects, whose places then count as lines."""
    decode = msgspec.json.Decoder().decode
    done = 0
    for part in _parts(lines, rows):
        objects: list[dict[str, Any]] = []
        places: list[int] = []
        bad: list[Bad] = []
        for place, line in enumerate(part, done + 1):
            if place <= skip or not bytes(line).strip():
                continue
            try:
                value = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                bad.append(Bad(place, f"not JSON: {error}; one JSON object a line is wanted", bytes(line).strip()))
                continue
            if isinstance(value, dict):
                objects.append(value)
                places.append(place)
            else:
                reason = f"one JSON object a line is wanted, not {type(value).__name__}"
                bad.append(Bad(place, reason, bytes(line).strip()))
        done += len(part)
        if objects or bad:
            frame = _columns(objects, how) if objects else pl.DataFrame()
            yield Chunk(done=done, frame=_numbered(frame, places), bad=bad)


def _parts(lines: Iterator[bytes], rows: int) -> Iterator[Sequence[bytes | msgspec.Raw]]:
    part = list(islice(lines, rows))
    if part and part[0].lstrip()[:1] == b"[":
        body = b"".join([*part, *lines])
        try:
            items = msgspec.json.decode(body, type=list[msgspec.Raw])
        except msgspec.DecodeError as error:
            raise Invalid(f"not a JSON array: {error}; give one object a line, or one array of objects") from None
        for start in range(0, len(items), rows):
            yield items[start : start + rows]
        return
    while part:
        yield part
        part = list(islice(lines, rows))


def _columns(objects: list[dict[str, Any]], how: Reading) -> pl.DataFrame:
    """The objects as columns. Values keep their types: a column with several of them is text, and JSON beside it."""
    names = how.columns
    columns: dict[str, pl.Series] = {}
    if names is None:
        names = tuple(dict.fromkeys(name for one in objects for name in one))
        apart = {*how.apart}
        rests = [{k: v for k, v in one.items() if k not in apart and v is not None} for one in objects]
        columns[REST] = pl.Series([msgspec.json.encode(rest)[1:-1].decode() for rest in rests], dtype=pl.String)
    for name in names:
        values = [one.get(name) for one in objects]
        if "." in name and not any(name in one for one in objects):
            values = [reach(one, name) for one in objects]
        kinds = {type(value) for value in values} - {type(None)}
        if not kinds and how.columns is not None and not any(_names(one, name) for one in objects):
            continue
        columns.update(_column(name, values, kinds))
    return pl.DataFrame(columns)


def _names(one: dict[str, Any], name: str) -> bool:
    return name in one or name.partition(".")[0] in one


def _column(name: str, values: list[Any], kinds: set[type]) -> dict[str, pl.Series]:
    plain = {str: pl.String, bool: pl.Boolean, int: pl.Int64, float: pl.Float64}
    if len(kinds) <= 1:
        kind = next(iter(kinds), str)
        fits = kind is not int or all(value is None or -(2**63) <= value < 2**63 for value in values)
        if kind in plain and fits:
            return {name: pl.Series(values, dtype=plain[kind])}
    raw = [None if value is None else msgspec.json.encode(value).decode() for value in values]
    text = [value if isinstance(value, str) else one for value, one in zip(values, raw, strict=True)]
    return {name: pl.Series(text, dtype=pl.String), JSON + name: pl.Series(raw, dtype=pl.String)}


def reach(value: Any, name: str) -> Any:
    """What stands under a dotted name.

    >>> reach({"user": {"mail": "a@x.test"}}, "user.mail"), reach({"user": "a"}, "user.mail")
    ('a@x.test', None)
    """
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
