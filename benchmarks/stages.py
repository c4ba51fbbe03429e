"""Where the time of an event goes: the hub's own thread, without HTTP, part by part."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import harken.stores.sqlite as sqlite
from benchmarks import load
from benchmarks.measure import Figure, folder
from harken import listen, recognize
from harken.hub import Hub
from harken.hub.working import Working
from harken.stores.sqlite.tx import Tx
from harken.words import RawBatch

GROUP = 8  # batches of one transaction, as many as the load generator of `collector` has connections
PARTS: tuple[tuple[str, Any, str], ...] = (
    ("listen", listen, "hear"),
    ("claim", Tx, "claim"),
    ("read identities", Working, "load_identity"),
    ("recognize", recognize, "recognize"),
    ("place trails", Working, "take_in"),
    ("remember", Working, "fold"),
    ("encode", Working, "changed_trails"),
    ("write rows", Tx, "write"),
    ("write journal", Tx, "finish"),
    ("commit", sqlite, "commit"),
)


def measure(*, quick: bool) -> list[Figure]:
    """While most customers are new, and when most are known."""
    events = 40_000 if quick else 160_000
    bodies = [told.partition(b"\r\n\r\n")[2] for told in load.requests(events, 100, events // 8, 7)]
    quarter = len(bodies) // 4
    with folder() as data, Hub.open(data) as hub, timed() as spent:
        figures = [_figure(hub, spent, bodies[:quarter], "most customers new")]
        _heard(hub, bodies[quarter:-quarter])
        figures.append(_figure(hub, spent, bodies[-quarter:], "most customers known"))
    return figures


def _figure(hub: Hub, spent: dict[str, float], bodies: list[bytes], when: str) -> Figure:
    spent.clear()
    took = _heard(hub, bodies)
    events = len(bodies) * 100
    parts = {name: seconds / events * 1e6 for name, seconds in spent.items()}
    parts["the rest"] = took / events * 1e6 - sum(parts.values())
    return Figure(
        what=f"processor time of an event, {when}", value=took / events * 1e6, unit="µs",
        note=", ".join(f"{name} {micros:.1f}" for name, micros in sorted(parts.items(), key=lambda one: -one[1])),
    )  # fmt: skip


def _heard(hub: Hub, bodies: list[bytes]) -> float:
    """Seconds of the processor that hearing took."""
    began = time.thread_time()
    for start in range(0, len(bodies), GROUP):
        received = time.time_ns() // 1_000
        group = bodies[start : start + GROUP]
        hub.hear(
            [RawBatch(body=one, source="web", dialect="segment", hint="batch", received=received) for one in group]
        )
    return time.thread_time() - began


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Seconds of the processor by part, while it is open."""
    spent: dict[str, float] = {}
    before = [(place, name, getattr(place, name)) for _, place, name in PARTS]
    for part, place, name in PARTS:
        setattr(place, name, _timed(getattr(place, name), part, spent))
    try:
        yield spent
    finally:
        for place, name, function in before:
            setattr(place, name, function)


def _timed(function: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    def called(*given: Any, **named: Any) -> Any:
        began = time.thread_time()
        try:
            return function(*given, **named)
        finally:
            spent[part] = spent.get(part, 0.0) + time.thread_time() - began

    return called
