"""Requests to /session -> who is signed in, and their signing in and out. `GET` asks, `POST` with a secret key begins a
session, `DELETE` ends it in this browser."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec

from harken.api import bodies
from harken.api.auth import Door
from harken.api.sessions import begun, ended, place, same_site
from harken.api.wire import JSON, Receive, Scope, Send, WrongMethod, answer
from harken.errors import Busy, Forbidden, Invalid, Unauthorized
from harken.settings import Settings

if TYPE_CHECKING:
    from harken.hub import Hub
    from harken.words import AccessKey

TRIES_A_MINUTE = 20
_BODY_BYTES = 4_096
_ADDRESSES = 10_000
_PASSED_ON = (b"x-forwarded-for", b"x-forwarded-host", b"forwarded", b"x-real-ip", b"via")


class SignIn:
    """The door of one hub's studio."""

    def __init__(self, hub: Hub, door: Door, settings: Settings) -> None:
        self._hub = hub
        self._door = door
        self._prefix = settings.prefix.rstrip("/")
        self._open = settings.open_page and this_machine(settings.host)
        self._tries: dict[str, list[float]] = {}  # wrong keys of the last minute, by address

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request for /session."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        secure = scope.get("scheme") == "https" or headers.get(b"x-forwarded-proto") == b"https"
        where = place(self._prefix, secure=secure)
        if scope["method"] in {"GET", "HEAD"}:
            await self._whoami(headers, where, send)
        elif scope["method"] == "POST":
            who = str((scope.get("client") or ("",))[0])
            key = await self._proven(who, headers, receive)
            told = (b"set-cookie", begun(key, time.time(), where))
            await answer(send, 200, [*JSON, told], b'{"signed_in":true}')
        elif scope["method"] == "DELETE":
            if not same_site(headers):
                raise Forbidden("only the studio itself signs out", code="csrf")
            await answer(send, 200, [*JSON, (b"set-cookie", ended(where))], b'{"signed_in":false}')
        else:
            raise WrongMethod("GET, POST, DELETE")

    async def _whoami(self, headers: dict[bytes, bytes], where: str, send: Send) -> None:
        """Who is signed in. On a demo of this very machine whoever asks is: asked for by a name of this machine (other
        sites may point theirs here) and by no proxy (whom others may stand behind)."""
        head = [*JSON]
        here = self._open and this_machine(_name(headers)) and not any(name in headers for name in _PASSED_ON)
        key: AccessKey | None = None
        try:
            key = await self._door.secret(headers, "GET")
        except (Unauthorized, Forbidden):
            if here and (key := await asyncio.to_thread(self._any_key)) is not None:
                head.append((b"set-cookie", begun(key, time.time(), where)))
        told = {
            "signed_in": key is not None,
            "open": here,
            "label": key.label if key is not None else "",
            "version": version("harken"),
        }
        await answer(send, 200, head, msgspec.json.encode(told))

    def _any_key(self) -> AccessKey | None:
        return next((key for key in self._hub.keys.list() if key.kind == "secret" and not key.revoked), None)

    async def _proven(self, who: str, headers: dict[bytes, bytes], receive: Receive) -> AccessKey:
        """The secret key in the body; an error says what is wrong with it. Only from the hub's own page."""
        if (b"origin" in headers or b"sec-fetch-site" in headers) and not same_site(headers):
            raise Forbidden("sign in from the hub's own page", code="csrf")
        recent = self._recent(who)
        if len(recent) >= TRIES_A_MINUTE:
            raise Busy("too many wrong keys; wait a minute", retry_after=60)
        body = await bodies.read(headers, receive, _BODY_BYTES)
        try:
            plain = json.loads(body)["key"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Invalid('the body is {"key": "hk_secret_…"}', code="bad_body") from None
        key = await self._door.find([str(plain).strip()])
        if key is None or key.kind != "secret":
            recent.append(time.monotonic())
            what = "this key is not known" if key is None else "this is a write key; the studio needs a secret key"
            raise Unauthorized(what, code="unknown_key" if key is None else "write_key")
        return key

    def _recent(self, who: str) -> list[float]:
        """Wrong keys of the last minute from one address; what is added to it counts."""
        now = time.monotonic()
        recent = [at for at in self._tries.pop(who, []) if now - at < 60]
        if len(self._tries) > _ADDRESSES:
            self._tries.clear()
        self._tries[who] = recent
        return recent


def _name(headers: Mapping[bytes, bytes]) -> str:
    """The name a hub was asked for by, without its port."""
    told = headers.get(b"host", b"").decode("latin-1").strip().lower()
    return told.partition("]")[0] + "]" if told.startswith("[") else told.partition(":")[0]


def this_machine(name: str) -> bool:
    """Whether a host's name can mean no other machine than this one.

    >>> [this_machine(name) for name in ("127.0.0.1", "127.8.8.8", "localhost", "[::1]", "::1")]
    [True, True, True, True, True]
    >>> [this_machine(name) for name in ("127.evil.test", "localhost.evil.test", "0.0.0.0", "[::]", "")]
    [False, False, False, False, False]
    """
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
