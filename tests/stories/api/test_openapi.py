"""The API's own description -> is true: whatever fits it is answered as it says, whatever does not is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from harken.api.ingest import EVENT_PATHS
from stories.api.running import SECRET_KEY, Running


def described(running: Running) -> dict[str, object]:
    answer = httpx.get(running.url + "/api/openapi.json", trust_env=False, timeout=60)
    assert answer.status_code == 200
    told: dict[str, object] = answer.json()
    return told


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A hub of its own: what is made up here erases, merges and revokes."""
    with Running(tmp_path_factory.mktemp("made-up")) as server:
        batch = [
            {"type": "track", "event": f"Step {place % 5}", "userId": f"u{place % 7}", "anonymousId": f"a{place % 11}"}
            for place in range(40)
        ]
        server.post("/v1/batch", {"batch": batch})
        yield server


def test_every_operation_has_a_name_a_text_and_a_place(running: Running) -> None:
    told = described(running)
    ids = set()
    for path, methods in told["paths"].items():  # type: ignore[attr-defined]
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["tags"], where
            assert len(operation["description"]) > 10, where
            assert "Wrap a given callable" not in operation["description"], where
            assert operation["operationId"] not in ids, where
            ids.add(operation["operationId"])
            assert {"400", "401", "404"} <= set(operation["responses"]), where
    assert len(ids) > 20


def test_every_path_of_the_collector_and_the_live_stream_are_described(running: Running) -> None:
    told = described(running)
    paths: dict[str, dict[str, dict[str, object]]] = told["paths"]  # type: ignore[assignment]
    short = {f"/v1/{letter}" for letter in "tipsgabm"}  # told in the texts of the long ones
    collector = {path.rstrip("/") for path in EVENT_PATHS} - short - {"/v1/metrics"}
    assert collector <= set(paths)
    assert paths["/v1/track"]["post"]["requestBody"]
    assert {"writeKey": []} in paths["/v1/batch"]["post"]["security"]  # type: ignore[operator]
    assert "text/event-stream" in json.dumps(paths["/api/live"]["get"]["responses"])
    assert paths["/api/profiles/{ref}/merge"]["post"]["requestBody"]["required"] is True  # type: ignore[index]
    assert paths["/api/profiles/{ref}/unmerge"]["post"]["requestBody"]["required"] is False  # type: ignore[index]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(told)))
    assert named <= set(told["components"]["schemas"])  # type: ignore[index]


def test_the_docs_page_names_only_files_that_are_there(running: Running) -> None:
    page = httpx.get(running.url + "/api/docs", trust_env=False).text
    named = {*re.findall(r'(?:src|href)="([^"#]+)"', page)} - {"/", "./"}
    assert {"api/docs/docs.js", "api/docs/docs.css", "api/openapi.json"} <= named
    for name in named:
        assert httpx.get(f"{running.url}/{name}", trust_env=False).status_code == 200


def test_made_up_requests_are_answered_as_described(own: Running, tmp_path: Path) -> None:
    schema = schemathesis.openapi.from_dict(described(own))
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in {"/api/keys/{id}", "/api/live"}:  # it would revoke our own key; it does not end
            continue

        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def asked(case: schemathesis.Case) -> None:
            answer = case.call(base_url=own.url, headers={"authorization": f"Bearer {SECRET_KEY}"})
            checks = [
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
            ]
            case.validate_response(answer, checks=checks)
            if answer.status_code >= 400:
                assert set(json.loads(answer.content)) - {"errors"} == {"code", "message", "request_id"}

        from hypothesis import given

        given(case=operation.as_strategy())(asked)()
