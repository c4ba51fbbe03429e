"""The rule language: a rule as written -> what it says of one customer at one time, why, and the same over columns.

    parse(obj) -> Rule            compile(rule)(facts, now) -> Verdict(truth, until)
    plain(rule), describe(rule)   explain(rule, facts, now) -> the tree of reasons
    reads(rule) -> Reads          to_expr(rule) -> Polars expression over `frame`'s columns

A rule is a group or a leaf; a leaf begins with what it asks about. There is one way to write each:

    all: [rule, …]    any: [rule, …]    not: rule       (all: [] is everybody)
    {trait: plan, is: gold}                   is is_not in not_in contains starts_with exists
                                              above below at_least at_most between; several must all hold
    {trait: plan, is: gold, for: 7d}          has been so for at least that long; hearing it again resets nothing
    {event: Plan Viewed, at_least: 1, at_most: 2, within: 30d}     at_least at_most exactly never: true; none = once
    {touchpoint: "web: Plan page"}            the same counts
    {channel: web, at_least: 3, within: 7d}   the same, counting visits
    {spent: Order Completed, above: 100, within: 90d}   money on events of this name, in whole UTC days
    {stage: buy}    {stage: buy, is: furthest}          is: current (usual), earliest, furthest
    {interest: phones/android, at_least: 0.5}           faded weight, with all topics below; nothing heard is 0
    {goal_chance: order, at_least: 0.3}       chance of reaching a goal soon after the last step, from 0 to 1
    {consent: email}    {consent: email, is: false}     said yes, said no; nothing said is neither
    {segment: loyal}    {has: email}    {seen: within 30d}    {first_seen: within 30d}
    {property: price, above: 10}    {context: page.path, starts_with: /plans}    of one event; not for segments

Durations are `30m 12h 7d 4w`. A window is half open: a moment counts while `now - within < moment <= now`; an event in
the future does not count yet. A chance that nobody can know fails every comparison. A missing trait or field (null too) fails every comparison except `is_not`, `not_in` and
`exists: false`. Comparisons are typed: "10" is text and no number, true is no number; texts compare by code point.
"""

from typing import TYPE_CHECKING, Any

from harken.rules.evaluate import Evaluate, Facts, Line, compile, weight_now  # noqa: A004 (`rules.compile` says it)
from harken.rules.explain import Explained, explain
from harken.rules.parse import duration, parse
from harken.rules.reads import Reads, closure, reads
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
    Kind,
    Leaf,
    Not,
    Rule,
    Seen,
    Spent,
    Test,
    Trait,
    Where,
    Which,
    leaves,
)
from harken.rules.values import dig
from harken.rules.windows import FALSE, TRUE, Span, Times, Verdict
from harken.rules.write import describe, plain

if TYPE_CHECKING:
    from harken.rules.frame import row, schema, to_expr

__all__ = [
    "FALSE", "TRUE", "All", "AnyOf", "ConsentTo", "Count", "Evaluate", "Explained", "Facts", "Field", "GoalChance", "Has",
    "InSegment", "InStage", "InterestIn", "Kind", "Leaf", "Line", "Not", "Reads", "Rule", "Seen", "Span", "Spent",
    "Test", "Times", "Trait", "Verdict", "Where", "Which", "closure", "compile", "describe", "dig", "duration",
    "explain", "leaves", "parse", "plain", "reads", "row", "schema", "to_expr", "weight_now",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """`row`, `schema` and `to_expr` need Polars, which only those wait for who use them."""
    if name in ("row", "schema", "to_expr"):
        from harken.rules import frame

        return getattr(frame, name)
    raise AttributeError(name)
