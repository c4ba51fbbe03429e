"""The dashboard in Chromium, of a company where a chance doubled last week: every number opens the customers it counts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from harken.hub import Hub
from harken.words import SECOND, RawBatch
from stories.api.running import Running
from stories.studio.served import Browsing, findings, served
from unit.understand.weeks import NODES, WEEK, chances, changed, company, doubled

WEEKS = 7


@pytest.fixture(scope="module")
def hub(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("dashboard")
    with Hub.open(data) as opened:
        for place, name in enumerate(NODES):
            body = {"id": f"web: {name}", "stage": "use" if place < 5 else "get_help", "match": [{"name": name}]}
            opened.documents.put("touchpoint", body, by="test")
            opened.documents.publish("touchpoint", body["id"], by="test")  # type: ignore[arg-type]
        now = opened.core.clock()
        for lines in history(now - WEEKS * WEEK):
            [answer] = opened.hear([RawBatch(source="web", dialect="harken", body=lines, received=now)])
            assert not answer.dropped
        opened.settle()
    with served(data) as running:
        yield running


def history(begin: int) -> Iterator[bytes]:
    """What customers did; last week twice as many go from home to search. A third of those who called answer a survey."""
    before = chances(1)
    before[0] = before[0] * 0.75 / (1 - before[0, 1])
    before[0, 1] = 0.25
    rows = company(1, changed(before, doubled(before, 0, 1), WEEKS, 1), weeks=WEEKS, people=400)
    lines: list[dict[str, Any]] = []
    for row in rows.filter(pl.col("profile") != "-1").iter_rows(named=True):
        felt = {} if row["emotion"] is None else {"emotion": row["emotion"]}
        lines.append(line(row, row["touchpoint"], begin + row["occurred"], felt))
        if row["touchpoint"] == "Call" and row["seq"] % 3 == 0:
            answered = {"score": 10 if row["seq"] % 2 else 1}
            lines.append(line(row, "NPS answered", begin + row["occurred"] + SECOND, answered))
    for at in range(0, len(lines), 1_000):
        yield "\n".join(json.dumps(one) for one in lines[at : at + 1_000]).encode()


def line(row: dict[str, Any], name: str, at: int, properties: dict[str, Any]) -> dict[str, Any]:
    when = datetime.fromtimestamp(at / SECOND, UTC).isoformat()
    who = {"user_id": f"u{row['profile']}"}
    return {"name": name, "type": "track", "occurred": when, "identifiers": who, "properties": properties}


@pytest.fixture
def page(hub: Running, browsing: Browsing) -> Page:
    opened = browsing.open(hub.url)
    opened.goto("/dashboard")
    expect(opened.get_by_role("heading", name="Changed beyond chance")).to_be_visible()
    return opened


def listed(page: Page, count: int) -> None:
    """The panel beside the picture tells as many customers as were pressed."""
    expect(page.get_by_text(re.compile(rf"^{count:,} customers?$"))).to_be_visible()
    page.keyboard.press("Escape")


def test_an_alert_leads_to_the_map_and_lists_its_customers(hub: Running, page: Page) -> None:
    alerts = hub.http.post("/api/journeys/drift", json={}).json()["tables"]["alerts"]["rows"]
    told = next(one for one in alerts if (one["from"], one["to"]) == ("web: Home", "web: Search"))
    alert = page.get_by_role("listitem").filter(has=page.get_by_text("Home → Search", exact=True))
    expect(alert.get_by_role("link")).to_have_attribute("href", re.compile(r"/map\?.*focus=web%3A(\+|%20)Home.*next="))
    alert.get_by_role("button").click()
    listed(page, told["customers"])


@pytest.mark.parametrize(("measure", "table"), [("Emotion", "touchpoints"), ("NPS", "surveys")])
def test_a_point_of_the_curve_lists_who_answered(hub: Running, page: Page, measure: str, table: str) -> None:
    answer = hub.http.post("/api/journeys/kpis", json={"level": "stage"}).json()
    page.get_by_role("radio", name=measure, exact=True).or_(
        page.get_by_role("button", name=measure, exact=True)
    ).first.click()
    curve = page.get_by_role("region", name="Over the stages")
    row = next(one for one in answer["tables"][table]["rows"] if one["id"] == "get_help")
    number = row["answers"] if table == "surveys" else row["emotion_n"]
    asked = {"table": table, "id": "get_help", **({"asks": "NPS"} if table == "surveys" else {"told": True})}
    people = hub.http.post("/api/journeys/kpis/customers", json={"level": "stage", "row": asked}).json()["total"]
    if table == "surveys":
        assert people == row["customers"]
    curve.get_by_role("button", name=re.compile(rf"^{number:,} answers\s*, Get help")).click()
    listed(page, people)


def test_tiles_tell_nps_of_the_contact_before_the_answer(hub: Running, page: Page) -> None:
    rows = hub.http.post("/api/journeys/kpis", json={}).json()["tables"]["touchpoints"]["rows"]
    nps = next(one["nps"] for one in rows if one["id"] == "web: Call")
    tile = page.get_by_role("listitem", name="Call", exact=True)
    expect(tile.get_by_text("NPS", exact=True)).to_be_visible()
    expect(tile).to_contain_text(f"{abs(round(nps * 100))}")
    assert findings(page) == []
