"""The rough edges of the collector: several keys in one batch, pixels that are posted, pages that must read what went
wrong, numbers no computer holds, bodies that were forgotten."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from stories.api.running import SECRET_KEY, WRITE_KEY, Running

PAGE = "https://shop.example.test"


def event(name: str, place: int = 0, **fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": name, "messageId": f"{name}-{place}", **fields}


# ---------------------------------------------------------------- several keys in one batch


def test_each_event_of_a_batch_is_judged_by_its_own_key(running: Running, name: str) -> None:
    other = running.key(source="other")
    batch = [
        event(name, 0, writeKey=WRITE_KEY),
        event(name, 1, writeKey=other),
        event(name, 2, writeKey="nobody's"),
        event(name, 3),
        event(name, 4, writeKey=SECRET_KEY),
        event("0000", 5, writeKey=other),
        event(name, 6, writeKey=other, context={"page": {"path": "/own"}}),
    ]
    body = {"batch": batch, "context": {"page": {"path": "/shared"}}, "sentAt": "2026-01-01T00:00:00Z"}
    answer = running.post("/v1/b", body, key=None)
    assert answer.status_code == 200
    told = answer.json()
    assert [(one["index"], one["reason"]) for one in told["errors"]] == [
        (2, "unknown_key"),
        (3, "unknown_key"),
        (4, "secret_in_body"),
        (5, "no_identifier"),
    ]
    assert [one["messageId"] for one in told["errors"][:3]] == [f"{name}-{place}" for place in (2, 3, 4)]
    found = running.get(f"/api/profiles/user_id:{name}/timeline")["data"]
    assert {one["raw"]["messageId"]: one["source"] for one in found} == {
        f"{name}-0": "web",
        f"{name}-1": "other",
        f"{name}-6": "other",
    }
    again = running.post("/v1/b", body, key=None).json()
    assert again["duplicates"] == 3
    assert running.get(f"/api/profiles/user_id:{name}")["events"] == 3


@pytest.mark.parametrize("form", ["array", "lines"])
def test_arrays_and_lines_may_name_different_keys_too(running: Running, name: str, form: str) -> None:
    other = running.key(source="other")
    items = [event(name, 0, writeKey=WRITE_KEY), event(name, 1, writeKey=other), event("", 2, writeKey=other)]
    body = json.dumps(items).encode() if form == "array" else b"\n".join(json.dumps(one).encode() for one in items)
    told = running.post("/v1/batch", body, key=None).json()
    assert [one["index"] for one in told["errors"]] == [2]
    sources = [one["source"] for one in running.get(f"/api/profiles/user_id:{name}/timeline")["data"]]
    assert sorted(sources) == ["other", "web"]


def test_a_batch_of_different_keys_nobody_knows_is_refused_whole(running: Running, name: str) -> None:
    batch = [event(name, 0, writeKey="a"), event(name, 1, writeKey="b")]
    answer = running.post("/v1/b", {"batch": batch}, key=None)
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")


def test_a_key_that_is_not_for_this_page_stops_only_its_own_events(running: Running, name: str) -> None:
    shop = running.key(source="shop", origins=["https://elsewhere.test"])
    batch = [event(name, 0, writeKey=WRITE_KEY), event(name, 1, writeKey=shop)]
    told = running.post("/v1/b", {"batch": batch}, key=None, headers={"origin": PAGE}).json()
    assert [(one["index"], one["reason"]) for one in told["errors"]] == [(1, "origin")]
    assert running.get(f"/api/profiles/user_id:{name}")["events"] == 1


# ---------------------------------------------------------------- pixels


@pytest.mark.parametrize("form", ["json", "base64", "form", "address", "zipped"])
def test_an_event_may_be_posted_to_a_pixel_and_is_told_what_became_of_it(
    running: Running, name: str, form: str
) -> None:
    plain = json.dumps(event(name, writeKey=WRITE_KEY, properties={"text": "ü?>~"})).encode()
    coded = b64encode(plain)
    query, body = {
        "json": ("", plain),
        "base64": ("", coded),
        "form": ("", b"data=" + coded.replace(b"+", b"%2B")),
        "address": ("?data=" + coded.decode().replace("+", "%2B"), b""),
        "zipped": ("", gzip.compress(plain)),
    }[form]
    answer = running.post(f"/v1/pixel/track{query}", body, key=None, headers={"origin": PAGE})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert answer.headers["access-control-allow-origin"] == PAGE
    (one,) = running.get(f"/api/profiles/user_id:{name}/timeline")["data"]
    assert one["properties"] == {"text": "ü?>~"}


def test_what_cannot_be_taken_of_a_posted_pixel_is_told_as_everywhere(running: Running) -> None:
    for path, body, key, status, code in (
        ("track", b"", WRITE_KEY, 400, "no_data"),
        ("track", b"%%%", WRITE_KEY, 400, "not_json"),
        ("batch", b"{}", WRITE_KEY, 400, "unknown_pixel"),
        ("track", b"{}", "nobody's", 401, "unknown_key"),
        ("track", b'{"event":"Seen"}', WRITE_KEY, 400, "no_identifier"),
    ):
        answer = running.post(f"/v1/pixel/{path}", body, key=key)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    other = running.http.put("/v1/pixel/track", content=b"{}")
    assert (other.status_code, other.headers["allow"]) == (405, "GET, POST, OPTIONS")


# ---------------------------------------------------------------- what pages may read


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/projects/nobody/settings", 401),
        ("POST", "/v1/projects/nobody/settings", 405),
        ("GET", "/sourceConfig/?writeKey=nobody", 401),
        ("GET", "/v1/track", 405),
        ("POST", "/v1/track", 401),
        ("POST", "/v1/nothing-here", 404),
        ("GET", "/v1/projects/nobody/nothing", 404),
        ("POST", "/beacon/v1/batch", 401),
        ("POST", "/beacon/v1/nothing", 404),
        ("POST", "/v1/import", 401),
        ("PUT", "/v1/pixel/track", 405),
        ("POST", "/v1/pixel/nothing", 400),
    ],
)
def test_a_page_may_read_why_it_was_refused(running: Running, method: str, path: str, status: int) -> None:
    preflight = httpx.options(
        running.url + path,
        headers={"origin": PAGE, "access-control-request-method": method},
        trust_env=False,
    )
    assert preflight.status_code == 204
    answer = httpx.request(method, running.url + path, headers={"origin": PAGE}, trust_env=False)
    assert answer.status_code == status
    assert {"code", "message"} <= set(answer.json())
    for told in (preflight, answer):
        assert told.headers["access-control-allow-origin"] == PAGE
        assert told.headers["access-control-allow-credentials"] == "true"
        assert "retry-after" in told.headers["access-control-expose-headers"].lower()
        assert len(told.headers.get_list("x-request-id")) == 1


def test_a_page_may_read_that_it_sent_too_much_or_too_fast(running: Running, name: str) -> None:
    key = running.key(source="slow", per_second=1)
    large = running.post("/v1/batch", b" " * 600_000, headers={"origin": PAGE})
    batch = {"batch": [event(name, place) for place in range(9)]}
    fast = [running.post("/v1/batch", batch, key=key, headers={"origin": PAGE}) for _ in range(2)][1]
    for answer, status in ((large, 413), (fast, 429)):
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == PAGE


def test_other_pages_may_not_read_errors_of_the_read_api(running: Running) -> None:
    for path in ("/api/profiles", "/api/nothing", "/healthz/nothing"):
        answer = httpx.get(running.url + path, headers={"origin": PAGE}, trust_env=False)
        assert "access-control-allow-origin" not in answer.headers


# ---------------------------------------------------------------- the browser script


@pytest.fixture(params=["", "/nowhere/standalone.js"])
def scriptless(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path, snippet=request.param) as hub:
        yield hub


def test_without_a_browser_script_the_page_is_told_on_its_console_what_is_missing(scriptless: Running) -> None:
    for name in ("analytics.min.js", "analytics.js"):
        answer = httpx.get(f"{scriptless.url}/analytics.js/v1/{WRITE_KEY}/{name}", trust_env=False)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/javascript")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text.startswith("console.error(")
        assert "HARKEN_SNIPPET" in answer.text
    assert scriptless.line("no analytics.js to serve")["why"]


# ---------------------------------------------------------------- odd numbers, forgotten bodies


def test_a_number_no_computer_holds_costs_only_itself(running: Running, name: str) -> None:
    for place, number in enumerate(("1e999", "-1e999", "NaN", "9" * 5_000)):
        body = json.dumps(event(name, place, properties={"odd": "X", "good": 1.5})).replace('"X"', number)
        assert running.post("/v1/track", body.encode()).json() == {"success": True}
    batch = json.dumps({"batch": [event(name, 4), event(name, 5)], "context": {"odd": "X"}}).replace('"X"', "1e999")
    assert running.post("/v1/batch", batch.encode()).json() == {"success": True}
    found = running.get(f"/api/profiles/user_id:{name}/timeline")["data"]
    assert [one["properties"] for one in found[2:]] == [{"odd": None, "good": 1.5}] * 4
    assert len(found) == 6


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/profiles/user_id:a/merge", '{"with": text'),
        ("/api/dead-letter/replay", '{"ids"?: [whole number, …]'),
        ("/api/config/stage/x/rollback", '{"version": whole number'),
        ("/api/keys", '{"kind"?: "secret" or "write"'),
        ("/api/config/stage/check", "a JSON object"),
    ],
)
def test_who_forgets_the_body_is_told_how_it_looks(running: Running, path: str, body: str) -> None:
    for content, why in ((b"", "there is no body"), (b"[]", "body: "), (b"{", "body: ")):
        answer = running.http.post(path, content=content)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        message = answer.json()["message"]
        assert message.startswith(why)
        assert f"takes as body {body}" in message


def test_a_body_nested_deeper_than_anybody_reads_is_a_wrong_body(running: Running) -> None:
    deep = b'{"steps":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = running.http.post("/api/journeys/funnel", content=deep)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "nested too deeply" in answer.json()["message"]


@pytest.mark.parametrize("cursor", ["!!", "abc", "1.5", "x" * 17])
def test_a_cursor_that_is_none_is_refused_by_the_list_of_customers_too(running: Running, cursor: str) -> None:
    answer = running.http.get("/api/profiles", params={"cursor": cursor})
    assert (answer.status_code, "next_cursor" in answer.json()["message"]) == (400, True)
