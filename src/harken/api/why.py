"""A decision, or one that might be made -> why: the gates, the ranking, what would have changed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from harken.api.moments import Instant, told
from harken.api.operation import TheHub, operation
from harken.errors import Invalid
from harken.hub.moments import moment

DECISIONS = "decisions"
Id = Annotated[str, PathParameter(max_length=200, description="the `id` a decision came with")]
Whom = Annotated[str, QueryParameter(max_length=400, description="kind:value or a profile id")]
Which = Annotated[str, QueryParameter(max_length=200, description="the id of an action")]
Where = Annotated[str, QueryParameter(max_length=200, description="the id of a placement")]
At = Annotated[str, QueryParameter(max_length=40, description="as it would have been decided then; empty = now")]


class RuleWhy(Struct, frozen=True, kw_only=True):
    """A rule or a part of it: whether it held, and what was looked at."""

    truth: bool
    words: str
    saw: Any = None
    parts: list[RuleWhy] = []


class GateWhy(Struct, frozen=True, kw_only=True):
    """What one gate said of one action."""

    gate: str
    passed: bool
    words: str = ""
    rule: RuleWhy | None = None


class ActionWhy(Struct, frozen=True, kw_only=True):
    """One action that was considered; `place` in what was shown, from 1, 0 when it was not."""

    action: str
    name: str
    topic: str
    goal: str
    gates: list[GateWhy]
    value: float
    weight: float | None
    chance: float | None
    score: float | None
    propensity: float | None
    place: int


class FlipWhy(Struct, frozen=True, kw_only=True):
    """One gate alone kept this action out; `wins`: without it, it would have scored best."""

    action: str
    gate: str
    words: str
    wins: bool


class ResponseWhy(Struct, frozen=True, kw_only=True):
    """What the customer did with it."""

    at: Instant
    action: str
    code: str
    what: str


class Why(Struct, frozen=True, kw_only=True):
    """A decision, explained. `left`: how many actions were left after each gate. `faithful`: made again from the log it is
    the same, bit for bit; null where nothing was decided."""

    decision: str
    pid: str
    placement: str
    at: Instant
    words: str
    policy: str
    control: str
    how: str
    explored: bool
    version: int
    seed: str
    left: dict[str, int]
    actions: list[ActionWhy]
    flips: list[FlipWhy]
    outcome: list[ResponseWhy]
    faithful: bool | None


@operation(get, "/api/decisions/{decision:str}/why", DECISIONS)
def why(hub: TheHub, decision: Id) -> Why:
    """Why something was shown, or nothing: what each gate said of every action, how they were ranked, what would have
    changed it, and what came of it. Worked out from the log, as it was known then."""
    return told(hub.why(decision), Why)


@operation(get, "/api/why-not", DECISIONS)
def why_not(hub: TheHub, customer: Whom, action: Which, placement: Where, at: At = "") -> Why:
    """What would be decided for a customer, now or at a time, and where this action fails. Nothing counts it."""
    if not customer or not action or not placement:
        raise Invalid("customer, action and placement: each is needed")
    return told(hub.why_not(customer, action, placement, at=moment(at, "at")), Why)


HANDLERS: Sequence[BaseRouteHandler] = [why, why_not]
