"""The lake: settled events as plain Parquet files any tool can read; the store holds the manifest that says which count.

    manifest.json                     a copy of the manifest in force, for other tools
    events/<bucket>-<run>.parquet     events, sorted by (profile, occurred, seq)
    trails/<bucket>-<run>.parquet     which trails the run beside it holds, and under which profile
    index/<bucket>-<run>.arrow        made of a run to count over it (`lake.index`); may be deleted at any time

Every verb takes the manifest's bytes and gives the next ones; files are only ever added. A change counts, all at once,
when the store swaps the manifest in a transaction (`stores.Settled`), so readers never see half of it and a crash
leaves the old lake. What was replaced stays until `sweep`; who reads with an old manifest after that gets `Vanished`
and reads again (`reading` does).

Rows lie under the profile they had when they were settled. Reads go by trail (`tid`) and are right also when trails
have moved to another profile since; `compact` brings each profile's rows together again.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Protocol, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace

from harken.errors import Conflict, Invalid, Unavailable
from harken.stores import View
from harken.stores.lake import manifest as manifests
from harken.stores.lake.files import KINDS, Files
from harken.stores.lake.frames import COLUMNS, Asked, bucket_frames, owner_frame, owners_of, tail_frame
from harken.stores.lake.manifest import BUCKETS, Manifest
from harken.stores.lake.rewrite import Compaction, relabeled, without
from harken.stores.lake.rows import KEPT, Read, emotion_of, events_of, properties_of, table_of
from harken.stores.lake.runs import write_runs
from harken.words import Event, Micros, digest

__all__ = ["BUCKETS", "COLUMNS", "Lake", "Vanished", "owners_of", "reading"]

ORPHAN_SECONDS = 6 * 3600  # files of no manifest are left alone for as long as a job may take
ATTEMPTS = 5
T = TypeVar("T")


class Vanished(Unavailable):
    """The manifest read with is no longer in force and its files are gone: take the new one and read again."""


class Readable(Protocol):
    """What can be read from: a store."""

    def read(self) -> AbstractContextManager[View]: ...


def _now() -> Micros:
    return time.time_ns() // 1_000


class Lake:
    """One folder of settled events, on this machine or in an object store (`s3://bucket/path`). Safe from any thread."""

    def __init__(
        self, place: str | Path, *, clock: Callable[[], Micros] = _now, index: str | Path | None = None
    ) -> None:
        """`index`: a folder of this machine for what is made of the runs to count over them; beside them if they are
        on this machine too."""
        self.files = Files(place)
        beside = Path(tempfile.gettempdir(), f"harken-{digest(self.files.root)}") if self.files.scheme else None
        self.index = Path(index or beside or Path(self.files.root, "index"))
        self._clock = clock
        self._emotions: dict[str, float | None] = {}

    # ------------------------------------------------------------------ what a manifest says

    def rows(self, manifest: bytes) -> int:
        """Events in the lake."""
        return manifests.read(manifest).rows

    def settled_through(self, manifest: bytes) -> int:
        """Events up to and with this seq are in the lake (as far as they were not erased)."""
        return manifests.read(manifest).settled_through

    # ------------------------------------------------------------------ changing it

    def settle(self, events: Sequence[Event], pids: Mapping[str, str], manifest: bytes) -> bytes:
        """Add events (read in full, from the tail, by seq) under the profiles of their trails (tid -> pid)."""
        return self.settle_rows(table_of(events, pids), manifest) if events else manifest

    def settle_rows(self, table: pa.Table, manifest: bytes, moves: int = 0) -> bytes:
        """The same with rows of the lake, at least one. `moves`: of trails up to which their profiles are right (0: as if
        none was known)."""
        before = manifests.read(manifest)
        span = pc.min_max(table["seq"]).as_py()
        if span["min"] <= before.settled_through:
            raise Conflict(f"these events are in the lake already: it is settled through {before.settled_through}")
        made = [replace(file, moves=moves) for file in write_runs(self.files, table, before.buckets)]
        after = before.replacing((), made, at=self._clock())
        return self._durable(replace(after, settled_through=span["max"]))

    def refile(self, manifest: bytes, moves: Mapping[int, tuple[str, str]]) -> bytes:
        """Settled events belong to another trail: seq -> (trail so far, trail from now on). Writes no file."""
        before = manifests.read(manifest)
        settled = {seq: move for seq, move in moves.items() if seq <= before.settled_through}
        return manifests.write(before.refiling(settled)) if settled else manifest

    def compact(
        self,
        manifest: bytes,
        owners: Mapping[str, str] | pl.DataFrame,
        *,
        bucket: int | None = None,
        share: float = 0.02,
        moves: int = 0,
    ) -> bytes:
        """Merge small runs, bring each profile's events together, drop the events of trails that are not in `owners`.

        `owners` is tid -> pid of all trails, as of the same snapshot as the manifest; so is `moves` (`settle_rows`). A run is rewritten when more than
        `share` of its rows belong to another profile now. One `bucket` at a time keeps the steps of a long job short.
        """
        before = manifests.read(manifest)
        frame = owner_frame(owners)
        if before.files and frame.is_empty():
            raise Invalid("compact needs the owners of all trails; with none, every event would be dropped")
        work = Compaction(self.files, before, frame, share, moves)
        try:
            for number in range(before.buckets) if bucket is None else (bucket,):
                work.bucket(number, self._clock())
            after = work.done(self._clock())
        except FileNotFoundError as error:
            work.discard()
            raise _vanished(error) from error
        except BaseException:
            work.discard()
            raise
        return manifest if after is before else self._durable(after)

    def erase(self, manifest: bytes, tids: Collection[str]) -> tuple[bytes, int]:
        """Remove every event of these trails; how many there were. The old files go with the next `sweep`."""
        before = manifests.read(manifest)
        try:
            after = without(self.files, before, sorted(tids), self._clock())
        except FileNotFoundError as error:
            raise _vanished(error) from error
        return (manifest, 0) if after is before else (self._durable(after), before.rows - after.rows)

    def relabel(self, manifest: bytes, label: Callable[[Event], str], *, bucket: int | None = None) -> bytes:
        """Give every event the touchpoint that `label` says. Runs in which none changes stay as they are."""
        before = manifests.read(manifest)
        chosen = before.files if bucket is None else before.in_bucket(bucket)
        try:
            after = relabeled(self.files, before, chosen, label, self._clock())
        except FileNotFoundError as error:
            raise _vanished(error) from error
        return manifest if after is before else self._durable(after)

    def _durable(self, after: Manifest) -> bytes:
        """A manifest to hand over: its files, and their names, are on the disk."""
        self.files.sync()
        return manifests.write(after)

    def rebase(self, before: bytes, after: bytes, now: bytes) -> bytes:
        """A long job went from `before` to `after` while the store went on to `now`: both changes together.
        Conflict when they touch the same files."""
        if before == now:
            return after
        return manifests.write(manifests.rebase(manifests.read(before), manifests.read(after), manifests.read(now)))

    def publish(self, manifest: bytes) -> None:
        """Put the copy for other tools in place. Call it after the store has the manifest."""
        self.files.replace("manifest.json", manifest)

    def sweep(self, manifest: bytes, older_than: float) -> int:
        """Delete runs that were replaced at least that many seconds ago, and what crashed jobs left; how many files.
        Call it with the manifest in force, and no more than one sweep or job at a time on all nodes."""
        known = manifests.read(manifest)
        now = self._clock()
        kept = {file.name for file in known.files}
        waiting = {one.name for one in known.retired if one.at > now - older_than * 1e6}
        done = {one.name for one in known.retired} - waiting
        stale = [
            name
            for name, written in self.files.present().items()
            if name not in kept
            and (name in done or (name not in waiting and written < now / 1e6 - max(older_than, ORPHAN_SECONDS)))
        ]
        self.files.remove_drafts(now / 1e6 - ORPHAN_SECONDS)
        self._sweep_index(kept, now / 1e6 - older_than)
        return self.files.remove(stale)

    def _sweep_index(self, kept: Collection[str], before: float) -> None:
        """Delete what was made of runs that are gone (`lake.index`)."""
        for path in self.index.iterdir() if self.index.is_dir() else ():
            with suppress(FileNotFoundError):
                if path.name.partition(".")[0] not in kept and path.stat().st_mtime <= before:
                    path.unlink()

    # ------------------------------------------------------------------ reading it

    def events_of(self, manifest: bytes, tids: Iterable[str], *, before_seq: int = 0, limit: int = 0) -> list[Event]:
        """Events of these trails together, by seq falling, as `View.events` gives the tail's: below `before_seq`
        (0 = all), at most `limit` (0 = all). Reads the row groups of their profiles, not the lake."""
        lake, wanted = manifests.read(manifest), {*tids}
        if not wanted or not lake.files:
            return []
        sought = sorted(wanted | {old for old, new in lake.refiled.values() if new in wanted})
        found: list[Event] = []
        try:
            for file in lake.files:
                if before_seq and file.first >= before_seq:
                    continue
                profiles = {one for under in self.files.where(file, sought).values() for one in under}
                if not profiles:
                    continue
                for table in self.files.rows_of(file, profiles, sought, KEPT):
                    found += _of(events_of(table), lake, wanted, before_seq)
                if limit and len(found) > 4 * limit:
                    found = _newest(found, limit)
        except FileNotFoundError as error:
            raise _vanished(error) from error
        return _newest(found, limit)

    def parts(
        self,
        view: View,
        *,
        columns: Sequence[str] = COLUMNS,
        since: Micros | None = None,
        until: Micros | None = None,
        reread: Read | None = None,
        owners: pl.DataFrame | None = None,
    ) -> list[pl.LazyFrame]:
        """Every event of lake and tail once, under the profile that owns its trail as of this view, in frames that
        share no profile (see `frames`). Times are integers, microseconds. Events of trails nobody owns are left out.

        `reread` fills in what follows from `raw`: needed for the tail's `emotion` and `properties`, null without. `owners`
        saves reading them from the view (`owners_of`) when the caller has them. The frames stay good after the view is
        closed, until their files are swept.
        """
        asked = Asked(columns=tuple(columns), since=since, until=until)
        asked.check()
        lake = manifests.read(view.manifest())
        tail = tail_frame(view, lake.settled_through, columns, self._read(reread))
        try:
            return bucket_frames(self.files, lake, tail, owners_of(view) if owners is None else owners, asked)
        except FileNotFoundError as error:
            raise _vanished(error) from error

    def frame(
        self,
        view: View,
        *,
        columns: Sequence[str] = COLUMNS,
        since: Micros | None = None,
        until: Micros | None = None,
        reread: Read | None = None,
        owners: pl.DataFrame | None = None,
    ) -> pl.LazyFrame:
        """The `parts` as one frame, in no order."""
        return pl.concat(self.parts(view, columns=columns, since=since, until=until, reread=reread, owners=owners))

    def _read(self, reread: Read | None) -> dict[str, Callable[[Event], object]]:
        """What follows from an event's `raw`, by column."""
        return {"emotion": self._emotion(reread), "properties": lambda event: reread and properties_of(reread(event))}

    def _emotion(self, reread: Read | None) -> Callable[[Event], float | None]:
        """What an event of the tail says of emotion; each event is read once, as long as it is in the tail."""
        if reread is None:
            return lambda event: None
        known, self._emotions = self._emotions, {}
        kept = self._emotions

        def emotion(event: Event) -> float | None:
            said = known[event.id] if event.id in known else emotion_of(reread(event))
            kept[event.id] = said
            return said

        return emotion

    # ------------------------------------------------------------------ looking after it

    def belongs(self, manifest: bytes) -> None:
        """A cheap look at the start whether this is the lake the manifest is of: Unavailable when neither its oldest nor
        its newest file is here. A place that does not answer now may do so later; it is not refused."""
        files = manifests.read(manifest).files
        try:
            missing = self.files.missing(file.name for file in {files[0], files[-1]}) if files else []
        except OSError:
            return
        if files and len(missing) == 2 * len({files[0], files[-1]}):
            events = sum(file.rows for file in files)
            raise Unavailable(
                f"{self.files.root} is not the lake of this store, which names {len(files):,} files with {events:,} events; "
                f"none of them is there, such as {missing[0]}. Name the folder they were settled into: --lake "
                "(HARKEN_LAKE), or the --data folder it lies in; nodes on several machines share one",
                code="wrong_lake",
            )

    def check(self, manifest: bytes = b"") -> dict[str, str]:
        """What `harken doctor` shows; raises Unavailable when a file the manifest names is missing."""
        lake = manifests.read(manifest)
        if missing := {*self.files.missing(file.name for file in lake.files)}:
            lost = [one for one in lake.files if {self.files.path(kind, one.name) for kind in KINDS} & missing]
            raise Unavailable(
                f"{len(lost):,} of the {len(lake.files):,} runs of the lake {self.files.root} have a file missing, the first is "
                f"{min(missing)}; {sum(one.rows for one in lost):,} events cannot be read until they are put back from a "
                "backup. Nothing but `harken` may delete files there",
                code="lake_files_missing",
            )
        size = sum(file.bytes for file in lake.files)
        return {
            "lake": self.files.root,
            "lake events": f"{lake.rows:,} in {len(lake.files)} files, {size / 1e6:,.1f} MB",
        }


# ---------------------------------------------------------------------- lake and store together


def reading(store: Readable, ask: Callable[[View], T]) -> T:
    """What `ask` makes of one snapshot; asked again with a new one when the lake's files were replaced meanwhile.
    `ask` must have read what it needs when it returns (collect frames in it)."""
    for attempt in range(ATTEMPTS):
        try:
            with store.read() as view:
                return ask(view)
        except (Vanished, FileNotFoundError) as error:
            if attempt == ATTEMPTS - 1:
                raise _vanished(error) from error
    raise AssertionError


def _vanished(error: BaseException) -> Vanished:
    if isinstance(error, Vanished):
        return error
    return Vanished(
        f"a file of the lake is gone: {error}. It was replaced while it was read, then asking again helps; or somebody "
        "moved or deleted it: `harken doctor` says what is missing",
        code="lake_file_gone",
    )


def _of(events: Iterable[Event], lake: Manifest, tids: Collection[str], before_seq: int) -> list[Event]:
    found = []
    for event in events:
        moved = lake.refiled.get(event.seq)
        mine = replace(event, tid=moved[1]) if moved else event
        if mine.tid in tids and (not before_seq or mine.seq < before_seq):
            found.append(mine)
    return found


def _newest(events: list[Event], limit: int) -> list[Event]:
    events.sort(key=lambda event: event.seq, reverse=True)
    return events[:limit] if limit else events
