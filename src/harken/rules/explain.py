"""Rule, customer and time -> why: the tree of the rule, each leaf with its truth, what was seen, and words."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from harken.rules import evaluate
from harken.rules.evaluate import Facts, held_since, spent_now, trait_line, trait_now, weight_now
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
    Trait,
)
from harken.rules.values import holds
from harken.rules.windows import counted
from harken.rules.write import compared, said, spoken, times, wanted_times, window
from harken.words import DAY, Micros


class Explained(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a rule, or a part of it, is true or false."""

    truth: bool
    words: str  # "Plan Viewed 3 times in the last 30 days, wanted 1 to 2"
    saw: Any = None  # what a leaf looked at: a count, a value, a weight; None = nothing there
    until: Micros | None = None  # the earliest time this may change by itself
    parts: tuple[Explained, ...] = ()


def explain(rule: Rule, facts: Facts, now: Micros) -> Explained:
    """Say why. Agrees with `compile` leaf by leaf: each truth comes from the same closures."""
    verdict = evaluate.compile(rule)(facts, now)
    match rule:
        case All(rules) | AnyOf(rules):
            parts = tuple(explain(part, facts, now) for part in rules)
            hold = sum(part.truth for part in parts)
            wanted = "all" if isinstance(rule, All) else "any"
            words = f"{hold} of {len(parts)} {'holds' if hold == 1 else 'hold'}, wanted {wanted}"
            return Explained(truth=verdict.truth, words=words, until=verdict.until, parts=parts)
        case Not(inner):
            part = explain(inner, facts, now)
            words = f"it {'holds' if part.truth else 'does not hold'}, wanted the opposite"
            return Explained(truth=verdict.truth, words=words, until=verdict.until, parts=(part,))
        case _:
            saw = look(rule, facts, now)
            words = _words(rule, saw, facts, now)
            return Explained(truth=verdict.truth, words=words, saw=saw, until=verdict.until)


def look(leaf: Leaf, facts: Facts, now: Micros) -> Any:  # noqa: PLR0911 (one return for each kind)
    """What a leaf looks at, as of now: the value that it compares."""
    match leaf:
        case Trait(name):
            line = trait_line(facts, name)
            place = trait_now(line, now)
            return line[place][1] if place >= 0 else None
        case Count(kind, name, _, _, within):
            return counted(facts.times(kind, name), now, within)
        case Spent(name, _, days):
            return spent_now(facts.spent(name), days, now)
        case InStage(_, which):
            return facts.stage(which, now)[0] or None
        case InterestIn(topic):
            return weight_now(facts.topic(topic), facts.half_life, now)
        case GoalChance(goal):
            return facts.chance(goal, now)[0]
        case ConsentTo(purpose):
            return facts.consent(purpose, now)[0]
        case InSegment(segment):
            return facts.segment(segment, now).truth
        case Seen(end):
            moment = facts.last(now)[0] if end == "last" else facts.first()
            return moment if moment is not None and moment <= now else None
        case Has(kind):
            return facts.has(kind)
        case Field(where, name):
            return facts.field(where, name)


def lasted(leaf: Trait, facts: Facts, now: Micros) -> Micros | None:
    """For how long a trait has compared as told; None when it does not now."""
    line = trait_line(facts, leaf.name)
    since = held_since(line, trait_now(line, now), holds(leaf.tests), facts)
    return None if since is None or since > now else now - since


def _words(leaf: Leaf, saw: Any, facts: Facts, now: Micros) -> str:  # noqa: C901, PLR0911 (one return for each kind)
    match leaf:
        case Trait(name, tests, lasting):
            if not lasting:
                return f"trait {name} is {said(saw)}, wanted: {compared(tests)}"
            held = lasted(leaf, facts, now)
            so_far = "" if held is None else f" (for {spoken(held)})"
            return f"trait {name} is {said(saw)}, wanted: {compared(tests)}{so_far} for at least {spoken(lasting)}"
        case Count(_, name, _, _, within):
            return f"{name} {times(saw)}{window(within)}, wanted {wanted_times(leaf)}"
        case Spent(name, tests, days):
            return f"money on {name}{window(days * DAY if days else None)} is {said(saw)}, wanted: {compared(tests)}"
        case InStage(stage, which):
            return f"{which} stage is {said(saw)}, wanted {said(stage)}"
        case InterestIn(topic, tests):
            return f"interest in {topic} is {said(round(saw, 3))}, wanted: {compared(tests)}"
        case GoalChance(goal, tests):
            told = "not known" if saw is None else said(round(saw, 3))
            return f"chance of {goal} is {told}, wanted: {compared(tests)}"
        case ConsentTo(purpose, yes):
            heard = "nothing was said" if saw is None else f"said {'yes' if saw else 'no'}"
            return f"{heard} to {purpose}, wanted {'yes' if yes else 'no'}"
        case InSegment(segment):
            return f"{'in' if saw else 'not in'} segment {segment}, wanted in"
        case Seen(end, within):
            ago = "never" if saw is None else f"{spoken(now - saw)} ago"
            return f"{end} seen {ago}, wanted{window(within)}"
        case Has(kind):
            return f"{'has' if saw else 'has no'} {kind}, wanted one"
        case Field(where, name, tests):
            return f"{where} {name} is {said(saw)}, wanted: {compared(tests)}"
