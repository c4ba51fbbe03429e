"""Bodies as real clients send them: each is read for what it says, none is refused."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json

from harken.listen import reread
from unit.listen.hearing import NOW, PLAN, at, ids, one, stored

SENT = "2026-01-31T11:59:59.900Z"

ANALYTICS_NEXT = {  # text/plain, one event a request, sentAt in the event
    "timestamp": "2026-01-31T11:59:59.123Z",
    "integrations": {},
    "type": "page",
    "userId": None,
    "anonymousId": "b5a8b1f7-6ef7-4d85-9a0b-3f0e0f7f3a01",
    "properties": {"path": "/plans/gold-4711", "referrer": "", "search": "?q=1", "title": "Gold",
                   "url": "https://shop.test/plans/gold-4711?q=1"},
    "context": {
        "page": {"path": "/plans/gold-4711", "referrer": "", "search": "?q=1", "title": "Gold",
                 "url": "https://shop.test/plans/gold-4711?q=1"},
        "userAgent": "Mozilla/5.0", "userAgentData": {"brands": [{"brand": "Chromium", "version": "120"}], "mobile": False},
        "locale": "en-US", "library": {"name": "analytics.js", "version": "npm:next-1.70.0"}, "timezone": "Europe/Berlin",
    },
    "messageId": "ajs-next-1706702399123-b5a8b1f7",
    "writeKey": "WK",
    "sentAt": SENT,
    "_metadata": {"bundled": ["Segment.io"], "unbundled": [], "bundledIds": []},
}  # fmt: skip

SEGMENT_PYTHON = {  # batch; ids null; "+00:00" in milliseconds
    "batch": [
        {
            "integrations": {}, "anonymousId": None, "properties": {"plan": "gold", "price": 19.99},
            "timestamp": "2026-01-31T11:59:59.123+00:00", "type": "track", "userId": "ada", "event": "Plan Bought",
            "context": {"library": {"name": "analytics-python", "version": "2.3.3"}},
            "messageId": "3a0b7c1e-52f1-4f5f-8d9d-0a7cf6a1c111",
        }
    ],
    "sentAt": "2026-01-31T11:59:59.900000+00:00",
    "writeKey": "WK",
}  # fmt: skip

RUDDER_PYTHON = {  # traits only in context.traits, userId null
    "batch": [
        {
            "integrations": {"All": True}, "anonymousId": "d-9", "originalTimestamp": "2026-01-31T11:59:59.123+00:00",
            "context": {"library": {"name": "rudder-python", "version": "2.1.4"},
                        "traits": {"email": "Ada@Example.test", "plan": "gold"}},
            "type": "identify", "userId": None, "channel": "server", "messageId": "8d0d",
        }
    ],
    "sentAt": "2026-01-31T11:59:59.900000+00:00",
}  # fmt: skip

RUDDER_BROWSER = {  # userId "" for every anonymous visitor, originalTimestamp instead of timestamp
    "type": "page", "channel": "web", "userId": "", "anonymousId": "f1f2", "messageId": "r-1",
    "originalTimestamp": "2026-01-31T11:59:59.123Z", "sentAt": SENT, "event": None, "name": "Pricing",
    "properties": {"name": "Pricing", "category": "Docs", "path": "/pricing", "url": "https://shop.test/pricing"},
    "context": {"traits": {}, "sessionId": 1706702399123, "sessionStart": True, "campaign": {}, "os": {"name": "", "version": ""},
                "app": {"name": "RudderLabs JavaScript SDK"}, "page": {"path": "/pricing", "url": "https://shop.test/pricing"}},
    "integrations": {"All": True},
}  # fmt: skip

RUDDER_NODE = {  # traits in both places
    "batch": [
        {
            "userId": "ada", "traits": {"email": "ada@example.test"}, "type": "identify", "channel": "server",
            "context": {"traits": {"email": "ada@example.test"}, "library": {"name": "@rudderstack/rudder-sdk-node"}},
            "_metadata": {"nodeVersion": "20.11.0"}, "originalTimestamp": "2026-01-31T11:59:59.123Z",
            "messageId": "node-1", "sentAt": SENT,
        }
    ],
    "timestamp": "2026-01-31T11:59:59.500Z", "sentAt": SENT,
}  # fmt: skip

CUSTOMER_IO = {  # plain Segment
    "batch": [
        {
            "type": "screen", "name": "Home", "userId": "ada", "properties": {"category": "Main"},
            "timestamp": "2026-01-31T11:59:59.123Z", "messageId": "cio-1", "context": {"device": {"id": "phone-1"}},
        }
    ],
    "writeKey": "WK",
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "hint", "who", "what"),
    [
        (ANALYTICS_NEXT, "page", ["anonymous_id:b5a8b1f7-6ef7-4d85-9a0b-3f0e0f7f3a01"], "/plans/*"),
        (SEGMENT_PYTHON, "batch", ["user_id:ada"], "Plan Bought"),
        (RUDDER_PYTHON, "batch", ["email:ada@example.test", "anonymous_id:d-9"], ""),
        (RUDDER_BROWSER, "page", ["anonymous_id:f1f2"], "Pricing"),
        (RUDDER_NODE, "batch", ["user_id:ada", "email:ada@example.test"], ""),
        (CUSTOMER_IO, "batch", ["user_id:ada", "device_id:phone-1"], "Home"),
    ],
    ids=["analytics-next", "segment-python", "rudder-python", "rudder-browser", "rudder-node", "customer.io"],
)
def test_what_a_real_client_sends_is_read(body: dict[str, Any], hint: str, who: list[str], what: str) -> None:
    event = one(body, hint=hint)
    assert ids(event) == who
    assert event.name == what
    assert event.occurred == at("2026-01-31T11:59:59.123Z")
    assert event.received == NOW
    assert event.warnings == ()
    assert reread(stored(event), PLAN).identifiers == event.identifiers


def test_raw_is_exactly_what_was_sent_when_the_batch_says_nothing_the_item_needs() -> None:
    item = json.encode(SEGMENT_PYTHON["batch"][0])
    assert one(b'{"batch": [ ' + item + b' ], "sentAt": "2026-01-31T12:00:00Z"}').raw == item


@pytest.mark.parametrize("body", [RUDDER_PYTHON, RUDDER_NODE])
def test_traits_of_identify_come_from_either_place(body: dict[str, Any]) -> None:
    assert one(body, hint="batch").traits["email"].lower() == "ada@example.test"


def test_the_library_s_own_channel_does_not_rename_the_source_s() -> None:
    assert one(RUDDER_PYTHON, hint="batch", source="app").channel == "app"


def test_the_call_centre_names_its_channel_in_the_context() -> None:
    call = {"type": "track", "event": "Call Started", "userId": "ada", "context": {"channel": "phone"}}
    event = one(call)
    assert (event.channel, event.touchpoint) == ("phone", "phone: Call Started")
