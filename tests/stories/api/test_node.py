"""JavaScript clients people install on servers, unchanged, against a running hub."""

from __future__ import annotations

import json
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from javascript import NODE, installed
from stories.api.running import WRITE_KEY, Running

CLIENTS = Path(__file__).parents[2] / "clients"
SPEAKING = ["segment", "customerio", "rudderstack", "pipelines"]
PATIENT = {"rudderstack": {"retryCount": 120}, "customerio": {"maxRetries": 12}}  # these give up soon if not told
BATCHING = SPEAKING[:3]  # these keep events for a while; the last sends each at once and says what became of it


class Client:
    """One client in a Node process of its own, told line by line what to say."""

    def __init__(self, client: str, url: str, key: str = WRITE_KEY, **options: Any) -> None:
        installed(CLIENTS)
        self._process = subprocess.Popen(
            [NODE, CLIENTS / "speak.cjs", client, url, key, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def say(self, verb: str, *message: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([verb, *message]) + "\n")
        self._process.stdin.flush()
        return self._line()

    def end(self) -> list[str]:
        """Close it as its maker says; gives what it complained of."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        complaints: list[str] = self._line()["complaints"]
        self._process.stdout.close()
        assert self._process.wait(30) == 0
        return complaints

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


def talk(client: Client, name: str) -> None:
    """The same conversation with every client: they share their verbs."""
    week_ago = (datetime.now(UTC) - timedelta(days=7)).isoformat()
    user, anonymous = f"user-{name}", f"anon-{name}"
    for verb, message in (
        ("track", {"anonymousId": anonymous, "event": "Plan Viewed", "properties": {"plan": "gold", "price": 12.5}}),
        ("identify", {"userId": user, "anonymousId": anonymous, "traits": {"email": f"{name}@example.test"}}),
        ("identify", {"userId": user, "traits": {"plan": "gold", "name": "Zoë 東京 🎈"}}),
        ("track", {"userId": user, "event": "Order Placed", "timestamp": week_ago, "properties": {"total": 49.9}}),
        ("page", {"userId": user, "name": "Pricing", "properties": {"url": "https://shop.example.test/pricing"}}),
        ("screen", {"userId": user, "name": "Usage"}),
        ("group", {"userId": user, "groupId": f"company-{name}", "traits": {"name": "Tideline"}}),
        ("alias", {"previousId": f"old-{name}", "userId": user}),
    ):
        assert client.say(verb, message) == {}, verb


def check(running: Running, name: str) -> None:
    """One customer: the anonymous visit, the traits, every event by its name, and the old order in its place."""
    profile = running.get(f"/api/profiles/email:{name}@example.test")
    assert profile["id"] == running.get(f"/api/profiles/anonymous_id:anon-{name}")["id"]
    assert profile["traits"] == {"email": f"{name}@example.test", "plan": "gold", "name": "Zoë 東京 🎈"}
    assert profile["id"] == running.get(f"/api/profiles/user_id:old-{name}")["id"]
    page = running.get(f"/api/profiles/user_id:user-{name}/timeline")["data"]
    assert [(one["type"], one["name"]) for one in reversed(page)] == [
        ("track", "Order Placed"),
        ("track", "Plan Viewed"),
        ("identify", page[-3]["name"]),
        ("identify", page[-4]["name"]),
        ("page", "Pricing"),
        ("screen", "Usage"),
        ("group", page[-7]["name"]),
        ("alias", page[-8]["name"]),
    ]
    age = datetime.now(UTC) - datetime.fromisoformat(page[-1]["occurred"])
    assert timedelta(days=7) <= age < timedelta(days=7, minutes=2)
    assert page[-7]["properties"] == {"group_id": f"company-{name}", "traits": {"name": "Tideline"}}
    assert page[-2]["properties"] == {"plan": "gold", "price": 12.5}
    assert [one["warnings"] for one in page] == [[]] * len(page)


@pytest.mark.parametrize("client", SPEAKING)
def test_a_javascript_client_is_understood_whole_and_in_order(running: Running, name: str, client: str) -> None:
    speaking = Client(client, running.url)
    talk(speaking, name)
    assert speaking.end() == []
    check(running, name)


def test_rudderstacks_client_may_leave_its_batches_unzipped(running: Running, name: str) -> None:
    speaking = Client("rudderstack", running.url, gzip=False)
    talk(speaking, name)
    assert speaking.end() == []
    check(running, name)


@pytest.mark.parametrize("client", BATCHING)
def test_what_a_client_holds_while_the_hub_is_away_comes_once_it_is_back(
    tmp_path: Path, name: str, client: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Running(tmp_path, port=port) as hub:
        speaking = Client(client, hub.url, **PATIENT.get(client, {}))
        for place in range(3):
            speaking.say("track", {"userId": name, "event": f"Before {place}", "messageId": f"{name}-{place}"})
    for place in range(3, 6):
        speaking.say("track", {"userId": name, "event": f"Away {place}", "messageId": f"{name}-{place}"})
    with Running(tmp_path, port=port) as hub:
        assert speaking.end() == []
        assert hub.get(f"/api/profiles/user_id:{name}")["events"] == 6


@pytest.mark.parametrize("client", BATCHING)
def test_a_client_waits_out_a_rate_limit_and_loses_nothing(running: Running, name: str, client: str) -> None:
    key = running.key(source="slow", per_second=20)
    speaking = Client(client, running.url, key, flushAt=20, **PATIENT.get(client, {}))
    for place in range(80):
        speaking.say("track", {"userId": f"user-{name}", "event": "Seen", "messageId": f"{name}-{place}"})
    assert speaking.end() == []
    assert running.get(f"/api/profiles/user_id:user-{name}")["events"] == 80


@pytest.mark.parametrize("client", BATCHING)
def test_a_client_with_a_key_nobody_knows_gives_up_at_once_and_says_so(running: Running, client: str) -> None:
    speaking = Client(client, running.url, "no-such-key")
    speaking.say("track", {"userId": "nobody", "event": "Seen"})
    (complaint,) = speaking.end()
    assert "401" in complaint or "Unauthorized" in complaint


def test_a_client_that_waits_for_each_answer_is_told_what_is_wrong(running: Running, name: str) -> None:
    speaking = Client("pipelines", running.url, "no-such-key")
    answer = speaking.say("track", {"userId": "nobody", "event": "Seen"})
    assert answer["status"] == 401
    speaking.end()
    strict = Client("pipelines", running.url, strictMode=True)
    refused = strict.say("track", {"userId": "0000", "event": "Seen"})
    assert refused["status"] == 400
    batch = [{"type": "track", "userId": name, "event": "Seen"}, {"type": "identify", "userId": name}]
    assert strict.say("batch", batch) == {}
    strict.end()
    assert running.get(f"/api/profiles/user_id:{name}")["events"] == 2
