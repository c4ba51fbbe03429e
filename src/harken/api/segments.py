"""A drafted rule, or two segments -> how many customers they fit; and the words rules can be made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from harken.api.explore import JOURNEYS
from harken.api.moments import told
from harken.api.operation import TheHub, operation
from harken.errors import Invalid
from harken.hub.segments import MOST, TRIED

SegmentId = Annotated[str, QueryParameter(max_length=200, description="the id of a segment in force")]


class Draft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as it would be published. `id`: of the segment it would be, if it has one; `limit`: how many customers to
    judge at most."""

    rule: dict[str, Any]
    id: Annotated[str, Meta(max_length=200)] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST)] = TRIED


class RulePart(Struct, frozen=True, kw_only=True):
    """One part of a rule: how many of those judged fit it by itself (`customers`), and it and all before it in its `all`
    (`left`)."""

    path: str
    words: str
    customers: int
    left: int | None = None


class TriedRule(Struct, frozen=True, kw_only=True):
    """How many customers a rule fits: exactly, or estimated for all `of` them from those `judged`, `matched` of whom fit.
    When it is no rule yet, `ok` is false and `problems` say why."""

    ok: bool
    problems: list[str] = []
    words: str = ""
    customers: int = 0
    matched: int = 0
    judged: int = 0
    of: int = 0
    exact: bool = False
    parts: list[RulePart] = []
    examples: list[str] = []


class SegmentOverlap(Struct, frozen=True, kw_only=True):
    """How many customers are in two segments, in both, and in neither."""

    a: int
    b: int
    both: int
    neither: int
    customers: int


class RuleWord(Struct, frozen=True, kw_only=True):
    """A name a rule can use, and how many of those looked at have it; of a trait, its most frequent values."""

    name: str
    customers: int
    values: list[Any] = []


class RuleWords(Struct, frozen=True, kw_only=True):
    """What customers are known for, most frequent first, as `looked` of them tell."""

    looked: int
    traits: list[RuleWord]
    events: list[RuleWord]
    spent: list[RuleWord]
    touchpoints: list[RuleWord]
    channels: list[RuleWord]
    interests: list[RuleWord]
    consents: list[RuleWord]
    identifiers: list[RuleWord]


@operation(post, "/api/segments/try", JOURNEYS)
def try_rule(hub: TheHub, data: JSONBody[Draft]) -> TriedRule:
    """How many customers a rule would fit now, part by part; changes nothing. At most `limit` are judged, who stand for all:
    the answer says whether it is a count or an estimate."""
    try:
        found = hub.segments.try_(data.rule, id=data.id, limit=data.limit)
    except Invalid as error:
        return TriedRule(ok=False, problems=str(error).split("\n"))
    return told({**{name: getattr(found, name) for name in found.__struct_fields__}, "ok": True}, TriedRule)


@operation(get, "/api/segments/overlap", JOURNEYS)
def overlap_segments(hub: TheHub, a: SegmentId, b: SegmentId) -> SegmentOverlap:
    """How far two segments are the same customers."""
    return told(hub.segments.overlap(a, b), SegmentOverlap)


@operation(get, "/api/segments/words", JOURNEYS)
def list_rule_words(hub: TheHub) -> RuleWords:
    """The names rules can be made of, as customers have them: traits with their values, events, touchpoints, topics …"""
    return told(hub.segments.words(), RuleWords)


HANDLERS: Sequence[BaseRouteHandler] = (try_rule, overlap_segments, list_rule_words)
