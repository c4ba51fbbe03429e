"""Events as they are heard -> a stream of them for everybody who watches (Server-Sent Events).

One reader follows the hub's log for all watchers and keeps the newest in a ring; a watcher holds only its place in it.
Who is slower than the ring, or comes back with `Last-Event-ID`, is served from the store until it has caught up. So
nothing is lost, and a watcher that does not read costs nothing.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

import msgspec
import polars as pl
import structlog

from harken.api.moments import Instant, iso
from harken.api.shapes import LiveItem
from harken.api.wire import Headers, Receive, Scope, Send
from harken.errors import Busy, HarkenError, Invalid
from harken.stores import View
from harken.words import Event

if TYPE_CHECKING:
    from harken.hub import Hub

log = structlog.get_logger("harken.live")

RING = 4_000
PAGE = 1_000
LAKE_MOST = 50_000  # settled events that are still told to who comes back
LAKE_PAGE = 5_000
LAKE_READERS = 2
HEARTBEAT_SECONDS = 15.0
LOOK_SECONDS = 1.0  # what other processes wrote is seen at the latest after this
PACE_SECONDS = 0.05
LINGER_SECONDS = 60.0  # the ring is kept on this long after the last watcher, for those who reconnect
STUCK_SECONDS = 60.0
HEADERS: Headers = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),  # proxies that buffer would keep events back
)
MOST = 256


_encode = msgspec.json.Encoder(enc_hook=str).encode


class Line(NamedTuple):
    """One event, ready to be sent."""

    seq: int
    channel: str
    text: bytes


class Begin(NamedTuple):
    """Where a stream begins: after this number of the log, or from now on with so many of the newest before."""

    after: int | None
    recent: int = 0


class Feed:
    """Follows a hub's log for every watcher of this process. Lives on the event loop."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._ring: list[Line] = []
        self._start = 0  # every line with a greater seq is in the ring, up to …
        self._end = 0  # … this one
        self._watchers: set[Watcher] = set()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._catching_up = asyncio.Semaphore(LAKE_READERS)
        self._erasures = hub.core.erasures

    @property
    def listeners(self) -> int:
        return len(self._watchers)

    def poke(self) -> None:
        """Something was heard."""
        if self._task is not None:
            self._news.set()

    def stop(self) -> None:
        """End every stream."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            self._task = None
        for watcher in self._watchers:
            watcher.wake.set()

    # ------------------------------------------------------------------ following the log

    async def _follow(self) -> None:
        alone = 0.0
        while alone < LINGER_SECONDS:
            try:
                if not await self._read_on():
                    self._news.clear()
                    await _until(self._news, LOOK_SECONDS)
                    alone = 0.0 if self._watchers else alone + LOOK_SECONDS
            except HarkenError as error:
                log.warning("live stream cannot read", error=str(error))
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(PACE_SECONDS)
        self._task, self._ring = None, []

    async def _read_on(self) -> bool:
        lines = await asyncio.to_thread(read, self._hub, self._end, PAGE)
        if not lines:
            return False
        self._ring.extend(lines)
        self._end = lines[-1].seq
        if len(self._ring) > RING:
            gone = len(self._ring) - RING
            self._start = self._ring[gone - 1].seq
            del self._ring[:gone]
        for watcher in self._watchers:
            watcher.wake.set()
        return True

    async def _begin(self) -> None:
        if self._task is None:
            self._end = self._start = await asyncio.to_thread(last, self._hub)
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._follow())

    # ------------------------------------------------------------------ one watcher

    async def watch(self, watcher: Watcher, begin: Begin, wanted: frozenset[str]) -> None:
        """Tell a watcher everything after a place, until it leaves. `wanted`: channels."""
        self._watchers.add(watcher)
        try:
            await self._begin()
            newest = await asyncio.to_thread(last, self._hub)
            # a place past the newest was told by a hub that began anew since then
            place = max(0, newest - begin.recent) if begin.after is None else min(begin.after, newest)
            await watcher.tell(b"retry: 2000\nid: %d\n: watching\n\n" % place)
            while not (self._stopping or watcher.gone):
                watcher.wake.clear()
                told, place = await self._after(place, wanted)
                if told:
                    await watcher.tell(told)
                elif place >= self._end and not await _until(watcher.wake, HEARTBEAT_SECONDS):
                    await watcher.tell(b"id: %d\n: still here\n\n" % place)
        finally:
            self._watchers.discard(watcher)

    async def _after(self, place: int, wanted: frozenset[str]) -> tuple[bytes, int]:
        """What to tell next, and the place after it."""
        gap = b""
        if self._erasures != self._hub.core.erasures:  # nobody erased is told of any more
            self._erasures = self._hub.core.erasures
            self._ring, self._start = [], self._end
        if place >= self._start:
            first = bisect_right(self._ring, place, key=_seq)
            lines: Sequence[Line] = self._ring[first : first + PAGE]
            end = lines[-1].seq if lines else max(place, self._end)
        else:
            async with self._catching_up:
                lines, missed, reached = await asyncio.to_thread(catch_up, self._hub, place)
            if missed > place:
                told = {"after": place, "through": missed, "see": "/api/profiles/{ref}/timeline"}
                gap = b"event: gap\nid: %d\ndata: %s\n\n" % (missed, msgspec.json.encode(told))
            end = lines[-1].seq if lines else max(self._start, reached)
        return gap + b"".join(line.text for line in lines if not wanted or line.channel in wanted), end


class Watcher:
    """One open stream."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.wake = asyncio.Event()
        self.gone = False

    async def tell(self, text: bytes) -> None:
        """Send; a client that does not read for a minute is given up (it comes back with its place)."""
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                await self._send({"type": "http.response.body", "body": text, "more_body": True})
        except TimeoutError:
            self.gone = True

    async def leaving(self, receive: Receive) -> None:
        """Wait until the client hangs up."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self.wake.set()


async def stream(feed: Feed, scope: Scope, receive: Receive, send: Send) -> None:
    """`GET /api/live`: all of one watcher's time."""
    begin, wanted = asked(scope)
    if feed.listeners >= MOST:
        raise Busy(f"{MOST} live streams are open already", retry_after=10)
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS]})
    watcher = Watcher(send)
    leaving = asyncio.create_task(watcher.leaving(receive))
    try:
        await feed.watch(watcher, begin, wanted)
    finally:
        leaving.cancel()
    await send({"type": "http.response.body", "body": b""})


def asked(scope: Scope) -> tuple[Begin, frozenset[str]]:
    """Where to go on, and the channels wanted; `Last-Event-ID` may be a header or, for a first request, a parameter.
    `recent` is how many of the newest to begin with, when there is no place to go on from."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    told = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    told = told or next(iter(query.get("last_event_id", query.get("after", []))), "")
    if told and not (told.isascii() and told.isdigit() and len(told) < 19):
        raise Invalid("Last-Event-ID is the number of the last event that was seen", code="bad_place")
    recent = query.get("recent", ["0"])[0]
    if not (recent.isascii() and recent.isdigit() and len(recent) < 5 and int(recent) <= PAGE):
        raise Invalid(f"recent is how many of the newest events to begin with, 0 to {PAGE}", code="bad_number")
    channels = {channel for text in query.get("channel", []) for channel in text.split(",") if channel}
    return Begin(int(told) if told else None, int(recent)), frozenset(channels)


def _seq(line: Line) -> int:
    return line.seq


async def _until(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, no longer than this; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


# ---------------------------------------------------------------- reading the log (in a thread)


def last(hub: Hub) -> int:
    """The newest number of the log."""
    with hub.core.read() as view:
        return view.last_seq()


def catch_up(hub: Hub, after: int) -> tuple[list[Line], int, int]:
    """The next lines after a place, from the lake where they are settled already; up to which number nothing is told
    any more because it is too long ago; and how far this reached when there are no lines."""
    with hub.core.read() as view:
        settled = hub.core.lake.settled_through(view.manifest())
        if after >= settled:
            return _lines(view, after, PAGE), 0, after
    missed = max(after, settled - LAKE_MOST)
    rows = (
        hub.journeys.events()
        .filter(pl.col("seq") > missed, pl.col("seq") <= settled)
        .select("seq", "profile", "type", "name", "channel", "touchpoint", "source", "occurred")
        .sort("seq")
        .head(LAKE_PAGE)
        .collect()
    )
    with hub.core.read() as view:
        names = _names(view, rows["profile"].unique().to_list())
    return [_settled_line(row, names) for row in rows.iter_rows(named=True)], missed, settled


def _settled_line(row: dict[str, Any], names: Mapping[str, str]) -> Line:
    who = names.get(row["profile"], "")
    return _told(LiveItem(who=who, **{**row, "occurred": Instant(iso(row["occurred"]))}))


def _names(view: View, pids: Iterable[str]) -> dict[str, str]:
    """What each customer is known by best; a profile's id is the id of that identifier."""
    return {one.id: f"{one.kind}:{one.value}" for one in view.known(pids).values()}


def read(hub: Hub, after: int, limit: int) -> list[Line]:
    """Lines after a place."""
    with hub.core.read() as view:
        return _lines(view, after, limit)


def _lines(view: View, after: int, limit: int) -> list[Line]:
    events = view.tail(after, limit)
    trails = view.trails({event.tid for event in events})
    names = _names(view, {trail.pid for trail in trails.values()})
    pids = [trails[event.tid].pid if event.tid in trails else "" for event in events]
    return [_line(event, pid, names.get(pid, "")) for event, pid in zip(events, pids, strict=True)]


def _line(event: Event, pid: str, who: str) -> Line:
    return _told(
        LiveItem(
            seq=event.seq,
            id=event.id,
            profile=pid,
            who=who,
            type=event.type,
            name=event.name,
            channel=event.channel,
            touchpoint=event.touchpoint,
            source=event.source,
            occurred=Instant(iso(event.occurred)),
            received=Instant(iso(event.received)),
        )
    )


def _told(item: LiveItem) -> Line:
    return Line(item.seq, item.channel, b"id: %d\ndata: %s\n\n" % (item.seq, _encode(item)))
