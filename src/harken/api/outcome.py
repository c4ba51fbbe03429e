"""What became of a request's events -> what its client is told, in the words of the Segment dialect."""

from __future__ import annotations

from typing import Any

import msgspec

from harken.words import Answer, Dropped

SUCCESS = b'{"success":true}'


def answered(heard: Answer, body: bytes, *, whole: bool, counts: bool = False) -> tuple[int, bytes]:
    """What the client is told. `whole`: the call was one event, so there is nothing besides what failed."""
    if not heard.dropped and not heard.duplicates and not counts:
        return 200, SUCCESS
    errors = [_error(one) for one in heard.dropped if one.reason != "suppressed"]
    taken = heard.accepted + heard.duplicates
    if errors and not taken and len(heard.dropped) == 1 and (whole or len(heard.dropped[0].raw) >= len(body)):
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


def _error(one: Dropped) -> dict[str, Any]:
    told: dict[str, Any] = {"index": one.index, "reason": one.reason, "message": one.detail}
    try:
        id = msgspec.json.decode(one.raw, type=dict[str, msgspec.Raw]).get("messageId")
        if id is not None:
            told["messageId"] = msgspec.json.decode(id, type=str)
    except (msgspec.DecodeError, RecursionError):
        pass
    return told
