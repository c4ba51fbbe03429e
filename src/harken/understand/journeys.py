"""Events in, steps and journeys out: the one definition every analysis counts with, so that their numbers agree.

**Step.** An event that is a visit to a touchpoint: `track`, `page` and `screen` always, other types when they name a
touchpoint, but not bookkeeping (`identify`, `alias`, `group`, `consent`) nor what the hub did itself (`decision`,
`response`, `receipt`), unless the catalogue has their touchpoint by name (`web: Sign-up`).

**Order.** Steps of a customer go by (occurred, rank of the touchpoint, seq). It never depends on the order of rows, as
long as events have a seq.

**Period.** `[since, until)`, and never later than `now`: what happens in the future has not happened.

**Journey.** `life`: all steps of a customer in the period. `visit`: a new one begins when more than `timeout` has gone
by since the step before; exactly `timeout` still belongs to it. `goal`: it ends with each step at a `goal`
touchpoint, the next step begins another; what comes after the last goal is a journey that has not reached it.

**How a journey stands** at the end of the period, with horizon H:
- *left*: silent for more than H. *open*: its last step is within H of the end, so nobody can know yet.
- *truncated*: its first step is less than H after `since`, so it may have begun before the period. Without `since`
  there is no such journey.
H is `timeout` for visits; for lives the gap that 95 % of the gaps between steps do not exceed, but at least 7 days.

**Repeats.** `keep` counts every step. `collapse` takes several steps at one node in a row as one. `first` takes only the
first step of a journey at each node. What a node is, the level of the question says.

**Background** touchpoints (the home page) are taken out: the steps before and after them follow one another. They
still count for when a journey begins, goes on and ends. Journeys that consist of nothing else are left out.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from harken.errors import Invalid
from harken.logs import Codes, Flags, Floats, Frames, Ints, Log, Logs, logs_of
from harken.understand import kernels
from harken.words import BOOKKEEPING, DAY, SECOND, Config, Micros

STEPS = ("track", "page", "screen")
JOURNEYS = ("life", "visit", "goal")
LEVELS = ("touchpoint", "group", "stage", "channel", "event")
REPEATS = ("keep", "collapse", "first")
TIMEOUT: Micros = 30 * 60 * SECOND
SHORTEST_HORIZON: Micros = 7 * DAY
RANK = 2  # of touchpoints the catalogue gives none
EVER = 2**63 - 1

Who = Collection[str] | pl.Series | pl.DataFrame | pl.LazyFrame
NO_STEP, BACKGROUND, STEP, GOAL = range(4)


class Scope(Struct, frozen=True, kw_only=True):
    """Whose journeys, when, and what counts as one."""

    since: Micros | None = None
    until: Micros | None = None
    now: Micros | None = None  # None: just after the last step there is
    profiles: Who | None = None  # only these; a frame holds them in its column `profile`
    journey: str = "life"
    goal: tuple[str, ...] = ()  # touchpoints that end a journey of the kind goal
    timeout: Micros = TIMEOUT
    horizon: Micros | None = None
    background: tuple[str, ...] = ()
    level: str = "touchpoint"  # what a node is: touchpoint, group, stage, channel, event
    opened: tuple[str, ...] = ()  # on the level group: touchpoints that are nodes of their own all the same
    repeats: str = (
        "keep"  # keep; collapse: several steps at one node in a row count as one; first: only the first of a node
    )

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        for said, what, words in (
            (self.level, "a level", LEVELS),
            (self.journey, "a kind of journey", JOURNEYS),
            (self.repeats, "a way to count repeats", REPEATS),
        ):
            if said not in words:
                raise Invalid(f"'{said}' is not {what}; there are {', '.join(words)}")
        if self.opened and self.level != "group":
            raise Invalid(
                f"`open` takes touchpoints out of their groups: it needs the level 'group', not '{self.level}'"
            )
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise Invalid("the period is empty: `since` must be before `until`")
        if self.timeout < 0 or (self.horizon is not None and self.horizon < 0):
            raise Invalid("`timeout` and `horizon` are lengths of time: they cannot be negative")
        if self.journey == "visit" and self.horizon is not None:
            raise Invalid("a visit is over after `timeout`; `horizon` is for journeys of the kind life")
        if (self.journey == "goal") != bool(self.goal):
            raise Invalid("journeys of the kind goal need `goal` touchpoints, and only they have them")


class Part(Struct, frozen=True):
    """The journeys of some customers, those of one customer side by side; no customer is in two parts.

    Journey j is steps off[j] … off[j + 1] - 1, at least one. Of each step: place, occurred, emotion (NaN: none; empty when
    nobody said anything). Of each journey: customer (a row of `profiles`), began and ended (with background steps),
    reached (it ended with its goal), truncated, open.
    """

    off: Ints
    place: Codes
    occurred: Ints
    emotion: Floats
    customer: Codes
    began: Ints
    ended: Ints
    reached: Flags
    truncated: Flags
    open: Flags
    profiles: pl.Series

    @property
    def steps(self) -> int:
        return len(self.place)

    @property
    def journeys(self) -> int:
        return len(self.customer)


class Journeys(Struct, frozen=True, kw_only=True):
    """Everybody's steps as numbers, ready to be counted. About 12 bytes a step."""

    parts: tuple[Part, ...]
    places: pl.DataFrame  # touchpoint, channel, name, source, type; row n is place n
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


def without_repeats(part: Part, of_place: Ints, repeats: str) -> Part:
    """The same journeys with repeated steps taken out, as `of_place` (place -> node) tells what is the same."""
    if repeats == "keep":
        return part
    keep = kernels.kept(part.off, part.place, of_place, int(of_place.max(initial=0)) + 1, repeats == "first")
    off = np.concatenate([[0], np.cumsum(keep)])[part.off]
    emotion = part.emotion[keep] if len(part.emotion) else part.emotion
    return replace(part, off=off, place=part.place[keep], occurred=part.occurred[keep], emotion=emotion)


def journeys_of(events: Frames | Logs, catalogue: Config, scope: Scope) -> Journeys:
    """The steps and journeys a scope asks for. Frames are made logs first (`harken.logs.logs_of`)."""
    scope.check()
    logs = events if isinstance(events, Logs) else logs_of(events)
    kinds, ranks = _kinds(logs.places, catalogue, scope), _ranks(logs.places, catalogue)
    until = _end(logs, kinds, scope)
    names = None if scope.profiles is None else _names(scope.profiles)
    found = kernels.each(lambda log: _Cut(log, kinds, ranks, names, scope, until), logs.parts)
    horizon = _horizon(found, scope)
    parts = tuple(one.part(scope.since, until, horizon) for one in found if one.journeys)
    return Journeys(
        parts=parts,
        places=logs.places,
        since=scope.since,
        until=until,
        horizon=horizon,
        events=sum(part.steps for part in parts),
        customers=sum(one.customers for one in found),
        journeys=sum(part.journeys for part in parts),
        ties=sum(one.ties for one in found),
        last_seq=max((one.last_seq for one in found), default=0),
    )


class _Cut:
    """One log, cut into journeys."""

    def __init__(
        self,
        log: Log,
        kinds: NDArray[np.int8],
        ranks: Ints | None,
        names: pl.Series | None,
        scope: Scope,
        until: Micros,
    ) -> None:
        place, emotion = log.place, log.emotion
        if ranks is not None:
            order = kernels.ranked(log.off, log.occurred, place, ranks)
            place, emotion = place[order], emotion[order] if len(emotion) else emotion
        wanted = ~log.out
        if names is not None:
            asked = log.profiles.is_in(names.implode()).to_numpy()
            wanted = asked & wanted if len(wanted) else asked
        (
            self.off, self.place, self.occurred, self.emotion, self.customer, self.began, self.ended, self.reached,
            self.customers, self.ties, self.gaps, self.last_seq, self.long,
        ) = kernels.cut(
            log.off, log.occurred, place, log.seq, emotion, wanted, kinds,
            -EVER if scope.since is None else scope.since, until,
            scope.timeout if scope.journey == "visit" else -1, scope.journey == "goal", SHORTEST_HORIZON,
        )  # fmt: skip
        self.profiles = log.profiles

    @property
    def journeys(self) -> int:
        return len(self.customer)

    def part(self, since: Micros | None, until: Micros, horizon: Micros) -> Part:
        """With how each journey stands."""
        truncated = np.zeros(self.journeys, np.bool_) if since is None else self.began - since < horizon
        return Part(
            self.off, self.place, self.occurred, self.emotion, self.customer, self.began, self.ended, self.reached,
            truncated, until - self.ended <= horizon, self.profiles,
        )  # fmt: skip


# ---------------------------------------------------------------------- places by the catalogue


def _kinds(places: pl.DataFrame, catalogue: Config, scope: Scope) -> NDArray[np.int8]:
    """What each place is: no step, background, step, goal."""
    at = pl.col("touchpoint")
    kind = (
        pl.when(~is_step(catalogue))
        .then(NO_STEP)
        .when(at.is_in([*scope.background]))
        .then(BACKGROUND)
        .when(at.is_in([*scope.goal]))
        .then(GOAL)
        .otherwise(STEP)
    )
    return places.select(kind.cast(pl.Int8)).to_series().to_numpy()


def _ranks(places: pl.DataFrame, catalogue: Config) -> Ints | None:
    """The rank of each place; None when all have the same."""
    special = {one.id: one.rank for one in catalogue.touchpoints if one.rank != RANK}
    ranks = np.array([special.get(touchpoint, RANK) for touchpoint in places["touchpoint"]], np.int64)
    return ranks if len(ranks) and ranks.min() != ranks.max() else None


def _names(profiles: Who) -> pl.Series:
    if isinstance(profiles, pl.LazyFrame):
        profiles = profiles.select("profile").collect()
    if isinstance(profiles, pl.DataFrame):
        profiles = profiles["profile"]
    return profiles.cast(pl.String) if isinstance(profiles, pl.Series) else pl.Series(sorted(profiles), dtype=pl.String)


def _end(logs: Logs, kinds: NDArray[np.int8], scope: Scope) -> Micros:
    """Where the period ends: before `until`, and not later than `now`."""
    ends = [] if scope.until is None else [scope.until]
    if scope.now is not None:
        ends.append(scope.now + 1)
    if not ends:
        step = kinds > NO_STEP
        last = kernels.each(lambda log: kernels.latest(log.off, log.occurred, log.place, log.out, step), logs.parts)
        ends = [max(last, default=-1) + 1]
    return min(ends)


def _horizon(found: list[_Cut], scope: Scope) -> Micros:
    """The nearest-rank quantile: the smallest gap that 95 % of the gaps do not exceed. Short gaps are only counted."""
    if scope.journey == "visit":
        return scope.timeout
    if scope.horizon is not None:
        return scope.horizon
    long = np.sort(np.concatenate([one.long for one in found])) if found else np.empty(0, np.int64)
    gaps = sum(one.gaps for one in found)
    rank = -(-gaps * 19 // 20)
    return SHORTEST_HORIZON if rank <= gaps - len(long) else int(long[rank - gaps + len(long) - 1])
