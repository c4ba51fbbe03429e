"""Logs of a company whose customers go by fixed chances, so that nothing changes but what is changed on purpose."""

from __future__ import annotations

import numpy as np
import polars as pl

from harken.words import DAY, SECOND

WEEK = 7 * DAY
NODES = ("Home", "Search", "Product", "Basket", "Checkout", "Order", "Help", "Chat", "Call", "Account")
MEAN_STEPS = 6


def chances(seed: int = 0) -> np.ndarray:
    """From each node to each, and nowhere (last column): a few ways are common, most are rare, as on real sites."""
    drawn = np.random.default_rng(1_000 + seed)
    found = drawn.gamma(0.5, size=(len(NODES), len(NODES) + 1))
    found[:, -1] = found[:, :-1].sum(axis=1) / (MEAN_STEPS - 1)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def doubled(before: np.ndarray, start: int, end: int) -> np.ndarray:
    """The same with the chance of one step twice as large, the others from there as much smaller."""
    after = before.copy()
    chance = before[start, end]
    after[start] *= (1 - 2 * chance) / (1 - chance)
    after[start, end] = 2 * chance
    return after


def changed(before: np.ndarray, after: np.ndarray, weeks: int, ago: int) -> np.ndarray:
    """Chances of each week: those after the change in the last `ago` weeks."""
    return np.stack([before] * (weeks - ago) + [after] * ago)


def restless(seed: int, ways: np.ndarray, weeks: int, spread: float) -> np.ndarray:
    """Chances of each week that differ from week to week: each way more or less common by about `spread` (of 1)."""
    noise = np.random.default_rng(2_000 + seed).lognormal(0, spread, (weeks, *ways.shape))
    found = ways * noise
    return np.asarray(found / found.sum(axis=2, keepdims=True))


def company(seed: int, ways: np.ndarray, *, weeks: int, people: int) -> pl.DataFrame:
    """About `people` new customers a week, from two weeks before week 0 on, so that all weeks have some who came earlier. Steps go
    by the chances `ways`, or those of their week. Gaps between steps are hours to days, and differ by customer."""
    chance = np.random.default_rng(seed)
    many = chance.poisson(people * (weeks + 2))
    at = chance.integers(-2 * WEEK, weeks * WEEK, many)
    node = np.minimum(chance.geometric(0.45, many) - 1, len(NODES) - 1)
    who, slow = np.arange(many), chance.lognormal(0, 0.7, many)
    rows: list[pl.DataFrame] = []
    bounds = np.cumsum(np.broadcast_to(ways, (weeks, *ways.shape[-2:])), axis=2)
    while len(who):
        emotion = np.clip(chance.normal(0.2, 1, len(who)).round(), -2, 2)
        rows.append(
            pl.DataFrame(
                {
                    "profile": who,
                    "occurred": at,
                    "node": node,
                    "emotion": emotion,
                    "told": chance.random(len(who)) < 0.3,
                }
            )
        )
        at = at + (slow[who] * chance.lognormal(9, 1.6, len(who)) * SECOND).astype(np.int64)
        mine = bounds[np.clip(at // WEEK, 0, weeks - 1), node]
        node = (chance.random(len(who))[:, None] > mine).sum(axis=1)
        goes = (node < len(NODES)) & (at < weeks * WEEK)
        who, at, node = who[goes], at[goes], node[goes]
    every = pl.concat(rows).filter(pl.col("occurred") >= 0).sort("occurred")
    end = pl.DataFrame(
        {"profile": [-1], "occurred": [weeks * WEEK - 1], "node": [0], "emotion": [0.0], "told": [False]}
    )
    every = pl.concat([every, end])
    names = pl.Series(NODES)
    return every.select(
        pl.col("profile").cast(pl.String), "occurred", pl.int_range(pl.len()).alias("seq"), names.gather(every["node"]).alias("touchpoint"),
        pl.when("told").then("emotion").alias("emotion"),
    )  # fmt: skip
