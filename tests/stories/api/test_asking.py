"""Who may ask the read API, and what is wrong with how one asks -> an answer, or a refusal that says what would be right."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from stories.api.asked import refused, told
from stories.api.running import SECRET_KEY, WRITE_KEY, Running


@pytest.mark.parametrize("path", ["/api/profiles", "/api/keys", "/api/live", "/api/config/source", "/api/nothing"])
def test_everything_of_the_api_needs_a_secret_key(running: Running, path: str) -> None:
    url = running.url + path
    refused(httpx.get(url, trust_env=False), 401, "no_key")
    refused(httpx.get(url, headers={"authorization": "Bearer nonsense"}, trust_env=False), 401, "unknown_key")
    refused(httpx.get(url, auth=(WRITE_KEY, ""), trust_env=False), 403, "write_key")


@pytest.mark.parametrize(
    "way",
    [
        {"headers": {"authorization": f"Bearer {SECRET_KEY}"}},
        {"auth": (SECRET_KEY, "")},
        {"auth": ("anybody", SECRET_KEY)},
        {"headers": {"x-api-key": SECRET_KEY}},
    ],
)
def test_a_secret_key_is_taken_in_every_usual_place(running: Running, way: dict[str, Any]) -> None:
    assert httpx.get(running.url + "/api/jobs", trust_env=False, **way).status_code == 200


def test_addresses_and_methods_that_are_not_there_are_told_in_the_one_shape(running: Running) -> None:
    assert "/api/docs" in refused(running.http.get("/api/nothing"), 404, "no_such_address")
    refused(running.http.post("/api/profiles"), 405, "method_not_allowed")
    refused(running.http.post("/api/live"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=many", "limit=-1", "cursor=" + "x" * 300, "q=" + "x" * 300],
)
def test_parameters_out_of_bounds_are_refused_by_name(running: Running, query: str) -> None:
    message = refused(running.http.get(f"/api/profiles?{query}"), 400, "invalid")
    assert message.startswith(query.partition("=")[0])


def test_a_parameter_that_is_wrong_is_told_by_its_name_with_what_would_be_right(running: Running, name: str) -> None:
    running.post("/v1/track", {"event": "Seen", "userId": name})
    for address, wanted in {
        "/api/profiles?limit=0": "limit: '0' is not a whole number from 1 to 500",
        "/api/dead-letter?state=lost": "state: 'lost' is not one of open, replayed, discarded",
        "/api/touchpoints?mapped=maybe": "mapped: 'maybe' is not true or false",
        f"/api/journeys/map?segment={'x' * 201}": f"segment: '{'x' * 40}' is not text of at most 200 characters",
        "/api/journeys/map?from=2026-01-02&to=2026-01-01": "from, to: the period is empty",
        f"/api/profiles/user_id:{name}/timeline?from=2026-01-02&to=2026-01-02": "from, to: the period is empty",
    }.items():
        answer = running.http.get(address)
        refused(answer, 400, "invalid")
        assert wanted in answer.json()["message"]
    answer = running.http.put("/api/touchpoints", json={})
    refused(answer, 405, "method_not_allowed")
    assert answer.json()["message"] == "this address takes GET, OPTIONS"
    assert answer.headers["allow"] == "GET, OPTIONS"


def test_health_readiness_and_metrics_need_no_key_and_tell_nothing_personal(running: Running, name: str) -> None:
    told(running, name, {"event": "Seen"})
    assert httpx.get(running.url + "/healthz", trust_env=False).json() == {"status": "alive"}
    ready = httpx.get(running.url + "/readyz/", trust_env=False)
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    metrics = httpx.get(running.url + "/metrics", trust_env=False)
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = dict(line.rsplit(" ", 1) for line in metrics.text.splitlines() if not line.startswith("#"))
    assert float(lines["harken_events_total"]) >= 1
    assert float(lines['harken_ingest_requests_total{status="200"}']) >= 1
    assert lines["harken_store_up"] == "1.0"
    assert name not in metrics.text
