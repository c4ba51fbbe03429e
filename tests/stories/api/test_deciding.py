"""What to show, over HTTP: for a page's own device, for a server's customer, in time, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from stories.api.running import SECRET_KEY, Running

PATIENT = {"time_limit_ms": 20_000}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub with two placements and three actions."""
    with Running(tmp_path_factory.mktemp("shop")) as running:
        for kind, body in [
            ("placement", {"id": "home", "channel": "web", **PATIENT, "fallback": {"body": "Hello"}}),
            ("placement", {"id": "till", "channel": "store", **PATIENT, "keep": ""}),
            ("placement", {"id": "hurried", "channel": "web", "time_limit_ms": 0, "fallback": "as ever"}),
            ("action", {"id": "upgrade", "topic": "plans", "priority": 2, "eligible": {"trait": "plan", "is": "gold"},
                        "assets": [{"format": "html", "body": "<b>More</b>"}],
                        "responses": [{"code": "accepted", "sentiment": "positive"}]}),
            ("action", {"id": "hello", "assets": [{"format": "html", "body": "Hi"}],
                        "relevant": {"property": "page", "is_not": "checkout"}}),
        ]:  # fmt: skip
            put = running.http.put(f"/api/config/{kind}/{body['id']}", json=body)
            assert put.status_code < 300, put.text
            published = running.http.post(f"/api/config/{kind}/{body['id']}/publish", json={"reason": "test"})
            assert published.status_code < 300, published.text
        yield running


def asked(shop: Running, path: str = "/v1/decide", *, secret: bool = False, **body: Any) -> Any:
    told = shop.post(path, body, **({"key": SECRET_KEY} if secret else {}))
    assert told.status_code == 200, told.text
    return told.json()


def shown(told: Any) -> list[list[str]]:
    return [[offer["action"] for offer in one["offers"]] for one in told["decisions"]]


def gold(shop: Running, name: str) -> None:
    shop.post("/v1/identify", {"anonymousId": f"{name}-browser", "userId": name, "traits": {"plan": "gold"}})


def test_a_server_decides_for_a_customer_and_says_what_they_did(shop: Running, name: str) -> None:
    gold(shop, name)
    told = asked(shop, secret=True, placements=["home"], userId=name)
    (decision,) = told["decisions"]
    assert decision["offers"] == [{
        "action": "upgrade", "topic": "plans", "format": "html", "body": "<b>More</b>", "responses": ["accepted"],
        "propensity": 1.0,
    }]  # fmt: skip
    answer = {"decision": decision["id"], "code": "accepted"}
    assert asked(shop, "/v1/respond", **answer)["duplicate"] is False
    assert asked(shop, "/v1/respond", **answer)["duplicate"] is True
    why = shop.get(f"/api/decisions/{decision['id']}/why")
    assert (why["faithful"], why["actions"][0]["action"], why["outcome"][0]["what"]) == (True, "upgrade", "positive")
    assert why["at"].endswith("Z")


def test_a_page_decides_for_its_own_device_whatever_it_says_of_its_customer(shop: Running, name: str) -> None:
    gold(shop, name)
    assert shown(asked(shop, placements=["home"], anonymousId=f"{name}-browser")) == [["upgrade"]]
    assert shown(asked(shop, placements=["home"], anonymousId=f"{name}-other", userId=name)) == [["hello"]]
    refused = shop.post("/v1/decide", {"placements": ["home"], "userId": name})
    assert (refused.status_code, refused.json()["code"]) == (400, "no_identifier")


def test_events_and_decisions_in_one_call(shop: Running, name: str) -> None:
    event = {"type": "page", "name": "Home", "anonymousId": f"{name}-browser", "messageId": name}
    told = asked(shop, "/v1/interact", placements=["home"], batch=[event, {"type": "track"}])
    assert (told["accepted"], len(told["errors"]), shown(told)) == (1, 1, [["hello"]])
    again = asked(shop, "/v1/interact", placements=["home"], batch=[event])
    assert (again["accepted"], again["duplicates"], again["decisions"][0]["again"]) == (0, 1, True)
    assert again["decisions"][0]["id"] == told["decisions"][0]["id"]


def test_rules_may_ask_about_the_moment(shop: Running, name: str) -> None:
    one = {"placements": ["till"], "anonymousId": name}
    assert shown(asked(shop, **one, properties={"page": "home"})) == [["hello"]]
    assert shown(asked(shop, **one, properties={"page": "checkout"})) == [[]]


def test_without_anything_to_show_there_is_the_fallback(shop: Running, name: str) -> None:
    told = asked(shop, placements=["home"], anonymousId=name, properties={"page": "checkout"})
    assert told["decisions"][0]["offers"] == []
    assert told["decisions"][0]["fallback"] == {"body": "Hello"}


def test_a_hub_that_is_too_slow_answers_with_the_fallback(shop: Running, name: str) -> None:
    told = asked(shop, placements=["hurried"], anonymousId=name)
    assert told["slow"] is True
    assert told["decisions"] == [
        {"id": "", "placement": "hurried", "offers": [], "fallback": "as ever", "again": False}
    ]


def test_a_response_to_an_unknown_decision_waits_in_the_inbox(shop: Running, name: str) -> None:
    refused = shop.post("/v1/respond", {"decision": f"x.{name}", "code": "seen"})
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_decision")
    letters = shop.get("/api/dead-letter")["data"]
    assert any(name in one["detail"] and one["reason"] == "unknown_decision" for one in letters)


def test_why_not_is_told_for_anybody_at_any_time(shop: Running, name: str) -> None:
    gold(shop, name)
    asked_ = {"customer": f"user_id:{name}", "action": "upgrade", "placement": "till"}
    why = shop.get("/api/why-not", params=asked_)
    assert why["actions"][0]["action"] == "upgrade"
    missing = shop.http.get("/api/why-not", params={**asked_, "action": "upgrad"})
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_action")


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/v1/decide", b"{", 400, "body: "),
        ("/v1/decide", {"placements": "home"}, 400, "Expected `array`"),
        ("/v1/decide", {"placements": [], "anonymousId": "x"}, 400, "1 to 50"),
        ("/v1/decide", {"placements": ["hero"], "anonymousId": "x"}, 404, "there are: home"),
        ("/v1/respond", {"decision": "a.b"}, 400, "code"),
        ("/v1/respond", {"decision": "a.b", "code": "seen", "cod": 1}, 400, "cod"),
    ],
)
def test_what_is_wrong_is_said(shop: Running, path: str, body: Any, status: int, says: str) -> None:
    refused = shop.post(path, body)
    assert refused.status_code == status, refused.text
    assert says in refused.json()["message"]


def test_keys_and_origins_hold_here_too(shop: Running, name: str) -> None:
    key = shop.key(kind="write", source="web", origins=["https://shop.example.test"])
    body = {"placements": ["home"], "anonymousId": name}
    assert shop.post("/v1/decide", body, key=None).status_code == 401
    elsewhere = shop.post("/v1/decide", body, key=key, headers={"origin": "https://evil.example.test"})
    assert elsewhere.status_code == 403
    here = shop.post("/v1/decide", {**body, "writeKey": key}, key=None, headers={"origin": "https://shop.example.test"})
    assert here.headers["access-control-allow-origin"] == "https://shop.example.test"
    with httpx.Client(base_url=shop.url, trust_env=False) as client:
        before = client.options("/v1/decide", headers={"origin": "https://shop.example.test"})
        assert before.status_code == 204
        assert client.get("/v1/decide").status_code == 405
