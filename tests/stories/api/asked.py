"""A customer and what they do -> heard through the API; an answer -> the refusal it must be."""

from __future__ import annotations

from typing import Any

import httpx

from stories.api.running import Running


def told(running: Running, name: str, *events: dict[str, Any], **fields: Any) -> None:
    """Let a customer do things, in order, a minute apart."""
    batch = [
        {
            "type": "track",
            "userId": name,
            "messageId": f"{name}-{place}",
            "timestamp": f"2026-03-01T10:{place:02d}:00Z",
            **fields,
            **event,
        }
        for place, event in enumerate(events)
    ]
    answer = running.post("/v1/batch", {"batch": batch})
    assert answer.json() == {"success": True}


def refused(answer: httpx.Response, status: int, code: str) -> str:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    return str(body["message"])
