"""What became of a request's events -> what its client is told, in the words of the Segment dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from harken.words import Answer

SUCCESS = b'{"success":true}'


def answered(
    heard: Answer, body: bytes, *, whole: bool, counts: bool = False, refused: Sequence[dict[str, Any]] = ()
) -> tuple[int, bytes]:
    """What the client is told. `whole`: the call was one event, so there is nothing besides what failed. `refused`:
    errors of events that never reached the hub."""
    if not heard.dropped and not heard.duplicates and not counts and not refused:
        return 200, SUCCESS
    errors = [error(one.index, one.reason, one.detail, one.raw) for one in heard.dropped if one.reason != "suppressed"]
    errors = sorted([*errors, *refused], key=lambda one: one["index"]) if refused else errors
    taken = heard.accepted + heard.duplicates
    if (
        errors
        and not taken
        and not refused
        and len(heard.dropped) == 1
        and (whole or len(heard.dropped[0].raw) >= len(body))
    ):
        status = 413 if heard.dropped[0].reason == "too_large" else 400
        return status, msgspec.json.encode(
            {"code": errors[0]["reason"], "message": errors[0]["message"], "errors": errors}
        )
    told: dict[str, Any] = {"success": True}
    if counts:
        told["accepted"] = heard.accepted
    if heard.duplicates:
        told["duplicates"] = heard.duplicates
    if errors:
        told["errors"] = errors
    return 200, msgspec.json.encode(told)


def error(index: int, reason: str, message: str, raw: bytes) -> dict[str, Any]:
    """Why one event of a batch was not taken, found again by its place or its own id."""
    told: dict[str, Any] = {"index": index, "reason": reason, "message": message}
    try:
        id = msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).get("messageId")
        if id is not None:
            told["messageId"] = msgspec.json.decode(id, type=str)
    except (msgspec.DecodeError, RecursionError):
        pass
    return told
