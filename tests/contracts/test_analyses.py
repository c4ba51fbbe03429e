"""Every analysis there is x every promise analyses make, so that one that is new is held to them at once."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.analyses import EXAMPLES, answered, by_chance_log, material, plain, question, same, tideline_hub
from harken.api.answers import answer_of
from harken.errors import Invalid, NotFound
from harken.hub import Hub
from harken.understand import Analysis, Answer, Scope, analyses
from harken.understand.asking import example_of
from harken.understand.result import Column
from unit.understand.logs import SCHEMA

KINDS = {"text", "count", "share", "points", "seconds", "score"}
RUNS = settings(max_examples=12, deadline=None)
LOGS = st.tuples(st.integers(0, 10_000), st.integers(0, 60))


@pytest.fixture(params=EXAMPLES, ids=[f"{name}-{number}" for name, number in EXAMPLES], scope="module")
def example(request: pytest.FixtureRequest) -> tuple[Analysis, dict[str, Any]]:
    name, number = request.param
    analysis = analyses()[name]
    return analysis, dict(analysis.examples[number])


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with tideline_hub(tmp_path_factory.mktemp("tideline")) as hub:
        yield hub


def asked(example: tuple[Analysis, dict[str, Any]], **more: Any) -> Scope:
    analysis, said = example
    return question(analysis, example_of(analysis, said), **more)


def well_told(analysis: Analysis, answer: Answer) -> None:
    """Header, caption, totals and tables are there and fit one another, and JSON can say them."""
    told = plain(answer)
    assert told["analysis"] == told["header"]["analysis"] == answer.analysis == analysis.name
    assert answer.caption.strip()
    assert answer.caption.endswith((".", "!"))
    assert answer.tables
    for name, table in answer.tables.items():
        assert name.isidentifier()
        assert isinstance(table.columns, tuple)
        assert table.columns
        shown = [one.name for one in table.columns if isinstance(one, Column)]
        assert len({*shown}) == len(shown) == len(table.columns)
        assert {*shown} <= {*table.frame.columns}, f"{name}: columns that the frame does not have"
        assert {one.kind for one in table.columns} <= KINDS
        assert all(one.title for one in table.columns)
        assert len(told["tables"][name]["rows"]) == table.frame.height
    assert "<table" in answer._repr_html_()


# ---------------------------------------------------------------------- there


@pytest.mark.parametrize("name", analyses())
def test_it_says_what_it_is(name: str) -> None:
    analysis = analyses()[name]
    assert name.isidentifier()
    assert name == name.lower()
    assert analysis.title
    assert analysis.summary.endswith(".")
    assert analysis.examples, "an example shows how it is asked"
    assert analysis.question.__doc__


# ---------------------------------------------------------------------- on logs by chance


@RUNS
@given(log=LOGS)
def test_it_answers_any_log(example: tuple[Analysis, dict[str, Any]], log: tuple[int, int]) -> None:
    events, config = by_chance_log(*log)
    well_told(example[0], answered(example[0], events, config, asked(example)))


@RUNS
@given(log=LOGS, seed=st.integers(0, 99))
def test_the_order_of_rows_and_frames_changes_nothing(
    example: tuple[Analysis, dict[str, Any]], log: tuple[int, int], seed: int
) -> None:
    events, config = by_chance_log(*log)
    wanted = plain(answered(example[0], events, config, asked(example)))
    chance = random.Random(seed)
    shuffled = events.sample(fraction=1.0, shuffle=True, seed=seed)
    profiles = sorted(events["profile"].unique())
    cut = chance.randrange(len(profiles) + 1)
    halves = [shuffled.filter(pl.col("profile").is_in(some)) for some in (profiles[cut:], profiles[:cut])]
    for other in (shuffled, [half.lazy() for half in halves]):
        assert same(plain(answered(example[0], other, config, asked(example))), wanted)


def test_it_answers_when_nothing_happened(example: tuple[Analysis, dict[str, Any]]) -> None:
    _, config = by_chance_log(0, 0)
    answer = answered(example[0], pl.DataFrame(schema=SCHEMA), config, asked(example))
    well_told(example[0], answer)
    assert answer.header.customers == answer.header.events == 0


@pytest.mark.parametrize("touchpoint", ["web: Ad", "web: /unmapped", "OTHER"])
def test_it_answers_about_one_event(example: tuple[Analysis, dict[str, Any]], touchpoint: str) -> None:
    _, config = by_chance_log(0, 0)
    event = {"profile": "p", "occurred": 10**15, "seq": 1, "touchpoint": touchpoint, "channel": "web", "type": "page"}
    answer = answered(example[0], pl.DataFrame([event], schema=SCHEMA), config, asked(example))
    well_told(example[0], answer)
    assert answer.header.customers == answer.header.events == 1


@RUNS
@given(log=LOGS)
def test_as_many_customers_are_behind_a_row_as_it_counts(
    example: tuple[Analysis, dict[str, Any]], log: tuple[int, int]
) -> None:
    if example[0].customers is None:
        return
    events, config = by_chance_log(*log)
    behind(example[0], *material(events, config, asked(example)))


def behind(analysis: Analysis, *given: Any) -> None:
    """Hold rows against the customers behind them. A table whose rows nobody stands behind is refused."""
    assert analysis.customers is not None
    answer = analysis.answer(*given)
    known = {profile for part in given[0].parts for profile in part.profiles}
    for name, table in plain(answer)["tables"].items():
        for row in table["rows"]:
            try:
                people = analysis.customers(*given, {"table": name, **row})
            except (Invalid, NotFound):
                continue
            assert people.n_unique() == people.len()
            assert people.len() in counts_of(row), f"{name}: {row}"
            assert {*people} <= known


def counts_of(row: dict[str, Any]) -> set[int]:
    """What a row counts: who is behind it is one of these numbers."""
    return {value for value in row.values() if isinstance(value, int) and not isinstance(value, bool)}


# ---------------------------------------------------------------------- on Tideline, through every door


def test_its_examples_make_sense_at_tideline(example: tuple[Analysis, dict[str, Any]], hub: Hub) -> None:
    analysis, said = example
    answer = hub.journeys.ask(analysis.name, **example_of(analysis, said))
    well_told(analysis, answer)
    assert answer.header.customers > 50
    assert any(table.frame.height for table in answer.tables.values())


def test_at_tideline_too_customers_are_behind_rows(example: tuple[Analysis, dict[str, Any]], hub: Hub) -> None:
    analysis, said = example
    if analysis.customers is None:
        return
    asked_ = example_of(analysis, said)
    answer = hub.journeys.ask(analysis.name, **asked_)
    for name, table in plain(answer)["tables"].items():
        for row in table["rows"][:3]:
            try:
                people = hub.journeys.customers(analysis.name, {"table": name, **row}, **asked_)
            except (Invalid, NotFound):
                continue
            assert len({*people}) == len(people)
            assert len(people) in counts_of(row), f"{name}: {row}"
            assert hub.profiles(among={*people}).total == len(people)


def test_what_was_asked_can_be_asked_again(example: tuple[Analysis, dict[str, Any]], hub: Hub) -> None:
    analysis, said = example
    period = {"since": "2026-12-20", "until": "2027-01-10"}
    answer = hub.journeys.ask(analysis.name, **{**period, **example_of(analysis, said)})
    told = answer_of(answer).question
    again = {{"from": "since", "to": "until"}.get(name, name): value for name, value in told.items()}
    assert plain(hub.journeys.ask(analysis.name, **again)) == plain(answer)
    assert json.dumps(told)
