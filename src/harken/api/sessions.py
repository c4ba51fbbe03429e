"""A key somebody showed -> a session in their browser, and back. The one place that says how a session is made: whoever
proves who they are in another way begins one with the same call.

A session is a signed text in a cookie that scripts cannot read: any node can check it, it ends by itself, and with the
key it was begun with.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie

from harken.words import AccessKey

SESSION_SECONDS = 12 * 3600
COOKIE = "harken_session"


def begun(key: AccessKey, now: float, where: str) -> bytes:
    """The Set-Cookie of a new session; `where` is what `place` says."""
    return f"{COOKIE}={session(key, now)}; Max-Age={SESSION_SECONDS}{where}".encode()


def ended(where: str) -> bytes:
    """The Set-Cookie that ends it in this browser."""
    return f"{COOKIE}=; Max-Age=0{where}".encode()


def place(prefix: str, *, secure: bool) -> str:
    """Where a session's cookie is sent: to this hub and nobody else.

    >>> place("/harken", secure=True)
    '; Path=/harken; HttpOnly; SameSite=Strict; Secure'
    """
    return f"; Path={prefix or '/'}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")


def session(key: AccessKey, now: float) -> str:
    """What a browser keeps instead of the key.

    >>> key = AccessKey(id="k1", kind="secret", hashed="ab", hint="")
    >>> session_key(session(key, 0.0), [key], 60.0) == key, session_key(session(key, 0.0), [key], 1e9)
    (True, None)
    """
    until = int(now) + SESSION_SECONDS
    return f"{key.id}.{until}.{_signed(key, until)}"


def _signed(key: AccessKey, until: int) -> str:
    return hmac.new(key.hashed.encode(), f"session.{key.id}.{until}".encode(), hashlib.sha256).hexdigest()


def session_key(told: str, keys: Iterable[AccessKey], now: float) -> AccessKey | None:
    """The secret key a session was begun with, None when it is over, forged, or the key was revoked."""
    id, _, rest = told.partition(".")
    until, _, signature = rest.partition(".")
    if not until.isascii() or not until.isdigit() or len(until) > 12 or int(until) < now:
        return None
    for key in keys:
        if key.id == id and key.kind == "secret" and not key.revoked:
            return key if hmac.compare_digest(signature.encode(), _signed(key, int(until)).encode()) else None
    return None


def session_told(headers: Mapping[bytes, bytes]) -> str | None:
    """The session in the cookies, if any."""
    cookies = headers.get(b"cookie")
    if cookies is None or COOKIE.encode() not in cookies:
        return None
    try:
        found = SimpleCookie(cookies.decode("latin-1")).get(COOKIE)
    except CookieError:
        return None
    return found.value if found is not None else None


def same_site(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser says that one of the hub's own pages makes this request."""
    fetched = headers.get(b"sec-fetch-site")
    if fetched is not None:
        return fetched in {b"same-origin", b"none"}
    origin = headers.get(b"origin")
    return origin is not None and origin.partition(b"://")[2] == headers.get(b"host", b"")
