"""What each kind of rule is true of, and until when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harken import rules
from harken.rules import All, AnyOf, GoalChance, Not, Rule, Verdict, explain, leaves, parse
from harken.words import DAY, SECOND
from unit.rules.told import COUNTS, HOUR, NOW, RULES, Told, customers


def judged(written: dict[str, Any], facts: Told, now: int = NOW) -> Verdict:
    return rules.compile(parse(written))(facts, now)


def true(written: dict[str, Any], facts: Told) -> bool:
    return judged(written, facts).truth


# ---------------------------------------------------------------- values

PLAN = Told(traits={"plan": [(NOW - DAY, "gold")]})
VALUES: list[tuple[object, dict[str, Any], bool]] = [
    ("gold", {"is": "gold"}, True),
    ("gold", {"is": "Gold"}, False),
    ("gold", {"is_not": "silver"}, True),
    ("gold", {"in": ["gold", 1]}, True),
    ("gold", {"not_in": ["gold", 1]}, False),
    ("gold", {"contains": "ol"}, True),
    ("gold", {"contains": 1}, False),
    ("gold", {"starts_with": "go"}, True),
    ("gold", {"above": "apple"}, True),
    ("gold", {"above": 1}, False),
    ("gold", {"between": ["a", "h"]}, True),
    (10, {"is": 10.0}, True),
    (10.0, {"in": [10]}, True),
    (10, {"is": "10"}, False),
    ("10", {"is": 10}, False),
    ("10", {"above": 1}, False),
    (1, {"is": True}, False),
    (True, {"is": 1}, False),
    (True, {"in": [1]}, False),
    (True, {"is": True}, True),
    (True, {"above": 0}, False),
    (10, {"above": 10}, False),
    (10, {"at_least": 10, "below": 11}, True),
    (10, {"at_most": 9}, False),
    (10, {"between": [10, 12]}, True),
    (["a", 2, True], {"contains": "a"}, True),
    (["a", 2, True], {"contains": 2}, True),
    (["a", 2, True], {"contains": 1}, False),
    (["a", 2, True], {"contains": "2"}, False),
    (["a"], {"is_not": "a"}, True),
    ({"b": 1}, {"exists": True}, True),
    ({"b": 1}, {"above": 0}, False),
    ("", {"exists": True}, True),
    (False, {"exists": True}, True),
]


@pytest.mark.parametrize(("value", "test", "truth"), VALUES)
def test_values_compare_by_type(value: object, test: dict[str, Any], truth: bool) -> None:
    facts = Told(traits={"plan": [(NOW - DAY, value)]}, fields={("property", "plan"): value})
    assert true({"trait": "plan", **test}, facts) is truth
    assert true({"property": "plan", **test}, facts) is truth


@pytest.mark.parametrize("facts", [Told(), Told(traits={"plan": [(NOW - DAY, "gold"), (NOW - HOUR, None)]})])
def test_a_missing_trait_fails_all_comparisons_but_the_negative_ones(facts: Told) -> None:
    holding = [
        test
        for test in (
            {"is": "gold"}, {"in": ["gold"]}, {"contains": "g"}, {"starts_with": ""}, {"above": 0}, {"below": 9},
            {"at_least": 0}, {"at_most": 9}, {"between": [0, 9]}, {"exists": True},
            {"is_not": "gold"}, {"not_in": ["gold"]}, {"exists": False},
        )
        if true({"trait": "plan", **test}, facts)
    ]  # fmt: skip
    assert holding == [{"is_not": "gold"}, {"not_in": ["gold"]}, {"exists": False}]


def test_a_dotted_name_looks_into_a_trait() -> None:
    facts = Told(traits={"address": [(NOW - DAY, {"city": {"name": "Bern"}})], "a.b": [(NOW - DAY, 1)]})
    assert true({"trait": "address.city.name", "is": "Bern"}, facts)
    assert not true({"trait": "address.zip", "exists": True}, facts)
    assert true({"trait": "a.b", "is": 1}, facts)


# ---------------------------------------------------------------- counting


def did(*ago: int) -> Told:
    """A customer who did A this long ago."""
    return Told(happened={("event", "A"): sorted(NOW - length for length in ago)})


def test_a_window_is_half_open_to_the_microsecond() -> None:
    rule = {"event": "A", "within": "1d"}
    assert true(rule, did(0))
    assert true(rule, did(DAY - 1))
    assert not true(rule, did(DAY))
    assert not true(rule, did(-1))


def test_13_an_event_outside_the_window_or_in_the_future_does_not_count() -> None:
    assert not true({"event": "A", "within": "7d"}, did(8 * DAY, -HOUR))
    assert not true({"event": "A"}, did(-HOUR))
    assert judged({"event": "A"}, did(-HOUR)) == Verdict(False, NOW + HOUR)


def test_14_once_or_twice_ends_with_the_third_time() -> None:
    rule = {"event": "A", "at_least": 1, "at_most": 2, "within": "30d"}
    assert [true(rule, did(*range(1, often + 1))) for often in range(4)] == [False, True, True, False]


def test_14_never_ends_with_the_first_time() -> None:
    rule = {"event": "A", "never": True, "within": "30d"}
    assert true(rule, did())
    assert true(rule, Told())
    assert judged(rule, did(DAY)) == Verdict(False, NOW + 29 * DAY)


def test_14_a_count_ages_out_of_its_window_without_an_event() -> None:
    rule = {"event": "A", "at_least": 2, "within": "30d"}
    assert judged(rule, did(1 * DAY, 10 * DAY, 20 * DAY)) == Verdict(True, NOW + 20 * DAY)
    assert judged(rule, did(1 * DAY, 10 * DAY, 20 * DAY), NOW + 20 * DAY).truth is False
    assert judged({"event": "A", "at_most": 1, "within": "30d"}, did(DAY, 10 * DAY)) == Verdict(False, NOW + 20 * DAY)


def test_a_window_that_jumps_over_the_wanted_count_is_never_true() -> None:
    assert judged({"event": "A", "exactly": 1, "within": "7d"}, did(DAY, DAY)) == Verdict(False, None)


def test_counts_without_a_window_never_change_by_time() -> None:
    assert judged({"event": "A", "at_least": 2}, did(DAY, 900 * DAY)) == Verdict(True, None)


# ---------------------------------------------------------------- lasting


def test_16_has_been_so_for_a_week_is_not_reset_by_hearing_it_again() -> None:
    rule = {"trait": "plan", "is": "gold", "for": "7d"}
    facts = Told(traits={"plan": [(NOW - 8 * DAY, "gold"), (NOW - DAY, "gold"), (NOW - HOUR, "gold")]})
    assert judged(rule, facts) == Verdict(True, None)


def test_lasting_is_reached_to_the_microsecond() -> None:
    rule = {"trait": "plan", "is": "gold", "for": "7d"}
    facts = Told(traits={"plan": [(NOW - DAY, "gold")]})
    assert judged(rule, facts) == Verdict(False, NOW + 6 * DAY)
    assert judged(rule, facts, NOW + 6 * DAY - 1).truth is False
    assert judged(rule, facts, NOW + 6 * DAY) == Verdict(True, None)


def test_lasting_begins_anew_after_another_value() -> None:
    rule = {"trait": "plan", "is": "gold", "for": "7d"}
    line = [(NOW - 30 * DAY, "gold"), (NOW - 3 * DAY, "silver"), (NOW - 2 * DAY, "gold")]
    assert judged(rule, Told(traits={"plan": line})) == Verdict(False, NOW + 5 * DAY)


def test_a_comparison_lasts_through_values_that_all_pass() -> None:
    rule = {"trait": "age", "at_least": 18, "for": "30d"}
    assert true(rule, Told(traits={"age": [(NOW - 40 * DAY, 18), (NOW - DAY, 19)]}))


def test_what_is_missing_has_been_so_since_the_first_event() -> None:
    rule = {"trait": "plan", "exists": False, "for": "7d"}
    assert judged(rule, Told(seen=[NOW - 8 * DAY])) == Verdict(True, None)
    assert judged(rule, Told(seen=[NOW - DAY])) == Verdict(False, NOW + 6 * DAY)
    assert judged(rule, Told()) == Verdict(False, None)


# ---------------------------------------------------------------- the other leaves


def test_money_is_summed_over_whole_days_and_nothing_is_zero() -> None:
    today = NOW // DAY
    facts = Told(money={"Order": {today: 40_000, today - 6: 60_500, today - 7: 1_000_000}})
    assert judged({"spent": "Order", "above": 100, "within": "7d"}, facts) == Verdict(True, (today + 1) * DAY)
    assert true({"spent": "Order", "above": 1000}, facts)
    assert true({"spent": "Nothing", "below": 1}, facts)


def test_a_chance_holds_until_it_lapses_and_one_nobody_knows_fails_every_comparison() -> None:
    facts = Told(chances={"order": (0.4, NOW + DAY), "renewal": (None, None)})
    assert judged({"goal_chance": "order", "at_least": 0.4}, facts) == Verdict(True, NOW + DAY)
    assert judged({"goal_chance": "order", "above": 0.4}, facts) == Verdict(False, NOW + DAY)
    assert not true({"goal_chance": "renewal", "at_least": 0}, facts)
    assert not true({"goal_chance": "renewal", "below": 1}, facts)
    assert true({"not": {"goal_chance": "renewal", "below": 1}}, facts)


def test_interest_fades_below_a_limit_on_a_known_day() -> None:
    today = NOW // DAY
    facts = Told(topics={"phones": {today: 2000}})
    rule = {"interest": "phones", "at_least": 0.5}
    assert judged(rule, facts) == Verdict(True, (today + 61) * DAY)
    assert judged(rule, facts, (today + 61) * DAY - 1).truth
    assert not judged(rule, facts, (today + 61) * DAY).truth
    assert judged({"interest": "phones", "at_least": 3}, facts) == Verdict(False, None)
    assert true({"interest": "unheard", "below": 0.1}, facts)


def test_consent_that_nobody_spoke_of_is_neither_yes_nor_no() -> None:
    facts = Told(said={"email": True, "ads": False})
    asked = [("email", True), ("email", False), ("ads", True), ("ads", False), ("sms", True), ("sms", False)]
    assert [true({"consent": purpose, "is": yes}, facts) for purpose, yes in asked] == [
        True, False, False, True, False, False,
    ]  # fmt: skip


def test_seen_ages_out_of_its_window() -> None:
    facts = Told(seen=[NOW - 40 * DAY, NOW - 10 * DAY])
    assert judged({"seen": "within 30d"}, facts) == Verdict(True, NOW + 20 * DAY)
    assert judged({"first_seen": "within 30d"}, facts) == Verdict(False, None)
    assert judged({"seen": "within 1d"}, Told(seen=[NOW + SECOND])) == Verdict(False, NOW + SECOND)


def test_identifiers_stages_segments_and_fields() -> None:
    facts = Told(
        identifiers={"email"},
        stages={"current": "buy"},
        segments={"loyal"},
        fields={("context", "page.path"): "/plans/x"},
    )
    assert true({"has": "email"}, facts)
    assert not true({"has": "phone"}, facts)
    assert true({"stage": "buy"}, facts)
    assert not true({"stage": "buy", "is": "earliest"}, facts)
    assert true({"segment": "loyal"}, facts)
    assert true({"context": "page.path", "starts_with": "/plans"}, facts)


def test_nothing_under_all_is_everybody_and_under_any_nobody() -> None:
    assert true({"all": []}, Told())
    assert not true({"any": []}, Told())


# ---------------------------------------------------------------- laws


def plainly(rule: Rule, facts: Told, now: int) -> bool:
    """The same question, answered part by part."""
    match rule:
        case All(parts):
            return all(plainly(part, facts, now) for part in parts)
        case AnyOf(parts):
            return any(plainly(part, facts, now) for part in parts)
        case Not(part):
            return not plainly(part, facts, now)
        case _:
            return rules.compile(rule)(facts, now).truth


def later(verdict: Verdict) -> list[int]:
    """Times after NOW, up to when the verdict may change."""
    end = verdict.until if verdict.until is not None else NOW + 4000 * DAY
    steps = {NOW + (end - NOW) * part // 16 for part in range(16)} | {end - 1}
    return sorted(moment for moment in steps if NOW <= moment < end)


@settings(max_examples=200, deadline=None)
@given(RULES, customers(future=True))
def test_groups_say_what_their_parts_say_and_nothing_changes_before_it_was_told(rule: Rule, facts: Told) -> None:
    evaluate = rules.compile(rule)
    verdict = evaluate(facts, NOW)
    assert verdict.truth is plainly(rule, facts, NOW)
    assert verdict.until is None or verdict.until > NOW
    assert {evaluate(facts, moment).truth for moment in later(verdict)} == {verdict.truth}


@settings(max_examples=200, deadline=None)
@given(RULES, customers())
def test_a_leaf_flips_exactly_when_told_and_never_when_not(rule: Rule, facts: Told) -> None:
    for leaf in leaves(rule):
        evaluate = rules.compile(leaf)
        verdict = evaluate(facts, NOW)
        assert {evaluate(facts, moment).truth for moment in later(verdict)} == {verdict.truth}
        if verdict.until is not None and not isinstance(leaf, GoalChance):  # of a chance that is told anew nobody knows
            assert evaluate(facts, verdict.until).truth is not verdict.truth


@settings(max_examples=200, deadline=None)
@given(COUNTS, customers(future=True), st.integers(0, 30 * DAY))
def test_a_count_is_what_counting_by_hand_gives(written: dict[str, Any], facts: Told, shift: int) -> None:
    now, rule = NOW + shift, parse(written)
    kind, name, within = rule.kind, rule.name, rule.within  # type: ignore[union-attr]
    moments = facts.happened.get((kind, name), [])
    number = sum(moment <= now and (within is None or moment > now - within) for moment in moments)
    high = rule.at_most  # type: ignore[union-attr]
    assert rules.compile(rule)(facts, now).truth is (
        rule.at_least <= number and (high is None or number <= high)  # type: ignore[union-attr]
    )
    assert explain(rule, facts, now).saw == number
