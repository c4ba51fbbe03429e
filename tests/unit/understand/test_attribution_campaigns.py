"""Credit to campaigns: paths of what brought customers, counted by hand, exact to the last goal."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.errors import Invalid
from harken.understand import About, Answer, journeys_of
from harken.understand.questions.attribution import ANALYSIS, AttributionQuestion
from harken.understand.told import EVENT
from harken.words import Config
from unit.understand.logs import DAY
from unit.understand.test_surveys import events_of

A, B, WON = "web: A", "web: B", "web: Thanks"
END = 100 * DAY


def material(rows: tuple[tuple[Any, ...], ...], asked: dict) -> tuple:
    """Rows (profile, occurred, touchpoint, campaign)."""
    events = events_of(*(row[:3] for row in rows))
    question = AttributionQuestion(**({"goals": (WON,), "credited": "campaigns", "now": END, "replicates": 0} | asked))
    names = pl.Series("campaign", [row[3] if len(row) > 3 else None for row in rows], dtype=pl.String)
    told = events.select(*EVENT).with_columns(names).drop_nulls("campaign")
    return journeys_of(events.lazy(), Config(), question), About(catalogue=Config(), told=told), question


def ask(*rows: tuple[Any, ...], **asked: Any) -> Answer:
    return ANALYSIS.answer(*material(rows, asked))


def credit(answer: Answer, model: str) -> dict[str, float]:
    return {id: value for id, value in answer["touchpoints"].select("id", model).iter_rows() if value}


STORY = (
    ("a", 0, A, "spring"), ("a", 1, B), ("a", 2, A, "mail"), ("a", 3, WON),  # steps without a campaign have no part
    ("a", 4, B), ("a", 5, WON),  # nothing brought this one
    ("b", 0, A, "spring"), ("b", 1, A, "spring"), ("b", 2, WON, "brand"),  # the goal's own comes before it
    ("c", 0, A, "mail"), ("d", 0, B),  # c left without, d was never brought
    ("e", 99 * DAY, A, "mail"),  # nobody knows yet
)  # fmt: skip


def test_campaigns_are_credited_by_every_rule() -> None:
    answer = ask(*STORY)
    assert credit(answer, "first") == {"spring": 2.0, "(nothing before)": 1.0}
    assert credit(answer, "last") == {"mail": 1.0, "brand": 1.0, "(nothing before)": 1.0}
    assert credit(answer, "linear") == pytest.approx({"spring": 1 / 2 + 2 / 3, "mail": 1 / 2, "brand": 1 / 3, "(nothing before)": 1.0}, abs=1e-6)  # fmt: skip
    assert credit(answer, "shapley") == {"spring": 1.0, "mail": 0.5, "brand": 0.5, "(nothing before)": 1.0}
    totals = {
        name: answer.totals[name] for name in ("conversions", "nothing_before", "lost_paths", "open_paths", "nodes")
    }
    assert totals == {"conversions": 3, "nothing_before": 1, "lost_paths": 1, "open_paths": 1, "nodes": 3}
    assert "markov" in answer["touchpoints"].columns
    assert "no campaign have no part" in answer.tables["touchpoints"].note


def test_repeats_of_a_campaign_may_be_one() -> None:
    assert credit(ask(*STORY, repeats="collapse"), "linear")["spring"] == 1.0


def test_those_behind_a_campaign_are_as_many() -> None:
    given_ = material(STORY, {})
    assert ANALYSIS.customers is not None
    for row in ANALYSIS.answer(*given_)["touchpoints"].iter_rows(named=True):
        assert ANALYSIS.customers(*given_, {"table": "touchpoints", **row}).len() == row["customers"]


def test_without_a_path_that_led_nowhere_markov_says_nothing() -> None:
    answer = ask(("a", 0, A, "spring"), ("a", 1, WON))
    assert "markov" not in answer["touchpoints"].columns
    assert "nothing can be said by Markov" in answer.tables["touchpoints"].note


def test_where_no_campaign_is_told_nothing_is_credited_to_one() -> None:
    assert credit(ask(("a", 0, A), ("a", 1, WON)), "first") == {"(nothing before)": 1.0}
    with pytest.raises(Invalid, match="there are places, campaigns"):
        ask(("a", 0, A), credited="people")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.sampled_from([A, B, WON]), st.sampled_from([None, "x", "y", "z"])),
        min_size=1, max_size=40,
    ),
    st.integers(1, 3),
)  # fmt: skip
def test_every_model_gives_away_just_what_there_was(rows: list[tuple], nodes: int) -> None:
    answer = ask(*((who, at * DAY, *more) for who, at, *more in rows), nodes=nodes)
    won = sum(row[2] == WON for row in rows)
    assert answer.totals["conversions"] == won
    for model in ("first", "last", "linear", "decay", "position", "shapley", "markov"):
        if model in answer["touchpoints"].columns:
            assert answer["touchpoints"][model].sum() == pytest.approx(won, abs=1e-9)
