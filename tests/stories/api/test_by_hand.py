"""What people decide over the API: letters heard again or closed, identifiers let go, receipts read, keys made."""

from __future__ import annotations

from stories.api.asked import refused
from stories.api.running import Running


def test_dead_letters_are_heard_again_once_the_reason_is_gone(running: Running, name: str) -> None:
    source = f"shop-{name}"
    key = running.key(source=source)
    answer = running.post("/v1/track", {"event": "Big", "userId": name, "properties": {"x": "y" * 40_000}}, key=key)
    assert answer.status_code == 413
    (letter,) = running.get("/api/dead-letter", params={"source": source})["data"]
    still = running.http.post("/api/dead-letter/replay", json={"ids": [letter["id"]]}).json()
    assert still == {"accepted": 0, "duplicates": 0, "still": 1}
    running.http.put(f"/api/config/source/{source}", json={"limits": {"event_bytes": 100_000}})
    running.http.post(f"/api/config/source/{source}/publish", json={})
    again = running.http.post("/api/dead-letter/replay", json={"source": source}).json()
    assert again == {"accepted": 1, "duplicates": 0, "still": 0}
    assert running.get("/api/dead-letter", params={"source": source})["data"] == []
    assert len(running.get("/api/dead-letter", params={"source": source, "state": "replayed"})["data"]) == 1
    assert running.get(f"/api/profiles/user_id:{name}")["events"] == 1
    refused(running.http.post("/api/dead-letter/replay", json={}), 400, "invalid")
    refused(running.http.get("/api/dead-letter?state=lost"), 400, "invalid")
    refused(running.http.get("/api/dead-letter?cursor=x"), 400, "invalid")


def test_a_letter_that_comes_again_is_counted_and_all_of_a_source_are_closed_at_once(
    running: Running, name: str
) -> None:
    source = f"shop-{name}"
    key = running.key(source=source)
    for _ in range(3):
        running.post("/v1/batch", {"batch": [{"type": "track", "event": "Nobody", "messageId": name}]}, key=key)
    answer = running.get("/api/dead-letter", params={"source": source})
    (letter,) = answer["data"]
    assert (letter["count"], letter["trusted"], letter["line"]) == (3, False, 0)
    assert letter["at"] < letter["last"]
    assert (answer["next_cursor"], answer["not_kept"]) == (None, 0)
    refused(running.http.post("/api/dead-letter/discard", json={}), 400, "invalid")
    refused(running.http.post("/api/dead-letter/discard", json={"ids": [1], "source": source}), 400, "invalid")
    assert running.http.post("/api/dead-letter/discard", json={"source": source}).json() == {"discarded": 1}
    assert running.get("/api/dead-letter", params={"source": source})["data"] == []


def test_a_quarantined_identifier_is_listed_released_and_held_back_again(running: Running, name: str) -> None:
    for number in range(22):
        running.post("/v1/track", {"event": "Paid", "userId": f"{name}{number}", "anonymousId": f"till-{name}"})
    ref = f"anonymous_id:till-{name}"

    def listed() -> list[str]:
        found, cursor = [], ""
        while cursor is not None:
            page = running.get("/api/quarantine", params={"limit": 1, "cursor": cursor})
            found += [f"{one['kind']}:{one['value']}" for one in page["data"]]
            cursor = page["next_cursor"]
        return found

    assert ref in listed()
    address = f"/api/identifiers/{ref}/release"
    assert running.http.post(address, json={"preview": True}).json()["preview"]
    assert ref in listed()
    done = running.http.post(address, json={"reason": "one household"}).json()
    assert done["moved"][ref] in {running.get(f"/api/profiles/user_id:{name}{number}")["id"] for number in range(22)}
    assert ref not in listed()
    (said,) = (one for one in running.get(f"/api/profiles/{ref}/identity")["links"] if one["how"] == "release")
    assert said["reason"] == "one household"
    refused(running.http.post(address), 400, "not_quarantined")
    assert '"reason"?: text' in refused(running.http.post(address, json={"because": "x"}), 400, "invalid")
    assert running.http.delete(address).status_code == 200
    assert ref in listed()
    refused(running.http.delete(address), 400, "invalid")
    refused(running.http.post("/api/identifiers/email:nobody@x.test/release", json={}), 404, "unknown_identifier")
    refused(running.http.get("/api/quarantine?cursor=x"), 400, "invalid")


def test_receipts_of_erasures_are_listed_newest_first(running: Running, name: str) -> None:
    made = []
    for number in range(3):
        running.post("/v1/track", {"event": "Seen", "userId": f"{name}{number}"})
        made.append(running.http.delete(f"/api/profiles/user_id:{name}{number}?reason={name}").json())
    page = running.get("/api/erasures", params={"limit": 2})
    assert page["data"] == made[:0:-1]
    page = running.get("/api/erasures", params={"limit": 2, "cursor": page["next_cursor"]})
    assert page["data"][0] == made[0]
    assert running.get(f"/api/erasures/{made[1]['id']}") == made[1]
    refused(running.http.get("/api/erasures/nothing"), 404, "not_found")
    refused(running.http.get("/api/erasures?cursor=nothing"), 400, "invalid")


def test_a_stage_that_is_not_there_works_with_a_warning(running: Running, name: str) -> None:
    body = {"stage": f"nowhere-{name}", "match": [{"name": name}]}
    checked = running.http.post("/api/config/touchpoint/check", json={"id": f"web: {name}", **body}).json()
    assert (checked["ok"], checked["problems"], len(checked["warnings"])) == (True, [], 1)
    assert f"there is no stage 'nowhere-{name}', which web: {name} says" in checked["warnings"][0]
    touchpoint = f"/api/config/touchpoint/web: {name}"
    assert running.http.put(touchpoint, json=body).json()["warnings"] == []
    assert running.http.post(f"{touchpoint}/publish").json()["warnings"] == checked["warnings"]
    running.http.put(touchpoint, json={**body, "stage": "buy"})
    assert running.http.post(f"{touchpoint}/publish").json()["warnings"] == []
    assert running.http.post(f"{touchpoint}/rollback", json={"version": 1}).json()["warnings"] == checked["warnings"]
    assert running.http.post(f"{touchpoint}/retire").json()["warnings"] == []


def test_keys_are_made_shown_once_and_never_again(running: Running, name: str) -> None:
    made = running.http.post(
        "/api/keys", json={"source": "app", "label": name, "origins": ["https://a.test"], "per_second": 7}
    )
    told_once = made.json()["key"]
    assert told_once not in running.http.get("/api/keys").text
    (one,) = (one for one in running.get("/api/keys")["data"] if one["label"] == name)
    assert (one["origins"], one["per_second"], one["hint"], one["revoked"]) == (
        ["https://a.test"],
        7,
        told_once[-4:],
        None,
    )
    refused(running.http.delete("/api/keys/none"), 404, "unknown_key")
    refused(running.http.post("/api/keys", json={"kind": "golden"}), 400, "invalid")
    refused(running.http.post("/api/keys", json={"per_second": -1}), 400, "invalid")
