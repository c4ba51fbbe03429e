"""A file of rows (CSV, Parquet, NDJSON; gzip; stdin) -> chunks as frames, with the rows that could not be read.

Memory is bounded by a chunk whatever the size of the file.
"""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv
from msgspec import Struct
from pyarrow import parquet

from harken.errors import Invalid

Format: TypeAlias = Literal["auto", "csv", "parquet", "ndjson"]
LONGEST_LINE = 4 * 1024 * 1024


ROW = "#row"  # the column every chunk's frame has: the place of each row in its file, counting from 1


class Chunk(Struct, frozen=True, kw_only=True):
    """Rows `first` (counting from 1, header not counted) and those that follow; `frame` has a column ROW."""

    first: int
    rows: int  # rows of the file this chunk stands for, bad ones included
    frame: pl.DataFrame
    bad: list[tuple[int, str, bytes]]  # (row, what is wrong, the row as text)
    textual: bool = False  # every column is text, because the file has no types (CSV)


def rows_in(path: Path) -> int:
    """The number of rows where the file tells it, else 0."""
    return int(parquet.ParquetFile(path).metadata.num_rows) if path.suffix == ".parquet" else 0


def read_chunks(path: Path | None, format: Format, delimiter: str, *, rows: int, skip: int) -> Iterator[Chunk]:
    """The chunks of a file after its first `skip` rows; None reads stdin (NDJSON unless said otherwise)."""
    kind = _kind(path, format)
    if kind == "parquet":
        if path is None:
            raise Invalid("Parquet cannot be read from stdin; give the file")
        return _parquet(path, rows, skip)
    stream = _open(path)
    return _csv(stream, delimiter, rows, skip) if kind == "csv" else _ndjson(stream, rows, skip)


def _kind(path: Path | None, format: Format) -> str:
    if format != "auto":
        return format
    if path is None:
        return "ndjson"
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    kinds = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet"}
    kinds |= {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson"}
    if suffix not in kinds:
        raise Invalid(f"{path.name}: cannot tell its format by '{suffix}'; say `format: csv`, `parquet` or `ndjson`")
    return kinds[suffix]


def _open(path: Path | None) -> BinaryIO:
    if path is None:
        return sys.stdin.buffer
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path))
    return path.open("rb")


def _parquet(path: Path, rows: int, skip: int) -> Iterator[Chunk]:
    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise Invalid(f"{path}: not a Parquet file: {error}") from None
    first = 1
    for record in file.iter_batches(batch_size=rows):
        frame = pl.DataFrame(pl.from_arrow(record))
        if first + frame.height - 1 > skip:
            cut = max(0, skip - first + 1)
            yield Chunk(first=first + cut, rows=frame.height - cut, frame=_numbered(frame[cut:], first + cut), bad=[])
        first += frame.height


def _numbered(frame: pl.DataFrame, first: int) -> pl.DataFrame:
    return frame.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias(ROW))


def _csv(stream: BinaryIO, delimiter: str, rows: int, skip: int) -> Iterator[Chunk]:
    """Header and lines; a line with too many or too few fields is bad, the others go on."""
    header_line = _line(stream)
    if not header_line.strip():
        return
    header = _fields(header_line.removeprefix(b"\xef\xbb\xbf"), delimiter)
    first = 1
    while lines := _records(stream, rows):
        count = len(lines)
        if first + count - 1 > skip:
            cut = max(0, skip - first + 1)
            yield _csv_chunk(lines[cut:], header, delimiter, first + cut)
        first += count


def _records(stream: BinaryIO, rows: int) -> list[bytes]:
    """Up to `rows` CSV records; a quoted field may hold line ends."""
    records: list[bytes] = []
    while len(records) < rows:
        record = _line(stream)
        if not record:
            break
        while record.count(b'"') % 2 and len(record) < LONGEST_LINE:
            more = _line(stream)
            if not more:
                break
            record += more
        if record.strip():
            records.append(record)
    return records


def _line(stream: BinaryIO) -> bytes:
    return stream.readline(LONGEST_LINE)


def _fields(line: bytes, delimiter: str) -> list[str]:
    table = arrow_csv.read_csv(
        io.BytesIO(line),
        read_options=arrow_csv.ReadOptions(autogenerate_column_names=True),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter),
        convert_options=arrow_csv.ConvertOptions(column_types=None, strings_can_be_null=False),
    )
    return [str(column[0].as_py()) for column in table.columns]


def _csv_chunk(records: list[bytes], header: list[str], delimiter: str, first: int) -> Chunk:
    bad: list[tuple[int, str, bytes]] = []
    good: list[bytes] = []
    for offset, record in enumerate(records):
        try:
            record.decode()
            good.append(record if record.endswith(b"\n") else record + b"\n")
        except UnicodeDecodeError as error:
            bad.append((first + offset, f"not UTF-8 at byte {error.start}; save the file as UTF-8", record))
    if bad:  # the good ones no longer stand in one run of lines
        return _one_by_one(records, header, delimiter, first, bad)
    try:
        frame = _parse(b"".join(good), header, delimiter)
    except pa.ArrowInvalid:
        return _one_by_one(records, header, delimiter, first, bad)
    return Chunk(first=first, rows=len(records), frame=_numbered(frame, first), bad=bad, textual=True)


def _one_by_one(
    records: list[bytes], header: list[str], delimiter: str, first: int, bad: list[tuple[int, str, bytes]]
) -> Chunk:
    """Find the lines that break a chunk; the rows in between keep their numbers."""
    frames = []
    wrong = {row for row, _, _ in bad}
    for offset, record in enumerate(records):
        if first + offset in wrong:
            continue
        try:
            frames.append(_numbered(_parse(record, header, delimiter), first + offset))
        except pa.ArrowInvalid:
            found = len(_fields(record, delimiter)) if record.strip() else 0
            bad.append((first + offset, f"{found} fields where the header has {len(header)}", record.strip()))
    empty = pl.DataFrame(schema={**dict.fromkeys(header, pl.String), ROW: pl.Int64})
    return Chunk(first=first, rows=len(records), frame=pl.concat([empty, *frames]), bad=bad, textual=True)


def _parse(body: bytes, header: list[str], delimiter: str) -> pl.DataFrame:
    table = arrow_csv.read_csv(
        io.BytesIO(body),
        read_options=arrow_csv.ReadOptions(column_names=header),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )
    return pl.DataFrame(pl.from_arrow(table))


def _ndjson(stream: BinaryIO, rows: int, skip: int) -> Iterator[Chunk]:
    """One JSON object a line."""
    first = 1
    decode = msgspec.json.Decoder().decode
    while lines := list(islice(iter(lambda: _line(stream), b""), rows)):
        objects: list[dict[str, object]] = []
        bad: list[tuple[int, str, bytes]] = []
        places: list[int] = []
        for offset, line in enumerate(lines):
            row = first + offset
            if row <= skip or not line.strip():
                continue
            try:
                value = decode(line)
            except (msgspec.DecodeError, RecursionError) as error:
                bad.append((row, f"not JSON: {error}", line.strip()))
                continue
            if isinstance(value, dict):
                objects.append(value)
                places.append(row)
            else:
                bad.append((row, f"a JSON object a line is wanted, not {type(value).__name__}", line.strip()))
        if objects or bad:
            frame = pl.from_dicts(objects, infer_schema_length=None, strict=False) if objects else pl.DataFrame()
            frame = frame.with_columns(pl.Series(ROW, places, dtype=pl.Int64))
            start = max(first, skip + 1)
            yield Chunk(first=start, rows=first + len(lines) - start, frame=frame, bad=bad)
        first += len(lines)
