"""What one customer will do next, by HTTP; and analyses by the name their commands have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.analyses import by_api, tideline_hub
from harken.hub import Hub

DASHED = ["next-step", "next_step"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with tideline_hub(tmp_path_factory.mktemp("tideline")) as hub:
        yield hub


def asked(hub: Hub, method: str, path: str, body: Any = None) -> Any:
    answer = by_api(hub, method, path, body)
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


def test_it_is_learned_in_the_background_when_one_asks_and_told_of_one_customer(hub: Hub) -> None:
    pid = hub.profiles(limit=1).data[0].pid
    assert asked(hub, "GET", f"/api/profiles/{pid}/chance")["model"] is None
    assert asked(hub, "POST", "/api/chances") == {"model": None}
    hub.jobs.run_wanted()
    model = asked(hub, "GET", "/api/chances")["model"]
    assert model["within_seconds"] == 604_800
    assert model["goals"] == [*hub.config.goals]
    told = asked(hub, "GET", f"/api/profiles/{pid}/chance?limit=2")
    wanted = hub.chance(pid, limit=2)
    assert told["model"] == model
    assert told["after"] == [*wanted.after]
    assert [(one["touchpoint"], one["chance"]) for one in told["next"]] == [
        (one.touchpoint, one.chance) for one in wanted.next
    ]
    assert told["goals"] == wanted.goals
    assert all(0 <= chance <= 1 for chance in told["goals"].values())
    assert told["until"] > told["as_of"] > told["at"]
    assert by_api(hub, "GET", "/api/profiles/email:nobody@x.test/chance").status_code == 404


@pytest.mark.parametrize("name", DASHED)
def test_an_analysis_is_asked_by_either_spelling(hub: Hub, name: str) -> None:
    body = {"order": 2, "most": 2}
    told = asked(hub, "POST", f"/api/journeys/{name}", body)
    assert told["analysis"] == "next_step"
    assert told["caption"] == hub.journeys.ask(name, **body).caption
    assert by_api(hub, "POST", f"/api/journeys/{name}?format=csv", body).text.startswith("from,to,")
    row = told["tables"]["next"]["rows"][0]
    people = asked(hub, "POST", f"/api/journeys/{name}/customers", {**body, "row": {"table": "next", **row}})
    assert people["total"] == row["now"]


def test_the_description_of_the_api_names_each_once(hub: Hub) -> None:
    paths = asked(hub, "GET", "/api/openapi.json")["paths"]
    assert "/api/journeys/next_step" in paths
    assert not [path for path in paths if "next-step" in path]
    assert json.dumps(paths).count('"ask_next_step"') == 1
