"""Journeys, a change and two groups in, the effect of the change out: how many more reached the goal than would have.

**Two groups that were not drawn** (difference in differences): of customers who had been there before the change, how many
reach the goal in the time after it less how many did in as long a time before it; and that less the same of the other group.
It is the effect on the group the change was for, if both had gone on alike without it. Two checks of that, both before the
change: were they going apart already (trend), and is there an "effect" of a change that never was (placebo)?

**A change that came step by step** (several moments in `changed_at`, one for each segment in its order): each segment is compared,
around its own moment, with those the change had not reached by the end of the time looked at, and those it never reached. The
effect is the mean over segments by size (Callaway & Sant'Anna 2021, in windows).

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
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.contrast import Difference, Pair, Reached, effects_of, weights
from harken.understand.journeys import Journeys, Scope
from harken.understand.result import Column, Json
from harken.understand.rollout import PERIODS, drawn_of, pairs_of
from harken.understand.statistics import Numbers, wilson
from harken.words import DAY, SECOND, Micros

FEW = 30
SUSPECT = 0.025  # of two checks, so that chance alone fails one of them once in 20 times


class EffectQuestion(Scope, frozen=True, kw_only=True):
    """What was changed, when, for whom, and what should come of it."""

    segments: tuple[str, ...] = ()
    """Ids of segments: whom the change was for (several, if it came to them at different times), then whom to compare with;
    without the last one: customers in none of them."""
    changed_at: tuple[Micros, ...] = ()
    """When it was changed, such as 2026-01-31; several: when each of the segments got it, in their order. None: halfway
    through, where there is nothing to find."""
    goals: tuple[str, ...] = ()  # what should be reached, such as goal:order, web: Thanks; none: the company's goals
    window: Micros = 28 * DAY  # how long after the change to look, and as long before; less where there is less
    period: Literal["day", "week"] = "week"  # in steps of this
    random: bool = False  # the two segments were drawn by lot before the change

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        times = max(1, len(self.changed_at))
        if not times <= len(self.segments) <= times + 1 or len(set(self.segments)) != len(self.segments):
            raise Invalid(
                "effect needs `segments`: the one the change was for, and the one to compare it with"
                if times == 1
                else f"`changed_at` says {times} moments: there are as many `segments` that got the change, in their order, "
                "and may be one more that never did"
            )
        if self.random and (len(self.segments) != 2 or times > 1):
            raise Invalid(
                "groups drawn by lot are two `segments`: those with the change and those without it, and one moment"
            )
        if self.period not in PERIODS:
            raise Invalid(f"'{self.period}' is not a period; there are {', '.join(PERIODS)}")
        if self.window < PERIODS[self.period]:
            raise Invalid(f"`window` is a length of time of a {self.period} or more, such as 28d")


def answer(journeys: Journeys, about: About, question: EffectQuestion) -> Answer:
    """The effect, groups before and after, each period, and what has to be so for it to be the effect."""
    question.check()
    pairs, both = pairs_of(journeys, about, question)
    effects = effects_of(pairs, random=question.random) if pairs[0].periods.window else {}
    assumed = _assumptions(effects, pairs, question, both)
    tables = {
        "effect": Table(
            frame=_effect_rows(effects), columns=_EFFECT_COLUMNS, title="Effect", note=_estimand(pairs, question)
        ),
        "groups": Table(frame=_group_rows(pairs), columns=_GROUP_COLUMNS, title="Before and after"),
        "periods": Table(frame=_period_rows(pairs), columns=_period_columns(pairs), title="Over time"),
        "assumptions": Table(
            frame=pl.DataFrame(assumed, schema=_ASSUMED, orient="row"),
            columns=_ASSUMED_COLUMNS,
            title="What has to be so",
        ),
    }
    if len(question.changed_at) > 1:
        tables["rollout"] = Table(frame=_rollout_rows(pairs, effects), columns=_ROLLOUT_COLUMNS, title="Step by step")
    return Answer(
        analysis="effect",
        question=question,
        header=header_of("effect", journeys, about, question),
        caption=_caption(pairs, effects, question),
        totals=_totals(journeys, pairs, effects, both),
        tables=tables,
    )


def customers(journeys: Journeys, about: About, question: EffectQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is counted in a group (`group`); with `reached` (`before` or `after`), who of them reached the goal then."""
    question.check()
    pairs, _ = pairs_of(journeys, about, question)
    groups = {group.name: (pair, n) for pair in pairs for n, group in enumerate(pair.groups)}
    if row.get("group") not in groups:
        raise Invalid(f"no group '{row.get('group', '')}'; there are {' and '.join(groups)}")
    pair, n = groups[str(row["group"])]
    ids, group, reached = pair.ids[n], pair.groups[n], str(row.get("reached", ""))
    if reached not in ("", "before", "after"):
        raise Invalid(f"`reached` is before or after, not '{reached}'")
    if question.random and not reached:
        return drawn_of(about, question)[n]
    if reached:
        begin = pair.periods.history - (pair.periods.window if reached == "before" else 0)
        ids = ids[group.within(begin, begin + pair.periods.window) > 0]
    every = [pl.Series("profile", [], dtype=pl.String), *(part.profiles.alias("profile") for part in journeys.parts)]
    return pl.concat(every).gather(ids)


# ---------------------------------------------------------------------- tables and words


def _main(effects: dict[str, Difference]) -> Difference:
    return next(iter(effects.values()))


def _doubts(effects: dict[str, Difference]) -> list[str]:
    """The checks that failed."""
    return [name for name, one in effects.items() if name.startswith(("placebo", "trend")) and one.p < SUSPECT]


def _effect_rows(effects: dict[str, Difference]) -> pl.DataFrame:
    rows = [(name, one.value, one.low, one.high, one.p) for name, one in effects.items()]
    return pl.DataFrame(rows, schema=_EFFECT, orient="row")


def _group_rows(pairs: list[Pair]) -> pl.DataFrame:
    rows = []
    for pair in pairs:
        h, w = pair.periods.history, pair.periods.window
        for group in pair.groups:
            before, after = (int(group.within(a, b).sum()) for a, b in ((h - w, h), (h, h + w)))
            shares = [count / group.size if group.size else float("nan") for count in (before, after)]
            rows.append((
                group.name, group.size, before, shares[0], *wilson(before, group.size), after, shares[1],
                *wilson(after, group.size), shares[1] - shares[0],
            ))  # fmt: skip
    return pl.DataFrame(rows, schema=_GROUPS, orient="row")


def _rollout_rows(pairs: list[Pair], effects: dict[str, Difference]) -> pl.DataFrame:
    rows = []
    for pair in pairs if effects else []:
        one = _main(effects_of([pair], random=False))
        a, b = pair.groups
        rows.append((a.name, _day(pair.periods.changed), a.size, b.size, one.value, one.low, one.high, one.p))
    return pl.DataFrame(rows, schema=_ROLLOUT, orient="row")


def _day(at: Micros) -> str:
    return str(np.datetime64(int(at), "us").astype("datetime64[D]"))


def _period_rows(pairs: list[Pair]) -> pl.DataFrame:
    """Each period before and after the change of each group; it begins where it does for the first of them."""
    rows, periods = [], pairs[0].periods
    for n in range(periods.history + periods.window if periods.window else 0):

        def hits(group: Reached, n: int = n) -> Numbers:
            return np.asarray(group.hits[:, n], np.float64)

        apart = Difference.of(pairs, hits)
        means = [
            sum(
                share * pair.groups[side].mean(hits(pair.groups[side]))
                for share, pair in zip(weights(pairs), pairs, strict=True)
            )
            for side in (0, 1)
        ]
        begins = _day(periods.changed + (n - periods.history) * periods.size)
        rows.append((n - periods.history, begins, *means, apart.value, apart.low, apart.high))
    return pl.DataFrame(rows, schema=_OVER_TIME, orient="row")


def _estimand(pairs: list[Pair], question: EffectQuestion) -> str:
    first, other = pairs[0].groups
    if question.random:
        return (
            f"The mean effect on everybody drawn for {first.name}, whatever came of it, in shares who reach the goal."
        )
    if len(question.changed_at) > 1:
        told = ", ".join(pair.groups[0].name for pair in pairs)
        return (
            f"The mean effect on customers of {told} who had been there before the change reached them, in shares who reach the goal; "
            "each compared with customers whom it had not reached by then, or never did."
        )
    return (
        f"The mean effect on customers of {first.name} who had been there before the change, in shares who reach the "
        f"goal; compared with {other.name}."
    )


def _assumptions(
    effects: dict[str, Difference], pairs: list[Pair], question: EffectQuestion, both: int
) -> list[tuple[str, str]]:
    periods = pairs[0].periods
    told = [("Who is in which segment does not follow from what came after the change.", "cannot be checked here")]
    if both:
        told.append(("Nobody is in both segments.", f"{both:,} are: they are left out"))
    if left := max(1, len(question.changed_at)) - len(pairs):
        told.append(
            ("Every segment is watched as long after the change, with others beside it.", f"no: {left} are not")
        )
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


def _caption(pairs: list[Pair], effects: dict[str, Difference], question: EffectQuestion) -> str:
    groups = [group for pair in pairs for group in pair.groups]
    if not effects:
        return f"Nothing can be told: there is no whole {question.period} both before and after the change."
    if min(one.size for one in groups) < 2:
        empty = min(groups, key=lambda one: one.size)
        return f"Nothing can be told: {empty.size} customers of {empty.name} had been there before the change."
    return _verdict(groups, effects, question)


def _verdict(groups: list[Reached], effects: dict[str, Difference], question: EffectQuestion) -> str:
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
    elif not question.changed_at:
        told = "The groups went apart about halfway through; say when something was changed to judge it"
    elif question.random:
        told = "The change had an effect on who reaches the goal"
    return f"{told}: {_points(one.value)} points, between {_points(one.low)} and {_points(one.high)}."


def _points(value: float) -> str:
    return f"{round(value * 100, 1) + 0.0:+.1f}".replace("-", "−")  # + 0.0: no minus before a zero


def _totals(journeys: Journeys, pairs: list[Pair], effects: dict[str, Difference], both: int) -> dict[str, Json]:
    groups, periods = pairs[0].groups, pairs[0].periods
    without = np.unique(np.concatenate([pair.ids[1] for pair in pairs])).size if len(pairs) > 1 else groups[1].size
    told: dict[str, Json] = {
        "customers": journeys.customers, "with_change": sum(pair.groups[0].size for pair in pairs), "without": without, "in_both": both,
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
_ROLLOUT = {
    "group": pl.String, "changed_on": pl.String, "customers": pl.Int64, "beside": pl.Int64, "effect": pl.Float64,
    "low": pl.Float64, "high": pl.Float64, "p": pl.Float64,
}  # fmt: skip
_ROLLOUT_COLUMNS = (
    Column("group", "Group", "text"),
    Column("changed_on", "Changed on", "text"),
    Column("customers", "Customers"),
    Column("beside", "Not yet"),
    Column("effect", "Points", "points"),
    Column("low", "At least", "points"),
    Column("high", "At most", "points"),
)
_OVER_TIME = {
    "period": pl.Int64, "begins": pl.String, "with_change": pl.Float64, "without": pl.Float64, "difference": pl.Float64,
    "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip
_ASSUMED = {"assumption": pl.String, "holds": pl.String}
_ASSUMED_COLUMNS = (Column("assumption", "Assumption", "text"), Column("holds", "Holds", "text"))


def _period_columns(pairs: list[Pair]) -> tuple[Column, ...]:
    groups = pairs[0].groups
    names = (groups[0].name, groups[1].name) if len(pairs) == 1 else ("With the change", "Not yet")
    return (
        Column("period", "Periods after"),
        Column("begins", "Begins", "text"),
        Column("with_change", names[0], "share"),
        Column("without", names[1], "share"),
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
