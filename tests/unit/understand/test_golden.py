"""Numbers that other programs counted of the same log (`golden/log.py`), each run by hand in an environment of its own.

pm4py: `discover_dfg`, `discover_performance_dfg`, `get_variants` after a stable sort by customer and time.
retentioneering: `Eventstream.funnel_data` (which knows no window) and `get_event_counts`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from harken.understand import About, JourneyMap, MapQuestion, Scope, analysis, journey_map, journeys_of
from harken.words import Config
from unit.understand.golden.log import rows

FOLDER = Path(__file__).parent / "golden"


def told(program: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{program}.json").read_text())
    return found


@pytest.fixture(scope="module")
def log() -> pl.LazyFrame:
    return pl.LazyFrame(rows(), schema=["profile", "occurred", "touchpoint"], orient="row")


@pytest.fixture(scope="module")
def drawn(log: pl.LazyFrame) -> JourneyMap:
    return journey_map(log, Config(), MapQuestion())


def ask(log: pl.LazyFrame, name: str, **said: Any) -> Any:
    one = analysis(name)
    question = one.question(**said)
    question.check()
    return one.answer(journeys_of(log, Config(), Scope()), About(catalogue=Config()), question)


def test_moves_and_their_median_times_are_those_of_pm4py(drawn: JourneyMap) -> None:
    wanted = told("pm4py")
    counts = {(a, b): n for a, b, n in wanted["moves"]}
    times = {(a, b): seconds for a, b, seconds in wanted["median_seconds"]}
    found = {(row["from"], row["to"]): row for row in drawn.moves.iter_rows(named=True)}
    assert {link: row["events"] for link, row in found.items()} == counts
    assert {link: row["median_seconds"] for link, row in found.items()} == pytest.approx(times)
    assert (drawn.totals.events, drawn.totals.customers) == (wanted["events"], wanted["customers"])


def test_where_walks_begin_and_end_is_what_pm4py_says(drawn: JourneyMap) -> None:
    """It knows no open journeys: who may go on ends where they are."""
    wanted = told("pm4py")
    edges = drawn.edges
    begins = edges.filter(pl.col("kind") == "start").select("to", "journeys")
    ends = edges.filter(pl.col("kind").is_in(["end", "open"])).group_by("from").agg(pl.col("journeys").sum())
    assert dict(begins.iter_rows()) == wanted["begins"]
    assert dict(ends.iter_rows()) == wanted["ends"]


def test_whole_walks_are_the_variants_of_pm4py(log: pl.LazyFrame) -> None:
    found: dict[tuple[str, ...], int] = {}
    for row in ask(log, "paths", depth=30, variants=0)["variants"].iter_rows(named=True):
        walk = tuple(row["path"].split(" > ")[:-1])  # how it ends is told apart here
        found[walk] = found.get(walk, 0) + row["walks"]
    wanted = told("pm4py")
    assert [(walk, found.get(tuple(walk))) for walk, _ in wanted["walks"]] == [(w, n) for w, n in wanted["walks"]]
    assert len(found) == wanted["distinct_walks"]


def test_a_funnel_without_a_window_is_that_of_retentioneering(log: pl.LazyFrame) -> None:
    wanted = told("retentioneering")
    steps = tuple(step for step, _ in wanted["funnel"])
    answer = ask(log, "funnel", steps=steps, window=10**16, ties="order")
    assert answer["steps"]["customers"].to_list() == [count for _, count in wanted["funnel"]]


def test_touchpoints_are_met_as_often_as_retentioneering_counts(drawn: JourneyMap) -> None:
    assert dict(drawn.nodes.select("id", "events").iter_rows()) == told("retentioneering")["counts"]
