"""Events in, steps and journeys out: the one definition every analysis counts with, so that their numbers agree.

**Step.** An event that is a visit to a touchpoint: `track`, `page` and `screen` always, other types when they name a
touchpoint, but not bookkeeping (`identify`, `alias`, `group`, `consent`) nor what the hub did itself (`decision`,
`response`, `receipt`), unless the catalogue has their touchpoint by name (`web: Sign-up`).

**Order.** Steps of a customer go by (occurred, rank of the touchpoint, seq). It never depends on the order of rows.

**Period.** `[since, until)`, and never later than `now`: what happens in the future has not happened.

**Journey.** `life`: all steps of a customer in the period. `visit`: a new one begins when more than `timeout` has gone
by since the step before; exactly `timeout` still belongs to it.

**How a journey stands** at the end of the period, with horizon H:
- *left*: silent for more than H. *open*: its last step is within H of the end, so nobody can know yet.
- *truncated*: its first step is less than H after `since`, so it may have begun before the period. Without `since`
  there is no such journey.
H is `timeout` for visits; for lives the gap that 95 % of the gaps between steps do not exceed, but at least 7 days.

**Background** touchpoints (the home page) are taken out: the steps before and after them follow one another. They
still count for when a journey begins, goes on and ends. Journeys that consist of nothing else are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.words import BOOKKEEPING, DAY, SECOND, Config, Micros

STEPS = ("track", "page", "screen")
JOURNEYS = ("life", "visit")
TIMEOUT: Micros = 30 * 60 * SECOND
SHORTEST_HORIZON: Micros = 7 * DAY
RANK = 2  # of touchpoints the catalogue gives none

NEEDED = ("profile", "occurred", "seq", "touchpoint")
OPTIONAL = {"channel": pl.String, "type": pl.String, "emotion": pl.Float64}
Who = Collection[str] | pl.Series | pl.DataFrame | pl.LazyFrame
Frames = pl.LazyFrame | pl.DataFrame | Sequence[pl.LazyFrame]


class Scope(Struct, frozen=True, kw_only=True):
    """Whose journeys, when, and what counts as one."""

    since: Micros | None = None
    until: Micros | None = None
    now: Micros | None = None  # None: just after the last step there is
    profiles: Who | None = None  # only these; a frame holds them in its column `profile`
    journey: str = "life"
    timeout: Micros = TIMEOUT
    horizon: Micros | None = None
    background: tuple[str, ...] = ()

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        if self.journey not in JOURNEYS:
            raise Invalid(f"'{self.journey}' is not a kind of journey; there are {', '.join(JOURNEYS)}")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise Invalid("the period is empty: `since` must be before `until`")
        if self.timeout < 0 or (self.horizon is not None and self.horizon < 0):
            raise Invalid("`timeout` and `horizon` are lengths of time: they cannot be negative")
        if self.journey == "visit" and self.horizon is not None:
            raise Invalid("a visit is over after `timeout`; `horizon` is for journeys of the kind life")


class Part(Struct, frozen=True):
    """The journeys of some customers; no customer is in two parts.

    `steps`, in order: customer, journey, place (numbers), occurred, emotion. `journeys`: journey, customer, began, ended
    (with background steps), entry, exit (places of the first and last step), truncated, open. Numbers are unique over
    all parts, `profiles` holds the profile of each customer, from `first` on.
    """

    steps: pl.DataFrame
    journeys: pl.DataFrame
    profiles: pl.Series
    first: int


class Journeys(Struct, frozen=True, kw_only=True):
    """Everybody's steps as numbers, ready to be counted. About 30 bytes a step."""

    parts: tuple[Part, ...]
    places: pl.DataFrame  # place, touchpoint, channel
    since: Micros | None
    until: Micros
    horizon: Micros
    events: int  # steps, without background
    customers: int
    journeys: int
    ties: int  # steps at the very instant of the one before: rank and seq put them in order
    last_seq: int


def is_step(catalogue: Config) -> pl.Expr:
    """Which events are steps."""
    kind, touchpoint = pl.col("type"), pl.col("touchpoint")
    named = touchpoint.is_in([one.id for one in catalogue.touchpoints])
    return kind.is_in(STEPS) | named | ((touchpoint != "") & ~kind.is_in(BOOKKEEPING))


def in_period(scope: Scope) -> pl.Expr:
    """Which events, their `occurred` in Micros, are in the period of a scope."""
    occurred, of = pl.col("occurred"), pl.lit(True)
    if scope.since is not None:
        of &= occurred >= scope.since
    if scope.until is not None:
        of &= occurred < scope.until
    return of if scope.now is None else of & (occurred <= scope.now)


def journeys_of(events: Frames, catalogue: Config, scope: Scope) -> Journeys:
    """The steps and journeys a scope asks for.

    `events` have profile, occurred (Micros or a datetime), seq, touchpoint, and may have channel, type, emotion. As
    several frames (no profile in two of them) they are worked through one by one; ordered ones are not sorted again.
    """
    scope.check()
    frames = [_known(frame).filter(is_step(catalogue)) for frame in _listed(events)]
    until = _end(frames, scope)
    of = in_period(scope)
    if scope.profiles is not None:
        of &= pl.col("profile").is_in(_names(scope.profiles).implode())
    build = _Build(catalogue, scope)
    for frame in frames:
        build.add(frame.filter(of).drop("type").collect())
    return build.done(until)


class _Build:
    """Parts, one after another."""

    def __init__(self, catalogue: Config, scope: Scope) -> None:
        self._scope = scope
        self._background = {*scope.background}
        self._ranks = {one.id: one.rank for one in catalogue.touchpoints if one.rank != RANK}
        self._places: dict[tuple[str, str], int] = {}
        self._parts: list[Part] = []
        self._customers = self._journeys = self._ties = self._gaps = self._last = 0
        self._long: list[pl.Series] = []

    def add(self, rows: pl.DataFrame) -> None:
        """One frame's steps."""
        if rows.is_empty():
            return
        rows = self._ordered(rows.with_columns(self._placed(rows)).drop("touchpoint", "channel"))
        first, self._last = self._customers, max(self._last, int(rows["seq"].max()))  # type: ignore[arg-type]
        profile, occurred = pl.col("profile"), pl.col("occurred")
        rows = rows.with_columns((profile != profile.shift()).fill_null(True).alias("new"))
        gap = pl.when(~pl.col("new")).then(occurred - occurred.shift())
        rows = rows.with_columns(gap.alias("gap"))
        self._ties += int((rows["gap"] == 0).sum())
        self._gaps += rows.height - int(rows["new"].sum())
        self._long.append(rows["gap"].filter(rows["gap"] > SHORTEST_HORIZON))
        begins = (
            pl.col("new") if self._scope.journey == "life" else pl.col("new") | (pl.col("gap") > self._scope.timeout)
        )
        steps = rows.select(
            (pl.col("new").cum_sum() + (self._customers - 1)).cast(pl.UInt32).alias("customer"),
            (begins.cum_sum() + (self._journeys - 1)).cast(pl.UInt32).alias("journey"),
            "place",
            "occurred",
            "emotion",
        )
        profiles = rows["profile"].filter(rows["new"])
        self._customers = int(steps["customer"][-1]) + 1
        self._journeys = int(steps["journey"][-1]) + 1
        journeys = _spans(steps)
        hidden = [code for (touchpoint, _), code in self._places.items() if touchpoint in self._background]
        if hidden:
            steps = steps.filter(~pl.col("place").is_in(hidden))
        self._parts.append(Part(steps, _with_ends(journeys, steps), profiles, first))

    def _placed(self, rows: pl.DataFrame) -> pl.Series:
        """Each step's place: a number for (touchpoint, channel)."""
        keyed = rows.select(pl.col("touchpoint", "channel").cast(pl.Categorical))
        keyed = keyed.with_columns(
            key=pl.col("touchpoint").to_physical().cast(pl.UInt64) * 2**32 + pl.col("channel").to_physical()
        )
        distinct = (
            keyed.unique("key")
            .with_columns(pl.col("touchpoint", "channel").cast(pl.String))
            .sort("touchpoint", "channel")
        )
        pairs = distinct.select("touchpoint", "channel").iter_rows()
        codes = pl.Series([self._places.setdefault(pair, len(self._places)) for pair in pairs], dtype=pl.UInt32)
        return keyed["key"].replace_strict(distinct["key"], codes, return_dtype=pl.UInt32).alias("place")

    def _ordered(self, rows: pl.DataFrame) -> pl.DataFrame:
        """By (profile, occurred, rank, seq). Rows that are so already are only looked at."""
        order = ["profile", "occurred", "rank", "seq"] if self._ranks else ["profile", "occurred", "seq"]
        if self._ranks:
            ranks = pl.Series([self._ranks.get(touchpoint, RANK) for touchpoint, _ in self._places], dtype=pl.Int32)
            rows = rows.with_columns(ranks.gather(rows["place"]).alias("rank"))
        late = pl.lit(False)
        for name in reversed(order):
            before = pl.col(name).shift()
            late = (pl.col(name) < before) | ((pl.col(name) == before) & late)
        return rows.sort(order) if rows.select(late.any()).item() else rows

    def done(self, until: Micros) -> Journeys:
        """All parts, and how each journey stands."""
        since, horizon = self._scope.since, self._horizon()
        truncated = pl.lit(False) if since is None else pl.col("began") - since < horizon
        parts = tuple(
            Part(
                part.steps,
                part.journeys.with_columns(
                    truncated.alias("truncated"), (until - pl.col("ended") <= horizon).alias("open")
                ),
                part.profiles,
                part.first,
            )
            for part in self._parts
        )
        return Journeys(
            parts=parts,
            places=_place_frame(self._places),
            since=since,
            until=until,
            horizon=horizon,
            events=sum(part.steps.height for part in parts),
            customers=sum(part.journeys["customer"].n_unique() for part in parts),
            journeys=sum(part.journeys.height for part in parts),
            ties=self._ties,
            last_seq=self._last,
        )

    def _horizon(self) -> Micros:
        """The nearest-rank quantile: the smallest gap that 95 % of the gaps do not exceed. Short gaps are only counted."""
        if self._scope.journey == "visit":
            return self._scope.timeout
        if self._scope.horizon is not None:
            return self._scope.horizon
        long = pl.concat(self._long).sort() if self._long else pl.Series([], dtype=pl.Int64)
        rank = -(-self._gaps * 19 // 20)
        return SHORTEST_HORIZON if rank <= self._gaps - long.len() else int(long[rank - self._gaps + long.len() - 1])


# ---------------------------------------------------------------------- rows in, rows out


def _listed(events: Frames) -> list[pl.LazyFrame]:
    return [events.lazy()] if isinstance(events, pl.LazyFrame | pl.DataFrame) else list(events)


def _known(events: pl.LazyFrame) -> pl.LazyFrame:
    """The columns that matter, in their types."""
    schema = events.collect_schema()
    if missing := [name for name in NEEDED if name not in schema]:
        raise Invalid(f"events need the columns {', '.join(NEEDED)}; there is no {', '.join(missing)}")
    occurred = pl.col("occurred").dt.epoch("us") if schema["occurred"].is_temporal() else pl.col("occurred")
    columns = [
        pl.col("profile").cast(pl.String),
        occurred.cast(pl.Int64),
        pl.col("seq").cast(pl.Int64),
        pl.col("touchpoint").cast(pl.String).fill_null(""),
    ]
    for name, kind in OPTIONAL.items():
        unknown = pl.lit("track" if name == "type" else "", kind) if kind == pl.String else pl.lit(None, kind)
        known = pl.col(name).cast(kind) if name in schema else unknown
        columns.append((known.fill_null("") if kind == pl.String else known).alias(name))
    return events.select(columns)


def _names(profiles: Who) -> pl.Series:
    if isinstance(profiles, pl.LazyFrame):
        profiles = profiles.select("profile").collect()
    if isinstance(profiles, pl.DataFrame):
        profiles = profiles["profile"]
    return profiles.cast(pl.String) if isinstance(profiles, pl.Series) else pl.Series(sorted(profiles), dtype=pl.String)


def _end(frames: Sequence[pl.LazyFrame], scope: Scope) -> Micros:
    """Where the period ends: before `until`, and not later than `now`."""
    ends = [] if scope.until is None else [scope.until]
    if scope.now is not None:
        ends.append(scope.now + 1)
    if not ends:
        last = [frame.select(pl.col("occurred").max()).collect().item() for frame in frames]
        ends = [max((at for at in last if at is not None), default=-1) + 1]
    return min(ends)


def _spans(steps: pl.DataFrame) -> pl.DataFrame:
    """When each journey began and ended."""
    first, last = _edges(steps)
    began = steps.filter(first).select("journey", "customer", pl.col("occurred").alias("began"))
    return began.hstack(steps.filter(last).select(pl.col("occurred").alias("ended")))


def _with_ends(journeys: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """The journeys that have steps, with the places of the first and last one."""
    first, last = _edges(steps)
    ends = steps.filter(first).select("journey", pl.col("place").alias("entry"))
    ends = ends.hstack(steps.filter(last).select(pl.col("place").alias("exit")))
    if ends.height == journeys.height:
        return journeys.hstack(ends.drop("journey"))
    return journeys.join(ends, on="journey", maintain_order="left")


def _edges(steps: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Which steps are the first, and which the last, of their journey."""
    journey = steps["journey"]
    changes = journey != journey.shift()
    first = changes.fill_null(True)
    return first, first.shift(-1).fill_null(True)


def _place_frame(places: dict[tuple[str, str], int]) -> pl.DataFrame:
    columns = {
        "place": pl.Series(list(places.values()), dtype=pl.UInt32),
        "touchpoint": pl.Series([touchpoint for touchpoint, _ in places], dtype=pl.String),
        "channel": pl.Series([channel for _, channel in places], dtype=pl.String),
    }
    return pl.DataFrame(columns)
