"""The studio as people see it: built when its sources changed, served by real hubs, looked at in Debian's Chromium.

`studio` is the address of an open hub with Tideline's customers in it, `empty_hub` of one that heard nothing yet, `keyed`
a hub that wants a key. `page` is a page in it (`page.goto("/map")`), `browsing.open(…)` another. Errors on a page's
console fail the test. `axe(page)` looks at it as it stands, in both themes; `screenshot(page, "map")` keeps pictures.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from javascript import browser
from stories.api.running import Running
from stories.studio.served import ROOT, Browsing, findings, seed, served, shoot

expect.set_options(timeout=30_000)  # the first map after an installation waits for machine code to be made


@pytest.fixture(scope="session")
def built() -> Path:
    """The studio, built from the sources as they are."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "studio" / "build.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"the studio cannot be built\n{done.stdout}{done.stderr}"
    return ROOT / "src" / "harken" / "studio"


@pytest.fixture(scope="session")
def tideline_hub(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The hub behind `studio`: ask it what the page should say (`tideline_hub.get("/api/map")`)."""
    data = tmp_path_factory.mktemp("tideline")
    seed(data)
    with served(data) as running:
        yield running


@pytest.fixture(scope="session")
def studio(tideline_hub: Running) -> str:
    """Where an open hub is served that heard 150 customers for 20 days."""
    return tideline_hub.url


@pytest.fixture
def empty_hub(built: Path, tmp_path: Path) -> Iterator[Running]:
    """An open hub that heard nothing yet."""
    with served(tmp_path / "empty") as running:
        yield running


@pytest.fixture(scope="session")
def keyed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hub that shows nothing without a key."""
    with served(tmp_path_factory.mktemp("keyed"), open_page=False) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A module's own browser: what drives it keeps an event loop running that other tests must not meet."""
    unguarded = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser(), args=unguarded)
        yield opened
        opened.close()


@pytest.fixture
def browsing(chromium: Browser) -> Iterator[Browsing]:
    """Opens pages; their errors fail the test unless they are `forgiven`."""
    opened = Browsing(chromium)
    yield opened
    opened.close()


@pytest.fixture
def page(browsing: Browsing, studio: str) -> Page:
    """A page of the studio with Tideline in it, 1440 by 900, light; `theme(page, "dark")` of served.py changes that."""
    return browsing.open(studio)


@pytest.fixture(scope="session")
def axe() -> Callable[..., None]:
    """`axe(page)` fails with what axe finds, in both themes."""

    def check(page: Page, **told: tuple[str, ...]) -> None:
        found = findings(page, **told)
        assert not found, "\n".join(found)

    return check


@pytest.fixture(scope="session")
def screenshot() -> Callable[..., None]:
    """`screenshot(page, "map-focus")` keeps artifacts/screenshots/map-focus-light-1440x900.png and the dark one. The
    pictures of the docs are taken by test_pictures.py."""
    return shoot
