"""People's ways through the pages, with a real browser: by keyboard, by mouse, without script."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import expect
from psycopg import sql
from tests.web.world import FOREIGN, NORTHWIND, client_id, person_id

from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.browser.conftest import Window
    from tests.web.world import World

    OpenWindow = Callable[..., Window]

OWNER = "owner@northwind.example"


CARTRIDGES = """
insert into cartridge (agency_id, type, name, app_context)
values (%(northwind)s, 'training', 'Training', 'audience'),
       (%(northwind)s, 'brand', 'Brand', 'revos'),
       (%(northwind)s, 'style', 'Style', 'revos'), (%(northwind)s, 'voice', 'Voice', 'both'),
       (%(foreign)s, 'brand', 'FOREIGN', 'revos')
"""


def seen(world: World, agency: UUID, app: str, table: str, column: str = "name") -> set[str]:
    """What an owner of the agency reads of a table in an app."""
    tenant = Tenant(agency, person_id(1, foreign=agency == FOREIGN), "owner", None, app)
    query = sql.SQL("select {} from {}").format(sql.Identifier(column), sql.Identifier(table))
    with connect(world.url) as connection, tenant_transaction(connection, tenant) as reading:
        return {name for (name,) in reading.execute(query)}


def session_of(window: Window) -> str:
    return next(
        cookie["value"] for cookie in window.page.context.cookies() if cookie["name"] == "mainstem"
    )


def test_the_toggle_keeps_session_and_chosen_client(open_window: OpenWindow) -> None:
    window = open_window()
    page = window.page
    window.sign_in("manager@northwind.example")
    session = session_of(window)
    window.press("g", "k")
    page.wait_for_url("**/choose-client?**")
    page.get_by_role("button", name="Beacon Health").click()
    page.wait_for_url("**/revos")
    switcher = page.get_by_title("Choose the client to look at")
    apps = page.get_by_role("navigation", name="Apps")
    for number, app, path in (
        (2, "AudienceOS", "audience"),
        (3, "Mail", "mail"),
        (4, "Personas", "persona"),
        (1, "RevOS", "revos"),
    ):
        window.press(f"Alt+{number}")
        page.wait_for_url(f"**/{path}")
        expect(apps.locator("[aria-current]")).to_have_text(app)
        expect(switcher).to_contain_text("Beacon Health")
        assert session_of(window) == session
    apps.get_by_role("link", name="AudienceOS").click()
    page.wait_for_url("**/audience")
    expect(page.get_by_role("navigation", name="AudienceOS")).to_contain_text("Stage board")
    page.reload()
    expect(switcher).to_contain_text("Beacon Health")


def test_a_client_made_in_audienceos_is_there_in_revos_and_a_lead_of_revos_is_not_in_audienceos(
    open_window: OpenWindow, world: World
) -> None:
    window = open_window()
    page = window.page
    window.sign_in(OWNER)
    name = f"Willow {uuid4().hex[:8]}"
    window.press("Alt+2")
    page.wait_for_url("**/audience")
    window.go("/clients")
    window.press("c")
    page.wait_for_url("**/clients/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Add client").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()

    window.press("Alt+1")
    page.wait_for_url("**/revos")
    window.press("g", "c")
    page.wait_for_url("**/clients")
    expect(page.get_by_role("link", name=name)).to_be_visible()

    window.go("/revos/leads/new")
    page.get_by_label("Campaign").select_option(label="Founder playbook")
    page.get_by_label("LinkedIn profile").fill(f"https://www.linkedin.com/in/{uuid4().hex}")
    page.get_by_label("First name").fill("Idris")
    page.get_by_label("Last name").fill(name)
    page.get_by_role("button", name="Add lead").click()
    expect(page.get_by_role("heading", name=f"Idris {name}")).to_be_visible()
    window.go(f"/search?q=Idris {name}")
    expect(page.get_by_role("link", name=f"Idris {name}")).to_be_visible()
    window.press("Alt+2")
    page.wait_for_url("**/audience")
    # it is no row of AudienceOS; the palette knows it, and says where it leads
    assert name in seen(world, NORTHWIND, "revos", "lead", "last_name")
    assert seen(world, NORTHWIND, "audience", "lead", "last_name") == set()
    window.look_for(f"Idris {name}")
    expect(page.get_by_role("option")).to_contain_text("RevOS: Lead")
    page.keyboard.press("Enter")
    page.wait_for_url("**/revos/leads/*")
    expect(page.get_by_role("navigation", name="RevOS")).to_be_visible()


def test_each_app_loads_its_own_cartridges(open_window: OpenWindow, world: World) -> None:
    """At the level of data: the app that a page's toggle leaves in the session decides."""
    window = open_window()
    window.sign_in(OWNER)
    world.sql(CARTRIDGES, northwind=NORTHWIND, foreign=FOREIGN)
    for number, path, own in (
        (2, "audience", {"Training"}),
        (3, "mail", set()),
        (1, "revos", {"Brand", "Style"}),
    ):
        window.press(f"Alt+{number}")
        window.page.wait_for_url(f"**/{path}")
        ((app,),) = world.sql(
            "select app_context from app.session where user_id = %(id)s"
            " order by created_at desc limit 1",
            id=person_id(1),
        )
        assert seen(world, NORTHWIND, app, "cartridge") == own | {"Voice"}
        assert seen(world, FOREIGN, app, "cartridge") == ({"FOREIGN"} if path == "revos" else set())


def test_the_palette_by_keyboard(open_window: OpenWindow) -> None:
    window = open_window()
    page = window.page
    window.sign_in(OWNER)
    window.look_for("go to")
    field = page.get_by_role("combobox", name="Type a command or search")
    expect(field).to_be_focused()
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    window.go("/clients")
    window.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    saving = page.get_by_label("Save this list as")
    page.get_by_label("Save or delete views").click()
    expect(saving).to_be_visible()
    window.press("Control+k")  # no menu stays open behind the palette
    expect(saving).to_be_hidden()
    page.keyboard.press("Escape")
    window.look_for("beacon")
    expect(field).to_be_focused()
    expect(page.get_by_role("option", name="Beacon Health")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/clients/{client_id(2)}")
    window.look_for("foreign")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Nothing found")
    page.keyboard.press("Escape")
    # whoever presses Enter before the answer is there is led to what they typed
    window.press("Control+k")
    page.keyboard.type("fathom")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/clients/{client_id(6)}")


def test_the_board_by_keyboard(open_window: OpenWindow, world: World) -> None:
    window = open_window()
    page = window.page
    window.sign_in(OWNER)
    window.press("Alt+2")
    page.wait_for_url("**/audience")
    window.press("g", "b")
    page.wait_for_url("**/clients/board")
    card = page.locator('[data-name="Driftwood"]')
    status = page.locator("stage-board > [role=status]")
    window.listen()
    card.focus()
    page.keyboard.press(" ")
    expect(status).to_contain_text("Driftwood taken from Audit")
    page.keyboard.press("ArrowRight")
    expect(status).to_contain_text("Driftwood over Live")
    page.keyboard.press("Escape")
    expect(status).to_contain_text("Driftwood is back in Audit")
    expect(page.locator('[data-stage="Audit"]').locator('[data-name="Driftwood"]')).to_be_visible()
    page.keyboard.press(" ")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expect(status).to_have_text("Driftwood moved to Live.")
    moved = page.locator('[data-stage="Live"]').locator('[data-name="Driftwood"]')
    expect(moved).to_be_focused()
    stage = world.sql("select stage from client where id = %(id)s", id=client_id(4))
    assert stage == [("Live",)]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/clients/{client_id(4)}")
    expect(page.get_by_text("from Audit")).to_be_visible()


def test_the_board_by_mouse_and_what_somebody_else_did_meanwhile(
    open_window: OpenWindow, world: World
) -> None:
    window = open_window()
    page = window.page
    window.sign_in(OWNER)
    window.go("/clients/board")
    status = page.locator("stage-board > [role=status]")
    page.locator('[data-name="Fathom"]').drag_to(page.locator('[data-stage="Audit"]'))
    expect(status).to_have_text("Fathom moved to Audit.")
    assert world.sql("select stage from client where id = %(id)s", id=client_id(6)) == [("Audit",)]
    world.sql("update client set stage = 'Live' where id = %(id)s", id=client_id(6))
    page.locator('[data-name="Fathom"]').drag_to(page.locator('[data-stage="Onboarding"]'))
    expect(status).to_contain_text("somebody else moved it meanwhile")
    expect(page.locator('[data-stage="Live"]').locator('[data-name="Fathom"]')).to_be_visible()
    complaint = window.complaints.pop()
    assert "409" in complaint


def test_a_list_narrows_while_one_types_and_its_address_follows(open_window: OpenWindow) -> None:
    window = open_window()
    page = window.page
    window.sign_in(OWNER)
    window.go("/revos/campaigns")
    window.press("/")
    page.keyboard.type("playbook")
    rows = page.locator("#list tbody tr")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.wait_for_url("**q=playbook*")
    page.get_by_text("Paused", exact=True).first.click()
    expect(page.get_by_text("No campaigns match")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(rows).to_have_count(6)
    page.get_by_role("link", name="Campaign", exact=True).click()
    page.wait_for_url("**sort=name")
    expect(rows.first).to_contain_text("Cold e-mail swipe file")


def test_a_run_tells_its_progress_until_it_is_over(open_window: OpenWindow, world: World) -> None:
    window = open_window()
    page = window.page
    window.sign_in(OWNER)
    window.go("/unify/runs/2")
    expect(page.get_by_text("1 of 2 steps")).to_be_visible()
    page.evaluate("window.isTheSamePage = true")
    world.sql("update unify.step set state = 'done' where run_id = 2")
    expect(page.get_by_text("2 of 2 steps")).to_be_visible()
    world.sql("update unify.run set state = 'finished', finished_at = now() where id = 2")
    expect(page.get_by_text("Finished", exact=True)).to_be_visible()
    assert page.evaluate("window.isTheSamePage")
    page.reload()
    expect(page.get_by_text("What was proven")).to_be_visible()


def test_shortcuts_are_listed(open_window: OpenWindow) -> None:
    window = open_window()
    page = window.page
    window.sign_in(OWNER)
    window.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_contain_text("Campaigns")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_theme_that_was_chosen_stays(open_window: OpenWindow) -> None:
    window = open_window(theme="dark")
    page = window.page
    window.sign_in(OWNER)
    window.listen()
    page.get_by_role("button", name="Switch theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dawn")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dawn")


def test_works_without_script(open_window: OpenWindow, world: World) -> None:
    window = open_window(has_script=False)
    page = window.page
    page.goto(f"{window.address}/revos/campaigns?status=paused")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill("heron-lantern-quarry-7")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/revos/campaigns?status=paused")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.get_by_text("Completed", exact=True).first.click()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#list tbody tr")).to_contain_text("Cold e-mail swipe file")
    page.get_by_label("Columns").or_(page.get_by_text("Columns")).first.click()
    page.get_by_label("Ends").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Ends")).to_be_visible()
    page.goto(f"{window.address}/clients/{client_id(1)}")
    page.get_by_label("Move to").select_option("Live")
    page.get_by_role("button", name="Move").click()
    page.wait_for_url(f"**/clients/{client_id(1)}")
    assert world.sql("select stage from client where id = %(id)s", id=client_id(1)) == [("Live",)]
    page.goto(f"{window.address}/search?q=fathom")
    page.get_by_role("link", name="Fathom").click()
    expect(page.get_by_role("heading", name="Fathom", exact=True)).to_be_visible()
    page.locator("summary[aria-label^='Signed in']").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")


def test_a_code_behind_the_hash_is_taken_out_of_the_address(open_window: OpenWindow) -> None:
    window = open_window()
    code = "q" * 43
    window.go(f"/invitation#{code}")
    assert window.page.url == f"{window.address}/invitation"
    assert window.page.locator("#code").input_value() == code
    expect(window.page.locator("link-code")).to_be_hidden()


def test_a_list_leads_to_the_door_when_the_session_has_ended(open_window: OpenWindow) -> None:
    window = open_window()
    page = window.page
    window.sign_in("admin@northwind.example")
    window.go("/revos/leads")
    page.context.clear_cookies()
    page.get_by_role("searchbox").press_sequentially("ruth")
    page.wait_for_url("**/sign-in?next=**")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
