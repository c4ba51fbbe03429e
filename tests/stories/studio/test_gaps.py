"""The gaps page in Chromium: ranked as the API ranks them, each with its customers, its score, and the way to the map."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from stories.api.running import Running


def asked(hub: Running, **said: Any) -> dict[str, Any]:
    """The API's answer."""
    answer = hub.http.post("/api/journeys/gaps", json=said)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_every_number_is_the_apis(page: Page, tideline_hub: Running) -> None:
    """In the order of the API; "other" is a row; the kinds stand on top."""
    found = asked(tideline_hub)
    page.goto("/gaps")
    rows = page.get_by_role("row").filter(has=page.get_by_role("button"))
    told = found["tables"]["gaps"]["rows"]
    expect(rows).to_have_count(len(told))
    for at, row in enumerate(told):
        expect(rows.nth(at).get_by_role("button", name=re.compile(f"^{row['customers']:,}, "))).to_be_visible()
    kinds = page.get_by_role("list", name="By kind").get_by_role("listitem")
    expect(kinds).to_have_count(len(found["tables"]["kinds"]["rows"]))
    for at, row in enumerate(found["tables"]["kinds"]["rows"]):
        expect(kinds.nth(at)).to_contain_text(f"{row['customers']:,}")


def test_a_gap_opens_and_leads_on(page: Page, tideline_hub: Running) -> None:
    """Its score adds up, its customers are as many as counted, Back closes, the map shows the same link."""
    page.goto("/gaps?kinds=channel_switch")
    found = asked(tideline_hub, kinds=["channel_switch"])
    row = next(one for one in found["tables"]["gaps"]["rows"] if one["kind"] == "channel_switch")
    page.get_by_role("button", name=re.compile("^Open Channel switch")).first.press("Enter")
    panel = page.get_by_role("complementary", name="Channel switch")
    expect(panel).to_contain_text(f"{row['events']:,} times")
    page.reload()
    expect(panel).to_be_visible()
    panel.get_by_role("button", name="Show customers").click()
    people = page.get_by_role("complementary")
    expect(people.get_by_role("status")).to_have_text(re.compile(f"^{row['customers']:,} customer"))
    page.go_back()
    expect(panel).to_be_visible()
    panel.get_by_role("link", name="Show on the map").click()
    expect(page).to_have_url(re.compile(r"/map\?.*focus="))
    expect(page.get_by_role("heading", name="Journey map")).to_be_visible()
    page.go_back()
    expect(panel).to_be_visible()


def test_what_a_goal_is_worth_changes_the_value(page: Page, tideline_hub: Running) -> None:
    """The amounts are in the address, and the value follows."""
    page.goto("/gaps")
    page.get_by_role("spinbutton", name="A goal is worth").fill("120")
    page.get_by_role("spinbutton", name="A goal is worth").press("Enter")
    expect(page).to_have_url(re.compile("worth=120"))
    best = asked(tideline_hub, goal_value=120)["tables"]["gaps"]["rows"][0]
    first = page.get_by_role("row").filter(has=page.get_by_role("button")).first
    told = f"{best['value']:.1f}" if abs(best["value"]) < 99.5 else f"{best['value']:,.0f}"
    expect(first).to_contain_text(told)
    expect(page.get_by_role("columnheader", name="Value", exact=True)).to_be_visible()


def test_axe_finds_nothing(page: Page, axe: Callable[..., None]) -> None:
    """The list with a gap opened, and its tables."""
    page.goto("/gaps")
    page.get_by_role("button", name=re.compile("^Open ")).first.click()
    expect(page.get_by_role("complementary")).to_be_visible()
    axe(page)
    page.goto("/gaps?view=table")
    expect(page.get_by_role("region", name="The numbers as tables")).to_be_visible()
    axe(page)
