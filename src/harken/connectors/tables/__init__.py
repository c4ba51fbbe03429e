"""Tables of any company (CSV, Parquet, NDJSON; globs, `-` for stdin) and a mapping -> batches of native events.

mappings.py   what a row of which files means
chunks.py     a file -> frames of some thousand rows   (delimited.py: CSV)
writing.py    a frame -> one native event a row, as JSON
listened.py   all of it and listening too, for a process of its own
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from importlib import resources
from itertools import pairwise, takewhile
from pathlib import Path, PurePath

import msgspec
import polars as pl
from msgspec import Struct

from harken.connectors.tables.chunks import ROW, Chunk, Reading, read_chunks, rows_in
from harken.connectors.tables.mappings import Join, Mapping, Stream, load, quick
from harken.connectors.tables.writing import TOLD, Asked, Writer, Written, dotted, named
from harken.errors import Invalid
from harken.words import Dropped, Micros, RawBatch, Rows

__all__ = ["Asked", "File", "Join", "Mapping", "Part", "Stream", "files", "load", "quick", "read"]

ROWS = 5_000  # of one chunk, and at most of one batch
PACKAGE = "package:"
NOTHING_WORDS = ("", "na", "n/a", "nan", "null", "none", "-")  # in a column of numbers: not told
MAGIC = ("*", "?", "[")


class File(Struct, frozen=True, kw_only=True):
    """One file of a stream. `label` names it in ids and dead letters; `mark` changes when its content does."""

    stream: Stream
    path: Path | None  # None = stdin
    label: str
    key: str  # names it in the hub's notes
    mark: str
    rows: int  # 0 when it is not known without reading


class Part(Struct, frozen=True, kw_only=True):
    """Some rows, ready to be heard: their batches, and the rows that could not be read."""

    file: File
    batches: list[RawBatch]
    bad: list[Dropped]
    rows_done: int  # rows of the file up to and with this part
    line_done: int  # the last line that was read
    rows: list[Rows] = []  # of each batch, when they were asked for by columns and these tell all; it has no body then
    told: list[bytes] = []  # what was heard of each batch, when it was listened to already


def files(mapping: Mapping, folder: Path) -> list[File]:
    """Every file of every stream, in order. Invalid when a name fits nothing."""
    found: list[File] = []
    for stream in mapping.streams:
        labeled: dict[str, Path] = {}
        for name in stream.files:
            if name == "-":
                found.append(
                    File(
                        stream=stream,
                        path=None,
                        label="stdin",
                        key=f"{mapping.source}:{stream.name}:-",
                        mark="",
                        rows=0,
                    )
                )
                continue
            for label, path in _paths(name, folder):
                if labeled.get(label) == path:
                    continue  # two patterns fit it
                unique = label if label not in labeled else path.absolute().as_posix()
                labeled[unique] = path
                stat = path.stat()
                key = f"{mapping.source}:{stream.name}:{unique}"
                mark = f"{stat.st_size}:{stat.st_mtime_ns}"
                rows = rows_in(path)
                found.append(File(stream=stream, path=path, label=unique, key=key, mark=mark, rows=rows))
    return found


def _paths(name: str, folder: Path) -> list[tuple[str, Path]]:
    """The files a name means, each with the label it goes by wherever the folder is moved to."""
    if name.startswith(PACKAGE):
        package, _, rest = name.removeprefix(PACKAGE).partition("/")
        try:
            path = Path(str(resources.files(package).joinpath(rest)))
        except ModuleNotFoundError:
            install = package.replace("_", "-")
            raise Invalid(f"the Python package '{package}' is not installed; `pip install {install}`") from None
        if not path.is_file():
            raise Invalid(f"the Python package '{package}' has no file '{rest}'")
        return [(path.name, path)]
    wanted = Path(name).expanduser()
    if (folder / wanted).is_file():  # also when its name looks like a pattern
        return [(wanted.name if wanted.is_absolute() else wanted.as_posix(), folder / wanted)]
    fixed = PurePath(*takewhile(lambda part: not any(mark in part for mark in MAGIC), wanted.parts))
    root = folder / fixed if wanted.is_absolute() else folder
    paths = [Path(one) for one in sorted(glob.glob(str(folder / wanted), recursive=True))]  # noqa: PTH207
    paths = [path for path in paths if path.is_file()]
    if not paths:
        raise Invalid(f"no file fits '{name}' (looked in {folder.absolute()})")
    return [(path.relative_to(root).as_posix(), path) for path in paths]


def read(
    mapping: Mapping,
    file: File,
    folder: Path,
    *,
    received: Micros,
    skip: int = 0,
    together: int = ROWS,
    asked: Asked | None = None,
) -> Iterator[Part]:
    """The rows of a file after the first `skip`, part by part, with at most `together` in one batch; by columns where
    something is `asked` and they can tell all."""
    reader = _Reader(mapping, file, folder, together)
    reader.asked = asked
    for chunk in read_chunks(file.path, reader.how, rows=ROWS, skip=skip):
        yield reader.part(chunk, received)


class _Reader:
    """Turns chunks of one file into parts; remembers which CSV columns are numbers."""

    def __init__(self, mapping: Mapping, file: File, folder: Path, together: int) -> None:
        self._mapping, self._file, self._stream, self._together = mapping, file, file.stream, together
        self._joins = [_Joined(join, folder, self._stream.name) for join in self._stream.join]
        self._joined = [name for join in self._joins for name in join.columns]
        self._writer = Writer(self._stream, mapping.timezone, file.label if file.path else "", self._joined)
        self._numbers: list[str] | None = None
        self.asked: Asked | None = None
        self.how = self._how()

    def _how(self) -> Reading:
        """Only what is needed is read: of wide tables often a few columns."""
        stream = self._stream
        needed: tuple[str, ...] | None = None
        if stream.properties != "*":
            needed = tuple(sorted(named(stream)))
        apart = (stream.time, *stream.identifiers.values())
        return Reading(
            format=stream.format, delimiter=stream.delimiter, encoding=stream.encoding, columns=needed, apart=apart
        )

    def part(self, chunk: Chunk, received: Micros) -> Part:
        bad: list[Dropped] = []

        def refuse(line: int, reason: str, raw: bytes) -> None:
            bad.append(self._bad(received, line, reason, raw))

        for one in chunk.bad:
            refuse(one.line, one.reason, one.raw)
        frame = chunk.frame
        line_done = max([one.line for one in chunk.bad] + ([int(frame[ROW][-1])] if frame.height else [0]))
        batches: list[RawBatch] = []
        rows: list[Rows] = []
        if frame.height:
            frame = dotted(frame, self._stream)
            if chunk.textual:
                frame = self._typed(frame, refuse)
            for join in self._joins:
                frame = join.add(frame)
            written = self._writer.write(frame, refuse, self.asked)
            lines = written.lines.to_list()
            for start, end in self._runs(lines):
                batches.append(self._batch(lines[start], written.texts[start:end], received, written.columns is None))
                if written.columns is not None:
                    rows.append(_rows(batches[-1], written, start, end))
        bad.sort(key=lambda one: int(one.where.rpartition(":")[2]))
        return Part(file=self._file, batches=batches, bad=bad, rows_done=chunk.done, line_done=line_done, rows=rows)

    def _runs(self, lines: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Where to cut, so that the rows of every batch have consecutive lines and are not too many."""
        if not lines:
            return
        whole = lines[-1] - lines[0] == len(lines) - 1
        breaks = [] if whole else [at for at in range(1, len(lines)) if lines[at] != lines[at - 1] + 1]
        for start, end in pairwise((0, *breaks, len(lines))):
            for at in range(start, end, self._together):
                yield at, min(end, at + self._together)

    def _batch(self, line: int, texts: pl.Series, received: Micros, whole: bool) -> RawBatch:
        return RawBatch(
            source=self._mapping.source,
            dialect="harken",
            body="\n".join(texts.to_list()).encode() if whole else b"",
            received=received,
            trusted=True,
            where=self._file.label,
            lines=(line, len(texts)),
        )

    def _typed(self, frame: pl.DataFrame, refuse: object) -> pl.DataFrame:
        """CSV columns that hold only numbers in the first rows are numbers; a later row that breaks this is bad."""
        if self._numbers is None:
            self._numbers = self._number_columns(frame)
        for name in self._numbers:
            text = pl.col(name).str.strip_chars()
            number = frame.select(text.cast(pl.Float64, strict=False)).to_series()
            whole = bool((number.drop_nulls() % 1 == 0).all()) and bool((number.drop_nulls().abs() < 2**53).all())
            wrong = pl.col("#number").is_null() & text.is_not_null() & ~text.str.to_lowercase().is_in(NOTHING_WORDS)
            frame = frame.with_columns(number.alias("#number"))
            odd = frame.filter(wrong)
            for row in odd.iter_rows(named=True):
                reason = f"{name}: {row[name]!r} is not a number; name the column under `texts` to keep it as text"
                told = {key: value for key, value in row.items() if not key.startswith("#")}
                refuse(row[ROW], reason, msgspec.json.encode(told))  # type: ignore[operator]
            frame = frame.filter(~wrong) if odd.height else frame
            frame = frame.with_columns(pl.col("#number").cast(pl.Int64 if whole else pl.Float64).alias(name))
        return frame.drop("#number", strict=False)

    def _number_columns(self, frame: pl.DataFrame) -> list[str]:
        """Told by the first rows of the file, also when it is read on from its middle."""
        stream, path = self._stream, self._file.path
        if path is not None and frame[ROW][0] > ROWS:
            frame = next(read_chunks(path, self.how, rows=ROWS)).frame
        keep = {ROW, *stream.texts, *stream.identifiers.values(), stream.time, *stream.id}
        return [name for name in frame.columns if name not in keep and _numeric(frame[name])]

    def _bad(self, received: Micros, line: int, reason: str, raw: bytes) -> Dropped:
        return Dropped(
            reason="bad_row",
            detail=reason,
            source=self._mapping.source,
            dialect="harken",
            received=received,
            raw=raw,
            where=f"{self._file.label}:{line}",
            line=line,
            trusted=True,
        )


def _rows(batch: RawBatch, written: Written, start: int, end: int) -> Rows:
    """Some of the rows, by column."""
    assert written.columns is not None
    columns = {one.name: one for one in written.columns[start:end]}
    told = {name.removeprefix(TOLD): one for name, one in columns.items() if name.startswith(TOLD)}
    return Rows(
        batch=batch,
        raws=written.texts[start:end].cast(pl.Binary).to_list(),
        ids=columns["id"].to_list(),
        times=columns["time"].to_list(),
        kind=written.kind,
        timezone=written.zone,
        whose=columns["whose"].to_list(),
        places=columns["places"].to_list(),
        told={name: _finite(one).to_list() for name, one in told.items()},
    )


class _Joined:
    """A small table, ready to be looked up by a column of any type."""

    def __init__(self, join: Join, folder: Path, stream: str) -> None:
        self._by, self._where = join.by, f"stream '{stream}': join {join.file}"
        found = _paths(join.file, folder)
        frames = []
        for _, path in found:
            for chunk in read_chunks(path, Reading(), rows=ROWS):
                for one in chunk.bad:
                    raise Invalid(f"{path.name}:{one.line}: {one.reason}")
                frames.append(chunk.frame)
        table = pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()
        self._need(table.columns, [join.by, *join.take])
        taken = [name for name in table.columns if not name.startswith("#")]
        self._table = table.select([join.by, *join.take] if join.take else taken)
        self._cast: dict[pl.DataType, pl.DataFrame] = {}
        self.columns = [name for name in self._table.columns if name != join.by]

    def add(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows with the columns of the row that fits."""
        self._need(frame.columns, [self._by])
        type_ = frame.schema[self._by]
        if type_ not in self._cast:
            table = self._table.with_columns(pl.col(self._by).cast(type_, strict=False)).drop_nulls(self._by)
            self._cast[type_] = table.unique(subset=[self._by], keep="first")
        return frame.join(self._cast[type_], on=self._by, how="left", maintain_order="left")

    def _need(self, columns: Sequence[str], names: Sequence[str]) -> None:
        for name in names:
            if name not in columns:
                there = ", ".join(one for one in columns if not one.startswith("#"))
                raise Invalid(f"{self._where}: there is no column '{name}'; there are {there}")


def _finite(column: pl.Series) -> pl.Series:
    """Without what JSON has no word for."""
    return column.set(~column.is_finite(), None) if column.dtype.is_float() else column


def _numeric(column: pl.Series) -> bool:
    """Whether a text column holds numbers only, none of them with a leading zero (those are codes)."""
    values = column.drop_nulls().str.strip_chars()
    values = values.filter(~values.str.to_lowercase().is_in(NOTHING_WORDS))
    return bool(values.len()) and bool(values.str.contains(r"^-?(0|[1-9]\d{0,14})(\.\d+)?$").all())
