"""Journeys in, retention out: of those who began in the same period, how many came back in each period after.

**Cohort.** The calendar period (day, week from Monday, month; UTC) of a customer's first step, or of the first step at a
`first` place. Whose journey may have begun before `since` is in no cohort: nobody knows when it began.

**Coming back.** At least one step (at a `back` place) in the n-th calendar period after the cohort's, from the first step
on; the first step itself counts for period 0. `repeats` changes nothing: coming back to the same place is coming back.

**What nobody can know yet is empty, not zero**: a cell counts only when its whole period lies before the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.logs import Flags, Ints
from harken.understand import kernels
from harken.understand.analysis import About, Analysis, Answer, Table, header_of, whole
from harken.understand.journeys import Journeys, Part, Scope
from harken.understand.kernels import compiled
from harken.understand.levels import matching
from harken.understand.result import Column
from harken.understand.statistics import wilson
from harken.words import DAY

PERIODS = ("day", "week", "month")
MOST = 400
EARLIER = "earlier"
A = Any


class RetentionQuestion(Scope, frozen=True, kw_only=True):
    """Whose journeys, who belongs together, and what coming back is."""

    period: Literal["day", "week", "month"] = "week"  # of the calendar, UTC
    periods: int = 12  # how many after the first are told
    cohorts: int = 26  # so many are shown, the newest; those before them are one row
    first: str = ""  # the place that makes somebody begin (`web: Sign-up`, `stage:buy`); empty: any
    back: str = ""  # the place to come back to; empty: any

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if self.period not in PERIODS:
            raise Invalid(f"'{self.period}' is not a period; there are {', '.join(PERIODS)}")
        if not 1 <= self.periods <= MOST or not 1 <= self.cohorts <= MOST:
            raise Invalid(f"`periods` and `cohorts` are counts from 1 to {MOST}")


class _Counted(Struct, frozen=True):
    """By calendar period: who began, and who of them came back how many periods after."""

    edges: Ints  # where each calendar period begins, and where the last one ends
    sizes: Ints
    returned: Ints  # cohorts x periods
    before: int  # customers who may have begun before the period
    never: int  # customers who made no `first` step

    def name(self, cohort: int) -> str:
        """`2026-03-02`: the first day."""
        return str(np.datetime64(int(self.edges[cohort]), "us").astype("datetime64[D]"))

    def known(self, until: int) -> Flags:
        """Which cells lie wholly before the end."""
        cohorts, periods = self.returned.shape
        ends = np.arange(cohorts)[:, None] + np.arange(periods)[None, :] + 1
        inside = ends < len(self.edges)
        return np.asarray(inside & (self.edges[np.minimum(ends, len(self.edges) - 1)] <= until), np.bool_)


@compiled
def coming_back(
    off: A, place: A, occurred: A, who: A, truncated: A, first: A, back: A, edges: A,
    sizes: A, returned: A, cohort_of: A, period: int, came: A,
) -> None:  # fmt: skip
    """Add one part's customers. `cohort_of` a customer: -1 nobody, -2 may have begun before, -3 made no first step.

    `came`: who came back `period` periods after.
    """
    periods = returned.shape[1]
    customer, at_period, last, began = -1, 0, -1, False
    for journey in range(len(off) - 1):
        if who[journey] != customer:
            customer, at_period, last, began = who[journey], 0, -1, False
            cohort_of[customer] = -2 if truncated[journey] else -3
        if cohort_of[customer] == -2:
            continue
        for at in range(off[journey], off[journey + 1]):
            if not began:
                if not first[place[at]]:
                    continue
                began = True
                at_period = np.searchsorted(edges, occurred[at], side="right") - 1
                cohort_of[customer] = at_period
                sizes[at_period] += 1
            while occurred[at] >= edges[at_period + 1]:
                at_period += 1
            after = at_period - cohort_of[customer]
            if back[place[at]] and after > last and after < periods:
                last = after
                returned[cohort_of[customer], after] += 1
                if after == period:
                    came[customer] = True


def answer(journeys: Journeys, about: About, question: RetentionQuestion) -> Answer:
    """Cohorts, their periods, and all cohorts together."""
    question.check()
    counted = _count(journeys, about, question)
    known = counted.known(journeys.until)
    rows = _rows(counted, question)
    cells = _cells(counted, known, rows)
    overall = _overall(cells)
    return Answer(
        analysis="retention",
        question=question,
        header=header_of("retention", journeys, about, question),
        caption=_caption(overall, int(counted.sizes.sum()), question),
        totals={
            "customers": journeys.customers,
            "in_cohorts": int(counted.sizes.sum()),
            "began_before": counted.before,
            "never_began": counted.never,
            "cohorts": int(np.count_nonzero(counted.sizes)),
        },
        tables={
            "cohorts": _wide(cells, counted, rows, question),
            "periods": Table(frame=overall, columns=_PERIOD_COLUMNS, title="All cohorts together", note=_KNOWN),
            "cells": Table(frame=cells, columns=_CELL_COLUMNS, title="Each cohort in each period", note=_KNOWN),
        },
    )


def customers(journeys: Journeys, about: About, question: RetentionQuestion, row: Mapping[str, Any]) -> pl.Series:
    """Who is behind a row of `cohorts` (`cohort`) or `cells` (`cohort` and `period`)."""
    question.check()
    period = whole(row, "period", -1)
    counted = _count(journeys, about, question)
    wanted = dict(_rows(counted, question)).get(str(row.get("cohort", "")))
    if wanted is None:
        raise Invalid(f"no cohort '{row.get('cohort', '')}'; the table `cohorts` names them: `2026-03-02`, `{EARLIER}`")
    if period >= 0:
        known = counted.known(journeys.until)
        wanted = [cohort for cohort in wanted if period < known.shape[1] and known[cohort, period]]
    found = []
    for part in journeys.parts:
        cohort_of, came = _walk(part, *_flags(journeys, about, question), counted.edges, question, period)[2:]
        inside = np.isin(cohort_of, wanted) & (came if period >= 0 else True)
        found.append(part.profiles.filter(pl.Series(inside)))
    return pl.concat(found) if found else pl.Series(dtype=pl.String)


# ---------------------------------------------------------------------- counting


def _count(journeys: Journeys, about: About, question: RetentionQuestion) -> _Counted:
    edges = _edges(journeys, question)
    first, back = _flags(journeys, about, question)
    found = kernels.each(lambda part: _walk(part, first, back, edges, question, -1), journeys.parts)
    cohorts = len(edges) - 1
    sizes = sum((one[0] for one in found), np.zeros(cohorts, np.int64))
    returned = sum((one[1] for one in found), np.zeros((cohorts, question.periods + 1), np.int64))
    states = [np.bincount(np.minimum(one[2], 0) + 3, minlength=4) for one in found]
    never, before = sum((one[:2] for one in states), np.zeros(2, np.int64)).tolist()
    return _Counted(edges, sizes, returned, before, never)


def _walk(
    part: Part, first: Flags, back: Flags, edges: Ints, question: RetentionQuestion, period: int
) -> tuple[Ints, Ints, Ints, Flags]:
    cohorts = len(edges) - 1
    sizes, returned = np.zeros(cohorts, np.int64), np.zeros((cohorts, question.periods + 1), np.int64)
    cohort_of, came = np.full(len(part.profiles), -1, np.int64), np.zeros(len(part.profiles), np.bool_)
    coming_back(
        part.off, part.place, part.occurred, part.customer, part.truncated, first, back, edges,
        sizes, returned, cohort_of, period, came,
    )  # fmt: skip
    return sizes, returned, cohort_of, came


def _flags(journeys: Journeys, about: About, question: RetentionQuestion) -> tuple[Flags, Flags]:
    """Which places begin, and which are come back to."""
    every = np.ones(journeys.places.height, np.bool_)
    first, back = (
        matching(journeys.places, about.catalogue, one) if one else every for one in (question.first, question.back)
    )
    return first, back


def _edges(journeys: Journeys, question: RetentionQuestion) -> Ints:
    """Where the calendar periods begin: from that of the first step on, as far as anybody's periods can be known."""
    if not journeys.parts:
        return np.zeros(1, np.int64)
    low = min(int(part.occurred.min()) for part in journeys.parts)
    high = max(int(part.occurred.max()) for part in journeys.parts)
    first, last, end = (_number(one, question.period) for one in (low, high, journeys.until))
    numbers = np.arange(first, max(last + 1, min(end, last + question.periods + 1)) + 1)
    if question.period == "month":
        return numbers.astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)
    days, shift = _DAYS[question.period]
    return np.asarray((numbers * days - shift) * DAY, np.int64)


def _number(moment: int, period: str) -> int:
    """Which calendar period since 1970 a moment is in."""
    if period == "month":
        return int(np.datetime64(moment, "us").astype("datetime64[M]").astype(np.int64))
    days, shift = _DAYS[period]
    return (moment // DAY + shift) // days


# ---------------------------------------------------------------------- tables


def _rows(counted: _Counted, question: RetentionQuestion) -> list[tuple[str, list[int]]]:
    """The rows: each cohort that has somebody, those before the newest ones together."""
    filled = np.nonzero(counted.sizes)[0].tolist()
    early, late = filled[: -question.cohorts], filled[-question.cohorts :]
    return [*([(EARLIER, early)] if early else []), *((counted.name(one), [one]) for one in late)]


def _cells(counted: _Counted, known: Flags, rows: list[tuple[str, list[int]]]) -> pl.DataFrame:
    """A row for each cohort and period that can be known. Cohorts that are one row count where each of them can be."""
    found = []
    for name, places in rows:
        for period in range(counted.returned.shape[1]):
            there = [one for one in places if known[one, period]]
            if not there:
                continue
            size, returned = int(counted.sizes[there].sum()), int(counted.returned[there, period].sum())
            low, high = wilson(returned, size)
            found.append((name, period, size, returned, returned / size, low, high))
    return pl.DataFrame(found, schema=_CELLS, orient="row")


def _overall(cells: pl.DataFrame) -> pl.DataFrame:
    summed = cells.group_by("period").agg(pl.col("customers", "returned").sum()).sort("period")
    bounds = [wilson(returned, size) for size, returned in summed.select("customers", "returned").iter_rows()]
    return summed.with_columns(
        (pl.col("returned") / pl.col("customers")).alias("share"),
        pl.Series("low", [low for low, _ in bounds], dtype=pl.Float64),
        pl.Series("high", [high for _, high in bounds], dtype=pl.Float64),
    )


def _wide(
    cells: pl.DataFrame, counted: _Counted, rows: list[tuple[str, list[int]]], question: RetentionQuestion
) -> Table:
    """The triangle: a row for each cohort, a column for each period somebody can know something of."""
    sizes = {name: int(counted.sizes[places].sum()) for name, places in rows}
    frame = pl.DataFrame({"cohort": list(sizes), "customers": list(sizes.values())}, schema=_WIDE)
    for period in range(max(cells["period"].to_list(), default=-1) + 1):
        here = cells.filter(pl.col("period") == period).select("cohort", pl.col("share").alias(str(period)))
        frame = frame.join(here, on="cohort", how="left", maintain_order="left")
    shown = [Column(name, f"{question.period} {name}", "share") for name in frame.columns[2:]]
    return Table(frame=frame, columns=(*_WIDE_COLUMNS, *shown), title="Who came back", note=_KNOWN)


def _caption(overall: pl.DataFrame, size: int, question: RetentionQuestion) -> str:
    back = f" to {question.back}" if question.back else ""
    if not size:
        return "Nobody began in this period."
    after = overall.filter(pl.col("period") > 0)
    if after.is_empty():
        return f"Nobody can know yet who of {size:,} comes back{back}: no {question.period} after the first is over."
    row = after.row(0, named=True)
    told = f"{row['returned']:,} of {row['customers']:,} came back{back} in the {question.period} after their first"
    if after.height == 1:
        return f"{told}."
    last = after.row(-1, named=True)
    share = f"{last['share']:.0%}".replace("%", " %")
    return f"{told}; after {last['period']} {question.period}s, {share} of the {last['customers']:,} who began so long ago."


_DAYS = {"day": (1, 0), "week": (7, 3)}  # 1970-01-01 was a Thursday
_KNOWN = "Empty: the period is not over, so nobody can know yet."
_WIDE = {"cohort": pl.String, "customers": pl.Int64}
_CELLS = {
    "cohort": pl.String, "period": pl.Int64, "customers": pl.Int64, "returned": pl.Int64,
    "share": pl.Float64, "low": pl.Float64, "high": pl.Float64,
}  # fmt: skip
_WIDE_COLUMNS = (Column("cohort", "Began", "text"), Column("customers", "Customers"))
_PERIOD_COLUMNS = (
    Column("period", "Periods after"),
    Column("customers", "Customers"),
    Column("returned", "Came back"),
    Column("share", "Share", "share"),
    Column("low", "At least", "share"),
    Column("high", "At most", "share"),
)
_CELL_COLUMNS = (Column("cohort", "Began", "text"), *_PERIOD_COLUMNS)

ANALYSIS = Analysis(
    name="retention",
    title="Retention",
    summary="Of customers who began in the same day, week or month: how many came back in each one after.",
    question=RetentionQuestion,
    answer=answer,
    examples=({}, {"period": "month"}, {"back": "stage:buy"}),
    customers=customers,
)
