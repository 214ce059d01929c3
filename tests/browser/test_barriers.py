"""No page has a barrier that axe finds, in either theme, in the states that people meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.web.test_pages import OURS, PAGES, address

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Window

    OpenWindow = Callable[..., Window]

OWNER = "owner@northwind.example"
DOORS = ("/sign-in", "/invitation", "/forgotten", "/reset", "/status", "/nothing-here")
#: styles, and the parts of pages that come live
PARTS = frozenset({"/brand.css", *(page for page in PAGES if page.endswith("/live"))})
PICTURES = {
    "/clients/board": "board",
    "/revos/campaigns": "campaigns",
    "/revos": "overview",
    "/revos/pods": "pods",
    "/agency/people": "people",
    "/agency/keys": "keys",
    "/unify": "unify",
    "/revos/review": "review",
    "/jobs": "jobs",
    address("/revos/campaigns/{campaign_id:uuid}/texts", OURS): "texts",
    address("/revos/leads/{lead_id:uuid}", OURS): "lead",
    address("/revos/accounts/{account_id:uuid}", OURS): "account",
    address("/revos/campaigns/{campaign_id:uuid}", OURS): "campaign",
    "/sign-in": "sign-in",
}


def barriers(window: Window) -> list[str]:
    found = Axe().run(window.page).response["violations"]
    return [f"{window.page.url}: {each['id']}: {each['nodes'][0]['html']}" for each in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier(open_window: OpenWindow, theme: str) -> None:
    window = open_window(theme=theme)
    found: list[str] = []
    for path in DOORS:
        window.go(path)
        if path in PICTURES:
            window.picture(f"{PICTURES[path]}-{theme}")
        found += barriers(window)
    window.complaints.clear()  # the page that is not there says 404
    window.sign_in(OWNER)
    for path in [*(address(page, OURS) for page in PAGES if page not in PARTS), "/password"]:
        window.go(path)
        if path in PICTURES:
            window.picture(f"{PICTURES[path]}-{theme}")
        found += barriers(window)
    assert found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_state_of_a_page_has_a_barrier(open_window: OpenWindow, theme: str) -> None:
    window = open_window(theme=theme)
    page = window.page
    window.sign_in(OWNER)
    found: list[str] = []
    for path in ("/clients?q=nobody", "/search?q=beacon", "/revos/leads?page=3&status=failed"):
        window.go(path)
        found += barriers(window)
    for summary in ("Columns", "Save or delete views"):
        window.go("/clients")
        page.locator("summary", has_text=summary).or_(page.get_by_label(summary)).first.click()
        found += barriers(window)
    window.look_for("be")
    found += barriers(window)
    window.picture(f"palette-{theme}")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    window.press("?")
    found += barriers(window)
    window.go("/clients/new")
    page.get_by_label("Website").fill("no address")
    page.get_by_role("button", name="Add client").click()
    page.locator(".problem").first.wait_for()
    found += barriers(window)
    window.complaints.clear()  # a form that is refused says 422
    assert found == []
