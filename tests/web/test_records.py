"""Records, the stage board, the palette, notifications and the agency's own face."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.world import FOREIGN, NORTHWIND, campaign_id, client_id, lead_id, person_id

from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.pg.connect import connect
from mainstem.server.colours import CONTRAST_MIN, Shown, shown
from mainstem.server.colours import style as colour_style

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from litestar import Litestar
    from litestar.testing import TestClient
    from psycopg.rows import TupleRow
    from tests.web.world import World

    SignIn = Callable[[str], dict[str, str]]

OWNER = "owner@northwind.example"
GOOD = {"name": "Kestrel", "health_status": "green"}


def made(served: TestClient[Litestar], headers: dict[str, str], name: str) -> UUID:
    answer = served.post("/clients/new", headers=headers, data={**GOOD, "name": name})
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["location"].rpartition("/")[2])


def test_adds_and_changes_a_client(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    headers = sign_in(OWNER)
    client = made(served, headers, "Larkspur")
    kept = world.sql(
        "select agency_id, stage, health_status from client where id = %(id)s", id=client
    )
    assert kept == [(NORTHWIND, "Onboarding", "green")]
    changed = served.post(
        f"/clients/{client}/edit",
        headers=headers,
        data={
            **GOOD,
            "name": "Larkspur Group",
            "website": "https://larkspur.example",
            "notes": "<b>hi</b>",
        },
    )
    assert changed.status_code == 303
    page = served.get(f"/clients/{client}", headers=headers).text
    assert "Larkspur Group" in page
    assert "&lt;b&gt;hi&lt;/b&gt;" in page
    form = served.get(f"/clients/{client}/edit", headers=headers).text
    assert 'value="https://larkspur.example"' in form
    who = world.sql(
        "select distinct actor_role from audit_log where row_id = %(id)s and action = 'update'",
        id=client,
    )
    assert who == [("owner",)]


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"name": ""}, "name", "Name is needed."),
        ({"name": "x" * 121}, "name", "At most 120 characters; these are 121."),
        ({"name": "Beacon Health"}, "name", "has a client of that name already"),
        ({"contact_email": "nobody"}, "contact_email", "Write an e-mail address"),
        ({"website": "javascript:alert(1)"}, "website", "begins with https://"),
        ({"health_status": "blue"}, "health_status", "Choose one of the list."),
    ],
)
def test_says_beside_the_field_what_is_wrong(
    served: TestClient[Litestar], sign_in: SignIn, sent: dict[str, str], field: str, said: str
) -> None:
    answer = served.post("/clients/new", headers=sign_in(OWNER), data={**GOOD, **sent})
    assert answer.status_code == 422
    problem = re.search(
        rf'<p class="problem" id="{field}-problem">(.*?)</p>', answer.text, re.DOTALL
    )
    assert problem is not None
    assert said in problem[1]
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', answer.text)


def test_a_name_of_another_agency_is_free(served: TestClient[Litestar], sign_in: SignIn) -> None:
    assert made(served, sign_in("owner@foreign.example"), "Cedar Finance")


def test_moves_a_client_once(served: TestClient[Litestar], sign_in: SignIn, world: World) -> None:
    headers = sign_in(OWNER)
    client = made(served, headers, "Marlow")
    path = f"/clients/{client}/stage"
    moved = served.post(path, headers=headers, data={"stage": "Audit", "from": "Onboarding"})
    assert moved.status_code == 303
    late = served.post(path, headers=headers, data={"stage": "Live", "from": "Onboarding"})
    assert late.status_code == 409
    assert "Nothing was changed" in late.text
    unknown = served.post(path, headers=headers, data={"stage": "Limbo", "from": "Audit"})
    assert unknown.status_code == 409
    events = world.sql(
        "select from_stage, to_stage from stage_event where client_id = %(id)s", id=client
    )
    assert events == [("Onboarding", "Audit")]
    served.get("/audience", headers=headers)
    history = served.get(f"/clients/{client}", headers=headers).text
    assert "from Onboarding" in history
    assert "Ada Owner" in history


def test_the_board_shows_stages_in_their_order_and_answers_a_move_with_itself(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    headers = sign_in(OWNER)
    client = made(served, headers, "Nettle")
    page = served.get("/clients/board", headers=headers).text
    stages = re.findall(r'data-stage="([^"]+)"', page)
    assert stages[:4] == ["Onboarding", "Installation", "Audit", "Live"]
    moved = served.post(
        f"/clients/{client}/stage",
        headers=headers,
        data={"stage": "Live", "from": "Onboarding", "part": "board"},
    )
    assert moved.status_code == 200
    lane = moved.text.partition('data-stage="Live"')[2].partition("</section>")[0]
    assert str(client) in lane
    assert served.get("/clients/board", headers=sign_in("client@northwind.example")).text.count(
        'draggable="true"'
    ) == 0  # fmt: skip


def test_notes_of_a_lead_are_kept(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    headers = sign_in("member@northwind.example")
    lead = lead_id(4)
    noted = served.post(f"/revos/leads/{lead}/notes", headers=headers, data={"notes": "Call back"})
    assert noted.status_code == 303
    assert "Call back" in served.get(f"/revos/leads/{lead}", headers=headers).text
    rows = world.sql("select count(*) from lead where notes = 'Call back'")
    assert rows == [(1,)]
    too_long = served.post(
        f"/revos/leads/{lead}/notes", headers=headers, data={"notes": "x" * 10_001}
    )
    assert too_long.status_code == 422


def test_the_palette_finds_places_and_records_that_one_sees(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    headers = sign_in("member@northwind.example")
    served.get("/revos", headers=headers)
    options = served.get("/search?part=options&q=founder", headers=headers).text
    assert 'role="option"' in options
    assert "Founder playbook" in options
    assert "<html" not in options
    places = served.get("/search?part=options&q=go leads", headers=headers).text
    assert "RevOS: Leads" in places
    assert "g</kbd>" in places
    assert "Pipeline" not in served.get("/search?q=pipeline", headers=headers).text.replace(
        'value="pipeline"', ""
    )


def test_notifications_are_ones_own(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    headers = sign_in("manager@northwind.example")
    assert "A lead answered" in served.get("/notifications", headers=headers).text
    foreign = world.sql("select id from notification where agency_id = %(a)s limit 1", a=FOREIGN)
    served.post("/notifications/read", headers=headers, data={"notification": str(foreign[0][0])})
    assert "1 unread" in served.get("/notifications", headers=headers).text
    assert served.post("/notifications/read", headers=headers).status_code == 303
    assert "unread" not in served.get("/notifications", headers=headers).text
    left = world.sql("select count(*) from notification where read_at is null")
    assert left == [(9,)]


def test_a_notification_leads_to_our_own_pages_only(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    world.sql(
        "insert into notification (agency_id, user_id, kind, title, link, read_at)"
        " select agency_id, id, 'x', 'Odd', 'https://evil.example', now() from \"user\""
        " where email = %(email)s",
        email=OWNER,
    )
    page = served.get("/notifications", headers=sign_in(OWNER)).text
    assert "Odd" in page
    assert "evil.example" not in page


def test_an_agencys_colours_are_a_style_of_its_own(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    style = served.get("/brand.css", headers=sign_in(OWNER))
    assert style.headers["content-type"].startswith("text/css")
    assert "--color-primary: #0f766e; --color-primary-content: #fff;" in style.text
    assert "/brand.css?v=" in served.get("/clients", headers=sign_in(OWNER)).text
    other = sign_in("owner@foreign.example")
    world.sql("update agency set settings = '{}' where id = %(id)s", id=FOREIGN)
    assert "--color" not in served.get("/brand.css", headers=other).text
    assert "/brand.css" not in served.get("/clients", headers=other).text
    world.sql(
        """update agency set settings = '{"brand": {"primary": "red;} body{display:none"}}'
           where id = %(id)s""",
        id=FOREIGN,
    )
    assert "display" not in served.get("/brand.css", headers=other).text


def test_pages_are_compressed_for_those_who_take_it(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    headers = sign_in(OWNER)
    plain = served.get("/clients", headers=headers | {"accept-encoding": "identity"})
    packed = served.get("/clients", headers=headers | {"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"]
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 3


def test_static_files_are_kept_for_good_under_their_version_only(
    anonymous: TestClient[Litestar],
) -> None:
    page = anonymous.get("/sign-in").text
    address = re.search(r'href="(/static/\w{16}/built/app\.css)"', page)
    assert address is not None
    current = anonymous.get(address[1], headers={"accept-encoding": "br, gzip"})
    assert current.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert current.headers["content-encoding"] == "br"
    older = anonymous.get("/static/0/built/app.css", headers={"accept-encoding": "identity"})
    assert older.headers["cache-control"] == "no-cache"
    assert "content-encoding" not in older.headers
    for missing in ("/static/0/none.css", "/static/0/../environment.py", "/static/app.css"):
        assert anonymous.get(missing).status_code == 404


def test_a_record_of_a_client_shows_who_it_is(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    page = served.get(f"/clients/{client_id(2)}", headers=sign_in(OWNER)).text
    assert "Beacon Health Ltd" in page
    assert "beaconhealth@example.test" in page


def test_adds_a_lead_by_hand_to_ones_own_campaign_once(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    headers = sign_in("member@northwind.example")
    form = served.get("/revos/leads/new", headers=headers).text
    assert "Founder playbook" in form
    assert "Pipeline teardown" not in form
    sent = {
        "campaign_id": str(campaign_id(1)),
        "linkedin_url": "https://www.linkedin.com/in/noor-hale/",
        "first_name": "Noor",
    }
    added = served.post("/revos/leads/new", headers=headers, data=sent)
    assert added.status_code == 303
    kept = world.sql(
        "select agency_id, client_id, linkedin_id, source from lead where first_name = 'Noor'"
    )
    assert kept == [(NORTHWIND, client_id(2), "noor-hale", "manual")]
    again = served.post("/revos/leads/new", headers=headers, data=sent)
    assert again.status_code == 422
    assert "already" in again.text
    for other in (campaign_id(2), campaign_id(1, foreign=True)):
        refused = served.post(
            "/revos/leads/new", headers=headers, data={**sent, "campaign_id": str(other)}
        )
        assert refused.status_code == 422
        assert "Choose one of the list." in refused.text


def test_the_palette_finds_in_every_app_what_that_app_shows_and_nobody_elses(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    def found(who: str, text: str) -> str:
        headers = sign_in(f"{who}.example")
        served.get("/audience", headers=headers)
        return served.get(f"/search?part=options&q={text}", headers=headers).text

    for text, kind in (
        ("Ruth Lead 5", "RevOS: Lead"),
        ("founder", "RevOS: Campaign"),
        ("beacon", "Client"),
        ("manager@", "Person"),
        ("add a client", "Do"),
    ):
        assert kind in found("owner@northwind", text), text
    assert "FOREIGN" not in found("owner@northwind", "foreign")
    theirs = [found("owner@foreign", text) for text in ("Ruth", "founder", "ironwood", "northwind")]
    assert [text for text in theirs if "<a" in text] == []
    # members see their clients' rows, and manage nobody; clients' people add nothing
    assert str(lead_id(12)) in found("member@northwind", "lead12@")
    assert found("member@northwind", "lead9@") == ""
    assert "Person" not in found("member@northwind", "manager@")
    assert "Do<" not in found("client@northwind", "add a client")
    # only operators hear of unifications
    assert 'href="/unify"' in found("owner@northwind", "unify")
    assert 'href="/unify"' not in found("admin@northwind", "unify")
    shown = [served.get("/clients", headers=sign_in(f"{who}@northwind.example")).text
             for who in ("owner", "admin")]  # fmt: skip
    assert ['href="/unify"' in page for page in shown] == [True, False]
    # what leads into RevOS is not AudienceOS's to show
    seen = Tenant(NORTHWIND, person_id(4), "member", frozenset({client_id(2)}), "audience")
    with connect(world.url) as connection, tenant_transaction(connection, seen) as reading:
        assert reading.execute("select count(*) from lead").fetchall() == [(0,)]


def test_an_agency_gives_itself_a_face_and_keeps_its_other_settings(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    world.sql(
        "update agency set settings = settings || '{\"week_starts\": 1}' where id = %(id)s",
        id=FOREIGN,
    )
    headers = sign_in("admin@foreign.example")
    logo = "/storage/v1/object/public/logos@foreign/face.png"
    sent = {"name": "FOREIGN face", "primary": "#fde047", "logo": logo}
    assert served.post("/agency", headers=headers, data=sent).status_code == 303
    kept = world.sql("select name, settings from agency where id = %(id)s", id=FOREIGN)
    assert kept == [
        ("FOREIGN face", {"week_starts": 1, "brand": {"primary": "#fde047", "logo": logo}})
    ]
    page = served.get("/agency", headers=headers).text
    assert f'src="{logo}"' in page
    assert "FOREIGN face" in page
    style = served.get("/brand.css", headers=headers).text
    assert "--color-primary-content: #000;" in style
    assert "FOREIGN" not in served.get("/agency", headers=sign_in(OWNER)).text


@pytest.mark.parametrize(
    "logo",
    [
        "https://evil.example/x.png",
        "/storage/v1/object/public/logos@foreign/face.png",
        "/storage/v1/object/public/logos@northwind/../x",
        '/storage/v1/object/public/logos@northwind/x" onerror="alert(1)',
        "/sign-out",
    ],
)
def test_a_logo_is_a_public_file_of_ones_own(
    served: TestClient[Litestar], sign_in: SignIn, world: World, logo: str
) -> None:
    answer = served.post(
        "/agency", headers=sign_in(OWNER), data={"name": "Northwind", "logo": logo}
    )
    assert answer.status_code == 422
    assert "no public file of yours" in answer.text
    world.sql(
        "update agency set settings = settings || jsonb_build_object('brand',"
        " settings -> 'brand' || jsonb_build_object('logo', %(logo)s::text)) where id = %(id)s",
        id=NORTHWIND,
        logo=logo,
    )
    assert "agency-logo" not in served.get("/clients", headers=sign_in(OWNER)).text
    world.sql(
        "update agency set settings = settings #- '{brand,logo}' where id = %(id)s", id=NORTHWIND
    )


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def test_an_agency_uploads_its_logo(
    served: TestClient[Litestar], sign_in: SignIn, world: World
) -> None:
    def upload(who: str, content: bytes, kind: str = "image/png") -> httpx.Response:
        files = {"file": ("logo.png", content, kind)}
        return served.post("/agency/logo", headers=sign_in(who), files=files)

    for content, said in (
        (SVG, "PNG, JPEG or WebP picture"),
        (b"<!doctype html><script>", "PNG, JPEG or WebP picture"),
        (b"", "at most 512 kB"),
        (PNG + bytes(512 * 1024), "at most 512 kB"),
    ):
        refused = upload("admin@foreign.example", content)
        assert refused.status_code == 422
        assert said in refused.text
    assert upload("member@northwind.example", PNG).status_code == 403
    for _ in range(2):  # the bucket is there the second time
        assert upload("admin@foreign.example", PNG, "image/svg+xml").status_code == 303
    page = served.get("/agency", headers=sign_in("admin@foreign.example")).text
    (shown,) = set(re.findall(r'src="(/storage/v1/object/public/brand@foreign/[^"]+)"', page))
    logo = served.get(shown)
    assert (logo.status_code, logo.content) == (200, PNG)
    assert logo.headers["content-type"] == "image/png"
    assert logo.headers["x-content-type-options"] == "nosniff"
    assert "agency-logo" not in served.get("/clients", headers=sign_in(OWNER)).text
    world.sql(
        "update agency set settings = settings #- '{brand,logo}' where id = %(id)s", id=FOREIGN
    )


def test_a_colour_that_would_not_be_seen_is_shown_darker_or_lighter(
    served: TestClient[Litestar], sign_in: SignIn
) -> None:
    page = " ".join(served.get("/agency", headers=sign_in(OWNER)).text.split())
    assert "Colour on the light theme: 5.5 : 1</div>" in page  # #0f766e on white
    assert "Colour on the dark theme: 3.4 : 1</div>" in page
    weak = {"primary": "#fde047", "accent": "no colour"}
    light, dark = shown(weak)
    assert (light.theme, dark.theme, dark.shown) == ("light", "dark", "#fde047")
    assert light.shown != "#fde047"
    style = colour_style(weak)
    assert style.splitlines()[0] == (
        f":root:root:root {{ --color-primary: {light.shown}; --color-primary-content: #000; }}"
    )
    assert style.splitlines()[2].startswith(
        ":root:root:root[data-theme=dusk] { --color-primary: #fde047;"
    )


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_every_colour_stands_out_in_both_themes(colour: str) -> None:
    for each in shown({"primary": colour}):
        seen = Shown(each.colour, each.theme, each.shown, each.shown)
        assert seen.ratio >= CONTRAST_MIN
        assert each.shown == colour or each.ratio < CONTRAST_MIN


@pytest.mark.parametrize("role", ["manager", "member", "client"])
def test_only_owners_and_admins_name_the_agency(
    served: TestClient[Litestar], sign_in: SignIn, world: World, role: str
) -> None:
    headers = sign_in(f"{role}@northwind.example")
    assert served.get("/agency", headers=headers).status_code == 403
    assert served.post("/agency", headers=headers, data={"name": "Taken"}).status_code == 403
    assert 'href="/agency"' not in served.get("/clients", headers=headers).text
    assert world.sql("select count(*) from agency where name = 'Taken'") == [(0,)]


def test_a_page_that_fails_shows_where_in_the_log_and_no_row(
    served: TestClient[Litestar],
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def taken(connection: psycopg.AsyncConnection[TupleRow]) -> None:
        doubled = "insert into client (agency_id, name) select agency_id, name from client limit 1"
        try:
            await connection.execute(doubled.encode())
        except psycopg.Error as error:
            raise RuntimeError("led further") from error

    monkeypatch.setattr("mainstem.jobs.desk.by_index", taken)
    failed = served.get("/jobs", headers=sign_in(OWNER))
    assert (failed.status_code, failed.headers["content-type"][:9]) == (500, "text/html")
    assert "the operator&#39;s log says what" in failed.text
    told = caplog.text
    assert "/jobs failed" in told
    assert "in taken" in told
    assert 'UniqueViolation: duplicate key value violates unique constraint "client_' in told
    assert "RuntimeError: led further" in told
    for kept in ("DETAIL", "Kestrel", str(NORTHWIND)):
        assert kept not in told
        assert kept not in failed.text
