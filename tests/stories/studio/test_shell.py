"""Everything around the studio's pages, in Chromium: sign-in, sidebar, command menu, themes, a hub that goes away."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from stories.api.running import SECRET_KEY, WRITE_KEY, Running
from stories.studio.served import Browsing, served

ADDRESSES = ["/live", "/touchpoints", "/map", "/customers", "/start", "/admin/keys", "/admin/nothing-here"]
UNKNOWN = ["/nonsense", "/admin/nonsense", "/live/no/such/thing"]
DOWN = ["Failed to load resource", "ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_INCOMPLETE"]


@pytest.mark.parametrize("at", ADDRESSES)
def test_axe_finds_nothing_around_any_page_in_either_theme(page: Page, at: str, axe: Callable[..., None]) -> None:
    page.goto(at)
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    axe(page)


# ---------------------------------------------------------------- signing in


def test_a_hub_that_wants_a_key_asks_for_it_and_says_what_is_wrong_with_others(
    keyed: Running, browsing: Browsing, axe: Callable[..., None], screenshot: Callable[..., None]
) -> None:
    browsing.forgiven += ["401"]
    page = browsing.open(keyed.url)
    page.goto("/customers")
    field = page.get_by_label("Secret key")
    expect(page.get_by_role("button", name="Sign in")).to_be_disabled()
    axe(page)
    screenshot(page, "sign-in")
    for wrong, why in (("nonsense", "not known"), (WRITE_KEY, "write key")):
        field.fill(wrong)
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(why)
    field.fill(f" {SECRET_KEY} ")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
    assert page.evaluate("document.cookie") == ""
    assert SECRET_KEY not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")

    page.get_by_role("button", name="Sign out").click()
    expect(field).to_be_visible()
    page.reload()
    expect(field).to_be_visible()


def test_when_the_key_of_a_session_is_revoked_the_studio_asks_for_another(keyed: Running, browsing: Browsing) -> None:
    browsing.forgiven += ["401"]
    made = keyed.http.post("/api/keys", json={"kind": "secret", "label": "for a while"}).json()
    page = browsing.open(keyed.url)
    page.goto("/admin/keys")
    page.get_by_label("Secret key").fill(made["key"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    keyed.http.delete(f"/api/keys/{made['id']}")
    page.get_by_role("link", name="Background work").click()
    expect(page.get_by_role("textbox", name="Secret key")).to_be_visible()


# ---------------------------------------------------------------- moving around


def test_the_sidebar_leads_everywhere_and_says_where_one_is(page: Page) -> None:
    page.goto("/")
    page.wait_for_url("**/map")
    for name in ("Live", "Touchpoints", "Journey map", "Customers", "Sources", "Keys", "Dead letters"):
        link = page.get_by_role("link", name=name, exact=True)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        expect(page).to_have_title(f"{name} · Harken")
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.go_back()
    expect(page.get_by_role("link", name="Keys")).to_have_attribute("aria-current", "page")


def test_the_first_tab_leads_past_the_sidebar(page: Page) -> None:
    page.goto("/customers")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    expect(page).to_have_url(page.url.partition("/customers")[0] + "/customers")


def test_the_command_menu_finds_pages_and_customers_by_keyboard_alone(
    page: Page, tideline_hub: Running, axe: Callable[..., None], screenshot: Callable[..., None]
) -> None:
    someone = next(
        (one["id"], known["value"])
        for one in tideline_hub.get("/api/profiles?limit=50")["data"]
        for known in one["identifiers"]
        if known["kind"] == "email"
    )
    page.goto("/live")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    search = page.get_by_placeholder("Search or jump to…")
    expect(search).to_be_focused()
    axe(page)
    page.keyboard.type("dead")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dead letters")
    expect(search).to_be_hidden()

    page.keyboard.press("Control+k")
    page.keyboard.type(someone[1])
    expect(page.get_by_role("option", name=someone[1])).to_be_visible()
    expect(page.get_by_role("option", name=someone[1])).to_have_attribute("aria-selected", "true")
    screenshot(page, "command-menu")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/customers/{someone[0]}"))

    page.keyboard.press("Control+k")
    page.keyboard.type("zzzz-nobody")
    expect(page.get_by_text("Nothing is called that.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(search).to_be_hidden()


@pytest.mark.parametrize("at", UNKNOWN)
def test_an_address_nobody_knows_says_so_and_leads_on(browsing: Browsing, page: Page, at: str) -> None:
    browsing.forgiven += ["404"]
    page.goto(at)
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    page.get_by_role("link", name="Go to the journey map").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Journey map")


@pytest.mark.parametrize(("at", "key"), [("/map", "t"), ("/live", "Space"), ("/start", ""), ("/admin/keys", "Enter")])
def test_a_question_mark_shows_the_keys_of_the_page_and_escape_leads_back(
    page: Page, at: str, key: str, axe: Callable[..., None]
) -> None:
    page.goto(at)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("?")
    told = page.get_by_role("dialog", name="Keyboard shortcuts")
    here = told.get_by_role("region", name="On this page")
    if key:
        expect(here.get_by_text(key, exact=True)).to_be_visible()
    else:
        expect(here).to_be_hidden()
    expect(told.get_by_role("region", name="Everywhere").get_by_text("?", exact=True)).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    expect(told).to_be_hidden()


def test_the_keys_are_in_the_sidebar_and_the_command_menu_and_a_typed_question_mark_is_one(page: Page) -> None:
    page.goto("/customers")
    told = page.get_by_role("dialog", name="Keyboard shortcuts")
    button = page.get_by_role("button", name="Keyboard shortcuts")
    button.click()
    expect(told).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("shortcuts")
    page.keyboard.press("Enter")
    expect(told).to_be_visible()
    page.get_by_role("button", name="Close").click()
    search = page.get_by_placeholder("Email, phone")
    search.press("?")
    expect(search).to_have_value("?")
    expect(told).to_be_hidden()


# ---------------------------------------------------------------- how it looks


def test_the_theme_follows_the_system_until_one_is_chosen_and_then_stays(page: Page) -> None:
    page.goto("/live")
    document = page.locator("html")
    expect(document).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(document).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Light").click()
    expect(document).to_have_attribute("data-theme", "light")
    page.reload()
    expect(document).to_have_attribute("data-theme", "light")
    expect(page.get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="System").click()
    expect(document).to_have_attribute("data-theme", "dark")


def test_the_sidebar_folds_to_icons_that_keep_their_names(page: Page, axe: Callable[..., None]) -> None:
    page.goto("/customers")
    side = page.get_by_role("navigation", name="Main")
    wide = side.bounding_box()
    page.get_by_role("button", name="Collapse sidebar").click()
    page.reload()
    expect(page.get_by_role("button", name="Expand sidebar")).to_be_visible()
    narrow = side.bounding_box()
    assert wide is not None
    assert narrow is not None
    assert (round(wide["width"]), round(narrow["width"])) == (208, 56)
    expect(page.get_by_role("link", name="Journey map")).to_be_visible()
    expect(page.get_by_text("Journey map")).to_be_hidden()
    axe(page)


@pytest.mark.parametrize("at", ["/live", "/customers", "/admin/keys", "/admin/dead-letter"])
def test_on_a_telephone_nothing_is_cut_off_and_everything_can_be_reached(
    browsing: Browsing, studio: str, at: str, axe: Callable[..., None], screenshot: Callable[..., None]
) -> None:
    page = browsing.open(studio, size=(390, 844))
    page.goto(at)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Search or jump to").click()
    expect(page.get_by_placeholder("Search or jump to…")).to_be_focused()
    page.keyboard.press("Escape")
    for link in page.get_by_role("navigation", name="Main").get_by_role("link").all():
        box = link.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    axe(page)
    screenshot(page, at.strip("/").replace("/", "-"))
    page.get_by_role("link", name="Customers", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")


def test_on_a_telephone_a_sheet_has_the_other_pages_and_the_theme(
    browsing: Browsing, studio: str, axe: Callable[..., None], screenshot: Callable[..., None]
) -> None:
    page = browsing.open(studio, size=(390, 844))
    page.goto("/live")
    more = page.get_by_role("button", name="More", exact=True)
    more.click()
    sheet = page.get_by_role("dialog", name="More")
    pages = page.locator("nav[aria-label=Main] a")
    expect(sheet.get_by_role("link")).to_have_count(pages.count() - pages.filter(visible=True).count())
    for one in [*sheet.get_by_role("link").all(), *sheet.get_by_role("button").all()]:
        box = one.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40
    axe(page)
    screenshot(page, "more")
    sheet.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    sheet.get_by_role("button", name="System").click()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(more).to_be_focused()
    more.click()
    sheet.get_by_role("link", name="Keys").click()
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")


# ---------------------------------------------------------------- when something is wrong


def test_a_hub_that_goes_away_is_told_of_and_when_it_is_back_everything_goes_on(
    built: Path, tmp_path: Path, browsing: Browsing
) -> None:
    browsing.forgiven += DOWN
    with served(tmp_path) as running:
        page = browsing.open(running.url)
        page.goto("/admin/keys")
        expect(page.get_by_role("row", name="write")).to_be_visible()
        port = int(running.url.rpartition(":")[2])
    page.get_by_role("link", name="Sources").click()
    told = page.get_by_role("status").get_by_text("The hub does not answer")
    expect(told).to_be_visible()
    page.get_by_role("link", name="Keys").click()
    expect(page.get_by_role("row", name="write")).to_be_visible()  # what was there is kept
    with served(tmp_path, port=port):
        expect(told).to_be_hidden(timeout=15_000)
        page.get_by_role("link", name="Sources").click()
        expect(page.get_by_role("alert")).to_have_count(0)


def test_a_part_of_an_older_studio_that_is_gone_loads_the_new_one(browsing: Browsing, page: Page) -> None:
    browsing.forgiven += ["404", "Failed to fetch dynamically imported module", "MIME"]
    page.goto("/live")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    gone = []

    def once(route: object) -> None:
        gone.append(route)
        route.fulfill(status=404, body="{}") if len(gone) == 1 else route.continue_()  # type: ignore[attr-defined]

    page.route("**/assets/KeysPage-*.js", once)
    page.get_by_role("link", name="Keys").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    assert len(gone) > 1


def test_without_any_script_from_elsewhere_everything_is_there(page: Page, studio: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/map")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert asked
    assert [url for url in asked if not url.startswith((studio, "data:", "blob:"))] == []
