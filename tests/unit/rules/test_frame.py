"""Rules over columns: the same verdicts as one customer at a time."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from harken import rules
from harken.rules import Rule, parse, row, schema, to_expr
from harken.words import DAY
from unit.rules.told import NOW, RULES, Told, customers


@settings(max_examples=120, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=4), st.lists(customers(future=True), min_size=1, max_size=6))
def test_columns_give_the_verdicts_that_customers_get_one_by_one(asked: list[Rule], people: list[Told]) -> None:
    rows = [{"pid": str(number), **row(asked, facts, NOW)} for number, facts in enumerate(people)]
    frame = pl.DataFrame(rows, schema={"pid": pl.String, **schema(asked)})
    for rule in asked:
        answers = frame.select("pid", answer=to_expr(rule))["answer"].to_list()
        assert answers == [rules.compile(rule)(facts, NOW).truth for facts in people]


def test_the_columns_are_named_by_what_they_hold() -> None:
    asked = [
        parse({"trait": "plan", "is": "gold", "for": "7d"}),
        parse({"trait": "plan", "is": "gold"}),
        parse({"event": "Plan Viewed", "within": "30d"}),
        parse({"channel": "web"}),
        parse({"spent": "Order Completed", "above": 1, "within": "90d"}),
        parse({"stage": "buy"}),
        parse({"interest": "phones/android", "above": 1}),
        parse({"goal_chance": "order", "above": 0.2}),
        parse({"consent": "email"}),
        parse({"segment": "loyal"}),
        parse({"seen": "within 30d"}),
        parse({"has": "email"}),
        parse({"property": "price", "above": 10}),
    ]
    assert list(schema(asked)) == [
        'trait:plan:held:{"is":"gold","trait":"plan"}',
        "trait:plan:text", "trait:plan:number", "trait:plan:flag", "trait:plan:items", "trait:plan:known",
        "event:Plan Viewed:30d", "channel:web:ever", "spent:Order Completed:90d", "stage:current",
        "interest:phones/android", "goal_chance:order", "consent:email", "segment:loyal", "seen:last", "has:email",
        "property:price:text", "property:price:number", "property:price:flag", "property:price:items",
        "property:price:known",
    ]  # fmt: skip


def test_a_frame_of_customers_is_filtered_by_a_rule() -> None:
    rule = parse({"all": [{"trait": "plan", "is": "gold"}, {"event": "A", "within": "7d"}]})
    people = [
        Told(traits={"plan": [(NOW - DAY, plan)]}, happened={("event", "A"): [NOW - ago * DAY]})
        for plan, ago in (("gold", 1), ("gold", 8), ("silver", 1))
    ]
    frame = pl.DataFrame([row([rule], facts, NOW) for facts in people], schema=schema([rule]))
    assert frame.filter(to_expr(rule)).height == 1
