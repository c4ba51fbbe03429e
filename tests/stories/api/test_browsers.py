"""What browsers ask and send -> answers that let the right pages through, and keep other pages out."""

from __future__ import annotations

import json

import httpx
import pytest

from stories.api.running import WRITE_KEY, Running

PAGE = "https://shop.example.test"
ASKED = {
    "analytics-next": "authorization",
    "analytics-next, again": "authorization,x-retry-count",
    "RudderStack": "anonymousid,authorization,content-type,sentat",
    "Snowplow": "content-type",
    "OFREP": "authorization,content-type,if-none-match",
    "one we never heard of": "x-brand-new-header",
}


def names(header: str) -> set[str]:
    return {name.strip().lower() for name in header.split(",")}


@pytest.mark.parametrize(
    "path", ["/v1/t", "/v1/batch/", "/v1/m", "/beacon/v1/batch", "/sourceConfig/", "/v1/projects/k/settings"]
)
@pytest.mark.parametrize("client", list(ASKED))
def test_every_clients_preflight_is_answered_without_a_redirect(running: Running, path: str, client: str) -> None:
    answer = httpx.options(
        running.url + path,
        headers={
            "origin": PAGE,
            "access-control-request-method": "POST",
            "access-control-request-headers": ASKED[client],
        },
        trust_env=False,
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "origin" in names(answer.headers["vary"])
    assert "post" in names(answer.headers["access-control-allow-methods"])
    assert answer.headers["access-control-max-age"] == "600"
    allowed = names(answer.headers["access-control-allow-headers"])
    assert allowed >= names(ASKED[client])
    assert allowed >= {name for asked in list(ASKED.values())[:5] for name in names(asked)}


def test_a_header_list_that_is_none_is_not_given_back(running: Running) -> None:
    answer = httpx.options(
        running.url + "/v1/t",
        headers={"origin": PAGE, "access-control-request-headers": "a, b\t<script>"},
        trust_env=False,
    )
    assert "<" not in answer.headers["access-control-allow-headers"]


def test_answers_can_be_read_by_the_page_errors_too(running: Running) -> None:
    for key, status in ((WRITE_KEY, 200), ("nobody's", 401)):
        answer = running.post("/v1/t", {"event": "Seen", "anonymousId": "a"}, key=key, headers={"origin": PAGE})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert {"retry-after", "etag"} <= names(answer.headers["access-control-expose-headers"])
        assert "origin" in names(answer.headers["vary"])


def test_without_an_origin_nothing_is_allowed_to_anybody(running: Running) -> None:
    answer = running.post("/v1/t", {"event": "Seen", "anonymousId": "a"})
    assert "access-control-allow-origin" not in answer.headers
    assert names(answer.headers["vary"]) == {"origin"}


def test_the_read_api_is_for_servers_and_never_for_other_pages(running: Running) -> None:
    answer = running.http.get("/api/jobs", headers={"origin": PAGE})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://shop.example.test", 200),
        ("HTTPS://SHOP.EXAMPLE.TEST", 200),
        ("https://www.brand.test", 200),
        ("https://a.b.brand.test", 200),
        ("https://brand.test", 403),
        ("https://evilbrand.test", 403),
        ("http://www.brand.test", 403),
        ("https://shop.example.test.evil.test", 403),
        ("https://shop.example.test:8443", 403),
        ("null", 403),
    ],
)
def test_a_key_with_a_list_of_pages_is_of_no_use_to_others(
    running: Running, name: str, origin: str, status: int
) -> None:
    key = running.key(source="shop", origins=["https://shop.example.test", "https://*.brand.test"])
    body = {"event": "Seen", "anonymousId": name, "messageId": name, "writeKey": key}
    for told in ({"key": key}, {"key": None}):
        answer = running.post("/v1/t", body, headers={"origin": origin, "content-type": "text/plain"}, **told)
        assert answer.status_code == status
        assert ("access-control-allow-origin" in answer.headers) == (status == 200)
    beacon = running.post(f"/beacon/v1/batch?writeKey={key}", {"batch": [body]}, key=None, headers={"origin": origin})
    assert beacon.status_code == status
    found = running.http.get(f"/api/profiles/anonymous_id:{name}").status_code
    assert found == (200 if status == 200 else 404)


def test_a_page_that_only_shows_its_address_is_judged_by_that(running: Running, name: str) -> None:
    key = running.key(source="shop", origins=[PAGE])
    for referer, code in ((f"{PAGE}/plans?x=1", None), ("https://evil.test/", "origin")):
        answer = httpx.get(
            f"{running.url}/v1/pixel/page",
            params={"writeKey": key, "data": json.dumps({"anonymousId": name})},
            headers={"referer": referer},
            trust_env=False,
        )
        assert answer.headers.get("x-harken-error") == code


def test_a_server_that_is_no_page_may_use_a_key_with_a_list_of_pages(running: Running, name: str) -> None:
    key = running.key(source="shop", origins=[PAGE])
    assert running.post("/v1/track", {"event": "Seen", "userId": name}, key=key).status_code == 200


def test_an_objection_to_sharing_told_by_the_browser_is_kept_with_the_event(running: Running, name: str) -> None:
    running.post(
        "/v1/t", {"event": "Seen", "anonymousId": name}, headers={"sec-gpc": "1", "user-agent": "Mozilla/5.0 (X)"}
    )
    (one,) = running.get(f"/api/profiles/anonymous_id:{name}/timeline")["data"]
    assert one["raw"]["_heard"]["context"] == {"gpc": True, "userAgent": "Mozilla/5.0 (X)"}
