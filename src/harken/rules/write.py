"""Rule -> the same rule as written (`plain`), and as one English sentence (`describe`)."""

from __future__ import annotations

import json
from typing import Any, Final

from harken.rules.tree import (
    All,
    AnyOf,
    ConsentTo,
    Count,
    Field,
    GoalChance,
    Has,
    InSegment,
    InStage,
    InterestIn,
    Leaf,
    Not,
    Rule,
    Seen,
    Spent,
    Test,
    Trait,
)
from harken.words import DAY, SECOND, Micros

_UNITS: Final = ((DAY, "d", "day"), (3_600 * SECOND, "h", "hour"), (60 * SECOND, "m", "minute"))


def plain(rule: Rule) -> dict[str, Any]:
    """The rule as mappings and lists: `parse(plain(rule)) == rule`, in its shortest usual form."""
    if isinstance(rule, All):
        return {"all": [plain(part) for part in rule.rules]}
    if isinstance(rule, AnyOf):
        return {"any": [plain(part) for part in rule.rules]}
    if isinstance(rule, Not):
        return {"not": plain(rule.rule)}
    return _plain_leaf(rule)


def _plain_leaf(leaf: Leaf) -> dict[str, Any]:  # noqa: PLR0911 (one return for each kind)
    match leaf:
        case Trait(name, tests, lasting):
            return {"trait": name, **_plain_tests(tests), **({"for": short(lasting)} if lasting else {})}
        case Count(kind, name, _, _, within):
            return {kind: name, **_plain_times(leaf), **({"within": short(within)} if within else {})}
        case Spent(name, tests, days):
            return {"spent": name, **_plain_tests(tests), **({"within": f"{days}d"} if days else {})}
        case InStage(stage, which):
            return {"stage": stage, **({"is": which} if which != "current" else {})}
        case InterestIn(topic, tests):
            return {"interest": topic, **_plain_tests(tests)}
        case GoalChance(goal, tests):
            return {"goal_chance": goal, **_plain_tests(tests)}
        case ConsentTo(purpose, yes):
            return {"consent": purpose, **({} if yes else {"is": False})}
        case InSegment(segment):
            return {"segment": segment}
        case Seen(end, within):
            return {"seen" if end == "last" else "first_seen": f"within {short(within)}"}
        case Has(kind):
            return {"has": kind}
        case Field(where, name, tests):
            return {where: name, **_plain_tests(tests)}


def _plain_tests(tests: tuple[Test, ...]) -> dict[str, Any]:
    return {test.op: list(test.value) if isinstance(test.value, tuple) else test.value for test in tests}


def _plain_times(leaf: Count) -> dict[str, Any]:
    if leaf.at_most == 0:
        return {"never": True}
    if leaf.at_least == leaf.at_most:
        return {"exactly": leaf.at_least}
    low = {"at_least": leaf.at_least} if leaf.at_most is None or leaf.at_least else {}
    return low if leaf.at_most is None else {**low, "at_most": leaf.at_most}


def short(length: Micros) -> str:
    """A duration as rules write it.

    >>> short(14 * DAY), short(90 * 60 * SECOND)
    ('14d', '90m')
    """
    return next(f"{length // unit}{letter}" for unit, letter, _ in _UNITS if length % unit == 0)


def spoken(length: Micros) -> str:
    """A duration as people say it, rounded down when it is no round one.

    >>> spoken(30 * DAY), spoken(DAY * 3 // 2), spoken(DAY + 1), spoken(5 * SECOND)
    ('30 days', '36 hours', '1 day', 'less than a minute')
    """
    fitting = [(length // unit, word) for unit, _, word in _UNITS if length >= unit]
    exact = [(length // unit, word) for unit, _, word in _UNITS if length % unit == 0 and 0 < length // unit < 100]
    if not fitting:
        return "less than a minute"
    number, word = (exact or fitting)[0]
    return f"{number} {word}{'s' if number > 1 else ''}"


def said(value: Any) -> str:
    """A value as a sentence shows it.

    >>> said("gold"), said(3.0), said(True), said(None)
    ('"gold"', '3', 'true', 'nothing')
    """
    if value is None:
        return "nothing"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"


_OPS: Final = {
    "is": "is {}", "is_not": "is not {}", "in": "is one of {}", "not_in": "is none of {}", "contains": "contains {}",
    "starts_with": "starts with {}", "above": "is above {}", "below": "is below {}", "at_least": "is at least {}",
    "at_most": "is at most {}",
}  # fmt: skip


def compared(tests: tuple[Test, ...]) -> str:
    """Comparisons as a sentence has them: `is at least 18 and is below 65`."""
    return " and ".join(_compared(test) for test in tests)


def _compared(test: Test) -> str:
    if test.op == "exists":
        return "is known" if test.value else "is not known"
    if test.op == "between":
        return f"is between {said(test.value[0])} and {said(test.value[1])}"
    value = ", ".join(said(one) for one in test.value) if isinstance(test.value, tuple) else said(test.value)
    return _OPS[test.op].format(value)


def wanted_times(leaf: Count) -> str:
    """How often, as a sentence has it: `1 to 2`, `at least 3`, `never`."""
    low, high = leaf.at_least, leaf.at_most
    if high is None:
        return f"at least {low}"
    if high == 0:
        return "never"
    if low == high:
        return f"exactly {low}"
    return f"{low} to {high}" if low else f"at most {high}"


def window(within: Micros | None) -> str:
    """` in the last 30 days`, ` in the last day`, or nothing."""
    return f" in the last {spoken(within).removeprefix('1 ')}" if within else ""


def times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def describe(rule: Rule) -> str:
    """The rule as one English sentence.

    >>> from harken.rules import parse
    >>> describe(parse({"all": [{"trait": "plan", "is": "gold", "for": "7d"},
    ...     {"not": {"event": "Plan Viewed", "within": "30d"}}]}))
    'Customers whose trait plan is "gold" for at least 7 days and not who did Plan Viewed at least once in the last 30 days.'
    """
    return f"Customers {_phrase(rule)}."


def _phrase(rule: Rule) -> str:
    if isinstance(rule, All | AnyOf):
        if not rule.rules:
            return "of every kind" if isinstance(rule, All) else "of no kind at all"
        joint = " and " if isinstance(rule, All) else " or "
        return joint.join(_grouped(part) if len(rule.rules) > 1 else _phrase(part) for part in rule.rules)
    if isinstance(rule, Not):
        return f"not {_grouped(rule.rule)}"
    return _leaf_phrase(rule)


def _grouped(rule: Rule) -> str:
    nested = isinstance(rule, All | AnyOf) and len(rule.rules) > 1
    return f"({_phrase(rule)})" if nested else _phrase(rule)


def _leaf_phrase(leaf: Leaf) -> str:  # noqa: PLR0911 (one return for each kind)
    match leaf:
        case Trait(name, tests, lasting):
            held = f" for at least {spoken(lasting)}" if lasting else ""
            return f"whose trait {name} {compared(tests)}{held}"
        case Count():
            return _count_phrase(leaf)
        case Spent(name, tests, days):
            return f"whose money on {name}{window(days * DAY if days else None)} {compared(tests)}"
        case InStage(stage, which):
            return f"whose {which} stage is {stage}"
        case InterestIn(topic, tests):
            return f"whose interest in {topic} {compared(tests)}"
        case GoalChance(goal, tests):
            return f"whose chance of {goal} {compared(tests)}"
        case ConsentTo(purpose, yes):
            return f"who said {'yes' if yes else 'no'} to {purpose}"
        case InSegment(segment):
            return f"in segment {segment}"
        case Seen(end, within):
            return f"{'last' if end == 'last' else 'first'} seen{window(within)}"
        case Has(kind):
            return f"known by {kind}"
        case Field(where, name, tests):
            return f"at an event whose {where} {name} {compared(tests)}"


def _count_phrase(leaf: Count) -> str:
    verb = {"event": "did", "touchpoint": "met", "channel": "visited"}[leaf.kind]
    if leaf.at_most == 0:
        return f"who never {verb} {leaf.name}{window(leaf.within)}"
    often = "at least once" if leaf.at_least == 1 and leaf.at_most is None else f"{wanted_times(leaf)} times"
    return f"who {verb} {leaf.name} {often}{window(leaf.within)}"
