"""What people decide about customers through the API -> who is who: merged, parted, taken back, given out and removed."""

from __future__ import annotations

import json
from urllib.parse import quote

from stories.api.asked import refused, told
from stories.api.running import Running


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
