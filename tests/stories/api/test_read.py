"""What was heard -> what the read API answers about one customer and about many."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from stories.api.running import SECRET_KEY, WRITE_KEY, Running


def told(running: Running, name: str, *events: dict[str, Any], **fields: Any) -> None:
    """Let a customer do things, in order, a minute apart."""
    batch = [
        {
            "type": "track",
            "userId": name,
            "messageId": f"{name}-{place}",
            "timestamp": f"2026-03-01T10:{place:02d}:00Z",
            **fields,
            **event,
        }
        for place, event in enumerate(events)
    ]
    answer = running.post("/v1/batch", {"batch": batch})
    assert answer.json() == {"success": True}


def refused(answer: httpx.Response, status: int, code: str) -> str:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    return str(body["message"])


# ---------------------------------------------------------------- who may ask


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


# ---------------------------------------------------------------- one customer


def test_a_profile_holds_what_its_customer_did_and_said(running: Running, name: str) -> None:
    told(
        running,
        name,
        {"type": "identify", "traits": {"plan": "silver", "email": f"{name}@Example.test"}},
        {"type": "identify", "traits": {"plan": "gold"}},
        {"event": "Plan Viewed", "properties": {"topic": "phones/android"}},
        {"event": "Consented", "context": {"consent": {"categoryPreferences": {"Advertising": False}}}},
    )
    profile = running.get(f"/api/profiles/user_id:{name}")
    assert profile["keys"] == {"user_id": [name], "email": [f"{name}@example.test"]}
    assert {"kind": "email", "value": f"{name}@example.test"} in profile["identifiers"]
    assert profile["traits"]["plan"] == "gold"
    assert [one["value"] for one in profile["traits_past"]["plan"]["history"]] == ["silver"]
    assert (profile["first_seen"], profile["last_seen"]) == (
        "2026-03-01T10:00:00.000000Z",
        "2026-03-01T10:03:00.000000Z",
    )
    assert list(profile["consent"].values()) == [False]
    assert set(profile["interests"]) == {"phones", "phones/android"}
    assert set(profile["stage"]) == {"current", "earliest", "furthest"}
    assert [one["account"] for one in profile["trails"]] == [f"user_id:{name}"]


@pytest.mark.parametrize(
    "value",
    [
        "a/b/c",
        "a/timeline",
        "50%",
        "a%2Fb",
        "a b+c",
        "Ünïcödé-客户",
        "a?b#c",
        "x:y:z",
        "../../etc/passwd",
        '"quoted"',
        "a&b=c;d",
    ],
)
def test_an_identifier_of_any_letters_can_be_asked_for(running: Running, name: str, value: str) -> None:
    id = f"{name}-{value}"
    told(running, id, {"event": "Seen"})
    ref = quote(f"user_id:{id}", safe="")
    assert running.get(f"/api/profiles/{ref}")["keys"] == {"user_id": [id]}
    assert len(running.get(f"/api/profiles/{ref}/timeline")["data"]) == 1
    assert running.get(f"/api/profiles/{ref}/identity")["anchor"] == f"user_id:{id}"


def test_slashes_in_a_reference_need_not_be_escaped(running: Running, name: str) -> None:
    told(running, f"{name}/a/b", {"event": "Seen"})
    assert len(running.get(f"/api/profiles/user_id:{name}/a/b/timeline")["data"]) == 1


def test_somebody_nobody_has_heard_of_is_a_404_that_helps(running: Running) -> None:
    for path in ("", "/timeline", "/identity", "/export"):
        message = refused(running.http.get(f"/api/profiles/email:nobody@example.test{path}"), 404, "unknown_identifier")
        assert "email" in message
        assert "loyalty" in message
    assert "phone" in refused(running.http.get("/api/profiles/fax:12"), 404, "unknown_identifier")


def test_a_timeline_goes_page_by_page_newest_first_and_loses_nothing(running: Running, name: str) -> None:
    told(running, name, *({"event": f"Step {place}"} for place in range(23)))
    seen, cursor = [], ""
    while cursor is not None:
        page = running.get(f"/api/profiles/user_id:{name}/timeline", params={"limit": 5, "cursor": cursor})
        seen += [one["name"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [f"Step {place}" for place in reversed(range(23))]


def test_a_timeline_can_be_narrowed(running: Running, name: str) -> None:
    told(running, name, {"event": "First"}, {"type": "page", "name": "Plans"}, {"event": "Second"}, {"event": "Third"})

    def names(**query: str) -> list[str]:
        return [one["name"] for one in running.get(f"/api/profiles/user_id:{name}/timeline", params=query)["data"]]

    assert names(type="page") == ["Plans"]
    assert names(channel="store") == []
    assert names(channel="web", type="track") == ["Third", "Second", "First"]
    assert names(touchpoint="web: Second") == ["Second"]
    assert names(**{"from": "2026-03-01T10:02:00Z"}) == ["Third", "Second"]
    assert names(to="2026-03-01T10:01:00Z") == ["First"]
    assert names(to="2026-03-01T10:03:00Z", limit="2") == ["Second", "Plans"]
    assert names(**{"from": "1772359260", "to": "2026-03-01T11:02:00+01:00"}) == ["Plans"]
    assert names(**{"from": "2026-03-02"}) == []
    refused(running.http.get(f"/api/profiles/user_id:{name}/timeline?from=soon"), 400, "bad_time")


def test_an_event_of_a_timeline_says_whose_identifiers_it_carried_and_how_it_felt(running: Running, name: str) -> None:
    felt = {
        "event": "Call Ended",
        "properties": {"emotion": -2},
        "context": {"traits": {"email": f"{name}@example.test"}},
    }
    told(running, name, {"event": "Seen", "properties": {"emotion": "fine"}}, felt)
    last, first = running.get(f"/api/profiles/user_id:{name}/timeline")["data"]
    assert [last["emotion"], first["emotion"]] == [-2, None]
    assert {"kind": "user_id", "value": name} in last["identifiers"]
    assert len(last["identifiers"]) == len(first["identifiers"]) + 1
    assert last["verified"] is False


def test_a_phone_number_is_found_as_people_write_it(running: Running, name: str) -> None:
    told(running, name, {"event": "Seen", "context": {"traits": {"phone": "+44 20 7946 0991"}}})
    for written in ("+44 20 7946 0991", "+44 (20) 7946", "phone:+44-20-7946", "+442079460991"):
        found = running.get("/api/profiles", params={"q": written})["data"]
        assert [one["keys"]["user_id"] for one in found] == [[name]], written


def test_customers_who_met_a_touchpoint_are_as_many_as_are_counted_for_it(running: Running, name: str) -> None:
    for place in range(5):
        told(running, f"{name}-{place}", {"event": f"Met {name}"}, {"event": "Elsewhere"})
    told(running, f"{name}-other", {"event": "Elsewhere"}, {"type": "identify"})
    query = {"touchpoint": f"web: Met {name}", "limit": 2}
    seen, cursor = [], ""
    while cursor is not None:
        page = running.get("/api/profiles", params={**query, "cursor": cursor})
        seen += [one["keys"]["user_id"][0] for one in page["data"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == [f"{name}-{place}" for place in range(5)]
    [counted] = [one for one in running.get("/api/touchpoints")["data"] if one["touchpoint"] == query["touchpoint"]]
    assert counted["customers"] == 5
    both = running.get("/api/profiles", params={**query, "q": f"{name}-3"})["data"]
    assert [one["keys"]["user_id"] for one in both] == [[f"{name}-3"]]
    told(running, f"{name}-0", {"event": f"Met {name}", "messageId": f"{name}-late", "timestamp": "2026-03-09T08:00Z"})
    for period, customers in (({"from": "2026-03-02"}, 1), ({"to": "2026-03-02"}, 5), ({"from": "2026-03-10"}, 0)):
        assert len(running.get("/api/profiles", params={**query, **period, "limit": 9})["data"]) == customers
    assert "touchpoint" in refused(running.http.get("/api/profiles?from=2026-03-02"), 400, "invalid")
    refused(running.http.get("/api/profiles?touchpoint=x&from=2026-03-02&to=2026-03-01"), 400, "invalid")
    refused(running.http.get("/api/profiles?touchpoint=x&to=soon"), 400, "bad_time")
    assert running.get("/api/profiles", params={"touchpoint": "web: nowhere"}) == {
        "data": [],
        "next_cursor": None,
        "total": 0,
    }


def test_customers_are_listed_found_and_paged(running: Running, name: str) -> None:
    for place in range(7):
        told(running, f"{name}-{place}", {"event": "Seen"})
    seen, cursor = [], ""
    while cursor is not None:
        page = running.get("/api/profiles", params={"q": f"user_id:{name}", "limit": 3, "cursor": cursor})
        seen += [one["keys"]["user_id"][0] for one in page["data"]]
        cursor = page["next_cursor"]
        assert page["total"] == 7
    assert sorted(seen) == [f"{name}-{place}" for place in range(7)]
    told(running, f"{name}-4", {"event": "Seen again", "timestamp": "2026-03-02T10:00:00Z", "messageId": f"{name}-x"})
    assert running.get("/api/profiles", params={"q": name})["data"][0]["keys"]["user_id"] == [f"{name}-4"]
    assert len(running.get("/api/profiles", params={"limit": 5})["data"]) == 5
    refused(running.http.get("/api/profiles?segment=nobodies"), 404, "unknown_segment")


def test_two_customers_are_merged_by_hand_and_parted_again(running: Running, name: str) -> None:
    a, b = f"user_id:{name}-a", f"user_id:{name}-b"
    told(running, f"{name}-a", {"event": "Seen"})
    told(running, f"{name}-b", {"event": "Seen"}, {"event": "Bought"})
    ids = {running.get(f"/api/profiles/{ref}")["id"] for ref in (a, b)}
    asked = {"with": b, "reason": "same person at the till"}
    seen = running.http.post(f"/api/profiles/{a}/merge", json={**asked, "preview": True}).json()
    assert (seen["preview"], set(seen["before"])) == (True, ids)
    assert len({running.get(f"/api/profiles/{ref}")["id"] for ref in (a, b)}) == 2
    assert running.http.post(f"/api/profiles/{a}/merge", json=asked).status_code == 200
    merged = running.get(f"/api/profiles/{a}")
    assert (merged["id"], merged["events"]) == (running.get(f"/api/profiles/{b}")["id"], 3)
    (link,) = running.get(f"/api/profiles/{a}/identity")["merges"]
    assert (link["how"], link["reason"], link["by"]) == ("operator", "same person at the till", "preset")
    assert running.http.post(f"/api/profiles/{b}/unmerge", json={"from": a}).status_code == 200
    assert {running.get(f"/api/profiles/{ref}")["id"] for ref in (a, b)} == ids
    assert running.get(f"/api/profiles/{b}")["events"] == 2
    refused(running.http.post(f"/api/profiles/{a}/merge", json={"with": "user_id:nobody"}), 404, "unknown_identifier")
    assert "with" in refused(running.http.post(f"/api/profiles/{a}/merge", json={}), 400, "invalid")
    refused(running.http.post(f"/api/profiles/{a}/merge", json={"with": b, "wiht": 1}), 400, "invalid")
    refused(running.http.post(f"/api/profiles/{a}/merge", content=b"{no json"), 400, "invalid")


def test_a_parting_is_taken_back_by_the_name_of_its_evidence(running: Running, name: str) -> None:
    email = f"email:{name}@example.test"
    told(running, name, {"event": "Seen"}, context={"traits": {"email": f"{name}@example.test"}})
    one = running.get(f"/api/profiles/user_id:{name}")
    done = running.http.post(f"/api/profiles/user_id:{name}/unmerge", json={"from": email, "reason": "mistyped"}).json()
    (link,) = running.get(f"/api/profiles/{email}/identity")["merges"]
    assert done["said"] == [{"a": min(link["a_id"], link["b_id"]), "b": max(link["a_id"], link["b_id"]), "how": "cut"}]
    asked = {"a": link["a"], "b": link["b"], "how": link["how"]}
    post = running.http.post
    seen = post(f"/api/profiles/{email}/take-back", json={**asked, "preview": True}).json()
    assert (seen["preview"], len(seen["before"]), seen["after"]) == (True, 2, [one["id"]])
    assert running.get(f"/api/profiles/{email}")["id"] != one["id"]
    assert post(f"/api/profiles/{quote(email, safe='')}/take-back", json=asked).status_code == 200
    assert running.get(f"/api/profiles/{email}") == one
    assert running.get(f"/api/profiles/{email}/identity")["merges"] == []
    assert "cut" in refused(post(f"/api/profiles/{email}/take-back", json={**asked, "how": "event"}), 400, "invalid")
    refused(post(f"/api/profiles/{email}/take-back", json=asked), 404, "unknown_decision")
    refused(post(f"/api/profiles/{email}/take-back"), 400, "invalid")


def test_an_identifier_that_was_parted_from_everything_can_be_opened(running: Running, name: str) -> None:
    told(running, name, {"event": "Seen"}, context={"traits": {"email": f"{name}@example.test"}})
    ref = f"email:{name}@example.test"
    answer = running.http.post(f"/api/profiles/{ref}/unmerge", json={"reason": "a till's address"}).json()
    parted = running.get(f"/api/profiles/{answer['moved'][ref]}")
    assert parted == running.get(f"/api/profiles/{ref}")
    assert (parted["events"], parted["keys"], parted["first_seen"]) == (0, {"email": [f"{name}@example.test"]}, None)
    (link,) = running.get(f"/api/profiles/{parted['id']}/identity")["merges"]
    assert (link["how"], link["reason"]) == ("cut", "a till's address")
    assert running.get(f"/api/profiles/{parted['id']}/timeline") == {"data": [], "next_cursor": None}


def test_identity_can_be_asked_as_of_a_time(running: Running, name: str) -> None:
    told(running, name, {"event": "Seen"}, context={"traits": {"email": f"{name}@example.test"}})
    now = running.get(f"/api/profiles/user_id:{name}/identity")
    assert [(one["a"], one["b"]) for one in now["links"]] == [(f"user_id:{name}", f"email:{name}@example.test")]
    past = running.http.get(f"/api/profiles/user_id:{name}/identity?as_of=2020-01-01")
    assert "at that time" in refused(past, 404, "unknown_identifier")


def test_one_customers_data_is_given_whole_and_then_removed_with_a_receipt(running: Running, name: str) -> None:
    told(running, name, {"event": "Seen"}, {"event": "Bought"}, context={"traits": {"email": f"{name}@example.test"}})
    export = running.get(f"/api/profiles/user_id:{name}/export")
    assert [one["name"] for one in export["events"]] == ["Bought", "Seen"]
    assert export["profile"]["trails"]
    receipt = running.http.delete(f"/api/profiles/user_id:{name}", params={"reason": "asked by phone"}).json()
    assert receipt["places"]["recent events"] == 2
    assert receipt["reason"] == "asked by phone"
    assert name not in json.dumps(receipt)
    for ref in (f"user_id:{name}", f"email:{name}@example.test", export["profile"]["id"]):
        refused(running.http.get(f"/api/profiles/{ref}"), 404, "unknown_identifier")
    refused(running.http.delete(f"/api/profiles/user_id:{name}"), 404, "unknown_identifier")


# ---------------------------------------------------------------- many customers


def test_the_map_counts_who_went_where_and_compares(running: Running, name: str) -> None:
    key = running.key(source=f"map-{name}")
    for place in range(4):
        batch = [
            {"type": "track", "event": step, "userId": f"{name}-{place}", "messageId": f"{name}-{place}-{minute}",
             "timestamp": f"2026-04-0{1 + place}T10:{minute:02d}:00Z"}
            for minute, step in enumerate([f"A {name}", f"B {name}", f"C {name}"][: 1 + place])
        ]  # fmt: skip
        running.post("/v1/batch", {"batch": batch}, key=key)
    period = {"from": "2026-04-01", "to": "2026-04-30"}
    answer = running.get("/api/journeys/map", params=period)
    nodes = {one["label"]: one for one in answer["nodes"]}
    assert [nodes[f"{letter} {name}"]["customers"] for letter in "ABC"] == [4, 3, 2]
    (move,) = (one for one in answer["edges"] if one["to"].endswith(f"B {name}"))
    assert (move["customers"], move["median_seconds"], move["kind"]) == (3, 60.0, "move")
    assert answer["totals"]["journeys"] == answer["totals"]["left"] + answer["totals"]["still_open"]
    assert answer["header"]["since"] == "2026-04-01T00:00:00.000000Z"
    for level in ("stage", "channel", "group"):
        assert running.get("/api/journeys/map", params={**period, "level": level})["level"] == level
    for other in ("previous", "2026-04-01..2026-04-03"):
        compared = running.get("/api/journeys/map", params={**period, "compare": other})["comparison"]
        assert compared["caption"]
    refused(running.http.get("/api/journeys/map?compare=yesterday"), 400, "invalid")
    refused(running.http.get("/api/journeys/map?compare=previous"), 400, "invalid")
    refused(running.http.get("/api/journeys/map?level=nothing"), 400, "invalid")
    moves = running.get("/api/journeys/moves", params={"from": "2026-04-02", "to": "2026-04-03"})
    mine = [(one["to"], one["at"]) for one in moves["moves"] if name in one["to"]]
    assert mine == [(f"web: B {name}", "2026-04-02T10:01:00.000000Z")]
    refused(running.http.get("/api/journeys/moves"), 400, "invalid")
    refused(running.http.get("/api/journeys/moves?from=2026-04-02&to=2026-04-02"), 400, "invalid")
    opened = running.get("/api/journeys/map", params={"level": "group", "open": [f"web: A {name}", f"web: B {name}"]})
    assert {f"A {name}", f"B {name}"} <= {one["label"] for one in opened["nodes"]}
    refused(running.http.get("/api/journeys/map?open=x"), 400, "invalid")
    refused(running.http.get("/api/journeys/map?from=2026-04-30&to=2026-04-01"), 400, "invalid")
    refused(running.http.get("/api/journeys/map?segment=nobodies"), 404, "unknown_segment")


def test_touchpoints_are_listed_with_those_that_wait_for_a_name(running: Running, name: str) -> None:
    told(running, name, {"event": f"Odd {name}"})
    waiting = running.get("/api/touchpoints", params={"mapped": "false"})["data"]
    (one,) = (one for one in waiting if one["touchpoint"] == f"web: Odd {name}")
    assert (one["events"], one["customers"], one["mapped"]) == (1, 1, False)
    first = running.get("/api/touchpoints", params={"limit": 1})
    if first["next_cursor"]:
        second = running.get("/api/touchpoints", params={"limit": 1, "cursor": first["next_cursor"]})
        assert second["data"] != first["data"]


# ---------------------------------------------------------------- configuration


def test_a_document_goes_from_draft_to_force_and_back(running: Running, name: str) -> None:
    id = f"web: Plan page / {name}"
    at = f"/api/config/touchpoint/{quote(id, safe='')}"
    bad = running.http.post("/api/config/touchpoint/check", json={"id": id, "chanel": "web"}).json()
    assert (bad["ok"], "chanel" in bad["problems"][0]) == (False, True)
    refused(running.http.put(at, json={"id": id, "chanel": "web"}), 400, "invalid")
    refused(running.http.put(at, json={"id": "another"}), 400, "invalid")
    body = {"channel": "web", "stage": "consider", "match": [{"name": f"Plan {name}"}]}
    assert running.http.post("/api/config/touchpoint/check", json={"id": id, **body}).json() == {
        "ok": True,
        "problems": [],
        "warnings": [],
    }
    first = running.http.put(at, json=body, params={"reason": "first"}).json()
    assert (first["version"], first["state"], first["by"]) == (1, "draft", "preset")
    assert running.http.post(f"{at}/publish", json={}).json()["state"] == "published"
    told(running, name, {"event": f"Plan {name}"})
    assert running.get(f"/api/profiles/user_id:{name}")["stage"]["current"] == "consider"
    running.http.put(at, json={**body, "stage": "buy"})
    assert running.http.post(f"{at}/publish", json={"reason": "moved"}).json()["version"] == 2
    assert running.get(f"/api/profiles/user_id:{name}")["stage"]["current"] == "buy"
    assert running.http.post(f"{at}/rollback", json={"version": 1}).json()["state"] == "published"
    assert [one["state"] for one in running.get(at)["data"]] == ["published", "retired"]
    assert running.get(f"/api/profiles/user_id:{name}")["stage"]["current"] == "consider"
    retired = running.http.post(f"{at}/retire").json()  # a reason may be given
    assert [one["state"] for one in retired["data"]] == ["retired", "retired"]
    refused(running.http.post("/api/config/touchpoint/none/publish", json={}), 404, "unknown_document")
    assert "touchpoint" in refused(running.http.get("/api/config/tuchpoint"), 400, "invalid")


def test_a_segment_fills_and_its_customers_are_listed(running: Running, name: str) -> None:
    rule = {"trait": "plan", "is": f"gold-{name}"}
    shape = running.http.post("/api/config/segment/check", json={"id": name, "rule": rule}).json()
    assert shape["ok"], shape
    running.http.put(f"/api/config/segment/{name}", json={"rule": rule})
    running.http.post(f"/api/config/segment/{name}/publish", json={})
    told(running, name, {"type": "identify", "traits": {"plan": f"gold-{name}"}})
    assert name in running.get(f"/api/profiles/user_id:{name}")["segments"]
    (member,) = running.get("/api/profiles", params={"segment": name})["data"]
    assert member["keys"] == {"user_id": [name]}
    (one,) = (one for one in running.get("/api/segments?count=true")["data"] if one["id"] == name)
    assert (one["customers"], one["rule"]) == (1, rule)
    assert running.get("/api/journeys/map", params={"segment": name})["totals"]["customers"] <= 1


def test_a_parameter_that_is_wrong_is_told_by_its_name_with_what_would_be_right(running: Running, name: str) -> None:
    running.post("/v1/track", {"event": "Seen", "userId": name})
    for address, told in {
        "/api/profiles?limit=0": "limit: '0' is not a whole number from 1 to 500",
        "/api/dead-letter?state=lost": "state: 'lost' is not one of open, replayed, discarded",
        "/api/touchpoints?mapped=maybe": "mapped: 'maybe' is not true or false",
        f"/api/journeys/map?segment={'x' * 201}": f"segment: '{'x' * 40}' is not text of at most 200 characters",
        "/api/journeys/map?from=2026-01-02&to=2026-01-01": "from, to: the period is empty",
        f"/api/profiles/user_id:{name}/timeline?from=2026-01-02&to=2026-01-02": "from, to: the period is empty",
    }.items():
        answer = running.http.get(address)
        refused(answer, 400, "invalid")
        assert told in answer.json()["message"]
    answer = running.http.put("/api/touchpoints", json={})
    refused(answer, 405, "method_not_allowed")
    assert answer.json()["message"] == "this address takes GET, OPTIONS"
    assert answer.headers["allow"] == "GET, OPTIONS"


def test_a_customer_is_called_by_the_strongest_key_first(running: Running, name: str) -> None:
    traits = {"email": f"{name}@example.test", "phone": "+1 415 555 0100"}
    running.post("/v1/identify", {"anonymousId": f"b-{name}", "userId": name, "traits": traits})
    profile = running.get(f"/api/profiles/anonymous_id:b-{name}")
    kinds = [one["kind"] for one in profile["identifiers"]]
    assert kinds == ["user_id", "email", "phone", "anonymous_id"] == list(profile["keys"])


def test_work_that_a_change_asks_for_is_seen_as_a_job(running: Running, name: str) -> None:
    running.http.put(f"/api/config/stage/{name}", json={"order": 9})
    running.http.post(f"/api/config/stage/{name}/publish", json={})
    until = time.monotonic() + 15
    while time.monotonic() < until:
        jobs = {one["name"]: one for one in running.get("/api/jobs")["data"]}
        if jobs.get("rejudge", {}).get("ended"):
            break
        time.sleep(0.1)
    assert (jobs["rejudge"]["error"], jobs["rejudge"]["unit"]) == ("", "customers")


# ---------------------------------------------------------------- is it well


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
