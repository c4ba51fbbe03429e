"""Answers to surveys: which events they are, what they are about, what they come to, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from harken.errors import Invalid
from harken.manage.documents import config, encode, read
from harken.understand import About, Answer, journeys_of
from harken.understand.questions.kpis import ANALYSIS, KpisQuestion
from harken.understand.surveys import ABOUT_NONE, score_of
from harken.understand.told import EVENT
from harken.understand.trend import scores_by_week
from harken.words import Config, Document, Match, Survey
from unit.understand.logs import DAY, MINUTE, catalogue, log

AD, PLAN, CALL, SURVEY = "web: Ad", "web: Plan page", "call_center: Billing call", "message: NPS survey"
PLAIN = Config()


def events_of(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """(profile, occurred, touchpoint, properties, event name) as a frame with a text for each property."""
    made = log(*[row[:3] for row in rows])
    frame = pl.DataFrame(made).select("profile", "occurred", "seq", "touchpoint", "channel", "type")
    frame = frame.with_columns(pl.Series("name", [row[4] if len(row) > 4 else "" for row in rows]), source=pl.lit("s"))
    said = [row[3] if len(row) > 3 else {} for row in rows]
    names = sorted({name for one in said for name in one})
    return frame.with_columns(
        pl.Series(name, [None if name not in one else str(one[name]) for one in said], dtype=pl.String)
        for name in names
    )


def ask(events: pl.DataFrame, known: Config = PLAIN, **asked: Any) -> Answer:
    """The key figures, the hub having read just what is wanted."""
    question = KpisQuestion(**asked)
    journeys = journeys_of(events.lazy(), known, question)
    assert ANALYSIS.wanted is not None
    wanted = ANALYSIS.wanted(journeys.places, known, question)
    assert wanted is not None
    there = journeys.places.filter(pl.Series(wanted.places))
    told = events.join(there, on=["touchpoint", "channel", "name", "source", "type"], how="semi")
    columns = [pl.col(name) if name in told else pl.lit(None, dtype=pl.String).alias(name) for name in wanted.columns]
    about = About(catalogue=known, told=told.select(*EVENT, *columns))
    return ANALYSIS.answer(journeys, about, question)


def scores(answer: Answer) -> dict[tuple[str, str], tuple[int, float]]:
    return {(row["id"], row["asks"]): (row["answers"], row["score"]) for row in answer["surveys"].iter_rows(named=True)}


def test_an_answer_at_a_survey_is_about_the_contact_before_it() -> None:
    """Other surveys in between are looked through; one with nothing before, or too long before, is about none."""
    answer = ask(
        events_of(
            ("a", 0, AD), ("a", DAY, CALL), ("a", DAY + 1, SURVEY), ("a", DAY + 2, SURVEY, {"nps": 9}),
            ("b", 0, CALL), ("b", MINUTE, SURVEY, {"nps": 3}),
            ("c", 0, SURVEY, {"nps": 10}),
            ("d", 0, AD), ("d", 15 * DAY, SURVEY, {"nps": 10}),
        )
    )  # fmt: skip
    assert scores(answer) == {(CALL, "NPS"): (2, 0.0), ("(nothing before)", "NPS"): (2, 1.0)}
    call = answer["touchpoints"].row(by_predicate=pl.col("id") == CALL, named=True)
    assert (call["nps"], call["nps_n"], call["answered"]) == (0.0, 2, 1.0)
    assert (answer.totals["answers"], answer.totals["answers_about_none"]) == (4, 2)


def test_an_answer_where_other_things_happen_is_about_that_touchpoint() -> None:
    answer = ask(events_of(("a", 0, AD), ("a", 1, CALL), ("a", 2, CALL, {"csat": 5}, "CallRated"), ("b", 0, CALL)))
    assert scores(answer) == {(CALL, "CSAT"): (1, 1.0)}


def test_an_answer_at_the_instant_of_a_contact_is_about_what_comes_before_it_in_order() -> None:
    answer = ask(events_of(("a", 5, AD), ("a", 5, SURVEY, {"nps": 0}), ("a", 5, CALL)))
    assert scores(answer) == {(AD, "NPS"): (1, -1.0)}


@pytest.mark.parametrize(
    ("name", "properties", "asks", "score"),
    [
        ("NPS answered", {"score": 9}, "NPS", 1.0),
        ("nps_answered", {"score": "8"}, "NPS", 0.0),
        ("NpsSubmitted", {"rating": 6}, "NPS", -1.0),
        ("CSAT", {"rating": 4}, "CSAT", 1.0),
        ("Satisfaction rated", {"value": 3}, "CSAT", 0.0),
        ("CES answered", {"answer": 7}, "CES", 7.0),
        ("Survey Answered", {"ces": 2.5}, "CES", 2.5),
        ("Feedback given", {"nps_score": 10}, "NPS", 1.0),
    ],
)
def test_answers_are_recognized_by_name_and_property(name: str, properties: dict, asks: str, score: float) -> None:
    answer = ask(events_of(("a", 0, CALL), ("a", 1, "message: Form", properties, name)))
    assert [*scores(answer).values()] == [(1, score)]
    assert answer["surveys"]["asks"].to_list() == [asks]


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("Product Rated", {"rating": 5}),  # a rating of a product is none of the three
        ("Recommended products", {"value": 9}),
        ("Order Completed", {"nps": 9}),
        ("NPS answered", {"score": "very"}),
        ("NPS answered", {"score": "nan"}),
        ("NPS answered", {}),
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(name: str, properties: dict) -> None:
    answer = ask(events_of(("a", 0, CALL), ("a", 1, "web: Page", properties, name)))
    assert answer["surveys"].is_empty()
    assert "nps" not in [one.name for one in answer.tables["touchpoints"].columns]


def test_numbers_off_the_scale_are_left_out_and_told() -> None:
    answer = ask(
        events_of(
            ("a", 0, CALL), ("a", 1, SURVEY, {"nps": 11}), ("a", 2, SURVEY, {"nps": -1}), ("a", 3, SURVEY, {"nps": 10})
        )
    )
    assert scores(answer) == {(CALL, "NPS"): (1, 1.0)}
    assert answer.totals["answers_outside"] == 2
    assert "2 answers are not on the scale" in answer.tables["touchpoints"].note


def test_a_survey_of_the_catalogue_says_events_property_scale_and_what_it_is_about() -> None:
    """`Call Ended` is no survey by its name; grade 1 is best; only calls with reason=billing ask."""
    survey = Survey(
        id="grade", asks="csat", match=(Match(name="Call Ended", properties={"reason": "billing", "vip": True}),),
        property="grade", worst=6, best=1, about="before",
    )  # fmt: skip
    told = {"grade": 2, "reason": "billing", "vip": "true"}
    events = events_of(
        ("a", 0, AD), ("a", 1, CALL, told, "Call Ended"), ("b", 0, AD), ("b", 1, CALL, {**told, "grade": 3}, "Call Ended"),
        ("c", 0, AD), ("c", 1, CALL, {**told, "reason": "sales"}, "Call Ended"), ("d", 0, AD), ("d", 1, SURVEY, {"nps": 9}),
    )  # fmt: skip
    known = Config(surveys={"grade": survey})
    assert scores(ask(events, known)) == {(AD, "CSAT"): (2, 0.5)}
    here = Config(surveys={"grade": replace(survey, about="here")})
    assert scores(ask(events, here)) == {(CALL, "CSAT"): (2, 0.5)}
    ease = Config(surveys={"grade": replace(survey, asks="ces", about="")})
    assert scores(ask(events, ease)) == {(CALL, "CES"): (2, pytest.approx(1 + 6 * (0.8 + 0.6) / 2))}


def test_a_survey_is_a_document_like_others() -> None:
    body = {"id": "nps", "match": [{"name": "NPS answered"}], "property": "points"}
    document = Document(kind="survey", id="nps", version=1, state="published", body=encode(read("survey", body)), at=0)
    assert config([document], 1).surveys == {
        "nps": Survey(id="nps", match=(Match(name="NPS answered"),), property="points")
    }


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ({}, "needs `match`"),
        ({"match": [{"name": "a"}], "property": ""}, "needs `property`"),
        ({"match": [{"name": "a"}], "asks": "csat", "worst": 1}, "two different ends"),
        ({"match": [{"name": "a"}], "asks": "nps", "worst": 1, "best": 5}, "from 0 to 10"),
        ({"match": [{"name": "a"}], "asks": "stars"}, "asks"),
    ],
)
def test_a_wrong_survey_is_refused(body: dict, right: str) -> None:
    with pytest.raises(Invalid, match=right):
        read("survey", {"id": "x", **body})


def test_customers_behind_a_score_are_those_who_gave_it() -> None:
    question = KpisQuestion()
    events = events_of(
        ("a", 0, CALL), ("a", 1, SURVEY, {"nps": 9}), ("b", 0, CALL), ("b", 1, SURVEY, {"nps": 0}), ("c", 0, CALL)
    )
    given = journeys_of(events.lazy(), PLAIN, question), About(catalogue=PLAIN, told=events.drop_nulls("nps")), question
    assert ANALYSIS.customers is not None
    row = {"table": "surveys", "id": CALL, "asks": "NPS"}
    assert ANALYSIS.customers(*given, row).to_list() == ["a", "b"]
    assert ANALYSIS.customers(*given, {**row, "gave": "best"}).to_list() == ["a"]
    assert ANALYSIS.customers(*given, {**row, "asks": "nps", "gave": "worst"}).to_list() == ["b"]
    with pytest.raises(Invalid, match="a row of surveys has"):
        ANALYSIS.customers(*given, {**row, "asks": "stars"})


# ---------------------------------------------------------------------- how sure


def test_nps_of_few_answers_is_not_sure_even_when_all_agree() -> None:
    one = score_of("nps", np.ones(4), list("abcd"))
    assert one.value == one.high == 1.0
    assert one.low < 0.5


def test_intervals_of_nps_cover_the_truth_as_often_as_they_say() -> None:
    """Four kinds of company, 15 to 200 answers, 2,000 draws each: at least 93 % and not much more than 95 %."""
    chance = np.random.default_rng(3)
    for shares in ([0.2, 0.3, 0.5], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1], [0.34, 0.33, 0.33]):
        truth = shares[2] - shares[0]
        for n in (15, 50, 200):
            drawn = chance.choice([-1.0, 0.0, 1.0], size=(2_000, n), p=shares)
            who = [str(one) for one in range(n)]
            found = [score_of("nps", row, who) for row in drawn]
            held = np.mean([one.low <= truth <= one.high for one in found])
            assert 0.93 <= held <= 0.985, (shares, n, held)


@pytest.mark.parametrize("asks", ["nps", "csat", "ces"])
def test_intervals_hold_when_customers_answer_again_and_again_alike(asks: str) -> None:
    """40 customers with 5 answers each that mostly repeat the first: as sure as of 40 answers, not of 200."""
    chance = np.random.default_rng(11)
    levels = {"nps": [-1.0, 0.0, 1.0], "csat": [0.0, 1.0], "ces": [*range(1, 8)]}[asks]
    truth, held, alone = float(np.mean(levels)), [], []
    who = [str(one) for one in np.repeat(np.arange(40), 5)]
    for _ in range(600):
        own = np.repeat(chance.choice(levels, 40), 5)
        again = np.where(chance.random(200) < 0.85, own, chance.choice(levels, 200)).astype(float)
        one, naive = score_of(asks, again, who), score_of(asks, again, [str(n) for n in range(200)])
        held.append(one.low <= truth <= one.high)
        alone.append(naive.low <= truth <= naive.high)
    assert np.mean(held) >= 0.92
    assert np.mean(alone) < 0.8  # what counting answers instead of customers would have said


def test_a_week_of_scores_beyond_its_limits_is_marked() -> None:
    chance = np.random.default_rng(5)
    rows = []
    for week in range(9):
        shares = [0.2, 0.3, 0.5] if week < 8 else [0.8, 0.1, 0.1]
        drawn = chance.choice([-1.0, 0.0, 1.0], 40, p=shares).tolist()
        rows += [(CALL, "call", "NPS", week * 7 * DAY + 1, score) for score in drawn]
    answers = pl.DataFrame(rows, schema=["id", "label", "asks", "occurred", "score"], orient="row")
    begins = np.arange(10) * 7 * DAY
    told = scores_by_week(answers, begins, 7 * DAY)
    assert told["signal"].to_list() == [""] * 8 + ["below"]
    assert told["answers"].to_list() == [40] * 9
    assert told.row(8, named=True)["usual"] == pytest.approx(answers.head(320)["score"].mean())
    few = scores_by_week(answers.filter(pl.col("occurred") < 3 * 7 * DAY), begins[:4], 7 * DAY)
    assert few["low"].null_count() == 3


def test_about_none_is_no_node() -> None:
    assert ABOUT_NONE < 0
    assert catalogue().surveys == {}
