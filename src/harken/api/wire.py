"""ASGI messages in -> the little a handler needs of them; an answer -> ASGI messages out. Nothing here knows the hub."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from itertools import count
from secrets import token_hex
from typing import Any, TypeAlias

import msgspec

from harken.errors import HarkenError

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

JSON: Headers = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_PLAUSIBLE_ID = re.compile(rb"[A-Za-z0-9._:@/+=-]{1,128}")
_process = token_hex(4)
_number = count(1)


class WrongMethod(HarkenError):
    """There is something here, but it is not asked for like this."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, allow: str) -> None:
        super().__init__(f"this address takes {allow}")
        self.allow = allow


class Unsupported(HarkenError):
    """A form of body the hub does not read."""

    status = 415
    code = "unsupported_encoding"


class Gone(Exception):
    """The client hung up: nobody is left to answer."""


def request_id(told: bytes | None) -> bytes:
    """The client's own id of its request when it is a plausible one, else one of ours.

    >>> request_id(b"abc-1"), request_id(b"no spaces, please") == b"no spaces, please"
    (b'abc-1', False)
    """
    if told is not None and _PLAUSIBLE_ID.fullmatch(told):
        return told
    return f"{_process}-{next(_number):x}".encode()


async def answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """One whole answer."""
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def fault(error: Exception, rid: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, extra headers and body that tell of an error. What went wrong inside is logged, never told."""
    if isinstance(error, HarkenError) and error.status != HarkenError.status:
        status, code, message = error.status, error.code, str(error)
    else:
        status, code, message = 500, "internal", "the hub could not do this; its log says why under this request_id"
    extra: list[tuple[bytes, bytes]] = []
    if status in {429, 503}:
        extra.append((b"retry-after", b"%d" % max(1, getattr(error, "retry_after", 1))))
    if status == 401:
        extra.append((b"www-authenticate", b'Bearer realm="harken"'))
    if isinstance(error, WrongMethod):
        extra.append((b"allow", error.allow.encode()))
    body = msgspec.json.encode({"code": code, "message": message, "request_id": rid.decode()})
    return status, extra, body
