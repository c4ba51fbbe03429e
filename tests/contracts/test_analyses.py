"""Every analysis there is x every promise analyses make, so that one that is new is held to them at once."""

from __future__ import annotations

import inspect
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.analyses import EXAMPLES, answered, by_api, by_chance_log, material, plain, question, same, tideline_hub
from harken.api.answers import answer_of
from harken.cli import main
from harken.cli.later import QUESTIONS
from harken.cli.later import analyses as listed
from harken.errors import Invalid, NotFound
from harken.hub import Hub
from harken.understand import Analysis, Answer, Scope, analyses
from harken.understand.asking import example_of
from harken.understand.result import Column, csv_text
from unit.understand.logs import SCHEMA

KINDS = {"text", "count", "share", "points", "seconds", "score"}
PERIOD = {"since": "2023-10-01", "until": "2023-11-10"}
RUNS = settings(max_examples=8, deadline=None)
LOGS = st.tuples(st.integers(0, 10_000), st.integers(0, 60))


@pytest.fixture(params=EXAMPLES, ids=[f"{name}-{number}" for name, number in EXAMPLES], scope="module")
def example(request: pytest.FixtureRequest) -> tuple[Analysis, dict[str, Any]]:
    name, number = request.param
    analysis = analyses()[name]
    return analysis, dict(analysis.examples[number])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tideline")


@pytest.fixture(scope="module")
def hub(data: Path) -> Iterator[Hub]:
    with tideline_hub(data) as hub:
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
    answer = hub.journeys.ask(analysis.name, **{**PERIOD, **example_of(analysis, said)})
    told = answer_of(answer).question
    again = {{"from": "since", "to": "until"}.get(name, name): value for name, value in told.items()}
    assert plain(hub.journeys.ask(analysis.name, **again)) == plain(answer)
    assert json.dumps(told)


# ---------------------------------------------------------------------- every door says the same


def test_the_api_says_what_python_says(example: tuple[Analysis, dict[str, Any]], hub: Hub) -> None:
    analysis, said = example
    asked_ = {**PERIOD, **example_of(analysis, said)}
    answer = hub.journeys.ask(analysis.name, **asked_)
    body = {{"since": "from", "until": "to"}.get(name, name): value for name, value in asked_.items()}
    told = by_api(hub, "POST", f"/api/journeys/{analysis.name}", body)
    assert told.status_code == 200, told.text
    assert told.json() == json.loads(msgspec.json.encode(answer_of(answer), enc_hook=str))
    assert told.json()["tables"] == plain(answer)["tables"]
    again = by_api(hub, "POST", f"/api/journeys/{analysis.name}", told.json()["question"])
    assert again.json() == told.json()
    table = [*answer.tables][-1]
    csv = by_api(hub, "POST", f"/api/journeys/{analysis.name}?format=csv&table={table}", body)
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text == answer[table].write_csv()


def test_the_api_lists_who_is_behind_a_row(example: tuple[Analysis, dict[str, Any]], hub: Hub) -> None:
    analysis, said = example
    if analysis.customers is None:
        return
    asked_ = example_of(analysis, said)
    for name, table in plain(hub.journeys.ask(analysis.name, **asked_))["tables"].items():
        for row in table["rows"][:1]:
            body = {**asked_, "row": {"table": name, **row}}
            told = by_api(hub, "POST", f"/api/journeys/{analysis.name}/customers?limit=3", body)
            if told.status_code != 200:
                assert told.status_code in (400, 404)
                continue
            assert told.json()["total"] in counts_of(row)
            assert len(told.json()["data"]) == min(3, told.json()["total"])


def test_the_command_line_says_what_the_api_says(
    example: tuple[Analysis, dict[str, Any]], hub: Hub, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    analysis, said = example
    asked_ = {**example_of(analysis, said), **PERIOD}
    answer = hub.journeys.ask(analysis.name, **asked_)

    def run(*more: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main([analysis.name, *words_of(asked_), "--data", str(data), *more])
        out, err = capsys.readouterr()
        assert ended.value.code == 0, err
        return out

    assert json.loads(run("--json")) == json.loads(msgspec.json.encode(answer_of(answer), enc_hook=str))
    table = next(iter(answer.tables))
    assert run("--csv", table) == csv_text(answer[table])
    assert " ".join(answer.caption.split()) in " ".join(run("--top", "3").split())


def words_of(asked: dict[str, Any]) -> Iterator[str]:
    """A question as words of the command line."""
    for name, value in asked.items():
        for one in value if isinstance(value, list) else [value]:
            yield f"--{name.replace('_', '-')}"
            if one is not True:
                yield str(one)


def test_all_are_listed_with_the_schema_of_what_they_ask(hub: Hub) -> None:
    told = {one["name"]: one for one in by_api(hub, "GET", "/api/analyses").json()["data"]}
    assert list(told) == list(analyses())
    for name, one in told.items():
        assert set(one["question"]["properties"]) >= {"from", "to", "segment", "level", "journey"}
        for example in one["examples"]:
            assert set(example) <= set(one["question"]["properties"])
            assert set(one["question"]["required"]) <= set(example), name
    described = by_api(hub, "GET", "/api/openapi.json").json()
    for name in told:
        body = described["paths"][f"/api/journeys/{name}"]["post"]["requestBody"]["content"]["application/json"]
        assert "examples" in json.dumps(body)


def test_the_command_line_lists_all_without_running_them() -> None:
    told = {one.name: one.summary for one in listed(QUESTIONS)}
    assert told == {name: one.summary for name, one in analyses().items()}


def test_python_has_them_by_name(hub: Hub) -> None:
    for name, analysis in analyses().items():
        assert name in dir(hub.journeys)
        verb = getattr(hub.journeys, name)
        assert analysis.summary in verb.__doc__
        assert "segment" in inspect.signature(verb).parameters
    with pytest.raises(NotFound, match="there are"):
        hub.journeys.ask("funel")
    with pytest.raises(AttributeError, match="analyses:"):
        hub.journeys.funel  # noqa: B018


# ---------------------------------------------------------------------- places that are none


def _misspelled(value: Any, places: set[str]) -> tuple[Any, list[str]]:
    """What a question says with a letter more in each place it names; and those places."""
    if isinstance(value, list):
        both = [_misspelled(one, places) for one in value]
        return [one for one, _ in both], [place for _, named in both for place in named]
    named = [place for place in places if isinstance(value, str) and place in value]
    named = [one for one in named if not any(one != other and one in other for other in named)]
    for place in named:
        value = value.replace(place, f"{place}q")
    return value, named


def test_a_misspelled_place_is_told_with_the_one_that_was_meant(
    example: tuple[Analysis, dict[str, Any]], hub: Hub
) -> None:
    """In whatever field it stands: whoever adds an analysis adds its fields with places to `patterns`."""
    analysis, said = example
    there = {one.touchpoint for one in hub.touchpoints() if one.events}
    wrong, named = {}, []
    for field, value in example_of(analysis, said).items():
        wrong[field], mine = _misspelled(value, there)
        named += mine
    if not named:
        answer = hub.journeys.ask(analysis.name, **wrong)
        assert answer.warnings == ()
        return
    if analysis.name == "next_step" and "after" in wrong:  # steps rather than patterns: refused
        with pytest.raises(NotFound, match=named[0]):
            hub.journeys.ask(analysis.name, **wrong)
        return
    answer = hub.journeys.ask(analysis.name, **wrong)
    for place in named:
        assert any(f"'{place}q'" in one and f"did you mean '{place}'" in one for one in answer.warnings), (
            answer.warnings
        )
        assert f"'{place}q'" in answer.caption
    assert plain(answer)["warnings"] == [*answer.warnings]
