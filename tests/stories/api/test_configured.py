"""What is configured through the API -> the map, touchpoints, segments, and the work that a change asks for."""

from __future__ import annotations

import time
from urllib.parse import quote

from stories.api.asked import refused, told
from stories.api.running import Running


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


def test_a_view_is_kept_for_everybody_until_it_is_taken_away(running: Running, name: str) -> None:
    id = f"view_{name}"
    body = {"name": "Weekly", "address": "/funnels?steps=stage%3Adiscover%2Cstage%3Abuy&split=at_risk"}
    assert running.http.put(f"/api/config/view/{id}", json=body).json()["version"] == 1
    assert running.http.post(f"/api/config/view/{id}/publish", json={}).status_code == 200
    mine = [one for one in running.get("/api/config/view")["data"] if one["id"] == id]
    assert [(one["published"], one["body"]) for one in mine] == [(1, {"id": id, **body})]
    assert running.http.post(f"/api/config/view/{id}/retire", json={}).status_code == 200
    assert id not in [one["id"] for one in running.get("/api/config/view")["data"]]
    elsewhere = {"name": "Weekly", "address": "https://elsewhere.test/map"}
    refused(running.http.put(f"/api/config/view/{id}", json=elsewhere), 400, "invalid")


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
