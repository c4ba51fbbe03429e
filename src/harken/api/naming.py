"""Places to be named, or a drafted touchpoint -> the rules that catch them, and what the rules would catch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from harken.api.moments import Instant, told
from harken.api.operation import TheHub, operation
from harken.api.shapes import Page

JOURNEYS = "journeys"


class Places(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Touchpoints as `/api/touchpoints` lists them."""

    touchpoints: Annotated[list[str], Meta(min_length=1, max_length=200)]


class Proposal(Struct, frozen=True, kw_only=True):
    """A place, and the `match` of a touchpoint that would catch its events; empty when nobody was there."""

    touchpoint: str
    channel: str
    match: list[dict[str, Any]]


class CaughtEvent(Struct, frozen=True, kw_only=True):
    """One event rules would catch; `touchpoint` is its name now."""

    profile: str
    occurred: Instant
    source: str
    type: str
    name: str
    touchpoint: str


class Caught(Struct, frozen=True, kw_only=True):
    """What a drafted touchpoint would catch of the newest events: `looked_at` of the `of` there are. `now` counts them
    by the touchpoint they have today."""

    looked_at: int
    of: int
    events: int
    customers: int
    now: dict[str, int]
    examples: list[CaughtEvent]


@operation(post, "/api/touchpoints/propose", JOURNEYS)
def propose_touchpoint(hub: TheHub, data: JSONBody[Places]) -> Page[Proposal]:
    """Rules that would catch the events of places, to begin a touchpoint with; changes nothing."""
    found = hub.naming.propose(data.touchpoints)
    return Page(
        data=[
            Proposal(
                touchpoint=one.touchpoint,
                channel=one.channel,
                match=[
                    {name: value for name, value in msgspec.to_builtins(match).items() if value} for match in one.match
                ],
            )
            for one in found
        ]
    )


class Spoken(Struct, frozen=True, kw_only=True):
    """A property the events of a place tell: `events` of the newest `of`, with so many different `values`, some of them."""

    name: str
    events: int
    of: int
    values: int
    examples: list[str]


@operation(get, "/api/touchpoints/properties", JOURNEYS)
def properties_of_touchpoint(hub: TheHub, touchpoint: Annotated[str, Meta(max_length=400)]) -> Page[Spoken]:
    """What the newest events at a touchpoint say: properties to split it by in paths."""
    return Page(data=[told(one, Spoken) for one in hub.naming.properties(touchpoint)])


@operation(post, "/api/touchpoints/preview", JOURNEYS)
def preview_touchpoint(hub: TheHub, data: JSONBody[dict[str, Any]]) -> Caught:
    """What a touchpoint would catch if it were published as it is drafted; changes nothing."""
    return told(hub.naming.preview(data), Caught)


HANDLERS: Sequence[BaseRouteHandler] = (propose_touchpoint, properties_of_touchpoint, preview_touchpoint)
