"""Lake and tail as of one snapshot -> Polars frames: every event once, under the profile that owns its trail now.

A list of frames is given, no profile is in two of them, so that an analysis goes through them one by one in little
memory. Where a run is already in order (profile, occurred, seq) it makes a frame of its own; what lies elsewhere too
(newer runs, moved trails, the tail) is taken out of it and comes in a second frame, which is not in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.stores import View
from harken.stores.lake.files import Files
from harken.stores.lake.manifest import File, Manifest, bucket_of
from harken.stores.lake.rewrite import filed_elsewhere
from harken.words import Event, Micros

COLUMNS = ("profile", "occurred", "seq", "touchpoint", "channel", "source", "type", "name", "emotion")
TYPES: Mapping[str, type[pl.DataType]] = {
    "profile": pl.String,
    "occurred": pl.Int64,
    "seq": pl.Int64,
    "id": pl.String,
    "tid": pl.String,
    "source": pl.String,
    "channel": pl.String,
    "touchpoint": pl.String,
    "type": pl.String,
    "name": pl.String,
    "received": pl.Int64,
    "verified": pl.Boolean,
    "emotion": pl.Float64,
    "message_id": pl.String,
    "dialect": pl.String,
    "properties": pl.String,
    "raw": pl.Binary,
}
TAIL_PAGE = 10_000


class Asked(Struct, frozen=True, kw_only=True):
    """Which columns, of which time (`since` <= occurred < `until`)."""

    columns: Sequence[str] = COLUMNS
    since: Micros | None = None
    until: Micros | None = None

    def check(self) -> None:
        if unknown := [name for name in self.columns if name not in TYPES]:
            raise Invalid(f"events have no column {', '.join(unknown)}; there are {', '.join(TYPES)}")

    def during(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows of that time."""
        if self.since is not None:
            rows = rows.filter(pl.col("occurred") >= self.since)
        if self.until is not None:
            rows = rows.filter(pl.col("occurred") < self.until)
        return rows


def owners_of(view: View) -> pl.DataFrame:
    """Which profile owns each trail as of a snapshot: tid, profile."""
    return owner_frame(dict(view.profile_ids_of_trails()))


def owner_frame(owners: Mapping[str, str] | pl.DataFrame) -> pl.DataFrame:
    """The same from either form."""
    if isinstance(owners, pl.DataFrame):
        return owners.select("tid", "profile")
    pairs = {"tid": list(owners.keys()), "profile": list(owners.values())}
    return pl.DataFrame(pairs, schema={"tid": pl.String, "profile": pl.String})


def tail_frame(
    view: View, after: int, columns: Sequence[str], read: Mapping[str, Callable[[Event], object]]
) -> pl.DataFrame:
    """The tail's events as a frame (with `tid`, without `profile`); `read` tells the columns that follow from `raw`."""
    wanted = [name for name in dict.fromkeys((*columns, "tid", "occurred")) if name != "profile"]
    pages = [pl.DataFrame(schema={name: TYPES[name] for name in wanted})]
    while events := view.tail(after, TAIL_PAGE):
        after = events[-1].seq
        data = {
            name: [*map(read[name], events)] if name in read else [getattr(event, name) for event in events]
            for name in wanted
        }
        pages.append(pl.DataFrame(data, schema=pages[0].schema))
    return pl.concat(pages)


def bucket_frames(
    files: Files, manifest: Manifest, tail: pl.DataFrame, owners: pl.DataFrame, asked: Asked
) -> list[pl.LazyFrame]:
    """The frames, two a bucket at most."""
    trails = {file.name: files.trails(file) for file in manifest.files}
    stray = _strays(trails, owners)
    buckets = [_Bucket(files, manifest, bucket, trails, stray, owners) for bucket in range(manifest.buckets)]
    named = [*dict.fromkeys((*asked.columns, "profile"))]
    extra = [asked.during(tail.lazy()).join(owners.lazy(), on="tid").select(named).collect()]
    for bucket in buckets:
        extra += bucket.moved(asked, named)
    gathered = pl.concat(extra)
    profiles = gathered["profile"].unique()
    places = [bucket_of(one, manifest.buckets) for one in profiles]
    where = pl.DataFrame({"profile": profiles, "bucket": pl.Series(places, dtype=pl.Int64)})
    split = gathered.join(where, on="profile").partition_by("bucket", as_dict=True, include_key=False)
    frames: list[pl.LazyFrame] = []
    for bucket in buckets:
        frames += bucket.frames(split.get((bucket.number,), gathered.clear()), asked, named)
    return [frame.select(asked.columns) for frame in frames] or [gathered.lazy().select(asked.columns)]


def _strays(trails: Mapping[str, pl.DataFrame], owners: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Of each run the trails that another profile owns now."""
    if not trails:
        return {}
    every = pl.concat([frame.with_columns(file=pl.lit(name)) for name, frame in trails.items()])
    found = filed_elsewhere(every, owners).partition_by("file", as_dict=True)
    return {str(name): frame for (name,), frame in found.items()}


class _Bucket:
    """One bucket's runs, and which of their rows belong elsewhere."""

    def __init__(
        self,
        files: Files,
        manifest: Manifest,
        number: int,
        trails: Mapping[str, pl.DataFrame],
        stray: Mapping[str, pl.DataFrame],
        owners: pl.DataFrame,
    ) -> None:
        self.number = number
        self._files, self._owners, self._refiled = files, owners, manifest.refiled
        self._runs = sorted(manifest.in_bucket(number), key=lambda file: (-file.rows, file.name))
        self._trails, self._stray = trails, stray

    def moved(self, asked: Asked, named: Sequence[str]) -> list[pl.DataFrame]:
        """The rows of other profiles, under the one that owns them now; rows of nobody's trail are left out."""
        found = []
        for file in self._runs:
            stray, seqs = self._stray.get(file.name), self._refiled_in(file)
            if stray is None and not seqs:
                continue
            rows = self._scan(file, asked, (*named, "tid", "seq"))
            if stray is not None and not seqs:  # lets whole row groups be passed over
                mine = pl.col("tid").is_in(stray["tid"].unique().implode())  # wherever in this run they lie
                under = self._trails[file.name].filter(mine)["profile"].unique()
                rows = rows.filter(pl.col("profile").is_in(under.implode()))
            rows = rows.filter(~self._stays(file))
            if seqs:
                to = {seq: self._refiled[seq][1] for seq in seqs}
                rows = rows.with_columns(pl.col("seq").replace_strict(to, default=pl.col("tid")).alias("tid"))
            owned = rows.drop("profile").join(self._owners.lazy(), on="tid")
            found.append(owned.select(named).collect())
        return found

    def frames(self, extra: pl.DataFrame, asked: Asked, named: Sequence[str]) -> list[pl.LazyFrame]:
        """The rows that are in order as they lie, and all others, with `extra` ones from elsewhere."""
        if not self._runs:
            return [extra.lazy()] if extra.height else []
        base, *others = self._runs
        here = self._here(base, asked, named)
        again = pl.concat([extra["profile"], *(self._trails[file.name]["profile"] for file in others)]).unique()
        if again.is_empty():
            return [here]
        more = [*(self._here(file, asked, named) for file in others), extra.lazy()]
        if 2 * again.len() > self._trails[base.name]["profile"].n_unique():
            return [pl.concat([here, *more])]
        twice = pl.col("profile").is_in(again.implode())
        return [here.filter(~twice), pl.concat([here.filter(twice), *more])]

    def _here(self, file: File, asked: Asked, named: Sequence[str]) -> pl.LazyFrame:
        rows = self._scan(file, asked, (*named, "tid", "seq"))
        if file.name in self._stray or self._refiled_in(file):
            rows = rows.filter(self._stays(file))
        return rows.select(named)

    def _stays(self, file: File) -> pl.Expr:
        """Rows whose trail is owned by the profile they are filed under."""
        stays = pl.lit(True)
        if (stray := self._stray.get(file.name)) is not None:
            stays &= ~pl.col("tid").is_in(stray["tid"].unique().implode())
        if seqs := self._refiled_in(file):
            stays &= ~pl.col("seq").is_in(seqs)
        return stays

    def _scan(self, file: File, asked: Asked, columns: Iterable[str]) -> pl.LazyFrame:
        wanted = [*dict.fromkeys((*columns, "occurred"))]
        times = [pl.col(name).cast(pl.Int64) for name in ("occurred", "received") if name in wanted]
        rows = pl.scan_parquet(self._files.url("events", file.name)).select(wanted).with_columns(times)
        return asked.during(rows)

    def _refiled_in(self, file: File) -> list[int]:
        return [seq for seq in self._refiled if file.first <= seq <= file.last]
