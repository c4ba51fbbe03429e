"""Rule -> what of a customer it reads, so that only events that say something of it need judge it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from harken.errors import Invalid
from harken.rules.tree import (
    ConsentTo,
    Count,
    Field,
    GoalChance,
    Has,
    InSegment,
    InStage,
    InterestIn,
    Rule,
    Seen,
    Spent,
    Trait,
    leaves,
)

_Names = frozenset[str]


class Reads(Struct, frozen=True, kw_only=True):
    """Names a rule looks at, by kind."""

    events: _Names = frozenset()
    touchpoints: _Names = frozenset()
    channels: _Names = frozenset()
    traits: _Names = frozenset()
    topics: _Names = frozenset()
    purposes: _Names = frozenset()
    identifiers: _Names = frozenset()  # kinds
    segments: _Names = frozenset()
    stages: _Names = frozenset()
    goals: _Names = frozenset()  # whose chance it compares: any step may change it
    fields: _Names = frozenset()  # `property.price`: only an event has them
    seen: bool = False  # any event may matter
    timed: bool = False  # may change by time alone (any rule may, while events are dated in the future)

    def __or__(self, other: Reads) -> Reads:
        return Reads(**{name: getattr(self, name) | getattr(other, name) for name in self.__struct_fields__})


def reads(rule: Rule) -> Reads:  # noqa: C901 (one case for each kind)
    """What a rule reads itself; what its segments read is for `closure` to add.

    >>> from harken.rules import parse
    >>> sorted(reads(parse({"any": [{"event": "A"}, {"event": "B", "within": "1d"}]})).events)
    ['A', 'B']
    """
    found: dict[str, set[str]] = {}
    seen = timed = False
    for leaf in leaves(rule):
        match leaf:
            case Trait(name, _, lasting):
                found.setdefault("traits", set()).update((name, name.partition(".")[0]))
                timed |= lasting > 0
            case Count(kind, name, _, _, within):
                found.setdefault(f"{kind}s", set()).add(name)
                timed |= within is not None
            case Spent(name, _, days):
                found.setdefault("events", set()).add(name)
                timed |= days is not None
            case InStage(stage):
                found.setdefault("stages", set()).add(stage)
            case InterestIn(topic):
                found.setdefault("topics", set()).add(topic)
                timed = True
            case GoalChance(goal):
                found.setdefault("goals", set()).add(goal)
                seen = timed = True
            case ConsentTo(purpose):
                found.setdefault("purposes", set()).add(purpose)
            case InSegment(segment):
                found.setdefault("segments", set()).add(segment)
            case Has(kind):
                found.setdefault("identifiers", set()).add(kind)
            case Field(where, name):
                found.setdefault("fields", set()).add(f"{where}.{name}")
            case Seen():
                seen = timed = True
    return Reads(seen=seen, timed=timed, **{kind: frozenset(names) for kind, names in found.items()})


def closure(rules: Mapping[str, Rule]) -> dict[str, Reads]:
    """What each named rule reads, the segments it names included. Invalid when one is missing or they go in a circle."""
    own = {name: reads(rule) for name, rule in rules.items()}
    whole: dict[str, Reads] = {}
    for name in _in_order(own):
        total = own[name]
        for other in own[name].segments:
            total |= whole[other]
        whole[name] = total
    return whole


def _in_order(own: Mapping[str, Reads]) -> Iterable[str]:
    """Every name after those it needs; a circle is told by name."""
    done: dict[str, None] = {}
    for start in own:
        way: list[str] = []
        rest = [(start, iter(sorted(own[start].segments)))] if start not in done else []
        way += [name for name, _ in rest]
        while rest:
            name, needed = rest[-1]
            other = next(needed, None)
            if other is None:
                rest.pop()
                done[way.pop()] = None
            elif other in way:
                circle = " -> ".join([*way[way.index(other) :], other])
                raise Invalid(f"segments {circle}: a segment cannot depend on itself", code="invalid_rule")
            elif other not in own:
                raise Invalid(
                    f"segment {name}: there is no segment {other!r}; there is {', '.join(sorted(own)[:20])}",
                    code="invalid_rule",
                )
            elif other not in done:
                way.append(other)
                rest.append((other, iter(sorted(own[other].segments))))
    return done
