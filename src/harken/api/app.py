"""Every path of the hub -> who answers it. Events go straight through; the read API is Litestar's, made when first asked."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

import msgspec
import structlog

from harken import typed
from harken.api import deciding, live
from harken.api import status as health
from harken.api.auth import Door
from harken.api.clients import Clients
from harken.api.docs import Docs
from harken.api.gate import cors, preflight
from harken.api.ingest import EVENT_PATHS, PIXEL, WAIT_SECONDS, Ingest
from harken.api.refusals import Refused, code_of
from harken.api.sign_in import SignIn
from harken.api.studio import Studio
from harken.api.wire import (
    JSON,
    Application,
    Gone,
    Message,
    Receive,
    Scope,
    Send,
    WrongMethod,
    answer,
    fault,
    request_id,
)
from harken.errors import HarkenError, Invalid, NotFound, Unavailable
from harken.settings import Settings

if TYPE_CHECKING:
    from harken.hub import Hub

log = structlog.get_logger("harken.api")

READY_SECONDS = 5.0
_PARTED = (  # what stands before a name of any letters, and the verbs that may stand behind it
    (
        re.compile(rb"/api/profiles/"),
        frozenset({b"timeline", b"identity", b"merge", b"unmerge", b"take-back", b"export"}),
    ),
    (re.compile(rb"/api/config/[^/]+/(?!check/?$)"), frozenset({b"publish", b"rollback", b"retire"})),
)
_OPEN = frozenset({"/api/openapi.json"})
_FROM_PAGES = ("/v1/", "/beacon/", "/sourceConfig", "/analytics.js/")  # where pages of any site come, and read errors


class Face:
    """The ASGI application over one hub. `begin` binds it to the running loop, `end` lets its streams go."""

    def __init__(self, hub: Hub, settings: Settings, patience: float) -> None:
        self._hub = hub
        self._prefix = settings.prefix.rstrip("/")
        self.door = Door(hub.keys)
        self.feed = live.Feed(hub)
        self._most_bytes = settings.max_body_mb * 1024 * 1024
        self.ingest = Ingest(hub, self.door, self._most_bytes, self.feed.poke, patience)
        self._deciding = deciding.Deciding(hub, self.door, self._most_bytes)
        self._clients = Clients(self.door, self._prefix, settings.snippet)
        self._docs = Docs(self._prefix)
        self._sign_in = SignIn(hub, self.door, settings)
        self._studio = Studio(self._prefix)
        self._making: asyncio.Future[Application] | None = None
        self._rest: asyncio.Future[Application] | None = None
        self._open = 0
        self._plain: Mapping[str, Callable[[Send], Awaitable[None]]] = {
            "/healthz": self._alive,
            "/readyz": self._ready,
            "/metrics": self._metrics,
        }

    def begin(self) -> None:
        """Called once on the event loop, before the first request."""
        self.ingest.begin()

    def warm(self) -> None:
        """Make the read API ready in the background, so that who asks first need not wait for it."""
        self._making = asyncio.ensure_future(self._application())

    def end(self) -> None:
        """Let long answers end, so that the server can stop."""
        self.feed.stop()
        self.ingest.refusals.sum_up()

    async def drained(self, seconds: float) -> bool:
        """Wait until every request that was begun is answered; whether that was in time."""
        until = time.monotonic() + seconds
        while self._open and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return not self._open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        path: str = scope["path"]
        if self._prefix and path.startswith(self._prefix + "/"):
            path = path[len(self._prefix) :]
            scope = {**scope, "path": path, "raw_path": scope["raw_path"][len(quote(self._prefix)) :]}
        self._open += 1
        try:
            hint = EVENT_PATHS.get(path)
            if hint is not None:
                await self.ingest.take(scope, receive, send, hint)
            else:
                await self._guarded(scope, receive, send)
        finally:
            self._open -= 1

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A server's own start and stop; web sockets are not spoken here."""
        if scope["type"] != "lifespan":
            await send({"type": "websocket.close", "code": 1000})
            return
        while (message := await receive())["type"] != "lifespan.shutdown":
            if message["type"] == "lifespan.startup":
                self._hub.intake.start()
                self.begin()
                await send({"type": "lifespan.startup.complete"})
        self.end()
        await send({"type": "lifespan.shutdown.complete"})

    # ------------------------------------------------------------------ everything but events

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; whatever goes wrong becomes the one shape of errors."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        rid = request_id(headers.get(b"x-request-id"))
        scope["state"] = {**scope.get("state", {}), "request_id": rid.decode()}
        reply, code, began = _Reply(send, rid), "", time.perf_counter()
        try:
            await self._routed(scope, receive, reply.send, headers)
        except Gone:
            return
        except Exception as error:
            if not isinstance(error, HarkenError):
                log.exception("request failed", request_id=rid.decode(), method=scope["method"])
            code = code_of(error)
            if not reply.status:
                status, extra, body = fault(error, rid)
                shown = cors(headers.get(b"origin")) if scope["path"].startswith(_FROM_PAGES) else ()
                await answer(reply.send, status, [*JSON, *shown, *extra], body)
        finally:
            if reply.status >= Invalid.status:
                code = code or scope["state"].get("code", NotFound.code if reply.status == NotFound.status else "")
                refused = Refused(rid.decode(), reply.status, code, time.perf_counter() - began)
                self.ingest.refusals.tell(scope, refused)
            log.debug("answered", method=scope["method"], status=reply.status, request_id=rid.decode())

    async def _routed(self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]) -> None:
        path: str = scope["path"]
        plain = self._plain.get(path.rstrip("/"))
        if plain is not None:
            if scope["method"] not in {"GET", "HEAD"}:
                raise WrongMethod("GET, HEAD")
            await plain(send)
        elif path.startswith(PIXEL):
            await self.ingest.pixel(scope, receive, send)
        elif path.rstrip("/") in deciding.PATHS and scope["method"] != "OPTIONS":
            await self._deciding.take(scope, receive, send, path.rstrip("/"))
        elif self._clients.asked(path):
            await self._clients.take(scope, send)
        elif path == "/session":
            await self._sign_in.take(scope, receive, send)
        elif self._studio.asked(path):
            await self._studio.take(scope, send)
        elif self._docs.asked(path):
            await self._docs.take(scope, send)
        elif path.startswith("/api/"):
            await self._api(scope, receive, send, headers)
        elif scope["method"] == "OPTIONS" and path.startswith(_FROM_PAGES):
            await answer(send, 204, [*preflight(headers)], b"")  # so that the page may read what follows: a 404
        elif b"text/html" in headers.get(b"accept", b"") and scope["method"] in {"GET", "HEAD"}:
            await self._studio.page(send, 404)
        else:
            raise NotFound(f"there is nothing at {path[:200]}; /api/docs lists what there is", code="no_such_address")

    async def _api(self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]) -> None:
        if scope["path"] not in _OPEN:
            scope["state"]["key"] = await self.door.secret(headers, scope["method"])
        if scope["path"].rstrip("/") == "/api/live":
            if scope["method"] != "GET":
                raise WrongMethod("GET")
            await live.stream(self.feed, scope, receive, send)
            return
        application = await self._application()
        await application(one_part(scope), receive, send)

    async def _application(self) -> Application:
        """The read API, made when it is first asked for (in a thread: it takes a quarter of a second)."""
        if self._rest is None:
            self._rest = asyncio.ensure_future(asyncio.to_thread(self._make))
        return await asyncio.shield(self._rest)

    def _make(self) -> Application:
        from harken.api.rest import make

        typed.learn()  # what it answers with
        return make(self._hub, self.door, self._prefix, self._most_bytes)

    # ------------------------------------------------------------------ is it well

    async def _alive(self, send: Send) -> None:
        await answer(send, 200, [*JSON], b'{"status":"alive"}')

    async def _ready(self, send: Send) -> None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                told = await asyncio.to_thread(health.ready, self._hub)
        except TimeoutError:
            raise Unavailable(f"the store did not answer within {READY_SECONDS:.0f} s") from None
        await answer(send, 200, [*JSON], msgspec.json.encode(told))

    async def _metrics(self, send: Send) -> None:
        body = await asyncio.to_thread(health.metrics, self._hub, self.ingest, self.feed)
        await answer(send, 200, [(b"content-type", health.METRICS_TYPE), (b"cache-control", b"no-store")], body)


class _Reply:
    """Sends on, adds what every answer carries, and knows what was sent."""

    def __init__(self, send: Send, rid: bytes) -> None:
        self._send = send
        self._rid = rid
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if not any(name == b"x-request-id" for name, _ in message["headers"]):
                message["headers"] = [*message["headers"], (b"x-request-id", self._rid)]
        await self._send(message)


def one_part(scope: Scope) -> Scope:
    """Let a customer's reference or a document's id stay one part of the path, whatever is in it: `/`, `%`, `@`, any
    script. It is read from the path as it was sent: a slash inside may be written as %2F or as it is.

    >>> one_part({"path": "", "raw_path": b"/api/profiles/crm:a%2Fb/identity"})["path"]
    '/api/profiles/crm%3Aa%2Fb/identity'
    """
    raw: bytes = scope["raw_path"].partition(b"?")[0]
    for fixed, verbs in _PARTED:
        found = fixed.match(raw)
        if found is None:
            continue
        parts = raw[found.end() :].rstrip(b"/").split(b"/")
        verb = b"/" + parts.pop() if len(parts) > 1 and parts[-1] in verbs else b""
        ref = unquote_to_bytes(b"/".join(parts)).decode("utf-8", "replace")
        if not ref:
            return scope
        path = found[0].decode("latin-1") + quote(ref, safe="") + verb.decode()
        return {**scope, "path": path, "raw_path": path.encode()}
    return scope


def create_app(hub: Hub, settings: Settings | None = None, *, patience: float = WAIT_SECONDS) -> Face:
    """The ASGI application of a hub. Servers that speak lifespan start its intake with it. `patience`: seconds a client
    waits for its events to be durable before it is asked to send them again."""
    typed.learn()  # what it reads of requests
    return Face(hub, settings or Settings(), patience)
