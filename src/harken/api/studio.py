"""A hub's settings -> the studio on the web: its built files, its page at every address of its own, and its sign-in.

The files are made by `vite build` and never rewritten: the page gets its prefix as `<base>` while it is served, so any
prefix and a read-only installation work. Text is sent as it was compressed when it was built.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harken.api import bodies
from harken.api.auth import COOKIE, SESSION_SECONDS, Door, same_site, session
from harken.api.wire import JSON, Receive, Scope, Send, WrongMethod, answer
from harken.errors import Busy, Forbidden, Invalid, NotFound, Unauthorized
from harken.settings import Settings
from harken.words import AccessKey

if TYPE_CHECKING:
    from harken.hub import Hub

POLICY = (
    b"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; base-uri 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
TYPES: Mapping[str, bytes] = {
    "html": b"text/html; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "svg": b"image/svg+xml",
    "json": b"application/json",
    "woff2": b"font/woff2",
    "png": b"image/png",
    "txt": b"text/plain; charset=utf-8",
}
BUILT = Path(__file__).parent.parent / "studio"
ENCODINGS = ((b"br", ".br"), (b"gzip", ".gz"))
FIRST = frozenset({"", "live", "touchpoints", "map", "customers", "start", "admin"})  # of the studio's addresses
LOOPBACK = ("127.", "localhost", "::1", "[::1]")
TRIES_A_MINUTE = 20
_BODY_BYTES = 4_096
_ADDRESSES = 10_000


class Studio:
    """Serves the studio of one hub. `folder`: where it was built to."""

    def __init__(self, hub: Hub, door: Door, settings: Settings, folder: Path = BUILT) -> None:
        self._hub = hub
        self._door = door
        self._prefix = settings.prefix.rstrip("/")
        self._open = settings.open_page and settings.host.startswith(LOOPBACK)
        self._folder = folder
        self._tries: dict[str, list[float]] = {}  # wrong keys of the last minute, by address

    def asked(self, path: str) -> bool:
        """Whether a path is the studio's: its session, one of its files, or an address it shows a page at."""
        if path in {"/session", "/mark.svg"} or path.startswith("/assets/"):
            return True
        return path.split("/")[1] in FIRST

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request for it."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        path: str = scope["path"]
        if path == "/session":
            await self._session(scope, headers, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"}:
            raise WrongMethod("GET")
        if path.startswith("/assets/") or path == "/mark.svg":
            await self._file(path, headers, send)
        else:
            await self._page(send)

    # ------------------------------------------------------------------ files

    async def _page(self, send: Send) -> None:
        head = [
            (b"content-type", TYPES["html"]),
            (b"cache-control", b"no-cache"),
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", POLICY),
            (b"referrer-policy", b"same-origin"),
        ]
        await answer(send, 200, head, page(self._folder, self._prefix))

    async def _file(self, path: str, headers: Mapping[bytes, bytes], send: Send) -> None:
        name = path.removeprefix("/")
        parts = name.split("/")
        kind = TYPES.get(name.rpartition(".")[2])
        if kind is None or any(part in {"", ".", ".."} or "\\" in part or "\0" in part for part in parts):
            raise NotFound("there is no such file", code="no_such_address")
        head = [
            (b"content-type", kind),
            (b"x-content-type-options", b"nosniff"),
            (b"vary", b"accept-encoding"),
            (b"cache-control", b"public, max-age=31536000, immutable" if parts[0] == "assets" else b"no-cache"),
        ]
        taken = headers.get(b"accept-encoding", b"")
        for encoding, ending in ENCODINGS:
            if encoding in taken:
                body = read(self._folder, name + ending)
                if body is not None:
                    await answer(send, 200, [*head, (b"content-encoding", encoding)], body)
                    return
        body = read(self._folder, name)
        if body is None:
            raise NotFound("there is no such file; the studio may have been upgraded", code="no_such_address")
        await answer(send, 200, head, body)

    # ------------------------------------------------------------------ the session

    async def _session(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method in {"GET", "HEAD"}:
            await self._whoami(scope, headers, send)
        elif method == "POST":
            await self._sign_in(scope, headers, receive, send)
        elif method == "DELETE":
            if not same_site(headers):
                raise Forbidden("only the studio itself signs out", code="csrf")
            cookie = f"{COOKIE}=; Max-Age=0{self._cookie(scope, headers)}"
            await answer(send, 200, [*JSON, (b"set-cookie", cookie.encode())], b'{"signed_in":false}')
        else:
            raise WrongMethod("GET, POST, DELETE")

    async def _whoami(self, scope: Scope, headers: dict[bytes, bytes], send: Send) -> None:
        """Who is signed in. On a demo of this very machine (asked for by a name of this machine: other sites may point
        theirs here) whoever asks is."""
        head = [*JSON]
        here = self._open and headers.get(b"host", b"").decode("latin-1").startswith(LOOPBACK)
        key: AccessKey | None = None
        try:
            key = await self._door.secret(headers, "GET")
        except (Unauthorized, Forbidden):
            if here and (key := await asyncio.to_thread(self._first_key)) is not None:
                cookie = (
                    f"{COOKIE}={session(key, time.time())}; Max-Age={SESSION_SECONDS}{self._cookie(scope, headers)}"
                )
                head.append((b"set-cookie", cookie.encode()))
        told = {
            "signed_in": key is not None,
            "open": here,
            "label": key.label if key is not None else "",
            "version": version("harken"),
        }
        await answer(send, 200, head, msgspec.json.encode(told))

    def _first_key(self) -> AccessKey | None:
        return next((key for key in self._hub.keys.list() if key.kind == "secret" and not key.revoked), None)

    async def _sign_in(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        """A secret key once, then a cookie that ends by itself. Only from the hub's own page."""
        if (b"origin" in headers or b"sec-fetch-site" in headers) and not same_site(headers):
            raise Forbidden("sign in from the hub's own page", code="csrf")
        recent = self._recent(str((scope.get("client") or ("",))[0]))
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
            raise Unauthorized(what, code="unknown_key")
        cookie = f"{COOKIE}={session(key, time.time())}; Max-Age={SESSION_SECONDS}{self._cookie(scope, headers)}"
        await answer(send, 200, [*JSON, (b"set-cookie", cookie.encode())], b'{"signed_in":true}')

    def _recent(self, who: str) -> list[float]:
        """Wrong keys of the last minute from one address; what is added to it counts."""
        now = time.monotonic()
        recent = [at for at in self._tries.pop(who, []) if now - at < 60]
        if len(self._tries) > _ADDRESSES:
            self._tries.clear()
        self._tries[who] = recent
        return recent

    def _cookie(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        secure = scope.get("scheme") == "https" or headers.get(b"x-forwarded-proto") == b"https"
        return f"; Path={self._prefix or '/'}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")


@lru_cache(maxsize=512)
def read(folder: Path, name: str) -> bytes | None:
    """One built file; None when there is none."""
    at = folder.joinpath(*name.split("/"))
    return at.read_bytes() if at.is_file() else None


def page(folder: Path, prefix: str) -> bytes:
    """The studio's page for a prefix; when the studio was not built, how to get it."""
    at = folder.joinpath("index.html")
    base = f'<head><base href="{escape(prefix)}/">'
    if not at.is_file():
        return (
            f"<!doctype html><html lang='en'>{base}<title>Harken</title></head><body><h1>Harken</h1><p>This hub was "
            "installed without its studio. Its API is all here: <a href='api/docs'>documentation</a>.</p>"
            "<p>In a checkout, <code>make studio</code> builds it.</p></body></html>"
        ).encode()
    return at.read_text("utf-8").replace("<head>", base, 1).encode()
