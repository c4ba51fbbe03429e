"""The live page in Chromium: what is sent shows up at once, can be held still and narrowed, and is never lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from stories.api.running import Running
from stories.studio.served import Browsing, served

HOSTILE = '<img src=x onerror="window.hurt=1">'


@pytest.fixture(scope="module")
def hub(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub that hears only what these stories send."""
    with served(tmp_path_factory.mktemp("live")) as running:
        say(running, "Opened", "somebody")
        yield running


@pytest.fixture
def live(browsing: Browsing, hub: Running) -> Page:
    page = browsing.open(hub.url)
    page.goto("/live")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    return page


def say(hub: Running, name: str, *users: str, **more: Any) -> None:
    batch = [{"type": "track", "event": name, "userId": user, **more} for user in users]
    assert hub.post("/v1/batch", {"batch": batch}).status_code == 200


def rows(page: Page) -> Any:
    return page.get_by_role("log").locator("tbody tr")


def test_what_is_sent_shows_up_at_once_and_leads_to_its_customer(live: Page, hub: Running) -> None:
    say(hub, "Plan Viewed", "ada")
    row = rows(live).filter(has_text="Plan Viewed").first
    expect(row).to_be_visible(timeout=2_000)
    for told in ("Web", "track", "ada", "user_id"):
        expect(row).to_contain_text(told)
    row.get_by_role("link", name="ada").click()
    pid = hub.get("/api/profiles/user_id:ada")["id"]
    expect(live).to_have_url(re.compile(f"/customers/{pid}"))
    live.go_back()
    expect(rows(live).filter(has_text="Plan Viewed").first).to_be_visible()


def test_names_that_would_do_harm_are_shown_as_text(live: Page, hub: Running) -> None:
    say(hub, HOSTILE, HOSTILE)
    expect(rows(live).filter(has_text=HOSTILE).first).to_be_visible()
    assert live.evaluate("window.hurt") is None


def test_space_holds_the_list_still_and_what_came_meanwhile_is_told_and_then_shown(live: Page, hub: Running) -> None:
    live.get_by_role("heading", level=1).click()
    live.keyboard.press("Space")
    expect(live).to_have_url(re.compile("paused=1"))
    say(hub, "While paused", *(f"w{number}" for number in range(12)))
    waiting = live.get_by_role("button", name="12 new waiting")
    expect(waiting).to_be_visible()
    expect(rows(live).filter(has_text="While paused")).to_have_count(0)
    waiting.click()
    expect(rows(live).filter(has_text="While paused")).to_have_count(12)
    assert "paused" not in live.url
    live.get_by_role("button", name="Pause").click()
    live.reload()
    expect(live.get_by_role("button", name="Go on")).to_be_visible()
    live.get_by_role("button", name="Go on").click()


def test_pointing_at_the_list_holds_it_still(live: Page, hub: Running) -> None:
    rows(live).first.hover()
    say(hub, "While pointing", "p1", "p2")
    expect(live.get_by_role("button", name="2 new waiting")).to_be_visible()
    live.get_by_role("heading", level=1).hover()
    expect(rows(live).filter(has_text="While pointing")).to_have_count(2)


def test_the_address_holds_the_filter_and_back_takes_it_away(live: Page, hub: Running) -> None:
    say(hub, "Call taken", "tess", channel="call_center")
    say(hub, "Narrow me", "tess")
    chip = live.get_by_role("button", name=re.compile("Web"))
    expect(chip).to_be_visible()
    call = live.get_by_role("button", name=re.compile("Call center"))
    if call.count():
        call.click()
    else:
        chip.click()
    expect(live).to_have_url(re.compile("channel="))
    live.get_by_role("searchbox").fill("narrow")
    live.reload()
    expect(live.get_by_role("searchbox")).to_have_value("narrow")
    live.get_by_role("searchbox").fill("")
    live.goto("/live?q=nobody-at-all")
    expect(live.get_by_role("heading", name="No event fits the filter")).to_be_visible()
    live.get_by_role("button", name="Show everything").click()
    expect(rows(live).filter(has_text="Narrow me").first).to_be_visible()
    live.go_back()
    expect(live.get_by_role("searchbox")).to_have_value("nobody-at-all")


def test_of_very_many_only_some_rows_are_drawn_and_the_page_says_so_but_counts_all(live: Page, hub: Running) -> None:
    sent = 0
    until = time.monotonic() + 6
    while time.monotonic() < until:
        say(hub, "Rush", *(f"r{number}" for number in range(30)))
        sent += 30
        time.sleep(0.2)
    expect(live.get_by_text(re.compile(r"showing \d+ of \d+ a second"))).to_be_visible()
    drawn = rows(live).filter(has_text="Rush").count()
    assert 20 <= drawn <= 110 < sent
    told = 0
    until = time.monotonic() + 5
    while told < sent and time.monotonic() < until:
        told = int(live.get_by_text(re.compile(r"[\d,]+ in \d+ (s|min)")).inner_text().split()[0].replace(",", ""))
    assert told >= sent


def test_older_rows_come_on_demand_and_the_page_stays_small(live: Page, hub: Running) -> None:
    for first in range(0, 240, 60):
        say(hub, "Long ago", *(f"o{number}" for number in range(first, first + 60)))
    live.reload()
    expect(rows(live)).to_have_count(100)
    older = live.get_by_role("button", name="Show 100 older")
    older.focus()
    older.press("Enter")
    expect(rows(live)).to_have_count(200)
    say(hub, "Newest of all", "n1")
    expect(live.get_by_role("button", name="1 new waiting")).to_be_visible()
    expect(rows(live).filter(has_text="Newest of all")).to_have_count(0)
    live.get_by_role("button", name="1 new waiting").click()
    expect(rows(live).filter(has_text="Newest of all")).to_have_count(1)
    live.get_by_role("heading", level=1).hover()
    expect(rows(live)).to_have_count(100)


def test_a_hub_that_was_away_is_found_again_and_nothing_is_lost(
    browsing: Browsing, built: Path, tmp_path: Path
) -> None:
    browsing.forgiven += ["Failed to load resource", "ERR_", "EventSource"]
    with served(tmp_path) as first:
        page = browsing.open(first.url)
        page.goto("/live")
        say(first, "Before", "ada")
        expect(rows(page).filter(has_text="Before")).to_have_count(1)
        port = int(first.url.rpartition(":")[2])
    expect(page.get_by_text(re.compile("Reconnecting, last seen"))).to_be_visible()
    with served(tmp_path, port=port) as second:
        say(second, "Meanwhile", "ada", "bob")
        expect(rows(page).filter(has_text="Meanwhile")).to_have_count(2)
        expect(rows(page).filter(has_text="Before")).to_have_count(1)
        expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()


def test_an_empty_hub_says_what_will_be_here_and_leads_to_the_first_steps(
    empty_hub: Running, browsing: Browsing, axe: Callable[..., None]
) -> None:
    page = browsing.open(empty_hub.url)
    page.goto("/live")
    expect(page.get_by_role("heading", name="Nothing was heard yet")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Get started").last.click()
    expect(page).to_have_url(re.compile("/start"))


def test_axe_finds_nothing_and_a_small_screen_is_enough(
    page: Page, browsing: Browsing, studio: str, axe: Callable[..., None], screenshot: Callable[..., None]
) -> None:
    page.goto("/live")
    expect(rows(page).nth(20)).to_be_visible()
    axe(page)
    screenshot(page, "live")
    log = page.get_by_role("log")
    row, whole = rows(page).nth(3).locator("td").last.bounding_box(), log.bounding_box()
    assert row is not None
    assert whole is not None
    assert whole["x"] + whole["width"] - row["x"] - row["width"] < 24, "the columns fill the page"
    small = browsing.open(studio, size=(390, 780))
    small.goto("/live")
    expect(rows(small).first).to_be_visible()
    assert small.evaluate("document.documentElement.scrollWidth") <= 390
    axe(small)
