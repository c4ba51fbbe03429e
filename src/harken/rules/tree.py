"""The shapes a rule is made of: what `parse` gives and everything else here takes. Frozen values, nothing computed."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct

from harken.words import Micros

Kind: TypeAlias = Literal["event", "touchpoint", "channel"]
Which: TypeAlias = Literal["current", "earliest", "furthest"]
End: TypeAlias = Literal["last", "first"]
Where: TypeAlias = Literal["property", "context"]


class Test(Struct, frozen=True, array_like=True):
    """One comparison: `is gold`, `above 10`, `in [a, b]` (a tuple)."""

    __test__ = False  # not a test of pytest's

    op: str
    value: Any


class All(Struct, frozen=True, tag="all"):
    """True when every rule is; of none, true: `all: []` is everybody."""

    rules: tuple[Rule, ...]


class AnyOf(Struct, frozen=True, tag="any"):
    """True when one of the rules is; of none, false: `any: []` is nobody."""

    rules: tuple[Rule, ...]


class Not(Struct, frozen=True, tag="not"):
    rule: Rule


class Trait(Struct, frozen=True, tag="trait"):
    """A trait compares as told, and has done so for `lasting` at least."""

    name: str
    tests: tuple[Test, ...]
    lasting: Micros = 0


class Count(Struct, frozen=True, tag="count"):
    """How often an event or touchpoint happened, or a channel was visited, within a window or ever."""

    kind: Kind
    name: str
    at_least: int = 1
    at_most: int | None = None
    within: Micros | None = None


class Spent(Struct, frozen=True, tag="spent"):
    """The sum of the money on events of this name, over whole UTC days: `days=1` is today."""

    name: str
    tests: tuple[Test, ...]
    days: int | None = None


class InStage(Struct, frozen=True, tag="stage"):
    stage: str
    which: Which = "current"


class InterestIn(Struct, frozen=True, tag="interest"):
    topic: str
    tests: tuple[Test, ...]


class GoalChance(Struct, frozen=True, tag="goal_chance"):
    """The chance that the customer reaches a goal of the catalogue soon, as learned from everybody's steps."""

    goal: str
    tests: tuple[Test, ...]


class ConsentTo(Struct, frozen=True, tag="consent"):
    """The customer said yes (or, with `yes=False`, said no) to this purpose. Nothing said is neither."""

    purpose: str
    yes: bool = True


class InSegment(Struct, frozen=True, tag="segment"):
    segment: str


class Seen(Struct, frozen=True, tag="seen"):
    """The last (or first) event of the customer lies in the window."""

    end: End
    within: Micros


class Has(Struct, frozen=True, tag="has"):
    """The customer is known by an identifier of this kind."""

    kind: str


class Field(Struct, frozen=True, tag="field"):
    """A property or context field of the one event the rule is asked about."""

    where: Where
    name: str
    tests: tuple[Test, ...]


Leaf: TypeAlias = Trait | Count | Spent | InStage | InterestIn | GoalChance | ConsentTo | InSegment | Seen | Has | Field
Rule: TypeAlias = All | AnyOf | Not | Leaf


def leaves(rule: Rule) -> list[Leaf]:
    """Every leaf, left to right."""
    if isinstance(rule, All | AnyOf):
        return [leaf for part in rule.rules for leaf in leaves(part)]
    if isinstance(rule, Not):
        return leaves(rule.rule)
    return [rule]
