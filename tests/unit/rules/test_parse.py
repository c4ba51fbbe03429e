"""What may be written as a rule, and what is said of what may not."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from harken.errors import Invalid
from harken.rules import All, AnyOf, Count, InStage, Not, Rule, Seen, Spent, Test, Trait, describe, parse, plain
from harken.words import DAY, SECOND
from unit.rules.told import RULES

WRITTEN: list[tuple[dict[str, Any], Rule]] = [
    ({"trait": "plan", "is": "gold"}, Trait("plan", (Test("is", "gold"),))),
    ({"trait": "age", "below": 65, "at_least": 18}, Trait("age", (Test("below", 65), Test("at_least", 18)))),
    ({"trait": "plan", "in": ["a", "b"], "for": "7d"}, Trait("plan", (Test("in", ("a", "b")),), 7 * DAY)),
    ({"event": "A"}, Count("event", "A", 1)),
    ({"event": "A", "never": True, "within": "90m"}, Count("event", "A", 0, 0, 5400 * SECOND)),
    ({"touchpoint": "web: A", "exactly": 2}, Count("touchpoint", "web: A", 2, 2)),
    ({"channel": "web", "at_most": 3}, Count("channel", "web", 0, 3)),
    ({"spent": "Order Completed", "above": 100, "within": "4w"}, Spent("Order Completed", (Test("above", 100),), 28)),
    ({"stage": "buy", "is": "furthest"}, InStage("buy", "furthest")),
    ({"seen": "within 30d"}, Seen("last", 30 * DAY)),
    ({"first_seen": "within 12h"}, Seen("first", DAY // 2)),
    ({"all": [{"has": "email"}, {"not": {"any": []}}]}, None),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("written", "rule"), WRITTEN)
def test_each_leaf_has_one_obvious_shape(written: dict[str, Any], rule: Rule | None) -> None:
    if rule is not None:
        assert parse(written) == rule
    assert parse(plain(parse(written))) == parse(written)


def test_a_rule_may_be_kept_as_yaml() -> None:
    text = """
    all:
      - {trait: plan, is: gold, for: 7d}
      - any:
          - {event: Plan Viewed, at_least: 1, at_most: 2, within: 30d}
          - not: {seen: within 30d}
    """
    rule = parse(yaml.safe_load(text))
    assert isinstance(rule, All)
    assert isinstance(rule.rules[1], AnyOf)
    assert isinstance(rule.rules[1].rules[1], Not)


@settings(max_examples=150, deadline=None)
@given(RULES)
def test_what_is_written_from_a_rule_reads_as_the_same_rule(rule: Rule) -> None:
    assert parse(plain(rule)) == rule
    assert parse(yaml.safe_load(yaml.safe_dump(plain(rule)))) == rule


@settings(max_examples=100, deadline=None)
@given(RULES)
def test_every_rule_is_one_sentence(rule: Rule) -> None:
    sentence = describe(rule)
    assert sentence.startswith("Customers ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


WRONG: list[tuple[object, str]] = [
    ([{"has": "email"}], "rule: a rule is a mapping like {trait: plan, is: gold}, not a list; put it under `all:`"),
    ("plan is gold", "rule: a rule is a mapping"),
    (None, "rule: a rule is a mapping"),
    ({}, "rule: an empty rule asks nothing; `all: []` is everybody"),
    ({"evnt": "A"}, "rule: there is no rule about 'evnt'; did you mean `event`?"),
    ({1: 2}, "rule: there is no rule about 1; it begins with one of all, any, not, trait"),
    ({"trait": "plan", "event": "A"}, "rule: `trait` and `event` ask two things at once"),
    ({"all": {"has": "email"}}, "rule.all: wants a list of rules, not a dict"),
    ({"all": [], "within": "7d"}, "rule.within: there is no 'within' here"),
    ({"not": [{"has": "email"}]}, "rule.not: a rule is a mapping"),
    ({"all": [{"has": "email"}, {"event": ""}]}, "rule.all[1].event: wants a name of 1 to 1000 characters"),
    ({"event": 404}, 'rule.event: a name is text: write "404" in quotes'),
    ({"event": "A", "withn": "7d"}, "rule.withn: there is no 'withn' here; did you mean 'within'?"),
    ({"event": "A", "within": 30}, 'rule.within: wants a duration up to ten years, not 30: "30d"?'),
    ({"event": "A", "within": "30 days"}, "30m, 12h, 7d or 4w"),
    ({"event": "A", "within": "0d"}, "wants a duration"),
    ({"event": "A", "within": "9999999w"}, "wants a duration up to ten years"),
    ({"event": "A", "at_least": 1.5}, "rule.at_least: wants a whole number from 0, not 1.5"),
    ({"event": "A", "at_least": True}, "rule.at_least: wants a whole number"),
    ({"event": "A", "at_least": -1}, "rule.at_least: wants a whole number"),
    ({"event": "A", "at_least": 3, "at_most": 2}, "rule.at_least: 3 is more than at_most 2"),
    ({"event": "A", "never": False}, "rule.never: wants true"),
    ({"event": "A", "never": True, "at_least": 1}, "rule.never: cannot stand beside"),
    ({"event": "A", "exactly": 1, "at_most": 1}, "rule.exactly: cannot stand beside"),
    ({"event": "A", "where": {"price": 1}}, "rule.where: counts are kept by name, not by property"),
    ({"trait": "plan"}, "rule: says nothing to compare with: add one of is, is_not"),
    ({"trait": "plan", "is": None}, "rule.is: cannot be empty; for a missing value say `exists: false`"),
    ({"trait": "plan", "is": ["a"]}, "rule.is: wants text, a number, true or false, not a list"),
    ({"trait": "plan", "in": "gold"}, "rule.in: wants a list"),
    ({"trait": "plan", "in": []}, "rule.in: wants a list"),
    ({"trait": "plan", "exists": "yes"}, "rule.exists: wants true or false"),
    ({"trait": "plan", "above": True}, "rule.above: wants a number or text"),
    ({"trait": "plan", "between": [5, 1]}, "rule.between: wants the lower and the upper end"),
    ({"trait": "plan", "between": [1, "5"]}, "rule.between: wants the lower and the upper end"),
    ({"trait": "plan", "is": float("nan")}, "rule.is: wants a finite number"),
    ({"trait": "plan", "is": 10**400}, "rule.is: wants a finite number"),
    ({"trait": "day", "above": datetime.date(2026, 1, 2)}, 'write "2026-01-02" in quotes'),
    ({"trait": "x" * 1001, "is": 1}, "rule.trait: wants a name of 1 to 1000 characters"),
    ({"spent": "A", "above": "much"}, "rule.above: wants a number"),
    ({"spent": "A", "above": 1, "within": "12h"}, "rule.within: money is summed over whole days"),
    ({"goal_chance": "order", "above": 30}, "rule.above: a chance is from 0 to 1: write 0.3 for 30 %"),
    ({"goal_chance": "order", "is": 1}, "rule.is: there is no 'is' here"),
    ({"interest": "a", "is": 1}, "rule.is: there is no 'is' here"),
    ({"stage": "buy", "is": "latest"}, "rule.is: wants current, earliest or furthest"),
    ({"consent": "email", "is": "no"}, "rule.is: wants true or false"),
    ({"seen": "30d"}, "rule.seen: wants `within 30d`"),
    ({"seen": True}, "rule.seen: wants `within 30d`"),
]


@pytest.mark.parametrize(("written", "said"), WRONG)
def test_a_wrong_rule_is_told_where_and_what_would_be_right(written: object, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(written)
    assert said in str(caught.value)
    assert caught.value.status == 400


def test_all_problems_are_told_at_once_and_not_too_many() -> None:
    with pytest.raises(Invalid) as caught:
        parse({"all": [{"event": 1}, {"trait": "plan"}, {"nope": 1}]}, "segments.loyal.rule")
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "segments.loyal.rule.all[0].event", "segments.loyal.rule.all[1]", "segments.loyal.rule.all[2]",
    ]  # fmt: skip
    with pytest.raises(Invalid) as caught:
        parse({"all": [{"event": 1}] * 100})
    assert str(caught.value).endswith("… and 90 more")


def _nested(depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"has": "email"}
    for _ in range(depth - 1):
        rule = {"not": rule}
    return rule


def test_a_rule_may_be_32_deep_and_no_deeper() -> None:
    parse(_nested(32))
    with pytest.raises(Invalid, match="32 deep"):
        parse(_nested(33))


def test_a_rule_that_holds_itself_is_refused() -> None:
    circle: dict[str, Any] = {}
    circle["not"] = circle
    with pytest.raises(Invalid, match="32 deep"):
        parse(circle)


def test_a_rule_may_ask_500_things_and_no_more() -> None:
    parse({"any": [{"has": "email"}] * 500})
    with pytest.raises(Invalid, match="may ask 500 things"):
        parse({"any": [{"has": "email"}] * 501})


def test_a_huge_rule_is_refused_at_once() -> None:
    wide: dict[str, Any] = {"all": []}
    for _ in range(20):
        wide = {"all": [wide] * 1000}
    begun = time.perf_counter()
    with pytest.raises(Invalid, match="may ask 500 things"):
        parse(wide)
    assert time.perf_counter() - begun < 1
