"""Tables of rows in, sorted and durable runs out; and several runs merged into one, in bounded memory."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harken.errors import Unavailable
from harken.stores.lake.files import Files
from harken.stores.lake.manifest import File, bucket_of
from harken.stores.lake.rows import ORDER, SCHEMA
from harken.words import Micros

TRAILS = pa.schema({"tid": pa.string(), "profile": pa.string(), "rows": pa.int64()})
FEW = ["profile", "tid", "source", "channel", "touchpoint", "type", "name", "dialect", "properties", "traits"]
PACKED = dict.fromkeys(("occurred", "seq", "received"), "DELTA_BINARY_PACKED")

GROUP_ROWS = 8_192  # rows read to see one profile …
GROUP_BYTES = 32 * 1024 * 1024  # … unless the events are large
TRAILS_GROUP = 4_096


class Run:
    """One run being written: tables, in the order of the file, in; a durable file out.

    After the block `made` holds it, unless it has no rows; an exception in the block leaves nothing behind.
    """

    def __init__(self, files: Files, bucket: int) -> None:
        self.made: list[File] = []
        self._files, self._bucket = files, bucket
        self._name = f"{bucket:03d}-{secrets.token_hex(8)}"
        self._waiting: list[pa.Table] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._trails: list[pa.Table] = []
        self._spans: list[tuple[int, int, Micros, Micros]] = []
        self._rows = 0
        self._low = self._high = ""

    def __enter__(self) -> Run:
        self._created = self._files.create(self._files.path("events", self._name))
        self._out = self._created.__enter__()
        self._writer = pq.ParquetWriter(
            self._out,
            SCHEMA,
            compression="zstd",
            use_dictionary=FEW,
            column_encoding=PACKED,
            write_statistics=["profile", "occurred", "seq"],
        )
        return self

    def add(self, table: pa.Table) -> None:
        """The next rows."""
        if table.num_rows:
            self._waiting.append(table)
            self._waiting_rows += table.num_rows
            self._waiting_bytes += table.nbytes
            if self._waiting_rows >= GROUP_ROWS or self._waiting_bytes >= GROUP_BYTES:
                self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting)
        each = max(1, min(GROUP_ROWS, GROUP_BYTES * table.num_rows // max(1, self._waiting_bytes)))
        self._waiting.clear()
        self._waiting_rows = self._waiting_bytes = 0
        try:
            self._writer.write_table(table, row_group_size=each)
        except OSError as error:
            raise Unavailable(f"the lake in {self._files.root} cannot be written: {error}; check space") from error
        self._low = self._low if self._rows else table["profile"][0].as_py()
        self._high = table["profile"][-1].as_py()
        self._rows += table.num_rows
        seq, occurred = pc.min_max(table["seq"]).as_py(), pc.min_max(table["occurred"].cast(pa.int64())).as_py()
        self._spans.append((seq["min"], seq["max"], occurred["min"], occurred["max"]))
        counted = table.group_by(["tid", "profile"], use_threads=False).aggregate([("seq", "count")])
        self._trails.append(counted.rename_columns({"seq_count": "rows"}).select(TRAILS.names))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self._flush()
            self._writer.close()
            size = self._out.tell()
            self._created.__exit__(None, None, None)
            if kind is None and self._rows:
                self.made.append(self._file(size, self._write_trails()))
        finally:
            if not self.made:
                self._files.remove([self._name])

    def _write_trails(self) -> int:
        whole = pa.concat_tables(self._trails).group_by(["tid", "profile"]).aggregate([("rows", "sum")])
        whole = whole.rename_columns({"rows_sum": "rows"}).select(TRAILS.names).cast(TRAILS)
        whole = whole.sort_by([("tid", "ascending"), ("profile", "ascending")])
        with self._files.create(self._files.path("trails", self._name)) as out:
            pq.write_table(
                whole,
                out,
                compression="zstd",
                use_dictionary=False,
                row_group_size=TRAILS_GROUP,
                write_statistics=["tid"],
            )
        rows: int = whole.num_rows
        return rows

    def _file(self, size: int, trails: int) -> File:
        first, last, since, until = zip(*self._spans, strict=True)
        return File(
            name=self._name,
            bucket=self._bucket,
            rows=self._rows,
            bytes=size,
            trails=trails,
            first=min(first),
            last=max(last),
            since=min(since),
            until=max(until),
            low=self._low,
            high=self._high,
        )


def write_runs(files: Files, table: pa.Table, buckets: int) -> list[File]:
    """One new run for each bucket that has rows. All of them are durable when this returns; or it raises, and nothing
    is left."""
    profiles = table["profile"].unique()
    where = pa.array([bucket_of(profile, buckets) for profile in profiles.to_pylist()], pa.int32())
    table = table.append_column("bucket", where.take(pc.index_in(table["profile"], profiles))).combine_chunks()
    table = table.sort_by([("bucket", "ascending"), *ORDER])
    counted = table["bucket"].value_counts().to_pylist()
    made: list[File] = []
    start = 0
    try:
        for bucket, count in sorted((one["values"], one["counts"]) for one in counted):
            with Run(files, bucket) as run:
                run.add(table.slice(start, count).drop_columns("bucket"))
            made += run.made
            start += count
    except BaseException:
        files.remove(file.name for file in made)
        raise
    return made


def merged(runs: Sequence[Iterator[pa.Table]]) -> Iterator[pa.Table]:
    """The rows of several sorted runs as one sorted run, table by table.

    Holds about one row group of each run. Rows below the lowest profile that a run may still have more of are
    complete; they go out.
    """
    heads = [_Head(run) for run in runs]
    while heads := [head for head in heads if head.pull()]:
        if len(heads) == 1:
            yield heads[0].take_all()
            continue
        open_ends = [head.last for head in heads if not head.ended]
        if not open_ends:
            yield _sorted([head.take_all() for head in heads])
            continue
        frontier = min(open_ends)
        ready = [table for head in heads if (table := head.take_below(frontier)).num_rows]
        if ready:
            yield _sorted(ready)
        for head in heads:  # these stand in the way: see whether their last profile goes on
            if not head.ended and head.last == frontier:
                head.more()


class _Head:
    """The next rows of one run."""

    def __init__(self, run: Iterator[pa.Table]) -> None:
        self._run = run
        self._table = pa.table({name: pa.array([], SCHEMA.field(name).type) for name in SCHEMA.names})
        self.ended = False

    def pull(self) -> bool:
        """True when there are rows at hand."""
        while not self._table.num_rows and not self.ended:
            self.more()
        return bool(self._table.num_rows)

    def more(self) -> None:
        found = next(self._run, None)
        if found is None:
            self.ended = True
        else:
            self._table = pa.concat_tables([self._table, found]) if self._table.num_rows else found

    @property
    def last(self) -> str:
        profile: str = self._table["profile"][-1].as_py()
        return profile

    def take_all(self) -> pa.Table:
        table, self._table = self._table, self._table.slice(0, 0)
        return table

    def take_below(self, profile: str) -> pa.Table:
        below = pc.sum(pc.less(self._table["profile"], profile)).as_py() or 0
        table, self._table = self._table.slice(0, below), self._table.slice(below)
        return table


def _sorted(tables: Sequence[pa.Table]) -> pa.Table:
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables).sort_by(ORDER)
