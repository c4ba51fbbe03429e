"""Questions about many customers -> touchpoints, segments and the journey map, as answers tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, QueryParameter
from msgspec import Struct

from harken.api import shapes
from harken.api.maps import MapAnswer, MovesAnswer, map_answer, moves_answer
from harken.api.moments import period, told
from harken.api.operation import TheHub, operation
from harken.api.read import Cursor, From, Limit, Name, To, place
from harken.errors import Invalid
from harken.hub.moments import moment
from harken.understand import JourneyMap
from harken.words import Micros

JOURNEYS = "journeys"
Compare = Annotated[
    str,
    QueryParameter(
        max_length=200,
        description="what to compare with: `previous` (the same length of time before), `FROM..TO`, or `segment:ID`",
    ),
]
Opened = Annotated[
    list[str] | None,
    QueryParameter(
        name="open",
        max_length=2_000,
        description="with `level=group`: touchpoints that are shown on their own all the same (give it once for each)",
    ),
]


MovesLimit = Annotated[int, QueryParameter(ge=1, le=10_000, description="how many")]


class Scope(Struct, frozen=True, kw_only=True):
    """Whose journeys, when."""

    since: Micros | None
    until: Micros | None
    segment: str


@operation(get, "/api/touchpoints", JOURNEYS)
def list_touchpoints(
    hub: TheHub,
    mapped: FromQuery[bool | None] = None,
    channel: Name = "",
    stage: Name = "",
    cursor: Cursor = "",
    limit: Limit = 500,
) -> shapes.Page[shapes.TouchpointUse]:
    """Every place customers were seen at, most customers first; `mapped=false` lists those that wait to be named."""
    found = [
        one
        for one in hub.touchpoints()
        if mapped in (None, one.mapped) and channel in ("", one.channel) and stage in ("", one.stage)
    ]
    first = place(cursor)
    shown = [
        told(
            {
                **{name: getattr(one, name) for name in one.__struct_fields__},
                "first": one.first or None,
                "last": one.last or None,
            },
            shapes.TouchpointUse,
        )
        for one in found[first : first + limit]
    ]
    return shapes.Page(data=shown, next_cursor=str(first + limit) if len(found) > first + limit else None)


@operation(get, "/api/segments", JOURNEYS)
def list_segments(hub: TheHub, count: FromQuery[bool] = False) -> shapes.Page[shapes.SegmentUse]:
    """The segments in force; `count=true` also counts their customers."""
    return shapes.Page(
        data=[
            shapes.SegmentUse(
                id=one.id,
                name=one.name or one.id,
                rule=one.rule,
                customers=hub.journeys.members(one.id) if count else None,
            )
            for one in hub.config.segments.values()
        ]
    )


@operation(get, "/api/journeys/map", JOURNEYS)
def get_map(
    hub: TheHub,
    level: FromQuery[Literal["touchpoint", "group", "stage", "channel"]] = "touchpoint",
    since: From = "",
    until: To = "",
    segment: Name = "",
    compare: Compare = "",
    journey: FromQuery[Literal["life", "visit"]] = "life",
    collapse: FromQuery[bool] = False,
    opened: Opened = None,
) -> MapAnswer:
    """Which place follows which, for how many customers, how fast, and where they leave. Everything is counted over all
    journeys of the question; with `compare`, also how the chance of each next step differs, beyond chance."""
    first, end = period(since, until)
    asked = Scope(since=first, until=end, segment=segment)

    def drawn(scope: Scope) -> JourneyMap:
        return hub.journeys.map(
            level=level,
            since=scope.since,
            until=scope.until,
            segment=scope.segment,
            journey=journey,
            collapse=collapse,
            opened=opened or (),
        )

    found = drawn(asked)
    return map_answer(found, hub.journeys.compare(drawn(other(asked, compare)), found) if compare else None)


@operation(get, "/api/journeys/moves", JOURNEYS)
def list_moves(
    hub: TheHub,
    since: From = "",
    until: To = "",
    segment: Name = "",
    limit: MovesLimit = 2_000,
) -> MovesAnswer:
    """Who went from where to where, one by one: what a replay on the map shows. Needs `from`."""
    first, end = period(since, until)
    if first is None:
        raise Invalid("from: say where to begin, such as from=2026-01-31; `to` is where it ends")
    return moves_answer(hub.journeys.moves(since=first, until=end, segment=segment, limit=limit))


def other(asked: Scope, compare: str) -> Scope:
    """What a question is compared with.

    >>> other(Scope(since=10, until=30, segment=""), "previous").since
    -10
    """
    kind, colon, rest = compare.partition(":")
    if kind == "segment" and colon:
        return Scope(since=asked.since, until=asked.until, segment=rest)
    if compare == "previous":
        if asked.since is None or asked.until is None:
            raise Invalid("compare=previous needs `from` and `to`: the period before is as long as this one")
        return Scope(since=2 * asked.since - asked.until, until=asked.since, segment=asked.segment)
    first, dots, last = compare.partition("..")
    if not dots:
        raise Invalid(f"compare: '{compare[:40]}' is none of previous, FROM..TO (2026-01-01..2026-02-01), segment:ID")
    return Scope(since=moment(first, "compare"), until=moment(last, "compare"), segment=asked.segment)


HANDLERS: Sequence[BaseRouteHandler] = (list_touchpoints, list_segments, get_map, list_moves)
