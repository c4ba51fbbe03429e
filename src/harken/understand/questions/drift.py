"""Journeys in, alerts out: which chances of a next step and which key figures changed in the last period, beyond chance.

Whole periods (`length`, a week) up to the end: the last one against those before it together.

- *next_step*: of the customers who went on from a node in a period, the share who went on to another node; by when they
  arrived, so that slow moves are not missed in the last period.
- *reach*: of a period's customers, the share who were at a node.
- *emotion*: the mean of what was told at a node.
- *time*: the typical time to the next step, as the mean of its logarithm, so that a few long waits do not decide.

Shares are tested as two proportions (exactly, where few are expected), means by Welch's test; where figures of a kind differ from
period to period more than chance alone makes them, the test asks for as much more (`understand/shifts.py`). All tests together get
Benjamini & Hochberg's false-discovery rate: an alert has at most `false_alarms`, and a change that is large enough to matter. *Since
when* is where one level turning into another fits all periods best. An alert says that something changed, not why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from math import expm1
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct

from harken.errors import Invalid
from harken.logs import Ints
from harken.understand import kernels, weekly
from harken.understand.analysis import About, Analysis, Answer, Table, header_of
from harken.understand.compare import adjusted
from harken.understand.counting import DENSE
from harken.understand.journeys import Journeys, Part, Scope, without_repeats
from harken.understand.levels import Nodes, nodes_of
from harken.understand.matched import Sums
from harken.understand.result import Column, duration
from harken.understand.shifts import BEFORE, FLAT, Series, Tested, judged, tested_of
from harken.understand.statistics import normal_tail
from harken.words import DAY, SECOND, Micros

FIGURES = ("next_step", "reach", "emotion", "time")
TITLES = {"next_step": "Next step", "reach": "Reach", "emotion": "Emotion", "time": "Time to the next step"}
MATTERS = {"emotion": 0.2, "time": 0.22}  # points; a quarter more or a fifth less time (as logarithm)


class DriftQuestion(Scope, frozen=True, kw_only=True):
    """What changed in the last period, beyond chance."""

    figures: tuple[str, ...] = ()  # only these figures; none: all
    length: Micros = 7 * DAY  # of a period
    periods: int = 8  # periods before the last one to compare it with, at most
    minimum: int = 50  # customers on both sides of what is tested, at least
    points: float = 0.02  # shares must change by at least this much
    false_alarms: float = 0.05  # share of alerts that may be chance after all

    def check(self) -> None:
        """Invalid says what is wrong and what would be right."""
        super().check()
        if unknown := [one for one in self.figures if one not in FIGURES]:
            raise Invalid(f"'{unknown[0]}' is not a figure that is watched; there are {', '.join(FIGURES)}")
        if self.length <= 0 or self.periods < BEFORE or self.minimum < 1:
            raise Invalid(f"`length` must be more than nothing, `periods` at least {BEFORE}, `minimum` at least 1")
        if not 0 < self.false_alarms < 1 or not 0 <= self.points < 1:
            raise Invalid("`false_alarms` and `points` are shares between 0 and 1")


class _Seen(Struct, frozen=True):
    """By period: customers at nodes and anywhere, emotions, moves, customers who went on, times."""

    there: Ints
    felt: Sums
    links: Ints
    out: Ints
    times: Sums


def answer_of(journeys: Journeys, about: About, question: DriftQuestion) -> Answer:
    """All alerts, the surest first."""
    question.check()
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    begins = weekly.periods(_first(journeys), journeys.until, question.length, question.periods + 1)
    wanted = question.figures or FIGURES
    series = _series(journeys, nodes, begins, question) if len(begins) - 1 > BEFORE else []
    tested, far = _everything([one for one in series if one.figure in wanted], question, len(begins) - 2)
    q = adjusted([normal_tail(z) for z in far])
    rows = [
        _row(one, z, chance or 0.0, nodes, begins)
        for one, z, chance in zip(tested, far, q, strict=True)
        if chance is not None and chance <= question.false_alarms and _matters(one, question)
    ]
    alerts = pl.DataFrame(rows, schema=SCHEMA)
    alerts = alerts.sort("q", pl.col("z").abs(), "figure", "from", "to", descending=[False, True, False, False, False])
    counts = [(one, TITLES[one], sum(each.one.figure == one for each in tested), (alerts["figure"] == one).sum())
              for one in FIGURES if one in wanted]  # fmt: skip
    schema = {"figure": pl.String, "label": pl.String, "tested": pl.Int64, "alerts": pl.Int64}
    return Answer(
        analysis="drift",
        question=question,
        header=header_of("drift", journeys, about, question),
        caption=_caption(alerts, len(tested), begins, journeys),
        totals={
            "customers": journeys.customers,
            "tested": len(tested),
            "alerts": alerts.height,
            "periods": len(begins) - 1,
        },
        tables={
            "alerts": Table(frame=alerts, columns=COLUMNS, title="Changed beyond chance"),
            "watched": Table(
                frame=pl.DataFrame(counts, schema=schema, orient="row"), columns=WATCHED, title="What was tested"
            ),
        },
    )


def customers_of(journeys: Journeys, about: About, question: DriftQuestion, row: Mapping[str, Any]) -> pl.Series:
    """The customers of an alert in the last period: who was there, or who went on to the other node."""
    if row.get("table", "alerts") != "alerts" or row.get("figure") not in FIGURES:
        raise Invalid("customers stand behind rows of the table alerts, named by `figure`, `from` and `to`")
    nodes = nodes_of(journeys, about.catalogue, question.level, question.opened)
    begins = weekly.periods(_first(journeys), journeys.until, question.length, question.periods + 1)
    numbers = {node.id: number for number, node in enumerate(nodes.nodes)}
    start = numbers.get(str(row.get("from", "")), -1)
    end = numbers.get(str(row.get("to", "")), -1) if row["figure"] == "next_step" else -1
    parts = [without_repeats(part, nodes.of_place, question.repeats) for part in journeys.parts]
    people = [part.profiles.gather(_people(part, nodes, start, end, begins)) for part in parts]
    return pl.concat([pl.Series("profile", [], dtype=pl.String), *(one.alias("profile") for one in people)]).sort()


def _people(part: Part, nodes: Nodes, start: int, end: int, begins: Ints) -> Ints:
    """The customers of a part at `start` in the last period; who arrived at `end` from there when that is a node."""
    if len(begins) < 2:
        return np.empty(0, np.int64)
    node = nodes.of_place[part.place]
    late = (part.occurred >= begins[-2]) & (part.occurred < begins[-1])
    if end < 0:
        steps = np.flatnonzero(late & (node == start))
    else:
        came = late & (node == end)
        came[1:] &= node[:-1] == start
        came[part.off[:-1]] = False
        steps = np.flatnonzero(came)
    return np.unique(part.customer[np.searchsorted(part.off, steps, side="right") - 1]).astype(np.int64)


def _first(journeys: Journeys) -> Micros:
    if journeys.since is not None:
        return journeys.since
    return min((int(part.began.min()) for part in journeys.parts), default=journeys.until)


# ---------------------------------------------------------------------- counting


def _series(journeys: Journeys, nodes: Nodes, begins: Ints, question: DriftQuestion) -> list[Series]:
    size = len(nodes)
    parts = [without_repeats(part, nodes.of_place, question.repeats) for part in journeys.parts]
    table = np.empty(0, np.int64)
    if size > DENSE:  # only the links there are have a row
        found = kernels.each(
            lambda part: np.unique(kernels.links_of(part.off, part.place, nodes.of_place, size, False)), parts
        )
        table = np.unique(np.concatenate([table, *found]))
    rows = len(table) if size > DENSE else size * size
    seen = _count(parts, nodes, begins, question, table, rows)
    every, now = seen.there[-1].astype(np.float64), seen.there[:, -1].tolist()
    series = [Series("reach", node, -1, every, seen.there[node].astype(np.float64), now[node]) for node in range(size)]
    for row in np.flatnonzero(seen.links.sum(axis=1)):
        a, b = divmod(int(table[row]) if len(table) else int(row), size)
        went = seen.links[row].astype(np.float64)
        series.append(Series("next_step", a, b, seen.out[a].astype(np.float64), went, int(went[-1])))
    for node in range(size):
        felt, times = seen.felt[node, :-1], seen.times[node]
        series.append(Series("emotion", node, -1, felt[:, 0], felt[:, 3], now[node], felt[:, 4]))
        series.append(Series("time", node, -1, times[:, 0], times[:, 1], now[node], times[:, 2]))
    return series


def _count(parts: list[Part], nodes: Nodes, begins: Ints, question: DriftQuestion, table: Ints, rows: int) -> _Seen:
    size, periods, first = len(nodes), len(begins) - 1, int(begins[0])

    def add(pile: list[Part]) -> _Seen:
        there, felt = np.zeros((size + 1, periods), np.int64), np.zeros((size, periods + 1, 5))
        links, out, times = (
            np.zeros((rows, periods), np.int64), np.zeros((size, periods), np.int64), np.zeros((size, periods, 3))
        )  # fmt: skip
        for part in pile:
            weekly.by_period(
                part.off, part.place, part.occurred, part.emotion, part.customer, nodes.of_place, size, first,
                question.length, there, felt,
            )  # fmt: skip
            weekly.moves_by_period(
                part.off, part.place, part.occurred, part.customer, nodes.of_place, size, first, question.length,
                table, links, out, times,
            )  # fmt: skip
        return _Seen(there, felt, links, out, times)

    piles = kernels.each(add, kernels.shares(parts, lambda part: part.steps)) or [add([])]
    told = [np.sum([getattr(one, name) for one in piles], axis=0) for name in _Seen.__struct_fields__]
    return _Seen(*told)


# ---------------------------------------------------------------------- tables


def _everything(series: list[Series], question: DriftQuestion, periods: int) -> tuple[list[Tested], list[float]]:
    """What can be tested, figure by figure, and by how many deviations each changed."""
    tested: list[Tested] = []
    far: list[float] = []
    for figure in FIGURES:
        mine = [
            test for one in series if one.figure == figure and (test := tested_of(one, question.minimum)) is not None
        ]
        tested += mine
        far += judged(mine, periods)
    return tested, far


def _matters(test: Tested, question: DriftQuestion) -> bool:
    return abs(test.now - test.before) >= MATTERS.get(test.one.figure, question.points) - FLAT


def since(n: Sums, total: Sums) -> int:
    """The period with which another level begins: the cut with the most between its two sides."""
    before_n, before = np.cumsum(n)[:-1], np.cumsum(total)[:-1]
    after_n, after = n.sum() - before_n, total.sum() - before
    with np.errstate(divide="ignore", invalid="ignore"):
        between = before_n * after_n / n.sum() * (before / before_n - after / after_n) ** 2
    return int(np.argmax(np.nan_to_num(between, nan=-1.0))) + 1


SCHEMA: dict[str, Any] = {
    "figure": pl.String, "from": pl.String, "to": pl.String, "what": pl.String, "before": pl.Float64, "now": pl.Float64,
    "change": pl.Float64, "told_before": pl.String, "told_now": pl.String, "n_before": pl.Int64, "n_now": pl.Int64,
    "z": pl.Float64, "p": pl.Float64, "q": pl.Float64, "since": pl.String, "since_at": pl.Int64, "customers": pl.Int64,
}  # fmt: skip
COLUMNS = (
    Column("what", "What changed", "text"),
    Column("told_before", "Before", "text"),
    Column("told_now", "Now", "text"),
    Column("since", "Since", "text"),
    Column("customers", "Customers now"),
    Column("q", "False alarm rate", "score"),
)
WATCHED = (Column("label", "Figure", "text"), Column("tested", "Tested"), Column("alerts", "Alerts"))


def _row(test: Tested, z: float, q: float, nodes: Nodes, begins: Ints) -> dict[str, Any]:
    one, before, now = test.one, test.before, test.now
    labels = nodes.labels
    what = TITLES[one.figure] + ": " if one.figure != "next_step" else ""
    at = int(begins[since(one.n, one.total)])
    seconds = one.figure == "time"
    before, now = (expm1(before), expm1(now)) if seconds else (before, now)
    return {
        "figure": one.figure,
        "from": nodes.ids[one.start],
        "to": nodes.ids[one.end] if one.end >= 0 else "",
        "what": what + labels[one.start] + (f" → {labels[one.end]}" if one.end >= 0 else ""),
        "before": before,
        "now": now,
        "change": now - before,
        "told_before": _said(one.figure, before),
        "told_now": _said(one.figure, now),
        "n_before": int(one.n[:-1].sum()),
        "n_now": int(one.n[-1]),
        "z": z,
        "p": normal_tail(z),
        "q": q,
        "since": _day(at),
        "since_at": at,
        "customers": one.customers,
    }


def _said(figure: str, value: float) -> str:
    if figure == "emotion":
        return f"{value:.2f}"
    return duration(value) if figure == "time" else f"{value:.1%}".replace("%", " %")


def _day(at: Micros) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%d")


def _caption(alerts: pl.DataFrame, tested: int, begins: Ints, journeys: Journeys) -> str:
    if not journeys.journeys:
        return "Nobody made a step in this period."
    if len(begins) - 1 <= BEFORE:
        return f"Too early to tell: it takes {BEFORE + 1} whole periods, and there are {len(begins) - 1}."
    if alerts.is_empty():
        return f"Nothing changed beyond chance since {_day(int(begins[-2]))}: {tested:,} figures were tested."
    first = alerts.row(0, named=True)
    more = f", and {alerts.height - 1:,} more changed beyond chance" if alerts.height > 1 else ""
    return f"{first['what']}: {first['told_before']} before, {first['told_now']} now, since {first['since']}{more}."


ANALYSIS = Analysis(
    name="drift",
    title="Drift",
    summary="What changed in the last week beyond chance: chances of the next step, reach, emotion and time; since when.",
    question=DriftQuestion,
    answer=answer_of,
    examples=({}, {"level": "stage", "minimum": 20}, {"figures": ("next_step",), "length": 14 * DAY, "periods": 4}),
    customers=customers_of,
)
