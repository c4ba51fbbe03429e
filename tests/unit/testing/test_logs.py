"""The synthetic journey log has the properties it states, at any size, in bounded pieces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from harken.testing import logs
from harken.words import DAY, SECOND

EVENTS = 400_000


@pytest.fixture(scope="module")
def log() -> pl.DataFrame:
    return logs.frame(seed=3, events=EVENTS)


@pytest.fixture(scope="module")
def steps(log: pl.DataFrame) -> pl.DataFrame:
    before = pl.col("touchpoint", "occurred").shift().over("customer").name.suffix("_before")
    return log.with_columns(before).drop_nulls().with_columns(gap=pl.col("occurred") - pl.col("occurred_before"))


def test_the_same_seed_gives_the_same_log() -> None:
    assert logs.frame(seed=3, events=5_000).equals(logs.frame(seed=3, events=5_000))
    assert not logs.frame(seed=3, events=5_000).equals(logs.frame(seed=4, events=5_000))


def test_it_is_sorted_and_every_event_has_its_own_place(log: pl.DataFrame) -> None:
    assert log.equals(log.sort("customer", "occurred", "order"))
    assert log["order"].is_unique().all()


def test_events_per_customer_are_lognormal_with_mean_12(log: pl.DataFrame) -> None:
    counts = log.group_by("customer").len()["len"].to_numpy()
    assert abs(len(log) / EVENTS - 1) < 0.03
    assert abs(counts.mean() - 12) < 0.4
    assert abs(np.log(counts).std() - 1.0) < 0.12
    assert counts.min() == 1


def test_touchpoints_are_60_on_6_channels(log: pl.DataFrame) -> None:
    assert log["touchpoint"].n_unique() == 60
    assert log["channel"].n_unique() == 6
    assert (log["touchpoint"] % 6 == log["channel"]).all()
    assert logs.names().height == 60


def test_gaps_are_short_long_or_none(steps: pl.DataFrame) -> None:
    gaps = steps["gap"]
    assert abs((gaps == 0).mean() - 0.01) < 0.002
    assert abs((gaps > 3_600 * SECOND).mean() - 0.337) < 0.01
    short = gaps.filter((gaps > 0) & (gaps < 1_800 * SECOND))
    assert abs(short.mean() / (90 * SECOND) - 1) < 0.1
    assert abs(gaps.filter(gaps > DAY // 2).mean() / (5.5 * DAY) - 1) < 0.05
    assert (gaps >= 0).all()


def test_the_preferred_successor_follows_in_3_of_10_steps(steps: pl.DataFrame) -> None:
    pairs = steps.group_by("touchpoint_before", "touchpoint").len()
    strongest = pairs.sort("len").group_by("touchpoint_before", maintain_order=True).last()
    share = strongest["len"].sum() / steps.height
    assert 0.28 < share < 0.45
    assert 0.09 < (steps["touchpoint"] == steps["touchpoint_before"]).mean() < 0.18


def test_popularity_is_uneven(log: pl.DataFrame) -> None:
    shares = log["touchpoint"].value_counts(sort=True)["count"] / log.height
    assert shares[0] > 3 * shares[40]


def test_pieces_of_a_log_do_not_depend_on_each_other() -> None:
    one = logs.chunk(seed=3, customers=500, first=1_000)
    again = logs.chunk(seed=3, customers=500, first=1_000)
    assert all((one[name] == again[name]).all() for name in one)
    assert one["customer"][0] == 1_000


def test_parquet_holds_what_the_frame_does(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    assert logs.parquet(path, seed=3, events=20_000) == logs.frame(seed=3, events=20_000).height
    assert pl.read_parquet(path).equals(logs.frame(seed=3, events=20_000))
