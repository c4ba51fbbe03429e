"""The admin pages against a real hub: keys, sources, dead letters, privacy, background work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from stories.api.running import Running
from stories.studio.served import Browsing, served

HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.exe"


@pytest.fixture
def hub(built: Path, tmp_path: Path) -> Iterator[Running]:
    """A hub of the test's own, that it may change."""
    with served(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def own(hub: Running, browsing: Browsing) -> Page:
    """A page in it."""
    return browsing.open(hub.url)


def choose(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).select_option(value)


def rows(page: Page) -> Locator:
    return page.locator("tbody tr")


# ---------------------------------------------------------------- keys


def test_a_key_is_made_shown_once_works_and_is_revoked(own: Page, hub: Running) -> None:
    own.goto("/admin/keys")
    expect(rows(own)).to_have_count(2)
    own.get_by_role("button", name="Create key").click()
    dialog = own.get_by_role("dialog")
    dialog.get_by_label("Label", exact=True).fill(HOSTILE)
    dialog.get_by_label("Source", exact=True).fill("shop")
    dialog.get_by_label("Pages that may use it").fill("https://shop.example.test\nhttps://*.brand.test")
    dialog.get_by_label("Events per second").fill("500")
    dialog.get_by_role("button", name="Create key").click()
    plain = own.get_by_label("Key", exact=True).input_value()
    assert plain.startswith("hk_write_")
    own.get_by_role("button", name="Copy").click()
    expect(own.get_by_role("button", name="Copied")).to_be_visible()
    assert own.evaluate("navigator.clipboard.readText()") == plain
    own.get_by_role("button", name="I have kept it").click()

    told = next(one for one in hub.get("/api/keys")["data"] if one["source"] == "shop")
    assert (told["origins"], told["per_second"], told["label"]) == (
        ["https://shop.example.test", "https://*.brand.test"],
        500,
        HOSTILE,
    )
    row = rows(own).filter(has_text=f"…{plain[-4:]}")
    expect(row).to_contain_text("<img src=x onerror=alert(1)>")
    expect(row).to_contain_text("500 events/s")
    assert plain not in own.content()
    assert hub.post("/v1/track", {"event": "Seen", "userId": "ada"}, key=plain).status_code == 200

    row.get_by_role("button", name="Revoke").click()
    own.get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Revoke").click()
    own.get_by_role("button", name="Revoke key").click()
    expect(rows(own)).to_have_count(2)
    own.get_by_role("button", name="Revoked").click()
    expect(own).to_have_url(re.compile("state=revoked"))
    expect(rows(own).filter(has_text=f"…{plain[-4:]}")).to_have_count(1)
    own.reload()
    expect(rows(own)).to_have_count(1)


def test_a_key_is_made_by_keyboard_alone_and_what_the_hub_says_against_it_is_shown(own: Page) -> None:
    own.goto("/admin/keys?create=write&source=till")
    expect(own.get_by_role("dialog").get_by_label("Source", exact=True)).to_have_value("till")
    own.get_by_label("Pages that may use it").fill("not an origin")
    own.get_by_label("Label", exact=True).focus()
    own.keyboard.type("by hand")
    own.keyboard.press("Enter")
    expect(own.get_by_role("dialog")).to_be_visible()
    own.keyboard.press("Escape")
    expect(own.get_by_role("dialog")).to_be_hidden()
    expect(own).not_to_have_url(re.compile("create"))


# ---------------------------------------------------------------- sources


def test_a_source_is_described_and_what_it_says_is_in_force(own: Page, hub: Running, browsing: Browsing) -> None:
    browsing.forgiven += ["400"]  # a time zone there is not
    own.goto("/admin/sources")
    expect(rows(own)).to_have_count(1)  # the first key's
    expect(rows(own)).to_contain_text("not described yet")
    own.get_by_role("button", name="Add source").click()
    own.get_by_label("Id", exact=True).fill("tills")
    own.get_by_label("Name", exact=True).fill(HOSTILE)
    own.get_by_label("Channel", exact=True).fill("store")
    own.get_by_label("Time zone").fill("Nowhere/Land")
    own.get_by_label("Events of a request").fill("20000")
    own.get_by_role("button", name="Save and publish").click()
    expect(own.get_by_role("alert").filter(has_text=re.compile("Nowhere/Land|time zone|timezone"))).to_be_visible()
    own.get_by_label("Time zone").fill("Europe/Vienna")
    own.get_by_label("Why", exact=True).fill("the tills of all stores")
    own.get_by_role("button", name="Save and publish").click()
    expect(own).to_have_url(re.compile("source=tills"))
    (version,) = [one for one in hub.get("/api/config/source/tills")["data"] if one["state"] == "published"]
    assert version["body"]["timezone"] == "Europe/Vienna"
    assert version["body"]["limits"]["batch_events"] == 20_000
    assert version["reason"] == "the tills of all stores"
    expect(rows(own).filter(has_text="tills")).to_contain_text("1 of its own")
    own.reload()
    expect(own.get_by_label("Channel", exact=True)).to_have_value("store")
    own.get_by_label("Events of a request").fill("")
    own.get_by_role("button", name="Save and publish").click()
    expect(rows(own).filter(has_text="tills")).to_contain_text("usual")


def test_the_snippet_of_a_source_works_as_it_is_copied(own: Page, hub: Running) -> None:
    own.goto("/admin/sources?source=web&client=python")
    snippet = own.get_by_role("region", name="Send events as web").locator("pre")
    expect(snippet).to_contain_text(hub.url)
    expect(snippet).to_contain_text("segment.analytics")
    choose(own, "Client", "curl")
    expect(snippet).to_contain_text(f"{hub.url}/v1/track")
    told = re.search(r"-d '(.+)'", snippet.inner_text(), re.DOTALL)
    assert told
    assert hub.post("/v1/track", json.loads(told[1])).status_code == 200
    own.get_by_role("link", name="Create one").click()
    expect(own.get_by_role("dialog").get_by_label("Source", exact=True)).to_have_value("web")


# ---------------------------------------------------------------- dead letters


def refused(hub: Running, number: int, source: str = "web") -> None:
    """Events nobody can be recognized by."""
    key = hub.key(source=source)
    for one in range(number):
        hub.post("/v1/track", {"event": f"Nobody {one} {HOSTILE}", "messageId": f"{source}-{one}"}, key=key)


def test_the_inbox_shows_all_there_is_page_by_page_and_by_reason(own: Page, hub: Running) -> None:
    refused(hub, 60)
    refused(hub, 2, source="app")
    hub.post("/v1/batch", b"{no json")
    own.goto("/admin/dead-letter")
    counts = hub.get("/api/dead-letter/counts")["data"]
    assert sum(one["letters"] for one in counts) == 63
    expect(own.get_by_text("63 letters, sent 63 times")).to_be_visible()
    expect(rows(own)).to_have_count(50)
    own.get_by_role("button", name="Show more").click()
    expect(rows(own)).to_have_count(63)
    choose(own, "Source", "app")
    expect(rows(own)).to_have_count(2)
    expect(own.get_by_text("2 letters, sent 2 times")).to_be_visible()
    own.go_back()
    expect(own.get_by_text("63 letters, sent 63 times")).to_be_visible()
    other = next(one["reason"] for one in counts if one["reason"] != "no_identifier")
    choose(own, "Reason", other)
    expect(rows(own)).to_have_count(1)
    own.reload()
    expect(own.get_by_label("Reason", exact=True)).to_have_value(other)
    choose(own, "Source", "app")
    expect(own.get_by_role("heading", name="No letter fits")).to_be_visible()
    own.get_by_role("button", name="Show all").click()
    expect(rows(own)).to_have_count(50)


def test_a_letter_opens_beside_the_list_with_what_was_sent_as_text(own: Page, hub: Running) -> None:
    refused(hub, 2)
    own.goto("/admin/dead-letter")
    rows(own).first.get_by_role("button").focus()
    own.keyboard.press("Enter")
    panel = own.get_by_role("complementary")
    expect(panel).to_contain_text("no_identifier")
    expect(panel.locator("pre")).to_contain_text("<img src=x onerror=alert(1)>")
    assert own.locator("img[src=x]").count() == 0
    expect(own).to_have_url(re.compile("letter=1"))
    own.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_letters_are_heard_again_once_their_reason_is_gone_and_discarded_when_nobody_wants_them(
    own: Page, hub: Running
) -> None:
    refused(hub, 3)
    hub.http.put("/api/config/key/shelf", json={"priority": 500}).raise_for_status()
    own.goto("/admin/dead-letter")
    own.get_by_role("button", name="Replay all 3").click()
    expect(own.get_by_text("3 letters still cannot be taken")).to_be_visible()
    own.get_by_label("Select letter 2").check()
    expect(own.get_by_role("status").filter(has_text="1 selected")).to_be_visible()
    own.get_by_role("button", name="Discard", exact=True).click()
    own.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(rows(own)).to_have_count(2)
    own.get_by_role("button", name="Discarded").click()
    expect(rows(own)).to_have_count(1)
    own.get_by_role("button", name="Open", exact=True).click()
    own.get_by_role("button", name="Discard all 2").click()
    own.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(own.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    assert hub.get("/api/dead-letter?state=discarded")["data"].__len__() == 3


def test_a_letter_whose_reason_is_gone_is_taken_in(own: Page, hub: Running) -> None:
    hub.http.put("/api/config/source/web", json={"limits": {"event_bytes": 200}}).raise_for_status()
    hub.http.post("/api/config/source/web/publish", json={}).raise_for_status()
    hub.post("/v1/track", {"event": "Plan Viewed", "userId": "ada", "properties": {"long": "x" * 400}})
    own.goto("/admin/dead-letter?letter=1")
    hub.http.put("/api/config/source/web", json={}).raise_for_status()
    hub.http.post("/api/config/source/web/publish", json={}).raise_for_status()
    own.get_by_role("complementary").get_by_role("button", name="Replay").click()
    expect(own.get_by_text("1 event taken in")).to_be_visible()
    expect(own.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    assert hub.get("/api/profiles/user_id:ada")["events"] == 1


# ---------------------------------------------------------------- privacy and background work


def test_the_receipt_of_an_erasure_is_kept_where_people_find_it(own: Page, hub: Running) -> None:
    own.goto("/admin/privacy")
    expect(own.get_by_role("heading", name="Nobody was erased")).to_be_visible()
    hub.post("/v1/track", {"event": "Seen", "userId": "ada"})
    receipt = hub.http.delete("/api/profiles/user_id:ada?reason=asked+by+letter").json()
    own.reload()
    expect(rows(own)).to_have_count(1)
    expect(rows(own)).to_contain_text(receipt["id"])
    expect(rows(own)).to_contain_text("asked by letter")
    assert "ada" not in rows(own).inner_text()


def test_a_quarantined_identifier_is_released_after_a_look_at_what_it_joins(own: Page, hub: Running) -> None:
    for number in range(60):
        hub.post("/v1/identify", {"userId": f"u{number}", "traits": {"email": "desk@example.test"}})
    (held,) = hub.get("/api/quarantine")["data"]
    own.goto("/admin/privacy?show=quarantine")
    expect(rows(own)).to_contain_text(f"{held['degree']} others")
    own.get_by_role("button", name="Release email:desk@example.test").click()
    expect(own.get_by_role("dialog").get_by_role("status")).not_to_be_empty()
    own.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(own.get_by_role("heading", name="No identifier is quarantined")).to_be_visible()
    assert hub.get("/api/quarantine")["data"] == []


def test_work_in_the_background_shows_and_moves_by_itself(own: Page, hub: Running) -> None:
    own.goto("/admin/jobs")
    expect(own.get_by_role("heading", name="Nothing was done in the background yet")).to_be_visible()
    hub.post("/v1/page", {"name": "Plans", "userId": "ada"})
    hub.http.put("/api/config/touchpoint/plans", json={"match": [{"name": "Plans"}]}).raise_for_status()
    hub.http.post("/api/config/touchpoint/plans/publish", json={}).raise_for_status()
    expect(rows(own).first).to_be_visible(timeout=20_000)
    expect(rows(own).filter(has_text="Done").first).to_be_visible(timeout=20_000)
    expect(rows(own).filter(has_text="Name past events anew")).to_contain_text("1 of 1 events")


# ---------------------------------------------------------------- everybody can use them


@pytest.mark.parametrize(
    ("at", "name"),
    [
        ("/admin/keys", "admin-keys"),
        ("/admin/keys?create=write", "admin-new-key"),
        ("/admin/sources?source=web", "admin-sources"),
        ("/admin/dead-letter?letter=1", "admin-dead-letter"),
        ("/admin/jobs", "admin-jobs"),
        ("/admin/privacy", "admin-privacy"),
        ("/admin/privacy?show=quarantine", "admin-quarantine"),
    ],
)
def test_axe_finds_nothing_on_any_of_them(
    page: Page, at: str, name: str, axe: Callable[..., None], screenshot: Callable[..., None]
) -> None:
    page.goto(at)
    expect(page.locator("h1")).to_be_visible()
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    axe(page)
    screenshot(page, name)
