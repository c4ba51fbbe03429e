"""Lake and tail as of one snapshot in, logs of flat arrays out (`harken.logs`): what analyses count over, without sorting.

Each run of the lake has one file here, made of it once: its events as uncompressed columns that are mapped into memory, so
a question reads only the numbers it needs, at the speed of memory. It is a cache of this machine: what is missing is
made, what is damaged is made anew (`lake.indexed`), and the whole folder may be deleted at any time. While a run's file is
made, questions that can do without it go on.

A run is already in order. Customers who have events elsewhere too (in another run, in the tail, on a trail another profile
owns now) are left out of it (`Log.out`); all their events are put together in a log of their own. That of the runs is
kept until runs or owners change, that of the tail is made for each question.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import polars as pl
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace

from harken.logs import ABOUT, Ints, Log, Logs, Memo, Places, log_of
from harken.stores import View
from harken.stores.lake import Lake, indexed
from harken.stores.lake import manifest as manifests
from harken.stores.lake.manifest import File, Manifest
from harken.stores.lake.rows import KEPT, Inside, Read, emotion_of, events_of
from harken.stores.lake.settling import tail_page

WANTED = ["profile", "occurred", "seq", "tid", "emotion", *ABOUT]
ROW = ("profile", "occurred", "seq", "place", "emotion")
_FILED = pl.DataFrame(schema={"tid": pl.String, "profile": pl.String})
_NOBODY = pl.DataFrame(schema={"tid": pl.String, "owner": pl.String, "number": pl.Int64})
_MOVED = {"seq": pl.Int64, "tid": pl.String}
TAIL_ROWS = 100_000  # of the tail in memory with what was sent; fewer when they are large
PLACES = 1_000  # places of runs that are gone and of the tail may stay, and as many as the runs have


class _Run(Struct, frozen=True):
    """The indexed events of one run."""

    log: Log
    trail: np.ndarray  # of each event: a row of `tids`
    told: pa.Table  # texts that few questions need
    places: int

    @property
    def tids(self) -> pl.Series:
        return _texts(self.told, "tids")

    @property
    def filed(self) -> pl.DataFrame:
        """Which trails lie under which profile: tid, profile."""
        return pl.DataFrame({"tid": _texts(self.told, "filed_tids"), "profile": _texts(self.told, "filed_profiles")})

    def rows(self, customers: np.ndarray) -> pl.DataFrame:
        """The events of these customers (by number), with the trail of each."""
        at = _spread(self.log.off, customers)
        frame = _rows(self.log, customers, at)
        return frame.with_columns(self.tids.gather(self.trail[at]).alias("tid"))


class _Settled(Struct, frozen=True):
    """All runs together: what was indexed, and what it was made of."""

    made_of: tuple[object, ...]
    parts: tuple[Log, ...]
    memo: Memo
    last_seq: int | None = None


class _Owners:
    """Who owns the trails that came to another profile. Others belong to the profile they are filed under."""

    def __init__(self) -> None:
        self._of = _NOBODY
        self._from = 0
        self._version = -1  # of the lake
        self.through = -1  # moves up to this one are known

    def __len__(self) -> int:
        return self._of.height

    def moved(self, view: View, lake: Manifest) -> pl.DataFrame:
        """tid, owner (null: nobody) of all trails that moved since the first run was written, and maybe some more. What
        is known from before is as of a later moment when `view` is an older one: every event has one owner all the same.
        A trail that was gone may have come back with the events that came into the lake since. Of moves that all runs
        know of, nothing need be remembered."""
        after = min((file.moves for file in lake.files), default=0)
        if self.through < 0 or after < self._from:
            self._of, self.through = _NOBODY, after
        elif after > self._from:
            self._of = self._of.filter(pl.col("number") > after)
        self._from = after
        self.through = max(self.through, after)
        new = {tid: number for number, tid in view.trails_moved(self.through)}
        gone = self._of.filter(pl.col("owner").is_null()) if lake.version != self._version else self._of.clear()
        self._version = lake.version
        asked = {**dict(gone.select("tid", "number").iter_rows()), **new}
        if asked:
            fresh = _owned(view, sorted(asked))
            fresh = fresh.with_columns(pl.Series("number", [asked[tid] for tid in fresh["tid"]], dtype=pl.Int64))
            self._of = pl.concat([self._of.join(fresh, on="tid", how="anti"), fresh])
            self.through = max(self.through, *asked.values())
        return self._of.drop("number")


def _owned(view: View | None, tids: Sequence[str]) -> pl.DataFrame:
    """tid, owner of these trails; null of those that are gone."""
    there = view.trails(tids) if view is not None and tids else {}
    owners = [there[tid].pid if tid in there else None for tid in tids]
    return pl.DataFrame({"tid": tids, "owner": owners}, schema={"tid": pl.String, "owner": pl.String})


class Index:
    """The logs of one lake, kept in its folder `index`. Safe from any thread."""

    def __init__(self, lake: Lake, inside: Inside, reread: Read) -> None:
        """`inside` tells at once of most events that they say nothing of emotion, `reread` reads the others in full."""
        self._lake, self._inside, self._reread = lake, inside, reread
        self._lock = threading.RLock()
        self._making = threading.Lock()  # one file at a time: a large run fills the memory
        self._runs: dict[str, _Run] = {}
        self._places = Places()
        self._settled = _Settled((), (), Memo())
        self.owners = _Owners()

    def logs(self, view: View) -> Logs:
        """Every event once, under the profile that owns its trail as of this view."""
        lake = manifests.read(view.manifest())
        while True:
            with self._lock:
                self._let_go(lake)
                if not self._missing(lake.files):
                    return self._together(lake, view)
            self._open(lake.files)

    def make(self, view: View) -> int:
        """Index the runs that are not yet, so that the next question need not wait, and let go of those that are gone.
        How many were new."""
        lake = manifests.read(view.manifest())
        with self._lock:
            self._let_go(lake)
        return self._open(lake.files)

    def prepare(self, manifest: bytes) -> None:
        """Make the files of runs nobody reads yet, so that no question has to wait for them once they count."""
        for file in self._missing(manifests.read(manifest).files):
            if not indexed.path_of(self._lake.index, file.name).exists():
                with suppress(OSError), self._making:  # who asks will make it, and keep it in memory
                    indexed.write(indexed.path_of(self._lake.index, file.name), file.name, self._indexed(file))

    def forget(self) -> None:
        """Let go of what was made of runs, and of all names of places: a customer was erased. The runs that are still there
        are mapped again by the next question."""
        with self._lock:
            self._settled = _Settled((), (), Memo())
            self._runs, self._places = {}, Places()

    # ------------------------------------------------------------------ runs

    def _together(self, lake: Manifest, view: View) -> Logs:
        """Runs and tail."""
        settled = self._runs_together(lake, view)
        tail = self._tail(view, lake.settled_through)
        if not tail.height:
            return Logs(self._places.frame, settled.parts, settled.memo, settled.last_seq)
        parts = _with_tail(settled.parts, tail)
        return Logs(self._places.frame, (*parts[:-1], *parts[-1].pieces()))

    def _runs_together(self, lake: Manifest, view: View) -> _Settled:
        """All runs as logs. A customer with events in several places has them in the last one."""
        runs = {file.name: self._runs[file.name] for file in lake.files}
        moved = self.owners.moved(view, lake)
        made_of = (tuple(sorted(runs)), self.owners.through, tuple(lake.refiled.items()))
        if made_of == self._settled.made_of:
            return self._settled
        concerned = moved.height or lake.refiled
        filed = pl.concat([_FILED, *(run.filed for run in runs.values() if concerned)])
        stray = filed.join(moved, on="tid").filter(pl.col("owner").ne_missing(pl.col("profile"))).unique()
        to = pl.DataFrame([*((seq, new) for seq, (_, new) in lake.refiled.items())], schema=_MOVED, orient="row")
        to = to.join(_owned(view, to["tid"].unique().to_list()), on="tid", how="left")
        old = filed.filter(pl.col("tid").is_in([old for old, _ in lake.refiled.values()]))
        twice = _twice(lake.files, runs)
        again = pl.concat([twice, stray["profile"], stray["owner"], to["owner"], old["profile"]]).drop_nulls().unique()
        parts, pieces = [], []
        for run in runs.values():
            touched = run.log.profiles.is_in(again.implode()).to_numpy()
            if touched.any():
                pieces.append(_under(run.rows(np.flatnonzero(touched)), stray, to))
            parts.append(replace(run.log, out=touched) if touched.any() else run.log)
        if pieces and (rows := pl.concat(pieces)).height:
            parts.append(log_of(rows))
        last = None if pieces else max((file.last for file in lake.files), default=0)  # nobody's events are left out
        self._settled = _Settled(made_of, tuple(piece for part in parts for piece in part.pieces()), Memo(), last)
        return self._settled

    def _missing(self, files: Iterable[File]) -> list[File]:
        return [file for file in files if file.name not in self._runs]

    def _open(self, files: Iterable[File]) -> int:
        """Map the runs that are not mapped yet, made first where they have to be. Others go on with what there is."""
        missing = self._missing(files)
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            tables = [*pool.map(self._table, missing)]
        with self._lock:
            for file, table in zip(missing, tables, strict=True):
                if file.name not in self._runs:
                    self._runs[file.name] = self._opened(table)
        return len(missing)

    def _table(self, file: File) -> pa.Table:
        """A run's index: mapped if it is there, else made; kept in memory where it cannot be written."""
        path = indexed.path_of(self._lake.index, file.name)
        table = indexed.read(path, file.name)
        if table is None:
            with self._making:
                table = indexed.read(path, file.name) or self._indexed(file)  # maybe others made it meanwhile
                with suppress(OSError):
                    indexed.write(path, file.name, table)
                    table = indexed.read(path, file.name) or table
        return table

    def _indexed(self, file: File) -> pa.Table:
        """A run's columns as one row of lists."""
        frames = [pl.DataFrame(pl.from_arrow(table)) for table in self._lake.files.stream(file.name, WANTED)]
        rows = pl.concat(frames).with_columns(pl.col("occurred").dt.epoch("us"), pl.col("emotion").cast(pl.Float32))
        rows = rows.with_columns(pl.col(ABOUT).fill_null(""))
        known = Places()  # no others: whoever erases a customer erases their runs, with what is made of these
        rows = rows.with_columns(known.of(rows).alias("place"))
        tids = rows["tid"].unique(maintain_order=True)
        trail = rows.select("tid").join(
            tids.to_frame().with_row_index("trail"), on="tid", how="left", maintain_order="left"
        )["trail"]
        log = log_of(rows)
        columns = {
            "off": log.off, "occurred": log.occurred, "place": log.place, "seq": log.seq, "emotion": log.emotion,
            "trail": trail.to_numpy(),
        }  # fmt: skip
        filed = self._lake.files.trails(file)
        texts = {"profiles": log.profiles, "tids": tids, "filed_tids": filed["tid"], "filed_profiles": filed["profile"]}
        arrays = {name: pa.array(values) for name, values in columns.items()}
        arrays |= {name: values.to_arrow().cast(pa.large_string()) for name, values in texts.items()}
        return indexed.table_of(arrays, json.dumps(known.frame.rows(), ensure_ascii=False))

    def _opened(self, table: pa.Table) -> _Run:
        """The arrays of a mapped table; its places by the numbers of this index."""

        def array(name: str) -> np.ndarray:
            return indexed.numbers(table, name)

        numbers = np.array(self._places.numbered(json.loads(table["places"][0].as_py())), np.uint32)
        place = array("place")
        if not np.array_equal(numbers, np.arange(len(numbers))):
            place = numbers[place]
            place.flags.writeable = False  # like what is mapped: one machine code for both
        profiles = _texts(table, "profiles")
        log = Log(profiles, array("off"), array("occurred"), place, array("seq"), array("emotion"))
        return _Run(log, array("trail"), table.select(["tids", "filed_tids", "filed_profiles"]), len(numbers))

    def _let_go(self, lake: Manifest) -> None:
        """Let go of runs that are no longer in the lake."""
        gone = self._runs.keys() - {file.name for file in lake.files}
        for name in gone:
            del self._runs[name]
        if gone and len(self._places) > PLACES + 2 * sum(run.places for run in self._runs.values()):
            self.forget()  # names nobody uses any more are most of them: number those that are used anew

    # ------------------------------------------------------------------ the tail

    def _tail(self, view: View, after: int) -> pl.DataFrame:
        """The tail's events as rows of a log."""
        pages = []
        while (table := tail_page(view, after, TAIL_ROWS, KEPT)).num_rows:
            pages.append(self._tail_rows(view, table))
            after = table["seq"][-1].as_py()
        return pl.concat(pages) if pages else pl.DataFrame(schema=dict.fromkeys(ROW, pl.String))

    def _tail_rows(self, view: View, table: pa.Table) -> pl.DataFrame:
        rows = pl.DataFrame(pl.from_arrow(table.drop_columns(["raw"])))
        owners = view.trails(rows["tid"].unique().to_list())
        owner_of = {tid: trail.pid for tid, trail in owners.items()}
        profile = pl.col("tid").replace_strict(owner_of, default=None, return_dtype=pl.String)
        rows = rows.with_columns(
            pl.col(ABOUT).fill_null(""), profile.alias("profile"), self._emotions(table).alias("emotion")
        )
        return rows.with_columns(self._places.of(rows).alias("place")).select(ROW).drop_nulls("profile")

    def _emotions(self, tail: pa.Table) -> pl.Series:
        said = zip(*(tail[name].to_pylist() for name in ("dialect", "type", "raw")), strict=True)
        slow = [place for place, one in enumerate(said) if self._inside(*one) is None]
        found: list[float | None] = [None] * tail.num_rows
        for place, event in zip(slow, events_of(tail.take(pa.array(slow, pa.int64()))), strict=True):
            found[place] = emotion_of(self._reread(event))
        return pl.Series(found, dtype=pl.Float32)


# ---------------------------------------------------------------------- rows of several logs


def _twice(files: Sequence[File], runs: Mapping[str, _Run]) -> pl.Series:
    """The profiles that have events in several runs: of one bucket, for each profile has one."""
    buckets: dict[int, list[pl.Series]] = {}
    for file in files:
        buckets.setdefault(file.bucket, []).append(runs[file.name].log.profiles)
    found = [pl.Series("profile", [], dtype=pl.String)]
    for profiles in (some for some in buckets.values() if len(some) > 1):
        every = pl.concat(profiles)
        found.append(every.filter(every.is_duplicated()).unique())
    return pl.concat([one.alias("profile") for one in found])


def _with_tail(parts: Sequence[Log], tail: pl.DataFrame) -> list[Log]:
    """The logs without the customers of the tail, and one with all their events."""
    who = tail["profile"].unique()
    found, pieces = [], [tail]
    for part in parts:
        touched = part.profiles.is_in(who.implode()).to_numpy()
        mine = np.flatnonzero(touched & ~part.out if len(part.out) else touched)
        if len(mine):
            pieces.append(_rows(part, mine, _spread(part.off, mine)))
            part = replace(part, out=touched | part.out if len(part.out) else touched)  # noqa: PLW2901
        found.append(part)
    return [*found, log_of(pl.concat(pieces))]


def _rows(log: Log, customers: np.ndarray, at: np.ndarray) -> pl.DataFrame:
    """Events at these places of a log as a frame."""
    lengths = np.diff(log.off)[customers]
    emotion = pl.Series(log.emotion[at]).fill_nan(None) if len(log.emotion) else pl.repeat(None, len(at), eager=True)
    return pl.DataFrame(
        {
            "profile": log.profiles.gather(np.repeat(customers, lengths)),
            "occurred": log.occurred[at],
            "seq": log.seq[at],
            "place": log.place[at],
            "emotion": emotion.cast(pl.Float32),
        }
    )


def _spread(off: np.ndarray, customers: np.ndarray) -> np.ndarray:
    """Where the events of these customers lie."""
    lengths = off[customers + 1] - off[customers]
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    at: Ints = np.arange(total) + np.repeat(off[customers] - (ends - lengths), lengths)
    return at


def _under(rows: pl.DataFrame, stray: pl.DataFrame, to: pl.DataFrame) -> pl.DataFrame:
    """Rows of a run under the profiles that own them now; those of nobody's trail are left out. `stray`: tid, profile,
    owner; `to`, of refiled events: seq, tid, owner."""
    strayed = stray.with_columns(pl.lit(value=True).alias("strayed"))
    refiled = to.select("seq", pl.col("owner").alias("new"), pl.lit(value=True).alias("refiled"))
    told = rows.join(strayed, on=("tid", "profile"), how="left", maintain_order="left")
    told = told.join(refiled, on="seq", how="left", maintain_order="left")
    profile = pl.when("refiled").then("new").when("strayed").then("owner").otherwise("profile")
    return told.with_columns(profile.alias("profile")).select(ROW).drop_nulls("profile")


# ---------------------------------------------------------------------- files


def _texts(table: pa.Table, name: str) -> pl.Series:
    return pl.Series(pl.from_arrow(table[name].chunk(0).values))
