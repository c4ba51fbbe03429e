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


def test_an_idea_is_made_of_a_gap_and_leads_back_to_it(page: Page, tideline_hub: Running) -> None:
    """Everything the gap tells is filled in; the idea is the hub's document; its way back opens the gap; it goes with undo."""
    page.goto("/gaps?kinds=channel_switch")
    page.get_by_role("button", name=re.compile("^Open Channel switch")).first.click()
    page.get_by_role("button", name="Make an idea").click()
    dialog = page.get_by_role("dialog", name="Make an idea")
    expect(dialog.get_by_label("Idea")).to_have_value(re.compile("^Channel switch: .+ → .+"))
    expect(dialog.get_by_label("Hypothesis")).to_have_value(re.compile("If we close this gap"))
    dialog.get_by_label("Idea").fill("Call before they do")
    dialog.get_by_label("Owner").fill("Ada")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_be_hidden()
    row = page.get_by_role("row", name=re.compile("Call before they do"))
    expect(row).to_contain_text("Ada")
    (told,) = [one for one in tideline_hub.get("/api/config/idea")["data"] if one["id"] == "call_before_they_do"]
    assert told["body"]["origin"]["row"]["kind"] == "channel_switch"
    page.goto("/gaps")
    row.get_by_role("button", name=re.compile("^Channel switch: ")).click()
    expect(page.get_by_role("complementary", name="Channel switch")).to_be_visible()
    page.get_by_role("button", name="Remove Call before they do").click()
    expect(row).to_be_hidden()
