"""Who came back: counted by hand, against a plain twin on random logs, and in agreement with the map."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import MapQuestion, journey_map, journeys_of
from harken.understand.analysis import About, Answer
from harken.understand.questions.retention import ANALYSIS, RetentionQuestion
from unit.understand.logs import DAY, PLACES, by_chance, catalogue, frame, log
from unit.understand.oracle import is_step

A, B = "web: A", "web: B"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def ask(events: list[dict] | pl.LazyFrame | list[pl.LazyFrame], **asked: object) -> Answer:
    question = RetentionQuestion(**asked)
    events = frame(events) if isinstance(events, list) and (not events or isinstance(events[0], dict)) else events
    return ANALYSIS.answer(journeys_of(events, catalogue(), question), About(catalogue=catalogue()), question)


def people(events: list[dict], row: dict, **asked: object) -> set[str]:
    question = RetentionQuestion(**asked)
    found = ANALYSIS.customers(
        journeys_of(frame(events), catalogue(), question), About(catalogue=catalogue()), question, row
    )
    assert found.n_unique() == len(found)
    return set(found)


def cells(answer: Answer) -> dict[tuple[str, int], tuple[int, int]]:
    return {row[:2]: row[2:4] for row in answer["cells"].iter_rows()}


WEEKS = log(
    ("ada", at("2026-03-02"), A),  # Monday, the very first instant of a week
    ("ada", at("2026-03-09"), B),  # a week later, to the instant
    ("bob", at("2026-03-08T23:59:59"), A),  # the last second of the same week
    ("bob", at("2026-03-20"), A),
    ("cy", at("2026-03-10"), A),
    ("dee", at("2026-03-25"), A),
)


def test_cohorts_are_calendar_weeks_from_monday_and_cells_whose_week_is_not_over_are_empty() -> None:
    found = ask(WEEKS)
    assert cells(found) == {
        ("2026-03-02", 0): (2, 2), ("2026-03-02", 1): (2, 1), ("2026-03-02", 2): (2, 1),
        ("2026-03-09", 0): (1, 1), ("2026-03-09", 1): (1, 0),
    }  # fmt: skip
    assert found["cohorts"].rows() == [
        ("2026-03-02", 2, 1.0, 0.5, 0.5), ("2026-03-09", 1, 1.0, 0.0, None), ("2026-03-23", 1, None, None, None),
    ]  # fmt: skip
    assert found["periods"].select("period", "customers", "returned").rows() == [(0, 3, 3), (1, 3, 1), (2, 2, 1)]
    assert (
        found.caption
        == "1 of 3 came back in the week after their first; after 2 weeks, 50 % of the 2 who began so long ago."
    )


def test_the_end_of_a_period_to_the_instant_makes_its_cell_known() -> None:
    assert ("2026-03-23", 0) in cells(ask(WEEKS, until=at("2026-03-30")))
    assert ("2026-03-23", 0) not in cells(ask(WEEKS, until=at("2026-03-30") - 1))


def test_months_have_their_own_lengths() -> None:
    events = log(
        ("ada", at("2026-01-31"), A), ("ada", at("2026-02-28T23:59:59"), A),
        ("bob", at("2026-01-01"), A), ("bob", at("2026-03-01"), A),
    )  # fmt: skip
    found = ask(events, period="month", until=at("2026-04-01"))
    assert cells(found) == {("2026-01-01", 0): (2, 2), ("2026-01-01", 1): (2, 1), ("2026-01-01", 2): (2, 1)}


def test_times_before_1970_belong_to_their_week() -> None:
    found = ask(log(("ada", at("1969-12-28"), A), ("ada", at("1969-12-31"), A)), until=at("1970-01-05"))
    assert cells(found) == {("1969-12-22", 0): (1, 1), ("1969-12-22", 1): (1, 1)}


def test_a_period_nobody_came_back_in_is_zero_when_it_is_over() -> None:
    found = ask(log(("ada", at("2026-03-02"), A)), until=at("9999-12-27"), periods=3)
    assert [returned for _, returned in cells(found).values()] == [1, 0, 0, 0]


def test_who_may_have_begun_before_the_period_is_in_no_cohort() -> None:
    events = log(("ada", at("2026-03-01"), A), ("ada", at("2026-03-04"), A), ("bob", at("2026-03-20"), A))
    found = ask(events, since=at("2026-03-02"), until=at("2026-04-06"))
    assert (found.totals["began_before"], found.totals["in_cohorts"], found.totals["customers"]) == (1, 1, 2)
    assert {cohort for cohort, _ in cells(found)} == {"2026-03-16"}


def test_beginning_and_coming_back_may_be_certain_places() -> None:
    """Steps before the first at such a place are not counted; the first step itself is one at `back` or is not."""
    events = log(
        ("ada", at("2026-03-02"), B), ("ada", at("2026-03-10"), A), ("ada", at("2026-03-17"), B), ("bob", at("2026-03-03"), B),
    )  # fmt: skip
    found = ask(events, first=A, back=B, until=at("2026-03-30"))
    assert cells(found) == {("2026-03-09", 0): (1, 0), ("2026-03-09", 1): (1, 1), ("2026-03-09", 2): (1, 0)}
    assert found.totals["never_began"] == 1
    assert people(
        events, {"table": "cells", "cohort": "2026-03-09", "period": 1}, first=A, back=B, until=at("2026-03-30")
    ) == {"ada"}


def test_only_the_newest_cohorts_are_shown_and_those_before_are_one_row_with_the_same_sum() -> None:
    found = ask(WEEKS, cohorts=1)
    assert found["cohorts"]["cohort"].to_list() == ["earlier", "2026-03-23"]
    assert found["cohorts"]["customers"].sum() == found.totals["in_cohorts"] == 4
    assert cells(found)["earlier", 1] == (3, 1)
    assert cells(found)["earlier", 2] == (2, 1)
    assert people(WEEKS, {"table": "cells", "cohort": "earlier", "period": 2}, cohorts=1) == {"bob"}


def test_of_nobody_and_of_one_step_something_sensible_is_said() -> None:
    assert ask([]).caption == "Nobody began in this period."
    one = ask(log(("ada", 0, A)))
    assert one.caption == "Nobody can know yet who of 1 comes back: no week after the first is over."
    assert one["cohorts"].rows() == [("1969-12-29", 1)]
    assert one.to_dict()["tables"]["cells"]["rows"] == []


@pytest.mark.parametrize("asked", [{"period": "year"}, {"periods": 0}, {"cohorts": 1000}, {"back": "stage:"}])
def test_a_question_that_cannot_be_answered_says_what_would_be_right(asked: dict) -> None:
    with pytest.raises(Invalid):
        ask(WEEKS, **asked)


def test_a_cohort_there_is_none_of_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="2026-03-02"):
        people(WEEKS, {"table": "cells", "cohort": "yesterday"})


def period_of(moment: int, period: str) -> datetime:
    day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return day.replace(day=1) if period == "month" else day - timedelta(days=day.weekday() if period == "week" else 0)


def following(start: datetime, period: str) -> datetime:
    if period == "month":
        return (start + timedelta(days=32)).replace(day=1)
    return start + timedelta(days=7 if period == "week" else 1)


def plain(events: list[dict], until: int, period: str, periods: int, back: str) -> dict:
    known, mine = {place.id: place for place in PLACES}, defaultdict(list)
    for event in events:
        if is_step(event, known) and event["occurred"] < until:
            mine[event["profile"]].append(event)
    cohorts, found = defaultdict(list), {}
    for steps in mine.values():
        cohorts[period_of(min(one["occurred"] for one in steps), period)].append(steps)
    for start, members in cohorts.items():
        now = start
        for after in range(periods + 1):
            then = following(now, period)
            if then > datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=until):
                break
            came = [
                steps
                for steps in members
                if any(period_of(one["occurred"], period) == now and back in ("", one["touchpoint"]) for one in steps)
            ]
            found[str(start.date()), after] = (len(members), len(came))
            now = then
    return found


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(0, 60),
    st.integers(DAY, 90 * DAY),
    st.sampled_from(["day", "week", "month"]),
    st.integers(1, 9),
    st.sampled_from(["", "web: Ad"]),
    st.sampled_from(["life", "visit"]),
)
def test_retention_equals_the_plain_reference_and_the_people_behind_a_cell_are_as_many(
    seed: int, size: int, until: int, period: str, periods: int, back: str, journey: str
) -> None:
    events = by_chance(seed, size)
    asked = {"until": until, "period": period, "periods": periods, "cohorts": 400, "back": back, "journey": journey}
    found = ask(events, **asked)
    wanted = plain(events, until, period, periods, back)
    assert cells(found) == wanted
    for cohort, after in list(wanted)[:3]:
        assert len(people(events, {"cohort": cohort, "period": after}, **asked)) == wanted[cohort, after][1]
        assert len(people(events, {"cohort": cohort}, **asked)) == wanted[cohort, after][0]
    assert (
        found.totals["in_cohorts"] == journey_map(frame(events), catalogue(), MapQuestion(until=until)).totals.customers
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_neither_the_order_of_rows_nor_the_cut_into_frames_matters(seed: int, size: int) -> None:
    events = by_chance(seed, size)
    whole = pl.concat([frame(events)]).collect()
    split = [part.lazy() for part in whole.partition_by("profile")]
    assert ask(events).to_dict() == ask(split).to_dict() == ask(whole.reverse().lazy()).to_dict()
