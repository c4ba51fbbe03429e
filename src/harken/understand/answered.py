"""Answers to surveys and what goals were worth in, columns and rows of the key figures out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from msgspec import Struct

from harken.logs import Ints
from harken.understand import trend, worth
from harken.understand.analysis import Table
from harken.understand.result import Column, Json
from harken.understand.statistics import Z95
from harken.understand.surveys import ABOUT_NONE, ASKS, Answers, Score, score_of
from harken.understand.worth import Worth

SCORED = ("n", "low", "high")
SCORES = tuple(name for asks in ASKS for name in (asks, *(f"{asks}_{end}" for end in SCORED)))
VALUES = ("value", "value_each", "value_low", "value_high")
ANSWERED = ("answered", *SCORES, *VALUES)  # fields of a touchpoint
SCHEMA = {"id": pl.String, "label": pl.String, "asks": pl.String, "answers": pl.Int64, "customers": pl.Int64,
          "answered": pl.Float64, "score": pl.Float64, "low": pl.Float64, "high": pl.Float64, "best": pl.Float64,
          "worst": pl.Float64, "told": pl.String}  # fmt: skip
COLUMNS = (
    Column("label", "Touchpoint", "text"),
    Column("asks", "Asks", "text"),
    Column("answers", "Answers"),
    Column("customers", "Customers"),
    Column("answered", "Of those there", "share"),
    Column("told", "Score", "text"),
    Column("best", "Best", "share"),
    Column("worst", "Worst", "share"),
)
SCORE_COLUMNS = (
    Column("label", "Touchpoint", "text"),
    Column("asks", "Asks", "text"),
    Column("week", "Week from", "text"),
    Column("answers", "Answers"),
    Column("score", "Score", "score"),
    Column("low", "Limit", "score"),
    Column("high", "Limit", "score"),
    Column("signal", "Beyond", "text"),
)
NOTHING = "(nothing before)"
NOTE = (
    "NPS: −1 to 1, best are 9 and 10, worst 0 to 6. CSAT: share of the two best answers. CES: mean of 1 to 7, best 5 to 7, worst 1 "
    "to 3. An answer is about its own touchpoint; a touchpoint that is there for surveys only asks about the last one before."
)


class Heard(Struct, frozen=True):
    """What customers answered and what their goals were worth; None: nobody has read it."""

    answers: Answers
    worth: Worth


def scores_of(rows: pl.DataFrame, heard: Heard | None) -> pl.DataFrame:
    """A row for each node and kind of survey; answers that are about no node come last."""
    if heard is None:
        return pl.DataFrame(schema=SCHEMA)
    known = {
        node: (id, label, customers)
        for node, id, label, customers in rows.select("node", "id", "label", "customers").iter_rows()
    }
    known[ABOUT_NONE] = (NOTHING, "nothing before", 0)
    told = []
    for (node, asks), mine in heard.answers.frame.group_by("node", "asks"):
        if node in known:
            id, label, customers = known[int(node)]
            one = score_of(str(asks), mine["score"].to_numpy(), mine["profile"])
            share = one.customers / customers if customers else None
            told.append((id, label, ASKS[str(asks)], one.answers, one.customers, share, one.value, one.low, one.high, one.best, one.worst,
                         _said(str(asks), one)))  # fmt: skip
    frame = pl.DataFrame(told, schema=SCHEMA, orient="row")
    return frame.sort(pl.col("id") == NOTHING, -pl.col("answers"), "id", "asks")


def _said(asks: str, one: Score) -> str:
    """`+32, between +20 and +44`"""
    form = {"nps": "{:+.0f}", "csat": "{:.0f} %", "ces": "{:.1f}"}[asks]
    scale = 1 if asks == "ces" else 100
    value, low, high = (form.format(end * scale).replace("-", "−") for end in (one.value, one.low, one.high))
    return value if one.low == one.high else f"{value}, between {low} and {high}"


def with_answers(rows: pl.DataFrame, scores: pl.DataFrame, heard: Heard | None) -> pl.DataFrame:
    """The nodes with `ANSWERED`: the share who answered anything, each score, and value."""
    by = {
        (id, asks): row for id, asks, *row in scores.select("id", "asks", "score", "answers", "low", "high").iter_rows()
    }
    people: Mapping[Any, int] = {}
    if heard is not None:
        counted = heard.answers.frame.group_by("node").agg(pl.col("profile").n_unique())
        people = dict(counted.iter_rows())
    told: list[tuple[Any, ...]] = []
    for id, node, customers in rows.select("id", "node", "customers").iter_rows():
        found: list[Any] = [people.get(node, 0) / customers if people else None]
        for title in ASKS.values():
            score, n, low, high = by.get((id, title), (None, 0, None, None))
            found += [score, n, low, high]
        told.append((*found, *_value(heard, node, customers)))
    schema = {name: pl.Int64 if name.endswith("_n") else pl.Float64 for name in ANSWERED}
    return pl.concat([rows, pl.DataFrame(told, schema=schema, orient="row")], how="horizontal")


def _value(heard: Heard | None, node: int, customers: int) -> tuple[float | None, ...]:
    if heard is None or not heard.worth.goals:
        return (None,) * len(VALUES)
    each, error = worth.per_customer(heard.worth, node, customers)
    low, high = (each - Z95 * error, each + Z95 * error) if error == error else (None, None)  # noqa: PLR0124  # NaN
    return float(heard.worth.sums[node]), each, low, high


def totals_of(scores: pl.DataFrame, heard: Heard | None) -> dict[str, Json]:
    """How much was heard, and what was left out."""
    if heard is None:
        return {}
    return {
        "answers": heard.answers.frame.height,
        "answers_about_none": int(scores.filter(pl.col("id") == NOTHING)["answers"].sum()),
        "answers_outside": heard.answers.outside,
        "value": heard.worth.total,
        "goals_with_value": heard.worth.goals,
        "currency": heard.worth.currency,
        "goals_in_other_currency": heard.worth.left_out,
    }


def by_week(rows: pl.DataFrame, heard: Heard | None, begins: Ints, length: int) -> Table:
    """Each score of these nodes, week by week."""
    told = pl.DataFrame(schema=trend.SCORES)
    if heard is not None and len(begins) > 1:
        named = heard.answers.frame.join(rows.select("node", "id", "label"), on="node")
        titled = named.with_columns(pl.col("asks").replace(ASKS)).sort("id", "asks", "occurred")
        told = trend.scores_by_week(titled, begins, length)
    return Table(frame=told, columns=SCORE_COLUMNS, title="Surveys by week")
