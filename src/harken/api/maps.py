"""Journey maps and comparisons as the API answers them: types, and how the hub's answers become them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from harken.api.moments import Instant, iso, told
from harken.understand import Comparison, JourneyMap, Moves
from harken.words import SECOND


class MapHeader(Struct, frozen=True, kw_only=True):
    """What was counted: enough to ask the same again, and to see why two answers differ."""

    as_of: Instant
    since: Instant | None
    until: Instant | None
    journey: str
    timeout_seconds: float
    horizon_seconds: float
    version: int
    last_seq: int
    events: int
    customers: int
    ties: int
    exact: bool


class MapTotals(Struct, frozen=True, kw_only=True):
    """Of the whole map. journeys = started + truncated = left + still_open; events = moves + journeys."""

    customers: int
    journeys: int
    events: int
    moves: int
    started: int
    truncated: int
    left: int
    still_open: int


class MapCoverage(Struct, frozen=True, kw_only=True):
    """How much of the picture is shown; `share` is of the moves."""

    shown: int
    of: int
    share: float
    text: str


class MapNode(Struct, frozen=True, kw_only=True):
    """One place (or group, stage, channel), counted over all journeys, never over those shown."""

    id: str
    label: str
    kind: str
    channel: str | None
    stage: str | None
    group: str | None
    customers: int
    journeys: int
    events: int
    started: int
    continued: int
    left: int
    still_open: int
    share_left: float | None
    median_seconds: float | None
    emotion: float | None
    emotion_sd: float | None
    emotion_n: int
    touchpoints: int


class MapEdge(Struct, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """From one node straight to another; `kind` is move, start, before, end or open. `p_out` is the chance of it."""

    source: str
    target: str
    kind: str
    customers: int
    journeys: int
    events: int
    p_out: float | None
    median_seconds: float | None
    p90_seconds: float | None


class MapStage(Struct, frozen=True, kw_only=True):
    """One stage: distinct customers reached, and how many left in it."""

    stage: str
    label: str
    customers: int
    share_of_previous: float | None
    journeys: int
    events: int
    left: int
    still_open: int
    emotion: float | None
    emotion_sd: float | None
    emotion_n: int


class ChangedEdge(Struct, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """How the chance of a next step differs; `flagged` is beyond chance (with its test)."""

    source: str
    target: str
    kind: str
    n_a: int
    n_b: int
    customers_a: int
    customers_b: int
    chance_a: float | None
    chance_b: float | None
    change: float | None
    z: float | None
    p: float | None
    q: float | None
    flagged: bool


class ChangedNode(Struct, frozen=True, kw_only=True):
    """How the reach of a node differs (shares of all customers); `flagged` is beyond chance."""

    id: str
    label: str
    customers_a: int
    customers_b: int
    reach_a: float | None
    reach_b: float | None
    change: float | None
    q: float | None
    flagged: bool


class MapComparison(Struct, frozen=True, kw_only=True):
    """What became different from map `a` (what is compared with) to map `b` (what was asked for)."""

    caption: str
    a: MapHeader
    b: MapHeader
    edges: list[ChangedEdge]
    nodes: list[ChangedNode]


class MapAnswer(Struct, frozen=True, kw_only=True):
    """Which place follows which, for how many customers, how fast, and where they leave."""

    level: str
    caption: str
    header: MapHeader
    totals: MapTotals
    coverage: MapCoverage
    nodes: list[MapNode]
    other: MapNode | None
    edges: list[MapEdge]
    stages: list[MapStage]
    comparison: MapComparison | None = None


class Move(Struct, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """Somebody came from one touchpoint to another."""

    source: str
    target: str
    at: Instant


class MovesAnswer(Struct, frozen=True, kw_only=True):
    """Single moves in the order of their arrival. `of` is how many there are; when that is more than `limit`, those of
    some customers are told, each of them whole."""

    moves: list[Move]
    of: int


def moves_answer(found: Moves) -> MovesAnswer:
    """Moves in the words of the API."""
    rows = found.frame.iter_rows()
    return MovesAnswer(moves=[Move(source=a, target=b, at=Instant(iso(at))) for a, b, at in rows], of=found.of)


def map_answer(found: JourneyMap, compared: Comparison | None) -> MapAnswer:
    """A map, and what it is compared with, in the words of the API."""
    fields: dict[str, Any] = dict(found.to_dict())
    fields["header"] = _header(fields["header"])
    fields["comparison"] = None if compared is None else _comparison(compared)
    return told(fields, MapAnswer)


def _comparison(found: Comparison) -> dict[str, Any]:
    fields: dict[str, Any] = dict(found.to_dict())
    return {**fields, "a": _header(fields["a"]), "b": _header(fields["b"])}


def _header(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        **fields,
        "until": fields.get("until"),
        "timeout_seconds": fields["timeout"] / SECOND,
        "horizon_seconds": fields["horizon"] / SECOND,
    }


def period(found: JourneyMap) -> str:
    """The period of a map for people."""
    header = found.header
    begin = iso(header.since)[:10] if header.since is not None else "the beginning"
    return f"{begin} to {iso(header.as_of)[:16].replace('T', ' ')} UTC"
