"""Settings -> a hub that listens on a port until it is told to stop. One process: granian's network threads, the event
loop of the edge, the hub's own thread.

SIGTERM or SIGINT: nothing new is accepted, what was begun is answered, what is queued is made durable, exit 0.
`kill -9` loses nothing that was acknowledged: an answer is given only after its commit.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
import time
import traceback
from collections.abc import Coroutine, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from harken.errors import Invalid, Unavailable
from harken.settings import Settings

if TYPE_CHECKING:
    from granian.server.embed import Server

    from harken.api import Face
    from harken.hub import Hub

STOP_SECONDS = 20.0  # for requests under way when the hub is told to stop
CONNECTIONS = 4_096
SWITCH_SECONDS = 0.001  # the edge waits no longer than about this for the hub's thread
log = structlog.get_logger("harken.server")


def serve(settings: Settings) -> int:
    """Run a hub until a signal ends it; gives the exit code. The keys of a first start are printed once."""
    from harken.hub import Hub
    from harken.hub.inbox import Room

    began = time.perf_counter()
    write_logs(settings.log_level)
    sys.setswitchinterval(SWITCH_SECONDS)
    with Hub.open(
        settings.data,
        store=settings.store,
        lake=settings.lake,
        cache=settings.cache_trails,
        settle_rows=settings.settle_rows,
        settle_seconds=settings.settle_seconds,
        room=Room(batch=settings.inbox_batch, letters=settings.inbox_letters, megabytes=settings.inbox_mb),
    ) as hub:
        for kind, plain in first_keys(hub, settings):
            sys.stdout.write(f"{kind} key  {plain}  (shown this once)\n")
        sys.stdout.flush()  # also into a pipe or a log file, where it would wait for the end
        hub.intake.start()
        hub.jobs.start()
        run(_serve(hub, settings, began))
    log.info("stopped")
    return 0


def run(main: Coroutine[None, None, None]) -> None:
    """Run a coroutine on the fastest event loop there is."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


def first_keys(hub: Hub, settings: Settings) -> Sequence[tuple[str, str]]:
    """Make sure there is a write key and a secret key: the preset ones, or new ones when there are none of a kind.
    Gives the new ones with their plain text."""
    made = []
    there = {key.kind for key in hub.keys.list() if not key.revoked}
    for kind, preset in (("write", settings.write_key), ("secret", settings.secret_key)):
        if preset:
            hub.keys.create(kind, preset=preset, label="preset")  # type: ignore[arg-type]
        elif kind not in there:
            made.append((kind, hub.keys.create(kind, label="first")[1]))  # type: ignore[arg-type]
    return made


def write_logs(level: str) -> None:
    """One JSON object a line on standard error. Never bodies, keys or anything of a customer."""
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise Invalid(f"log_level: '{level}' is none of debug, info, warning, error")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def free_address(host: str, port: int) -> tuple[str, int]:
    """The address and port to listen on, as numbers; Invalid when somebody else listens there. Port 0 is any free one.

    Asked before granian does, which shares a port with whoever else allows it: two hubs would get half the events each.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            found = probe.getsockname()
    except socket.gaierror:
        raise Invalid(f"host: '{host}' is no address of this machine; 127.0.0.1 or 0.0.0.0 are usual") from None
    except OSError as error:
        why = f"cannot listen on {host}:{port}: {error.strerror}"
        raise Invalid(f"{why}; choose another --port, or stop what listens there", code="port_taken") from None
    return str(found[0]), int(found[1])


def _without_values(_: object, __: str, told: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its kind and places in the code: messages and variables may hold keys or a customer's data."""
    about = told.pop("exc_info", None)
    error = sys.exc_info()[1] if about is True else about
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        told["error"] = type(error).__name__
        told["at"] = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames[-12:]]
    return told


async def _serve(hub: Hub, settings: Settings, began: float) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.server.embed import Server

    from harken.api import create_app

    address, port = free_address(settings.host, settings.port)
    face = create_app(hub, settings)
    face.begin()
    server = Server(
        face,
        address=address,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        log_enabled=False,
    )
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    serving = asyncio.create_task(server.serve())
    await _listening(serving, address, port)
    _collect_seldom()
    shown = f"[{address}]" if ":" in address else address
    place = f"http://{shown}:{port}{settings.prefix}"
    log.info("listening", at=place, seconds=round(time.perf_counter() - began, 3))
    face.warm()
    ended = asyncio.create_task(stopping.wait())
    await asyncio.wait({serving, ended}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        raise Unavailable("the server ended by itself; its last lines say why")
    await _stopped(server, serving, face)


def _collect_seldom() -> None:
    """A full collection looks at everything the hub remembers and would hold up every request; what it remembers has no
    cycles, and those of requests are young. So: what is there now is never looked at again, old objects hardly ever."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 1_000)


async def _listening(serving: asyncio.Task[None], address: str, port: int) -> None:
    """Until connections are taken."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104
    while not serving.done():
        try:
            _, writer = await asyncio.open_connection(target, port)
        except OSError:
            await asyncio.sleep(0.002)
        else:
            writer.close()
            return
    await serving


async def _stopped(server: Server, serving: asyncio.Task[None], face: Face) -> None:
    """Accept nothing new, answer what was begun."""
    log.info("stopping")
    face.end()
    server.stop()  # type: ignore[no-untyped-call]
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await serving
            await face.drained(STOP_SECONDS)
    except TimeoutError:
        log.warning("some requests did not end in time")
