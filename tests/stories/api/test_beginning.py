"""The first minutes with a hub over HTTP: sample data, naming places, and a live stream that begins with the newest."""

from __future__ import annotations

import time
from pathlib import Path

from stories.api.running import Running
from stories.api.test_live import names, say, watching


def test_sample_data_is_loaded_into_an_empty_hub_once(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        assert running.get("/api/sample") == {"empty": True, "state": "none", "customers": 300, "days": 30}
        assert running.http.post("/api/sample").status_code == 202
        until = time.monotonic() + 60
        while running.get("/api/sample")["state"] != "loaded" and time.monotonic() < until:
            time.sleep(0.2)
        assert running.get("/api/sample")["empty"] is False
        again = running.http.post("/api/sample")
        assert (again.status_code, again.json()["code"]) == (409, "not_empty")
        assert running.get("/api/touchpoints")["data"][0]["customers"] > 20


def test_sample_data_is_refused_once_something_was_heard(running: Running, name: str) -> None:
    say(running, name, range(1))
    answer = running.http.post("/api/sample")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_empty")
    assert "only for an empty one" in answer.json()["message"]


def test_places_get_proposed_rules_and_a_preview(running: Running, name: str) -> None:
    say(running, name, range(1))
    place = f"web: {name} 0"
    answer = running.http.post("/api/touchpoints/propose", json={"touchpoints": [place]})
    assert answer.json()["data"] == [
        {"touchpoint": place, "channel": "web", "match": [{"source": "web", "type": "track", "name": f"{name} 0"}]}
    ]
    assert running.http.get("/api/touchpoints/properties", params={"touchpoint": place}).json()["data"] == []
    draft = {"id": f"web: {name}", "match": answer.json()["data"][0]["match"]}
    caught = running.http.post("/api/touchpoints/preview", json=draft).json()
    assert (caught["events"], caught["customers"], caught["now"]) == (1, 1, {place: 1})
    wrong = running.http.post("/api/touchpoints/preview", json={"id": "x", "stages": "y"})
    assert wrong.status_code == 400
    assert "did you mean 'stage'?" in wrong.json()["message"]
    assert running.http.post("/api/touchpoints/propose", json={"touchpoints": []}).status_code == 400


def test_a_stream_may_begin_with_the_newest_and_says_who_everybody_is(running: Running, name: str) -> None:
    say(running, name, range(5))
    with watching(running, recent="3") as stream:
        told = stream.read(3)
        assert names(told) == [f"{name} {place}" for place in (2, 3, 4)]
        assert {one["who"] for one in told} == {f"user_id:{name}"}
        say(running, name, range(5, 6))
        assert names(stream.read(1)) == [f"{name} 5"]
    answer = running.http.get("/api/live", params={"recent": "many"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_number")
