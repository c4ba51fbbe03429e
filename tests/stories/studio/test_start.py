"""The first minutes with a hub, in Chromium: from nothing to the first event, by every way the page offers."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from harken.hub import Hub
from stories.api.running import SECRET_KEY, WRITE_KEY, Running
from stories.studio.served import Browsing, served


@pytest.fixture
def start(empty_hub: Running, browsing: Browsing) -> Page:
    page = browsing.open(empty_hub.url)
    page.goto("/")
    expect(page).to_have_url(re.compile("/start$"))
    expect(page.get_by_role("heading", name="Three steps to the first event")).to_be_visible()
    return page


def copied(page: Page, step: str) -> str:
    page.get_by_role("region", name=step).get_by_role("button", name="Copy").click()
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_hub_that_has_heard_something_opens_on_the_map_and_the_page_stays_in_reach(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/map"))
    page.get_by_role("link", name="Get started").first.click()
    expect(page.get_by_role("heading", name="Connect another source")).to_be_visible()
    expect(page.get_by_role("button", name="Load sample data")).to_be_disabled()


def test_whoever_comes_while_history_is_coming_in_looks_on(empty_hub: Running, browsing: Browsing) -> None:
    with Hub.open(empty_hub.settings.data) as elsewhere:
        elsewhere.sample.coming()
    page = browsing.open(empty_hub.url)
    page.goto("/")
    expect(page).to_have_url(re.compile("/live$"))
    expect(page.get_by_role("heading", name="Simulated customers are coming in")).to_be_visible()
    page.goto("/start")
    expect(page.get_by_text("Tideline's customers live through their days")).to_be_visible()
    expect(page.get_by_role("link", name="See everything live")).to_be_visible()
    expect(page.get_by_role("button", name="Load sample data")).to_be_hidden()


def test_after_signing_in_to_an_empty_hub_the_first_steps_are_there(
    built: Path, tmp_path: Path, browsing: Browsing
) -> None:
    browsing.forgiven += ["401"]
    with served(tmp_path / "strict", open_page=False) as running:
        page = browsing.open(running.url)
        page.goto("/")
        page.get_by_label("Secret key").fill(SECRET_KEY)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Three steps to the first event")).to_be_visible()
        expect(page).to_have_url(re.compile("/start$"))
        page.goto("about:blank")


def test_a_key_is_made_a_line_is_copied_and_its_event_arrives(start: Page, empty_hub: Running) -> None:
    expect(start.get_by_text("Listening. The first event shows up here")).to_be_visible()
    start.get_by_role("button", name="Make a write key").click()
    key = copied(start, "A key to send with")
    assert key.startswith("hk_write_")
    start.get_by_role("button", name="Command line").click()
    expect(start).to_have_url(re.compile("way=curl"))
    line = copied(start, "Send something")
    told = shlex.split(line.replace("\\\n", ""))
    assert told[:3] == ["curl", "-u", f"{key}:"]
    assert told[3] == f"{empty_hub.url}/v1/track"
    assert json.loads(told[5])["userId"] == "ada"
    sent = subprocess.run([*told, "-sS", "--noproxy", "*"], capture_output=True, text=True, check=False)
    assert "true" in sent.stdout, sent.stderr
    expect(start.get_by_text("Heard track Plan Viewed")).to_be_visible()
    expect(start.get_by_text("user_id:ada on Web")).to_be_visible()
    start.get_by_role("link", name="See this customer").click()
    expect(start).to_have_url(re.compile("/customers/" + empty_hub.get("/api/profiles/user_id:ada")["id"]))


def test_the_lines_for_a_web_page_work_in_one(start: Page, empty_hub: Running, tmp_path: Path) -> None:
    start.get_by_role("textbox", name="or paste one you have").fill(WRITE_KEY)
    snippet = copied(start, "Send something")
    assert WRITE_KEY in snippet
    site = tmp_path / "site"
    (site / "plans").mkdir(parents=True)
    (site / "plans" / "index.html").write_text(f"<!doctype html><head><title>Plans</title>{snippet}</head><body>Plans")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        visitor = start.context.new_page()
        visitor.goto(f"http://127.0.0.1:{server.server_port}/plans/")
        expect(start.get_by_text(re.compile("Heard page"))).to_be_visible()
        expect(start.get_by_text("a visitor nobody knows yet on Web")).to_be_visible()
        visitor.evaluate("harken.identify('eve', {plan: 'gold'}); harken.track('Plan Bought', {plan: 'gold'})")
        expect(start.get_by_text("user_id:eve on Web")).to_be_visible()
    finally:
        server.shutdown()
        server.server_close()
    assert empty_hub.get("/api/profiles/user_id:eve")["traits"]["plan"] == "gold"
    assert {one["touchpoint"] for one in empty_hub.get("/api/touchpoints")["data"]} >= {"web: Plan Bought"}


def test_a_secret_key_is_not_put_into_a_page(start: Page) -> None:
    start.get_by_role("textbox", name="or paste one you have").fill("hk_secret_" + SECRET_KEY)
    expect(start.get_by_role("alert")).to_contain_text("keep that one to yourself")
    assert SECRET_KEY not in copied(start, "Send something")


def test_what_comes_and_cannot_be_taken_is_told_with_its_reason(start: Page, empty_hub: Running) -> None:
    empty_hub.post("/v1/track", {"event": "Nobody"})
    expect(start.get_by_text("Something came, and could not be taken")).to_be_visible()
    expect(start.get_by_text(re.compile("give at least one of user_id"))).to_be_visible()


def test_sample_data_fills_an_empty_hub_once_it_was_agreed_to(
    start: Page, empty_hub: Running, axe: Callable[..., None], screenshot: Callable[..., None]
) -> None:
    axe(start)
    screenshot(start, "start")
    start.get_by_role("button", name="Load sample data").press("Enter")
    dialog = start.get_by_role("dialog", name="Load sample data?")
    expect(dialog).to_contain_text("They are for trying out")
    expect(dialog).to_contain_text("another data folder")
    axe(start)
    dialog.get_by_role("button", name="Cancel").click()
    assert empty_hub.get("/api/sample")["empty"]
    start.get_by_role("button", name="Load sample data").click()
    dialog.get_by_role("button", name="Load it").click()
    expect(start.get_by_text("Sample data is here.")).to_be_visible(timeout=60_000)
    start.get_by_role("link", name="Open the journey map").click()
    expect(start).to_have_url(re.compile("/map"))
    assert empty_hub.get("/api/journeys/map")["totals"]["customers"] > 150


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass
