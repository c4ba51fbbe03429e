"""Runs in, better runs out: each profile's events together again, few files, no erased trails, new touchpoints.

Nothing here is seen by anybody until the store puts the new manifest in force. Runs are streamed, never held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from harken.stores.lake.files import Files
from harken.stores.lake.manifest import File, Manifest
from harken.stores.lake.rows import SCHEMA, events_of
from harken.stores.lake.runs import Run, merged, write_runs
from harken.words import Event, Micros

SPILL_ROWS = 100_000  # rows on their way to another profile, held at most
REFILED = 5_000  # refiled rows a manifest may name before runs are rewritten for them alone


def filed_elsewhere(trails: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """Of a run's trails those that another profile owns now, with that `owner` (null: nobody)."""
    joined = trails.join(owners.rename({"profile": "owner"}), on="tid", how="left")
    return joined.filter(pl.col("owner").ne_missing(pl.col("profile")))


def worth_merging(files: Sequence[File]) -> list[File]:
    """The runs of a bucket to merge into one, so that each left is larger than twice all smaller ones together.

    So most rows lie in one run, in order; runs stay few; and a row is rewritten a number of times that grows with the
    logarithm of the lake.
    """
    ordered = sorted(files, key=lambda file: (file.rows, file.name))
    chosen = rows = 0
    for place, file in enumerate(ordered):
        if place and file.rows <= 2 * rows:
            chosen = place + 1
        rows += file.rows
    return ordered[:chosen]


class Compaction:
    """Merges the runs of buckets, and moves rows whose trail another profile owns now to where they belong."""

    def __init__(self, files: Files, manifest: Manifest, owners: pl.DataFrame, share: float, moves: int) -> None:
        self.manifest = manifest
        self._files, self._owners, self._share, self._moves = files, owners, share, moves
        self._made: list[File] = []
        self._spilled: list[File] = []
        self._moving: list[pa.Table] = []
        self._moving_rows = 0
        self._folded: set[int] = set()
        to = {new for _, new in manifest.refiled.values()}
        self._owner_of = dict(owners.filter(pl.col("tid").is_in(sorted(to))).iter_rows())
        self._seqs = pa.array(sorted(manifest.refiled), pa.int64())

    def bucket(self, bucket: int, at: Micros) -> None:
        """Make one bucket good."""
        here = self.manifest.in_bucket(bucket)
        trails = {file.name: self._files.trails(file) for file in here}
        stray = {name: filed_elsewhere(held, self._owners) for name, held in trails.items()}
        chosen = {file.name: file for file in worth_merging(here)}
        for file in here:
            refiled = self._refiled_in(file, trails[file.name])
            astray = stray[file.name]["rows"].sum() + refiled
            nobodys = stray[file.name]["owner"].null_count() > 0  # erased: must go, however few
            if nobodys or astray > self._share * file.rows or (refiled and len(self.manifest.refiled) > REFILED):
                chosen[file.name] = file
        if not chosen:
            return
        streams = [self._staying(file, stray[file.name]) for file in chosen.values()]
        with Run(self._files, bucket) as run:
            for table in merged(streams):
                run.add(table)
        made = self._as_of_now(run.made)
        self._made += made
        self.manifest = self.manifest.replacing(chosen.values(), made, folded=self._folded, at=at)
        self._folded.clear()

    def done(self, at: Micros) -> Manifest:
        """The next manifest, with the moved rows where they belong."""
        self._spill()
        if self._spilled:
            self.manifest = self.manifest.replacing((), self._spilled, at=at)
        return self.manifest

    def discard(self) -> None:
        """It failed: leave nothing behind."""
        self._files.remove(file.name for file in self._made)

    def _as_of_now(self, made: Sequence[File]) -> list[File]:
        """All rows of these runs lie under the owners we were given."""
        return [replace(file, moves=self._moves) for file in made]

    def _refiled_in(self, file: File, trails: pl.DataFrame) -> int:
        """How many rows of a run may have been refiled."""
        held = {*trails["tid"]} if self.manifest.refiled else set()
        moves = self.manifest.refiled.items()
        return sum(1 for seq, (old, _) in moves if file.first <= seq <= file.last and old in held)

    def _staying(self, file: File, stray: pl.DataFrame) -> Iterator[pa.Table]:
        """The rows of a run that stay in its bucket as they are; the others go into `_moving`, or nowhere."""
        tids = pa.array(stray["tid"].unique().to_list(), pa.string())
        owner_of = dict(stray.select("tid", "owner").iter_rows()) | self._owner_of
        for table in self._files.stream(file.name):
            goes = pc.or_(pc.is_in(table["tid"], tids), pc.is_in(table["seq"], self._seqs))
            leaving = table.filter(goes)
            if leaving.num_rows:
                self._move(leaving, owner_of)
                table = table.filter(pc.invert(goes))  # noqa: PLW2901
            yield table

    def _move(self, table: pa.Table, owner_of: Mapping[str, str | None]) -> None:
        table, done = _refiled(table, self.manifest.refiled)
        self._folded |= done
        table = _with(table, "profile", [owner_of.get(tid) for tid in table["tid"].to_pylist()])
        self._moving.append(table.filter(pc.is_valid(table["profile"])))
        self._moving_rows += self._moving[-1].num_rows
        if self._moving_rows >= SPILL_ROWS:
            self._spill()

    def _spill(self) -> None:
        if self._moving_rows:
            made = self._as_of_now(write_runs(self._files, pa.concat_tables(self._moving), self.manifest.buckets))
            self._spilled += made
            self._made += made
        self._moving, self._moving_rows = [], 0


def without(files: Files, manifest: Manifest, tids: Sequence[str], at: Micros) -> Manifest:
    """The manifest of a lake that holds no event of these trails."""
    gone = {*tids}
    sought = sorted(gone | {old for old, new in manifest.refiled.values() if new in gone})
    concerned = [file for file in manifest.files if files.where(file, sought)]
    doomed = pa.array(sorted(gone), pa.string())

    def lean(table: pa.Table) -> pa.Table:
        kept = table.filter(pc.invert(pc.is_in(table["tid"], doomed)))
        return table if kept.num_rows == table.num_rows else kept

    return _rewritten(files, manifest, concerned, lean, at)


def relabeled(
    files: Files, manifest: Manifest, chosen: Iterable[File], label: Callable[[Event], str], at: Micros
) -> Manifest:
    """The manifest of a lake whose events have the touchpoints that `label` says."""

    def renamed(table: pa.Table) -> pa.Table:
        names = [label(event) for event in events_of(table)]
        return table if names == table["touchpoint"].to_pylist() else _with(table, "touchpoint", names)

    return _rewritten(files, manifest, chosen, renamed, at)


def _rewritten(
    files: Files, manifest: Manifest, chosen: Iterable[File], change: Callable[[pa.Table], pa.Table], at: Micros
) -> Manifest:
    """Runs with each row group changed (rows keep their order); those in which nothing changes are left alone.
    They are changed as what they are now; refiled rows stay under the trail they were filed by, compaction moves them."""
    old: list[File] = []
    new: list[File] = []
    folded: set[int] = set()
    filed_by = {seq: (now, before) for seq, (before, now) in manifest.refiled.items()}
    try:
        for file in chosen:
            same, done = True, set[int]()
            with Run(files, file.bucket) as run:
                for table in files.stream(file.name):
                    filed, seqs = _refiled(table, manifest.refiled)
                    after = change(filed)
                    same = same and after is filed
                    kept, left = _refiled(after, filed_by)
                    done |= seqs - left
                    run.add(kept)
            if same:
                files.remove(made.name for made in run.made)
                continue
            old.append(file)
            new += (replace(made, moves=file.moves) for made in run.made)
            folded |= done
    except BaseException:
        files.remove(file.name for file in new)
        raise
    return manifest.replacing(old, new, folded=folded, at=at) if old else manifest


def _refiled(table: pa.Table, refiled: Mapping[int, tuple[str, str]]) -> tuple[pa.Table, set[int]]:
    """The rows with the trail they belong to now, and the numbers of those that changed."""
    if not refiled:
        return table, set()
    seqs = table["seq"].to_pylist()
    done = refiled.keys() & set(seqs)
    if not done:
        return table, done
    tids = table["tid"].to_pylist()
    return _with(table, "tid", [refiled[s][1] if s in done else t for s, t in zip(seqs, tids, strict=True)]), done


def _with(table: pa.Table, name: str, values: Sequence[str | None]) -> pa.Table:
    return table.set_column(SCHEMA.get_field_index(name), name, pa.array(values, pa.string()))
