"""Customers in the studio: found, looked at, merged and parted, erased, exported; with names that mean no good."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from stories.api.running import Running
from stories.studio.served import Browsing

_number = count()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A customer's name no other story uses."""
    return f"story{next(_number)}{request.node.originalname[5:20].replace('_', '')}"


def told(hub: Running, name: str, *events: dict[str, Any], **fields: Any) -> str:
    """Let a customer do things a minute apart; gives the customer's id."""
    batch = [
        {
            "type": "track",
            "userId": name,
            "messageId": f"{name}-{place}",
            "timestamp": f"2026-03-01T10:{place:02d}:00Z",
            **fields,
            **event,
        }
        for place, event in enumerate(events)
    ]
    assert hub.post("/v1/batch", {"batch": batch}).status_code == 200
    return str(hub.get(f"/api/profiles/user_id:{name}")["id"])


def richest(hub: Running) -> dict[str, Any]:
    """The customer of Tideline who used the most channels, and then did the most."""
    everybody = hub.get("/api/profiles", params={"limit": 500})["data"]
    return dict(max(everybody, key=lambda one: (len(one["channels"]), one["events"], one["id"])))


def whole_timeline(hub: Running, id: str, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = hub.get(f"/api/profiles/{id}/timeline", params={**query, "cursor": cursor, "limit": 500})
        found += page["data"]
        cursor = page["next_cursor"]
    return found


def act(page: Page, item: str) -> None:
    page.get_by_role("button", name="Actions for this customer").click()
    page.get_by_role("menuitem", name=item).click()


# ---------------------------------------------------------------- many


def test_the_list_shows_what_the_api_says_and_its_address_restores_it(
    page: Page, tideline_hub: Running, browsing: Browsing, screenshot: Callable[..., None]
) -> None:
    segments = tideline_hub.get("/api/segments", params={"count": "true"})["data"]
    largest = max(segments, key=lambda one: one["customers"])
    page.goto("/customers")
    answer = tideline_hub.get("/api/profiles", params={"limit": 50})
    first = answer["data"]
    assert [one["last_seen"] for one in first] == sorted((one["last_seen"] for one in first), reverse=True)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    expect(page.get_by_role("status").filter(has_text="customer")).to_have_text(f"{answer['total']:,} customers")
    for place in (0, 7, 20):
        expect(rows.nth(place)).to_contain_text(f"{first[place]['events']:,}")
        expect(rows.nth(place).get_by_role("link")).to_have_attribute("href", re.compile(first[place]["id"]))
    screenshot(page, "customers")
    page.get_by_role("button", name="All customers").click()
    item = page.get_by_role("menuitemradio", name=largest["name"])
    expect(item).to_contain_text(f"{largest['customers']:,}")
    item.click()
    expect(page).to_have_url(re.compile(f"segment={largest['id']}"))
    expect(page.get_by_role("status").filter(has_text="customer")).to_have_text(f"{largest['customers']:,} customers")
    again = browsing.open(tideline_hub.url)
    again.goto(page.url)
    members = tideline_hub.get("/api/profiles", params={"segment": largest["id"], "limit": 50})["data"]
    expect(again.locator("tbody tr")).to_have_count(len(members))
    page.go_back()
    expect(page.get_by_role("button", name="All customers")).to_be_visible()
    expect(rows).to_have_count(len(first))


def test_more_customers_come_when_asked_until_all_are_there(page: Page, tideline_hub: Running) -> None:
    everybody = tideline_hub.get("/api/profiles", params={"limit": 500})
    assert everybody["next_cursor"] is None
    page.goto("/customers")
    more = page.get_by_role("button", name="Show more customers")
    expect(page.locator("tbody tr").first).to_be_visible()
    while (there := page.locator("tbody tr").count()) < len(everybody["data"]):
        more.click()
        expect(page.locator("tbody tr").nth(there)).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(len(everybody["data"]))


def test_a_customer_is_found_by_any_identifier_and_opened_with_the_keyboard(
    page: Page, tideline_hub: Running, name: str
) -> None:
    id = told(tideline_hub, name, {"event": "Seen", "context": {"traits": {"phone": "+44 20 7946 0123"}}})
    page.goto("/customers")
    search = page.get_by_role("textbox", name="Search by any identifier")
    for typed in (name, f"user_id:{name[:-1]}", "+44 20 7946 0123"):
        search.fill(typed)
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.get_by_role("link", name="+442079460123")).to_be_visible()
    expect(page).to_have_url(re.compile("q="))
    search.fill("nobodyiscalledthis")
    expect(page.get_by_role("heading", name="Nobody fits")).to_be_visible()
    expect(page.get_by_text("country code")).to_be_visible()
    search.press("Escape")
    expect(page.locator("tbody tr").nth(2)).to_be_visible()
    search.fill(name)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="+442079460123").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/customers/{id}$"))
    page.go_back()
    expect(search).to_have_value(name)


def test_customers_who_met_a_touchpoint_are_shown_by_the_address(page: Page, tideline_hub: Running) -> None:
    used = tideline_hub.get("/api/touchpoints")["data"]
    rare = min((one for one in used if one["customers"] > 1), key=lambda one: one["customers"])
    page.goto("/customers?touchpoint=" + rare["touchpoint"])
    expect(page.locator("tbody tr")).to_have_count(min(50, rare["customers"]))
    page.get_by_role("button", name="Met ").click()
    expect(page).to_have_url(re.compile("/customers$"))
    expect(page.locator("tbody tr")).not_to_have_count(rare["customers"])


def test_a_hub_that_heard_nothing_leads_to_the_first_steps(empty_hub: Running, browsing: Browsing) -> None:
    page = browsing.open(empty_hub.url)
    page.goto("/customers")
    page.get_by_role("link", name="Take the first steps").click()
    expect(page).to_have_url(re.compile("/start$"))


# ---------------------------------------------------------------- one


def test_a_customer_in_one_glance_is_what_the_api_says(
    page: Page, tideline_hub: Running, screenshot: Callable[..., None]
) -> None:
    one = richest(tideline_hub)
    page.goto(f"/customers/{one['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text(one["traits"]["name"])
    left = page.get_by_role("complementary")
    for label, value in (("visits", one["visits"]), ("events", one["events"]), ("channels used", len(one["channels"]))):
        expect(
            left.locator("dl > div", has=page.get_by_text(label, exact=True)).get_by_role("definition").first
        ).to_have_text(f"{value:,}")
    names = {segment["id"]: segment["name"] for segment in tideline_hub.get("/api/segments")["data"]}
    for segment in one["segments"]:
        expect(left.get_by_text(names[segment], exact=True)).to_be_visible()
    for purpose, yes in one["consent"].items():
        said = left.get_by_role("listitem").filter(has_text=purpose.replace("_", " ").capitalize())
        expect(said).to_contain_text("Yes" if yes else "No")
    felt = [event["emotion"] for event in whole_timeline(tideline_hub, one["id"]) if event["emotion"] is not None]
    if felt:
        shown = f"+{felt[0]:g}" if felt[0] > 0 else f"{felt[0]:g}".replace("-", "\N{MINUS SIGN}")
        expect(left.get_by_role("definition").first).to_have_text(shown)
    expect(left.get_by_text(f"{len(one['identifiers'])} identifiers")).to_be_visible()
    expect(page.locator("svg[role=group] [role=button]").first).to_be_visible()
    screenshot(page, "customer")


def test_the_timeline_is_narrowed_by_its_address_and_an_event_opens_to_its_bytes(
    page: Page, tideline_hub: Running, browsing: Browsing
) -> None:
    one = richest(tideline_hub)
    channel = max(one["channels"], key=lambda name: one["channels"][name]["events"])
    events = whole_timeline(tideline_hub, one["id"], channel=channel)
    page.goto(f"/customers/{one['id']}")
    timeline = page.get_by_role("region", name="Timeline", exact=True)
    timeline.get_by_role("combobox", name="Channel").select_option(channel)
    expect(page).to_have_url(re.compile(f"channel={channel}"))
    again = browsing.open(tideline_hub.url)
    again.goto(page.url)
    rows = again.get_by_role("region", name="Timeline", exact=True).locator("li > button")
    for _ in range(20):
        again.get_by_role("region", name="Timeline", exact=True).locator("li").last.scroll_into_view_if_needed()
        again.wait_for_load_state("networkidle")
        if again.get_by_text("That is where the story begins.").is_visible():
            break
    expect(rows).to_have_count(len(events))
    rows.first.focus()
    again.keyboard.press("Enter")
    expect(rows.first).to_have_attribute("aria-expanded", "true")
    sent = again.get_by_role("region", name="The event as sent").inner_text()
    assert json.loads(sent) == events[0]["raw"]
    again.keyboard.press("Escape")
    expect(rows.first).to_have_attribute("aria-expanded", "false")
    page.go_back()
    expect(timeline.get_by_role("combobox", name="Channel")).to_have_value("")
    newest = whole_timeline(tideline_hub, one["id"])[0]["touchpoint"].partition(": ")[2]
    expect(timeline.locator("li > button").first).to_contain_text(newest)


def test_the_ribbon_has_a_dot_for_every_touchpoint_and_is_walked_by_keyboard(
    page: Page, tideline_hub: Running, name: str
) -> None:
    steps = [{"event": "Seen", "properties": {"emotion": place - 2}} for place in range(4)]
    id = told(tideline_hub, name, *steps, {"type": "identify"}, {"type": "page", "name": "Plans"})
    page.goto(f"/customers/{id}")
    dots = page.locator("svg[role=group] [role=button]")
    expect(dots).to_have_count(5)
    expect(page.get_by_text("5 touchpoints on 1 channel; last told emotion +1 at Seen")).to_be_visible()
    dots.last.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(dots.nth(2)).to_be_focused()
    page.keyboard.press("Home")
    expect(dots.first).to_be_focused()
    expect(dots.first).to_have_attribute("aria-label", re.compile("Seen, Web, .*emotion \N{MINUS SIGN}2"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Seen")).to_contain_text(f"{name}-0")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_identity_shows_the_evidence_of_every_link_in_picture_and_table(
    page: Page, tideline_hub: Running, browsing: Browsing, screenshot: Callable[..., None]
) -> None:
    browsing.forgiven.append("404")  # that the customer was not known yet
    one = richest(tideline_hub)
    identity = tideline_hub.get(f"/api/profiles/{one['id']}/identity")
    page.goto(f"/customers/{one['id']}?view=identity")
    ties = page.get_by_role("group", name="Evidence between identifiers").get_by_role("button")
    pairs = {frozenset((link["a_id"], link["b_id"])) for link in identity["links"]}
    expect(ties).to_have_count(len(pairs))
    email = next(each["value"] for each in one["identifiers"] if each["kind"] == "email")
    page.get_by_role("button", name=f"Email: {email}").click()
    expect(page.get_by_role("heading", name=f"Email {email}")).to_be_visible()
    expect(page.locator("li").filter(has_text="Seen together on an event from").first).to_be_visible()
    screenshot(page, "customer-identity")
    ties.first.focus()
    page.keyboard.press("Enter")
    expect(ties.first).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Table", exact=True).click()
    expect(page).to_have_url(re.compile("form=table"))
    for part, rows in (("Identifiers", "identifiers"), ("Trails", "trails"), ("Evidence", "links")):
        shown = page.get_by_role("region", name=part, exact=True).locator("tbody tr")
        expect(shown).to_have_count(len(identity[rows]))
    page.get_by_label("As known on").fill("2020-01-01")
    expect(page.get_by_text("was not known yet on 1 Jan 2020")).to_be_visible()
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page.get_by_role("region", name="Evidence", exact=True)).to_be_visible()


# ---------------------------------------------------------------- by hand


def test_two_customers_are_merged_after_a_preview_and_the_toast_takes_it_back(
    page: Page, tideline_hub: Running, name: str
) -> None:
    one = told(tideline_hub, f"{name}1", {"event": "Seen"}, {"event": "Bought"})
    other = told(tideline_hub, f"{name}2", {"event": "Called"})
    page.goto(f"/customers/{one}")
    act(page, "Merge with another")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Find the other customer").fill(f"{name}2")
    dialog.get_by_role("button", name=re.compile(f"{name}2")).click()
    asked = {"with": other, "preview": True}
    preview = tideline_hub.http.post(f"/api/profiles/{one}/merge", json=asked).json()
    would = dialog.get_by_role("region", name="What it would do")
    expect(would).to_contain_text("2 customers")
    expect(would).to_contain_text("1 customer")
    for identifier in preview["moved"]:
        expect(would.get_by_role("listitem").filter(has_text=identifier.partition(":")[2])).to_be_visible()
    assert tideline_hub.get(f"/api/profiles/{other}")["id"] == other
    dialog.get_by_label("Reason").fill("the same person on the phone")
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_text("Merged into one customer")).to_be_visible()
    [now] = preview["after"]
    expect(page).to_have_url(re.compile(f"/customers/{now}$"))
    expect(page.get_by_role("complementary")).to_contain_text("3")
    assert tideline_hub.get(f"/api/profiles/{one}")["id"] == tideline_hub.get(f"/api/profiles/{other}")["id"] == now
    [link] = tideline_hub.get(f"/api/profiles/{now}/identity")["merges"]
    assert link["reason"] == "the same person on the phone"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/customers/{one}$"))
    assert tideline_hub.get(f"/api/profiles/{one}")["id"] == one
    assert tideline_hub.get(f"/api/profiles/{other}")["id"] == other


def test_the_address_of_a_customer_merged_into_another_leads_there(
    page: Page, tideline_hub: Running, name: str
) -> None:
    ids = [told(tideline_hub, f"{name}{place}", {"event": "Seen"}) for place in range(2)]
    merged = tideline_hub.http.post(f"/api/profiles/{ids[0]}/merge", json={"with": ids[1]}).json()
    [now] = merged["after"]
    [old] = set(ids) - {now}
    page.goto("/customers")
    page.goto(f"/customers/{old}?view=identity")
    expect(page).to_have_url(re.compile(f"/customers/{now}\\?view=identity$"))
    page.go_back()
    expect(page).to_have_url(re.compile("/customers$"))
    page.goto(f"/customers/{now}?view=identity")
    hand = page.get_by_role("region", name="Decided by hand")
    hand.get_by_role("button", name="Take back").click()
    dialog = page.get_by_role("dialog", name="Take this merge back")
    expect(dialog.get_by_role("region", name="What it would do")).to_contain_text("2 customers")
    dialog.get_by_role("button", name="Take back", exact=True).click()
    expect(dialog).to_be_hidden()  # what is behind it cannot be read before
    expect(hand).to_have_count(0)
    assert {tideline_hub.get(f"/api/profiles/{id}")["id"] for id in ids} == set(ids)


def test_a_parting_is_taken_back_where_it_is_listed_with_who_and_why(
    page: Page, tideline_hub: Running, name: str
) -> None:
    mail = f"{name}@example.test"
    id = told(tideline_hub, name, {"event": "Seen", "context": {"traits": {"email": mail}}})
    before = tideline_hub.get(f"/api/profiles/{id}")
    asked = {"from": f"email:{mail}", "reason": "a till's address"}
    assert tideline_hub.http.post(f"/api/profiles/{id}/unmerge", json=asked).status_code == 200
    page.goto(f"/customers/{id}?view=identity")
    hand = page.get_by_role("region", name="Decided by hand")
    expect(hand).to_contain_text("Parted")
    expect(hand).to_contain_text("a till's address")
    hand.get_by_role("button", name="Take back").press("Enter")
    dialog = page.get_by_role("dialog", name="Take this parting back")
    expect(dialog.get_by_role("region", name="What it would do")).to_contain_text("1 customer")
    dialog.get_by_role("button", name="Take back", exact=True).click()
    expect(dialog).to_be_hidden()  # what is behind it cannot be read before
    expect(hand).to_have_count(0)
    assert tideline_hub.get(f"/api/profiles/{id}") == before
    page.get_by_role("button", name="Undo").click()
    expect(hand).to_contain_text("Parted")
    assert tideline_hub.get(f"/api/profiles/{id}")["keys"] == {"user_id": [name]}


def test_a_name_of_five_thousand_letters_leaves_the_header_usable(
    tideline_hub: Running, browsing: Browsing, name: str
) -> None:
    id = told(tideline_hub, name, {"type": "identify", "traits": {"name": "W" * 5_000, "about": "y" * 5_000}})
    kept = tideline_hub.get(f"/api/profiles/{id}")["traits"]["name"]
    assert len(kept) == 1_000  # a hub keeps no more of one trait
    for width, height in ((1280, 800), (390, 844)):
        page = browsing.open(tideline_hub.url, size=(width, height))
        page.goto(f"/customers/{id}")
        header = page.locator("main header").first
        expect(header.get_by_role("button", name="Actions for this customer")).to_be_visible()
        box = header.bounding_box()
        assert box
        assert box["height"] < 180
        assert box["x"] + box["width"] <= width
        shown = page.get_by_role("complementary").get_by_role("button", name="Show all of it").first
        shown.click()
        expect(page.get_by_role("complementary").get_by_text(kept, exact=True).first).to_be_visible()


def test_an_identifier_is_parted_from_its_customer_after_a_preview(
    page: Page, tideline_hub: Running, name: str
) -> None:
    mail = f"{name}@example.test"
    id = told(tideline_hub, name, {"event": "Seen", "context": {"traits": {"email": mail}}}, {"event": "Bought"})
    page.goto(f"/customers/{id}?view=identity")
    page.get_by_role("button", name=f"Email: {mail}").click()
    page.get_by_role("button", name="Part from this customer").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem").filter(has_text=mail)).to_be_visible()
    dialog.get_by_role("button", name="Part", exact=True).click()
    expect(page.get_by_role("region", name="Decided by hand")).to_contain_text("Parted")
    assert tideline_hub.get(f"/api/profiles/{id}")["keys"] == {"user_id": [name]}
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    assert tideline_hub.get(f"/api/profiles/{id}")["keys"]["email"] == [mail]


def test_a_customer_is_erased_only_when_typed_and_the_receipt_stays(
    page: Page, tideline_hub: Running, browsing: Browsing, name: str
) -> None:
    browsing.forgiven.append("404")
    id = told(tideline_hub, name, {"event": "Seen"}, {"event": "Bought"})
    page.goto(f"/customers/{id}")
    act(page, "Erase")
    dialog = page.get_by_role("dialog")
    do = dialog.get_by_role("button", name="Erase for good")
    expect(do).to_be_disabled()
    dialog.get_by_label("to confirm").fill(name[:-1])
    expect(do).to_be_disabled()
    dialog.get_by_label("to confirm").fill(name)
    dialog.get_by_label("Reason").fill("asked for it")
    do.click()
    receipt = page.get_by_role("status").filter(has_text="This customer was erased")
    expect(receipt).to_be_visible()
    [kept] = [one for one in tideline_hub.get("/api/erasures")["data"] if one["reason"] == "asked for it"]
    for place, removed in kept["places"].items():
        row = receipt.locator("dl > div", has=page.get_by_text(re.compile(f"^{place}$", re.IGNORECASE)))
        expect(row.get_by_role("definition")).to_have_text(f"{removed:,}")
    page.get_by_role("button", name="Copy receipt").click()
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == kept
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download receipt").click()
    assert json.loads(saved.value.path().read_text("utf-8")) == kept
    page.reload()
    expect(page.get_by_role("heading", name="Nobody is known by this").first).to_be_visible()
    assert tideline_hub.http.get(f"/api/profiles/{id}").status_code == 404


def test_everything_about_a_customer_is_exported_as_the_api_tells_it(
    page: Page, tideline_hub: Running, name: str
) -> None:
    id = told(tideline_hub, name, {"event": "Seen"}, {"event": "Bought", "properties": {"revenue": 12}})
    page.goto(f"/customers/{id}")
    with page.expect_download() as saved:
        act(page, "Export everything")
    exported = json.loads(saved.value.path().read_text("utf-8"))
    expected = tideline_hub.get(f"/api/profiles/{id}/export")
    assert exported["events"] == expected["events"]
    assert exported["identity"] == expected["identity"]
    assert saved.value.suggested_filename == f"customer-{id}.json"


# ---------------------------------------------------------------- everybody


HOSTILE = '<img src=x onerror="document.title=1"><script>alert(1)</script>'


def test_hostile_names_long_values_and_hundreds_of_traits_are_text_and_stay_usable(
    page: Page, tideline_hub: Running, name: str
) -> None:
    traits: dict[str, Any] = {f"trait {place:03d}": place for place in range(400)}
    traits |= {"name": HOSTILE, "about": "x" * 5_000, HOSTILE: HOSTILE, "\u202etrap": {"deep": [HOSTILE]}}
    id = told(tideline_hub, name, {"type": "identify", "traits": traits}, {"event": HOSTILE, "properties": traits})
    known = tideline_hub.get(f"/api/profiles/{id}")["traits"]
    assert len(known) == 300  # a hub keeps no more of one customer
    page.goto(f"/customers?q={name}")
    expect(page.get_by_role("link", name=HOSTILE[:40])).to_be_visible()
    for address in (f"/customers/{id}", f"/customers/{id}?view=identity"):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_contain_text(HOSTILE[:40])
        assert page.locator("img[src=x]").count() == 0
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, "the page scrolls sideways"
    left = page.get_by_role("complementary")
    expect(left.locator("dl").last.locator("dt")).to_have_count(12)
    left.get_by_role("button", name=f"Show all {len(known)}").click()
    left.get_by_label("Find a trait").fill("trait 1")
    fitting = [trait for trait in known if trait.startswith("trait 1")]
    expect(left.locator("dt", has_text="trait")).to_have_count(len(fitting))
    page.goto(f"/customers/{id}")
    page.get_by_role("region", name="Timeline", exact=True).locator("li > button").first.click()
    expect(page.get_by_role("region", name="The event as sent")).to_contain_text("<img")
    assert page.locator("img[src=x]").count() == 0
    expect(page).to_have_title(re.compile("^<img"))


def test_right_to_left_names_are_shown_as_such(page: Page, tideline_hub: Running, name: str) -> None:
    id = told(tideline_hub, name, {"type": "identify", "traits": {"name": "عمر خالد"}})
    page.goto(f"/customers/{id}")
    shown = page.get_by_role("complementary").get_by_text("عمر خالد").first
    expect(shown).to_have_attribute("dir", "auto")
    assert shown.evaluate("node => getComputedStyle(node).direction") == "rtl"


@pytest.mark.parametrize("at", ["", "?view=identity", "?view=identity&form=table", "?time=between"])
def test_axe_finds_nothing_on_a_customers_page(
    page: Page, tideline_hub: Running, at: str, axe: Callable[..., None]
) -> None:
    page.goto(f"/customers/{richest(tideline_hub)['id']}{at}")
    expect(page.get_by_role("complementary")).to_be_visible()
    page.wait_for_load_state("networkidle")
    if not at:
        page.locator("li > button[aria-expanded]").first.click()
    axe(page)


@pytest.mark.parametrize("item", ["Merge with another", "Erase"])
def test_axe_finds_nothing_in_the_dialogs_and_escape_closes_them(
    page: Page, tideline_hub: Running, item: str, axe: Callable[..., None]
) -> None:
    page.goto(f"/customers/{richest(tideline_hub)['id']}")
    act(page, item)
    expect(page.get_by_role("dialog")).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_customer_fits_a_phone(tideline_hub: Running, browsing: Browsing) -> None:
    page = browsing.open(tideline_hub.url, size=(390, 844))
    page.goto(f"/customers/{richest(tideline_hub)['id']}")
    expect(page.get_by_role("heading", name="Journey so far")).to_be_attached()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_escape_from_a_question_of_the_menu_leads_back_to_its_button(page: Page, tideline_hub: Running) -> None:
    one = tideline_hub.get("/api/profiles", params={"limit": 1})["data"][0]
    page.goto(f"/customers/{one['id']}")
    actions = page.get_by_role("button", name="Actions for this customer")
    actions.press("Enter")
    page.get_by_role("menuitem", name="Merge with another").press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(actions).to_be_focused()
