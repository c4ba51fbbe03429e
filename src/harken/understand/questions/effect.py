"""Journeys, a change and two groups in, the effect of the change out: how many more reached the goal than would have.

**Two groups that were not drawn** (difference in differences): of customers who had been there before the change, how many
reach the goal in the time after it less how many did in as long a time before it; and that less the same of the other group.
It is the effect on the group the change was for, if both had gone on alike without it. Two checks of that, both before the
change: were they going apart already (trend), and is there an "effect" of a change that never was (placebo)?

**Groups drawn by lot** (`random`): everybody who was drawn counts, whatever came of it; the share after the change of one
group less that of the other, freed from what was so before (CUPED, Deng et al. 2013).

Intervals are by customers: each counts once, however often there was something to count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import polars as pl

from harken.errors import Invalid
from harken.logs import Flags, Ints
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.contrast import Difference, Periods, Reached, effects_of, reaching
from harken.understand.goals import goal_places
from harken.understand.journeys import Journeys, Part, Scope
from harken.understand.kernels import each
from harken.understand.result import Column, Json
from harken.understand.segments import OTHERS, members_of
from harken.understand.statistics import wilson
from harken.words import DAY, SECOND, Config, Micros

PERIODS = {"day": DAY, "week": 7 * DAY}
FEW = 30
SUSPECT = 0.025  # of two checks, so that chance alone fails one of them once in 20 times


class EffectQuestion(Scope, frozen=True, kw_only=True):
    """What was changed, when, for whom, and what should come of it."""

    segments: tuple[str, ...] = ()  # whom the change was for, then whom to compare with; none: those not in the first
    changed_at: Micros | None = None  # when it was changed; none: halfway through, where there is nothing to find
    goals: tuple[str, ...] = ()  # what should be reached, such as goal:order, web: Thanks; none: the company's goals
    window: Micros = 28 * DAY  # how long after the change to look, and as long before; less where there is less
    period: Literal["day", "week"] = "week"  # in steps of this
    random: bool = False  # the two segments were drawn by lot before the change

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if not 1 <= len(self.segments) <= 2 or len(set(self.segments)) != len(self.segments):
            raise Invalid("effect needs `segments`: the one the change was for, and the one to compare it with")
        if self.random and len(self.segments) != 2:
            raise Invalid("groups drawn by lot are two `segments`: those with the change and those without it")
        if self.period not in PERIODS:
            raise Invalid(f"'{self.period}' is not a period; there are {', '.join(PERIODS)}")
        if self.window < PERIODS[self.period]:
            raise Invalid(f"`window` is a length of time of a {self.period} or more, such as 28d")


def answer(journeys: Journeys, about: About, question: EffectQuestion) -> Answer:
    """The effect, both groups before and after, each period, and what has to be so for it to be the effect."""
    question.check()
    periods = _periods(journeys, question)
    groups, both = _groups(journeys, about, question, periods)
    effects = effects_of(groups, periods, random=question.random) if periods.window else {}
    return Answer(
        analysis="effect",
        question=question,
        header=header_of("effect", journeys, about, question),
        caption=_caption(groups, effects, periods, question),
        totals=_totals(journeys, groups, effects, periods, both),
        tables={
            "effect": Table(
                frame=_effect_rows(effects), columns=_EFFECT_COLUMNS, title="Effect", note=_estimand(groups, question)
            ),
            "groups": Table(frame=_group_rows(groups, periods), columns=_GROUP_COLUMNS, title="Before and after"),
            "periods": Table(frame=_period_rows(groups, periods), columns=_period_columns(groups), title="Over time"),
            "assumptions": Table(
                frame=pl.DataFrame(_assumptions(effects, periods, question, both), schema=_ASSUMED, orient="row"),
                columns=_ASSUMED_COLUMNS,
                title="What has to be so",
            ),
        },
    )


def customers(journeys: Journeys, about: About, question: EffectQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is counted in a group (`group`); with `reached` (`before` or `after`), who of them reached the goal then."""
    question.check()
    periods = _periods(journeys, question)
    names = _names(question)
    if row.get("group") not in names:
        raise Invalid(f"no group '{row.get('group', '')}'; there are {' and '.join(names)}")
    number, reached = names.index(str(row["group"])), str(row.get("reached", ""))
    if reached not in ("", "before", "after"):
        raise Invalid(f"`reached` is before or after, not '{reached}'")
    begin = periods.history - (periods.window if reached == "before" else 0)
    found = []
    for part, inside in zip(journeys.parts, _inside(journeys, about, question), strict=True):
        rows, hits = _walk(part, inside == number, _goal(journeys, about.catalogue, question), periods, question)
        if reached:
            rows = rows[hits[:, begin : begin + periods.window].any(axis=1)]
        found.append(part.profiles.gather(rows))
    if question.random and not reached:
        return _drawn(about, question)[number]
    return pl.concat(found) if found else pl.Series(dtype=pl.String)


# ---------------------------------------------------------------------- counting


def _periods(journeys: Journeys, question: EffectQuestion) -> Periods:
    """The steps of time there are around the change."""
    first = min((int(part.occurred.min()) for part in journeys.parts), default=0)
    start = first if question.since is None else question.since
    changed = (start + journeys.until) // 2 if question.changed_at is None else question.changed_at
    size = PERIODS[question.period]
    before, after = max(0, changed - start) // size, max(0, journeys.until - changed) // size
    window = min(question.window // size, before, after)
    return Periods(changed, size, min(before, 2 * window), window)


def _names(question: EffectQuestion) -> tuple[str, str]:
    first, *rest = question.segments
    return first, rest[0] if rest else OTHERS


def _goal(journeys: Journeys, catalogue: Config, question: EffectQuestion) -> Flags:
    if not question.goals and not catalogue.goals:
        raise Invalid("effect needs `goals`, such as web: Thanks or stage:buy: the catalogue has none of its own")
    return goal_places(journeys.places, catalogue, question.goals)


def _inside(journeys: Journeys, about: About, question: EffectQuestion) -> list[Ints]:
    """Of each part, the group of each customer: 0 the change was for, 1 compared with; -1 neither, -2 both."""
    first = members_of(journeys, about, question.segments[0])
    other = (
        members_of(journeys, about, question.segments[1]) if len(question.segments) == 2 else [~one for one in first]
    )
    return [
        np.where(a & b, -2, np.where(a, 0, np.where(b, 1, -1))).astype(np.int64)
        for a, b in zip(first, other, strict=True)
    ]


def _drawn(about: About, question: EffectQuestion) -> tuple[pl.Series, pl.Series]:
    """Everybody who was drawn for one group and not for the other, whether they ever came or not."""
    first, other = (about.members[one].cast(pl.String).unique() for one in question.segments)
    if question.profiles is not None:
        asked = question.profiles
        asked = asked.collect() if isinstance(asked, pl.LazyFrame) else asked
        names = asked["profile"] if isinstance(asked, pl.DataFrame) else pl.Series(list(asked), dtype=pl.String)
        first, other = (one.filter(one.is_in(names.implode())) for one in (first, other))
    return first.filter(~first.is_in(other.implode())), other.filter(~other.is_in(first.implode()))


def _groups(
    journeys: Journeys, about: About, question: EffectQuestion, periods: Periods
) -> tuple[tuple[Reached, Reached], int]:
    """The two groups, and how many customers are in both segments and so in none of them."""
    goal, inside = _goal(journeys, about.catalogue, question), _inside(journeys, about, question)
    parts = [*zip(journeys.parts, inside, strict=True)]
    made = []
    for number, name in enumerate(_names(question)):

        def hits_of(one: tuple[Part, Ints], number: int = number) -> Flags:
            return _walk(one[0], one[1] == number, goal, periods, question)[1]

        found = each(hits_of, parts)
        hits = np.concatenate([np.zeros((0, periods.history + periods.window), np.bool_), *found])
        size = len(_drawn(about, question)[number]) if question.random else len(hits)
        made.append(Reached(name, size, hits))
    both = sum(int(np.count_nonzero(groups[part.customer] == -2)) for part, groups in parts)
    return (made[0], made[1]), both


def _walk(part: Part, wanted: Flags, goal: Flags, periods: Periods, question: EffectQuestion) -> tuple[Ints, Flags]:
    """The customers who count (rows of the part's profiles), and in which periods each reached the goal."""
    there = np.zeros(len(part.profiles), np.bool_)
    there[part.customer] = True
    rows = np.flatnonzero(wanted & there)
    row_of = np.full(len(part.profiles), -1, np.int64)
    row_of[rows] = np.arange(len(rows))
    hits, here = np.zeros((len(rows), periods.history + periods.window), np.bool_), np.zeros(len(rows), np.bool_)
    reaching(
        part.off, part.place, part.occurred, part.customer, goal, row_of,
        periods.changed - periods.history * periods.size, periods.size, periods.changed, hits, here,
    )  # fmt: skip
    return (rows, hits) if question.random else (rows[here], hits[here])


# ---------------------------------------------------------------------- tables and words


def _main(effects: dict[str, Difference]) -> Difference:
    return next(iter(effects.values()))


def _doubts(effects: dict[str, Difference]) -> list[str]:
    """The checks that failed."""
    return [name for name, one in effects.items() if name.startswith(("placebo", "trend")) and one.p < SUSPECT]


def _effect_rows(effects: dict[str, Difference]) -> pl.DataFrame:
    rows = [(name, one.value, one.low, one.high, one.p) for name, one in effects.items()]
    return pl.DataFrame(rows, schema=_EFFECT, orient="row")


def _group_rows(groups: tuple[Reached, Reached], periods: Periods) -> pl.DataFrame:
    rows = []
    for group in groups:
        h, w = periods.history, periods.window
        before, after = (int(group.within(a, b).sum()) for a, b in ((h - w, h), (h, h + w)))
        shares = [count / group.size if group.size else float("nan") for count in (before, after)]
        rows.append((
            group.name, group.size, before, shares[0], *wilson(before, group.size), after, shares[1],
            *wilson(after, group.size), shares[1] - shares[0],
        ))  # fmt: skip
    return pl.DataFrame(rows, schema=_GROUPS, orient="row")


def _period_rows(groups: tuple[Reached, Reached], periods: Periods) -> pl.DataFrame:
    rows = []
    for n in range(periods.history + periods.window if periods.window else 0):
        hits = (groups[0].hits[:, n].astype(np.float64), groups[1].hits[:, n].astype(np.float64))
        apart = Difference.of(groups, hits)
        begins = periods.changed + (n - periods.history) * periods.size
        day = str(np.datetime64(int(begins), "us").astype("datetime64[D]"))
        rows.append(
            (
                n - periods.history,
                day,
                groups[0].mean(hits[0]),
                groups[1].mean(hits[1]),
                apart.value,
                apart.low,
                apart.high,
            )
        )
    return pl.DataFrame(rows, schema=_OVER_TIME, orient="row")


def _estimand(groups: tuple[Reached, Reached], question: EffectQuestion) -> str:
    if question.random:
        return f"The mean effect on everybody drawn for {groups[0].name}, whatever came of it, in shares who reach the goal."
    return (
        f"The mean effect on customers of {groups[0].name} who had been there before the change, in shares who reach the "
        f"goal; compared with {groups[1].name}."
    )


def _assumptions(
    effects: dict[str, Difference], periods: Periods, question: EffectQuestion, both: int
) -> list[tuple[str, str]]:
    told = [("Who is in which segment does not follow from what came after the change.", "cannot be checked here")]
    if both:
        told.append(("Nobody is in both segments.", f"{both:,} are: they are left out"))
    if question.random:
        told.append(("The groups were drawn by lot.", _checked(effects, "placebo", "alike before")))
    else:
        told += [
            (
                "Without the change both groups had gone on alike: no trend apart before it.",
                _checked(effects, "trend", "none seen"),
            ),
            ("A change that never was has no effect.", _checked(effects, "placebo", "none seen")),
            ("Nothing else changed for one group alone at that time.", "cannot be checked here"),
        ]
    told.append(("What one customer gets does not change what others do.", "cannot be checked here"))
    if periods.window * periods.size < question.window:
        days = periods.window * periods.size // DAY
        told.append(
            ("The time looked at is as long as was asked for.", f"no: {days} days before and after are all there is")
        )
    return told


def _checked(effects: dict[str, Difference], check: str, fine: str) -> str:
    found = [one for name, one in effects.items() if name.startswith(check) and np.isfinite(one.p)]
    if not found:
        return "too little time before the change to check"
    return (
        f"no: {_points(found[0].value)} points (p = {found[0].p:.3f})"
        if found[0].p < 0.05
        else f"{fine} (p = {found[0].p:.2f})"
    )


def _caption(
    groups: tuple[Reached, Reached], effects: dict[str, Difference], periods: Periods, question: EffectQuestion
) -> str:
    if not effects:
        return f"Nothing can be told: there is no whole {question.period} both before and after the change."
    if min(one.size for one in groups) < 2:
        empty = min(groups, key=lambda one: one.size)
        return f"Nothing can be told: {empty.size} customers of {empty.name} had been there before the change."
    return _verdict(groups, effects, question)


def _verdict(groups: tuple[Reached, Reached], effects: dict[str, Difference], question: EffectQuestion) -> str:
    """What may be said of the effect: nothing that a check, too few customers or chance speaks against."""
    one = _main(effects)
    smallest = min(groups, key=lambda group: group.size)
    told = "If both groups had gone on alike, the change had an effect on who reaches the goal"
    if np.isnan(one.p):
        return f"Nothing can be told of the change ({_points(one.value)} points): all customers of each group did the same."
    if _doubts(effects) and not question.random:
        told = "The groups went apart before the change already, so this is not its effect"
    elif not one.p < 0.05:
        told = "No effect of the change can be told"
    elif smallest.size < FEW:
        told = f"Nothing can be told of the change by {smallest.size} customers of {smallest.name}"
    elif question.changed_at is None:
        told = "The groups went apart about halfway through; say when something was changed to judge it"
    elif question.random:
        told = "The change had an effect on who reaches the goal"
    return f"{told}: {_points(one.value)} points, between {_points(one.low)} and {_points(one.high)}."


def _points(value: float) -> str:
    return f"{round(value * 100, 1) + 0.0:+.1f}".replace("-", "−")  # + 0.0: no minus before a zero


def _totals(
    journeys: Journeys, groups: tuple[Reached, Reached], effects: dict[str, Difference], periods: Periods, both: int
) -> dict[str, Json]:
    told: dict[str, Json] = {
        "customers": journeys.customers, "with_change": groups[0].size, "without": groups[1].size, "in_both": both,
        "changed_at": periods.changed, "window_seconds": periods.window * periods.size // SECOND,
    }  # fmt: skip
    if effects:
        one = _main(effects)
        values = {"effect": one.value, "low": one.low, "high": one.high, "p": one.p}
        told |= {name: value if np.isfinite(value) else None for name, value in values.items()}
        told["checks_passed"] = not _doubts(effects)
    return told


_EFFECT = {"what": pl.String, "effect": pl.Float64, "low": pl.Float64, "high": pl.Float64, "p": pl.Float64}
_EFFECT_COLUMNS = (
    Column("what", "What", "text"),
    Column("effect", "Points", "points"),
    Column("low", "At least", "points"),
    Column("high", "At most", "points"),
    Column("p", "By chance alone", "share"),
)
_GROUPS = {
    "group": pl.String, "customers": pl.Int64, "before": pl.Int64, "before_share": pl.Float64, "before_low": pl.Float64,
    "before_high": pl.Float64, "after": pl.Int64, "after_share": pl.Float64, "after_low": pl.Float64,
    "after_high": pl.Float64, "change": pl.Float64,
}  # fmt: skip
_GROUP_COLUMNS = (
    Column("group", "Group", "text"),
    Column("customers", "Customers"),
    Column("before", "Reached before"),
    Column("before_share", "Share", "share"),
    Column("after", "Reached after"),
    Column("after_share", "Share", "share"),
    Column("change", "Change", "points"),
)
_OVER_TIME = {
    "period": pl.Int64, "begins": pl.String, "with_change": pl.Float64, "without": pl.Float64, "difference": pl.Float64,
    "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip
_ASSUMED = {"assumption": pl.String, "holds": pl.String}
_ASSUMED_COLUMNS = (Column("assumption", "Assumption", "text"), Column("holds", "Holds", "text"))


def _period_columns(groups: tuple[Reached, Reached]) -> tuple[Column, ...]:
    return (
        Column("period", "Periods after"),
        Column("begins", "Begins", "text"),
        Column("with_change", groups[0].name, "share"),
        Column("without", groups[1].name, "share"),
        Column("difference", "Difference", "points"),
        Column("low", "At least", "points"),
        Column("high", "At most", "points"),
    )


ANALYSIS = Analysis(
    name="effect",
    title="Effect of a change",
    summary="How many more reach a goal since a change than would have without it, against a group without the change.",
    question=EffectQuestion,
    answer=answer,
    examples=(
        {"segments": ("needs_help",), "goals": ("stage:buy",)},
        {"segments": ("unlimited_fans", "needs_help"), "goals": ("web: Order placed",), "period": "day"},
    ),
    customers=customers,
)
