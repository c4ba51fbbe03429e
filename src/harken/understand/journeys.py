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

from collections.abc import Collection, Sequence
from typing import overload

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from harken.errors import Invalid
from harken.logs import Codes, Flags, Floats, Frames, Ints, Logs, logs_of
from harken.understand import kernels
from harken.understand.cutting import EVER, Cuts, How, cuts_of
from harken.words import BOOKKEEPING, SECOND, Config, Micros

STEPS = ("track", "page", "screen")
JOURNEYS = ("life", "visit", "goal")
LEVELS = ("touchpoint", "group", "stage", "channel", "event")
REPEATS = ("keep", "collapse", "first")
TIMEOUT: Micros = 30 * 60 * SECOND
PLACED = ("goal", "background", "opened", "goals", "steps", "anchor", "first", "back", "failures", "contacts", "intent",
          "asks")  # fmt: skip  # fields of questions that hold patterns of places
RANK = 2  # of touchpoints the catalogue gives none

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

    def patterns(self) -> tuple[str, ...]:
        """The places it names, as patterns. A question that names some in other fields adds them."""
        named: list[str] = []
        for field in PLACED:
            value = getattr(self, field, ())
            named += [value] if isinstance(value, str) else value if isinstance(value, tuple) else ()
        return tuple(one for one in named if one)


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
    """Everybody's steps as numbers, ready to be counted."""

    parts: Sequence[Part]
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
    steps = (off, part.place[keep], part.occurred[keep], part.emotion[keep] if len(part.emotion) else part.emotion)
    for array in steps:
        array.flags.writeable = False  # as in every part
    return replace(part, **dict(zip(("off", "place", "occurred", "emotion"), steps, strict=True)))


def journeys_of(events: Frames | Logs, catalogue: Config, scope: Scope) -> Journeys:
    """The steps and journeys a scope asks for. Frames are made logs first (`harken.logs.logs_of`)."""
    scope.check()
    logs = events if isinstance(events, Logs) else logs_of(events)
    kinds = _kinds(logs.places, catalogue, scope)
    until = _end(logs, kinds, scope)
    how = How(
        kinds=kinds,
        ranks=_ranks(logs.places, catalogue),
        names=None if scope.profiles is None else _names(scope.profiles),
        since=-EVER if scope.since is None else scope.since,
        until=until,
        timeout=scope.timeout if scope.journey == "visit" else -1,
        goals=scope.journey == "goal",
    )
    cuts = cuts_of(logs, how)
    horizon = _horizon(cuts, scope)
    return Journeys(
        parts=Parts(cuts, scope.since, until, horizon),
        places=logs.places,
        since=scope.since,
        until=until,
        horizon=horizon,
        events=sum(one.steps for one in cuts.told),
        customers=sum(one.customers for one in cuts.told),
        journeys=sum(one.journeys for one in cuts.told),
        ties=sum(one.ties for one in cuts.told),
        last_seq=cuts.last_seq,
    )


class Parts(Sequence[Part]):
    """The parts of some journeys, with how each journey stands. What there is no room for is made when it is looked at, so
    go through them one by one, and several times rather than keep them."""

    def __init__(self, cuts: Cuts, since: Micros | None, until: Micros, horizon: Micros) -> None:
        self._cuts, self._since, self._until, self._horizon = cuts, since, until, horizon

    def __len__(self) -> int:
        return len(self._cuts.there)

    @overload
    def __getitem__(self, at: int) -> Part: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Part]: ...
    def __getitem__(self, at: int | slice) -> Part | Sequence[Part]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        one, log = self._cuts.of(self._cuts.there[at])
        truncated = (
            np.zeros(len(one.began), np.bool_) if self._since is None else one.began - self._since < self._horizon
        )
        return Part(
            one.off, one.place, one.occurred, one.emotion, one.customer, one.began, one.ended, one.reached,
            truncated, self._until - one.ended <= self._horizon, log.profiles,
        )  # fmt: skip

    def steps(self) -> list[int]:
        """How many there are in each."""
        return [self._cuts.told[at].steps for at in self._cuts.there]

    def weights(self) -> Ints:
        """How many steps were made at each place."""
        return self._cuts.weights()


# ---------------------------------------------------------------------- places by the catalogue


def _kinds(places: pl.DataFrame, catalogue: Config, scope: Scope) -> NDArray[np.int8]:
    """What each place is: no step, background, step, goal."""

    def named(wanted: Collection[str]) -> pl.Expr:  # or, of split places, what they are part of
        return pl.any_horizontal(pl.col(at).is_in([*wanted]) for at in ("touchpoint", "also") if at in places.columns)

    kind = (
        pl.when(~is_step(catalogue))
        .then(NO_STEP)
        .when(named(scope.background))
        .then(BACKGROUND)
        .when(named(scope.goal))
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


def _horizon(cuts: Cuts, scope: Scope) -> Micros:
    if scope.journey == "visit":
        return scope.timeout
    return cuts.gap_of_most() if scope.horizon is None else scope.horizon
