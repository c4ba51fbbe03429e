"""Who was at each node in which week in, the line of each figure between its limits out, and what fell silent.

**Shares** (reach) have the limits of a p' chart: the usual share of the weeks before, three deviations to either side, wider when
weeks differ more than chance alone makes them (Laney 2002). **Scores** (NPS, CSAT, CES) have those of a chart of means, with the
deviation inside the weeks before and the same widening. Both need `ENOUGH_WEEKS`. Only the last week is judged by weeks it is not
in; marks on earlier weeks show what the limits are made of.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import exp
from typing import Any

import numpy as np
import polars as pl

from harken.logs import Ints
from harken.understand.matched import Sums
from harken.words import SECOND

ENOUGH_WEEKS = 6  # at least so many whole weeks for limits
ENOUGH_ANSWERS = 5  # in a week for its score to be marked
SURE = 0.001
ENDS = {"NPS": (-1, 1), "CSAT": (0, 1), "CES": (1, 7)}


def shares_by_week(rows: pl.DataFrame, weeks: Ints, begins: Ints) -> pl.DataFrame:
    """id, label, week, begins_at, customers, of, share, usual, low, high, signal."""
    told: list[tuple[Any, ...]] = []
    of = weeks[-1]
    for id, label, node in rows.select("id", "label", "node").iter_rows():
        share, usual, low, high = limits(weeks[node], of)
        for week, begin in enumerate(begins[:-1].tolist()):
            day = _day(begin)
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
    half = 3 * np.where(np.isfinite(deviation), deviation, 0) * _wider(z)
    return share, usual, np.maximum(0, usual - half), np.minimum(1, usual + half)


def _wider(z: Sums) -> float:
    """By how much weeks differ more from one another than chance makes them (moving ranges of two, Laney); at least 1."""
    z = z[np.isfinite(z)]
    return max(1.0, float(np.abs(np.diff(z)).mean() / 1.128)) if len(z) > 1 else 1.0


def scores_by_week(answers: pl.DataFrame, begins: Ints, length: int) -> pl.DataFrame:
    """id, label, asks, week, begins_at, answers, score, usual, low, high, signal; of answers with id, label, asks, occurred,
    score: each (id, asks) in the weeks from its first answer on."""
    inside = answers.filter(pl.col("occurred").is_between(int(begins[0]), int(begins[-1]), closed="left"))
    week = ((pl.col("occurred") - int(begins[0])) // length).alias("at")
    told: list[tuple[Any, ...]] = []
    for (id, label, asks), one in inside.with_columns(week).group_by("id", "label", "asks", maintain_order=True):
        scores, at = one["score"].to_numpy(), one["at"].to_numpy()
        n = np.bincount(at, minlength=len(begins) - 1)
        mean, usual, half = _limits_of_means(scores, at, n)
        for number in range(int(at.min()), len(n)):
            seen = float(mean[number]) if n[number] else None
            low, high = float(usual - half[number]), float(usual + half[number])
            known = n[number] > 0 and np.isfinite(low)
            signal = ""
            if known and n[number] >= ENOUGH_ANSWERS:
                signal = "above" if mean[number] > high else "below" if mean[number] < low else ""
            ends = ENDS[str(asks)]
            bounds = (max(low, ends[0]), min(high, ends[1])) if known else (None, None)
            past = usual if np.isfinite(usual) else None
            begin = int(begins[number])
            told.append((id, label, asks, _day(begin), begin, int(n[number]), seen, past, *bounds, signal))
    return pl.DataFrame(told, schema=SCORES, orient="row")


SCORES = {"id": pl.String, "label": pl.String, "asks": pl.String, "week": pl.String, "begins_at": pl.Int64, "answers": pl.Int64,
          "score": pl.Float64, "usual": pl.Float64, "low": pl.Float64, "high": pl.Float64, "signal": pl.String}  # fmt: skip


def _limits_of_means(scores: Sums, at: Ints, n: Ints) -> tuple[Sums, float, Sums]:
    """The mean of each week; the usual one, and how far a week may be from it, as all weeks but the last tell."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Sums = np.bincount(at, weights=scores, minlength=len(n)) / n
        before = at < len(n) - 1
        past, weeks = scores[before], n[:-1][n[:-1] > 0]
        if len(weeks) < ENOUGH_WEEKS - 1 or len(past) <= len(weeks):
            return mean, float("nan"), np.full(len(n), np.nan)
        usual = float(past.mean())
        inside = float(((past - mean[at[before]]) ** 2).sum()) / (len(past) - len(weeks))
        deviation = np.sqrt(inside / n)
        z = ((mean - usual) / deviation)[:-1]
        return mean, usual, 3 * deviation * _wider(z)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).strftime("%Y-%m-%d")


def latest(trend: pl.DataFrame) -> pl.DataFrame:
    """The last week of each node."""
    last = trend.group_by("id", maintain_order=True).last()
    return last.select("id", pl.col("share").alias("last_share"), "usual", "low", "high", "signal")


def status(rows: pl.DataFrame, weeks: Ints) -> pl.Series:
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
