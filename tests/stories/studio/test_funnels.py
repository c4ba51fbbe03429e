"""Funnels in Chromium: their numbers are the hub's, the address holds everything, keys are enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from stories.api.running import Running
from stories.studio.served import Browsing

STEPS = ["web: Plan page", "web: Basket", "web: Order placed"]
NAMES = ["Plan page", "Basket", "Order placed"]


def address(**words: str) -> str:
    return "/funnels?" + urlencode({"steps": ",".join(STEPS), **words})


def asked(hub: Running, **question: Any) -> dict[str, Any]:
    told = hub.http.post("/api/journeys/funnel", json={"steps": STEPS, **question})
    assert told.status_code == 200, told.text
    answer: dict[str, Any] = told.json()
    return answer


def bars(page: Page) -> Locator:
    return page.get_by_role("list", name=re.compile("^Funnel")).get_by_role("listitem")


def shown(page: Page, at: str) -> None:
    """Go there and wait for the answer."""
    page.goto(at)
    expect(bars(page).first).to_be_visible(timeout=60_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def test_bars_and_tables_say_what_the_hub_counted_and_nobody_is_lost(page: Page, tideline_hub: Running) -> None:
    rows = asked(tideline_hub)["tables"]["steps"]["rows"]
    shown(page, address())
    expect(bars(page)).to_have_count(len(rows))
    for at, (row, following) in enumerate(zip(rows, [*rows[1:], None], strict=True)):
        bar = bars(page).nth(at)
        expect(bar).to_contain_text(NAMES[at])
        expect(bar.get_by_role("button", name=re.compile(rf"^{row['customers']:,}, Reached"))).to_be_visible()
        if following:
            assert row["customers"] == following["customers"] + row["dropped"] + row["still_open"]
            expect(bar.get_by_role("button", name=re.compile(f"^{row['dropped']:,} stopped here"))).to_be_visible()
            if row["still_open"]:
                expect(bar).to_contain_text(re.compile(rf"{row['still_open']:,}\s*still open"))
    page.keyboard.press("t")
    table = page.get_by_role("table", name=re.compile("^Steps"))
    for at, row in enumerate(rows):
        cells = table.get_by_role("row").nth(at + 1).get_by_role("cell").all_inner_texts()
        assert [cells[0], cells[1], cells[2]] == [str(at + 1), STEPS[at], f"{row['customers']:,}"]


def test_a_drop_tells_what_they_did_instead_lists_them_and_back_goes_back(page: Page, tideline_hub: Running) -> None:
    answer = asked(tideline_hub)
    instead = [row for row in answer["tables"]["instead"]["rows"] if row["step"] == 1]
    step = answer["tables"]["steps"]["rows"][0]
    assert sum(row["customers"] for row in instead) == step["dropped"] + step["still_open"]
    shown(page, address())
    page.get_by_role("button", name=re.compile("stopped here: Plan page")).click()
    panel = page.get_by_role("complementary", name="Who stopped at Plan page")
    for row in instead:
        expect(
            panel.get_by_role("button", name=re.compile(f"^{row['customers']:,}, After Plan page")).first
        ).to_be_visible()
    panel.get_by_role("button", name="See who stopped").click()
    people = page.get_by_role("complementary", name="Stopped at Plan page")
    expect(people.get_by_role("status")).to_have_text(re.compile(rf"^{step['dropped']:,} customers?$"))
    expect(people.get_by_role("listitem")).to_have_count(min(50, step["dropped"]))
    page.reload()
    expect(people.get_by_role("listitem")).to_have_count(min(50, step["dropped"]))
    page.go_back()
    expect(panel).to_be_visible()
    page.go_back()
    expect(panel).to_be_hidden()
    expect(bars(page).first).to_be_visible()


def test_a_person_leads_to_the_profile(page: Page) -> None:
    shown(page, address(who="table=steps&step=3&what=customers"))
    page.get_by_role("complementary", name="Reached Order placed").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/customers/[^/?]+$"))


def test_keys_alone_build_a_funnel_and_put_its_steps_in_order(page: Page) -> None:
    page.goto("/funnels")
    expect(page.get_by_role("heading", name="Pick the steps of a funnel")).to_be_visible()
    for at, name in enumerate(["Basket", "Plan page"]):
        page.get_by_role("button", name="Add the first step" if not at else "Add a step").press("Enter")
        page.get_by_role("combobox", name="Add a step").press_sequentially(name)
        expect(page.get_by_role("option", name=re.compile(f"^{name}")).first).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=f"Move step {at + 1}: {name}", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"steps=web%3A\+Basket%2Cweb%3A\+Plan\+page"))
    grip = page.get_by_role("button", name="Move step 1: Basket", exact=True)
    grip.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Basket is number 1 now.")).to_be_attached()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("Basket is number 2 now.")).to_be_attached()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(r"steps=web%3A\+Plan\+page%2Cweb%3A\+Basket"))
    page.get_by_role("button", name="Remove step 2: Basket").press("Enter")
    expect(page).to_have_url(re.compile(r"steps=web%3A\+Plan\+page$"))
    page.go_back()
    expect(page.get_by_role("button", name="Move step 2: Basket", exact=True)).to_be_visible()


def test_order_window_exclusions_and_segments_are_in_the_address_and_count_as_the_hub_does(
    page: Page, tideline_hub: Running
) -> None:
    segment = tideline_hub.get("/api/segments")["data"][0]
    shown(page, address())
    page.get_by_role("button", name="Strictly").click()
    page.get_by_label("Within").select_option("30d")
    page.get_by_label("Add a segment").select_option(segment["id"])
    page.get_by_role("group", name="Begin again after").get_by_role("button", name="Add").click()
    page.get_by_role("combobox", name="Add", exact=True).fill("Compare plans")
    expect(page.get_by_role("option", name=re.compile("^Compare plans")).first).to_be_visible()
    page.keyboard.press("Enter")
    answer = asked(tideline_hub, mode="strict", window="30d", exclude=["web: Compare plans"], segments=[segment["id"]])
    for _ in range(2):  # as it stands, and from its address
        table = page.get_by_role("table").filter(has_text="Everybody")
        expect(table.get_by_role("row")).to_have_count(3)
        for line, rows in ((1, answer["tables"]["steps"]["rows"]), (2, answer["tables"]["segments"]["rows"])):
            for at, row in enumerate(rows):
                cell = table.get_by_role("row").nth(line).get_by_role("cell").nth(at)
                expect(cell).to_have_text(re.compile(rf"%\s*{row['customers']:,}$"))
        page.reload()
        expect(page.get_by_role("button", name="Strictly")).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_label("Within")).to_have_value("30d")


def test_a_drop_leads_to_the_map_and_to_paths(page: Page) -> None:
    shown(page, address(drop="2"))
    panel = page.get_by_role("complementary")
    assert panel.get_by_role("link", name="Paths from here").get_attribute("href") == "/paths?at=web%3A+Basket"
    panel.get_by_role("link", name="On the map").click()
    expect(page.get_by_role("complementary", name="Basket")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("complementary", name="Who stopped at Basket")).to_be_visible()


def test_the_header_says_how_it_was_counted_and_a_table_is_saved_as_the_hub_writes_it(
    page: Page, tideline_hub: Running
) -> None:
    answer = asked(tideline_hub)
    shown(page, address())
    page.get_by_role("button", name="How this is counted").click()
    told = page.get_by_role("dialog", name="How this is counted")
    expect(told).to_contain_text(f"{answer['header']['customers']:,}")
    expect(told).to_contain_text(f"{answer['header']['events']:,}")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Download CSV").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Steps").click()
    whole = tideline_hub.http.post("/api/journeys/funnel?format=csv&table=steps", json={"steps": STEPS}).text
    assert saved.value.suggested_filename == "funnel-steps.csv"
    assert saved.value.path().read_text() == whole


@pytest.mark.parametrize("words", [{}, {"drop": "1"}, {"view": "table"}, {"who": "table=steps&step=1&what=dropped"}])
def test_axe_finds_nothing_on_a_funnel(page: Page, words: dict[str, str], axe: Callable[..., None]) -> None:
    page.goto(address(**words))
    expect(page.get_by_text("How this is counted")).to_be_visible(timeout=60_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    axe(page)


def test_a_step_the_hub_refuses_is_told_in_its_words(page: Page, browsing: Browsing) -> None:
    browsing.forgiven += ["400"]
    page.goto("/funnels?" + urlencode({"steps": "stage:", "not": "x"}))
    expect(page.get_by_role("alert")).to_contain_text("names no place")


def test_an_empty_hub_says_what_will_be_here(empty_hub: Running, browsing: Browsing, axe: Callable[..., None]) -> None:
    page = browsing.open(empty_hub.url)
    page.goto("/funnels?steps=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E,b")
    expect(page.get_by_role("heading", name="No journeys yet")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    axe(page)
