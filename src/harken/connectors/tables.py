"""Tables of any company (CSV, Parquet, NDJSON; globs, `-` for stdin) and a mapping -> batches of native events.

A mapping says which column is the time, which identify whom, and what the event is called. Work is done on columns:
each chunk of rows becomes NDJSON in one Polars expression, so a million rows take seconds.
"""

from __future__ import annotations

import difflib
import glob
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
import polars as pl
import yaml
from msgspec import Struct

from harken.connectors.chunks import ROW, Chunk, read_chunks, rows_in
from harken.errors import Invalid
from harken.words import Dropped, Micros, RawBatch

ROWS = 5_000  # of one batch
FIELD = re.compile(r"\{([^{}]+)\}")
PACKAGE = "package:"
HOUR = pl.duration(hours=1)
Columns: TypeAlias = dict[str, str]


class Join(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A small table whose columns are added to each row: `products.parquet` on `product_id`."""

    file: str
    by: str
    take: tuple[str, ...] = ()  # columns to take; empty = all


class Stream(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One set of files with the same columns, and what a row of it means.

    `event`, `channel`, `touchpoint` are texts with `{column}` in them; `time`, `identifiers`, `properties` and
    `traits` name columns (or are such texts, when they hold a brace; `time` may be one moment for all rows).
    """

    name: str
    files: tuple[str, ...]
    time: str
    identifiers: Columns
    event: str = ""
    type: str = "track"
    channel: str = ""
    touchpoint: str = ""
    properties: Columns | tuple[str, ...] | Literal["*"] = "*"
    traits: Columns | tuple[str, ...] = ()
    id: tuple[str, ...] = ()  # columns that together tell a row from every other; else its place in its file
    timezone: str = ""  # how a time without zone is read; the mapping's when empty
    format: Literal["auto", "csv", "parquet", "ndjson"] = "auto"
    delimiter: str = ","
    texts: tuple[str, ...] = ()  # CSV columns to keep as text although they look like numbers
    join: tuple[Join, ...] = ()


class Mapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping file: one source, one or more streams of rows."""

    source: str
    streams: tuple[Stream, ...]
    timezone: str = "UTC"


class File(Struct, frozen=True, kw_only=True):
    """One file of a stream. `key` names it in the hub's notes; `mark` changes when its content does."""

    stream: Stream
    path: Path | None  # None = stdin
    key: str
    mark: str
    rows: int  # 0 when it is not known without reading


class Part(Struct, frozen=True, kw_only=True):
    """Some rows, ready to be heard: their batches, and the rows that could not be read."""

    file: File
    batches: list[RawBatch]
    bad: list[Dropped]
    rows_done: int  # rows of the file up to and with this part


def load(path: Path) -> tuple[Mapping, Path]:
    """A mapping file, or `import.yaml` in a folder, and the folder its relative paths start from."""
    file = path / "import.yaml" if path.is_dir() else path
    if not file.exists():
        raise Invalid(f"there is no mapping {file}; see docs/how-to/import-your-data.md for how to write one")
    try:
        body = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise Invalid(f"{file}: not YAML: {error}") from None
    for stream in (body or {}).get("streams") or [] if isinstance(body, dict) else []:
        if isinstance(stream, dict) and isinstance(stream.get("files"), str):
            stream["files"] = [stream["files"]]
    try:
        return msgspec.convert(body, Mapping), file.parent
    except msgspec.ValidationError as error:
        raise Invalid(f"{file}: {error}; see docs/how-to/import-your-data.md") from None


def files(mapping: Mapping, folder: Path) -> list[File]:
    """Every file of every stream, in order. Invalid when a name fits nothing."""
    found: list[File] = []
    for stream in mapping.streams:
        for name in stream.files:
            if name == "-":
                found.append(File(stream=stream, path=None, key=f"{stream.name}:-", mark="", rows=0))
                continue
            for path in _paths(name, folder):
                stat = path.stat()
                key = f"{mapping.source}:{stream.name}:{path.name}"
                mark = f"{stat.st_size}:{stat.st_mtime_ns}"
                found.append(File(stream=stream, path=path, key=key, mark=mark, rows=rows_in(path)))
    return found


def _paths(name: str, folder: Path) -> list[Path]:
    if name.startswith(PACKAGE):
        package, _, rest = name.removeprefix(PACKAGE).partition("/")
        try:
            path = Path(str(resources.files(package).joinpath(rest)))
        except ModuleNotFoundError:
            raise Invalid(
                f"the Python package '{package}' is not installed; `pip install {package.replace('_', '-')}`"
            ) from None
        paths = [path]
    else:
        pattern = str(Path(name).expanduser() if Path(name).expanduser().is_absolute() else folder / name)
        paths = [Path(one) for one in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207
    if not paths or not all(path.is_file() for path in paths):
        raise Invalid(f"no file fits '{name}' (looked in {folder.absolute()})")
    return paths


def read(
    mapping: Mapping, file: File, folder: Path, *, received: Micros, skip: int = 0, rows: int = ROWS
) -> Iterator[Part]:
    """The rows of a file after the first `skip`, part by part."""
    reader = _Reader(mapping, file, folder)
    for chunk in read_chunks(file.path, file.stream.format, file.stream.delimiter, rows=rows, skip=skip):
        yield reader.part(chunk, received)


class _Reader:
    """Turns chunks of one file into parts; remembers which CSV columns are numbers."""

    def __init__(self, mapping: Mapping, file: File, folder: Path) -> None:
        self._mapping, self._file, self._stream = mapping, file, file.stream
        self._joins = [(join, _joined(join, folder)) for join in self._stream.join]
        self._numbers: list[str] | None = None

    def part(self, chunk: Chunk, received: Micros) -> Part:
        bad = [self._bad(received, line, reason, raw) for line, reason, raw in chunk.bad]
        frame = chunk.frame
        batches: list[RawBatch] = []
        if frame.height:
            frame = self._typed(frame, received, bad) if chunk.textual else frame
            for join, table in self._joins:
                frame = frame.join(self._castable(table, frame, join.by), on=join.by, how="left", maintain_order="left")
            batches = [self._batch(run, received) for run in _runs(frame)]
        return Part(file=self._file, batches=batches, bad=bad, rows_done=chunk.first - 1 + chunk.rows)

    def _castable(self, table: pl.DataFrame, frame: pl.DataFrame, on: str) -> pl.DataFrame:
        _need(frame.columns, [on], f"stream '{self._stream.name}': join")
        return table.with_columns(pl.col(on).cast(frame.schema[on], strict=False))

    def _typed(self, frame: pl.DataFrame, received: Micros, bad: list[Dropped]) -> pl.DataFrame:
        """CSV columns that hold only numbers in the first chunk are numbers; a later row that breaks this is bad."""
        if self._numbers is None:
            keep = {ROW, *self._stream.texts, *self._stream.identifiers.values(), self._stream.time, *self._stream.id}
            self._numbers = [name for name in frame.columns if name not in keep and _numeric(frame[name])]
        for name in self._numbers:
            number = frame[name].str.strip_chars().cast(pl.Float64, strict=False)
            wrong = number.is_null() & frame[name].is_not_null() & (frame[name].str.strip_chars() != "")
            for row in frame.filter(wrong).iter_rows(named=True):
                reason = f"{name}: {row[name]!r} is not a number; name it under `texts` to keep the column as text"
                bad.append(self._bad(received, row.pop(ROW), reason, msgspec.json.encode(row)))
            whole = bool((number.drop_nulls() % 1 == 0).all())
            frame = frame.with_columns((number.cast(pl.Int64) if whole else number).alias(name)).filter(~wrong)
        return frame

    def _batch(self, frame: pl.DataFrame, received: Micros) -> RawBatch:
        lines = frame.select(self._event(frame).struct.json_encode()).to_series()
        return RawBatch(
            source=self._mapping.source,
            dialect="harken",
            body="\n".join(lines.to_list()).encode(),
            received=received,
            trusted=True,
            where=self._where,
            lines=(frame[ROW][0], frame.height),
        )

    @property
    def _where(self) -> str:
        return self._file.path.name if self._file.path else "stdin"

    def _event(self, frame: pl.DataFrame) -> pl.Expr:
        """One native event a row."""
        stream, columns = self._stream, frame.columns
        where = f"stream '{stream.name}'"
        id = [_text(name, columns, where) for name in stream.id]
        place = pl.col(ROW).cast(pl.String)
        fields = [
            pl.concat_str(
                [pl.lit(f"{stream.name}|"), *(id or [pl.lit(f"{self._where}|"), place])], separator="|"
            ).alias("id"),
            pl.lit(stream.type).alias("type"),
            self._time(frame, where).alias("time"),
            _struct({kind: _text(name, columns, where) for kind, name in stream.identifiers.items()}, "identifiers"),
        ]
        for name, text in (("name", stream.event), ("channel", stream.channel), ("touchpoint", stream.touchpoint)):
            if text:
                fields.append(_template(text, columns, where).alias(name))
        properties = _columns(stream.properties, columns, {ROW, stream.time, *stream.identifiers.values()})
        for name, chosen in (("properties", properties), ("traits", _columns(stream.traits, columns, set()))):
            if chosen:
                fields.append(_struct({key: _value(column, frame, where) for key, column in chosen.items()}, name))
        return pl.struct(fields)

    def _time(self, frame: pl.DataFrame, where: str) -> pl.Expr:
        """Typed times become microseconds UTC; text goes to listen as it is, which knows every way to write a time."""
        name = self._stream.time
        if "{" in name or (name not in frame.columns and name[:4].isdigit()):
            return _template(name, frame.columns, where)
        _need(frame.columns, [name], f"{where}: time")
        zone = self._stream.timezone or self._mapping.timezone
        type_ = frame.schema[name]
        column = pl.col(name)
        if type_ == pl.Date:
            column, type_ = column.cast(pl.Datetime("us")), pl.Datetime("us")
        if isinstance(type_, pl.Datetime):
            if type_.time_zone is None:
                column = pl.coalesce(_zoned(column, zone), _zoned(column + HOUR, zone) - HOUR)
            return column.dt.convert_time_zone("UTC").dt.epoch("us")
        return column

    def _bad(self, received: Micros, line: int, reason: str, raw: bytes) -> Dropped:
        return Dropped(
            reason="bad_row",
            detail=reason,
            source=self._mapping.source,
            dialect="harken",
            received=received,
            raw=raw,
            where=f"{self._where}:{line}",
        )


def _runs(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The frame cut where rows are missing, so that every batch's rows have consecutive places."""
    if frame.height and frame[ROW][-1] - frame[ROW][0] == frame.height - 1:
        yield frame
        return
    breaks = (frame[ROW].diff().fill_null(1) != 1).cum_sum()
    yield from (run.drop("#run") for run in frame.with_columns(breaks.alias("#run")).partition_by("#run"))


def _joined(join: Join, folder: Path) -> pl.DataFrame:
    (path,) = _paths(join.file, folder)
    frames = [chunk.frame for chunk in read_chunks(path, "auto", ",", rows=1_000_000, skip=0)]
    table = (pl.concat(frames) if frames else pl.DataFrame({join.by: [], ROW: []})).drop(ROW)
    _need(table.columns, [join.by, *join.take], join.file)
    return table.select([join.by, *join.take] if join.take else pl.all()).unique(subset=[join.by], keep="first")


def _numeric(column: pl.Series) -> bool:
    """Whether a text column holds numbers only, none of them with a leading zero (those are codes)."""
    values = column.drop_nulls().str.strip_chars()
    values = values.filter(values != "")
    if not values.len():
        return False
    return bool(values.str.contains(r"^-?(0|[1-9]\d{0,14})(\.\d+)?$").all())


def _columns(chosen: Columns | tuple[str, ...] | str, columns: Sequence[str], used: set[str]) -> Columns:
    if chosen == "*":
        return {name: name for name in columns if name not in used}
    if isinstance(chosen, dict):
        return chosen
    return {name: name for name in chosen}


def _struct(fields: dict[str, pl.Expr], name: str) -> pl.Expr:
    return pl.struct([expression.alias(key) for key, expression in fields.items()]).alias(name)


def _text(name: str, columns: Sequence[str], where: str) -> pl.Expr:
    """A column or template as text; whole floats (ids that met a null) lose their `.0`."""
    if "{" in name:
        return _template(name, columns, where)
    _need(columns, [name], where)
    return pl.col(name).cast(pl.String).str.replace(r"^(\d+)\.0$", "$1")


def _zoned(column: pl.Expr, zone: str) -> pl.Expr:
    """Local time of a zone. A clock that is set back says some times twice: the first is meant; one that is set forward
    skips some: those are null here, and are read as if it had not been set yet."""
    return column.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")


def _value(name: str, frame: pl.DataFrame, where: str) -> pl.Expr:
    if "{" in name:
        return _template(name, frame.columns, where)
    _need(frame.columns, [name], where)
    if frame.schema[name].is_temporal():
        return pl.col(name).dt.to_string("iso:strict")
    return pl.col(name)


def _template(text: str, columns: Sequence[str], where: str) -> pl.Expr:
    names = FIELD.findall(text)
    if not names:
        return pl.lit(text)
    _need(columns, names, where)
    parts = [part.replace("{", "").replace("}", "") for part in FIELD.sub("\x00", text).split("\x00")]
    pieces: list[pl.Expr] = []
    for part, name in zip(parts, [*names, ""], strict=True):
        pieces.append(pl.lit(part))
        if name:
            pieces.append(pl.col(name).cast(pl.String).fill_null("unknown"))
    return pl.concat_str(pieces)


def _need(columns: Sequence[str], names: Sequence[str], where: str) -> None:
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, 1)
            hint = f", did you mean '{near[0]}'" if near else ""
            raise Invalid(f"{where}: there is no column '{name}'{hint}; there are {', '.join(columns[:40])}")


def quick(path: str, *, who: Sequence[str], when: str, what: str, source: str, channel: str) -> Mapping:
    """A mapping for one table from a few flags: `who` are columns or kind=column pairs."""
    identifiers: dict[str, Any] = {}
    for one in who:
        kind, equals, column = one.partition("=")
        identifiers[kind if equals else "user_id"] = column if equals else kind
    stream = Stream(
        name="table", files=(path,), time=when, identifiers=identifiers, event="{%s}" % what, channel=channel
    )
    return Mapping(source=source, streams=(stream,))
