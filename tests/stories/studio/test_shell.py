"""Everything around the studio's pages, in Chromium: sign-in, sidebar, command menu, themes, a hub that goes away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

ADDRESSES = ["/live", "/touchpoints", "/map", "/customers", "/start", "/admin/keys", "/admin/sources"]


@pytest.mark.parametrize("at", ADDRESSES)
def test_every_page_has_a_title_and_no_finding_of_axe_in_either_theme(
    page: Page, at: str, axe: Callable[..., None]
) -> None:
    page.goto(at)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    axe(page)
