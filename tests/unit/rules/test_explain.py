"""Why a rule is true or false of somebody, in words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from harken import rules
from harken.rules import All, AnyOf, Explained, Not, Rule, describe, explain, parse
from harken.words import DAY
from unit.rules.told import NOW, RULES, Told, customers

FACTS = Told(
    happened={("event", "Plan Viewed"): [NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY]},
    traits={"plan": [(NOW - 3 * DAY, "silver")]},
    stages={"current": "buy"},
    said={"email": False},
    seen=[NOW - 3 * DAY],
    chances={"order": (0.4188, None)},
    topics={"phones": {NOW // DAY: 1500}},
    money={"Order": {NOW // DAY: 59_900}},
)
WORDS: list[tuple[dict[str, Any], bool, str]] = [
    ({"event": "Plan Viewed", "at_least": 1, "at_most": 2, "within": "30d"}, False,
     "Plan Viewed 3 times in the last 30 days, wanted 1 to 2"),
    ({"event": "Plan Viewed", "never": True, "within": "36h"}, False,
     "Plan Viewed once in the last 36 hours, wanted never"),
    ({"trait": "plan", "is": "gold"}, False, 'trait plan is "silver", wanted: is "gold"'),
    ({"trait": "plan", "is": "silver", "for": "7d"}, False,
     'trait plan is "silver", wanted: is "silver" (for 3 days) for at least 7 days'),
    ({"stage": "use"}, False, 'current stage is "buy", wanted "use"'),
    ({"consent": "email"}, False, "said no to email, wanted yes"),
    ({"consent": "ads"}, False, "nothing was said to ads, wanted yes"),
    ({"segment": "loyal"}, False, "not in segment loyal, wanted in"),
    ({"has": "email"}, False, "has no email, wanted one"),
    ({"seen": "within 30d"}, True, "last seen 3 days ago, wanted in the last 30 days"),
    ({"goal_chance": "order", "above": 0.3}, True, "chance of order is 0.419, wanted: is above 0.3"),
    ({"goal_chance": "renewal", "below": 1}, False, "chance of renewal is not known, wanted: is below 1"),
    ({"interest": "phones", "at_least": 1}, True, "interest in phones is 1.5, wanted: is at least 1"),
    ({"spent": "Order", "above": 50, "within": "7d"}, True, "money on Order in the last 7 days is 59.9, wanted: is above 50"),
    ({"property": "price", "above": 10}, False, "property price is nothing, wanted: is above 10"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "truth", "words"), WORDS)
def test_each_leaf_says_what_it_saw_and_what_it_wanted(written: dict[str, Any], truth: bool, words: str) -> None:
    found = explain(parse(written), FACTS, NOW)
    assert (found.truth, found.words) == (truth, words)


def test_a_group_says_how_many_of_its_parts_hold() -> None:
    found = explain(parse({"all": [{"has": "email"}, {"not": {"stage": "use"}}]}), FACTS, NOW)
    assert found.words == "1 of 2 holds, wanted all"
    assert [part.truth for part in found.parts] == [False, True]
    assert found.parts[1].parts[0].words == 'current stage is "buy", wanted "use"'


def agree(found: Explained, rule: Rule, facts: Told) -> None:
    verdict = rules.compile(rule)(facts, NOW)
    assert (found.truth, found.until) == (verdict.truth, verdict.until)
    inner = rule.rules if isinstance(rule, All | AnyOf) else (rule.rule,) if isinstance(rule, Not) else ()
    assert len(inner) == len(found.parts)
    for part, other in zip(found.parts, inner, strict=True):
        agree(part, other, facts)


@settings(max_examples=150, deadline=None)
@given(RULES, customers(future=True))
def test_the_explanation_agrees_with_the_verdict_at_every_part(rule: Rule, facts: Told) -> None:
    found = explain(rule, facts, NOW)
    agree(found, rule, facts)
    assert msgspec.json.decode(msgspec.json.encode(found))["words"] == found.words


SENTENCES = [
    ({"event": "A", "at_least": 1, "at_most": 2, "within": "30d"}, "Customers who did A 1 to 2 times in the last 30 days."),
    ({"touchpoint": "web: A", "never": True}, "Customers who never met web: A."),
    ({"channel": "store", "at_least": 3, "within": "1d"}, "Customers who visited store at least 3 times in the last day."),
    ({"any": [{"trait": "age", "between": [18, 30]}, {"all": [{"has": "email"}, {"consent": "email"}]}]},
     "Customers whose trait age is between 18 and 30 or (known by email and who said yes to email)."),
    ({"all": []}, "Customers of every kind."),
]  # fmt: skip


@pytest.mark.parametrize(("written", "sentence"), SENTENCES)
def test_a_rule_reads_as_an_english_sentence(written: dict[str, Any], sentence: str) -> None:
    assert describe(parse(written)) == sentence
