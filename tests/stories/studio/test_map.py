"""The journey map in Chromium: its numbers are the hub's, its address holds everything, keys are enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from stories.api.running import Running
from stories.studio.served import Browsing

CHART = "Journey map. Stages"
ID_CHECK = "web: ID check"


def shown(page: Page, at: str = "/map") -> Locator:
    """Go to the map and wait until it is drawn."""
    page.goto(at)
    expect(chart(page)).to_be_visible()
    return chart(page)


def chart(page: Page) -> Locator:
    return page.get_by_role("group", name=CHART)


def disc(page: Page, id: str) -> Locator:
    quoted = id.replace("\\", "\\\\").replace('"', '\\"')
    return chart(page).locator(f'[data-id="{quoted}"]')


def places(page: Page) -> dict[str, Any]:
    """Where each disc stands, before any glide."""
    told: dict[str, Any] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-id]')].map(one => [one.dataset.id, one.style.transform]))"
    )
    return told


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


@pytest.fixture(scope="session")
def answer(tideline_hub: Running) -> dict[str, Any]:
    told: dict[str, Any] = tideline_hub.get("/api/journeys/map")
    return told


def node_of(answer: dict[str, Any], id: str) -> dict[str, Any]:
    return next(one for one in answer["nodes"] if one["id"] == id)


# ---------------------------------------------------------------- numbers


def test_discs_stages_and_the_table_say_what_the_hub_counted(page: Page, answer: dict[str, Any]) -> None:
    shown(page)
    told = page.get_by_text(answer["caption"])
    expect(told).to_be_visible()
    for node in answer["nodes"]:
        expect(disc(page, node["id"])).to_have_attribute(
            "aria-label", re.compile(rf"^{re.escape(node['label'])}, .*, {node['customers']:,} customers?, .*left here")
        )
    for stage in answer["stages"]:
        if stage["stage"] == "(none)":  # what nobody named stands where Harken placed it
            continue
        label = re.compile(rf"^{re.escape(stage['label'])}, {stage['customers']:,} customers")
        expect(page.get_by_role("button", name=label)).to_be_visible()
    page.keyboard.press("t")
    table = page.get_by_role("table", name="Touchpoints")
    expect(table.get_by_role("row")).to_have_count(1 + len(answer["nodes"]))
    for node in answer["nodes"][:12]:
        cells = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=node["label"], exact=True))
        told_cells = cells.get_by_role("cell").all_inner_texts()
        assert [number(told_cells[at]) for at in (2, 3, 4)] == [node["customers"], node["events"], node["left"]]


def test_a_folded_channel_says_its_totals_as_the_hub_counted_them(page: Page, tideline_hub: Running) -> None:
    channels = {one["id"]: one for one in tideline_hub.get("/api/journeys/map?level=channel")["nodes"]}
    shown(page)
    page.get_by_role("button", name="Web", exact=True).click()
    web = channels["web"]
    told = f"Web, {web['customers']:,} customers, {web['events']:,} visits, {web['left']:,} left there"
    expect(page.get_by_role("button", name=told)).to_have_attribute("aria-pressed", "true")
    assert "fold=web" in page.url


def test_a_whole_channel_in_focus_says_what_the_hub_counts_between_channels(page: Page, tideline_hub: Running) -> None:
    """By its sign beside the row, or from a touchpoint's panel; links between channels, Back, and Escape work as everywhere."""
    answer = tideline_hub.get("/api/journeys/map?level=channel")
    chat = node_of(answer, "chat")
    shown(page)
    page.get_by_role("button", name="What comes to Chat and goes on").press("Enter")
    panel = page.get_by_role("complementary", name="Chat")
    expect(panel).to_contain_text("A channel of")
    expect(panel.get_by_text(f"{chat['customers']:,}", exact=True).first).to_be_visible()
    assert "focus=channel%3Achat" in page.url
    for section, end in (("Came from", "to"), ("Went to", "from")):
        rows = panel.locator("section").filter(has=page.get_by_role("heading", name=section)).get_by_role("button")
        moves = [
            one
            for one in answer["edges"]
            if one["kind"] == "move" and one[end] == "chat" != one["from" if end == "to" else "to"]
        ]
        found = sorted(number(text.split("\n")[1]) for text in rows.all_inner_texts() if "\n" in text)
        assert found == sorted(one["customers"] for one in moves)
    (from_app,) = (one for one in answer["edges"] if (one["kind"], one["from"], one["to"]) == ("move", "app", "chat"))
    panel.get_by_role("button", name=re.compile("^App")).first.click()
    link = page.get_by_role("complementary", name="Link")
    expect(link.get_by_text(f"{from_app['events']:,}", exact=True).first).to_be_visible()
    assert "focus=channel%3Aapp&next=channel%3Achat" in page.url
    page.reload()
    expect(link.get_by_text(f"{from_app['customers']:,}", exact=True).first).to_be_visible()
    page.go_back()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    disc(page, ID_CHECK).click()
    page.get_by_role("complementary", name="ID check").get_by_role("button", name="Buy", exact=True).click()
    buy = node_of(tideline_hub.get("/api/journeys/map?level=stage"), "buy")
    stage = page.get_by_role("complementary", name="Buy")
    expect(stage.get_by_text(f"{buy['customers']:,}", exact=True).first).to_be_visible()


def test_the_map_explains_its_signs(page: Page) -> None:
    shown(page)
    page.get_by_role("button", name="How to read").press("Enter")
    told = page.get_by_role("dialog", name="How to read the map")
    expect(told.get_by_text("the share who left after it")).to_be_visible()
    page.keyboard.press("Escape")
    expect(told).to_be_hidden()
    expect(page.get_by_role("button", name="How to read")).to_be_focused()


def test_the_panel_adds_up_to_the_hub_and_links_lead_on(page: Page, answer: dict[str, Any]) -> None:
    shown(page)
    disc(page, ID_CHECK).click()
    panel = page.get_by_role("complementary", name="ID check")
    node = node_of(answer, ID_CHECK)
    expect(panel.get_by_text(f"{node['customers']:,}", exact=True).first).to_be_visible()
    for more in panel.get_by_role("button", name=re.compile(r"^\d+ more$")).all():
        more.click()
    labels = {one["id"]: one["label"] for one in answer["nodes"]}
    for section, end, other in (("Came from", "to", "from"), ("Went to", "from", "to")):
        rows = panel.locator("section").filter(has=page.get_by_role("heading", name=section)).get_by_role("button")
        moves = [one for one in answer["edges"] if one["kind"] == "move" and one[end] == ID_CHECK != one[other]]
        found = sorted(
            (text.split("\n")[0], number(text.split("\n")[1])) for text in rows.all_inner_texts() if "\n" in text
        )
        assert found == sorted((labels[one[other]], one["customers"]) for one in moves)
    assert "focus=web" in page.url
    strongest = panel.locator("section").first.get_by_role("button").first
    strongest.click()
    expect(page.get_by_role("heading", name="Link", exact=True)).to_be_visible()
    assert "next=" in page.url
    page.go_back()
    expect(panel).to_be_visible()
    page.go_back()
    expect(panel).to_be_hidden()


def test_sliders_say_what_they_hide_and_a_hundred_percent_is_everything(page: Page, answer: dict[str, Any]) -> None:
    shown(page)
    moves = sum(1 for one in answer["edges"] if one["kind"] == "move")
    links = page.get_by_role("slider", name="Connections")
    told = page.get_by_text(re.compile(r"cover \d+ % of moves"))
    drawn, of = (number(part) for part in told.inner_text().split(" · ")[0].split(" of "))
    assert of == moves > drawn
    assert number(told.inner_text().split("cover")[1]) >= 80
    links.focus()
    links.press("End")
    expect(told).to_have_text(f"{moves:,} of {moves:,} · cover 100 % of moves")
    expect(page).to_have_url(re.compile("cover=100"))
    before = places(page)
    touchpoints = page.get_by_role("slider", name="Touchpoints")
    touchpoints.focus()
    for _ in range(5):
        touchpoints.press("ArrowLeft")
    count = len(answer["nodes"])
    expect(page.get_by_text(f"{count - 5} of {count}", exact=True)).to_be_visible()
    after = places(page)
    assert len(after) == count - 5
    assert all(before[id] == at for id, at in after.items())


def test_a_period_and_a_segment_move_nothing_and_count_anew(page: Page, tideline_hub: Running) -> None:
    shown(page)
    before = places(page)
    day = tideline_hub.get("/api/journeys/map")["header"]["as_of"][:10]
    page.get_by_label("Segment", exact=True).select_option(index=1)
    segment = page.get_by_label("Segment", exact=True).input_value()
    page.get_by_role("button", name="Period").click()
    page.get_by_label("From", exact=True).fill(day[:8] + "01")
    page.keyboard.press("Escape")
    filtered = tideline_hub.get("/api/journeys/map", params={"segment": segment, "from": day[:8] + "01"})
    expect(page.get_by_text(f"{filtered['totals']['customers']:,} customers", exact=True).first).to_be_visible()
    after = places(page)
    assert after
    assert all(before[id] == at for id, at in after.items() if id in before)
    page.reload()
    expect(page.get_by_label("Segment", exact=True)).to_have_value(segment)
    expect(page.get_by_text(f"{filtered['totals']['customers']:,} customers", exact=True).first).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Segment", exact=True)).to_have_value("")


# ---------------------------------------------------------------- keys


def test_keys_alone_walk_the_map_open_a_touchpoint_and_leave_it(page: Page) -> None:
    shown(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.id"):
            break
    first = page.evaluate("document.activeElement.dataset.id")
    assert first, "Tab comes to a touchpoint"
    assert chart(page).locator('[data-id][tabindex="0"]').count() == 1
    page.keyboard.press("ArrowRight")
    second = page.evaluate("document.activeElement.dataset.id")
    assert second not in (first, None)
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary")).to_be_visible()
    assert page.evaluate("document.activeElement.dataset.id") == second
    expect(disc(page, second)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_be_hidden()
    page.keyboard.press("t")
    expect(page.get_by_role("table", name="Connections")).to_be_visible()
    page.keyboard.press("t")
    expect(chart(page)).to_be_visible()


def test_stages_and_channels_answer_enter(page: Page) -> None:
    shown(page)
    stage = page.get_by_role("button", name=re.compile("^Buy, "))
    stage.press("Enter")
    expect(stage).to_have_attribute("aria-pressed", "true")
    channel = page.get_by_role("group", name="Channels").get_by_role("button").first
    channel.press("Enter")
    expect(channel).to_have_attribute("aria-pressed", "true")
    assert "stage=buy" in page.url
    assert "fold=" in page.url
    page.reload()
    expect(channel).to_have_attribute("aria-pressed", "true")


# ---------------------------------------------------------------- everybody, everywhere


@pytest.mark.parametrize("at", ["/map", f"/map?focus={ID_CHECK}", "/map?view=table", "/map?segment=no-such-segment"])
def test_axe_finds_nothing_on_the_map(page: Page, browsing: Browsing, at: str, axe: Callable[..., None]) -> None:
    browsing.forgiven += ["404"]
    page.goto(at)
    settled = page.get_by_text("updated").or_(page.get_by_role("alert"))
    expect(settled.first).to_be_visible()
    axe(page)


def test_an_unknown_segment_says_so_in_the_hubs_words(page: Page, browsing: Browsing) -> None:
    browsing.forgiven += ["404"]
    page.goto("/map?segment=no-such-segment")
    expect(page.get_by_role("alert")).to_contain_text("No segment named 'no-such-segment'")


def test_an_empty_hub_says_what_will_be_here_and_the_next_step(
    empty_hub: Running, browsing: Browsing, axe: Callable[..., None]
) -> None:
    page = browsing.open(empty_hub.url)
    page.goto("/map")
    expect(page.get_by_role("heading", name="No journeys yet")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Connect a source").click()
    expect(page).to_have_url(re.compile("/start$"))


def test_hostile_names_are_text_and_a_hub_without_a_catalogue_has_a_map(empty_hub: Running, browsing: Browsing) -> None:
    hostile = "<img src=x onerror=alert(1)> ]]> \" ' & {0}"
    key = empty_hub.key()
    batch = [
        {
            "type": "track",
            "event": event,
            "userId": f"u{who}",
            "messageId": f"{who}-{at}",
            "timestamp": f"2026-01-0{1 + at}T10:00:00Z",
        }
        for who in range(3)
        for at, event in enumerate([hostile, "web: /plans/*", hostile + "2"])
    ]
    empty_hub.post("/v1/batch", {"batch": batch}, key=key)
    page = browsing.open(empty_hub.url)
    shown(page)
    expect(chart(page).get_by_text("<img").first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    chart(page).locator("[data-id]").first.press("Enter")
    expect(page.get_by_role("complementary")).to_be_visible()
    svg = saved(page, "SVG image")
    ElementTree.fromstring(svg)


# ---------------------------------------------------------------- images


def saved(page: Page, kind: str) -> bytes:
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as told:
        page.get_by_role("menuitem", name=kind).click()
    return told.value.path().read_bytes()


def test_the_image_is_whole_in_itself(page: Page, answer: dict[str, Any], screenshot: Callable[..., None]) -> None:
    shown(page)
    screenshot(page, "map")
    svg = saved(page, "SVG image").decode()
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    for foreign in ("var(--", "class=", "http"):
        assert foreign not in svg.replace("http://www.w3.org/", "")
    assert "Inter" in root.get("font-family", "")
    told = "".join(root.itertext())
    assert all(stage["label"] in told for stage in answer["stages"] if stage["stage"] != "(none)")
    assert saved(page, "PNG image")[:8] == b"\x89PNG\r\n\x1a\n"


# ---------------------------------------------------------------- what moves


def test_a_day_is_replayed_and_nothing_moves_where_less_motion_is_wanted(page: Page, tideline_hub: Running) -> None:
    shown(page)
    expect(page.get_by_role("button", name="Replay")).to_be_hidden()
    page.emulate_media(reduced_motion="no-preference")
    page.get_by_role("button", name="Replay").click()
    strip = page.get_by_role("group", name="Replay")
    day = strip.get_by_label("Day", exact=True).input_value()
    end = f"{day}T23:59:59.999999Z"
    moves = tideline_hub.get("/api/journeys/moves", params={"from": day, "to": end})
    expect(strip).to_contain_text(f"{moves['of']:,} moves")
    strip.get_by_role("button", name="Pause").click()
    expect(strip.get_by_role("button", name="Play")).to_be_visible()
    assert f"replay={day}" in page.url
    page.emulate_media(reduced_motion="reduce")
    expect(strip).to_be_hidden()


def test_see_customers_leads_to_as_many_as_the_map_counts_there_in_its_period_and_segment(
    page: Page, tideline_hub: Running, answer: dict[str, Any]
) -> None:
    end = datetime.fromisoformat(answer["header"]["as_of"]).date()
    first, last = end - timedelta(days=6), end - timedelta(days=3)
    segment = tideline_hub.get("/api/segments")["data"][0]["id"]
    period = {"from": str(first), "to": str(last + timedelta(days=1)), "segment": segment}
    counted = tideline_hub.get("/api/journeys/map", params=period)["nodes"]
    node = next(one for one in counted if 1 < one["customers"] <= 50)
    assert node["customers"] < node_of(answer, node["id"])["customers"]
    shown(page, f"/map?from={first}&to={last}&segment={segment}&focus={quote(node['id'])}")
    period_and_segment = f"from={first}&to={last}&segment={segment}"
    for name, leads in (("Paths from here", "/paths?"), ("Funnel from here", "/funnels?")):
        link = page.get_by_role("link", name=name).get_attribute("href") or ""
        assert link.startswith(leads + period_and_segment)
    page.get_by_role("link", name="See customers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
    expect(page.locator("tbody tr")).to_have_count(node["customers"])
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(node["customers"])
    page.get_by_role("button", name=f"Met {node['id']}").click()
    expect(page).to_have_url(re.compile(rf"/customers\?segment={segment}$"))


# ---------------------------------------------------------------- many touchpoints


def test_groups_open_and_close_and_everything_else_keeps_its_column(empty_hub: Running, browsing: Browsing) -> None:
    """66 touchpoints: help articles (20) and plan pages (20) are groups; somebody who read two plans is one customer."""
    names = [f"Help {at}" for at in range(20)] + [f"Plan {at}" for at in range(20)] + [f"Step {at}" for at in range(26)]
    for name in names:
        group = {"Help": "Help articles", "Plan": "Plan pages"}.get(name.split()[0], "")
        body = {"channel": "web", "stage": "buy", "group": group, "match": [{"type": "track", "name": name}]}
        empty_hub.http.put(f"/api/config/touchpoint/web: {name}", json=body).raise_for_status()
        empty_hub.http.post(f"/api/config/touchpoint/web: {name}/publish", json={}).raise_for_status()
    batch = [
        {"type": "track", "event": names[(who * 7 + step * step) % len(names)], "userId": f"u{who}",
         "messageId": f"{who}-{step}", "timestamp": f"2026-01-01T10:{step:02d}:00Z"}
        for who in range(60)
        for step in range(12)
    ]  # fmt: skip
    key = empty_hub.key()
    for first in range(0, len(batch), 240):
        empty_hub.post("/v1/batch", {"batch": batch[first : first + 240]}, key=key)
    closed = empty_hub.get("/api/journeys/map", params={"level": "group"})
    page = browsing.open(empty_hub.url)
    shown(page)
    expect(page.get_by_text(f"{len(closed['nodes'])} groups of 66", exact=True)).to_be_visible()
    plans = node_of(closed, "Plan pages")
    expect(disc(page, "Plan pages")).to_have_attribute("aria-label", re.compile(f"{plans['customers']} customers"))
    expect(disc(page, "Plan pages")).to_contain_text("×20")
    before = places(page)

    disc(page, "Plan pages").click()
    expect(chart(page).get_by_text("13 more")).to_be_visible()
    apart = [id for id in places(page) if id.startswith("web: Plan ")]
    assert len(apart) == 7
    opened = empty_hub.get("/api/journeys/map", params={"level": "group", "open": apart})
    rest = node_of(opened, "Plan pages")
    expect(disc(page, "Plan pages")).to_have_attribute(
        "aria-label", re.compile(f"^13 more, .*{rest['customers']} cust")
    )
    page.reload()
    expect(chart(page).get_by_text("13 more")).to_be_visible()
    disc(page, apart[0]).click()
    page.get_by_role("button", name="Close group").click()
    expect(disc(page, "Plan pages")).to_contain_text("×20")
    assert places(page) == before


# ---------------------------------------------------------------- what changed

BEFORE, NOW = ("2026-03-01", "2026-03-10"), ("2026-03-11", "2026-03-20")
PERIODS = f"from={NOW[0]}&to={NOW[1]}"


@pytest.fixture
def changed_hub(empty_hub: Running) -> Running:
    """After the check 40 of 100 went on to the checkout; ten days later 80 of 100 do. Half of everybody reads the news."""
    key = empty_hub.key()
    for since, going in ((BEFORE[0], 2), (NOW[0], 4)):
        batch = []
        for who in range(200):
            steps = ["News", "Check"] if who % 2 else ["Check"]
            steps += ["Checkout"] if who % 5 < going else ["Phone"] if who % 5 == 4 else []
            batch += [
                {"type": "track", "event": name, "userId": f"{since}-{who}", "messageId": f"{since}-{who}-{at}",
                 "timestamp": f"{since}T1{at}:00:00Z"}
                for at, name in enumerate(steps)
            ]  # fmt: skip
        for first in range(0, len(batch), 240):
            empty_hub.post("/v1/batch", {"batch": batch[first : first + 240]}, key=key)
    return empty_hub


def test_a_map_is_compared_and_what_changed_beyond_chance_is_marked_told_and_listed(
    changed_hub: Running, browsing: Browsing, axe: Callable[..., None]
) -> None:
    page = browsing.open(changed_hub.url)
    shown(page, f"/map?{PERIODS}")
    before = places(page)
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("button", name="The 10 days before").click()
    expect(page).to_have_url(re.compile("compare=previous"))
    told = changed_hub.get("/api/journeys/map", params={"from": NOW[0], "to": "2026-03-21", "compare": "previous"})[
        "comparison"
    ]
    flagged = [one for one in told["edges"] if one["flagged"]]
    assert {(one["from"], one["to"]) for one in flagged} >= {("web: Check", "web: Checkout")}
    panel = page.get_by_role("complementary", name="What changed")
    expect(panel.get_by_text(told["caption"])).to_be_visible()
    more = panel.get_by_role("button", name=re.compile("Check → Checkout"))
    expect(more).to_contain_text("▲ +40 pts")
    expect(panel.get_by_role("button", name=re.compile("pts$"))).to_have_count(
        len(flagged) + sum(1 for one in told["nodes"] if one["flagged"])
    )
    assert places(page) == before
    ribbon = chart(page).locator('[data-link^="web: Check"][data-link$="web: Checkout"]')
    expect(ribbon).to_have_attribute("fill", "var(--better)")
    expect(disc(page, "web: Checkout")).to_have_attribute(
        "aria-label", re.compile(r"reached 40\.0 % of customers before, 80\.0 % now, ▲ \+40 pts, beyond chance")
    )
    expect(disc(page, "web: News")).to_have_attribute("aria-label", re.compile("may be chance"))
    assert "▲ +40 pts" in saved(page, "SVG image").decode()
    axe(page)
    more.click()
    expect(page.get_by_role("complementary").get_by_text("40.0 % before, 80.0 % now, beyond chance")).to_be_visible()
    page.go_back()
    page.keyboard.press("t")
    row = page.get_by_role("table", name="Connections").get_by_role("row").filter(has_text="+40.0 pts").first
    for part in ("Check", "Checkout", "40.0 %", "80.0 %", "yes"):
        expect(row).to_contain_text(part)
    axe(page)
    page.reload()
    expect(row).to_be_visible()


def test_another_period_is_meant_with_both_its_days_and_the_same_period_has_no_changes(
    changed_hub: Running, browsing: Browsing
) -> None:
    page = browsing.open(changed_hub.url)
    shown(page, f"/map?{PERIODS}&compare={NOW[0]}..{NOW[1]}")
    panel = page.get_by_role("complementary", name="What changed")
    expect(panel).to_contain_text("Nothing changed beyond chance.")
    expect(panel).to_contain_text("200 customers now, 200 customers before")
    page.get_by_role("button", name=re.compile("^Against")).click()
    page.get_by_label("Another period, from").fill(BEFORE[0])
    page.get_by_label("to", exact=True).fill(BEFORE[1])
    page.get_by_role("button", name="Compare with this period").click()
    expect(panel.get_by_role("button", name=re.compile("Check → Checkout"))).to_contain_text("▲ +40 pts")
    assert f"compare={BEFORE[0]}..{BEFORE[1]}" in page.url
    page.get_by_role("button", name=re.compile("^Against")).click()
    page.get_by_role("button", name="Stop comparing").click()
    expect(panel).to_be_hidden()
    assert "compare" not in page.url
    page.go_back()
    expect(panel).to_be_visible()
