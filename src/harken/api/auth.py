"""What a request shows -> which key speaks, or the error that says what is missing. Keys are asked of the hub and
remembered for a second, so that a request costs a look-up and a revoked key opens nothing for longer than that."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterable, Mapping
from typing import Protocol
from urllib.parse import parse_qsl

from harken.api.sessions import same_site, session_key, session_told
from harken.errors import Forbidden, Unauthorized
from harken.words import AccessKey

FRESH_SECONDS = 1.0
_REMEMBERED = 2_048
_LONGEST = 512
HOW = "send it as 'Authorization: Bearer KEY', as Basic user name, or as X-API-Key"


class Keys(Protocol):
    """What is needed of the hub's keys."""

    def check(self, plain: str) -> AccessKey | None: ...
    def list(self) -> list[AccessKey]: ...


class Door:
    """Finds the keys requests show. Made once, asked on the event loop."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._seen: dict[str, tuple[float, AccessKey]] = {}
        self._told: dict[bytes, tuple[str, ...]] = {}

    def forget(self) -> None:
        """Ask the hub again about every key."""
        self._seen.clear()

    def told(self, headers: Mapping[bytes, bytes], query: bytes = b"") -> list[str]:
        """Every text in headers and query that may be a key, the most explicit first."""
        found: list[str] = []
        authorization = headers.get(b"authorization")
        if authorization is not None:
            known = self._told.get(authorization)
            if known is None:
                known = authorized(authorization)
                if len(self._told) >= _REMEMBERED:
                    self._told.clear()
                self._told[authorization] = known
            found.extend(known)
        for name in (b"x-api-key", b"x-write-key"):
            if name in headers:
                text = headers[name].decode("latin-1").strip()
                found.extend(one for one in (text, text.partition(":")[0]) if one)
        if query and b"rite" in query:
            found.extend(
                value for name, value in parse_qsl(query.decode("latin-1")) if name in {"writeKey", "write_key"}
            )
        return found

    async def find(self, texts: Iterable[str]) -> AccessKey | None:
        """The first of the texts that is a key."""
        for text in texts:
            seen = self._seen.get(text)
            if seen is not None and time.monotonic() - seen[0] < FRESH_SECONDS:
                return seen[1]
            if not text or len(text) > _LONGEST:
                continue
            found = await asyncio.get_running_loop().run_in_executor(None, self._keys.check, text)
            if found is not None:
                if len(self._seen) >= _REMEMBERED:
                    self._seen.clear()
                self._seen[text] = (time.monotonic(), found)
                return found
            self._seen.pop(text, None)
        return None

    async def secret(self, headers: Mapping[bytes, bytes], method: str) -> AccessKey:
        """The secret key or session that reads and configures; Unauthorized or Forbidden say what is missing."""
        key = await self.find(self.told(headers))
        if key is not None:
            if key.kind != "secret":
                raise Forbidden("a write key only lets events in; this needs a secret key", code="write_key")
            return key
        session = session_told(headers)
        if session is not None:
            keys = await asyncio.get_running_loop().run_in_executor(None, self._keys.list)
            key = session_key(session, keys, time.time())
            if key is not None:
                if method not in {"GET", "HEAD"} and not same_site(headers):
                    raise Forbidden(
                        "a session cookie changes nothing when the request comes from elsewhere", code="csrf"
                    )
                return key
        if b"authorization" in headers or b"x-api-key" in headers or session is not None:
            raise Unauthorized(f"this key is not known or was revoked; {HOW}", code="unknown_key")
        raise Unauthorized(f"this needs a secret key: {HOW}", code="no_key")


def authorized(header: bytes) -> tuple[str, ...]:
    """The texts an Authorization header holds.

    >>> authorized(b"Basic d2s6"), authorized(b"Bearer abc"), authorized(b"Digest x")
    (('wk',), ('abc',), ())
    """
    scheme, _, rest = header.strip().partition(b" ")
    text = rest.strip()
    if scheme.lower() == b"bearer" and text:
        return (text.decode("latin-1"),)
    if scheme.lower() != b"basic":
        return ()
    try:
        user, _, password = b64decode(text + b"=" * (-len(text) % 4)).decode().partition(":")
    except (BadBase64, ValueError):
        return ()
    return tuple(one for one in (user, password) if one)
