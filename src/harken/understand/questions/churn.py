"""Journeys in, the onset of leaving out: how long after their first step customers leave, and when to do something about it.

**Leaving** is the last step before a silence longer than the horizon H. **When** is counted from the first step of the
life. **Who is watched**: everybody until H before the end. Whoever made a step after that is still there as far as anybody
knows (censored), whenever that step was; who began after that is too new to tell; who may have begun before `since` is left
out, for nobody knows for how long.

The curve is Kaplan and Meier's, its interval Greenwood's on the log-log scale, the test between groups the log-rank test.
The **period to focus on** is the one where most of those still there leave, small numbers held against it: the one whose
chance of leaving is surely (95 %) at least the highest. Leaving at once, with the first step, stands by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.logs import Flags, Ints
from harken.understand.analysis import About, Analysis, Answer, Table, header_of, whole
from harken.understand.journeys import Journeys, Part, Scope
from harken.understand.result import Column, Json, duration
from harken.understand.segments import EVERYBODY, Group, groups_of
from harken.understand.statistics import Survival, Test, kaplan_meier, log_rank, wilson
from harken.words import DAY, SECOND

LENGTHS = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY}
MOST = 1_000
LATER = "later"


class ChurnQuestion(Scope, frozen=True, kw_only=True):
    """Whose lives, told apart how, and in what steps of time."""

    segments: tuple[str, ...] = ()  # segments to tell apart; those in none of them are the others
    period: Literal["day", "week", "month"] = "week"  # since each customer's own first step; a month is 30 days
    periods: int = 26  # how many are told; what comes later is one row
    onset: float = 0.1  # leaving has set in when this share of those who came back at all has left

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if self.journey != "life":
            raise Invalid(f"leaving is told of lives: it needs the journey 'life', not '{self.journey}'")
        if self.period not in LENGTHS:
            raise Invalid(f"'{self.period}' is not a period; there are {', '.join(LENGTHS)}")
        if not 1 <= self.periods <= MOST:
            raise Invalid(f"`periods` is a count from 1 to {MOST}")
        if not 0 < self.onset < 1:
            raise Invalid("`onset` is a share between 0 and 1, such as 0.1")


class _Watched(Struct, frozen=True):
    """Of each journey (a life): how long it was watched, in microseconds, whether its customer then left, and why it is
    not counted: 0 counted, 1 too new, 2 may have begun before."""

    length: Ints
    left: Flags
    why_not: Ints

    @classmethod
    def of(cls, part: Part, until: int, horizon: int) -> _Watched:
        length = np.where(part.open, until - horizon, part.ended) - part.began
        why_not = np.where(part.truncated, 2, np.where(part.began >= until - horizon, 1, 0))
        return cls(length, ~part.open, why_not)


class _Told(Struct, frozen=True):
    """One group's curve, and its periods: at_risk, left, chance of leaving with low and high, share still there."""

    name: str
    curve: Survival
    states: tuple[int, int]  # too new, may have begun before
    rows: list[tuple[Any, ...]]

    @property
    def focus(self) -> tuple[Any, ...] | None:
        """The row of the period to focus on; the last row holds more than one period and is none."""
        inside = [row for row in self.rows if row[1] > 0 and row[4] and row[2] != LATER]
        return max(inside, key=lambda row: (row[7], -row[1])) if inside else None


def answer(journeys: Journeys, about: About, question: ChurnQuestion) -> Answer:
    """The groups, their periods, and the test between them."""
    question.check()
    watched = [_Watched.of(part, journeys.until, journeys.horizon) for part in journeys.parts]
    groups = groups_of(journeys, about, question.segments)
    told = [_tell(group, journeys, watched, question) for group in groups]
    test = log_rank([one.curve for one in told])
    several = _in_several(journeys, groups)
    return Answer(
        analysis="churn",
        question=question,
        header=header_of("churn", journeys, about, question),
        caption=_caption(told, test, question),
        totals=_totals(watched, journeys, test, several, len(groups)),
        tables={
            "groups": Table(
                frame=pl.DataFrame([_group_row(one, question) for one in told], schema=_GROUPS, orient="row"),
                columns=_GROUP_COLUMNS,
                title="How long customers stay",
                note=_note(journeys, several),
            ),
            "periods": Table(
                frame=pl.DataFrame([row for one in told for row in one.rows], schema=_PERIODS, orient="row"),
                columns=_PERIOD_COLUMNS,
                title="Who leaves when",
                note="Period 0 is the first step itself: who made no other later on.",
            ),
        },
    )


def customers(journeys: Journeys, about: About, question: ChurnQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is counted in a row of `groups` (`group`), or who left in a row of `periods` (`group` and `period`)."""
    question.check()
    groups = {group.name: group for group in groups_of(journeys, about, question.segments)}
    name = str(row.get("group", EVERYBODY))
    if name not in groups:
        raise Invalid(f"no group '{name}'; there are {', '.join(groups)}")
    found = []
    for part, inside in zip(journeys.parts, groups[name].inside, strict=True):
        one = _Watched.of(part, journeys.until, journeys.horizon)
        wanted = inside[part.customer] & (one.why_not == 0)
        if "period" in row:
            period = np.minimum(_periods(one.length, question), question.periods + 1)
            wanted &= one.left & (period == whole(row, "period"))
        found.append(part.profiles.gather(part.customer[wanted]))
    return pl.concat(found) if found else pl.Series(dtype=pl.String)


# ---------------------------------------------------------------------- counting


def _periods(length: Ints, question: ChurnQuestion) -> Ints:
    """0: at once; 1: within the first period, its end included; and so on."""
    return np.asarray(-(-length // LENGTHS[question.period]), np.int64)


def _tell(group: Group, journeys: Journeys, watched: list[_Watched], question: ChurnQuestion) -> _Told:
    lengths, left, states = [np.empty(0, np.int64)], [np.empty(0, np.bool_)], np.zeros(3, np.int64)
    for part, one, inside in zip(journeys.parts, watched, group.inside, strict=True):
        mine = inside[part.customer]
        states += np.bincount(one.why_not[mine], minlength=3)
        counted = mine & (one.why_not == 0)
        lengths.append(one.length[counted])
        left.append(one.left[counted])
    curve = kaplan_meier(np.concatenate(lengths), np.concatenate(left))
    return _Told(group.name, curve, (int(states[1]), int(states[2])), _period_rows(group.name, curve, question))


def _period_rows(name: str, curve: Survival, question: ChurnQuestion) -> list[tuple[Any, ...]]:
    """Each period's chance of leaving, as the curve has it, and who is still there after it."""
    if not len(curve.time):
        return []
    size, last = LENGTHS[question.period], int(_periods(curve.time[-1:], question)[0])
    ends = [one * size for one in range(min(last, question.periods) + 1)]
    ends += [int(curve.time[-1])] if last > question.periods else []
    rows, before, begin = [], 1.0, 0
    for period, end in enumerate(ends):
        stop = int(np.searchsorted(curve.time, end, side="right"))
        at_risk = int(curve.at_risk[begin]) if begin < len(curve.time) else 0
        gone = int(curve.events[begin:stop].sum())
        share = float(curve.share[stop - 1]) if stop else 1.0
        chance = 1 - share / before if before > 0 else float("nan")
        low, high = _bounds(gone, at_risk, chance)
        within = (float(curve.low[stop - 1]), float(curve.high[stop - 1])) if stop else (1.0, 1.0)
        label = _label(period, question)
        rows.append(
            (
                name,
                period,
                label,
                at_risk,
                gone,
                int(curve.censored[begin:stop].sum()),
                chance,
                low,
                high,
                share,
                *within,
            )
        )
        before, begin = share, stop
    return rows


def _bounds(gone: int, at_risk: int, chance: float) -> tuple[float, float]:
    """Wilson's interval of a chance, of as many customers as were there all the while: fewer than at its beginning."""
    if not gone:
        return wilson(0, at_risk)
    there = round(gone / chance)
    return wilson(gone, max(there, gone))


def _label(period: int, question: ChurnQuestion) -> str:
    if period == 0:
        return "at once"
    return f"{question.period} {period}" if period <= question.periods else LATER


def _in_several(journeys: Journeys, groups: list[Group]) -> int:
    """Customers who are in more than one group."""
    count = 0
    for n, part in enumerate(journeys.parts):
        times = np.sum([group.inside[n][part.customer] for group in groups], axis=0, dtype=np.int64)
        count += int(np.count_nonzero(times > 1))
    return count


# ---------------------------------------------------------------------- tables and words


def _group_row(told: _Told, question: ChurnQuestion) -> tuple[Any, ...]:
    curve, at_once = told.curve, told.rows[0] if told.rows else None
    median, low, high = (one / SECOND for one in curve.quantile())
    focus = told.focus
    return (
        told.name, int(curve.at_risk[0]) if len(curve.time) else 0, int(curve.events.sum()), int(curve.censored.sum()),
        *told.states, at_once[6] if at_once else None, _onset(curve, question), median, low, high,
        focus[2] if focus else "", focus[6] if focus else None,
    )  # fmt: skip


def _onset(curve: Survival, question: ChurnQuestion) -> float:
    """After how long the share of those who came back at all has left; NaN: not within the time watched."""
    stayed = float(curve.share[0]) if len(curve.time) and curve.time[0] == 0 else 1.0
    gone = np.nonzero((curve.share <= stayed * (1 - question.onset) + 1e-12) & (curve.time > 0))[0]
    return float(curve.time[gone[0]]) / SECOND if len(gone) and stayed > 0 else float("nan")


def _totals(watched: list[_Watched], journeys: Journeys, test: Test, several: int, groups: int) -> dict[str, Json]:
    states = sum((np.bincount(one.why_not, minlength=3) for one in watched), np.zeros(3, np.int64)).tolist()
    left = sum(int((one.left & (one.why_not == 0)).sum()) for one in watched)
    told: dict[str, Json] = {
        "customers": journeys.customers, "counted": states[0], "too_new": states[1], "began_before": states[2],
        "left": left, "still_there": states[0] - left,
    }  # fmt: skip
    if groups > 1:
        told |= {"in_several": several, "log_rank": test.statistic, "freedom": test.freedom, "p": test.p}
    return told


def _note(journeys: Journeys, several: int) -> str:
    told = f"Left: silent for more than {duration(journeys.horizon / SECOND)}."
    if several:
        told += f" {several:,} customers are in several groups; the test takes them for different people."
    return told


def _caption(told: list[_Told], test: Test, question: ChurnQuestion) -> str:
    first = told[0]
    if not any(len(one.curve.time) for one in told):
        return "Nobody was watched long enough to tell when customers leave."
    if len(told) > 1:
        return _difference([one for one in told if len(one.curve.time)], test)
    counted, gone = int(first.curve.at_risk[0]), int(first.curve.events.sum())
    if not gone:
        return f"Nobody has left yet of {counted:,} customers."
    focus, median = first.focus, first.curve.quantile()[0]
    half = f"; half have left after {duration(median / SECOND)}" if np.isfinite(median) else "; more than half stay"
    if focus is not None:
        there = f"{focus[4]:,} of {focus[3]:,} still there leave then"
        return f"Focus on leaving in {focus[2]} after the first step: {there}{half}."
    if gone == first.rows[0][4]:
        return f"Who leaves does so at once: {gone:,} of {counted:,}{half}."
    return f"{gone:,} of {counted:,} have left, none in the first {question.periods} {question.period}s{half}."


def _difference(told: list[_Told], test: Test) -> str:
    stays = sorted(told, key=lambda one: (-_stay(one.curve), one.name))
    words = [f"{one.name} {_half(one.curve)}" for one in (stays[0], stays[-1])]
    chance = "less than 1 in 1,000" if test.p < 0.001 else f"{test.p:.1%}".replace("%", " %")
    sure = "differ" if test.p < 0.05 else "do not surely differ"
    return f"The groups {sure} in when they leave (by chance alone: {chance}): {words[0]}, {words[1]}."


def _stay(curve: Survival) -> float:
    median = curve.quantile()[0]
    return median if np.isfinite(median) else float("inf")


def _half(curve: Survival) -> str:
    median = curve.quantile()[0]
    return f"half after {duration(median / SECOND)}" if np.isfinite(median) else "more than half stay"


_GROUPS = {
    "group": pl.String, "customers": pl.Int64, "left": pl.Int64, "still_there": pl.Int64, "too_new": pl.Int64,
    "began_before": pl.Int64, "at_once": pl.Float64, "onset_seconds": pl.Float64, "median_seconds": pl.Float64,
    "median_low_seconds": pl.Float64, "median_high_seconds": pl.Float64, "focus": pl.String, "focus_chance": pl.Float64,
}  # fmt: skip
_PERIODS = {
    "group": pl.String, "period": pl.Int64, "label": pl.String, "at_risk": pl.Int64, "left": pl.Int64,
    "censored": pl.Int64, "chance": pl.Float64, "low": pl.Float64, "high": pl.Float64, "still_there": pl.Float64,
    "still_low": pl.Float64, "still_high": pl.Float64,
}  # fmt: skip
_GROUP_COLUMNS = (
    Column("group", "Group", "text"),
    Column("customers", "Customers"),
    Column("left", "Left"),
    Column("still_there", "Still there"),
    Column("at_once", "At once", "share"),
    Column("onset_seconds", "Sets in after", "seconds"),
    Column("median_seconds", "Half have left after", "seconds"),
    Column("median_low_seconds", "At least", "seconds"),
    Column("median_high_seconds", "At most", "seconds"),
    Column("focus", "Focus on", "text"),
    Column("focus_chance", "Chance of leaving then", "share"),
)
_PERIOD_COLUMNS = (
    Column("group", "Group", "text"),
    Column("label", "When", "text"),
    Column("at_risk", "Still there before"),
    Column("left", "Left then"),
    Column("chance", "Chance", "share"),
    Column("low", "At least", "share"),
    Column("high", "At most", "share"),
    Column("still_there", "Still there after", "share"),
)

ANALYSIS = Analysis(
    name="churn",
    title="Onset of leaving",
    summary="How long after their first step customers leave, when leaving sets in, and the period to focus on.",
    question=ChurnQuestion,
    answer=answer,
    examples=({}, {"period": "day", "periods": 30}),
    customers=customers,
)
