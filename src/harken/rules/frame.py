"""Rule -> a Polars expression over one row per customer, with the same verdicts as `compile`.

The columns hold what a customer was as of one `now`; `row(rules, facts, now)` makes a row, `schema(rules)` its types.

| column | type | holds |
|---|---|---|
| `trait:plan:text`, `…:number`, `…:flag`, `…:items`, `…:known` | String, Float64, Boolean, List(String), Boolean | the value in the one that fits its type, null in the others; items of a list as `t:gold`, `n:1.0`, `f:true`; whether there is any value |
| `trait:plan:held:{"is":"gold"}` | Int64 | microseconds for which these comparisons have held, null when they do not (rules with `for`) |
| `event:Plan Viewed:30d`, `touchpoint:…`, `channel:web:ever` | Int64 | how often in the window, or ever |
| `spent:Order Completed:90d` | Float64 | money in the window |
| `stage:current`, `stage:earliest`, `stage:furthest` | String | null when none |
| `interest:phones/android` | Float64 | faded weight, with all topics below |
| `goal_chance:order` | Float64 | null when nobody can know |
| `consent:email` | Boolean | null when nothing was said |
| `segment:loyal` | Boolean | membership |
| `seen:last`, `seen:first` | Int64 | microseconds since, null when never |
| `has:email` | Boolean | known by an identifier of this kind |
| `property:price:number`, `context:…` | as a trait's | of the event at hand |
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import polars as pl

from harken.rules.evaluate import Facts
from harken.rules.explain import lasted, look
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
    leaves,
)
from harken.rules.values import number
from harken.rules.write import plain, short
from harken.words import Micros

Row: TypeAlias = dict[str, Any]
_VALUE: Final = {"text": "String", "number": "Float64", "flag": "Boolean", "items": "List", "known": "Boolean"}


def row(rules: Iterable[Rule], facts: Facts, now: Micros) -> Row:
    """The columns these rules read, for one customer as of `now`."""
    made: Row = {}
    for rule in rules:
        for leaf in leaves(rule):
            made.update(_cells(leaf, facts, now))
    return made


def schema(rules: Iterable[Rule]) -> dict[str, pl.DataType | type[pl.DataType]]:
    """The columns these rules read with their types: `pl.DataFrame(rows, schema=schema(rules))`."""
    made: dict[str, pl.DataType | type[pl.DataType]] = {}
    for rule in rules:
        for leaf in leaves(rule):
            for name, kind in _columns(leaf).items():
                made[name] = pl.List(pl.String) if kind == "List" else getattr(pl, kind)
    return made


def to_expr(rule: Rule) -> pl.Expr:
    """The rule as a Boolean expression over those columns; never null."""
    match rule:
        case All(rules):
            return pl.all_horizontal(*(to_expr(part) for part in rules)) if rules else pl.lit(True)
        case AnyOf(rules):
            return pl.any_horizontal(*(to_expr(part) for part in rules)) if rules else pl.lit(False)
        case Not(part):
            return ~to_expr(part)
        case _:
            return _leaf(rule).fill_null(False)


def _name(leaf: Leaf) -> str:  # noqa: PLR0911 (one return for each kind)
    """The column of a leaf, or what its columns begin with."""
    match leaf:
        case Trait(name, tests, lasting):
            held = json.dumps(plain(Trait(name, tests)), sort_keys=True, separators=(",", ":"))
            return f"trait:{name}:held:{held}" if lasting else f"trait:{name}"
        case Count(kind, name, _, _, within):
            return f"{kind}:{name}:{short(within) if within else 'ever'}"
        case Spent(name, _, days):
            return f"spent:{name}:{f'{days}d' if days else 'ever'}"
        case InStage(_, which):
            return f"stage:{which}"
        case InterestIn(topic):
            return f"interest:{topic}"
        case GoalChance(goal):
            return f"goal_chance:{goal}"
        case ConsentTo(purpose):
            return f"consent:{purpose}"
        case InSegment(segment):
            return f"segment:{segment}"
        case Seen(end):
            return f"seen:{end}"
        case Has(identifier):
            return f"has:{identifier}"
        case Field(where, name):
            return f"{where}:{name}"


def _columns(leaf: Leaf) -> dict[str, str]:
    name = _name(leaf)
    match leaf:
        case Trait(_, _, 0) | Field():
            return {f"{name}:{part}": kind for part, kind in _VALUE.items()}
        case Trait() | Count() | Seen():
            return {name: "Int64"}
        case Spent() | InterestIn() | GoalChance():
            return {name: "Float64"}
        case InStage():
            return {name: "String"}
        case _:
            return {name: "Boolean"}


def _cells(leaf: Leaf, facts: Facts, now: Micros) -> Row:
    name = _name(leaf)
    if isinstance(leaf, Trait) and leaf.lasting:
        return {name: lasted(leaf, facts, now)}
    saw = look(leaf, facts, now)
    if isinstance(leaf, Trait | Field):
        return {
            f"{name}:text": saw if type(saw) is str else None,
            f"{name}:number": number(saw),
            f"{name}:flag": saw if type(saw) is bool else None,
            f"{name}:items": [_item(one) for one in saw] if type(saw) is list else None,
            f"{name}:known": saw is not None,
        }
    if isinstance(leaf, Seen):
        return {name: None if saw is None else now - saw}
    return {name: saw}


def _item(value: Any) -> str:
    """A list's item as text that is equal exactly when the values are the same."""
    if type(value) is str:
        return f"t:{value}"
    if type(value) is bool:
        return f"f:{str(value).lower()}"
    found = number(value)
    return "o:" if found is None else f"n:{found + 0.0!r}"  # -0.0 is 0.0


def _leaf(leaf: Leaf) -> pl.Expr:  # noqa: PLR0911 (one return for each kind)
    name = _name(leaf)
    column = pl.col(name)
    match leaf:
        case Trait(_, tests, lasting):
            return column >= lasting if lasting else _tested(name, tests)
        case Field(_, _, tests):
            return _tested(name, tests)
        case Count(_, _, low, high, _):
            return column >= low if high is None else column.is_between(low, high)
        case Spent(_, tests) | InterestIn(_, tests) | GoalChance(_, tests):
            return pl.all_horizontal(*(_ordered(column, test) for test in tests))
        case InStage(stage):
            return column == stage
        case ConsentTo(_, yes):
            return column == yes
        case Seen(_, within):
            return column < within
        case InSegment() | Has():
            return column


def _tested(name: str, tests: tuple[Test, ...]) -> pl.Expr:
    return pl.all_horizontal(*(_test(name, test).fill_null(False) for test in tests))


def _test(name: str, test: Test) -> pl.Expr:  # noqa: PLR0911 (one return for each kind)
    op, wanted = test.op, test.value
    if op == "exists":
        return pl.col(f"{name}:known") == bool(wanted)
    if op in ("is_not", "not_in"):
        return ~_test(name, Test("is" if op == "is_not" else "in", wanted)).fill_null(False)
    if op == "in":
        return pl.any_horizontal(*(_same(name, one).fill_null(False) for one in wanted))
    if op == "is":
        return _same(name, wanted)
    if op == "starts_with":
        return pl.col(f"{name}:text").str.starts_with(str(wanted))
    if op == "contains":
        items: pl.Expr = pl.col(f"{name}:items").list.contains(_item(wanted))
        text = pl.col(f"{name}:text")
        either: pl.Expr = items | text.str.contains(wanted, literal=True) if type(wanted) is str else items
        return either
    first = wanted[0] if op == "between" else wanted
    return _ordered(pl.col(f"{name}:{'text' if type(first) is str else 'number'}"), test)


def _same(name: str, wanted: Any) -> pl.Expr:
    if type(wanted) is str:
        return pl.col(f"{name}:text") == wanted
    if type(wanted) is bool:
        return pl.col(f"{name}:flag") == wanted
    return pl.col(f"{name}:number") == float(wanted)


def _ordered(column: pl.Expr, test: Test) -> pl.Expr:
    def limit(value: Any) -> pl.Expr:
        return pl.lit(value if type(value) is str else float(value))

    match test.op:
        case "above":
            return column > limit(test.value)
        case "below":
            return column < limit(test.value)
        case "at_least":
            return column >= limit(test.value)
        case "at_most":
            return column <= limit(test.value)
        case _:
            return column.is_between(limit(test.value[0]), limit(test.value[1]))
