"""Browser clients people put into their pages, unchanged, in a real browser, on a site of another origin than the hub."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from javascript import browser, installed
from stories.api.running import WRITE_KEY, Running

CLIENTS = Path(__file__).parents[2] / "clients"
SCRIPTS = {
    "segment.js": "@segment/analytics-next/dist/umd/index.js",
    "standalone.js": "@segment/analytics-next/dist/umd/standalone.js",
    "rudder.js": "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
}
SEGMENT = """() => window.AnalyticsNext.AnalyticsBrowser.load(
    {writeKey: %r, cdnURL: %r}, {integrations: {'Segment.io': %s}}).then(([made]) => { window.told = made })"""
RUDDER = """() => new Promise(done => {
    window.told = new rudderanalytics.RudderAnalytics()
    window.told.load(%r, %r, {configUrl: %r, logLevel: 'ERROR', useBeacon: %s})
    window.told.ready(done) })"""
CALLS = """async name => {
    const said = (verb, ...told) => new Promise(done => {
        const answer = told.length ? window.told[verb](...told) : window.told[verb]()
        answer && answer.then ? answer.then(done) : setTimeout(done, 20)
    })
    window.anonymous = window.told.getAnonymousId ? window.told.getAnonymousId() : window.told.user().anonymousId()
    await said('page', 'Plans', {plan: 'gold'})
    await said('track', 'Plan Viewed', {plan: 'gold', price: 12.5})
    await said('identify', 'user-' + name, {email: name + '@example.test', plan: 'gold', city: 'Zürich 東京'})
    await said('group', 'company-' + name, {name: 'Tideline'})
    await said('track', 'Order Placed', {total: 49.9})
    await said('alias', 'user-' + name, 'old-' + name)
    return window.anonymous
}"""


class Site:
    """A shop's website: pages with nothing but one client's script in them."""

    def __init__(self) -> None:
        modules = installed(CLIENTS)

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.partition("?")[0].rpartition("/")[2]
                script = SCRIPTS.get(name)
                if script is not None:
                    body, kind = (modules / script).read_bytes(), "application/javascript"
                else:
                    body, kind = f"<!doctype html><title>Shop</title><script src='/{name}.js'></script>", "text/html"
                    body = body.encode() if name in {"segment", "rudder"} else b"<!doctype html><title>Shop</title>"
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *told: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    opened = Site()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A visitor's own browser, who was never here before."""
    visitor = chromium.new_context()
    opened = visitor.new_page()
    yield opened
    visitor.close()


def segment(page: Page, site: Site, hub: Running | str, options: str = "{}", key: str = WRITE_KEY) -> None:
    """Everything the client needs to know it asks of the hub itself."""
    page.goto(site.url + "/shop/segment")
    url = hub if isinstance(hub, str) else hub.url
    page.evaluate(SEGMENT % (key, url, options))


def rudder(page: Page, site: Site, hub: Running | str, beacon: str = "false", key: str = WRITE_KEY) -> None:
    page.goto(site.url + "/shop/rudder")
    url = hub if isinstance(hub, str) else hub.url
    page.evaluate(RUDDER % (key, url, url, beacon))


def heard(running: Running, ref: str, events: int, seconds: float = 20) -> list[dict[str, Any]]:
    """A customer's events, oldest first, once there are that many."""
    until = time.monotonic() + seconds
    while True:
        answer = running.http.get(f"/api/profiles/{ref}/timeline")
        found = answer.json()["data"][::-1] if answer.status_code == 200 else []
        if len(found) >= events or time.monotonic() > until:
            assert len(found) == events, [(one["type"], one["name"]) for one in found]
            return found
        time.sleep(0.05)


def check(running: Running, name: str, anonymous: str) -> None:
    """One customer: the visit before signing in, the traits, and every event in its order."""
    found = heard(running, f"user_id:user-{name}", 6)
    assert [one["type"] for one in found] == ["page", "track", "identify", "group", "track", "alias"]
    assert [one["name"] for one in found if one["type"] in {"page", "track"}] == [
        "Plans",
        "Plan Viewed",
        "Order Placed",
    ]
    profile = running.get(f"/api/profiles/email:{name}@example.test")
    assert profile["id"] == running.get(f"/api/profiles/anonymous_id:{anonymous}")["id"]
    assert anonymous in profile["keys"]["anonymous_id"]
    assert profile["id"] == running.get(f"/api/profiles/user_id:old-{name}")["id"]
    assert profile["traits"] == {"email": f"{name}@example.test", "plan": "gold", "city": "Zürich 東京"}
    assert {"plan": "gold", "price": 12.5}.items() <= found[1]["properties"].items()
    assert found[0]["properties"]["path"].startswith("/shop/")
    assert [one["warnings"] for one in found] == [[]] * 6


@pytest.mark.parametrize(
    "strategy", ["{}", "{deliveryStrategy: {strategy: 'batching', config: {size: 3, timeout: 300}}}"]
)
def test_segments_browser_client_set_up_by_the_hub_is_understood_whole(
    running: Running, site: Site, page: Page, name: str, strategy: str
) -> None:
    segment(page, site, running, strategy)
    check(running, name, page.evaluate(CALLS, name))


@pytest.mark.parametrize("beacon", ["false", "true"])
def test_rudderstacks_browser_client_set_up_by_the_hub_is_understood_whole(
    running: Running, site: Site, page: Page, name: str, beacon: str
) -> None:
    rudder(page, site, running, beacon)
    anonymous = page.evaluate(CALLS, name)
    if beacon == "true":
        page.goto("about:blank")  # beacons are kept until there are ten, or the page is left
    check(running, name, anonymous)


@pytest.mark.parametrize("load", [segment, rudder])
def test_after_a_reset_the_next_customer_of_a_browser_is_somebody_else(
    running: Running, site: Site, page: Page, name: str, load: Callable[..., None]
) -> None:
    load(page, site, running)
    page.evaluate(CALLS, name)
    heard(running, f"user_id:user-{name}", 6)
    # RudderStack's keeps the anonymous id unless it is told otherwise; Segment's makes a new one
    page.evaluate("name => { told.reset(true); told.identify('next-' + name); told.track('Seen') }", name)
    found = heard(running, f"user_id:next-{name}", 2)
    assert [one["type"] for one in found] == ["identify", "track"]
    assert running.get(f"/api/profiles/user_id:user-{name}")["events"] == 6
    assert running.get(f"/api/profiles/user_id:next-{name}")["traits"] == {}
    first, second = (running.get(f"/api/profiles/user_id:{who}-{name}")["id"] for who in ("user", "next"))
    assert first != second


def test_a_standard_snippet_gets_its_script_and_settings_from_the_hub(
    tmp_path: Path, site: Site, page: Page, name: str
) -> None:
    standalone = installed(CLIENTS) / SCRIPTS["standalone.js"]
    with Running(tmp_path, snippet=str(standalone)) as hub:
        page.goto(site.url + "/shop/snippet")
        page.evaluate(
            """([url, key, name]) => {
                const analytics = window.analytics = []
                for (const verb of ['identify', 'track', 'page'])
                    analytics[verb] = (...told) => { analytics.push([verb, ...told]); return analytics }
                analytics._writeKey = key
                analytics._cdn = url
                const script = document.createElement('script')
                script.src = url + '/analytics.js/v1/' + key + '/analytics.min.js'
                document.head.append(script)
                analytics.identify(name)
                analytics.page('Plans')
                analytics.track('Plan Viewed')
            }""",
            [hub.url, WRITE_KEY, name],
        )
        found = heard(hub, f"user_id:{name}", 3)
        assert {(one["type"], one["name"]) for one in found} >= {("page", "Plans"), ("track", "Plan Viewed")}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.parametrize("load", [segment, rudder])
def test_what_a_browser_holds_while_the_hub_is_away_comes_once_it_is_back(
    tmp_path: Path, site: Site, page: Page, name: str, load: Callable[..., None]
) -> None:
    port = free_port()
    with Running(tmp_path, port=port) as hub:
        load(page, site, hub)
        page.evaluate("name => { told.identify(name) }", name)
        heard(hub, f"user_id:{name}", 1)
    page.evaluate("() => { told.track('Away 1'); told.track('Away 2') }")
    page.wait_for_timeout(300)
    with Running(tmp_path, port=port) as hub:
        found = heard(hub, f"user_id:{name}", 3, seconds=40)
        assert {one["name"] for one in found} >= {"Away 1", "Away 2"}


@pytest.mark.parametrize("load", [segment, rudder])
def test_what_was_said_while_the_page_was_left_arrives(
    running: Running, site: Site, page: Page, name: str, load: Callable[..., None]
) -> None:
    waiting = "{deliveryStrategy: {strategy: 'batching', config: {size: 50, timeout: 60000}}}"
    load(page, site, running, waiting if load is segment else "true")
    page.evaluate("name => { told.identify(name); told.track('Plan Viewed'); told.track('Left') }", name)
    page.wait_for_timeout(100)
    page.goto("about:blank")
    found = heard(running, f"user_id:{name}", 3)
    assert {one["name"] for one in found} >= {"Plan Viewed", "Left"}


def test_a_browser_waits_out_a_rate_limit_it_can_read(running: Running, site: Site, page: Page, name: str) -> None:
    key = running.key(source="slow-web", per_second=4)
    seen: list[int] = []
    page.on("response", lambda answer: seen.append(answer.status) if answer.url.startswith(running.url) else None)
    segment(page, site, running, key=key)
    page.evaluate("name => { told.identify(name); for (let n = 0; n < 14; n++) told.track('Seen ' + n) }", name)
    heard(running, f"user_id:{name}", 15, seconds=40)
    page.wait_for_timeout(10)  # what the browser saw is told only while it is waited for
    assert 429 in seen


def test_a_page_whose_key_is_not_known_can_read_why(running: Running, site: Site, page: Page) -> None:
    page.goto(site.url + "/shop/nothing")
    for path in ("/v1/projects/nobody/settings", "/sourceConfig/?writeKey=nobody", "/v1/nothing-here"):
        told = page.evaluate("url => fetch(url).then(one => one.json())", running.url + path)
        assert told["message"], path
    for path in ("/v1/t", "/v1/b", "/v1/import", "/beacon/v1/batch"):
        told = page.evaluate(
            "url => fetch(url, {method: 'POST', headers: {authorization: 'Basic bm9ib2R5Og=='}, "
            "credentials: 'include', body: '{}'}).then(one => one.json())",
            running.url + path,
        )
        assert told["code"] == "unknown_key", path
