"""A change that comes to several groups at different times: counted by hand, found with honest intervals, and not mixed up with
customers who have it already."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import numpy as np
import polars as pl
import pytest

from harken.errors import Invalid
from harken.understand import About, Answer, journeys_of
from harken.understand.asking import question_of
from harken.understand.questions.effect import ANALYSIS, EffectQuestion
from harken.words import Config
from unit.understand.logs import DAY, log

WEEK = 7 * DAY
A, WON = "web: A", "web: Thanks"


def made(events: pl.DataFrame, members: dict[str, list[str]], asked: dict) -> tuple:
    question = EffectQuestion(**({"goals": (WON,), "segments": tuple(members)} | asked))
    told = {name: pl.Series(who, dtype=pl.String) for name, who in members.items()}
    return journeys_of(events.lazy(), Config(), question), About(catalogue=Config(), members=told), question


def ask(events: pl.DataFrame, members: dict[str, list[str]], **asked: object) -> Answer:
    return ANALYSIS.answer(*made(events, members, asked))


STORY = pl.DataFrame(
    log(
        *((who, 0, A) for who in "abcdefnm"),
        # Paris gets it in week 4, Lyon in week 8; each is watched for two weeks
        ("a", 4 * WEEK, WON), ("b", 5 * WEEK, WON), ("b", 3 * WEEK, WON), ("c", 4 * WEEK, WON),  # c is of Lyon: not yet
        ("c", 8 * WEEK, WON), ("d", 9 * WEEK, WON), ("n", 9 * WEEK, WON), ("a", 8 * WEEK, WON),
    )
).select("profile", "occurred", "seq", "touchpoint")  # fmt: skip
CITIES = {"paris": ["a", "b"], "lyon": ["c", "d"]}
TIMES = {"changed_at": (4 * WEEK, 8 * WEEK), "since": 0, "until": 10 * WEEK, "window": 2 * WEEK}


def test_each_group_is_compared_around_its_own_moment_with_those_who_have_it_not_yet() -> None:
    """Paris: 1 of 2 before, 2 of 2 after; beside it Lyon and the others: 0 of 6 before, 1 of 6 after. Lyon, in week 8: 0 of 2
    before, 2 of 2 after; beside it only the others, for Paris has it: 0 of 4 before, 1 of 4 after."""
    found = ask(STORY, CITIES, **TIMES)
    assert found["groups"].select("group", "customers", "before", "after").rows() == [
        ("paris", 2, 1, 2), ("not yet, beside paris", 6, 0, 1), ("lyon", 2, 0, 2), ("not yet, beside lyon", 4, 0, 1),
    ]  # fmt: skip
    paris, lyon = 0.5 - 1 / 6, 1 - 1 / 4
    assert found["rollout"]["effect"].to_list() == pytest.approx([paris, lyon])
    assert found["rollout"]["changed_on"].to_list() == ["1970-01-29", "1970-02-26"]
    assert found.totals["effect"] == pytest.approx((paris + lyon) / 2)
    assert (found.totals["with_change"], found.totals["without"]) == (4, 6)


def test_the_people_behind_a_group_are_as_many() -> None:
    given = made(STORY, CITIES, TIMES)
    assert ANALYSIS.customers is not None
    assert ANALYSIS.customers(*given, {"group": "not yet, beside lyon"}).sort().to_list() == ["e", "f", "m", "n"]
    assert ANALYSIS.customers(*given, {"group": "lyon", "reached": "after"}).sort().to_list() == ["c", "d"]
    assert ANALYSIS.customers(*given, {"group": "paris", "reached": "before"}).to_list() == ["b"]


def test_a_group_that_is_not_watched_long_enough_only_stands_beside_others() -> None:
    found = ask(STORY, CITIES, **(TIMES | {"until": 9 * WEEK}))
    assert found["rollout"]["group"].to_list() == ["paris"]
    assert "no: 1 are not" in found["assumptions"]["holds"].to_list()


def test_moments_and_segments_that_do_not_fit_are_refused() -> None:
    for asked, right in (
        ({"changed_at": (1, 2, 3)}, "as many `segments`"),
        ({"changed_at": (1, 2), "segments": ("a", "b"), "random": True}, "drawn by lot"),
        ({"changed_at": (1,), "segments": ("a", "b", "c")}, "the one to compare it with"),
    ):
        with pytest.raises(Invalid, match=right):
            EffectQuestion(**({"segments": ("a", "b")} | asked)).check()  # type: ignore[arg-type]


def test_one_moment_or_several_may_be_said() -> None:
    def said(moment: object) -> tuple[int, ...]:
        asked = question_of(
            "effect", EffectQuestion, {"segments": ["a", "b"], "changed_at": moment}, lambda one, name: hash(one)
        )
        assert isinstance(asked, EffectQuestion)
        return asked.changed_at

    assert said("2026-01-31") == (hash("2026-01-31"),)
    assert len(said(datetime(2026, 1, 31))) == 1
    assert len(said(["2026-01-31", "2026-02-28"])) == 2


# ---------------------------------------------------------------------- simulated


STARTS, WEEKS, WINDOW = (8, 12, 16), 24, 4


def world(seed: int, grows: float, size: int = 900) -> tuple[pl.DataFrame, dict[str, list[str]], np.ndarray]:
    """Three groups that get the change in week 8, 12 and 16, and one that never does. Customers differ, weeks differ for all alike.
    The longer somebody has the change, the more it does: `grows` a week. Also which group each customer is in (3: never)."""
    chance = np.random.default_rng(seed)
    group = chance.integers(0, 4, size)
    level = chance.beta(1, 12, size)
    week = 0.02 + 0.02 * np.sin(np.arange(WEEKS))
    start = np.array([*STARTS, WEEKS])[group]
    since = np.arange(WEEKS)[None, :] - start[:, None] + 1
    share = np.clip(level[:, None] + week + grows * np.clip(since, 0, None), 0, 1)
    who, when = np.nonzero(chance.random((size, WEEKS)) < share)
    rows = pl.DataFrame({"profile": who, "occurred": when * WEEK + 1, "touchpoint": [WON] * len(who)})
    there = pl.DataFrame({"profile": np.arange(size), "occurred": np.zeros(size, np.int64), "touchpoint": [A] * size})
    events = pl.concat([there, rows]).with_columns(pl.col("profile").cast(pl.String)).with_row_index("seq")
    members = {f"g{n}": [str(one) for one in np.flatnonzero(group == n)] for n in range(3)}
    return events, members, group


@cache
def effects(grows: float) -> tuple[float, ...]:
    """Of each group, the mean effect on it: how many more reach the goal in the window, by many draws of the same world."""
    week = 0.02 + 0.02 * np.sin(np.arange(WEEKS))
    level = np.random.default_rng(0).beta(1, 12, 100_000)
    found = []
    for start in STARTS:
        never = np.prod([1 - (level + week[start + k]) for k in range(WINDOW)], axis=0)
        treated = np.prod([1 - np.clip(level + week[start + k] + grows * (k + 1), 0, 1) for k in range(WINDOW)], axis=0)
        found.append(float((never - treated).mean()))
    return tuple(found)


ASKED = {
    "changed_at": tuple(start * WEEK for start in STARTS), "since": 0, "until": WEEKS * WEEK, "window": WINDOW * WEEK,
}  # fmt: skip


def test_a_known_effect_lies_in_the_interval_as_often_as_it_says() -> None:
    """120 worlds with an effect that grows: 95 % intervals hold it in at least 91 %, on average they are right to a point."""
    held, values = [], []
    for seed in range(1_000, 1_120):
        events, members, group = world(seed, 0.02)
        found = ask(events, members, **ASKED).totals
        true = np.average(effects(0.02), weights=np.bincount(group, minlength=4)[:3])
        held.append(found["low"] <= true <= found["high"])  # type: ignore[operator]
        values.append(float(found["effect"]) - true)  # type: ignore[arg-type]
    assert np.mean(held) >= 0.91
    assert abs(np.mean(values)) < 0.01


def test_without_an_effect_one_is_told_about_as_seldom_as_said() -> None:
    told = [ask(*world(seed, 0.0)[:2], **ASKED).totals for seed in range(100, 220)]
    assert np.mean([one["p"] < 0.05 for one in told]) <= 0.1  # type: ignore[operator]
    assert np.mean([not one["checks_passed"] for one in told]) <= 0.12


def two_way_fixed_effects(events: pl.DataFrame, group: np.ndarray) -> float:
    """The usual regression: reached in a week, on customer, week, and having the change; by taking out means twice over."""
    won = events.filter(pl.col("touchpoint") == WON)
    reached = np.zeros((len(group), WEEKS))
    reached[won["profile"].cast(pl.Int64).to_numpy(), (won["occurred"] // WEEK).to_numpy()] = 1
    has = (np.arange(WEEKS)[None, :] >= np.array([*STARTS, WEEKS])[group][:, None]).astype(float)

    def freed(values: np.ndarray) -> np.ndarray:
        return np.asarray(values - values.mean(0) - values.mean(1, keepdims=True) + values.mean())

    return float((freed(has) * freed(reached)).sum() / (freed(has) ** 2).sum())


def test_an_effect_that_grows_is_not_taken_for_a_smaller_one_as_by_a_regression_with_fixed_effects() -> None:
    """When everybody gets the change in the end the regression compares with those who have it already. It tells a quarter or less of the
    true weekly effect on those with the change; week by week beside those who have it not yet, ours is right."""
    grows, size, ours, theirs, true = 0.01, 1_500, [], [], []
    for seed in range(12):
        events, members, group = world(seed, grows, size)
        kept = group < 3
        events = events.filter(pl.col("profile").cast(pl.Int64).is_in(np.flatnonzero(kept)))
        found = ask(events, members, **ASKED)["periods"].filter(pl.col("period").is_between(0, WINDOW - 1))
        before = ask(events, members, **ASKED)["periods"].filter(pl.col("period") < 0)["difference"].mean()
        ours.append(found["difference"].mean() - before)
        true.append(grows * np.mean(np.arange(1, WINDOW + 1)))
        row = np.full(len(group), -1)
        row[kept] = np.arange(kept.sum())
        again = events.with_columns(
            pl.Series("profile", row[events["profile"].cast(pl.Int64).to_numpy()]).cast(pl.String)
        )
        theirs.append(two_way_fixed_effects(again, group[kept]))
    mean_so_far = np.mean([grows * (1 + WEEKS - start) / 2 for start in STARTS])  # over all weeks with the change
    assert np.mean(ours) == pytest.approx(np.mean(true), abs=0.006)
    assert np.mean(theirs) < 0.5 * mean_so_far
