"""A hub that is full, stopping, slow or without its store -> what makes every client send again, later, and lose nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from harken.api import Face, create_app
from harken.errors import Unavailable
from harken.hub import Hub
from harken.words import Answer
from stories.api.running import WRITE_KEY, Running


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.open(tmp_path) as opened:
        opened.keys.create("write", preset=WRITE_KEY)
        yield opened


def asked(hub: Hub, ask: Callable[[httpx.AsyncClient, Face], Awaitable[None]], patience: float = 30.0) -> None:
    """Run one conversation with a hub's face in this process."""

    async def talk() -> None:
        face = create_app(hub, patience=patience)
        face.begin()
        transport = httpx.ASGITransport(app=face)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test", auth=(WRITE_KEY, "")) as client:
            await ask(client, face)

    asyncio.run(talk())


def wants_it_again(answer: httpx.Response, status: int, code: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), told
    assert told["message"]
    assert int(answer.headers["retry-after"]) >= 1
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


HEADERS = {"origin": "https://shop.example.test"}


def body(name: str) -> dict[str, object]:
    return {"event": "Seen", "userId": name, "messageId": name}


def test_a_key_over_its_rate_is_told_when_to_come_again_and_then_let_in(running: Running, name: str) -> None:
    key = running.key(source="slow", per_second=5)
    batch = {"batch": [{"type": "track", **body(f"{name}-{place}")} for place in range(20)]}
    first = running.post("/v1/batch", batch, key=key, headers=HEADERS)
    assert first.status_code == 200  # a batch larger than the rate is taken once, and owed
    second = running.post("/v1/batch", batch, key=key, headers=HEADERS)
    wants_it_again(second, 429, "busy")
    wait = int(second.headers["retry-after"])
    assert 1 <= wait <= 4
    time.sleep(wait)  # as it was told
    assert running.post("/v1/track", body(name), key=key, headers=HEADERS).status_code == 200
    assert running.post("/v1/track", body(name), headers=HEADERS).status_code == 200  # other keys go on


def test_a_hub_that_does_not_hear_yet_or_any_more_asks_to_send_again(hub: Hub) -> None:
    async def talk(client: httpx.AsyncClient, _: Face) -> None:
        wants_it_again(await client.post("/v1/track", json=body("a"), headers=HEADERS), 503, "unavailable")
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["code"]) == (503, "not_hearing")
        assert (await client.get("/healthz")).status_code == 200

    asked(hub, talk)


def test_a_full_queue_is_a_429_and_nothing_of_it_is_lost_when_it_moves_again(hub: Hub) -> None:
    async def talk(client: httpx.AsyncClient, face: Face) -> None:
        filler = b'{"batch":[' + b" " * 500_000 + b"]}"
        with hub.core.working.lock:  # nothing is heard while somebody holds it
            waiting = [asyncio.create_task(client.post("/v1/batch", content=filler)) for _ in range(160)]
            while not any(task.done() for task in waiting):
                await asyncio.sleep(0.01)
            wants_it_again(await client.post("/v1/batch", content=filler, headers=HEADERS), 429, "busy")
            small = asyncio.create_task(client.post("/v1/track", json=body("patient")))
            await asyncio.sleep(0.05)
            assert not small.done()
            assert face.ingest.waiting > 10
        statuses = [answer.status_code for answer in await asyncio.gather(*waiting)]
        assert set(statuses) == {200, 429}
        assert (await small).status_code == 200
        assert hub.profile("user_id:patient").events == 1

    hub.intake.start()
    asked(hub, talk)


class Broken(Hub):
    """A hub whose store stops answering in the middle."""

    failing = True

    def hear(self, batches: object) -> list[Answer]:
        if self.failing:
            raise Unavailable("the store does not answer")
        return super().hear(batches)  # type: ignore[arg-type]


def test_a_store_that_does_not_answer_is_a_503_and_the_same_events_count_once_later(tmp_path: Path) -> None:
    async def talk(client: httpx.AsyncClient, _: Face) -> None:
        wants_it_again(await client.post("/v1/track", json=body("a"), headers=HEADERS), 503, "unavailable")
        opened.failing = False
        for _ in range(2):
            assert (await client.post("/v1/track", json=body("a"))).status_code == 200
        assert opened.profile("user_id:a").events == 1

    with Broken.open(tmp_path) as opened:
        assert isinstance(opened, Broken)
        opened.keys.create("write", preset=WRITE_KEY)
        opened.intake.start()
        asked(opened, talk)


def test_what_breaks_inside_is_told_as_a_500_without_its_insides(tmp_path: Path) -> None:
    class Odd(Hub):
        def hear(self, batches: object) -> list[Answer]:
            raise ZeroDivisionError("/secret/path ada@example.test")

    async def talk(client: httpx.AsyncClient, _: Face) -> None:
        answer = await client.post("/v1/track", json=body("a"))
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert "secret" not in answer.text
        assert "Error" not in answer.text

    with Odd.open(tmp_path) as opened:
        opened.keys.create("write", preset=WRITE_KEY)
        opened.intake.start()
        asked(opened, talk)


def test_who_waits_too_long_is_asked_to_send_again_and_the_late_commit_counts_once(hub: Hub) -> None:
    async def talk(client: httpx.AsyncClient, _: Face) -> None:
        with hub.core.working.lock:
            wants_it_again(await client.post("/v1/track", json=body("late"), headers=HEADERS), 503, "slow")
        assert (await client.post("/v1/track", json=body("late"))).json() == {"success": True, "duplicates": 1}
        assert hub.profile("user_id:late").events == 1

    hub.intake.start()
    asked(hub, talk, patience=0.2)
