"""Events as they are heard -> a stream that loses nothing: from now on, from a place on, for slow readers too."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from stories.api.running import SECRET_KEY, Running


class Stream:
    """One open stream; `read` gives its next events, `place` is the last id it told."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()
        self.place = ""
        self.comments: list[str] = []

    def read(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        until = time.monotonic() + 30
        while len(found) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} events were told"
            line = next(self._lines)
            field, _, value = line.partition(": ")
            if field == "id":
                self.place = value
            elif field == "data":
                found.append(json.loads(value))
            elif line.startswith(":"):
                self.comments.append(line)
        return found

    def begun(self) -> Stream:
        """Wait until the stream says that it watches."""
        while not self.comments:
            line = next(self._lines)
            if line.startswith("id: "):
                self.place = line[4:]
            elif line.startswith(":"):
                self.comments.append(line)
        return self


@contextmanager
def watching(running: Running, after: str = "", **query: str) -> Iterator[Stream]:
    headers = {"authorization": f"Bearer {SECRET_KEY}", **({"last-event-id": after} if after else {})}
    with (
        httpx.Client(base_url=running.url, headers=headers, timeout=20, trust_env=False) as client,
        client.stream("GET", "/api/live", params=query) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield Stream(answer).begun()


def say(running: Running, name: str, places: range, key: str = "") -> None:
    batch = [
        {"type": "track", "event": f"{name} {place}", "userId": name, "messageId": f"{name}-{place}"}
        for place in places
    ]
    assert running.post("/v1/batch", {"batch": batch}, **({"key": key} if key else {})).status_code == 200


def resident(running: Running) -> int:
    """Bytes of memory the server holds."""
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(running.process.pid)])) * 1024


def names(events: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in events]


def test_what_is_heard_is_told_in_order_with_its_number_and_its_customer(running: Running, name: str) -> None:
    with watching(running) as stream:
        say(running, name, range(5))
        events = stream.read(5)
    assert names(events) == [f"{name} {place}" for place in range(5)]
    assert stream.place == str(events[-1]["seq"])
    assert {one["profile"] for one in events} == {running.get(f"/api/profiles/user_id:{name}")["id"]}
    assert {one["channel"] for one in events} == {"web"}


def test_who_comes_back_with_the_last_number_misses_nothing(running: Running, name: str) -> None:
    with watching(running) as stream:
        say(running, name, range(3))
        stream.read(2)
        place = stream.place
    say(running, name, range(3, 1_500))
    with watching(running, after=place) as again:
        say(running, name, range(1_500, 1_503))
        assert names(again.read(1_501)) == [f"{name} {place}" for place in range(2, 1_503)]
    with watching(running, last_event_id=place) as third:
        assert names(third.read(1)) == [f"{name} 2"]


def test_a_stream_can_be_narrowed_to_channels(running: Running, name: str) -> None:
    source = f"till-{name}"
    running.http.put(f"/api/config/source/{source}", json={"channel": "store"})
    running.http.post(f"/api/config/source/{source}/publish", json={})
    key = running.key(source=source)
    with watching(running, channel="store,call_center") as stream:
        say(running, name, range(2))
        say(running, name, range(2, 4), key=key)
        assert names(stream.read(2)) == [f"{name} 2", f"{name} 3"]


def test_what_another_process_heard_is_told_too(running: Running, name: str) -> None:
    from harken.hub import Hub
    from harken.words import RawBatch

    body = json.dumps({"type": "track", "event": name, "userId": name}).encode()
    with watching(running) as stream:
        with Hub.open(running.settings.data, store=running.settings.store) as other:
            other.hear([RawBatch(source="web", dialect="segment", body=body, received=time.time_ns() // 1_000)])
        assert names(stream.read(1)) == [name]


def test_who_comes_back_after_everything_was_settled_misses_nothing_either(tmp_path: Path, name: str) -> None:
    with Running(tmp_path, settle_rows=10) as running:
        say(running, name, range(50))
        until = time.monotonic() + 15
        while time.monotonic() < until:
            jobs = {one["name"]: one for one in running.get("/api/jobs")["data"]}
            if jobs.get("settle", {}).get("done"):
                break
            time.sleep(0.1)
        with watching(running, after="3") as stream:
            say(running, name, range(50, 52))
            told = stream.read(49)
    assert names(told) == [f"{name} {place}" for place in range(3, 52)]
    assert {one["profile"] for one in told} == {told[-1]["profile"]}


@pytest.mark.parametrize("place", ["-1", "x", "9" * 40])
def test_a_place_that_is_none_is_refused(running: Running, place: str) -> None:
    answer = running.http.get("/api/live", headers={"last-event-id": place})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_place")


def test_a_place_that_is_not_reached_yet_is_of_a_hub_before_this_one(running: Running, name: str) -> None:
    """A page that was open while the hub began anew is told what is heard from now on."""
    with watching(running, after="999999999") as stream:
        assert int(stream.begun().place) < 999999999
        say(running, name, range(1))
        assert names(stream.read(1)) == [f"{name} 0"]


def test_who_does_not_read_costs_nothing_and_disturbs_nobody(running: Running, name: str) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    asked = f"GET /api/live HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SECRET_KEY}\r\n\r\n".encode()
    with ExitStack() as deaf:
        for _ in range(10):
            deaf.enter_context(socket.create_connection((host, int(port)))).sendall(asked)
        grown = _grown_while_talking(running, name)
    assert grown < 120 * 1024 * 1024


def _grown_while_talking(running: Running, name: str) -> int:
    for place in range(3):
        say(running, f"{name}-warm", range(place * 1_000, place * 1_000 + 1_000))
    before = resident(running)
    with watching(running) as stream:
        for place in range(10):
            say(running, name, range(place * 1_000, place * 1_000 + 1_000))
        assert names(stream.read(10_000)) == [f"{name} {place}" for place in range(10_000)]
    return resident(running) - before


def test_streams_that_were_left_are_let_go(running: Running) -> None:
    def open_streams() -> float:
        text = httpx.get(running.url + "/metrics", trust_env=False).text
        return float(next(line for line in text.splitlines() if line.startswith("harken_live_streams ")).split()[1])

    with watching(running) as stream:
        assert open_streams() >= 1
        assert stream.place
    until = time.monotonic() + 10
    while open_streams() and time.monotonic() < until:
        time.sleep(0.1)
    assert open_streams() == 0
