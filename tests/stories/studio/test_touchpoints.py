"""The touchpoints page in Chromium: it says what the API says, and what was heard gets its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from stories.api.running import Running
from stories.studio.served import Browsing, served

HOSTILE = '<img src=x onerror="window.hurt=1">'


@pytest.fixture
def hub(built: Path, tmp_path: Path) -> Iterator[Running]:
    """A hub that heard of a few places nobody has named."""
    with served(tmp_path) as running:
        paths = ["/orders/1", "/orders/2", "/orders/1/items", "/help", "/help"]
        batch = [
            {"type": "page", "userId": f"u{place}", "messageId": f"m{place}", "context": {"page": {"path": path}}}
            for place, path in enumerate(paths)
        ]
        batch.append({"type": "track", "event": HOSTILE, "userId": "u1", "messageId": "h"})
        assert running.post("/v1/batch", {"batch": batch}).status_code == 200
        yield running


@pytest.fixture
def naming(hub: Running, browsing: Browsing) -> Page:
    page = browsing.open(hub.url)
    page.goto("/touchpoints")
    expect(row(page, "/help")).to_be_visible()
    return page


def row(page: Page, name: str) -> Any:
    return page.get_by_role("row").filter(has=page.get_by_role("button", name=name, exact=True))


def places(hub: Running) -> dict[str, dict[str, Any]]:
    return {one["touchpoint"]: one for one in hub.get("/api/touchpoints")["data"]}


# ---------------------------------------------------------------- what is shown


def test_every_number_is_the_apis(page: Page, tideline_hub: Running) -> None:
    page.goto("/touchpoints")
    told = tideline_hub.get("/api/touchpoints")["data"]
    expect(page.get_by_text(f"{len(told)} places")).to_be_visible()
    for one in told:
        shown = row(page, one["touchpoint"].split(": ", 1)[1])
        if shown.count() != 1:
            continue
        cells = shown.get_by_role("cell").all_inner_texts()
        assert cells[5:7] == [f"{one['customers']:,}" if one[n] else "–" for n in ("customers",)] + [
            f"{one['events']:,}" if one["events"] else "–"
        ]


def test_the_address_holds_sorting_and_filters_and_back_takes_them_away(page: Page, tideline_hub: Running) -> None:
    page.goto("/touchpoints")
    page.get_by_role("combobox", name="Channel").select_option("app")
    expect(page).to_have_url(re.compile("channel=app"))
    page.get_by_role("button", name="Touchpoint", exact=True).click()
    names = page.locator("tbody tr td:nth-child(2) button:last-of-type").all_inner_texts()
    wanted = [
        one["touchpoint"].split(": ", 1)[1]
        for one in tideline_hub.get("/api/touchpoints")["data"]
        if one["channel"] == "app"
    ]
    assert names == sorted(wanted, key=str.lower)
    page.reload()
    expect(page.get_by_role("columnheader", name="Touchpoint", exact=True)).to_have_attribute("aria-sort", "ascending")
    assert page.locator("tbody tr td:nth-child(2) button:last-of-type").all_inner_texts() == names
    page.get_by_role("button", name=re.compile("Never seen")).click()
    expect(page).to_have_url(re.compile("show=never"))
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(len(names))


def test_names_that_would_do_harm_are_shown_as_text(naming: Page) -> None:
    expect(row(naming, HOSTILE)).to_be_visible()
    row(naming, HOSTILE).get_by_role("button").last.click()
    expect(naming.get_by_role("dialog")).to_contain_text("1 event of 1 customer")
    assert naming.evaluate("window.hurt") is None


# ---------------------------------------------------------------- naming


def test_places_are_named_as_one_with_a_preview_and_taken_back(naming: Page, hub: Running) -> None:
    for name in ("/orders/*", "/orders/*/items"):
        naming.get_by_role("checkbox", name=f"Select web: {name}", exact=True).check()
    naming.get_by_role("button", name="Name as one").click()
    dialog = naming.get_by_role("dialog", name="Name what was heard")
    dialog.get_by_label("Name", exact=True).fill("web: Order")
    dialog.get_by_label("Stage").select_option("Buy")
    expect(dialog.get_by_text("3 events of 3 customers")).to_be_visible()
    dialog.get_by_role("button", name="Save and publish").click()
    expect(naming.get_by_text("web: Order is published")).to_be_visible()
    expect(row(naming, "Order")).to_contain_text("Buy")
    expect(row(naming, "Order").get_by_role("cell").nth(6)).to_have_text("3", timeout=20_000)
    assert places(hub)["web: Order"]["events"] == 3
    naming.get_by_role("button", name="Undo").click()
    expect(naming.get_by_text("Taken back")).to_be_visible()
    expect(row(naming, "/orders/*")).to_be_visible(timeout=20_000)
    expect(row(naming, "Order")).to_have_count(0)


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_published(
    naming: Page, hub: Running, browsing: Browsing
) -> None:
    browsing.forgiven.append("400 (Bad Request)")
    naming.get_by_role("button", name="New touchpoint").click()
    dialog = naming.get_by_role("dialog")
    dialog.get_by_role("button", name="Save and publish").click()
    expect(dialog.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_text("A touchpoint needs a name")).to_be_visible()
    expect(dialog.get_by_text("or this rule takes every event")).to_be_visible()
    dialog.get_by_label("Page path").fill("/help")
    dialog.get_by_label("Name", exact=True).fill("x" * 201)
    dialog.get_by_role("button", name="Save and publish").click()
    expect(dialog.get_by_text("an id has at most 200 printable characters").first).to_be_visible()
    expect(dialog.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    naming.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert hub.get("/api/config/touchpoint")["data"] == []


def test_a_touchpoint_gets_another_name_and_an_earlier_version_comes_back(naming: Page, hub: Running) -> None:
    row(naming, "/help").get_by_role("button").last.click()
    dialog = naming.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("web: Help")
    dialog.get_by_role("button", name="Save and publish").click()
    expect(row(naming, "Help")).to_be_visible()
    row(naming, "Help").get_by_role("button").last.click()
    expect(naming).to_have_url(re.compile("edit=web"))
    dialog.get_by_label("Group", exact=True).fill("Support")
    dialog.get_by_label("Why").fill("as the team says")
    dialog.get_by_role("button", name="Save and publish").click()
    expect(row(naming, "Help")).to_contain_text("Support")
    assert [one["reason"] for one in hub.get("/api/config/touchpoint/web: Help")["data"]][-1] == "as the team says"
    row(naming, "Help").get_by_role("button").last.click()
    dialog.get_by_text("Versions").click()
    dialog.get_by_role("button", name="Roll back").click()
    expect(row(naming, "Help")).not_to_contain_text("Support")
    row(naming, "Help").get_by_role("button").last.click()
    dialog.get_by_label("Name", exact=True).fill("web: Help center")
    dialog.get_by_role("button", name="Save and publish").click()
    expect(row(naming, "Help center").get_by_role("cell").nth(6)).to_have_text("2", timeout=20_000)
    assert "web: Help" not in places(hub)


def test_several_get_a_stage_at_once(naming: Page, hub: Running) -> None:
    naming.get_by_role("checkbox", name="Select all shown").check()
    naming.get_by_role("button", name="Set stage").click()
    naming.get_by_role("menuitem", name="Get help").click()
    expect(naming.get_by_text(re.compile(r"\d touchpoints are published"))).to_be_visible()
    expect(row(naming, "/help")).to_contain_text("Get help")
    assert {one["stage"] for one in places(hub).values()} == {"get_help"}
    assert all(one["mapped"] for one in places(hub).values())


def test_a_row_is_dropped_on_a_stage_with_mouse_or_keyboard_and_taken_back(naming: Page, hub: Running) -> None:
    for id in ("try", "buy"):
        hub.http.put(f"/api/config/stage/{id}", json={"id": id, "name": id.title(), "order": len(id)})
        assert hub.http.post(f"/api/config/stage/{id}/publish", json={}).status_code == 200
    naming.reload()
    grip = row(naming, "/help").get_by_role("button", name="Move web: /help to a stage")
    stages = naming.get_by_role("list", name="Move to a stage")
    grip.focus()
    naming.keyboard.press("Space")
    expect(stages).to_be_visible()
    over = stages.locator("[data-over]")
    for _ in range(6):
        naming.keyboard.press("ArrowRight")
        naming.wait_for_timeout(150)
        if over.count() and over.inner_text() == "Buy":
            break
    naming.keyboard.press("Space")
    expect(row(naming, "/help").get_by_role("cell", name="Buy", exact=True)).to_be_visible()
    assert places(hub)["web: /help"]["stage"] == "buy"
    naming.get_by_role("button", name="Undo").click()
    expect(row(naming, "/help").get_by_role("cell", name="Buy", exact=True)).to_have_count(0)
    row(naming, "/help").hover()
    box = grip.bounding_box()
    assert box
    naming.mouse.move(box["x"] + 12, box["y"] + 12)
    naming.mouse.down()
    naming.mouse.move(box["x"] + 40, box["y"] + 40, steps=4)
    target = stages.get_by_role("listitem").filter(has_text="Try").bounding_box()
    assert target
    naming.mouse.move(target["x"] + 20, target["y"] + 20, steps=4)
    naming.mouse.up()
    expect(row(naming, "/help").get_by_role("cell", name="Try", exact=True)).to_be_visible()


def test_stages_are_moved_renamed_and_added_by_keyboard_alone(naming: Page, hub: Running) -> None:
    naming.get_by_role("button", name="Stages").press("Enter")
    dialog = naming.get_by_role("dialog", name="Stages")
    dialog.get_by_role("button", name="Move Buy up").press("Enter")
    dialog.get_by_role("textbox", name="Name of stage 6").fill("Renew or leave")
    dialog.get_by_role("button", name="Add a stage").press("Enter")
    dialog.get_by_role("textbox", name="Name of stage 7").fill("Come back")
    dialog.get_by_role("button", name="Publish").press("Enter")
    expect(naming.get_by_text("Stages are published")).to_be_visible()
    told = sorted(hub.get("/api/config/stage")["data"], key=lambda one: one["body"]["order"])
    assert [one["body"]["name"] for one in told] == [
        "Discover", "Buy", "Consider", "Use", "Get help", "Renew or leave", "Come back",
    ]  # fmt: skip
    naming.get_by_role("button", name="Undo").click()
    expect(naming.get_by_text("Taken back")).to_be_visible()
    assert not any(one["published"] for one in hub.get("/api/config/stage")["data"])


def test_axe_finds_nothing_in_the_table_the_panel_and_the_stages(
    page: Page, naming: Page, axe: Callable[..., None], screenshot: Callable[..., None]
) -> None:
    page.goto("/touchpoints")
    expect(row(page, "Plan page")).to_be_visible()
    axe(page)
    screenshot(page, "touchpoints")
    row(page, "Plan page").get_by_role("button").last.click()
    expect(page.get_by_role("dialog").get_by_text(re.compile("of all|among the newest"))).to_be_visible()
    axe(page)
    screenshot(page, "touchpoints-panel")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Stages").click()
    expect(page.get_by_role("dialog", name="Stages")).to_be_visible()
    axe(page)
    naming.get_by_role("checkbox", name="Select web: /help").check()
    axe(naming)
