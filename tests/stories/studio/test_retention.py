"""Retention, attribution and the dashboard in Chromium: they say what the API says, open who is behind, and restore."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from stories.api.running import Running


def asked(hub: Running, name: str, **said: Any) -> dict[str, Any]:
    """The API's answer."""
    answer = hub.http.post(f"/api/journeys/{name}", json=said)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rounded(share: float) -> str:
    """A share as the studio writes it without digits."""
    return "<1 %" if 0 < share < 0.005 else f"{share * 100:.0f} %"


def people(page: Page) -> Any:
    return page.get_by_role("complementary").get_by_role("status")


# ---------------------------------------------------------------- retention


def test_cohorts_are_the_apis_and_what_nobody_can_know_is_empty(page: Page, tideline_hub: Running) -> None:
    """Each cell's share; empty where its period is not over; a cell opens as many customers as came back."""
    found = asked(tideline_hub, "retention", period="week")
    page.goto("/retention")
    rows = page.get_by_role("row")
    told = found["tables"]["cohorts"]["rows"]
    expect(rows).to_have_count(len(told) + 2)
    for at, row in enumerate(told):
        cells = rows.nth(at + 2).get_by_role("cell")
        expect(cells.nth(0)).to_have_text(f"{row['customers']:,}")
        for period in range(cells.count() - 1):
            if row[str(period)] is None:
                expect(cells.nth(period + 1)).to_have_text("Nobody can know yet: the period is not over")
    back = next(one for one in found["tables"]["cells"]["rows"] if one["period"] == 1 and one["returned"])
    page.get_by_role("button", name=re.compile("back after week 1")).first.press("Enter")
    expect(people(page)).to_have_text(re.compile(f"^{back['returned']:,} customer"))
    page.reload()
    expect(people(page)).to_have_text(re.compile(f"^{back['returned']:,} customer"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)


def test_leaving_is_told_by_segment(page: Page, tideline_hub: Running) -> None:
    """The curve's groups are the API's, and open whom they count."""
    found = asked(tideline_hub, "churn", period="week", segments=["app_users"])
    page.goto("/retention?show=leave&split=app_users")
    table = page.get_by_role("region", name="How long customers stay")
    for row in found["tables"]["groups"]["rows"]:
        name = "All others" if row["group"] == "(others)" else "Use the app every week"
        expect(table.get_by_role("row").filter(has_text=name)).to_contain_text(f"{row['customers']:,}")
    first = found["tables"]["groups"]["rows"][0]
    table.get_by_role("button").first.click()
    expect(people(page)).to_have_text(re.compile(f"^{first['customers']:,} customer"))


# ---------------------------------------------------------------- attribution


def test_models_stand_side_by_side(page: Page, tideline_hub: Running) -> None:
    """Ranked by a model, which is in the address; the sentence and the customers are the API's."""
    found = asked(tideline_hub, "attribution")
    page.goto("/attribution")
    expect(page.get_by_text(found["caption"])).to_be_visible()
    page.get_by_role("button", name="First", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("sort=first"))
    best = max(
        (one for one in found["tables"]["credits"]["rows"] if one["model"] == "first"), key=lambda one: one["share"]
    )
    row = page.get_by_role("region", name=found["tables"]["touchpoints"]["title"]).get_by_role("row").nth(1)
    expect(row).to_contain_text(best["label"])
    expect(row).to_contain_text(rounded(best["share"]))
    told = next(one for one in found["tables"]["touchpoints"]["rows"] if one["id"] == best["id"])
    row.get_by_role("button").click()
    expect(people(page)).to_have_text(re.compile(f"^{told['customers']:,} customer"))


def test_channels_are_asked_as_channels(page: Page) -> None:
    """The warning about granularity leads to the right question."""
    page.goto("/attribution")
    page.get_by_role("button", name="Ask at the level of channels").click()
    expect(page).to_have_url(re.compile("level=channel"))
    expect(page.get_by_role("combobox", name="What a step is")).to_have_value("channel")
    expect(page.get_by_role("button", name="Ask at the level of channels")).to_have_count(0)


# ---------------------------------------------------------------- dashboard


def test_tiles_are_the_apis(page: Page, tideline_hub: Running) -> None:
    """Reach and customers of the first tiles, figures in all, and the way to the map and back."""
    found = asked(tideline_hub, "kpis")
    page.goto("/dashboard")
    tiles = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=re.compile("on the map$")))
    told = [one for one in found["tables"]["touchpoints"]["rows"] if one["status"] not in ("never", "other")]
    expect(tiles).to_have_count(min(24, len(told)))
    for at in range(4):
        best = tiles.nth(at)
        expect(best).to_contain_text(f"{told[at]['customers']:,}")
        expect(best).to_contain_text(rounded(told[at]["reach"]))
    expect(page.get_by_text(f"{found['totals']['customers_with_goal']:,}", exact=False).first).to_be_visible()
    tiles.first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/map\?focus="))
    page.go_back()
    expect(tiles.first).to_be_visible()
    page.get_by_role("combobox", name="Sorted by").select_option("emotion")
    page.get_by_role("button", name="Net score").click()
    expect(page).to_have_url(re.compile("measure=net"))
    page.reload()
    expect(page.get_by_role("combobox", name="Sorted by")).to_have_value("emotion")


@pytest.mark.parametrize("at", ["/retention", "/retention?show=leave&split=app_users", "/attribution", "/dashboard"])
def test_axe_finds_nothing(page: Page, axe: Callable[..., None], at: str) -> None:
    """In both themes."""
    page.goto(at)
    expect(page.get_by_role("button", name="How this is counted")).to_be_visible()
    page.wait_for_timeout(500)
    axe(page)
