"""A rule that nobody published yet -> how many customers it would fit, part by part; two segments -> how far they are the
same customers; what customers are known for -> the words rules can be made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from harken import remember, rules
from harken.errors import Invalid, NotFound
from harken.hub.core import Core
from harken.hub.customers import named
from harken.remember.plan import Plan
from harken.rules import All, AnyOf, Not, Rule
from harken.stores import View
from harken.words import Identifier, Micros, Profile, Segment

PAGE = 1_000
TRIED = 10_000  # customers a rule is tried on, unless told otherwise
MOST = 100_000
LOOKED = 1_000  # customers whose memory tells the words
NAMES = 200  # of a kind
VALUES = 12  # of a trait
DRAFT = "(draft)"  # what a rule without an id is called while it is tried
EXAMPLES = 5


class Part(Struct, frozen=True, kw_only=True):
    """One part of a rule. `customers` fit it by itself; `left` fit it and all before it in its `all` too."""

    path: str  # "rule", "rule.all[0]", "rule.all[0].not": as problems name it
    words: str
    customers: int
    left: int | None = None


class Tried(Struct, frozen=True, kw_only=True):
    """How many of those judged a rule fits. `exact` when everybody was judged; else `customers` is an estimate for all `of`
    them, from `judged` taken by chance, `matched` of whom fit."""

    words: str
    customers: int
    matched: int
    judged: int
    of: int
    exact: bool
    parts: list[Part]  # the rule itself first, then what it is made of, as written
    examples: list[str]  # profiles of a few who fit


class Overlap(Struct, frozen=True, kw_only=True):
    """How many are in two segments, in both, and in neither."""

    a: int
    b: int
    both: int
    neither: int
    customers: int  # everybody


class Word(Struct, frozen=True, kw_only=True):
    """A name a rule can use: how many of those looked at have it; of a trait, its most frequent values."""

    name: str
    customers: int
    values: tuple[Any, ...] = ()


class Words(Struct, frozen=True, kw_only=True):
    """What customers are known for, most frequent first; told by some of them."""

    looked: int
    traits: list[Word]
    events: list[Word]
    spent: list[Word]
    touchpoints: list[Word]
    channels: list[Word]
    interests: list[Word]
    consents: list[Word]
    identifiers: list[Word]


class _Node(Struct):
    """A part of a rule while it is counted."""

    path: str
    rule: Rule
    evaluate: rules.Evaluate | None  # of a leaf
    inner: list[_Node]
    customers: int = 0
    left: int | None = None


class Segments:
    """Rules over customers, before they are published and beside each other."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def try_(self, rule: Any, *, id: str = "", limit: int = TRIED) -> Tried:
        """How many customers a rule fits now. Ids of profiles are spread by chance, so the first of them stand for all.
        `id`: the segment it would be, so that segments that use it are judged by it. Invalid says what is wrong where."""
        if not 1 <= limit <= MOST:
            raise Invalid(f"limit: {limit} is no number of customers from 1 to {MOST:,}")
        core, now = self._core, self._core.clock()
        parsed = rules.parse(rule, "rule")
        plan = self._plan(id or DRAFT, rule)
        top = _node(parsed, "rule")
        judged, matched, everybody = 0, 0, False
        examples: list[str] = []
        for page, last in self._pages(limit):
            everybody = last
            for pid, state, known in self._states(page):
                judged += 1
                if _count(top, remember.Remembered(state, known, plan), now):
                    matched += 1
                    if len(examples) < EXAMPLES:
                        examples.append(pid)
        with core.read() as view:
            of = judged if everybody else max(judged, view.counts()["profiles"])
        customers = matched if everybody else round(matched / max(judged, 1) * of)
        return Tried(
            words=rules.describe(parsed), customers=customers, matched=matched, judged=judged, of=of,
            exact=everybody, parts=[*_parts(top)], examples=examples,
        )  # fmt: skip

    def overlap(self, a: str, b: str) -> Overlap:
        """How far two segments are the same customers."""
        known = self._core.plans.config.segments
        for one in (a, b):
            if one not in known:
                there = ", ".join(known) or "none yet"
                raise NotFound(f"no segment named '{one}'; there are: {there}", code="unknown_segment")
        with self._core.read() as view:
            first, both = _members(view, a, b)
            second, _ = _members(view, b, a)
            everybody = view.counts()["profiles"]
        return Overlap(a=first, b=second, both=both, neither=everybody - first - second + both, customers=everybody)

    def words(self) -> Words:
        """The names rules can be made of, as some customers have them; and those of the catalogue."""
        core, now = self._core, self._core.clock()
        names: dict[str, Counter[str]] = {kind: Counter() for kind in Words.__struct_fields__[1:]}
        values: dict[str, Counter[Any]] = {}
        looked = 0
        for page, _ in self._pages(LOOKED):
            for pid, state, known in self._states(page):
                looked += 1
                found = remember.customer(pid, state, known, {}, core.plans.remember, now)
                for kind, some in _named(found).items():
                    names[kind].update(list(some))
                for name, trait in found.traits.items():
                    if isinstance(trait.value, str | bool | int | float):
                        values.setdefault(name, Counter())[trait.value] += 1
        for touchpoint in core.plans.config.touchpoints:
            names["touchpoints"].setdefault(touchpoint.id, 0)
        told = {kind: _told(found) for kind, found in names.items()}
        told["traits"] = [
            replace(one, values=tuple(value for value, _ in values.get(one.name, Counter()).most_common(VALUES)))
            for one in told["traits"]
        ]
        return Words(looked=looked, **told)

    # ------------------------------------------------------------------ customers, page by page

    def _pages(self, limit: int) -> Iterator[tuple[list[str], bool]]:
        """Profiles, up to so many, and with each page whether it is the last there is."""
        after, taken = "", 0
        while taken < limit:
            wanted = min(PAGE, limit - taken)
            with self._core.read() as view:
                found = [one.pid for one in view.list_profiles(after, wanted + 1)]
            last = len(found) <= wanted
            page = found[:wanted]
            yield page, last
            if last:
                return
            after, taken = page[-1], taken + len(page)

    def _states(self, pids: Sequence[str]) -> Iterator[tuple[str, remember.TrailState, list[Identifier]]]:
        """What is remembered of those who did something, and their identifiers."""
        with self._core.read() as view:
            trails, known = view.trails_of(pids), view.known_of(pids)
        for pid in pids:
            if mine := trails.get(pid):
                state = remember.join([remember.decode(trail.state) for trail in mine])
                yield pid, state, [named(one) for one in known.get(pid, ()) if one.established]

    def _plan(self, id: str, rule: Mapping[str, Any]) -> Plan:
        """The configuration in force, and the rule as a segment of it: one that cannot be published is refused here too."""
        config = self._core.plans.config
        segments = {**config.segments, id: Segment(id=id, rule=dict(rule))}
        try:
            return remember.prepare(replace(config, segments=segments), self._core.plans.remember.foretold)
        except Invalid as error:
            message = str(error).replace(f"segments.{id}.rule: ", "rule: ").replace(f"segment {DRAFT}: ", "rule: ")
            raise Invalid(message, code=error.code) from None


# ---------------------------------------------------------------------- parts


def _node(rule: Rule, path: str) -> _Node:
    if isinstance(rule, All | AnyOf):
        word = "all" if isinstance(rule, All) else "any"
        inner = [_node(part, f"{path}.{word}[{number}]") for number, part in enumerate(rule.rules)]
        if isinstance(rule, All):
            for one in inner:
                one.left = 0
        return _Node(path, rule, None, inner)
    if isinstance(rule, Not):
        return _Node(path, rule, None, [_node(rule.rule, f"{path}.not")])
    return _Node(path, rule, rules.compile(rule), [])


def _count(node: _Node, facts: rules.Facts, now: Micros) -> bool:
    """Whether a customer fits; every part of the rule is counted, also where the whole is decided already."""
    if node.evaluate is not None:
        truth = node.evaluate(facts, now).truth
    else:
        truths = [_count(one, facts, now) for one in node.inner]
        match node.rule:
            case All():
                truth = all(truths)
                for one, fits in zip(node.inner, truths, strict=True):
                    if not fits:
                        break
                    one.left = (one.left or 0) + 1
            case AnyOf():
                truth = any(truths)
            case _:
                truth = not truths[0]
    node.customers += truth
    return truth


def _parts(node: _Node) -> Iterator[Part]:
    yield Part(path=node.path, words=rules.describe(node.rule), customers=node.customers, left=node.left)
    for one in node.inner:
        yield from _parts(one)


# ---------------------------------------------------------------------- words


def _named(found: remember.Customer) -> Mapping[str, Iterable[str]]:
    return {
        "traits": found.traits,
        "events": found.event_names,
        "spent": found.money,
        "touchpoints": found.touchpoints,
        "channels": found.channels,
        "interests": {one for topic in found.interests for one in _with_above(topic)},
        "consents": found.consent,
        "identifiers": {one.kind for one in found.identifiers},
    }


def _with_above(topic: str) -> list[str]:
    """`phones/android` and `phones`: a rule may ask for either."""
    parts = topic.split("/")
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _told(found: Counter[str]) -> list[Word]:
    best = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [Word(name=name, customers=customers) for name, customers in best[:NAMES]]


def _members(view: View, segment: str, other: str) -> tuple[int, int]:
    """How many are in a segment, and in the other as well."""
    members, both, after = 0, 0, ""
    page: list[Profile]
    while page := view.list_profiles(after, PAGE, segment):
        members += len(page)
        both += sum(other in one.segments for one in page)
        after = page[-1].pid
    return members, both
