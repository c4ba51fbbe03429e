"""A hub -> the few pages it serves itself: what it hears, as tables; its sign-in; the API's documentation.

Nothing comes from elsewhere (CSP `default-src 'self'`), every address is relative to the prefix, and the page at `/`
needs a secret key unless it was opened for a demo on this very machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import msgspec

from harken.api import bodies
from harken.api.auth import COOKIE, SESSION_SECONDS, Door, same_site, session
from harken.api.html import docs_page, front_page, sign_in_page
from harken.api.wire import JSON, Headers, Receive, Scope, Send, WrongMethod, answer
from harken.errors import Busy, Forbidden, HarkenError, NotFound, Unauthorized
from harken.settings import Settings

if TYPE_CHECKING:
    from harken.api.html import Picture
    from harken.hub import Hub

POLICY = b"default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
HTML: Headers = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", POLICY),
    (b"referrer-policy", b"no-referrer"),
)
ASSETS: Mapping[str, bytes] = {
    "page.css": b"text/css; charset=utf-8",
    "page.js": b"text/javascript; charset=utf-8",
    "docs.js": b"text/javascript; charset=utf-8",
    "mark.svg": b"image/svg+xml",
}
PATHS = frozenset({"/", "", "/counts", "/login", "/logout", "/api/docs", "/api/docs/", "/favicon.ico"})
LOOPBACK = ("127.", "localhost", "::1", "[::1]")
PICTURE_SECONDS = 5.0
COUNTS_SECONDS = 1.0
TRIES_A_MINUTE = 20
_FORM_BYTES = 4_096
_ADDRESSES = 10_000


class Pages:
    """Serves the pages of one hub."""

    def __init__(self, hub: Hub, door: Door, settings: Settings) -> None:
        self._hub = hub
        self._door = door
        self._prefix = settings.prefix.rstrip("/")
        self._open = settings.open_page and settings.host.startswith(LOOPBACK)
        self._picture: tuple[float, Picture] | None = None
        self._counts: tuple[float, bytes] | None = None
        self._drawing = asyncio.Lock()
        self._tries: dict[str, list[float]] = {}  # wrong keys of the last minute, by address

    @staticmethod
    def asked(path: str) -> bool:
        """Whether a path is one of these pages'."""
        return path in PATHS or path.startswith("/assets/")

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request for a page."""
        path: str = scope["path"]
        headers: dict[bytes, bytes] = dict(scope["headers"])
        method: str = scope["method"]
        if path in {"/login", "/logout"} and method == "POST":
            await (self._sign_in if path == "/login" else self._sign_out)(scope, headers, receive, send)
            return
        if method not in {"GET", "HEAD"}:
            raise WrongMethod("GET, POST" if path in {"/login", "/logout"} else "GET")
        if path.startswith("/assets/") or path == "/favicon.ico":
            await self._asset(path, send)
        elif path.startswith("/api/docs"):
            await answer(send, 200, [*HTML], docs_page(self._prefix))
        elif path in {"/login", "/logout"}:
            await answer(send, 200, [*HTML], sign_in_page(self._prefix, ""))
        elif path == "/counts":
            if not await self._may_look(headers):
                raise Unauthorized("sign in at / first, or open the page (setting open_page)", code="no_key")
            await answer(send, 200, [*JSON], await self._counted())
        elif await self._may_look(headers):
            await answer(send, 200, [*HTML], front_page(self._prefix, await self._drawn(), signed_in=not self._open))
        else:
            await answer(send, 401, [*HTML], sign_in_page(self._prefix, ""))

    async def _may_look(self, headers: Mapping[bytes, bytes]) -> bool:
        """Opened for everybody on this machine (asked by a name of this machine: other sites may point theirs here),
        or whoever shows a secret key or a session."""
        if self._open and headers.get(b"host", b"").decode("latin-1").startswith(LOOPBACK):
            return True
        try:
            await self._door.secret(headers, "GET")
        except (Unauthorized, Forbidden):
            return False
        return True

    async def _asset(self, path: str, send: Send) -> None:
        name = "mark.svg" if path == "/favicon.ico" else path.removeprefix("/assets/")
        if name not in ASSETS:
            raise NotFound("there is no such file", code="no_such_address")
        body = files("harken.api").joinpath("static", name).read_bytes()
        head = [
            (b"content-type", ASSETS[name]),
            (b"cache-control", b"no-cache"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await answer(send, 200, [*head, (b"content-security-policy", POLICY)], body)

    # ------------------------------------------------------------------ what is shown

    async def _drawn(self) -> Picture:
        from harken.api.html import picture

        async with self._drawing:
            if self._picture is None or time.monotonic() - self._picture[0] > PICTURE_SECONDS:
                drawn = await asyncio.to_thread(picture, self._hub)
                self._picture = (time.monotonic(), drawn)
            return self._picture[1]

    async def _counted(self) -> bytes:
        if self._counts is None or time.monotonic() - self._counts[0] > COUNTS_SECONDS:
            self._counts = (time.monotonic(), await asyncio.to_thread(counts, self._hub))
        return self._counts[1]

    # ------------------------------------------------------------------ signing in

    async def _sign_in(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        """A secret key once, then a cookie that ends by itself. Only from the hub's own page."""
        if (b"origin" in headers or b"sec-fetch-site" in headers) and not same_site(headers):
            raise Forbidden("sign in from the hub's own page", code="csrf")
        now, who = time.monotonic(), str((scope.get("client") or ("",))[0])
        recent = [at for at in self._tries.pop(who, []) if now - at < 60]
        if len(self._tries) > _ADDRESSES:
            self._tries.clear()
        self._tries[who] = recent
        if len(recent) >= TRIES_A_MINUTE:
            raise Busy("too many wrong keys; wait a minute", retry_after=60)
        form = parse_qs((await bodies.read(headers, receive, _FORM_BYTES)).decode("utf-8", "replace"))
        key = await self._door.find([next(iter(form.get("key", [""]))).strip()])
        if key is None or key.kind != "secret":
            recent.append(now)
            words = "This key is not known." if key is None else "This is a write key; the page needs a secret key."
            await answer(send, 401, [*HTML], sign_in_page(self._prefix, words))
            return
        cookie = f"{COOKIE}={session(key, time.time())}; Max-Age={SESSION_SECONDS}{self._cookie(scope, headers)}"
        await self._away(send, cookie)

    async def _sign_out(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        await bodies.read(headers, receive, _FORM_BYTES)
        await self._away(send, f"{COOKIE}=; Max-Age=0{self._cookie(scope, headers)}")

    def _cookie(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        secure = scope.get("scheme") == "https" or headers.get(b"x-forwarded-proto") == b"https"
        return f"; Path={self._prefix or '/'}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")

    async def _away(self, send: Send, cookie: str) -> None:
        head = [
            (b"location", f"{self._prefix}/".encode()),
            (b"set-cookie", cookie.encode()),
            (b"cache-control", b"no-store"),
        ]
        await answer(send, 303, head, b"")


def counts(hub: Hub) -> bytes:
    """The figures on top of the page. Blocks on the store."""
    try:
        with hub.core.read() as view:
            told = view.counts()
            heard = view.last_seq()
    except HarkenError:
        return b"{}"
    figures = {"customers": told["profiles"], "heard": heard, "dead_letters": told["dead_letters"]}
    return msgspec.json.encode(figures)
