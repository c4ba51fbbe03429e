"""When customers leave: counted by hand, against a plain twin on random logs, and in agreement with the map."""

from __future__ import annotations

import math
from collections import defaultdict

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid, NotFound
from harken.understand import MapQuestion, journey_map, journeys_of
from harken.understand.analysis import About, Answer
from harken.understand.questions.churn import ANALYSIS, ChurnQuestion
from unit.understand.logs import DAY, PLACES, by_chance, catalogue, frame, log
from unit.understand.oracle import is_step

A, B = "web: A", "web: B"


def about(members: dict[str, list[str]] | None = None) -> About:
    return About(
        catalogue=catalogue(),
        members={name: pl.Series(who, dtype=pl.String) for name, who in (members or {}).items()},
    )


def ask(events: list[dict] | pl.LazyFrame | list[pl.LazyFrame], members: dict | None = None, **asked: object) -> Answer:
    question = ChurnQuestion(**asked)
    events = frame(events) if isinstance(events, list) and (not events or isinstance(events[0], dict)) else events
    return ANALYSIS.answer(journeys_of(events, catalogue(), question), about(members), question)


def people(events: list[dict], row: dict, members: dict | None = None, **asked: object) -> set[str]:
    question = ChurnQuestion(**asked)
    found = ANALYSIS.customers(journeys_of(frame(events), catalogue(), question), about(members), question, row)
    assert found.n_unique() == len(found)
    return set(found)


LIVES = log(
    ("once", 0, A),
    ("ada", 0, A), ("ada", 7 * DAY, A),  # leaves at the very end of week 1
    ("bob", 0, A), ("bob", 7 * DAY + 1, A),  # leaves in week 2
    ("cy", 0, A), ("cy", 8 * DAY, A),
    ("dee", 0, A), ("dee", 95 * DAY, A),  # still there
    ("eve", 90 * DAY, A),  # began when nobody can know any more
    ("fay", 0, A), ("fay", 90 * DAY, A),  # last seen at the very horizon: still open
)  # fmt: skip
WHEN = {"until": 100 * DAY, "horizon": 10 * DAY}


def test_each_life_is_watched_until_the_horizon_before_the_end() -> None:
    found = ask(LIVES, **WHEN)
    assert found.totals == {
        "customers": 7, "counted": 6, "too_new": 1, "began_before": 0, "left": 4, "still_there": 2,
    }  # fmt: skip
    rows = found["periods"].select("label", "at_risk", "left", "chance", "still_there").rows()
    assert rows[0] == ("at once", 6, 1, pytest.approx(1 / 6), pytest.approx(5 / 6))
    assert rows[1] == ("week 1", 5, 1, pytest.approx(1 / 5), pytest.approx(4 / 6))
    assert rows[2] == ("week 2", 4, 2, pytest.approx(1 / 2), pytest.approx(2 / 6))
    assert rows[3] == ("week 3", 2, 0, 0.0, pytest.approx(2 / 6))
    assert len(rows) == 14  # weeks 1 to 13 hold day 90
    assert found["periods"]["censored"].sum() == 2


def test_the_answer_says_when_leaving_sets_in_the_median_and_what_to_focus_on() -> None:
    found = ask(LIVES, **WHEN)
    row = found["groups"].row(0, named=True)
    assert row["at_once"] == pytest.approx(1 / 6)
    assert (row["onset_seconds"], row["median_seconds"], row["focus"]) == (7 * 86400, 7 * 86400 + 1e-6, "week 2")
    assert (
        found.caption
        == "Focus on leaving in week 2 after the first step: 2 of 4 still there leave then; half have left after 7 d."
    )


def test_one_life_that_ends_late_does_not_beat_many_that_end_early() -> None:
    """All of one are gone in week 9, 30 of 100 in week 1: the focus is on week 1."""
    events = log(
        *((f"p{n}", day * DAY, A) for n in range(30) for day in (0, 2)),
        *((f"q{n}", day * DAY, A) for n in range(70) for day in (0, 2, 40 + n / 10)),
        ("late", 0, A), ("late", 60 * DAY, A),
    )  # fmt: skip
    found = ask(events, until=150 * DAY, horizon=45 * DAY)
    weeks = {row["label"]: row for row in found["periods"].iter_rows(named=True)}
    assert weeks["week 9"]["chance"] == 1.0
    assert weeks["week 1"]["left"] == 30
    assert found["groups"]["focus"].item() != "week 9"


def test_what_comes_after_the_last_period_told_is_one_row_and_nothing_to_focus_on() -> None:
    found = ask(LIVES, periods=1, **WHEN)
    assert found["periods"].select("label", "at_risk", "left").rows() == [
        ("at once", 6, 1),
        ("week 1", 5, 1),
        ("later", 4, 2),
    ]
    assert found["groups"]["focus"].item() == "week 1"
    late = ask(log(("ada", 0, A), ("ada", 40 * DAY, A)), periods=1, until=100 * DAY)
    assert late.caption == "1 of 1 have left, none in the first 1 weeks; half have left after 40 d."


def test_segments_are_compared_and_who_is_in_none_is_the_others() -> None:
    events = log(
        *((f"short{n}", day * DAY, A) for n in range(30) for day in (0, 1 + n % 3)),
        *((f"long{n}", day * DAY, A) for n in range(30) for day in (0, 20 + n % 5)),
        ("nobody", 0, A), ("nobody", 5 * DAY, A),
    )  # fmt: skip
    members = {"short": [f"short{n}" for n in range(30)] + ["stranger"], "long": [f"long{n}" for n in range(30)]}
    found = ask(events, members, segments=("short", "long"), until=100 * DAY, horizon=30 * DAY)
    assert found["groups"].select("group", "customers", "left").rows() == [
        ("short", 30, 30),
        ("long", 30, 30),
        ("(others)", 1, 1),
    ]
    assert found.totals["p"] < 1e-6
    assert found.totals["freedom"] == 2
    assert found.caption == (
        "The groups differ in when they leave (by chance alone: less than 1 in 1,000): long half after 22 d, short half after 2 d."
    )
    assert (
        len(
            people(
                events,
                {"group": "short", "period": 1},
                members,
                segments=("short", "long"),
                until=100 * DAY,
                horizon=30 * DAY,
            )
        )
        == 30
    )


def test_customers_in_several_segments_are_told() -> None:
    found = ask(LIVES, {"x": ["ada", "bob"], "y": ["ada", "cy"]}, segments=("x", "y"), **WHEN)
    assert found.totals["in_several"] == 1
    assert "1 customers are in several groups" in found.tables["groups"].note


def test_who_may_have_begun_before_the_period_is_left_out() -> None:
    found = ask(LIVES, since=0, **WHEN)
    assert (found.totals["began_before"], found.totals["counted"], found.totals["too_new"]) == (6, 0, 1)
    assert found.caption == "Nobody was watched long enough to tell when customers leave."


def test_of_nobody_of_one_step_and_of_all_at_one_instant_something_sensible_is_said() -> None:
    for events in ([], log(("ada", 5, A)), log(*((f"p{n}", 5, A) for n in range(4)))):
        found = ask(events)
        assert found.caption == "Nobody was watched long enough to tell when customers leave."
        assert found.totals["counted"] == 0
        found.to_dict()
    once = ask(log(*((f"p{n}", 5, A) for n in range(4))), until=90 * DAY)
    assert once.caption == "Who leaves does so at once: 4 of 4; half have left after 0 s."
    open_ = ask(log(("ada", 0, A), ("ada", 30 * DAY, A)), horizon=10 * DAY)
    assert open_.caption == "Nobody has left yet of 1 customers."


@pytest.mark.parametrize("asked", [{"journey": "visit"}, {"period": "year"}, {"periods": 0}, {"onset": 1.5}])
def test_a_question_that_cannot_be_answered_says_what_would_be_right(asked: dict) -> None:
    with pytest.raises(Invalid):
        ask(LIVES, **asked)


def test_a_segment_nobody_told_the_members_of_and_a_group_there_is_none_of_are_refused() -> None:
    with pytest.raises(NotFound, match="there are x"):
        ask(LIVES, {"x": []}, segments=("y",))
    with pytest.raises(Invalid, match="everybody"):
        people(LIVES, {"group": "x"})


def plain(events: list[dict], until: int, horizon: int, since: int | None) -> tuple[list[tuple[int, bool]], int, int]:
    """Every life that is counted as (how long, left), and how many are too new and may have begun before."""
    known, mine = {place.id: place for place in PLACES}, defaultdict(list)
    for event in events:
        if is_step(event, known) and event["occurred"] < until and (since is None or event["occurred"] >= since):
            mine[event["profile"]].append(event["occurred"])
    lives, new, before = [], 0, 0
    for times in mine.values():
        first, last, end = min(times), max(times), until - horizon
        if since is not None and first - since < horizon:
            before += 1
        elif first >= end:
            new += 1
        else:
            lives.append((last - first, True) if last < end else (end - first, False))
    return lives, new, before


def still_there(lives: list[tuple[int, bool]], time: int) -> float:
    share = 1.0
    for when in sorted({length for length, left in lives if left and length <= time}):
        watched = sum(length >= when for length, _ in lives)
        share *= 1 - sum(length == when and left for length, left in lives) / watched
    return share


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 60),
    st.integers(0, 90 * DAY),
    st.sampled_from([0, DAY, 5 * DAY]),
    st.sampled_from([None, 0, 9 * DAY]),
    st.sampled_from(["day", "week"]),
)
def test_leaving_equals_the_plain_reference_and_agrees_with_the_map(
    seed: int, size: int, until: int, horizon: int, since: int | None, period: str
) -> None:
    events = by_chance(seed, size)
    until = max(until, (since or 0) + 1)
    asked = {"until": until, "horizon": horizon, "since": since, "period": period, "periods": 20}
    found = ask(events, **asked)
    lives, new, before = plain(events, until, horizon, since)
    left = sum(gone for _, gone in lives)
    assert found.totals == {
        "customers": len(lives) + new + before, "counted": len(lives), "too_new": new, "began_before": before,
        "left": left, "still_there": len(lives) - left,
    }  # fmt: skip
    scope = {"until": until, "horizon": horizon, "since": since}
    totals = journey_map(frame(events), catalogue(), MapQuestion(**scope)).totals
    assert totals.customers == found.totals["customers"]
    if since is None:
        assert (totals.left, totals.still_open) == (left, len(lives) - left + new)
    length = {"day": DAY, "week": 7 * DAY}[period]
    rows = found["periods"].filter(pl.col("label") != "later")
    for row in rows.iter_rows(named=True):
        end = row["period"] * length
        assert row["still_there"] == pytest.approx(still_there(lives, end))
        mine = [one for one, gone in lives if gone and -(-one // length) == row["period"]]
        assert row["left"] == len(mine) == len(people(events, {"group": "everybody", "period": row["period"]}, **asked))
        assert math.isnan(row["low"]) or 0 <= row["low"] <= row["chance"] + 1e-9
    assert found["periods"]["left"].sum() == left


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_neither_the_order_of_rows_nor_the_cut_into_frames_matters(seed: int, size: int) -> None:
    whole = frame(by_chance(seed, size)).collect()
    split = [part.lazy() for part in whole.partition_by("profile")]
    members = {"x": ["p1", "p2"]}
    answers = [
        ask(one, members, segments=("x",), horizon=DAY).to_dict()
        for one in (whole.lazy(), split, whole.reverse().lazy())
    ]
    assert answers[0] == answers[1] == answers[2]
