"""Customers made of plain lists, and random rules about them: what the tests of the rule language judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct, field

from harken.rules import FALSE, TRUE, Kind, Line, Rule, Times, Verdict, Where, Which, parse
from harken.words import DAY, SECOND, Micros

NOW: Micros = 20_000 * DAY + 11 * 3_600 * SECOND
HOUR = 3_600 * SECOND


class Moments(Struct):
    """Moments that are all known exactly."""

    recent: list[Micros]

    @property
    def total(self) -> int:
        return len(self.recent)

    def spans(self) -> Iterator[tuple[Micros, Micros, int]]:
        return ((moment, moment, 1) for moment in self.recent)


class Told(Struct):
    """`rules.Facts` out of what a test says."""

    happened: dict[tuple[str, str], list[Micros]] = field(default_factory=dict)  # (kind, name) -> moments
    traits: dict[str, list[tuple[Micros, Any]]] = field(default_factory=dict)
    money: dict[str, dict[int, int]] = field(default_factory=dict)
    topics: dict[str, dict[int, int]] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    said: dict[str, bool] = field(default_factory=dict)
    chances: dict[str, tuple[float | None, Micros | None]] = field(default_factory=dict)
    identifiers: set[str] = field(default_factory=set)
    seen: list[Micros] = field(default_factory=list)
    segments: set[str] = field(default_factory=set)
    fields: dict[tuple[str, str], Any] = field(default_factory=dict)
    half_life: float = 30.0

    def times(self, kind: Kind, name: str) -> Times | None:
        moments = self.happened.get((kind, name))
        return None if moments is None else Moments(sorted(moments))

    def trait(self, name: str) -> Line:
        return self.traits.get(name, [])

    def spent(self, name: str) -> Mapping[int, int]:
        return self.money.get(name, {})

    def topic(self, topic: str) -> Mapping[int, int]:
        return self.topics.get(topic, {})

    def stage(self, which: Which, now: Micros) -> tuple[str, Micros | None]:
        return self.stages.get(which, ""), None

    def consent(self, purpose: str, now: Micros) -> tuple[bool | None, Micros | None]:
        return self.said.get(purpose), None

    def chance(self, goal: str, now: Micros) -> tuple[float | None, Micros | None]:
        chance, until = self.chances.get(goal, (None, None))
        return (0.0, None) if until is not None and now >= until else (chance, until)

    def has(self, kind: str) -> bool:
        return kind in self.identifiers

    def first(self) -> Micros | None:
        return min(self.seen, default=None)

    def last(self, now: Micros) -> tuple[Micros | None, Micros | None]:
        before = [moment for moment in self.seen if moment <= now]
        return max(before, default=None), min((moment for moment in self.seen if moment > now), default=None)

    def segment(self, name: str, now: Micros) -> Verdict:
        return TRUE if name in self.segments else FALSE

    def field(self, where: Where, name: str) -> Any:
        return self.fields.get((where, name))


# ---------------------------------------------------------------- random rules, as written

NAMES = st.sampled_from(["A", "B", "Plan Viewed"])
DURATIONS = st.sampled_from(["30m", "12h", "1d", "7d", "4w", "30d"])
SCALARS = st.one_of(
    st.sampled_from(["gold", "silver", "", "go", "10", "ä"]),
    st.integers(-3, 12),
    st.sampled_from([0.5, 10.0]),
    st.booleans(),
)
ORDERED = st.one_of(st.sampled_from(["gold", "silver", "m"]), st.integers(-3, 12), st.sampled_from([0.5, 10.0]))
NUMBERS = st.one_of(st.integers(0, 12), st.sampled_from([0.25, 0.5, 2.5]))


def _range(ends: Sequence[Any]) -> list[Any]:
    return sorted(ends)


TESTS = st.one_of(
    st.fixed_dictionaries({"is": SCALARS}),
    st.fixed_dictionaries({"is_not": SCALARS}),
    st.fixed_dictionaries({"in": st.lists(SCALARS, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"not_in": st.lists(SCALARS, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"contains": SCALARS}),
    st.fixed_dictionaries({"starts_with": st.sampled_from(["go", "", "ä"])}),
    st.fixed_dictionaries({"exists": st.booleans()}),
    st.fixed_dictionaries({"above": ORDERED}),
    st.fixed_dictionaries({"below": ORDERED, "is_not": SCALARS}),
    st.fixed_dictionaries({"at_least": ORDERED}),
    st.fixed_dictionaries({"at_most": ORDERED}),
    st.fixed_dictionaries({"between": st.lists(st.integers(-3, 12), min_size=2, max_size=2).map(_range)}),
)
NUMBER_TESTS = st.one_of(
    *(st.fixed_dictionaries({op: NUMBERS}) for op in ("above", "below", "at_least", "at_most")),
    st.fixed_dictionaries({"between": st.lists(NUMBERS, min_size=2, max_size=2).map(_range)}),
)
SHARES = st.sampled_from([0, 0.1, 0.25, 0.5, 1])
SHARE_TESTS = st.one_of(
    *(st.fixed_dictionaries({op: SHARES}) for op in ("above", "below", "at_least", "at_most")),
    st.fixed_dictionaries({"between": st.lists(SHARES, min_size=2, max_size=2).map(_range)}),
)
OFTEN = st.one_of(
    st.just({}),
    st.just({"never": True}),
    st.fixed_dictionaries({"exactly": st.integers(0, 4)}),
    st.fixed_dictionaries({"at_least": st.integers(0, 4)}),
    st.fixed_dictionaries({"at_most": st.integers(0, 4)}),
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda two: {"at_least": min(two), "at_most": max(two)}),
)


def _joined(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


def _maybe(key: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(st.just({}), st.fixed_dictionaries({key: values}))


def _of(key: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({key: values})


TRAITS = st.sampled_from(["plan", "address.city", "tags"])
COUNTS = st.one_of(
    *(_joined(_of(kind, NAMES), OFTEN, _maybe("within", DURATIONS)) for kind in ("event", "touchpoint", "channel"))
)
LEAVES = st.one_of(
    COUNTS,
    _joined(_of("trait", TRAITS), TESTS, _maybe("for", DURATIONS)),
    _joined(_of("spent", NAMES), NUMBER_TESTS, _maybe("within", st.sampled_from(["1d", "7d", "4w"]))),
    _joined(_of("interest", st.sampled_from(["phones", "phones/android"])), NUMBER_TESTS),
    _joined(_of("goal_chance", st.sampled_from(["order", "renewal"])), SHARE_TESTS),
    _joined(_of("stage", st.sampled_from(["buy", "use"])), _maybe("is", st.sampled_from(["earliest", "furthest"]))),
    _joined(_of("consent", st.sampled_from(["email", "ads"])), _maybe("is", st.booleans())),
    _of("segment", st.sampled_from(["loyal", "new"])),
    _of("has", st.sampled_from(["email", "phone"])),
    _of("seen", DURATIONS.map(lambda length: f"within {length}")),
    _of("first_seen", DURATIONS.map(lambda length: f"within {length}")),
    _joined(_of("property", st.sampled_from(["price", "tags"])), TESTS),
    _joined(_of("context", st.just("page.path")), TESTS),
)
WRITTEN = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        _of("all", st.lists(inner, max_size=3)), _of("any", st.lists(inner, max_size=3)), _of("not", inner)
    ),
    max_leaves=8,
)
RULES: st.SearchStrategy[Rule] = WRITTEN.map(parse)

# ---------------------------------------------------------------- random customers

PAST = st.one_of(
    st.integers(-40 * 24, 0).map(lambda hours: NOW + hours * HOUR),
    st.integers(-40 * DAY, 0).map(lambda length: NOW + length),
)
FUTURE = st.integers(1, 40 * DAY).map(lambda length: NOW + length)
VALUES = st.one_of(
    SCALARS, st.none(), st.lists(SCALARS, max_size=3), st.fixed_dictionaries({"city": SCALARS}), st.just("golden")
)


def customers(*, future: bool = False) -> st.SearchStrategy[Told]:
    """Customers; with some of what they did dated later than NOW, or with none of it."""
    moments = st.one_of(PAST, FUTURE) if future else PAST
    days = st.integers(NOW // DAY - 40, NOW // DAY + (40 if future else 0))
    lines = st.lists(st.tuples(moments, VALUES), max_size=4, unique_by=lambda one: one[0]).map(
        lambda line: sorted(line, key=lambda one: one[0])
    )
    kinds = st.tuples(st.sampled_from(["event", "touchpoint", "channel"]), NAMES)
    return st.builds(
        Told,
        happened=st.dictionaries(kinds, st.lists(moments, min_size=1, max_size=6), max_size=5),
        traits=st.dictionaries(st.sampled_from(["plan", "address", "tags"]), lines, max_size=3),
        money=st.dictionaries(NAMES, st.dictionaries(days, st.integers(-3000, 9000), max_size=4), max_size=2),
        topics=st.dictionaries(
            st.sampled_from(["phones", "phones/android"]),
            st.dictionaries(days, st.integers(0, 5000), max_size=4),
            max_size=2,
        ),
        stages=st.dictionaries(
            st.sampled_from(["current", "earliest", "furthest"]), st.sampled_from(["buy", "use"]), max_size=3
        ),
        said=st.dictionaries(st.sampled_from(["email", "ads"]), st.booleans(), max_size=2),
        chances=st.dictionaries(
            st.sampled_from(["order", "renewal"]),
            st.tuples(st.none() | st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9]), st.none() | FUTURE),
            max_size=2,
        ),
        identifiers=st.sets(st.sampled_from(["email", "phone"])),
        seen=st.lists(moments, max_size=4),
        segments=st.sets(st.sampled_from(["loyal", "new"])),
        fields=st.dictionaries(
            st.sampled_from([("property", "price"), ("property", "tags"), ("context", "page.path")]), VALUES, max_size=3
        ),
    )
