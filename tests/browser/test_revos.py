"""RevOS with a real browser: numbers that come by themselves, a preview, decisions by key."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import expect
from tests.web.world import NORTHWIND, campaign_id, client_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Window
    from tests.web.world import World

    OpenWindow = Callable[..., Window]

OWNER = "owner@northwind.example"
MINE = f"/revos/campaigns/{campaign_id(1)}"


def add_lead(world: World, status: str) -> None:
    world.sql(
        "insert into lead (agency_id, client_id, campaign_id, linkedin_id, status)"
        " values (%(agency)s, %(client)s, %(campaign)s, %(id)s, %(status)s)",
        agency=NORTHWIND, client=client_id(2), campaign=campaign_id(1), id=uuid4().hex,
        status=status,
    )  # fmt: skip


def test_numbers_come_by_themselves_until_the_session_ends(
    open_window: OpenWindow, world: World
) -> None:
    window = open_window()
    page = window.page
    window.sign_in(OWNER)
    row = page.get_by_role("link", name="Invited")
    expect(page.get_by_role("heading", name="Leads by status")).to_be_visible()
    expect(row).to_have_count(0)
    add_lead(world, "invited")
    expect(row).to_be_visible()
    window.go(MINE)
    step = page.locator(".funnel li", has_text="Asked for it").locator("strong")
    before = int(step.inner_text())
    add_lead(world, "failed")
    expect(step).to_have_text(str(before + 1))
    world.sql("update app.session set revoked_at = now()")
    with page.expect_response("**/sign-in**"):
        page.reload()
    world.sql("delete from lead where company is null and agency_id = %(id)s", id=NORTHWIND)


def test_a_preview_follows_what_is_written_and_a_button_shows_it_without_script(
    open_window: OpenWindow,
) -> None:
    window = open_window()
    page = window.page
    window.sign_in("admin@northwind.example")
    window.go(f"{MINE}/texts")
    shown = page.locator("#dm_template_step1-shown")
    page.get_by_role("textbox", name="First message").fill("Hi {{first_name|there}}, {{nickname}}!")
    expect(shown.get_by_text("there is no variable 'nickname'").first).to_be_visible()
    page.get_by_role("textbox", name="First message").fill(
        "Hi {{first_name|there}}, here is {{magnet_name}}."
    )
    expect(shown.locator(".bubble")).to_have_text(
        ["Hi Maria, here is The onboarding guide.", "Hi there, here is The onboarding guide."]
    )
    plain = open_window(has_script=False).page
    plain.goto(f"{window.address}{MINE}/texts")
    plain.get_by_label("E-mail").fill("manager@northwind.example")
    plain.get_by_label("Password").fill("heron-lantern-quarry-7")
    plain.get_by_role("button", name="Sign in").click()
    plain.get_by_role("textbox", name="Reminder").fill("Still interested, {{first_name}}?")
    plain.get_by_role("button", name="Show what it makes").click()
    expect(plain.locator("#reminder_template-shown")).to_contain_text("Still interested, Maria?")
    expect(plain.locator("#reminder_template-shown")).to_contain_text("Nothing is sent")


def test_what_waits_is_decided_by_keyboard(open_window: OpenWindow, world: World) -> None:
    window = open_window()
    page = window.page
    window.sign_in("manager@northwind.example")
    window.go("/revos/review")
    first = page.locator(".rows li").first
    expect(first.locator("kbd").first).to_be_visible()
    words = first.locator(".bubble").inner_text()
    window.press("y")
    expect(page.locator(".rows li").first.locator(".bubble")).not_to_have_text(words)
    window.press("n")
    expect(page.get_by_role("heading", name="Was it sent?")).to_have_count(0)
    left = world.sql(
        "select count(*) from dm_step where status = 'unknown' and agency_id = %(id)s", id=NORTHWIND
    )
    assert left == [(0,)]
