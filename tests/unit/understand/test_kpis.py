"""Key figures per touchpoint: as the map counts them, goals by hand and against a plain twin, weeks and what fell silent."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import About, Answer, MapQuestion, journey_map, journeys_of
from harken.understand.questions.kpis import ANALYSIS, KpisQuestion
from harken.understand.trend import limits
from unit.understand.logs import DAY, MINUTE, PLACES, by_chance, catalogue, frame, log
from unit.understand.oracle import Asked
from unit.understand.plain import journeys

HOUR = 60 * MINUTE
AD, PLAN, APP, GOAL = "web: Ad", "web: Plan page", "app: Überweisung 💶", "web: Sign-up"


def ask(events: list[dict], **asked: object) -> Answer:
    question = KpisQuestion(**({"goals": (GOAL,)} | asked))  # type: ignore[arg-type]
    config = catalogue()
    return ANALYSIS.answer(journeys_of(frame(events), config, question), About(catalogue=config), question)


def rows(answer: Answer) -> dict[str, dict]:
    return {row["id"]: row for row in answer["touchpoints"].iter_rows(named=True)}


def test_reach_time_and_emotion_are_told_for_each_touchpoint() -> None:
    found = rows(
        ask(log(("a", 0, AD, {"emotion": 1.0}), ("a", HOUR, PLAN), ("b", 0, AD, {"emotion": -0.5}), ("c", 0, PLAN)))
    )
    ad = found[AD]
    assert (ad["customers"], ad["reach"], ad["median_seconds"]) == (2, pytest.approx(2 / 3), 3_600)
    assert (ad["emotion"], ad["positive"], ad["negative"], ad["net"]) == (0.25, 0.5, 0.5, 0.0)
    assert ad["emotion_low"] < 0.25 < ad["emotion_high"]
    assert found[PLAN]["net"] is None


def test_customers_who_told_an_emotion_may_be_listed() -> None:
    config, question = catalogue(), KpisQuestion()
    events = log(("a", 0, AD, {"emotion": 1.0}), ("b", 0, AD), ("c", 0, PLAN, {"emotion": 1.0}))
    given_ = journeys_of(frame(events), config, question), About(catalogue=config), question
    assert ANALYSIS.customers is not None
    assert ANALYSIS.customers(*given_, {"id": AD, "told": True}).to_list() == ["a"]
    silent = journeys_of(frame(log(("a", 0, AD))), config, question), About(catalogue=config), question
    assert ANALYSIS.customers(*silent, {"id": AD, "told": True}).is_empty()


def test_goals_of_those_who_were_there_and_of_the_others() -> None:
    """a and b were at the ad, a bought after; d bought without it, e not; buying before does not count as after."""
    found = rows(
        ask(log(
            ("a", 0, AD), ("a", HOUR, GOAL), ("b", 0, GOAL), ("b", HOUR, AD), ("d", 0, PLAN), ("d", HOUR, GOAL), ("e", 0, PLAN)
        ))
    )  # fmt: skip
    assert (found[AD]["goal_with"], found[AD]["goal_without"]) == (0.5, 0.5)
    assert found[GOAL]["goal_with"] is None


def test_adjusted_compares_customers_at_the_same_fork_watched_as_long() -> None:
    """After the ad a and b went to the app, c elsewhere, d nowhere; a bought. e came too late to be watched."""
    events = log(
        ("a", 0, AD), ("a", HOUR, APP), ("a", 2 * HOUR, GOAL), ("b", 0, AD), ("b", HOUR, APP), ("c", 0, AD),
        ("c", HOUR, PLAN), ("d", 0, AD), ("e", 19 * DAY, AD), ("e", 20 * DAY, APP),
    )  # fmt: skip
    row = rows(ask(events))[APP]
    assert (row["goal_adjusted"], row["goal_n"], row["goal_matched_n"]) == (0.5, 2, 2)
    assert row["goal_low"] < 0.5 < row["goal_high"]


def test_limits_are_wider_when_weeks_differ_more_than_chance() -> None:
    of = np.full(8, 1_000)
    share, usual, low, high = limits(np.array([100, 100, 100, 100, 100, 100, 100, 150]), of)
    assert (usual, share[-1] > high[-1]) == (pytest.approx(0.1), True)
    assert high[-1] == pytest.approx(0.1 + 3 * np.sqrt(0.1 * 0.9 / 1_000))
    _, _, wide_low, wide_high = limits(np.array([50, 150, 50, 150, 50, 150, 100, 150]), of)
    assert wide_high[-1] > high[-1]
    assert wide_low[-1] < low[-1]
    assert np.isnan(limits(np.array([1, 2, 3]), np.array([9, 9, 9]))[1])


def test_a_week_beyond_the_limits_is_flagged_and_says_since_when() -> None:
    events = []
    for week in range(9):
        for customer in range(200):
            place = AD if customer < (20 if week < 8 else 90) else PLAN
            events.append((f"w{week}-{customer}", week * 7 * DAY + DAY, place))
    answer = ask(log(*events, ("end", 63 * DAY - 1, PLAN)), since=0)
    ad = answer["trend"].filter(pl.col("id") == AD)
    assert ad["customers"].to_list() == [20] * 8 + [90]
    assert ad["signal"].to_list() == [""] * 8 + ["above"]
    assert rows(answer)[AD]["signal"] == "above"
    assert "beyond their usual limits" in answer.caption


def test_what_fell_silent_and_what_was_never_seen_are_named() -> None:
    events = [(f"{week}-{one}", week * 7 * DAY, AD) for week in range(5) for one in range(10)]
    events += [(f"p{week}", week * 7 * DAY, PLAN) for week in range(9)]
    found = rows(ask(log(*events, ("end", 63 * DAY - 1, PLAN)), since=0))
    assert (found[AD]["status"], found[PLAN]["status"]) == ("stopped", "active")
    assert (found[APP]["status"], found[APP]["customers"]) == ("never", 0)


def test_what_is_not_shown_is_one_row_and_can_be_opened() -> None:
    events = log(("a", 0, AD), ("a", 1, PLAN), ("a", 2, APP), ("b", 0, AD), ("c", 0, PLAN), ("d", 0, APP))
    config, question = catalogue(), KpisQuestion(limit=1)
    given_ = journeys_of(frame(events), config, question), About(catalogue=config), question
    other = ANALYSIS.answer(*given_)["touchpoints"].row(by_predicate=pl.col("status") == "other", named=True)
    assert (other["customers"], other["events"], other["label"]) == (3, 4, "2 others")
    assert ANALYSIS.customers is not None
    assert ANALYSIS.customers(*given_, {"table": "touchpoints", **other}).to_list() == ["a", "b", "c"]
    assert ANALYSIS.customers(*given_, {"id": AD}).to_list() == ["a", "b"]
    with pytest.raises(Invalid, match="named by `id`"):
        ANALYSIS.customers(*given_, {"table": "trend"})


@pytest.mark.parametrize("asked", [{"within": 0}, {"length": -1}, {"weeks": 0}, {"limit": 0}])
def test_a_wrong_question_is_refused(asked: dict) -> None:
    with pytest.raises(Invalid):
        KpisQuestion(**asked).check()


def name(event: dict) -> str:
    told = event["touchpoint"] or "(none)"
    return f"{told} (touchpoint)" if told == "OTHER" else told


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 60), st.sampled_from(["life", "visit"]), st.sampled_from([None, 20 * DAY]))
def test_key_figures_equal_the_map_and_a_plain_twin(seed: int, size: int, journey: str, since: int | None) -> None:
    events = by_chance(seed, size)
    answer = ask(events, journey=journey, since=since, within=DAY, weeks=3, length=5 * DAY)
    drawn = journey_map(frame(events), catalogue(), MapQuestion(journey=journey, since=since)).nodes
    met = answer["touchpoints"].filter(pl.col("status").is_in(["active", "stopped"]))
    shared = ["id", "customers", "journeys", "events", "median_seconds", "emotion", "emotion_n"]
    assert met.select(shared).equals(drawn.select(shared))
    all_of, end = journeys(events, PLACES, Asked(journey=journey, since=since))
    lives = defaultdict(list)
    for one in all_of:
        lives[one.profile] += one.steps
    bought = {who for who, steps in lives.items() if any(step["touchpoint"] == GOAL for step in steps)}
    assert answer.totals["customers_with_goal"] == len(bought)
    for row in met.iter_rows(named=True):
        there = {who for who, steps in lives.items() if any(name(step) == row["id"] for step in steps)}
        after = 0
        for who in there:
            places = [name(step) for step in lives[who]]
            after += GOAL in places[places.index(row["id"]) + 1 :]
        if row["id"] != GOAL and bought:
            assert row["goal_with"] == pytest.approx(after / len(there))
            others = len(lives) - len(there)
            assert row["goal_without"] == (pytest.approx(len(bought - there) / others) if others else None)
        weeks = answer["trend"].filter(pl.col("id") == row["id"])
        for begin, customers in weeks.select("begins_at", "customers").iter_rows():
            wanted = {
                who
                for who, steps in lives.items()
                if any(name(step) == row["id"] and begin <= step["occurred"] < begin + 5 * DAY for step in steps)
            }
            assert customers == len(wanted)
    if answer["trend"].height:
        assert answer["trend"]["begins_at"].max() == end - 5 * DAY
