"""Paths in Chromium: flow, tree and list say what the hub counted, everything opens, and the address holds it all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from stories.api.running import Running
from stories.studio.served import Browsing

USUAL = {"repeats": "collapse", "limit": 8, "depth": 5}
OWN = {"END": "Left", "OPEN": "Still open", "START": "Began", "BEFORE": "Began before the period", "OTHER": "Other",
       "MORE": "Goes on"}  # fmt: skip


def asked(hub: Running, **question: Any) -> dict[str, Any]:
    told = hub.http.post("/api/journeys/paths", json={**USUAL, **question})
    assert told.status_code == 200, told.text
    answer: dict[str, Any] = told.json()
    return answer


def shown(page: Page, **words: str) -> None:
    """Go there and wait for the answer."""
    page.goto("/paths?" + urlencode(words))
    expect(page.get_by_text("How this is counted")).to_be_visible(timeout=60_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def bars(page: Page) -> Locator:
    return page.locator("[data-key]")


def bar(page: Page, step: int, id: str) -> Locator:
    key = f"{step} {id}".replace("\\", "\\\\").replace('"', '\\"')
    return page.locator(f'[data-key="{key}"]')


def named(row: dict[str, Any]) -> str:
    return OWN.get(row["node"], row["label"])


def test_the_flow_says_what_the_hub_counted_and_loses_nobody(page: Page, tideline_hub: Running) -> None:
    answer = asked(tideline_hub)
    nodes, links = answer["tables"]["nodes"]["rows"], answer["tables"]["links"]["rows"]
    into, out = Counter[Any](), Counter[Any]()
    for one in links:
        into[one["step"], one["to"]] += one["walks"]
        out[one["step"] - 1, one["from"]] += one["walks"]
    shown(page)
    expect(bars(page)).to_have_count(len(nodes))
    for node in nodes:
        key = (node["step"], node["node"])
        assert node["walks"] == into[key]
        assert node["kind"] not in ("node", "other") or node["walks"] == out[key]
        said = f"Step {node['step']}, {named(node)}, {node['customers']:,} customer"
        expect(bar(page, *key)).to_have_attribute("aria-label", re.compile(f"^{re.escape(said)}"))
    expect(page.get_by_text(answer["caption"])).to_be_visible()


def test_the_list_and_the_table_are_the_hubs_whole_ways(page: Page, tideline_hub: Running) -> None:
    answer = asked(tideline_hub)
    rows = answer["tables"]["variants"]["rows"]
    shown(page, form="list")
    expect(page.locator("tbody tr")).to_have_count(len(rows))
    for at, row in enumerate(rows[:8]):
        expect(page.locator("tbody tr").nth(at).get_by_role("button")).to_have_text(f"{row['customers']:,}")
    page.locator("tbody tr").first.get_by_role("button").click()
    people = page.get_by_role("complementary")
    expect(people.get_by_role("status")).to_have_text(re.compile(f"^{rows[0]['customers']:,} customers?$"))
    expect(people.get_by_role("listitem")).to_have_count(min(50, rows[0]["customers"]))


def test_map_and_paths_agree_on_who_came_first(page: Page, tideline_hub: Running) -> None:
    nodes = {one["id"]: one for one in tideline_hub.get("/api/journeys/map?collapse=true")["nodes"]}
    shown(page, limit="0")
    for row in asked(tideline_hub, limit=0)["tables"]["nodes"]["rows"]:
        if row["step"] == 1 and row["kind"] == "node":
            assert row["customers"] == nodes[row["node"]]["started"]
            expect(bar(page, 1, row["node"])).to_contain_text(f"{row['customers']:,} ·")


def test_other_opens_and_holds_exactly_what_has_no_place_of_its_own(page: Page, tideline_hub: Running) -> None:
    few = asked(tideline_hub, limit=4)["tables"]["nodes"]["rows"]
    every = asked(tideline_hub, limit=0)["tables"]["nodes"]["rows"]
    shown_ids = {one["node"] for one in few if one["step"] == 2}
    rest = [one for one in every if one["step"] == 2 and one["node"] not in shown_ids]
    other = next(one for one in few if one["step"] == 2 and one["node"] == "OTHER")
    assert sum(one["walks"] for one in rest) == other["walks"]
    shown(page, limit="4")
    bar(page, 2, "OTHER").click()
    panel = page.get_by_role("complementary", name="Other at step 2")
    rows = panel.get_by_role("list", name="Other").get_by_role("listitem")
    expect(rows).to_have_count(len(rest))
    for at, row in enumerate(sorted(rest, key=lambda one: -one["walks"])[:5]):
        expect(rows.nth(at)).to_contain_text(f"{row['customers']:,}")
    page.reload()
    expect(rows).to_have_count(len(rest))
    page.go_back()
    expect(panel).to_be_hidden()


def test_a_bar_tells_where_they_came_from_and_went_and_who_they_are(page: Page, tideline_hub: Running) -> None:
    answer = asked(tideline_hub)
    nodes = [one for one in answer["tables"]["nodes"]["rows"] if one["step"] == 2 and one["kind"] == "node"]
    node = max(nodes, key=lambda one: one["walks"])
    links = answer["tables"]["links"]["rows"]
    shown(page)
    bar(page, 2, node["node"]).locator("i").click()
    panel = page.get_by_role("complementary", name=node["label"])
    for title, rows in (
        ("Came from", [one for one in links if one["step"] == 2 and one["to"] == node["node"]]),
        ("Went to", [one for one in links if one["step"] == 3 and one["from"] == node["node"]]),
    ):
        lines = panel.get_by_role("list", name=title).get_by_role("listitem")
        expect(lines).to_have_count(len(rows))
        assert sum(one["walks"] for one in rows) == node["walks"]
        for at, row in enumerate(sorted(rows, key=lambda one: -one["walks"])[:3]):
            expect(lines.nth(at).get_by_role("button")).to_have_text(f"{row['customers']:,}")
    panel.get_by_role("button", name="See customers").click()
    people = page.get_by_role("complementary", name=f"{node['label']}, step 2")
    expect(people.get_by_role("status")).to_have_text(re.compile(f"^{node['customers']:,} customers?$"))
    page.go_back()
    expect(panel).to_be_visible()


def test_a_double_click_begins_paths_there_and_back_leads_back(page: Page, tideline_hub: Running) -> None:
    answer = asked(tideline_hub)
    node = next(one for one in answer["tables"]["nodes"]["rows"] if one["step"] == 1 and one["kind"] == "node")
    shown(page)
    bar(page, 1, node["node"]).locator("i").dblclick()
    expect(page.get_by_role("button", name=f"Where paths begin: {node['label']}")).to_be_visible()
    rooted = asked(tideline_hub, anchor=node["node"])
    expect(page.get_by_text(f"{rooted['totals']['walks']:,} customers").first).to_be_visible()
    page.get_by_role("button", name="Before", exact=True).click()
    before = asked(tideline_hub, anchor=node["node"], direction="before")["tables"]["nodes"]["rows"]
    for row in before[:6]:
        expect(bar(page, row["step"], row["node"])).to_contain_text(f"{row['walks']:,} ·")
    page.get_by_label("Which time").select_option("last")
    expect(page).to_have_url(re.compile("way=before.*which=last"))
    page.reload()
    expect(page.get_by_label("Which time")).to_have_value("last")
    page.go_back()
    page.go_back()
    expect(page).to_have_url(re.compile(r"at=[^&]+$|at=[^&]+&pick="))


def test_the_tree_is_walked_narrowed_and_left_by_keys_alone(page: Page, tideline_hub: Running) -> None:
    tree = asked(tideline_hub)["tables"]["tree"]["rows"]
    shown(page, form="tree")
    first = next(one for one in tree if one["step"] == 1)
    items = page.get_by_role("tree").get_by_role("treeitem")
    items.first.focus()
    expect(items.first).to_be_focused()
    expect(items.first).to_have_attribute(
        "aria-label", re.compile(f"^{re.escape(first['label'])}, {first['customers']:,} customer")
    )
    page.keyboard.press("ArrowRight")
    child = next(one for one in tree if one["parent"] == first["id"])
    assert page.evaluate("document.activeElement.dataset.number") == str(child["id"])
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary")
    expect(panel).to_contain_text(f"{child['customers']:,}")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    items.first.focus()
    page.keyboard.press("r")
    crumbs = page.get_by_role("navigation", name="The way shown")
    expect(crumbs).to_contain_text(first["label"])
    narrowed = asked(tideline_hub, prefix=[first["node"]])
    assert narrowed["totals"]["walks"] == first["walks"]
    expect(items.first).to_have_attribute("aria-label", re.compile(f", {first['customers']:,} customer"))
    crumbs.get_by_role("button", name="All ways").press("Enter")
    expect(crumbs).to_be_hidden()


def test_the_flow_is_walked_opened_and_begun_anew_by_keys_alone(page: Page, tideline_hub: Running) -> None:
    links = asked(tideline_hub)["tables"]["links"]["rows"]
    shown(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.key"):
            break
    first = page.evaluate("document.activeElement.dataset.key")
    assert first, "Tab comes to a bar"
    assert page.locator('[data-key][tabindex="0"]').count() == 1
    page.keyboard.press("ArrowRight")
    onward = [one for one in links if one["step"] == 2 and f"1 {one['from']}" == first]
    widest = max(one["walks"] for one in onward)
    second = page.evaluate("document.activeElement.dataset.key")
    assert second in {f"2 {one['to']}" for one in onward if one["walks"] == widest}
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_be_hidden()
    page.locator('[data-key][tabindex="0"]').focus()
    page.keyboard.press("r")
    expect(page).to_have_url(re.compile("at="))


def test_hidden_touchpoints_are_taken_out_and_levels_repeats_and_period_ask_anew(
    page: Page, tideline_hub: Running
) -> None:
    node = next(one for one in asked(tideline_hub)["tables"]["nodes"]["rows"] if one["kind"] == "node")
    shown(page)
    bar(page, 1, node["node"]).locator("i").click()
    page.get_by_role("complementary").get_by_role("button", name="Hide").click()
    expect(bar(page, 1, node["node"])).to_have_count(0)
    hidden = asked(tideline_hub, background=[node["node"]])["tables"]["nodes"]["rows"]
    expect(bars(page)).to_have_count(len(hidden))
    page.get_by_label("What a step is").select_option("stage")
    stages = asked(tideline_hub, background=[node["node"]], level="stage")["tables"]["nodes"]["rows"]
    for row in stages[:5]:
        expect(bar(page, row["step"], row["node"])).to_contain_text(f"{row['walks']:,} ·")
    page.reload()
    expect(page.get_by_label("What a step is")).to_have_value("stage")


@pytest.mark.parametrize(
    "words",
    [{}, {"form": "tree"}, {"form": "list"}, {"view": "table"}, {"at": "web: Basket", "way": "before"},
     {"pick": "table=nodes&step=2&node=OTHER"}],
)  # fmt: skip
def test_axe_finds_nothing_on_paths(page: Page, words: dict[str, str], axe: Callable[..., None]) -> None:
    shown(page, **words)
    axe(page)


def test_where_nobody_was_there_is_a_way_back(page: Page) -> None:
    shown(page, at="web: <b>Nowhere</b>")
    expect(page.get_by_role("heading", name="Nobody came there in this choice")).to_be_visible()
    page.get_by_role("button", name="From where journeys begin").click()
    expect(bars(page).first).to_be_visible()


def test_an_empty_hub_says_what_will_be_here(empty_hub: Running, browsing: Browsing, axe: Callable[..., None]) -> None:
    page = browsing.open(empty_hub.url)
    page.goto("/paths")
    expect(page.get_by_role("heading", name="No journeys yet")).to_be_visible(timeout=60_000)
    axe(page)
