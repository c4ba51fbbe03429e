"""Views of pages in Chromium: kept for the whole team, renamed, taken away and back; where nothing may be written, in the
browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from stories.api.running import Running
from stories.studio.served import Browsing, seed, served

HOSTILE = '<img src=x onerror="window.hurt=1">'
PREFIX = "/harken"


@pytest.fixture(scope="module")
def hub(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Tideline in small below a prefix, to be changed."""
    data = tmp_path_factory.mktemp("views")
    seed(data, customers=40, days=8)
    with served(data, prefix=PREFIX) as running:
        yield running


def opened(page: Page) -> None:
    """The list of views, whether it was open or not."""
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Views", exact=True).click()


def save(page: Page, name: str) -> None:
    opened(page)
    page.get_by_label("Save this view").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name=f"Rename view {name}")).to_be_visible()


def kept(hub: Running) -> dict[str, str]:
    """Name -> address, of the hub."""
    found = hub.get("/api/config/view")["data"]
    return {one["body"]["name"]: one["body"]["address"] for one in found if one["published"]}


def test_a_view_is_there_for_everybody_renamed_removed_and_back(hub: Running, browsing: Browsing) -> None:
    """Of the map and of an analysis alike; each page lists its own."""
    page = browsing.open(hub.url)
    page.goto(f"{hub.url}/map?cover=60&fold=chat")
    save(page, "Without chat")
    page.goto(f"{hub.url}/retention?show=leave")
    save(page, "Leaving")
    assert kept(hub) == {"Without chat": "/map?cover=60&fold=chat", "Leaving": "/retention?show=leave"}

    other = browsing.open(hub.url)
    other.goto(f"{hub.url}/map")
    opened(other)
    expect(other.get_by_role("button", name="Leaving", exact=True)).to_have_count(0)
    other.get_by_role("button", name="Without chat", exact=True).click()
    expect(other).to_have_url(re.compile(r"/map\?cover=60&fold=chat$"))
    opened(other)
    other.get_by_role("button", name="Rename view Without chat").click()
    other.get_by_label("Rename view Without chat").fill(HOSTILE)
    other.keyboard.press("Enter")
    expect(other.get_by_role("button", name=HOSTILE, exact=True)).to_be_visible()
    assert kept(hub)[HOSTILE] == "/map?cover=60&fold=chat"
    assert not other.evaluate("window.hurt")
    other.get_by_role("button", name=f"Remove view {HOSTILE}").click()
    expect(other.get_by_role("button", name=HOSTILE, exact=True)).to_have_count(0)
    assert HOSTILE not in kept(hub)
    toast = other.locator("[data-sonner-toast][data-front=true]")
    toast.filter(has_text="is taken away").get_by_role("button", name="Undo").click()
    expect(other.get_by_text("Taken back")).to_be_visible()
    opened(other)
    expect(other.get_by_role("button", name=HOSTILE, exact=True)).to_be_visible()
    assert HOSTILE in kept(hub)


def test_saving_under_a_name_that_is_there_replaces_it(hub: Running, browsing: Browsing) -> None:
    page = browsing.open(hub.url)
    for search in ("?period=day", "?period=month"):
        page.goto(f"{hub.url}/retention{search}")
        save(page, "By period")
        expect(page.get_by_text("There is a view of that name")).to_have_count(0)
    assert kept(hub)["By period"] == "/retention?period=month"
    assert len([name for name in kept(hub) if name == "By period"]) == 1


def test_who_may_not_write_keeps_views_in_the_browser_and_shares_them_later(hub: Running, browsing: Browsing) -> None:
    browsing.forgiven += ["403"]
    page = browsing.open(hub.url)

    def refuse(route: Route) -> None:
        if route.request.method != "PUT":
            route.continue_()
            return
        route.fulfill(status=403, json={"code": "forbidden", "message": "this key only reads"})

    page.route("**/api/config/view/**", refuse)
    page.goto(f"{hub.url}/dashboard?sort=time")
    save(page, "Slow places")
    expect(page.get_by_text("kept in this browser only")).to_be_visible()
    assert "Slow places" not in kept(hub)
    page.goto(f"{hub.url}/dashboard")
    opened(page)
    page.get_by_role("button", name="Slow places", exact=True).click()
    expect(page).to_have_url(re.compile("sort=time"))
    page.unroute("**/api/config/view/**")
    opened(page)
    page.get_by_role("button", name="Only in this browser: keep view Slow places for everybody").click()
    expect(page.get_by_text("Slow places is there for everybody now")).to_be_visible()
    expect(page.get_by_role("button", name="Slow places", exact=True)).to_have_count(1)
    assert kept(hub)["Slow places"] == "/dashboard?sort=time"


def test_axe_finds_nothing_on_the_list_of_views(hub: Running, browsing: Browsing, axe: Callable[..., None]) -> None:
    page = browsing.open(hub.url)
    page.goto(f"{hub.url}/retention")
    save(page, "All")
    expect(page.get_by_text("Saved as All")).to_have_count(0, timeout=30_000)
    axe(page)
