"""Events over HTTP, in the wide Segment form -> the hub's intake -> an answer once they are durable. Bare ASGI: a
request costs a dict look-up, a key look-up and one future; what is read of its body is left to the hub.

Refusals are said as clients understand them: 401, 403, 413, 415 for what will never succeed as it is, 429 and 503 with
Retry-After for what should be sent again. One bad event in a batch does not fail the others (200 and `errors`).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from urllib.parse import parse_qsl

import msgspec
import structlog
from msgspec import Struct

from harken.api import bodies, keyed, pixel
from harken.api.auth import Door
from harken.api.gate import Rates, check_origin, cors, count, preflight
from harken.api.lines import parts
from harken.api.outcome import SUCCESS, answered, error
from harken.api.refusals import Refusals, Refused, code_of
from harken.api.wire import JSON, Gone, Receive, Scope, Send, WrongMethod, answer, fault, request_id
from harken.errors import Forbidden, HarkenError, Invalid, Unauthorized
from harken.words import AccessKey, Answer, Config, Dropped, Limits, RawBatch, Source

if TYPE_CHECKING:
    from harken.hub.intake import Delivery, Intake, Outcome

log = structlog.get_logger("harken.ingest")

EVENT_PATHS: Mapping[str, str] = {
    f"/v1/{name}{slash}": hint
    for hint, names in {
        "track": ("track", "t"),
        "identify": ("identify", "i"),
        "page": ("page", "p"),
        "screen": ("screen", "s"),
        "group": ("group", "g"),
        "alias": ("alias", "a"),
        "batch": ("batch", "b"),
        "metrics": ("metrics", "m"),
        "import": ("import",),
    }.items()
    for name in names
    for slash in ("", "/")
} | {"/beacon/v1/batch": "batch", "/beacon/v1/batch/": "batch"}
MANY = frozenset({"batch", "import"})
PIXEL = "/v1/pixel/"
WAIT_SECONDS = 30.0  # for the hub to make events durable before the client is asked to send again
_NOBODY = Source(id="")  # whose limits are those of every source that says nothing else
_NEW_KEY = "give the write key as Basic user name, as Bearer token, as ?writeKey=, or as writeKey in the body"

Heard: TypeAlias = "asyncio.Future[Outcome]"


class Hub(Protocol):
    """What ingest needs of a hub."""

    @property
    def config(self) -> Config: ...
    @property
    def intake(self) -> Intake: ...


class Slow(HarkenError):
    """The hub did not get it done in time; it may yet, and the same events sent again are caught as duplicates."""

    status = 503
    code = "slow"
    retry_after = 2


class _Coded(Struct):
    """What is read of an answer that refuses."""

    code: str


class Told(Struct, frozen=True, kw_only=True):
    """One event request, read so far."""

    hint: str
    headers: Mapping[bytes, bytes]
    query: bytes
    pixel: bool = False


class Ingest:
    """Takes events in for one hub. `begin` binds it to the running event loop."""

    def __init__(self, hub: Hub, door: Door, most: int, after: Callable[[], None], patience: float) -> None:
        self._hub = hub
        self._most_bytes = most
        self._after = after
        self._patience = patience
        self._door = door
        self._rates = Rates()
        self._contexts: dict[tuple[bytes, bytes], dict[str, Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[Heard] = set()
        self._late: list[Heard] = []
        self.answered: Counter[int] = Counter()
        self.refusals = Refusals()

    def begin(self) -> None:
        """Let the hub hand its answers to this event loop, a whole group at once."""
        loop = self._loop = asyncio.get_running_loop()

        def deliver(delivery: Delivery) -> None:
            try:
                loop.call_soon_threadsafe(self._resolve, delivery)
            except RuntimeError:  # the loop has ended; what was heard is durable, the clients will send it again
                log.warning("answers not delivered", batches=len(delivery))

        self._hub.intake.deliver = deliver
        self._sweep()

    def _resolve(self, delivery: Delivery) -> None:
        """On the event loop: wake every request of a group."""
        for done, outcome in delivery:
            try:
                done(outcome)
            except asyncio.InvalidStateError:  # it stopped waiting
                continue
        self._after()

    @property
    def waiting(self) -> int:
        """Requests whose events are not durable yet."""
        return len(self._waiting)

    def _sweep(self) -> None:
        """Twice in the time a client waits: give up on what is still waiting since the last time."""
        assert self._loop is not None
        for future in self._late:
            if not future.done():
                future.set_result(Slow("the hub could not make this durable in time; send it again"))
        self._late = [future for future in self._waiting if not future.done()]
        self._loop.call_later(self._patience / 2, self._sweep)

    # ------------------------------------------------------------------ one request

    async def take(self, scope: Scope, receive: Receive, send: Send, hint: str) -> None:
        """One POST of events, or the OPTIONS before it."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        rid = request_id(headers.get(b"x-request-id"))
        told = [*JSON, *cors(headers.get(b"origin")), (b"x-request-id", rid)]
        status, body, code, began = 200, SUCCESS, "", time.perf_counter()
        if scope["method"] == "OPTIONS":
            self.answered[204] += 1
            await answer(send, 204, [*preflight(headers), (b"x-request-id", rid)], b"")
            return
        try:
            status, body = await self._taken(_told(scope, headers, hint), receive)
        except Gone:
            self.answered[499] += 1
            return
        except Exception as wrong:
            if not isinstance(wrong, HarkenError):
                log.exception("request failed", request_id=rid.decode(), path=scope["path"])
            if isinstance(wrong, Forbidden) and wrong.code == "origin":
                told = [*JSON, *cors(None), (b"x-request-id", rid)]
            status, extra, body = fault(wrong, rid)
            code = code_of(wrong)
            told += extra
        else:
            if status != 200:  # the hub's own refusal of what was sent
                code = msgspec.json.decode(body, type=_Coded).code
                body = body[:-1] + b',"request_id":"' + rid + b'"}'
        self.answered[status] += 1
        if status >= Invalid.status:
            self.refusals.tell(scope, Refused(rid.decode(), status, code, time.perf_counter() - began))
        await answer(send, status, told, body)

    async def _taken(self, told: Told, receive: Receive) -> tuple[int, bytes]:
        if told.hint == "metrics":
            await bodies.read(told.headers, receive, *self._most(None, ""))
            return 200, SUCCESS
        key = await self._door.find(self._door.told(told.headers, told.query))
        body = await bodies.read(told.headers, receive, *self._most(key, told.hint))
        if told.pixel:
            body = pixel.posted(body, told.query)
        if key is not None:
            check_origin(key, told.headers)
            if told.hint == "import" and key.kind == "secret":
                return await self._imported(told, key, body)
        else:
            named = keyed.texts(body)
            if len(named) > 1:
                return await self._parted(told, body)
            key = await self._public(named, body, told.headers)
        guessed = self._rated(key, body, told.hint)
        outcome = await self._of(key, told, body, guessed)
        return answered(outcome, body, whole=told.hint not in MANY)

    def _rated(self, key: AccessKey, body: bytes, hint: str) -> int:
        """Count the events of a body for its key, Busy when there were too many; gives how many it looks like."""
        guessed = count(body, hint)
        if key.per_second:
            self._rates.take(key, guessed, time.monotonic())
        return guessed

    async def _of(self, key: AccessKey, told: Told, body: bytes, guessed: int, dialect: str = "segment") -> Answer:
        """What became of a body that one key speaks for."""
        outcome = await self.heard(
            RawBatch(
                source=key.source if key.kind == "write" else source_told(told, key, "server"),
                dialect=dialect,
                body=body,
                received=time.time_ns() // 1_000,
                hint=told.hint,
                trusted=key.kind == "secret",
                context=self._context(told.headers),
            )
        )
        if key.per_second:  # what it really held, whatever it looked like
            held = outcome.accepted + outcome.duplicates + len(outcome.dropped)
            self._rates.owe(key, held - guessed)
        return outcome

    async def _parted(self, told: Told, body: bytes) -> tuple[int, bytes]:
        """A batch whose events name different keys: each event is judged by its own, as if it had come with no other."""
        errors: list[dict[str, Any]] = []
        taken: list[tuple[AccessKey, keyed.Part, int]] = []
        first: HarkenError | None = None
        for part in keyed.parts(body):
            try:
                key = await self._public([part.key], part.body, told.headers)
            except HarkenError as why:
                first = first or why
                told_ = zip(part.places, part.items, strict=True)
                errors += [error(place, why.code, str(why), item) for place, item in told_]
            else:
                taken.append((key, part, self._rated(key, part.body, told.hint)))
        if first is not None and not taken:
            raise first
        whole = Answer(accepted=0, duplicates=0, dropped=())
        for key, part, guessed in taken:
            heard = await self._of(key, told, part.body, guessed)
            whole = Answer(
                accepted=whole.accepted + heard.accepted,
                duplicates=whole.duplicates + heard.duplicates,
                dropped=(*whole.dropped, *(_moved(one, part.places) for one in heard.dropped)),
            )
        return answered(whole, body, whole=False, refused=errors)

    def _most(self, key: AccessKey | None, hint: str) -> tuple[int, int]:
        """The most bytes this request may bring, as sent and unzipped: what its source may send (a secret key's import:
        anything), within what the hub takes at all."""
        if hint == "import" and key is not None and key.kind == "secret":
            return self._most_bytes, self._most_bytes
        limits = self._limits(key)
        return min(self._most_bytes, limits.batch_bytes), min(
            self._most_bytes, max(limits.batch_bytes, limits.unzipped_bytes)
        )

    def _limits(self, key: AccessKey | None) -> Limits:
        return self._hub.config.sources.get(key.source if key else "", _NOBODY).limits

    async def _public(self, named: list[str], body: bytes, headers: Mapping[bytes, bytes]) -> AccessKey:
        """The write key a body names, which may be used by the page that sends it."""
        key = await self._door.find(named)
        if key is None:
            raise Unauthorized(f"no known write key: {_NEW_KEY}", code="unknown_key")
        if key.kind != "write":
            raise Forbidden("a secret key goes into a header, never into a body", code="secret_in_body")
        limit = self._most(key, "")[0]
        if len(body) > limit:
            raise bodies.too_large(len(body), limit)
        check_origin(key, headers)
        return key

    def _context(self, headers: Mapping[bytes, bytes]) -> dict[str, Any]:
        """What only the edge sees of a browser; a library's own name says nothing about the customer."""
        agent, gpc = headers.get(b"user-agent", b""), headers.get(b"sec-gpc", b"")
        known = self._contexts.get((agent, gpc))
        if known is None:
            known = {}
            if agent.startswith(b"Mozilla/"):
                known["userAgent"] = agent.decode("latin-1")[:512]
            if gpc.strip() == b"1":
                known["gpc"] = True
            if len(self._contexts) >= 4_096:
                self._contexts.clear()
            self._contexts[agent, gpc] = known
        return known

    async def heard(self, batch: RawBatch) -> Answer:
        """Hand a batch to the hub and wait until it is durable."""
        assert self._loop is not None
        future: Heard = self._loop.create_future()
        self._hub.intake.submit(batch, future.set_result)
        self._waiting.add(future)
        try:
            outcome = await future
        finally:
            self._waiting.discard(future)
        if isinstance(outcome, Answer):
            return outcome
        raise outcome

    # ------------------------------------------------------------------ imports and pixels

    async def _imported(self, told: Told, key: AccessKey, body: bytes) -> tuple[int, bytes]:
        """History from a server, one JSON object a line (or an array of them), in parts that are durable one by one."""
        source, received = source_told(told, key, "import"), time.time_ns() // 1_000
        accepted, duplicates, dropped = 0, 0, list[Dropped]()
        for first, part in parts(body):
            heard = await self.heard(
                RawBatch(
                    source=source, dialect="harken", body=part, received=received, hint="", trusted=True, where="import"
                )
            )
            accepted += heard.accepted
            duplicates += heard.duplicates
            dropped += [msgspec.structs.replace(one, index=one.index + first) for one in heard.dropped]
        told_ = Answer(accepted=accepted, duplicates=duplicates, dropped=tuple(dropped))
        return answered(told_, body, whole=False, counts=True)

    async def pixel(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET /v1/pixel/track?data=…`: one event in an address. Always an image, so no page ever shows a broken one. A
        POST there (a beacon, a form) is an event like any other, and is told what became of it."""
        hint = EVENT_PATHS.get("/v1/" + scope["path"][len(PIXEL) :], "")
        hint = hint if hint in pixel.CALLS else ""
        if scope["method"] in {"POST", "OPTIONS"}:
            await self.take(scope, receive, send, hint)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if scope["method"] not in {"GET", "HEAD"}:
            raise WrongMethod("GET, POST, OPTIONS")
        extra: list[tuple[bytes, bytes]] = []
        try:
            heard = await self._shown(_told(scope, headers, hint))
            if heard.dropped:
                extra.append((b"x-harken-error", heard.dropped[0].reason.encode()))
        except HarkenError as wrong:
            extra.append((b"x-harken-error", wrong.code.encode()))
        self.answered[200] += 1
        await answer(send, 200, [*pixel.HEADERS, *cors(headers.get(b"origin")), *extra], pixel.IMAGE)

    async def _shown(self, told: Told) -> Answer:
        """What became of the event in an image's address."""
        data = pixel.data(told.query)
        key = await self._door.find(self._door.told(told.headers, told.query))
        if key is None:
            said = pixel.event(data)
            key = await self._public(keyed.texts(said), said, told.headers)
        check_origin(key, told.headers)
        guessed = self._rated(key, b"", told.hint)
        return await self._of(key, told, data, guessed, "pixel")


def _told(scope: Scope, headers: Mapping[bytes, bytes], hint: str) -> Told:
    shown = scope["path"].startswith(PIXEL)
    if scope["method"] != "POST" and not shown:
        raise WrongMethod("POST, OPTIONS")
    if not hint:
        raise Invalid(f"a pixel is one of {', '.join(pixel.CALLS)}", code="unknown_pixel")
    return Told(hint=hint, headers=headers, query=scope["query_string"], pixel=shown)


def _moved(one: Dropped, places: Sequence[int]) -> Dropped:
    """Told by its place in the whole batch."""
    return msgspec.structs.replace(one, index=places[one.index]) if one.index < len(places) else one


def source_told(told: Told, key: AccessKey, otherwise: str) -> str:
    """The source a secret key speaks for: its own, or the one named by `?source=`."""
    named = dict(parse_qsl(told.query.decode("latin-1"))).get("source", "") if b"source" in told.query else ""
    if named and key.source and named != key.source:
        raise Forbidden(f"this key speaks for the source '{key.source}' only", code="source")
    return (named or key.source or otherwise)[:200]
