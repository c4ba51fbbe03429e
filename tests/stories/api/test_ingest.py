"""What real clients send, in every form they send it -> 200 when it is durable, or an answer they understand."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from stories.api.running import SECRET_KEY, WRITE_KEY, Running

SHORT = {"track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a"}
BODY: dict[str, dict[str, Any]] = {
    "track": {"event": "Plan Viewed"},
    "identify": {"traits": {"plan": "gold"}},
    "page": {"name": "Plan page"},
    "screen": {"name": "Usage"},
    "group": {"groupId": "g-1"},
    "alias": {},
}


def event(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Plan Viewed", "userId": name, "messageId": f"m-{name}", **fields}


def is_error(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Every refusal has the one shape clients rely on."""
    told: dict[str, Any] = answer.json()
    assert answer.status_code == status, told
    assert told["code"] == code
    assert told["message"]
    assert told["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return told


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("kind", list(SHORT))
def test_every_path_takes_its_events_in_both_forms_and_with_a_slash(
    running: Running, name: str, kind: str, slash: str
) -> None:
    for place, path in enumerate((kind, SHORT[kind])):
        body = {**BODY[kind], "userId": name, "messageId": f"{name}-{place}", "previousId": f"old-{name}"}
        answer = running.post(f"/v1/{path}{slash}", body)
        assert (answer.status_code, answer.content) == (200, b'{"success":true}')
    page = running.get(f"/api/profiles/user_id:{name}/timeline")
    assert [one["type"] for one in page["data"]] == [kind, kind]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/batch/", "/v1/b", "/v1/b/", "/v1/import", "/beacon/v1/batch"])
def test_batches_are_taken_at_every_batch_path(running: Running, name: str, path: str) -> None:
    answer = running.post(path, {"batch": [event(name), event(name, messageId=f"{name}-2")]})
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert running.get(f"/api/profiles/user_id:{name}")["events"] == 2


def test_what_was_acknowledged_can_be_read_at_once(running: Running, name: str) -> None:
    for place in range(20):
        assert running.post("/v1/track", event(name, messageId=f"{name}-{place}")).status_code == 200
        assert running.get(f"/api/profiles/user_id:{name}")["events"] == place + 1


# ---------------------------------------------------------------- who sends


def places_of_a_key() -> Iterator[tuple[str, dict[str, Any]]]:
    basic = b64encode(f"{WRITE_KEY}:".encode()).decode()
    yield "basic", {"headers": {"authorization": f"Basic {basic}"}}
    yield "basic without its end", {"headers": {"authorization": f"basic {basic.rstrip('=')}"}}
    yield "bearer", {"headers": {"authorization": f"Bearer {WRITE_KEY}"}}
    yield "query", {"params": {"writeKey": WRITE_KEY}}
    yield "header", {"headers": {"x-write-key": f"{WRITE_KEY}:jitsu-secret"}}


@pytest.mark.parametrize(("place", "told"), list(places_of_a_key()))
def test_a_write_key_is_found_wherever_clients_put_it(
    running: Running, name: str, place: str, told: dict[str, Any]
) -> None:
    assert running.post("/v1/track", event(name), key=None, **told).status_code == 200, place


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/track", {"event": "Seen", "userId": "u", "writeKey": WRITE_KEY}),
        ("/v1/batch", {"writeKey": WRITE_KEY, "batch": [{"type": "track", "event": "Seen", "userId": "u"}]}),
        ("/v1/b", {"batch": [{"type": "track", "event": "Seen", "userId": "u", "writeKey": WRITE_KEY}] * 2}),
    ],
)
def test_a_write_key_may_stand_in_the_body_or_in_each_event(running: Running, path: str, body: dict[str, Any]) -> None:
    assert running.post(path, body, key=None).status_code == 200
    assert running.post(path, gzip.compress(json.dumps(body).encode()), key=None).status_code == 200


def test_a_bearer_token_of_somebody_else_gives_way_to_the_key_in_the_body(running: Running, name: str) -> None:
    answer = running.post(
        "/v1/track", event(name, writeKey=WRITE_KEY), key=None, headers={"authorization": "Bearer eyJ-an-oauth-token"}
    )
    assert answer.status_code == 200


def test_unknown_and_missing_keys_are_refused_for_good(running: Running, name: str) -> None:
    is_error(running.post("/v1/track", event(name), key="not-a-key"), 401, "unknown_key")
    is_error(running.post("/v1/track", event(name), key=None), 401, "unknown_key")
    is_error(running.post("/v1/track", b"\xff{", key=None), 401, "unknown_key")
    assert running.http.get(f"/api/profiles/user_id:{name}").status_code == 404


def test_a_secret_key_in_a_body_is_refused(running: Running, name: str) -> None:
    is_error(running.post("/v1/track", event(name, writeKey=SECRET_KEY), key=None), 403, "secret_in_body")


def test_a_revoked_key_lets_nothing_in_any_more(running: Running, name: str) -> None:
    key = running.key(source="till", label=name)
    assert running.post("/v1/track", event(name), key=key).status_code == 200
    (id,) = (one["id"] for one in running.get("/api/keys")["data"] if one["label"] == name)
    assert running.http.delete(f"/api/keys/{id}").json()["revoked"] is not None
    is_error(running.post("/v1/track", event(name), key=key), 401, "unknown_key")


def test_events_belong_to_the_source_of_their_key(running: Running, name: str) -> None:
    assert running.post("/v1/track", event(name), key=running.key(source="till-7")).status_code == 200
    (one,) = running.get(f"/api/profiles/user_id:{name}/timeline")["data"]
    assert one["source"] == "till-7"


def test_a_secret_key_speaks_for_the_source_it_names_and_its_identifiers_count_as_verified(
    running: Running, name: str
) -> None:
    body = event(name, context={"traits": {"email": f"{name}@example.test"}})
    assert running.post("/v1/track?source=crm", body, key=SECRET_KEY).status_code == 200
    identity = running.get(f"/api/profiles/user_id:{name}/identity")
    assert [one["verified"] for one in identity["links"]] == [True]
    assert [one["source"] for one in identity["trails"]] == ["crm"]


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    "told",
    [
        {"content-type": "text/plain"},
        {"content-type": "text/plain;charset=UTF-8"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=utf-8"},
        {},
    ],
)
@pytest.mark.parametrize("zipped", ["no", "said", "not said"])
def test_a_body_is_json_whatever_its_label_and_gzip_is_seen_by_its_first_bytes(
    running: Running, name: str, told: dict[str, str], zipped: str
) -> None:
    body = json.dumps({"batch": [event(name)]}).encode()
    headers = {**told, **({"content-encoding": "gzip"} if zipped == "said" else {})}
    sent = body if zipped == "no" else gzip.compress(body)
    assert running.post("/v1/batch", sent, headers=headers).json() == {"success": True}


def test_a_proxy_that_unzipped_but_kept_the_label_does_no_harm(running: Running, name: str) -> None:
    headers = {"content-encoding": "gzip"}
    assert running.post("/v1/track", event(name), headers=headers).status_code == 200


def test_gzip_in_several_members_is_one_body(running: Running, name: str) -> None:
    body = json.dumps(event(name)).encode()
    assert running.post("/v1/track", gzip.compress(body[:20]) + gzip.compress(body[20:])).status_code == 200


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip"])
def test_other_encodings_are_refused_by_name(running: Running, name: str, encoding: str) -> None:
    answer = running.post("/v1/track", zlib.compress(b"{}"), headers={"content-encoding": encoding})
    is_error(answer, 415, "unsupported_encoding")


def test_gzip_that_is_cut_off_or_broken_is_a_bad_request(running: Running) -> None:
    whole = gzip.compress(b'{"event":"x","userId":"u"}' * 50)
    is_error(running.post("/v1/track", whole[:-12]), 400, "bad_gzip")
    is_error(running.post("/v1/track", b"\x1f\x8bnonsense" + whole), 400, "bad_gzip")
    is_error(running.post("/v1/track", gzip.compress(b"") * 5_000), 400, "bad_gzip")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(running: Running) -> None:
    bomb = gzip.compress(b'{"batch":[' + b" " * 200_000_000, 9)
    assert len(bomb) < 400_000
    is_error(running.post("/v1/batch", bomb), 413, "too_large")


def test_a_body_over_the_limit_is_refused_with_and_without_a_length(running: Running) -> None:
    body = b'{"batch":[' + b" " * (4 * 1024 * 1024) + b"]}"
    is_error(running.post("/v1/batch", body), 413, "too_large")

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    with httpx.Client(base_url=running.url, auth=(WRITE_KEY, ""), trust_env=False) as client:
        is_error(client.post("/v1/batch", content=pieces()), 413, "too_large")


def test_the_limits_of_a_source_are_its_own(running: Running, name: str) -> None:
    source = {"id": f"src-{name}", "limits": {"batch_bytes": 2_000, "event_bytes": 500}}
    assert running.http.put(f"/api/config/source/src-{name}", json=source).status_code == 200
    assert running.http.post(f"/api/config/source/src-{name}/publish", json={}).status_code == 200
    key = running.key(source=f"src-{name}")
    large = {"batch": [event(name, properties={"text": "x" * 3_000})]}
    is_error(running.post("/v1/batch", large, key=key), 413, "too_large")
    is_error(running.post("/v1/batch", {**large, "writeKey": key}, key=None), 413, "too_large")
    is_error(running.post("/v1/track", event(name, properties={"text": "x" * 600}), key=key), 413, "too_large")
    assert running.post("/v1/track", event(name), key=key).status_code == 200


def test_a_client_that_hangs_up_in_the_middle_leaves_the_others_alone(running: Running, name: str) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    for _ in range(5):
        with socket.create_connection((host, int(port))) as half:
            half.sendall(b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n{")
    assert running.post("/v1/track", event(name)).status_code == 200


# ---------------------------------------------------------------- what became of the events


def test_one_bad_event_does_not_cost_the_others_and_is_named(running: Running, name: str) -> None:
    batch = [
        event(name),
        {"type": "track", "event": "Nobody", "messageId": "no-one"},
        "text",
        event(name, messageId="2" + name),
    ]
    answer = running.post("/v1/batch", {"batch": batch})
    told = answer.json()
    assert (answer.status_code, told["success"]) == (200, True)
    assert [(one["index"], one["reason"]) for one in told["errors"]] == [(1, "no_identifier"), (2, "not_an_object")]
    assert told["errors"][0]["messageId"] == "no-one"
    assert all(one["message"] for one in told["errors"])
    assert running.get(f"/api/profiles/user_id:{name}")["events"] == 2


def test_what_could_not_be_taken_waits_in_the_inbox(running: Running, name: str) -> None:
    source = f"inbox-{name}"
    running.post("/v1/batch", {"batch": [{"type": "track", "event": name}]}, key=running.key(source=source))
    (letter,) = running.get("/api/dead-letter", params={"source": source})["data"]
    assert (letter["reason"], letter["state"]) == ("no_identifier", "open")
    assert name in letter["raw"]


def test_a_single_event_that_cannot_be_taken_is_a_bad_request(running: Running) -> None:
    told = is_error(running.post("/v1/track", {"event": "Nobody"}), 400, "no_identifier")
    assert told["errors"][0]["index"] == 0
    is_error(running.post("/v1/track", event("x", properties={"text": "x" * 40_000})), 413, "too_large")


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b'{"batch":', b"\xff\xfe{}", b"[" * 100_000])
@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
def test_a_body_nobody_can_read_is_a_bad_request(running: Running, path: str, body: bytes) -> None:
    answer = running.post(path, body)
    assert answer.status_code == 400
    is_error(answer, 400, answer.json()["code"])


def test_sending_again_counts_once_and_says_so(running: Running, name: str) -> None:
    batch = {"batch": [event(name), event(name, messageId=f"{name}-2")]}
    assert running.post("/v1/batch", batch).json() == {"success": True}
    assert running.post("/v1/batch", batch).json() == {"success": True, "duplicates": 2}
    assert running.get(f"/api/profiles/user_id:{name}")["events"] == 2


@pytest.mark.parametrize("nobody", ["", None, "null", "undefined", "0000", "-1", "guest", "[object Object]"])
def test_an_empty_user_id_recognizes_nobody(running: Running, name: str, nobody: object) -> None:
    for person in ("a", "b"):
        body = {"event": "Seen", "userId": nobody, "anonymousId": f"{name}-{person}", "messageId": f"{name}-{person}"}
        assert running.post("/v1/track", body).status_code == 200
    ids = {running.get(f"/api/profiles/anonymous_id:{name}-{person}")["id"] for person in ("a", "b")}
    assert len(ids) == 2


def test_a_batch_without_events_and_the_clients_own_metrics_are_swallowed(running: Running) -> None:
    assert running.post("/v1/batch", {"batch": []}).json() == {"success": True}
    assert running.post("/v1/m", {"series": [{"type": "Counter"}]}, key=None).json() == {"success": True}


def test_another_method_or_address_is_refused_and_never_redirected(running: Running) -> None:
    answer = running.http.get("/v1/track")
    is_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST, OPTIONS"
    is_error(running.post("/v1/nothing", {}), 404, "no_such_address")
    is_error(running.http.get("/../../etc/passwd"), 404, "no_such_address")
    is_error(running.http.get("/assets/..%2f..%2f..%2fserver.py"), 404, "no_such_address")


def test_a_request_id_goes_with_the_request_and_a_strange_one_is_replaced(running: Running, name: str) -> None:
    answer = running.post("/v1/track", event(name), headers={"x-request-id": "abc-123"})
    assert answer.headers["x-request-id"] == "abc-123"
    strange = running.post("/v1/track", event(name), headers={"x-request-id": 'a"} , evil'})
    assert strange.headers["x-request-id"] not in {"", 'a"} , evil'}


# ---------------------------------------------------------------- pixel, beacon, import


def test_a_pixel_is_an_image_whatever_happens_and_its_event_is_heard(running: Running, name: str) -> None:
    text = json.dumps(event(name, properties={"text": "ü?>~"})).encode()
    forms = {b64encode(text).decode(), urlsafe_b64encode(text).decode().rstrip("=")}
    for form in forms:
        answer = httpx.get(f"{running.url}/v1/pixel/track?writeKey={WRITE_KEY}&data={quote(form)}", trust_env=False)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
        assert "x-harken-error" not in answer.headers
        assert answer.content.startswith(b"GIF89a")
    assert running.get(f"/api/profiles/user_id:{name}")["events"] == 1


def test_a_pixel_may_carry_its_key_in_the_data_and_tells_errors_in_a_header(running: Running, name: str) -> None:
    data = b64encode(json.dumps(event(name, writeKey=WRITE_KEY)).encode()).decode()
    good = httpx.get(running.url + "/v1/pixel/page", params={"data": data}, trust_env=False)
    assert "x-harken-error" not in good.headers
    for query, code in {"": "no_data", "data=e30": "unknown_key", f"writeKey={WRITE_KEY}&data=%21": "not_json"}.items():
        bad = httpx.get(f"{running.url}/v1/pixel/track?{query}", trust_env=False)
        assert (bad.status_code, bad.headers["x-harken-error"]) == (200, code)
        assert bad.content == good.content


def test_a_beacon_brings_its_key_in_the_address_and_its_body_as_text(running: Running, name: str) -> None:
    answer = running.post(
        f"/beacon/v1/batch?writeKey={WRITE_KEY}",
        {"batch": [event(name)]},
        key=None,
        headers={"content-type": "text/plain;charset=UTF-8", "origin": "https://shop.example.test"},
    )
    assert answer.status_code == 200


def line(name: str, place: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "name": "Bought",
        "occurred": f"2026-01-{1 + place % 28:02d}T12:00:00Z",
        "message_id": f"{name}-{place}",
        "identifiers": {"loyalty": name},
        **fields,
    }


@pytest.mark.parametrize("form", ["lines", "array"])
def test_history_is_imported_as_lines_or_as_an_array_and_bad_lines_are_named(
    running: Running, name: str, form: str
) -> None:
    rows = [line(name, place) for place in range(3_000)]
    rows[1_234] = {"type": "track", "name": "Nobody"}
    body = (json.dumps(rows) if form == "array" else "\n".join(map(json.dumps, rows))).encode()
    answer = running.post("/v1/import?source=tills", body, key=SECRET_KEY)
    told = answer.json()
    assert (answer.status_code, told["accepted"]) == (200, 2_999), told
    assert [(one["index"], one["reason"]) for one in told["errors"]] == [(1_234, "no_identifier")]
    again = running.post("/v1/import?source=tills", body, key=SECRET_KEY).json()
    assert (again["accepted"], again["duplicates"]) == (0, 2_999)
    profile = running.get(f"/api/profiles/loyalty:{name}")
    assert profile["events"] == 2_999
    assert profile["first_seen"] == "2026-01-01T12:00:00.000000Z"


def test_a_segment_batch_may_be_imported_too(running: Running, name: str) -> None:
    body = {"batch": [event(name, timestamp="2026-02-01T00:00:00Z")], "sentAt": "2026-02-01T00:00:00Z"}
    assert running.post("/v1/import", body, key=SECRET_KEY).json()["accepted"] == 1
    assert running.get(f"/api/profiles/user_id:{name}")["first_seen"] == "2026-02-01T00:00:00.000000Z"


# ---------------------------------------------------------------- what browser clients ask first


def test_analytics_next_is_told_to_send_here(running: Running) -> None:
    answer = httpx.get(
        f"{running.url}/v1/projects/{WRITE_KEY}/settings", headers={"origin": "https://a.test"}, trust_env=False
    )
    told = answer.json()["integrations"]["Segment.io"]
    assert (told["apiKey"], told["protocol"]) == (WRITE_KEY, "http")
    assert told["apiHost"] == running.url.removeprefix("http://") + "/v1"
    assert answer.headers["access-control-allow-origin"] == "https://a.test"
    is_error(httpx.get(f"{running.url}/v1/projects/nobody/settings", trust_env=False), 401, "unknown_key")


@pytest.mark.parametrize("path", ["/sourceConfig/", "/sourceConfig"])
def test_rudderstacks_browser_client_gets_its_source(running: Running, path: str) -> None:
    answer = httpx.get(f"{running.url}{path}?p=cdn&v=3", auth=(WRITE_KEY, ""), trust_env=False)
    source = answer.json()["source"]
    assert (source["writeKey"], source["enabled"], source["destinations"]) == (WRITE_KEY, True, [])
    assert answer.status_code == 200
