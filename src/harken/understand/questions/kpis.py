"""Journeys in, the key figures of each touchpoint out: reach, NPS, CSAT and effort, emotion, time, goals, value, and its trend.

**Surveys** (`understand/surveys.py`): which events are answers, which touchpoint an answer is about, and what NPS, CSAT and CES
are. `answered` is the share of the customers at a touchpoint who answered about it: the response rate.

**Value** (`understand/worth.py`): what goals were worth, shared alike by the touchpoints before them; all make the total.

**Emotion** is the number events carry in the property `emotion`, above 0 for good; surveys are told beside it. `net` is the share
who told something positive less the share who told something negative.

**Goals.** `goal_with` is the share of customers there who reached a goal afterward, `goal_without` the share of the others who
reached one at all: different customers, so their difference says little. `goal_adjusted` compares customers at the same fork:
at the same node before, about as many steps made, a goal reached before or not; some came here next, the others went elsewhere
or stopped; both are watched for `within`. Still descriptive: why somebody took which way, events do not tell. A node that is
itself a goal has neither.

**Trend.** Whole weeks (`length`) up to the end of the period, the last against the weeks before, with limits of three deviations
that are wider when weeks differ more than chance alone makes them (Laney's p' chart, 2002): `understand/trend.py`.

**Status.** *stopped*: silent for so many weeks that, at the pace before, chance would leave it silent less than once in 1,000.
*never*: the catalogue has it, and nobody was there in the period.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.logs import Ints
from harken.understand import answered, kernels, trend, weekly
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.answered import ANSWERED, Heard
from harken.understand.goals import goal_places
from harken.understand.journeys import Journeys, Part, Scope, without_repeats
from harken.understand.levels import NONE, Nodes, nodes_of
from harken.understand.map import MapQuestion, map_of
from harken.understand.matched import Sums, contrasted
from harken.understand.result import Column
from harken.understand.statistics import Z95
from harken.understand.surveys import ABOUT_NONE, ASKS, answers_of, asked_of, given
from harken.understand.told import Wanted
from harken.understand.trend import ENOUGH_WEEKS
from harken.understand.worth import properties_of, worth_of
from harken.words import DAY, Config, Micros

COMPARED = 300  # nodes of most steps whose contribution to goals is worked out


class KpisQuestion(Scope, frozen=True, kw_only=True):
    """The key figures of each touchpoint."""

    goals: tuple[str, ...] = ()  # what counts as success, such as goal:order or web: Thanks; none: the company's goals
    within: Micros = 14 * DAY  # how long customers are watched: until a goal, and from a contact to an answer about it
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
    weeks = trend.shares_by_week(rows, counts.weeks, begins)
    heard = _heard(journeys, about, nodes, goal, question)
    scores = answered.scores_of(rows, heard)
    rows = answered.with_answers(_goals(_felt(rows, counts), journeys, counts, nodes, goal), scores, heard)
    rows = rows.join(trend.latest(weeks), on="id", how="left", maintain_order="left").with_columns(
        trend.status(rows, counts.weeks), (pl.col("customers") / max(1, journeys.customers)).alias("reach")
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
            **answered.totals_of(scores, heard),
        },
        tables={
            "touchpoints": Table(
                frame=whole, columns=_told(whole), title="Touchpoints", note=_note(goal, begins, heard)
            ),
            "surveys": Table(frame=scores, columns=answered.COLUMNS, title="Surveys", note=answered.NOTE),
            "trend": Table(
                frame=weeks.filter(pl.col("id").is_in(shown["id"].implode())), columns=TREND_COLUMNS, title="By week"
            ),
            "survey_trend": answered.by_week(shown, heard, begins, question.length),
        },
    )


def wanted_of(places: pl.DataFrame, catalogue: Config, question: KpisQuestion) -> Wanted:
    """Answers to surveys, and what goals were worth."""
    asked = asked_of(places, catalogue)
    goal = goal_places(places, catalogue, question.goals)
    return Wanted(places=asked.places | goal, properties=tuple({*asked.properties, *properties_of(catalogue)}))


def customers_of(journeys: Journeys, about: About, question: KpisQuestion, row: Mapping[str, Any]) -> pl.Series:
    """The customers at a touchpoint (`id`) of `touchpoints`, or those who told an emotion there (`told`); of `surveys`, those who
    answered (`asks`), or gave a good or bad answer (`gave`: best or worst)."""
    if row.get("table", "touchpoints") not in ("touchpoints", "surveys") or "id" not in row:
        raise Invalid("customers stand behind rows of the tables touchpoints and surveys, named by `id`")
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    if row.get("table") == "surveys":
        return _answerers(journeys, about, nodes, question, row)
    wanted = [number for number, node in enumerate(nodes.nodes) if node.id == row["id"]]
    if row.get("status") == "other":
        shown = {*answer_of(journeys, about, question)["touchpoints"]["id"]}
        wanted = [number for number, node in enumerate(nodes.nodes) if node.id not in shown]
    people = [part.profiles.gather(_at(part, nodes, wanted, told=bool(row.get("told")))) for part in journeys.parts]
    return pl.concat([pl.Series("profile", [], dtype=pl.String), *(one.alias("profile") for one in people)]).sort()


def _answerers(
    journeys: Journeys, about: About, nodes: Nodes, question: KpisQuestion, row: Mapping[str, Any]
) -> pl.Series:
    ids = [node.id for node in nodes.nodes]
    asks = next((one for one, title in ASKS.items() if row.get("asks") in (one, title)), "")
    if not asks or row.get("gave", "") not in ("", "best", "worst") or row["id"] not in (*ids, answered.NOTHING):
        raise Invalid(f"a row of surveys has an `id`, `asks` ({', '.join(ASKS.values())}), and `gave`: best or worst")
    heard = _heard(journeys, about, nodes, np.zeros(journeys.places.height, np.bool_), question)
    if heard is None:
        return pl.Series("profile", [], dtype=pl.String)
    number = ids.index(str(row["id"])) if row["id"] in ids else ABOUT_NONE
    mine = heard.answers.frame.filter((pl.col("node") == number) & (pl.col("asks") == asks))
    if row.get("gave"):
        mine = mine.filter(given(asks, str(row["gave"])))
    return mine["profile"].unique().sort()


def _heard(journeys: Journeys, about: About, nodes: Nodes, goal: Any, question: KpisQuestion) -> Heard | None:
    if about.told is None:
        return None
    answers = answers_of(journeys, about.catalogue, nodes, about.told, question.within)
    return Heard(answers, worth_of(journeys, about.catalogue, nodes, goal, about.told, question.within))


def _at(part: Part, nodes: Nodes, wanted: list[int], *, told: bool = False) -> Ints:
    """The customers of a part who were at one of these nodes, or told an emotion there."""
    there = np.isin(nodes.of_place, wanted)[part.place]
    if told:
        there = there & np.isfinite(part.emotion) if len(part.emotion) else np.zeros_like(there)
    steps = np.flatnonzero(there)
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


# ---------------------------------------------------------------------- tables


CONTRIBUTION = ("goal_with", "goal_without", "goal_adjusted", "goal_low", "goal_high", "goal_n", "goal_matched_n")
FIELDS = ["id", "label", "channel", "stage", "status", "customers", "reach", "journeys", "events", "median_seconds",
          "emotion_n", "emotion", "emotion_sd", "emotion_low", "emotion_high", "positive", "negative", "net", *ANSWERED,
          *CONTRIBUTION, "last_share", "usual", "low", "high", "signal"]  # fmt: skip
COLUMNS = (
    Column("label", "Touchpoint", "text"),
    Column("channel", "Channel", "text"),
    Column("customers", "Customers"),
    Column("reach", "Reach", "share"),
    Column("median_seconds", "Time to next", "seconds"),
    Column("emotion", "Emotion", "score"),
    Column("net", "Net positive", "points"),
    Column("nps", "NPS", "points"),
    Column("csat", "CSAT", "share"),
    Column("ces", "CES", "score"),
    Column("answered", "Answered", "share"),
    Column("value", "Value", "score"),
    Column("value_each", "Value each", "score"),
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
             "reach": customers / max(1, journeys.customers), "events": int(rest["events"].sum()),
             "value": rest["value"].sum() if rest["value"].count() else None}  # fmt: skip
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


def _told(whole: pl.DataFrame) -> tuple[Column, ...]:
    """The columns, without those of surveys and values nobody told."""
    return tuple(one for one in COLUMNS if one.name not in ANSWERED or whole[one.name].count())


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


def _note(goal: Any, begins: Ints, heard: Heard | None) -> str:
    told = [
        "Goals beside touchpoints are descriptive; adjusted: against customers at the same fork who went elsewhere."
    ]
    if not goal.any():
        told.append("No goal was met: say `goals`, such as goal:order or a touchpoint.")
    if len(begins) - 1 < ENOUGH_WEEKS:
        told.append(f"Limits need {ENOUGH_WEEKS} whole weeks; there are {len(begins) - 1}.")
    if heard is not None and heard.worth.left_out:
        told.append(
            f"Value is in {heard.worth.currency}; {heard.worth.left_out:,} goals in other currencies are left out."
        )
    if heard is not None and heard.answers.outside:
        told.append(f"{heard.answers.outside:,} answers are not on the scale of their survey and left out.")
    return " ".join(told)


ANALYSIS = Analysis(
    name="kpis",
    title="KPIs",
    summary="Per touchpoint: reach, NPS, CSAT, effort, emotion, time, goals and value that follow, the trend, and what fell silent.",
    question=KpisQuestion,
    answer=answer_of,
    examples=(
        {},
        {"goals": ("web: Order placed", "call_center: Phone order"), "within": 7 * DAY},
        {"level": "channel"},
    ),
    customers=customers_of,
    wanted=wanted_of,
)
