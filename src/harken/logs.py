"""Events of many customers as a frame in, the same as arrays out: what the lake's index gives and every analysis counts.

A customer's events lie together, by (occurred, seq); `off` says where each customer's begin (the compressed rows of a
sparse matrix). What an event is about is one number, its place: a row of `Places.frame`. So an analysis is one pass over
a few flat arrays, and what a catalogue says about places is looked up once per place, not once per event.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
import polars as pl
from msgspec import Struct, field
from numpy.typing import NDArray

from harken.errors import Invalid

Ints: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.uint32]
Floats: TypeAlias = NDArray[np.float32]
Flags: TypeAlias = NDArray[np.bool_]
Frames: TypeAlias = pl.LazyFrame | pl.DataFrame | Sequence[pl.LazyFrame]

NEEDED = ("profile", "occurred", "touchpoint")
ABOUT = ("touchpoint", "channel", "name", "source", "type")  # what tells a place from another
PIECE = 1_000_000  # events of one log at most, as far as customers can be parted
ROOM = 1 << 30  # bytes of what was made of logs, kept for the next question


class Log(Struct, frozen=True):
    """Events of some customers; none of them is in another log."""

    profiles: pl.Series  # who: a text for each customer
    off: Ints  # customers + 1: where each one's events begin, and where the last one's end
    occurred: Ints  # microseconds
    place: Codes
    seq: Ints
    emotion: Floats  # NaN where nothing was said; empty when nobody said anything
    out: Flags = np.empty(0, np.bool_)  # customers whose events are in another log, here to be passed over; empty: none

    def __len__(self) -> int:
        return len(self.occurred)

    def pieces(self, events: int = PIECE) -> list[Log]:
        """Views of it with about as many events each, so that several processors have something to do."""
        if len(self) <= events:
            return [self]
        count = -(-len(self) // events)
        wanted = self.off[0] + np.arange(1, count) * (len(self) // count)
        cuts = [0, *np.unique(np.searchsorted(self.off, wanted)).tolist(), len(self.profiles)]
        return [self._between(a, b) for a, b in pairwise(cuts) if a < b]

    def _between(self, a: int, b: int) -> Log:
        first, last = int(self.off[a]), int(self.off[b])
        return Log(
            self.profiles[a:b],
            self.off[a : b + 1] - first,
            self.occurred[first:last],
            self.place[first:last],
            self.seq[first:last],
            self.emotion[first:last],
            self.out[a:b],
        )


class Sized(Protocol):
    """Something made of logs."""

    @property
    def bytes(self) -> int: ...


M = TypeVar("M", bound=Sized)


class Memo:
    """What was made of some logs, for the next question about them: what was used last, as far as there is room. It lives
    as long as the logs it was made of. Safe from any thread: each look at the dict is one step of the interpreter."""

    def __init__(self, room: int = ROOM) -> None:
        self.room = room
        self._made: dict[Hashable, Any] = {}

    def of(self, key: Hashable, make: Callable[[], M], fits: Callable[[M], bool] = lambda _: True) -> M:
        """What was made under this key, if it still `fits`, else what `make` makes."""
        made: M | None = self._made.pop(key, None)
        if made is None or not fits(made):
            made = make()
        if made.bytes <= self.room:
            self._made[key] = made  # used last
        while sum(one.bytes for one in [*self._made.values()]) > self.room:
            for first in [*self._made][:1]:
                self._made.pop(first, None)
        return made


class Logs(Struct, frozen=True):
    """Everybody's events. `places`: touchpoint, channel, name, source, type; row n is place n."""

    places: pl.DataFrame
    parts: tuple[Log, ...]
    memo: Memo = field(default_factory=Memo)  # of these parts
    last_seq: int | None = None  # of all events, if that is known


class Places:
    """Numbers for places, given as they are met."""

    def __init__(self, known: pl.DataFrame | None = None) -> None:
        self._numbers: dict[tuple[str, ...], int] = {}
        if known is not None:
            self.numbered(known.select(ABOUT).rows())

    def __len__(self) -> int:
        return len(self._numbers)

    def numbered(self, places: Iterable[Sequence[str]]) -> list[int]:
        """The number of each place."""
        return [self._numbers.setdefault(tuple(one), len(self._numbers)) for one in places]

    def of(self, rows: pl.DataFrame) -> pl.Series:
        """The number of each row's place (columns as in `ABOUT`)."""
        keyed = rows.select(pl.col(ABOUT).cast(pl.Categorical).to_physical().cast(pl.UInt64))
        key = keyed[ABOUT[0]]
        for name in ABOUT[1:]:
            key = _dense(key * (int(keyed[name].max() or 0) + 1) + keyed[name])  # type: ignore[arg-type]
        first = pl.DataFrame({"key": key}).with_row_index("row").unique("key", keep="first", maintain_order=True)
        told = rows[first["row"]].select(ABOUT).with_columns(key=first["key"]).sort(ABOUT)
        numbers = self.numbered(row[:-1] for row in told.iter_rows())
        table = pl.Series(numbers, dtype=pl.UInt32).gather(told["key"].arg_sort())
        return table.gather(key)

    @property
    def frame(self) -> pl.DataFrame:
        """All places so far, in the order of their numbers."""
        return pl.DataFrame(list(self._numbers), schema=dict.fromkeys(ABOUT, pl.String), orient="row")


def _dense(key: pl.Series) -> pl.Series:
    """The same keys as 0, 1, 2 …: they can be multiplied again without running over."""
    distinct = key.unique().sort()
    if not distinct.len() or int(distinct[-1]) == distinct.len() - 1:
        return key
    if int(distinct[-1]) < 1 << 20:
        table = np.zeros(int(distinct[-1]) + 1, np.uint64)
        table[distinct.to_numpy()] = np.arange(distinct.len(), dtype=np.uint64)
        return pl.Series(table[key.to_numpy()])
    return pl.Series(np.searchsorted(distinct.to_numpy(), key.to_numpy()).astype(np.uint64))


def logs_of(events: Frames) -> Logs:
    """Frames with profile, occurred (microseconds or a datetime) and touchpoint as logs; they may have channel, name,
    source, type, seq (else the order of rows decides among events of one instant) and emotion. No profile may be in
    two frames; rows without profile or time are nobody's and left out. Invalid says which column is missing."""
    places = Places()
    parts: list[Log] = []
    for frame in [events.lazy()] if isinstance(events, pl.LazyFrame | pl.DataFrame) else events:
        rows = known(frame).drop_nulls(["profile", "occurred"]).collect()
        if rows.height:
            parts += log_of(rows.with_columns(places.of(rows).alias("place"))).pieces()
    return Logs(places.frame, tuple(parts))


def log_of(rows: pl.DataFrame) -> Log:
    """Rows of profile, occurred, seq, place, emotion as a log. Those in order already are only looked at."""
    rows = rows.select("profile", "occurred", "seq", "place", "emotion")
    late = pl.lit(value=False)
    for name in ("seq", "occurred", "profile"):
        before = pl.col(name).shift()
        late = (pl.col(name) < before) | ((pl.col(name) == before) & late)
    if rows.select(late.any()).item():
        rows = rows.sort("profile", "occurred", "seq")
    new = (rows["profile"] != rows["profile"].shift()).fill_null(value=True)
    begins = new.arg_true()
    off = np.append(begins.to_numpy(), rows.height).astype(np.int64)
    emotion = rows["emotion"]
    felt = np.empty(0, np.float32) if emotion.null_count() == rows.height else emotion.fill_null(np.nan).to_numpy()
    return Log(
        rows["profile"].gather(begins),
        off,
        rows["occurred"].to_numpy(),
        rows["place"].to_numpy(),
        rows["seq"].to_numpy(),
        felt,
    )


def known(events: pl.LazyFrame) -> pl.LazyFrame:
    """The columns of a log, in their types."""
    schema = events.collect_schema()
    if missing := [name for name in NEEDED if name not in schema]:
        raise Invalid(f"events need the columns {', '.join(NEEDED)}; there is no {', '.join(missing)}")
    occurred = pl.col("occurred").dt.epoch("us") if schema["occurred"].is_temporal() else pl.col("occurred")
    columns = [pl.col("profile").cast(pl.String), occurred.cast(pl.Int64)]
    for name in ABOUT:
        text = (
            pl.col(name).cast(pl.String).fill_null("") if name in schema else pl.lit("track" if name == "type" else "")
        )
        columns.append(text.alias(name))
    seq = pl.col("seq").cast(pl.Int64) if "seq" in schema else pl.int_range(pl.len(), dtype=pl.Int64).alias("seq")
    emotion = pl.col("emotion") if "emotion" in schema else pl.lit(None)
    return events.select(*columns, seq, emotion.cast(pl.Float32).alias("emotion"))
