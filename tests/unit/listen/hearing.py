"""What the tests of `listen` hear with: a configuration, a moment, and short ways to hear one item or a body."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec import json
from msgspec.structs import replace

from harken.listen import Heard, hear, prepare
from harken.words import DEFAULT_KEYS, Config, Dropped, Event, Interests, Key, Micros, RawBatch, Source

KEYS = (*DEFAULT_KEYS, Key(id="shop_id", priority=35), Key(id="push_token", priority=85, device=True))
CONFIG = Config(
    sources={
        "web": Source(id="web", channel="web"),
        "app": Source(id="app", channel="app", timezone="Europe/Berlin"),
        "shop": Source(id="shop", channel="store", timezone="America/New_York"),
    },
    keys=KEYS,
    interests=Interests(weights={"Plan Bought": 5.0, "Ignored": 0.0}),
)
PLAN = prepare(CONFIG)


def at(text: str) -> Micros:
    """Microseconds of an ISO time; without zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6)


NOW = at("2026-01-31T12:00:00Z")


def batch(body: Any, **known: Any) -> RawBatch:
    """A batch of bytes, text or anything JSON, received NOW by the web source in the Segment dialect."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.encode(body)
    return RawBatch(**{"source": "web", "dialect": "segment", "received": NOW, **known, "body": raw})


def heard(body: Any, **known: Any) -> Heard:
    return hear(batch(body, **known), PLAN)


def one(body: Any, **known: Any) -> Event:
    """The one event of a body in which nothing is wrong."""
    outcome = heard(body, **known)
    assert outcome.dropped == []
    (event,) = outcome.events
    return event


def refused(body: Any, **known: Any) -> Dropped:
    """The one item that cannot be taken."""
    outcome = heard(body, **known)
    assert outcome.events == []
    (dropped,) = outcome.dropped
    return dropped


def track(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Plan Viewed", "userId": "ada", "messageId": "m-1", **fields}


def identify(**fields: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": "ada", "messageId": "m-1", **fields}


def page(**fields: Any) -> dict[str, Any]:
    return {"type": "page", "anonymousId": "d-1", "messageId": "m-1", **fields}


def ids(event: Event) -> list[str]:
    return [str(identifier) for identifier in event.identifiers]


def stored(event: Event) -> Event:
    """The event as a store gives it back: the envelope and the raw."""
    return replace(
        event, identifiers=(), properties={}, traits={}, topics={}, consent={}, context={}, alias=None, warnings=(),
        seq=7, tid="trail-1",
    )  # fmt: skip
