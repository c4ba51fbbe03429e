"""Pictures of every page for the docs, light and dark in artifacts/screenshots. They are of a hub no other story ever
meets, so they show Tideline's customers in whatever order stories run. With HARKEN_REFRESH_PICTURES=1 the light ones become
those of docs/studio."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from harken.hub import Hub
from harken.testing import tideline
from harken.words import SECOND
from stories.api.running import Running
from stories.studio.served import PICTURES, Browsing, picture, seed, served

LIVE_MS = 12_000


def _richest(hub: Running) -> str:
    """The customer who used the most channels, and then did the most."""
    everybody = hub.get("/api/profiles", params={"limit": 500})["data"]
    return str(max(everybody, key=lambda one: (len(one["channels"]), one["events"], one["id"]))["id"])


def _identity(page: Page, hub: Running) -> None:
    page.goto(f"/customers/{_richest(hub)}?view=identity")
    page.get_by_role("button", name=re.compile("^Email: ")).first.click()
    expect(page.get_by_role("heading", name=re.compile("^Email "))).to_be_visible()


def _live(page: Page, hub: Running) -> None:
    """Some seconds of Tideline's customers, as they happen."""
    page.goto("/live")
    with Hub.open(hub.settings.data) as beside:
        began = beside.core.clock()
        for due, batch in tideline.live(seed=5, customers=400, rate_per_minute=420, start=began):
            if due - began > LIVE_MS * 1_000:
                break
            page.wait_for_timeout(max(0, (due - beside.core.clock()) / SECOND * 1_000))
            beside.hear([tideline.raw(batch)])
    page.wait_for_timeout(1_500)


PAGES: dict[str, Callable[[Page, Running], object]] = {
    "start": lambda page, _: page.goto("/start"),
    "live": _live,
    "touchpoints": lambda page, _: page.goto("/touchpoints"),
    "map": lambda page, _: page.goto("/map"),
    "paths": lambda page, _: page.goto("/paths"),
    "funnels": lambda page, _: page.goto(
        "/funnels?steps=web: Plan page,web: Basket,web: Checkout,web: Order placed&drop=2"
    ),
    "retention": lambda page, _: page.goto("/retention"),
    "attribution": lambda page, _: page.goto("/attribution"),
    "dashboard": lambda page, _: page.goto("/dashboard"),
    "gaps": lambda page, _: page.goto("/gaps"),
    "segments": lambda page, _: page.goto("/segments?segment=at_risk&with=needs_help"),
    "customers": lambda page, _: page.goto("/customers"),
    "customer": lambda page, hub: page.goto(f"/customers/{_richest(hub)}"),
    "customer-identity": _identity,
    "admin-keys": lambda page, _: page.goto("/admin/keys"),
    "admin-sources": lambda page, _: page.goto("/admin/sources?source=web"),
    "admin-dead-letter": lambda page, _: page.goto("/admin/dead-letter?letter=1"),
    "admin-privacy": lambda page, _: page.goto("/admin/privacy"),
    "admin-jobs": lambda page, _: page.goto("/admin/jobs"),
}


@pytest.fixture(scope="module")
def pictured(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub of Tideline's that only pictures are taken of."""
    data = tmp_path_factory.mktemp("pictured")
    seed(data, customers=400, days=30)
    with served(data) as running:
        gone = running.get("/api/profiles", params={"limit": 1})["data"][0]["id"]
        asked = {"reason": "asked by email"}
        running.http.delete(f"/api/profiles/{gone}", params=asked).raise_for_status()
        running.post("/v1/batch", {"batch": [{"type": "track", "event": "Plan Viewed", "messageId": "nobody"}]})
        yield running


def test_every_picture_of_the_docs_is_taken_here() -> None:
    shown = {name for one in PICTURES.glob("*.md") for name in re.findall(r"\(([\w-]+)\.png\)", one.read_text("utf-8"))}
    assert shown == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_its_picture(name: str, pictured: Running, empty_hub: Running, browsing: Browsing) -> None:
    hub = empty_hub if name == "start" else pictured
    page = browsing.open(hub.url)
    PAGES[name](page, hub)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    if name != "live":
        page.wait_for_timeout(500)
    picture(page, name)
