"""Drift: what was changed on purpose is found with its date, what was not is left alone, and counts equal a plain twin."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import About, Answer, journeys_of
from harken.understand.questions import drift
from harken.understand.questions.drift import ANALYSIS, DriftQuestion, since
from unit.understand.logs import DAY, MINUTE, PLACES, by_chance, catalogue, frame, log
from unit.understand.oracle import Asked
from unit.understand.plain import journeys

WEEK = 7 * DAY
AD, PLAN, APP, CALL = "web: Ad", "web: Plan page", "app: Überweisung 💶", "call_center: Billing call"


def ask(events: list[dict], **asked: object) -> Answer:
    question, config = DriftQuestion(**asked), catalogue()  # type: ignore[arg-type]
    return ANALYSIS.answer(journeys_of(frame(events), config, question), About(catalogue=config), question)


def weeks(
    shares: list[float], *, people: int = 300, minutes: list[int] | None = None, feel: list[float] | None = None
) -> list[dict]:
    """So many customers a week at the ad; that share of them goes on to the plan page, the others to the app."""
    chance, rows = random.Random(1), []
    for week, share in enumerate(shares):
        for one in range(people):
            who, at = f"w{week}-{one}", week * WEEK + chance.randrange(6 * DAY)
            emotion = (feel[week] if feel else 0.0) + chance.choice([-0.5, 0.5])
            rows.append((who, at, AD, {"emotion": emotion}))
            took = (minutes[week] if minutes else 5) * MINUTE * chance.uniform(0.5, 2)
            rows.append((who, int(at + took), PLAN if one < share * people else APP))
    rows.append(("last", len(shares) * WEEK - 1, AD))
    return log(*rows)


def test_a_chance_that_fell_is_told_with_when_it_fell() -> None:
    answer = ask(weeks([0.5] * 6 + [0.3, 0.3]), since=0)
    first = answer["alerts"].row(0, named=True)
    both = {
        (row["from"], row["to"])
        for row in answer["alerts"].filter(pl.col("figure") == "next_step").iter_rows(named=True)
    }
    assert both == {(AD, PLAN), (AD, APP)}
    assert first["since_at"] == 6 * WEEK
    fell = answer["alerts"].row(by_predicate=(pl.col("figure") == "next_step") & (pl.col("to") == PLAN), named=True)
    assert (fell["now"], fell["customers"], fell["n_now"]) == (pytest.approx(0.3, abs=0.001), 90, 300)
    assert fell["before"] == pytest.approx((0.5 * 6 + 0.3) / 7)
    assert "1970-02-12" in answer.caption


def test_nothing_is_told_when_nothing_changed() -> None:
    chance = random.Random(5)
    answer = ask(weeks([0.5 + chance.uniform(-0.03, 0.03) for _ in range(9)]), since=0)
    assert answer["alerts"].is_empty()
    assert answer.caption.startswith("Nothing changed beyond chance since 1970-02-26")
    assert answer.totals["tested"] > 5


def test_weeks_that_always_differ_ask_for_a_larger_change() -> None:
    restless = ask(weeks([0.3, 0.6, 0.3, 0.6, 0.3, 0.6, 0.3, 0.6]), since=0)
    assert restless["alerts"].filter(pl.col("figure") == "next_step").is_empty()


def test_time_and_emotion_that_changed_are_told() -> None:
    events = weeks([0.5] * 8, minutes=[5] * 7 + [15], feel=[0.5] * 7 + [-0.5])
    told = {row["figure"]: row for row in ask(events, since=0)["alerts"].iter_rows(named=True)}
    assert told.keys() == {"time", "emotion"}
    assert told["emotion"]["change"] == pytest.approx(-1, abs=0.15)
    assert 2.5 < told["time"]["now"] / told["time"]["before"] < 3.5
    assert told["time"]["since_at"] == told["emotion"]["since_at"] == 7 * WEEK


def test_moves_count_when_they_arrive_so_slow_ones_are_not_missed() -> None:
    """Who set out last week and has not arrived yet is neither here nor there."""
    events = weeks([0.5] * 8)
    late = log(*[(f"late{n}", 8 * WEEK - 2, AD) for n in range(200)])
    answer = ask([*events, *late], since=0)
    assert answer["alerts"].filter(pl.col("figure") == "next_step").is_empty()


def test_too_few_periods_or_customers_are_said_to_be_too_few() -> None:
    assert ask(weeks([0.5, 0.1, 0.5]), since=0).caption.startswith("Too early to tell: it takes 4 whole periods")
    assert ask(weeks([0.5] * 8, people=4), since=0).totals["tested"] == 0


def test_since_is_where_one_level_becomes_another() -> None:
    assert since(np.full(6, 100.0), np.array([10.0, 11, 9, 30, 31, 29])) == 3
    assert since(np.array([0.0, 100, 100, 100]), np.array([0.0, 10, 10, 50])) == 3


def test_customers_of_an_alert_are_those_of_the_last_period() -> None:
    config, question = catalogue(), DriftQuestion(since=0)
    given_ = journeys_of(frame(weeks([0.5] * 7 + [0.2])), config, question), About(catalogue=config), question
    alerts = ANALYSIS.answer(*given_)["alerts"]
    assert alerts.height >= 2
    assert ANALYSIS.customers is not None
    for row in alerts.iter_rows(named=True):
        people = ANALYSIS.customers(*given_, {"table": "alerts", **row})
        assert people.n_unique() == len(people) == row["customers"]
        assert all(one.startswith("w7") for one in people if one != "last")
    with pytest.raises(Invalid, match="alerts"):
        ANALYSIS.customers(*given_, {"table": "watched"})


@pytest.mark.parametrize(
    "asked", [{"figures": ("mood",)}, {"length": 0}, {"periods": 2}, {"false_alarms": 0.0}, {"points": 2.0}]
)
def test_a_wrong_question_is_refused(asked: dict) -> None:
    with pytest.raises(Invalid):
        DriftQuestion(**asked).check()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.sampled_from(["life", "visit"]))
def test_what_is_tested_equals_a_plain_twin(seed: int, size: int, journey: str) -> None:
    events, config = by_chance(seed, size), catalogue()
    question = DriftQuestion(journey=journey, length=3 * DAY, periods=6)
    everybody = journeys_of(frame(events), config, question)
    nodes = drift.nodes_of(everybody, config, "touchpoint")
    begins = drift.weekly.periods(drift._first(everybody), everybody.until, question.length, 7)
    all_of, _ = journeys(events, PLACES, Asked(journey=journey))
    wanted: dict = defaultdict(set)
    took: dict = defaultdict(int)

    def period(event: dict) -> int:
        return (event["occurred"] - int(begins[0])) // question.length if event["occurred"] >= begins[0] else -1

    def name(event: dict) -> str:
        told = event["touchpoint"] or "(none)"
        return f"{told} (touchpoint)" if told == "OTHER" else told

    for one in all_of:
        for step in one.steps:
            wanted["reach", name(step), "", period(step)].add(one.profile)
        for a, b in zip(one.steps, one.steps[1:], strict=False):
            wanted["next_step", name(a), name(b), period(b)].add(one.profile)
            took[name(a), period(b)] += 1
    if len(begins) < 2:
        return
    for one in drift._series(everybody, nodes, begins, question):
        start, end = nodes.ids[one.start], nodes.ids[one.end] if one.end >= 0 else ""
        for number in range(len(begins) - 1):
            if one.figure in ("reach", "next_step"):
                assert one.total[number] == len(wanted[one.figure, start, end, number])
            if one.figure == "time":
                assert one.n[number] == took[start, number]
