"""The segments page in Chromium: numbers while a rule is written, publishing it, and the way back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from stories.api.running import Running
from stories.studio.served import Browsing, seed, served

HOSTILE = '<img src=x onerror="window.hurt=1">'


@pytest.fixture
def hub(built: Path, tmp_path: Path) -> Iterator[Running]:
    """Tideline in small, to be changed."""
    seed(tmp_path, customers=60, days=10)
    with served(tmp_path) as running:
        yield running


def tried(hub: Running, rule: dict[str, Any], id: str = "") -> dict[str, Any]:
    """What the API says of a rule."""
    answer = hub.http.post("/api/segments/try", json={"rule": rule, "id": id})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def statement(page: Page) -> Any:
    return page.locator("[class*=statement]")


def test_every_number_is_the_apis(page: Page, tideline_hub: Running) -> None:
    """Of the list, of the rule, and of each condition; the address restores all of it."""
    page.goto("/segments?segment=at_risk&with=needs_help")
    listed = tideline_hub.get("/api/segments", params={"count": "true"})["data"]
    for one in listed:
        shown = page.get_by_role("navigation", name="Segments").get_by_role("button").filter(has_text=one["name"])
        expect(shown).to_contain_text(f"{one['customers']:,}")
    rule = next(one["rule"] for one in listed if one["id"] == "at_risk")
    found = tried(tideline_hub, rule, "at_risk")
    assert found["ok"], found
    expect(statement(page)).to_contain_text(f"{found['customers']:,} fit")
    expect(statement(page)).to_contain_text(found["words"])
    for part in found["parts"][1:]:
        fit = page.locator(f'[title="{part["words"]}"]'.replace("\n", " ")).first
        expect(fit).to_contain_text(f"{part['customers']:,} by itself")
    both = tideline_hub.get("/api/segments/overlap", params={"a": "at_risk", "b": "needs_help"})
    overlap = page.get_by_role("region", name="Overlap with")
    expect(overlap.get_by_role("listitem").filter(has_text="Both")).to_have_text(f"Both {both['both']:,}")
    page.reload()
    expect(overlap.get_by_role("listitem").filter(has_text="Both")).to_have_text(f"Both {both['both']:,}")


def test_a_segment_is_written_published_and_taken_back(hub: Running, browsing: Browsing) -> None:
    """From nothing to in force with a reason, by keyboard where it matters; undone from the message."""
    page = browsing.open(hub.url)
    page.goto("/segments")
    page.get_by_role("button", name="New segment").first.press("Enter")
    page.get_by_role("textbox", name="Name").fill("Looked at plans")
    page.get_by_role("button", name="Add a condition").press("Enter")
    page.get_by_role("combobox", name="What it is about").select_option("touchpoint")
    page.get_by_role("combobox", name="Which").fill("web: Plan page")
    page.get_by_role("combobox", name="Within").select_option("")
    rule = {"all": [{"touchpoint": "web: Plan page", "at_least": 1}]}
    found = tried(hub, rule)
    assert found["customers"] > 0
    expect(statement(page)).to_contain_text(f"{found['customers']:,} fit")
    expect(page).to_have_url(re.compile("draft="))
    page.reload()  # the draft is in the address
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Looked at plans")
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("textbox", name="Why").fill("for the spring campaign")
    page.get_by_role("button", name="Publish", exact=True).press("Enter")
    expect(page.get_by_text("Looked at plans is published")).to_be_visible()
    [version] = hub.get("/api/config/segment/looked_at_plans")["data"]
    assert (version["body"]["rule"], version["reason"], version["state"]) == (
        rule,
        "for the spring campaign",
        "published",
    )
    shown = page.get_by_role("navigation", name="Segments").get_by_role("button").filter(has_text="Looked at plans")
    expect(shown).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    assert "looked_at_plans" not in {one["id"] for one in hub.get("/api/segments")["data"]}


def test_a_change_can_be_undone_and_what_is_wrong_is_told_in_place(hub: Running, browsing: Browsing) -> None:
    """A rule that cannot be says where and why, and cannot be published; `u` takes the last change back."""
    page = browsing.open(hub.url)
    draft = {"name": HOSTILE, "rule": {"all": [{"trait": "plan", "is": "gold", "is_not": "blue"}, {"stage": "use"}]}}
    page.goto(f"/segments?segment=(new)&draft={quote(json.dumps(draft))}")
    expect(page.get_by_role("textbox", name="Name")).to_have_value(HOSTILE)
    expect(page.get_by_role("textbox", name="Condition as written")).to_be_visible()
    page.get_by_role("textbox", name="Condition as written").fill('{"trait": "plan", "iss": 1}')
    expect(page.get_by_text("there is no 'iss' here")).to_be_visible()
    expect(page.get_by_role("button", name="Publish…")).to_be_disabled()
    page.get_by_role("button", name="Remove: Condition as written").click()
    expect(page.get_by_role("textbox", name="Condition as written")).to_be_hidden()
    page.locator("body").press("u")
    expect(page.get_by_role("textbox", name="Condition as written")).to_be_visible()
    assert page.evaluate("window.hurt") is None


def test_axe_finds_nothing(page: Page, axe: Callable[..., None]) -> None:
    """With a rule, an overlap and versions; and with nothing chosen."""
    page.goto("/segments?segment=at_risk&with=needs_help")
    expect(page.get_by_role("region", name="Versions")).to_be_visible()
    expect(statement(page)).to_contain_text("fit")
    axe(page)
    page.goto("/segments")
    expect(page.get_by_role("heading", name="Choose a segment, or write another")).to_be_visible()
    axe(page)
