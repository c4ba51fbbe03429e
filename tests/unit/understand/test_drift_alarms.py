"""Drift at its default thresholds: silent where nothing changed, also where weeks always differ; awake where a chance doubled."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from harken.understand import About, Answer, journeys_of
from harken.understand.questions.drift import ANALYSIS, DriftQuestion
from harken.understand.shifts import exact
from harken.understand.statistics import normal_tail
from harken.words import Config
from unit.understand.weeks import NODES, WEEK, chances, changed, company, doubled, restless

WEEKS = 9


def ask(events: pl.DataFrame) -> Answer:
    question = DriftQuestion(since=0)
    return ANALYSIS.answer(journeys_of(events.lazy(), Config(), question), About(catalogue=Config()), question)


def test_of_200_logs_in_which_nothing_changed_few_raise_an_alert() -> None:
    """About 100 figures are tested in each; an alert is promised to be wrong in 5 % of logs at most."""
    answers = [ask(company(seed, chances(seed), weeks=WEEKS, people=300)) for seed in range(200)]
    assert np.mean([one.totals["tested"] for one in answers]) > 80
    assert sum(one.totals["alerts"] > 0 for one in answers) <= 6  # 3 %


def test_weeks_that_always_differ_raise_few_alerts() -> None:
    """Every way is more or less common each week by a tenth: chance alone does not make that, and yet it is no news."""
    logs = [company(seed, restless(seed, chances(seed), WEEKS, 0.1), weeks=WEEKS, people=1_500) for seed in range(40)]
    assert sum(ask(one).totals["alerts"] > 0 for one in logs) <= 4


@pytest.mark.parametrize(("ago", "found_of_12"), [(1, 11), (2, 10), (3, 8)])
def test_a_chance_that_doubled_raises_an_alert_that_says_since_when(ago: int, found_of_12: int) -> None:
    """1,500 new customers a week; a way that 8 to 40 of 100 took is taken by twice as many, in the last week or some before."""
    found = 0
    for seed in range(12):
        before = chances(seed)
        ways = [(a, b) for a in range(6) for b in range(10) if 0.08 < before[a, b] < 0.4]
        a, b = ways[seed % len(ways)]
        log = company(9_000 + seed, changed(before, doubled(before, a, b), WEEKS, ago), weeks=WEEKS, people=1_500)
        alerts = ask(log)["alerts"].filter((pl.col("from") == NODES[a]) & (pl.col("to") == NODES[b]))
        found += alerts.height
        assert alerts["since_at"].to_list() == [(WEEKS - ago) * WEEK] * alerts.height
    assert found >= found_of_12


def test_rare_things_are_tested_exactly() -> None:
    """Fisher's tea: 3 of 4 against 1 of 4 has a one-sided chance of 17/70."""
    assert normal_tail(exact(3, 4, 1, 4)) == pytest.approx(2 * 17 / 70)
    assert exact(1, 4, 3, 4) == pytest.approx(-exact(3, 4, 1, 4))
    assert exact(2, 4, 2, 4) == 0
    assert exact(400, 1_000, 300, 1_000) == pytest.approx(100 / np.sqrt(2_000 * 0.35 * 0.65), rel=0.02)
