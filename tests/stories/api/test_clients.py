"""Clients people install, unchanged, against a running hub."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rudderstack.analytics.client as rudder
import segment.analytics.client as segment

from stories.api.running import WRITE_KEY, Running


def talk(client: Any, name: str) -> None:
    """The same conversation with either client: they share their verbs."""
    week_ago = datetime.now(UTC) - timedelta(days=7)
    client.track(anonymous_id=f"anon-{name}", event="Plan Viewed", properties={"plan": "gold", "price": 12.5})
    client.identify(f"user-{name}", {"email": f"{name}@example.test", "plan": "gold"}, anonymous_id=f"anon-{name}")
    client.track(f"user-{name}", "Order Placed", {"total": 49.9}, timestamp=week_ago)
    client.page(f"user-{name}", "Docs", "Pricing", {"url": "https://shop.example.test/pricing"})
    client.screen(f"user-{name}", "App", "Usage")
    client.group(f"user-{name}", f"company-{name}", {"name": "Tideline"})
    client.alias(f"old-{name}", f"user-{name}")
    client.flush()
    client.join()


@pytest.mark.parametrize("gzip", [False, True])
def test_segments_python_client_is_understood_whole(running: Running, name: str, gzip: bool) -> None:
    failed: list[object] = []
    client = segment.Client(WRITE_KEY, host=running.url, gzip=gzip, on_error=lambda error, _: failed.append(error))
    talk(client, name)
    check(running, name)
    assert failed == []


@pytest.mark.parametrize("gzip", [False, True])
def test_rudderstacks_python_client_is_understood_whole(running: Running, name: str, gzip: bool) -> None:
    failed: list[object] = []
    client = rudder.Client(WRITE_KEY, host=running.url, gzip=gzip, on_error=lambda error, _: failed.append(error))
    talk(client, name)
    check(running, name)
    assert failed == []


def check(running: Running, name: str) -> None:
    """One customer: the anonymous visit, the traits, every event, and the old order in its place."""
    profile = running.get(f"/api/profiles/email:{name}@example.test")
    assert profile["id"] == running.get(f"/api/profiles/anonymous_id:anon-{name}")["id"]
    assert profile["id"] == running.get(f"/api/profiles/user_id:user-{name}")["id"]
    assert profile["traits"]["plan"] == "gold"
    assert profile["keys"]["user_id"] == [f"user-{name}"]  # an alias alone makes no identifier of a customer, …
    assert profile["id"] == running.get(f"/api/profiles/user_id:old-{name}")["id"]  # … and leads there
    page = running.get(f"/api/profiles/user_id:user-{name}/timeline")
    types = [one["type"] for one in page["data"]]
    assert sorted(types) == ["alias", "group", "identify", "page", "screen", "track", "track"]
    assert (page["data"][-1]["name"], page["data"][-1]["properties"]) == ("Order Placed", {"total": 49.9})


def test_segments_client_drops_at_once_what_is_refused_for_good(running: Running, name: str) -> None:
    failed: list[Any] = []
    client = segment.Client(
        "no-such-key", host=running.url, on_error=lambda error, _: failed.append(error), max_retries=2
    )
    client.track(f"user-{name}", "Order Placed")
    client.flush()
    client.join()
    (error,) = failed
    assert (error.status, error.code) == (401, "unknown_key")


def test_segments_client_waits_out_a_rate_limit_and_loses_nothing(running: Running, name: str) -> None:
    key = running.key(source="slow", per_second=20)
    failed: list[Any] = []
    client = segment.Client(key, host=running.url, upload_size=20, on_error=lambda error, _: failed.append(error))
    for place in range(80):
        client.track(f"user-{name}", "Seen", message_id=f"{name}-{place}")
    client.flush()
    client.join()
    assert failed == []
    assert running.get(f"/api/profiles/user_id:user-{name}")["events"] == 80
