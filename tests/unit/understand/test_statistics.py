"""The formulas give the numbers printed in the literature."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.understand.statistics import (
    chi_square_tail,
    hashes_of,
    interval,
    kaplan_meier,
    log_rank,
    normal_tail,
    weights_of,
    wilson,
)

# Remission of leukemia in weeks (Freireich et al. 1963, in Gehan 1965); negative: censored.
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23, -6, -9, -10, -11, -17, -19, -20, -25, -32, -32, -34, -35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def curve(weeks: list[int]):
    return kaplan_meier(np.abs(np.array(weeks, np.int64)), np.array(weeks) > 0)


def test_kaplan_meier_gives_the_published_curve_with_its_deviations_and_log_log_intervals() -> None:
    found = curve(TREATED)
    published = {
        6: (0.8571, 0.0764, 0.6197, 0.9516),
        7: (0.8067, 0.0869, 0.5631, 0.9228),
        10: (0.7529, 0.0963, 0.5032, 0.8894),
        13: (0.6902, 0.1068, 0.4316, 0.8491),
        16: (0.6275, 0.1141, 0.3675, 0.8049),
        22: (0.5378, 0.1282, 0.2678, 0.7468),
        23: (0.4482, 0.1346, 0.1881, 0.6801),
    }
    for week, wanted in published.items():
        row = int(np.searchsorted(found.time, week))
        got = (found.share[row], found.deviation[row], found.low[row], found.high[row])
        assert got == pytest.approx(wanted, abs=5e-5)
    assert found.at_risk.tolist()[:3] == [21, 17, 16]
    assert found.at(12)[0] == pytest.approx(0.7529, abs=5e-5)
    assert found.at(0) == (1.0, 1.0, 1.0)
    assert math.isnan(found.at(36)[0])


def test_the_median_and_its_interval_are_those_published() -> None:
    median, low, high = curve(TREATED).quantile()
    assert (median, low) == (23, 13)
    assert math.isnan(high)
    assert curve(PLACEBO).quantile() == (8, 4, 11)


def test_log_rank_of_the_two_groups_is_16_79() -> None:
    found = log_rank([curve(TREATED), curve(PLACEBO)])
    assert (found.statistic, found.freedom) == (pytest.approx(16.793, abs=5e-4), 1)
    assert found.p == pytest.approx(4.17e-5, rel=2e-3)


def test_log_rank_does_not_depend_on_the_order_of_groups_and_leaves_out_empty_ones() -> None:
    three = [curve(TREATED), curve(PLACEBO), curve([3, -5, 9, 9, -40])]
    assert log_rank(three).statistic == pytest.approx(log_rank(three[::-1]).statistic)
    assert log_rank(three).freedom == 2
    assert log_rank([curve(TREATED), curve([])]).p == 1.0
    assert log_rank([curve([-3, -4]), curve([-9])]).p == 1.0


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(1, 3)), max_size=30))
def test_kaplan_meier_equals_the_product_written_out(rows: list[tuple[int, bool, int]]) -> None:
    every = [(time, gone) for time, gone, many in rows for _ in range(many)]
    found = kaplan_meier(np.array([t for t, _ in every], np.int64), np.array([g for _, g in every], bool))
    weighted = kaplan_meier(
        np.array([t for t, _, _ in rows], np.int64),
        np.array([g for _, g, _ in rows], bool),
        np.array([n for _, _, n in rows], np.int64),
    )
    share = 1.0
    for row, time in enumerate(sorted({t for t, _ in every})):
        watched = sum(t >= time for t, _ in every)
        gone = sum(t == time and g for t, g in every)
        share *= 1 - gone / watched
        assert (found.time[row], found.at_risk[row], found.events[row]) == (time, watched, gone)
        assert found.share[row] == weighted.share[row] == pytest.approx(share)
        assert share == pytest.approx(0, abs=1e-12) or found.low[row] <= share + 1e-12 <= found.high[row] + 2e-12


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_intervals_of_newcombe_1998(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-5)


def test_of_nobody_there_is_no_share_and_of_everybody_it_ends_at_1() -> None:
    assert all(math.isnan(one) for one in wilson(0, 0))
    assert wilson(5, 5)[1] == 1.0


def test_tails_are_those_of_the_tables() -> None:
    assert normal_tail(2.5758) == pytest.approx(0.01, abs=1e-6)
    for x, freedom, p in (
        (10.828, 1, 0.001),
        (0.0158, 1, 0.9),
        (18.307, 10, 0.05),
        (2.558, 10, 0.99),
        (124.342, 100, 0.05),
    ):
        assert chi_square_tail(x, freedom) == pytest.approx(p, rel=2e-3)
    assert chi_square_tail(0, 3) == 1.0
    assert chi_square_tail(5000.0, 2) == 0.0


def test_weights_follow_from_the_customer_alone() -> None:
    names = pl.Series([f"customer {n} 💶" for n in range(50)] + [""])
    whole, order = hashes_of(names), np.random.default_rng(1).permutation(51)
    assert len(set(whole.tolist())) == 51
    assert hashes_of(names.gather(order)).tolist() == whole[order].tolist()
    assert hashes_of(names, seed=1).tolist() != whole.tolist()
    assert hashes_of(pl.Series([], dtype=pl.String)).shape == (0,)
    assert (weights_of(whole, 7)[:, :3] == weights_of(whole, 3)).all()


def test_the_hash_of_a_customer_never_changes() -> None:
    """Answers kept from an earlier version stay comparable."""
    assert hashes_of(pl.Series(["ada", ""])).tolist() == [6564885230254629562, 14087677454934409008]


def test_weights_are_poisson_numbers_of_mean_one_that_do_not_hang_together() -> None:
    drawn = weights_of(hashes_of(pl.Series([f"p{n}" for n in range(4000)])), 100).astype(float)
    assert drawn.mean() == pytest.approx(1, abs=0.01)
    assert drawn.var() == pytest.approx(1, abs=0.02)
    assert (drawn == 0).mean() == pytest.approx(math.exp(-1), abs=0.005)
    between = np.corrcoef(drawn.T)
    assert np.abs(between[~np.eye(100, dtype=bool)]).max() < 0.08


def test_the_interval_is_the_middle_of_the_replicates() -> None:
    low, high = interval(np.arange(201.0))
    assert (float(low), float(high)) == (5.0, 195.0)
