"""What was heard -> what the read API answers about one customer and about many."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from stories.api.asked import refused, told
from stories.api.running import Running


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


def test_a_customer_is_called_by_the_strongest_key_first(running: Running, name: str) -> None:
    traits = {"email": f"{name}@example.test", "phone": "+1 415 555 0100"}
    running.post("/v1/identify", {"anonymousId": f"b-{name}", "userId": name, "traits": traits})
    profile = running.get(f"/api/profiles/anonymous_id:b-{name}")
    kinds = [one["kind"] for one in profile["identifiers"]]
    assert kinds == ["user_id", "email", "phone", "anonymous_id"] == list(profile["keys"])
