"""Two nodes over one PostgreSQL -> one hub, whichever is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import postgres
from stories.api.running import SECRET_KEY, Running
from stories.api.test_live import names, watching


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Running]]:
    folder: Path = tmp_path_factory.mktemp("nodes")
    store = postgres.server().fresh()
    lake = str(folder / "lake")
    with (
        Running(folder / "a", store=store, lake=lake) as first,
        Running(folder / "b", store=store, lake=lake) as second,
    ):
        yield first, second
    postgres.server().drop(store)


def test_what_one_node_acknowledged_the_other_knows_at_once_and_never_counts_twice(
    nodes: tuple[Running, Running], name: str
) -> None:
    for place in range(20):
        event = {"event": "Seen", "userId": name, "messageId": f"{name}-{place}"}
        first, second = nodes if place % 2 else reversed(nodes)
        assert first.post("/v1/track", event).json() == {"success": True}
        assert second.post("/v1/track", event).json() == {"success": True, "duplicates": 1}
        assert second.get(f"/api/profiles/user_id:{name}")["events"] == place + 1


def test_a_key_or_session_of_one_node_opens_the_other(nodes: tuple[Running, Running], name: str) -> None:
    first, second = nodes
    key = first.key(source="shop", label=name)
    until = time.monotonic() + 10
    while (answer := second.post("/v1/track", {"event": "Seen", "userId": name}, key=key)).status_code != 200:
        assert (answer.status_code, time.monotonic() < until) == (401, True)
        time.sleep(0.2)
    login = httpx.post(first.url + "/session", json={"key": SECRET_KEY}, trust_env=False)
    session = {"cookie": login.headers["set-cookie"].partition(";")[0]}
    assert httpx.get(second.url + "/api/jobs", headers=session, trust_env=False).status_code == 200


def test_a_stream_of_one_node_tells_what_the_other_heard(nodes: tuple[Running, Running], name: str) -> None:
    first, second = nodes
    with watching(second) as stream:
        for place in range(30):
            node = first if place % 3 else second
            node.post("/v1/track", {"event": f"{name} {place}", "userId": name, "messageId": f"{name}-{place}"})
        assert names(stream.read(30)) == [f"{name} {place}" for place in range(30)]


def test_configuration_published_on_one_node_holds_on_the_other(nodes: tuple[Running, Running], name: str) -> None:
    first, second = nodes
    first.http.put(f"/api/config/source/{name}", json={"channel": "store"})
    first.http.post(f"/api/config/source/{name}/publish", json={})
    key = first.key(source=name)
    for node in nodes:
        until = time.monotonic() + 10
        while node.post("/v1/track", {"event": "Seen", "userId": name}, key=key).status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.2)
    channels = {one["channel"] for one in second.get(f"/api/profiles/user_id:{name}/timeline")["data"]}
    assert channels == {"store"}
