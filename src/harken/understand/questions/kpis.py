"""Journeys in, the key figures of each touchpoint out: reach, emotion, time, goals, and whether this week is as usual.

**Emotion** is what events carry: answers to NPS, CSAT and effort surveys become emotions when they are heard, so one scale
tells all. `net` is the share who told something positive less the share who told something negative, as NPS does.

**Goals.** `goal_with` is the share of customers there who reached a goal afterward, `goal_without` the share of the others who
reached one at all: different customers, so their difference says little. `goal_adjusted` compares customers at the same fork:
at the same node before, about as many steps made, a goal reached before or not; some came here next, the others went elsewhere
or stopped; both are watched for `within`. Still descriptive: why somebody took which way, events do not tell. A node that is
itself a goal has neither.

**Trend.** Whole weeks (`length`) up to the end of the period. The share of a week's customers who came here, against the weeks
before with limits of three deviations, wider when weeks differ more than chance alone makes them (Laney's p' chart, 2002).

**Status.** *stopped*: silent for so many weeks that, at the pace before, chance would leave it silent less than once in 1,000.
*never*: the catalogue has it, and nobody was there in the period.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import exp
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.logs import Ints
from harken.understand import kernels, weekly
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.goals import goal_places
from harken.understand.journeys import Journeys, Part, Scope, without_repeats
from harken.understand.levels import NONE, Nodes, nodes_of
from harken.understand.map import MapQuestion, map_of
from harken.understand.matched import Sums, contrasted
from harken.understand.result import Column
from harken.understand.statistics import Z95
from harken.words import DAY, SECOND, Micros

COMPARED = 300  # nodes of most steps whose contribution to goals is worked out
ENOUGH_WEEKS = 6  # at least so many whole weeks for limits
SURE = 0.001


class KpisQuestion(Scope, frozen=True, kw_only=True):
    """The key figures of each touchpoint."""

    goals: tuple[str, ...] = ()  # what counts as success, such as goal:order or web: Thanks; none: the company's goals
    within: Micros = 14 * DAY  # how long customers at a fork are watched
    length: Micros = 7 * DAY  # of a period of the trend
    weeks: int = 12  # periods of the trend at most
    limit: int = 100  # touchpoints to show, those of most customers

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if self.within <= 0 or self.length <= 0:
            raise Invalid("`within` and `length` are lengths of time: they must be more than nothing")
        if self.weeks < 1 or self.limit < 1:
            raise Invalid("`weeks` and `limit` are numbers of periods and of touchpoints: at least 1")


class _Counts(Struct, frozen=True):
    """By node: customers by period, what was felt, who reached goals; and the forks."""

    weeks: Ints
    felt: Sums
    reached: Ints
    with_goal: int
    sums: Sums


def answer_of(journeys: Journeys, about: About, question: KpisQuestion) -> Answer:
    """One row per touchpoint; and its weeks."""
    question.check()
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    scope = {name: getattr(question, name) for name in Scope.__struct_fields__}
    drawn = map_of(journeys, about.catalogue, MapQuestion(**scope)).nodes.filter(pl.col("kind") != "other")
    goal = goal_places(journeys.places, about.catalogue, question.goals)
    begins = weekly.periods(_first(journeys), journeys.until, question.length, question.weeks)
    counts = _count(journeys, nodes, goal, begins, question)
    numbers = {node.id: number for number, node in enumerate(nodes.nodes)}
    rows = drawn.with_columns(pl.Series("node", [numbers[one] for one in drawn["id"]], dtype=pl.Int64))
    trend = _trend(rows, counts.weeks, begins, question)
    rows = _goals(_felt(rows, counts), journeys, counts, nodes, goal)
    rows = rows.join(_latest(trend), on="id", how="left", maintain_order="left").with_columns(
        _status(rows, counts.weeks), (pl.col("customers") / max(1, journeys.customers)).alias("reach")
    )
    shown = rows.head(question.limit)
    told = [shown.select(FIELDS), _other(journeys, nodes, rows, shown), _never(rows, about, question)]
    whole = pl.concat([one.cast(dict(told[0].schema)) for one in told])  # type: ignore[arg-type]
    return Answer(
        analysis="kpis",
        question=question,
        header=header_of("kpis", journeys, about, question),
        caption=_caption(rows, journeys),
        totals={
            "customers": journeys.customers,
            "events": int(rows["events"].sum()),
            "touchpoints": rows.height,
            "customers_with_goal": counts.with_goal,
            "goal_places": int(goal.sum()),
            "weeks": len(begins) - 1,
        },
        tables={
            "touchpoints": Table(frame=whole, columns=COLUMNS, title="Touchpoints", note=_note(goal, begins)),
            "trend": Table(
                frame=trend.filter(pl.col("id").is_in(shown["id"].implode())), columns=TREND_COLUMNS, title="By week"
            ),
        },
    )


def customers_of(journeys: Journeys, about: About, question: KpisQuestion, row: Mapping[str, Any]) -> pl.Series:
    """The customers at a touchpoint (`id`) of the table `touchpoints`."""
    if row.get("table", "touchpoints") != "touchpoints" or "id" not in row:
        raise Invalid("customers stand behind rows of the table touchpoints, named by `id`")
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    wanted = [number for number, node in enumerate(nodes.nodes) if node.id == row["id"]]
    if row.get("status") == "other":
        shown = {*answer_of(journeys, about, question)["touchpoints"]["id"]}
        wanted = [number for number, node in enumerate(nodes.nodes) if node.id not in shown]
    people = [part.profiles.gather(_at(part, nodes, wanted)) for part in journeys.parts]
    return pl.concat([pl.Series("profile", [], dtype=pl.String), *(one.alias("profile") for one in people)]).sort()


def _at(part: Part, nodes: Nodes, wanted: list[int]) -> Ints:
    """The customers of a part who were at one of these nodes."""
    steps = np.flatnonzero(np.isin(nodes.of_place, wanted)[part.place])
    return np.unique(part.customer[np.searchsorted(part.off, steps, side="right") - 1]).astype(np.int64)


def _first(journeys: Journeys) -> Micros:
    if journeys.since is not None:
        return journeys.since
    return min((int(part.began.min()) for part in journeys.parts), default=journeys.until)


# ---------------------------------------------------------------------- counting


def _count(journeys: Journeys, nodes: Nodes, goal: Any, begins: Ints, question: KpisQuestion) -> _Counts:
    size, kept = len(nodes), min(len(nodes), COMPARED)
    no_contact = np.zeros(journeys.places.height, np.bool_)
    forking = np.where(nodes.of_place < kept, nodes.of_place, kept)  # others are one node more
    first, periods = int(begins[0]), len(begins) - 1
    parts = [without_repeats(part, nodes.of_place, question.repeats) for part in journeys.parts]

    def add(pile: list[Part]) -> _Counts:
        weeks, felt = np.zeros((size + 1, periods), np.int64), np.zeros((size, periods + 1, 5))
        reached, sums, with_goal = np.zeros((size, 2), np.int64), weekly.fork_sums(kept + 1), 0
        for part in pile:
            weekly.by_period(
                part.off, part.place, part.occurred, part.emotion, part.customer, nodes.of_place, size, first,
                question.length, weeks, felt,
            )  # fmt: skip
            if goal.any():
                with_goal += weekly.reaching(part.off, part.place, part.customer, nodes.of_place, goal, reached)
                weekly.forks(
                    part.off, part.place, part.occurred, np.empty(0, np.float32), part.customer, forking, kept + 1,
                    goal, no_contact, question.within, journeys.until, sums,
                )  # fmt: skip
        return _Counts(weeks, felt, reached, with_goal, sums)

    piles = kernels.each(add, kernels.shares(parts, lambda part: part.steps)) or [add([])]
    return _Counts(
        np.sum([one.weeks for one in piles], axis=0),
        np.sum([one.felt for one in piles], axis=0),
        np.sum([one.reached for one in piles], axis=0),
        sum(one.with_goal for one in piles),
        np.sum([one.sums for one in piles], axis=0),
    )


def _felt(rows: pl.DataFrame, counts: _Counts) -> pl.DataFrame:
    """With the interval of the emotion, and who told something positive or negative."""
    felt = counts.felt[rows["node"].to_numpy(), -1]
    told = pl.Series("told", felt[:, 0], dtype=pl.Float64)
    half = pl.when(pl.col("emotion_n") > 1).then(Z95 * pl.col("emotion_sd") / pl.col("emotion_n").sqrt())
    positive, negative = (pl.Series(felt[:, place], dtype=pl.Float64) / told for place in (1, 2))
    return rows.with_columns(
        (pl.col("emotion") - half).alias("emotion_low"),
        (pl.col("emotion") + half).alias("emotion_high"),
        positive.fill_nan(None).alias("positive"),
        negative.fill_nan(None).alias("negative"),
        (positive - negative).fill_nan(None).alias("net"),
    )


def _goals(rows: pl.DataFrame, journeys: Journeys, counts: _Counts, nodes: Nodes, goal: Any) -> pl.DataFrame:
    """With what reaching each node goes with."""
    used = [nodes.of_place[np.unique(part.place[goal[part.place]])] for part in journeys.parts]
    is_goal = {node for one in used for node in one.tolist()} if counts.with_goal else {*range(len(nodes))}
    totals = counts.sums.sum(axis=1)
    told: list[tuple[Any, ...]] = []
    for node, customers in rows.select("node", "customers").iter_rows():
        if node in is_goal or node >= COMPARED:
            told.append((None,) * len(CONTRIBUTION))
            continue
        came = counts.sums[:, node]
        one = contrasted(came, totals - came)
        others = journeys.customers - customers
        low, high = one.goal_loss_low, one.goal_loss_high
        told.append((
            counts.reached[node, 0] / customers,
            (counts.with_goal - counts.reached[node, 1]) / others if others else None,
            None if one.goal_loss is None else -one.goal_loss,
            None if high is None else -high,
            None if low is None else -low,
            one.n,
            one.matched,
        ))  # fmt: skip
    schema = dict.fromkeys(CONTRIBUTION[:5], pl.Float64) | dict.fromkeys(CONTRIBUTION[5:], pl.Int64)
    return pl.concat([rows, pl.DataFrame(told, schema=schema, orient="row")], how="horizontal")


# ---------------------------------------------------------------------- weeks


def _trend(rows: pl.DataFrame, weeks: Ints, begins: Ints, question: KpisQuestion) -> pl.DataFrame:
    """id, label, week, begins_at, customers, of, share, usual, low, high, signal."""
    told: list[tuple[Any, ...]] = []
    of = weeks[-1]
    for id, label, node in rows.select("id", "label", "node").iter_rows():
        share, usual, low, high = limits(weeks[node], of)
        for week, begin in enumerate(begins[:-1].tolist()):
            day = datetime.fromtimestamp(begin / SECOND, UTC).strftime("%Y-%m-%d")
            past = float(usual) if np.isfinite(usual) else None
            signal = "" if past is None else "above" if share[week] > high[week] else "below" if share[week] < low[week] else ""  # fmt: skip
            bounds = (None, None) if past is None or not of[week] else (float(low[week]), float(high[week]))
            seen = float(share[week]) if of[week] else None
            told.append((id, label, day, begin, int(weeks[node, week]), int(of[week]), seen, past, *bounds, signal))
    schema = {"id": pl.String, "label": pl.String, "week": pl.String, "begins_at": pl.Int64, "customers": pl.Int64,
              "of": pl.Int64, "share": pl.Float64, "usual": pl.Float64, "low": pl.Float64, "high": pl.Float64,
              "signal": pl.String}  # fmt: skip
    return pl.DataFrame(told, schema=schema, orient="row")


def limits(counts: Ints, of: Ints) -> tuple[Sums, float, Sums, Sums]:
    """The share of each week; the usual one and the limits of each week, as all weeks but the last tell (Laney's p')."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Sums = counts / of
        before = int(of[:-1].sum())
        if len(of) < ENOUGH_WEEKS or not before:
            nothing = np.full(len(of), np.nan)
            return share, float("nan"), nothing, nothing
        usual = float(counts[:-1].sum() / before)
        deviation = np.sqrt(usual * (1 - usual) / of)
        z = ((share - usual) / deviation)[:-1]
    z = z[np.isfinite(z)]
    wider = max(1.0, float(np.abs(np.diff(z)).mean() / 1.128)) if len(z) > 1 else 1.0
    half = 3 * np.where(np.isfinite(deviation), deviation, 0) * wider
    return share, usual, np.maximum(0, usual - half), np.minimum(1, usual + half)


def _latest(trend: pl.DataFrame) -> pl.DataFrame:
    """The last week of each node."""
    last = trend.group_by("id", maintain_order=True).last()
    return last.select("id", pl.col("share").alias("last_share"), "usual", "low", "high", "signal")


def _status(rows: pl.DataFrame, weeks: Ints) -> pl.Series:
    """Whether somebody still comes."""
    told = []
    for node in rows["node"]:
        mine = weeks[node]
        seen = np.flatnonzero(mine)
        if not len(seen) or seen[-1] == len(mine) - 1:
            told.append("active")
            continue
        silent, lived = len(mine) - 1 - int(seen[-1]), int(seen[-1] - seen[0] + 1)
        pace = float(mine.sum()) / lived
        told.append("stopped" if lived > 1 and exp(-pace * silent) < SURE else "active")
    return pl.Series("status", told, dtype=pl.String)


# ---------------------------------------------------------------------- tables


CONTRIBUTION = ("goal_with", "goal_without", "goal_adjusted", "goal_low", "goal_high", "goal_n", "goal_matched_n")
FIELDS = ["id", "label", "channel", "stage", "status", "customers", "reach", "journeys", "events", "median_seconds",
          "emotion_n", "emotion", "emotion_sd", "emotion_low", "emotion_high", "positive", "negative", "net", *CONTRIBUTION,
          "last_share", "usual", "low", "high", "signal"]  # fmt: skip
COLUMNS = (
    Column("label", "Touchpoint", "text"),
    Column("channel", "Channel", "text"),
    Column("customers", "Customers"),
    Column("reach", "Reach", "share"),
    Column("median_seconds", "Time to next", "seconds"),
    Column("emotion", "Emotion", "score"),
    Column("net", "Net positive", "points"),
    Column("goal_with", "Goal after it", "share"),
    Column("goal_without", "Goal without it", "share"),
    Column("goal_adjusted", "Adjusted (points)", "points"),
    Column("last_share", "Last week", "share"),
    Column("signal", "Against usual", "text"),
    Column("status", "Status", "text"),
)
TREND_COLUMNS = (
    Column("label", "Touchpoint", "text"),
    Column("week", "Week from", "text"),
    Column("customers", "Customers"),
    Column("share", "Of that week", "share"),
    Column("low", "Limit", "share"),
    Column("high", "Limit", "share"),
    Column("signal", "Beyond", "text"),
)


def _other(journeys: Journeys, nodes: Nodes, rows: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """What is not shown, as one row."""
    schema = {name: rows.schema[name] for name in FIELDS}
    rest = rows.join(shown.select("id"), on="id", how="anti")
    if rest.is_empty():
        return pl.DataFrame(schema=schema)
    customers = sum(len(_at(part, nodes, rest["node"].to_list())) for part in journeys.parts)
    other = {"id": "OTHER", "label": f"{rest.height:,} others", "status": "other", "customers": customers,
             "reach": customers / max(1, journeys.customers), "events": int(rest["events"].sum())}  # fmt: skip
    return pl.DataFrame([other], schema=schema)


def _never(rows: pl.DataFrame, about: About, question: KpisQuestion) -> pl.DataFrame:
    """Touchpoints of the catalogue where nobody was."""
    schema = {name: rows.schema[name] for name in FIELDS}
    met = {*rows["id"], *question.background}
    told = [
        {"id": one.id, "label": one.id.removeprefix(f"{one.channel}: "), "channel": one.channel or NONE,
         "stage": one.stage or NONE, "status": "never", "customers": 0, "reach": 0.0, "journeys": 0, "events": 0,
         "emotion_n": 0}
        for one in about.catalogue.touchpoints
        if question.level == "touchpoint" and one.id not in met
    ]  # fmt: skip
    return pl.DataFrame(told, schema=schema)


def _caption(rows: pl.DataFrame, journeys: Journeys) -> str:
    if rows.is_empty():
        return "Nobody made a step in this period."
    first = rows.row(0, named=True)
    said = f"{first['label']} reaches most: {first['customers']:,} of {journeys.customers:,} customers"
    sure = rows.filter(pl.col("goal_low") > 0).sort("goal_adjusted", "id", descending=[True, False])
    if sure.height:
        best = sure.row(0, named=True)
        said += (
            f"; customers who went to {best['label']} reach goals more often than matched ones who did not, "
            f"by {best['goal_adjusted'] * 100:.0f} points"
        )
    beyond = rows.filter(pl.col("signal") != "").height
    return said + (f"; {beyond} beyond their usual limits last week." if beyond else ".")


def _note(goal: Any, begins: Ints) -> str:
    told = [
        "Goals beside touchpoints are descriptive; adjusted: against customers at the same fork who went elsewhere."
    ]
    if not goal.any():
        told.append("No goal was met: say `goals`, such as goal:order or a touchpoint.")
    if len(begins) - 1 < ENOUGH_WEEKS:
        told.append(f"Limits need {ENOUGH_WEEKS} whole weeks; there are {len(begins) - 1}.")
    return " ".join(told)


ANALYSIS = Analysis(
    name="kpis",
    title="KPIs",
    summary="Per touchpoint: reach, emotion, time to the next step, goals that follow, the trend, and what fell silent.",
    question=KpisQuestion,
    answer=answer_of,
    examples=(
        {},
        {"goals": ("web: Order placed", "call_center: Phone order"), "within": 7 * DAY},
        {"level": "channel"},
    ),
    customers=customers_of,
)
