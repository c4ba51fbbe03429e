"""The limit of accepting events here: the same server in front of nothing but decode and insert of the same rows.

`python -m benchmarks.bare FOLDER PORT`: one thread takes what is queued, decodes it, inserts one row an event, commits.
It recognizes nobody, remembers nothing, catches no duplicate.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

OK = b'{"success":true}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(OK)).encode())]
waiting: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()


class Item(msgspec.Struct):
    """The columns that are inserted."""

    messageId: str = ""  # noqa: N815
    anonymousId: str = ""  # noqa: N815
    type: str = ""
    event: str = ""
    name: str = ""
    timestamp: str = ""


class Batch(msgspec.Struct):
    """A request's body."""

    batch: list[msgspec.Raw]


def write(path: Path, loop: asyncio.AbstractEventLoop) -> None:
    """Decode, insert, commit, answer; for ever."""
    store = sqlite3.connect(path / "bare.db", isolation_level=None)
    store.executescript(
        "pragma journal_mode=wal; pragma synchronous=full;"
        "create table event (seq integer primary key, id text, who text, type text, name text, at text, raw blob)"
    )
    one, many = msgspec.json.Decoder(Item), msgspec.json.Decoder(Batch)
    while True:
        group = [waiting.get()]
        while len(group) < 64 and not waiting.empty():
            group.append(waiting.get())
        rows = []
        for body, _ in group:
            for raw in many.decode(body).batch if body.startswith(b'{"batch"') else [body]:
                item = one.decode(raw)
                rows.append(
                    (item.messageId, item.anonymousId, item.type, item.event or item.name, item.timestamp, bytes(raw))
                )
        store.execute("begin")
        store.executemany("insert into event (id, who, type, name, at, raw) values (?, ?, ?, ?, ?, ?)", rows)
        store.execute("commit")
        loop.call_soon_threadsafe(answer, [future for _, future in group])


def answer(futures: list[asyncio.Future[None]]) -> None:
    """Let the requests of a group go on."""
    for future in futures:
        if not future.done():
            future.set_result(None)


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """The smallest collector."""
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    if scope["method"] == "POST":
        loop = asyncio.get_running_loop()
        if not threads:
            threads.append(threading.Thread(target=write, args=(Path(sys.argv[1]), loop), daemon=True))
            threads[0].start()
        future: asyncio.Future[None] = loop.create_future()
        waiting.put((body, future))
        await future
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": OK})


threads: list[threading.Thread] = []

if __name__ == "__main__":
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        "benchmarks.bare:app", address="127.0.0.1", port=int(sys.argv[2]), interface=Interfaces.ASGI, log_enabled=False
    ).serve()
