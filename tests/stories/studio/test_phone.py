"""The studio on a phone: nothing is wider than the window, tables are cards, panels lie over the picture."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from stories.studio.served import Browsing

PHONE = (390, 844)
PAGES = (
    "/live", "/touchpoints", "/map", "/map?view=table", "/paths", "/funnels?steps=stage%3Adiscover%2Cstage%3Abuy", "/gaps",
    "/retention", "/retention?show=leave", "/attribution", "/dashboard", "/segments?segment=at_risk", "/customers", "/start",
    "/admin/sources?source=web", "/admin/keys", "/admin/dead-letter", "/admin/privacy", "/admin/jobs",
)  # fmt: skip
WIDE = """() => [...document.querySelectorAll('main button, main input, main select, main a, main td, main th')]
    .filter((one) => {
        const at = one.getBoundingClientRect()
        if (at.width < 2 || at.right <= innerWidth + 1) return false
        for (let up = one.parentElement; up; up = up.parentElement) {
            const { overflowX, clipPath, textOverflow } = getComputedStyle(up)
            if (['auto', 'scroll'].includes(overflowX) && up.scrollWidth > up.clientWidth && up.tagName !== 'MAIN') return false
            if (clipPath !== 'none' || (overflowX === 'hidden' && textOverflow === 'ellipsis')) return false
        }
        return true
    })
    .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def phone(browsing: Browsing, studio: str) -> Page:
    return browsing.open(studio, size=PHONE)


@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_wider_than_the_window(phone: Page, address: str) -> None:
    """What can be pressed or read is in it, or in something that is moved sideways on purpose."""
    phone.goto(address)
    expect(phone.get_by_role("heading", level=1)).to_be_visible()
    expect(phone.locator("[aria-busy=true], [role=status][aria-label=Loading]")).to_have_count(0, timeout=60_000)
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert phone.evaluate(WIDE) == []


def test_a_row_is_a_card_whose_cells_say_their_columns_name(phone: Page, axe: Callable[..., None]) -> None:
    phone.goto("/touchpoints")
    row = phone.get_by_role("row").filter(has=phone.get_by_role("button", name="Plan page", exact=True))
    cells = row.locator("[data-as=value]")
    expect(cells.first).to_be_visible()
    names = cells.evaluate_all("all => all.map((one) => getComputedStyle(one, '::before').content)")
    assert names[:2] == ['"Channel"', '"Stage"']
    assert '"Customers"' in names
    first, second = (row.locator("td").nth(at).bounding_box() for at in (1, 2))
    assert first
    assert second
    assert second["y"] >= first["y"] + first["height"] - 1
    phone.get_by_role("button", name="Touchpoint", exact=True).click()
    expect(phone).to_have_url(re.compile(r"sort=touchpoint\."))
    axe(phone)


def test_cards_are_named_when_the_window_becomes_narrow_and_rows_come_later(browsing: Browsing, studio: str) -> None:
    page = browsing.open(studio)
    page.goto("/attribution")
    row = page.get_by_role("row").nth(1)
    expect(row).to_be_visible()
    expect(page.locator("[data-as]")).to_have_count(0)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    expect(row.locator("[data-as=title]")).to_be_visible()
    page.get_by_label("What a step is").select_option("channel")
    expect(page.locator("table:has([aria-sort]) tbody tr:not(:has([data-as=title]))")).to_have_count(0)


def test_a_panel_lies_over_the_picture_and_closes(phone: Page) -> None:
    phone.goto("/map?focus=channel%3Aweb")
    panel = phone.get_by_role("complementary", name="Web")
    expect(panel).to_contain_text("A channel of")
    box = panel.bounding_box()
    assert box
    assert box["width"] == PHONE[0]
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
