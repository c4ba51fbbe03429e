"""A size -> a hub that is served with Tideline's past in it; and a page in Chromium, looked at as people do."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from harken.hub import Hub
from harken.testing import tideline
from harken.words import DAY
from stories.api.running import Running
from stories.studio.small import with_palette

ROOT = Path(__file__).parents[3]
SHOTS = ROOT / "artifacts" / "screenshots"
PICTURES = ROOT / "docs" / "studio"
REFRESH = "HARKEN_REFRESH_PICTURES"  # set it, and the pictures of docs/studio are taken anew
AXE = ROOT / "studio" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
UNSURE = ("label-content-name-mismatch",)  # axe itself calls it experimental: it runs the words of an SVG together
THEMES = ("light", "dark")
SIZE = (1440, 900)
CUSTOMERS = 150
DAYS = 20
SEED = 7


def seed(data: Path, *, customers: int = CUSTOMERS, days: int = DAYS) -> None:
    """Tideline's documents, and the days before today of a few of its customers; settled."""
    with Hub.open(data) as hub:
        hub.documents.apply(tideline.CONFIGURATION, by="tideline", reason="the simulated phone company")
        end = hub.core.clock() // DAY * DAY
        for batch in tideline.history(seed=SEED, customers=customers, days=days, end=end):
            hub.hear([tideline.raw(batch)])
        hub.settle()


@contextmanager
def served(data: Path, **settings: Any) -> Iterator[Running]:
    """A server of the hub in a folder."""
    with Running(data, **{"open_page": True, **settings}) as running:
        yield running


class Browsing:
    """Opens pages in one browser, and remembers what went wrong in them. `forgiven`: parts of messages that may come."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._opened: list[BrowserContext] = []
        self.forgiven: list[str] = []
        self.wrong: list[str] = []

    def open(self, at: str, *, theme: str = "light", size: tuple[int, int] = SIZE) -> Page:
        """A page of somebody who was never here before. Nothing on it moves by itself."""
        context = self._browser.new_context(
            base_url=at,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-US",
            timezone_id="UTC",
            permissions=["clipboard-read", "clipboard-write"],
        )
        self._opened.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"error in the page: {error}"))
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(f"on the console: {message.text} ({message.location.get('url', '')})")

    def close(self) -> None:
        """Close every page; what went wrong fails the test."""
        for context in self._opened:
            context.close()
        wrong = [one for one in self.wrong if not any(part in one for part in self.forgiven)]
        assert not wrong, "\n".join(wrong)


def theme(page: Page, name: str) -> None:
    """Look at the same page in another theme, as the system would change it."""
    page.emulate_media(color_scheme="dark" if name == "dark" else "light", reduced_motion="reduce")
    page.locator(f"html[data-theme={name}]").wait_for()


def findings(page: Page, *, themes: Sequence[str] = THEMES, without: Sequence[str] = ()) -> list[str]:
    """What axe has to say of a page as it stands, in each theme; `without`: rules that do not hold here.

    Axe comes in through the debugger, so the page keeps its policy.
    """
    found = []
    debugger = page.context.new_cdp_session(page)
    rules = ", ".join(f"'{rule}': {{enabled: false}}" for rule in (*UNSURE, *without))
    run = f"axe.run(document, {{runOnly: {RULES}, rules: {{{rules}}}}}).then(told => told.violations)"
    try:
        for name in themes:
            theme(page, name)
            debugger.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
            told = debugger.send("Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True})
            assert "exceptionDetails" not in told, told["exceptionDetails"]
            for one in told["result"]["value"]:
                places = [f"{node['html'][:160]}\n    {node['failureSummary']}" for node in one["nodes"][:4]]
                found.append(f"{name}: {one['id']}: {one['help']}\n  " + "\n  ".join(places))
    finally:
        debugger.detach()
        theme(page, "light")
    return found


def shoot(page: Page, name: str, *, themes: Sequence[str] = THEMES) -> None:
    """Keep pictures of a page as it stands: one a theme."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size or {"width": 0, "height": 0}
    for one in themes:
        theme(page, one)
        page.screenshot(path=SHOTS / f"{name}-{one}-{size['width']}x{size['height']}.png")
    theme(page, "light")


def picture(page: Page, name: str) -> None:
    """Keep pictures of a page, the light one for the docs too when those are refreshed."""
    shoot(page, name)
    if os.environ.get(REFRESH):
        shot = (SHOTS / f"{name}-light-{SIZE[0]}x{SIZE[1]}.png").read_bytes()
        (PICTURES / f"{name}.png").write_bytes(with_palette(shot))
