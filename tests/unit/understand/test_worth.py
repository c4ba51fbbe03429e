"""What goals were worth: shared among the nodes before them, all of it, in one currency."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken.words import Config, Goal, Match
from unit.understand.logs import DAY
from unit.understand.test_surveys import AD, CALL, PLAN, ask, events_of

GOAL = "web: Order"


def valued(*rows: tuple[Any, ...], known: Config | None = None, **asked: Any) -> dict[str, float]:
    answer = ask(events_of(*rows), known or Config(), **({"goals": (GOAL,)} | asked))
    return {row["id"]: row["value"] for row in answer["touchpoints"].iter_rows(named=True) if row["value"]}


def test_value_is_shared_alike_by_the_different_nodes_before() -> None:
    told = valued(("a", 0, AD), ("a", 1, PLAN), ("a", 2, AD), ("a", 3, GOAL, {"revenue": 90}))
    assert told == {AD: 45.0, PLAN: 45.0}


def test_what_came_before_the_goal_before_or_too_long_ago_has_no_part() -> None:
    told = valued(
        ("a", 0, AD), ("a", 1, GOAL, {"revenue": 10}), ("a", 2, PLAN), ("a", 20 * DAY, CALL),
        ("a", 20 * DAY + 1, GOAL, {"revenue": 8}), ("b", 0, GOAL, {"revenue": 5}),
    )  # fmt: skip
    assert told == {AD: 10.0, CALL: 8.0, GOAL: 5.0}


def test_the_goal_says_which_property_tells_its_worth() -> None:
    rows = (("a", 0, AD), ("a", 1, GOAL, {"revenue": 90, "margin": "12.5"}, "Ordered"))
    known = Config(goals={"order": Goal(id="order", match=(Match(name="Ordered"),), value="margin")})
    assert valued(*rows, known=known, goals=("goal:order",)) == {AD: 12.5}
    assert valued(*rows, goals=(GOAL,)) == {AD: 90.0}


def test_other_currencies_are_left_out_and_told() -> None:
    rows = [("a", 0, AD)] + [
        ("a", n, GOAL, {"total": 10, "currency": one}) for n, one in enumerate(("EUR", "eur", "USD"), 1)
    ]
    answer = ask(events_of(*rows), goals=(GOAL,))
    assert (answer.totals["value"], answer.totals["currency"], answer.totals["goals_in_other_currency"]) == (
        20.0,
        "EUR",
        1,
    )
    assert "1 goals in other currencies" in answer.tables["touchpoints"].note


def test_the_value_of_a_customer_has_an_interval() -> None:
    rows = []
    for n in range(40):
        rows += [(f"c{n}", 0, AD), (f"c{n}", 1, GOAL, {"revenue": 100 if n % 4 == 0 else 0})]
    ad = ask(events_of(*rows), goals=(GOAL,))["touchpoints"].row(by_predicate=pl.col("id") == AD, named=True)
    assert ad["value_each"] == 25.0
    error = (100**2 * 0.25 * 0.75 * 40 / 39 / 40) ** 0.5
    assert ad["value_high"] == pytest.approx(25 + 1.959964 * error)
    assert ad["value_low"] == pytest.approx(25 - 1.959964 * error)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_values_make_the_total_and_equal_a_plain_twin(seed: int, size: int) -> None:
    chance = random.Random(seed)
    rows = [
        (f"p{chance.randrange(3)}", chance.randrange(30) * DAY + n, chance.choice([AD, PLAN, CALL, GOAL]), {})
        for n in range(size)
    ]
    rows = [(*row[:3], {"value": chance.choice([0, 5, 7.25, -3])} if row[2] == GOAL else {}) for row in rows]
    answer = ask(events_of(*rows), goals=(GOAL,), within=5 * DAY)
    wanted: dict[str, float] = defaultdict(float)
    for who in {row[0] for row in rows}:
        mine = sorted((row for row in rows if row[0] == who), key=lambda row: row[1])
        for end, (_, now, touchpoint, told) in enumerate(mine):
            if touchpoint == GOAL:
                before: set[str] = set()
                for _, then, place, _ in reversed(mine[:end]):
                    if place == GOAL or now - then > 5 * DAY:
                        break
                    before.add(place)
                for place in before or {GOAL}:
                    wanted[place] += told["value"] / len(before or {GOAL})
    found = {row["id"]: row["value"] or 0.0 for row in answer["touchpoints"].iter_rows(named=True)}
    assert found == {place: pytest.approx(wanted[place]) for place in found}
    assert sum(found.values()) == pytest.approx(answer.totals["value"])
