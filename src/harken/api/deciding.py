"""What to show now, over HTTP: `/v1/decide`, `/v1/interact` (events in and decisions out, in one call), `/v1/respond`.

A page that shows a write key decides for its own device only, whatever else it says about its customer, and is told
nothing about them. Who asks gets an answer in time: when the hub is slow, each placement's own fallback.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import structlog
from msgspec import Raw, Struct

from harken.api import bodies
from harken.api.auth import Door
from harken.api.gate import Rates, check_origin, cors
from harken.api.wire import JSON, Receive, Scope, Send, WrongMethod, answer
from harken.errors import Busy, Invalid, Unauthorized, Unavailable
from harken.hub.deciding import Answered, Ask, Decision
from harken.words import AccessKey, Answer, Identifier, RawBatch

if TYPE_CHECKING:
    from harken.hub import Hub

log = structlog.get_logger("harken.decide")

PATHS = ("/v1/decide", "/v1/interact", "/v1/respond")
THREADS = 4
WAITING = 256  # requests that may wait for a thread; more are told to come again
RESPOND_SECONDS = 10.0
T = TypeVar("T")


class Asked(Struct, kw_only=True):
    """The body of `/v1/decide`: for whom, and where it would be shown."""

    placements: list[str] = []
    anonymousId: str = ""  # noqa: N815 - the wire's own spelling
    userId: str = ""  # noqa: N815
    identifiers: dict[str, str | list[str]] = {}  # any other kind: {"email": "ada@example.test"}
    properties: dict[str, Any] = {}  # of the moment, for rules
    context: dict[str, Any] = {}
    source: str = ""  # the system that asks, with a secret key
    writeKey: str = ""  # noqa: N815


class Interacted(Asked, kw_only=True):
    """The body of `/v1/interact`: the same, and events as `/v1/batch` takes them. Without an id, those of the first event."""

    batch: list[Raw] = []


class Responded(Struct, kw_only=True, forbid_unknown_fields=True):
    """The body of `/v1/respond`."""

    decision: str
    code: str
    action: str = ""  # which one, when the decision showed several
    properties: dict[str, Any] = {}
    writeKey: str = ""  # noqa: N815


class Told(Struct, kw_only=True):
    """The answer of `/v1/decide` and `/v1/interact`."""

    decisions: list[Decision]
    slow: bool = False  # it took too long: these are fallbacks
    accepted: int | None = None  # events that are durable; None when that is not known (yet): send them again
    duplicates: int = 0
    errors: list[dict[str, Any]] = []


class _Ids(Struct):
    anonymousId: str = ""  # noqa: N815
    userId: str = ""  # noqa: N815


class Deciding:
    """Answers these paths for one hub."""

    def __init__(self, hub: Hub, door: Door, most: int) -> None:
        self._hub = hub
        self._door = door
        self._most = most
        self._rates = Rates()
        self._threads = ThreadPoolExecutor(THREADS, "harken-decide")
        self._waiting = 0

    async def take(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        """One POST."""
        if scope["method"] != "POST":
            raise WrongMethod("POST, OPTIONS")
        headers: dict[bytes, bytes] = dict(scope["headers"])
        limit = min(self._most, 4 * 1024 * 1024)
        body = await bodies.read(headers, receive, limit)
        if path == "/v1/respond":
            said = _read(body, Responded)
            await self._key(headers, scope["query_string"], said.writeKey)
            told: Struct = await self._responded(said)
        else:
            asked = _read(body, Interacted if path == "/v1/interact" else Asked)
            key = await self._key(headers, scope["query_string"], asked.writeKey)
            told = await self._decided(asked, key)
        await answer(send, 200, [*JSON, *cors(headers.get(b"origin"))], msgspec.json.encode(told))

    async def _key(self, headers: dict[bytes, bytes], query: bytes, named: str) -> AccessKey:
        texts = [*self._door.told(headers, query), *([named] if named else [])]
        key = await self._door.find(texts)
        if key is None:
            raise Unauthorized("no known key: give a write key or a secret key, as for /v1/batch", code="unknown_key")
        check_origin(key, headers)
        if key.per_second:
            self._rates.take(key, 1, asyncio.get_running_loop().time())
        return key

    # ------------------------------------------------------------------ deciding

    async def _decided(self, asked: Asked, key: AccessKey) -> Told:
        trusted = key.kind == "secret"
        events = asked.batch if isinstance(asked, Interacted) else []
        source = (asked.source or key.source or "server")[:200] if trusted else key.source
        ask = Ask(
            placements=tuple(asked.placements),
            identifiers=self._whose(asked, events, trusted),
            source=source,
            properties=asked.properties,
            context=asked.context,
        )
        slots = self._hub.core.plans.decide.slots
        there = [slots[one].placement for one in ask.placements if one in slots]
        patience = max((one.time_limit_ms for one in there), default=1_000) / 1_000
        received = self._hub.core.clock()
        batches = [RawBatch(
            source=source, dialect="segment", body=msgspec.json.encode({"batch": events}), received=received,
            hint="batch", trusted=trusted,
        )] if events else []  # fmt: skip
        try:
            answers, made = await self._within(patience, lambda: self._hub.interact(batches, ask))
        except (TimeoutError, Unavailable, Busy) as slow:
            log.warning("decided too late", placements=len(ask.placements), error=type(slow).__name__)
            late = [Decision(id="", placement=one.id, offers=(), fallback=one.fallback) for one in there]
            return Told(decisions=late, slow=True)
        return _told(answers, made, asked_events=bool(events))

    def _whose(self, asked: Asked, events: Sequence[Raw], trusted: bool) -> tuple[Identifier, ...]:
        """For whom: as the body says, else as its first event says; with a write key devices only."""
        found = [Identifier(kind, value) for kind, told in asked.identifiers.items()
                 for value in (told if isinstance(told, list) else [told])]  # fmt: skip
        ids: Asked | _Ids = asked
        if not found and not asked.anonymousId and not asked.userId and events:
            ids = _read(bytes(events[0]), _Ids)
        for kind, value in (("anonymous_id", ids.anonymousId), ("user_id", ids.userId)):
            if value:
                found.append(Identifier(kind, value))
        if not trusted:
            devices = {key.id for key in self._hub.config.keys if key.device}
            found = [one for one in found if one.kind in devices]
            if not found:
                raise Invalid(
                    "with a write key a decision is for a device: give its anonymousId; others take a secret key",
                    code="no_identifier",
                )
        return tuple(one for one in found if one.value)

    async def _within(self, seconds: float, work: Callable[[], T]) -> T:
        """Run it in a thread; TimeoutError when it takes longer (it goes on, and what it decides is let go of)."""
        if self._waiting >= WAITING:
            raise Busy("more decisions are asked for than can be made; come again", retry_after=1)
        self._waiting += 1
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        running.add_done_callback(self._done)
        return await asyncio.wait_for(asyncio.shield(running), seconds)

    def _done(self, running: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        if not running.cancelled():
            running.exception()  # whoever waited was told already

    # ------------------------------------------------------------------ responses

    async def _responded(self, said: Responded) -> Answered:
        try:
            return await self._within(
                RESPOND_SECONDS,
                lambda: self._hub.respond(said.decision, said.code, action=said.action, properties=said.properties),
            )
        except TimeoutError:
            raise Unavailable("the hub could not make this durable in time; send it again") from None


def _told(answers: Sequence[Answer], made: list[Decision], *, asked_events: bool) -> Told:
    if not asked_events:
        return Told(decisions=made)
    errors = [
        {"index": one.index, "reason": one.reason, "message": one.detail} for heard in answers for one in heard.dropped
    ]
    return Told(
        decisions=made,
        accepted=sum(heard.accepted for heard in answers),
        duplicates=sum(heard.duplicates for heard in answers),
        errors=errors,
    )


def _read(body: bytes, type: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"body: {error}", code="bad_body") from None
