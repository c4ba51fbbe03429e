"""Rule -> a closure that answers it for one customer at one time, from `Facts`: whatever knows the customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, fsum, log2
from typing import Any, Protocol, TypeAlias

from harken.rules.tree import (
    All,
    AnyOf,
    ConsentTo,
    Count,
    End,
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
    Trait,
    Where,
    Which,
)
from harken.rules.values import dig, holds
from harken.rules.windows import FALSE, TRUE, Times, Verdict, between
from harken.words import DAY, Micros

Line: TypeAlias = Sequence[tuple[Micros, Any]]
"""What a trait was since when, rising in time; None = taken away."""


class Facts(Protocol):
    """One customer as rules see it. Days are days since 1970 (UTC), weights and money integer thousandths."""

    half_life: float  # of interests, in days

    def times(self, kind: Kind, name: str) -> Times | None:
        """When an event or touchpoint happened; for a channel, its visits."""

    def trait(self, name: str) -> Line: ...
    def spent(self, name: str) -> Mapping[int, int]:
        """Money on events of this name by day."""

    def topic(self, topic: str) -> Mapping[int, int]:
        """Weight of a topic and all below it by day."""

    def stage(self, which: Which, now: Micros) -> tuple[str, Micros | None]:
        """The stage ("" = none), and when an event dated later than `now` may change it."""

    def consent(self, purpose: str, now: Micros) -> tuple[bool | None, Micros | None]:
        """Yes, no or nothing said; and likewise."""

    def chance(self, goal: str, now: Micros) -> tuple[float | None, Micros | None]:
        """The chance of reaching a goal (None: nobody can know), and when it changes by itself."""

    def has(self, kind: str) -> bool: ...
    def first(self) -> Micros | None: ...
    def last(self, now: Micros) -> tuple[Micros | None, Micros | None]:
        """The latest event not later than `now`, and the next one after it."""

    def segment(self, name: str, now: Micros) -> Verdict: ...
    def field(self, where: Where, name: str) -> Any:
        """A property or context field of the event at hand, None when there is none."""


Evaluate: TypeAlias = Callable[[Facts, Micros], Verdict]


def compile(rule: Rule) -> Evaluate:
    """The rule as a closure: `compile(rule)(facts, now)`. Make it once, ask it often."""
    match rule:
        case All(rules):
            return _group([compile(part) for part in rules], truth=True)
        case AnyOf(rules):
            return _group([compile(part) for part in rules], truth=False)
        case Not(part):
            return _negated(compile(part))
        case _:
            return _leaf(rule)


def _group(parts: list[Evaluate], *, truth: bool) -> Evaluate:
    """`all` (truth=True) is true until its first part turns; it is false while any part is false. `any` mirrors it."""
    if len(parts) == 1:
        return parts[0]
    agreed, settled = (TRUE, FALSE) if truth else (FALSE, TRUE)

    def evaluate(facts: Facts, now: Micros) -> Verdict:
        first: Micros | None = None
        latest: Micros | None = None
        for part in parts:
            verdict = part(facts, now)
            until = verdict.until
            if verdict.truth is truth:
                if until is not None and (first is None or until < first):
                    first = until
            elif until is None:
                return settled
            elif latest is None or until > latest:
                latest = until
        if latest is not None:
            return Verdict(not truth, latest)
        return agreed if first is None else Verdict(truth, first)

    return evaluate


def _negated(part: Evaluate) -> Evaluate:
    def evaluate(facts: Facts, now: Micros) -> Verdict:
        verdict = part(facts, now)
        return Verdict(not verdict.truth, verdict.until)

    return evaluate


def _leaf(leaf: Leaf) -> Evaluate:  # noqa: PLR0911 (one return for each kind)
    match leaf:
        case Trait():
            return _trait(leaf)
        case Count(kind, name, low, high, within):
            return lambda facts, now: between(facts.times(kind, name), now, within, low, high)
        case Spent():
            return _spent(leaf)
        case InterestIn():
            return _interest(leaf)
        case GoalChance():
            return _chance(leaf)
        case InStage(stage, which):
            return lambda facts, now: _known(facts.stage(which, now), stage)
        case ConsentTo(purpose, yes):
            return lambda facts, now: _known(facts.consent(purpose, now), yes)
        case InSegment(segment):
            return lambda facts, now: facts.segment(segment, now)
        case Seen(end, within):
            return _seen(end, within)
        case Has(identifier):
            return lambda facts, now: TRUE if facts.has(identifier) else FALSE
        case Field(where, name, tests):
            test = holds(tests)
            return lambda facts, now: TRUE if test(facts.field(where, name)) else FALSE


def _known(told: tuple[object, Micros | None], wanted: object) -> Verdict:
    value, until = told
    if until is None:
        return TRUE if value == wanted else FALSE
    return Verdict(value == wanted, until)


# ---------------------------------------------------------------- traits


def trait_line(facts: Facts, name: str) -> Line:
    """A trait over time; `address.city` looks into the trait `address` when there is none of the whole name."""
    line = facts.trait(name)
    if line or "." not in name:
        return line
    root, _, path = name.partition(".")
    return [(since, dig(value, path)) for since, value in facts.trait(root)]


def trait_now(line: Line, now: Micros) -> int:
    """The place in the line that holds now, -1 before it begins."""
    place = len(line) - 1
    while place >= 0 and line[place][0] > now:
        place -= 1
    return place


def held_since(line: Line, place: int, test: Callable[[Any], bool], facts: Facts) -> Micros | None:
    """Since when the test has held without a break, None when it does not hold now. Hearing the same again, or
    another value that passes too, breaks nothing; a missing trait that passes has done so since the first event."""
    if not test(line[place][1] if place >= 0 else None):
        return None
    while place > 0 and test(line[place - 1][1]):
        place -= 1
    if place > 0 or (place == 0 and not test(None)):
        return line[place][0]
    return facts.first()


def _trait(leaf: Trait) -> Evaluate:
    name, lasting, test = leaf.name, leaf.lasting, holds(leaf.tests)

    def evaluate(facts: Facts, now: Micros) -> Verdict:
        line = trait_line(facts, name)
        place = trait_now(line, now)
        truth = test(line[place][1] if place >= 0 else None)
        turn = None  # events dated later than now are in the line already
        for since, value in line[place + 1 :]:
            if test(value) is not truth:
                turn = since
                break
        if not lasting:
            return Verdict(truth, turn) if turn is not None else TRUE if truth else FALSE
        if not truth:
            return FALSE if turn is None else Verdict(False, turn + lasting)
        begun = held_since(line, place, test, facts)
        if begun is None:  # nothing was ever heard of this customer
            return FALSE
        due = begun + lasting
        return Verdict(False, due) if now < due else TRUE if turn is None else Verdict(True, turn)

    return evaluate


# ---------------------------------------------------------------- sums and weights


def spent_now(by_day: Mapping[int, int], days: int | None, now: Micros) -> float:
    """Money of the last `days` days (today is one of them) in whole units."""
    today = now // DAY
    oldest = None if days is None else today - days
    return sum(sum_ for day, sum_ in by_day.items() if day <= today and (oldest is None or day > oldest)) / 1000


def _spent(leaf: Spent) -> Evaluate:
    name, days, test = leaf.name, leaf.days, holds(leaf.tests)
    nothing = TRUE if test(0.0) else FALSE

    def evaluate(facts: Facts, now: Micros) -> Verdict:
        by_day = facts.spent(name)
        if not by_day:
            return nothing
        today = now // DAY
        truth = test(spent_now(by_day, days, now))
        changes = {day for day in by_day if day > today}
        if days is not None:
            changes |= {day + days for day in by_day if day + days > today}
        for day in sorted(changes):
            if test(spent_now(by_day, days, day * DAY)) is not truth:
                return Verdict(truth, day * DAY)
        return TRUE if truth else FALSE

    return evaluate


def weight_now(by_day: Mapping[int, int], half_life: float, now: Micros) -> float:
    """An interest's weight: what each day gave, halved every `half_life` days, whole days counted.

    >>> weight_now({0: 1000, 30: 500}, 30.0, 30 * DAY)
    1.0
    """
    today = now // DAY
    faded = [weight * 2.0 ** ((day - today) / half_life) for day, weight in by_day.items() if day <= today]
    return fsum(faded) / 1000


def _interest(leaf: InterestIn) -> Evaluate:
    topic, test = leaf.topic, holds(leaf.tests)
    nothing = TRUE if test(0.0) else FALSE
    limits = [end for one in leaf.tests for end in (one.value if isinstance(one.value, tuple) else (one.value,))]

    def evaluate(facts: Facts, now: Micros) -> Verdict:
        by_day = facts.topic(topic)
        if not by_day:
            return nothing
        half_life, today = facts.half_life, now // DAY
        weight = weight_now(by_day, half_life, now)
        truth = test(weight)
        coming = min((day for day in by_day if day > today), default=None)
        days = sorted(_crossings(weight, limits, half_life))
        for day in days:
            if coming is not None and today + day >= coming:
                break
            if test(weight_now(by_day, half_life, (today + day) * DAY)) is not truth:
                return Verdict(truth, (today + day) * DAY)
        return Verdict(truth, coming * DAY) if coming is not None else TRUE if truth else FALSE

    return evaluate


def _chance(leaf: GoalChance) -> Evaluate:
    goal, test = leaf.goal, holds(leaf.tests)

    def evaluate(facts: Facts, now: Micros) -> Verdict:
        chance, until = facts.chance(goal, now)
        truth = chance is not None and test(chance)
        return Verdict(truth, until) if until is not None else TRUE if truth else FALSE

    return evaluate


def _crossings(weight: float, limits: list[float], half_life: float) -> set[int]:
    """In how many days a fading weight may first be past a limit: the computed day and its neighbors."""
    found: set[int] = set()
    for limit in limits:
        if weight and limit / weight > 0 and (ratio := weight / limit) >= 1:
            days = ceil(half_life * log2(ratio))
            found.update(day for day in (days - 1, days, days + 1) if day > 0)
    return found


def _seen(end: End, within: Micros) -> Evaluate:
    def evaluate(facts: Facts, now: Micros) -> Verdict:
        moment, coming = facts.last(now) if end == "last" else (facts.first(), None)
        if moment is not None and moment > now:
            moment, coming = None, moment
        if moment is None or moment <= now - within:
            return FALSE if coming is None else Verdict(False, coming)
        leaving = moment + within
        return Verdict(True, leaving if coming is None or leaving < coming else coming)

    return evaluate
