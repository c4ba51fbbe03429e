"""Comparing values: tests and the value of a trait or field -> true or false. Typed: text is never a number.

A missing value (absent or null) fails every comparison but `is_not`, `not_in` and `exists: false`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from harken.rules.tree import Test

Holds: TypeAlias = Callable[[Any], bool]


def dig(value: Any, path: str) -> Any:
    """What lies at `city` or `city.zip` inside a value, None when nothing does.

    >>> dig({"city": {"zip": "1000"}}, "city.zip"), dig({"city.zip": 1}, "city.zip"), dig("x", "city")
    ('1000', 1, None)
    """
    if not isinstance(value, Mapping):
        return None
    if path in value:
        return value[path]
    root, dot, rest = path.partition(".")
    return dig(value.get(root), rest) if dot else None


def number(value: Any) -> float | None:
    """A number as all comparisons take it; None for everything else, flags too."""
    if type(value) is float:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return None
    return None


def same(value: Any, wanted: Any) -> bool:
    """Equal and of one kind: text, number or flag."""
    if isinstance(wanted, str | bool):
        return type(value) is type(wanted) and bool(value == wanted)
    return number(value) == number(wanted)


def holds(tests: tuple[Test, ...]) -> Holds:
    """All tests as one closure."""
    made = [_made(test.op, test.value) for test in tests]
    if len(made) == 1:
        return made[0]
    return lambda value: all(test(value) for test in made)


def _made(op: str, wanted: Any) -> Holds:  # noqa: PLR0911 (one return for each kind)
    if op == "exists":
        return lambda value: (value is not None) is wanted
    if op in ("is", "is_not"):
        return _inverted(_is(wanted), op == "is_not")
    if op in ("in", "not_in"):
        return _inverted(_in(wanted), op == "not_in")
    if op == "contains":
        return lambda value: _contains(value, wanted)
    if op == "starts_with":
        return lambda value: type(value) is str and value.startswith(wanted)
    if op == "between":
        low, high = _order("at_least", wanted[0]), _order("at_most", wanted[1])
        return lambda value: low(value) and high(value)
    return _order(op, wanted)


def _inverted(test: Holds, invert: bool) -> Holds:
    return (lambda value: not test(value)) if invert else test


def _is(wanted: Any) -> Holds:
    if type(wanted) is str:
        return lambda value: value == wanted  # only text equals text
    return lambda value: same(value, wanted)


def _in(wanted: tuple[Any, ...]) -> Holds:
    texts = frozenset(one for one in wanted if type(one) is str)
    flags = frozenset(one for one in wanted if type(one) is bool)
    numbers = frozenset(number(one) for one in wanted if type(one) not in (str, bool))

    def test(value: Any) -> bool:
        if type(value) is str:
            return value in texts
        if type(value) is bool:
            return value in flags
        return number(value) in numbers if type(value) in (int, float) else False

    return test


def _contains(value: Any, wanted: Any) -> bool:
    """Text holds a piece of text; a list holds a value."""
    if type(value) is str:
        return type(wanted) is str and wanted in value
    return isinstance(value, list) and any(same(one, wanted) for one in value)


def _order(op: str, wanted: Any) -> Holds:
    text = type(wanted) is str
    limit: Any = wanted if text else number(wanted)

    def comparable(value: Any) -> Any:
        return (value if type(value) is str else None) if text else number(value)

    def above(value: Any) -> bool:
        return (found := comparable(value)) is not None and bool(found > limit)

    def below(value: Any) -> bool:
        return (found := comparable(value)) is not None and bool(found < limit)

    def at_least(value: Any) -> bool:
        return (found := comparable(value)) is not None and bool(found >= limit)

    def at_most(value: Any) -> bool:
        return (found := comparable(value)) is not None and bool(found <= limit)

    return {"above": above, "below": below, "at_least": at_least, "at_most": at_most}[op]
