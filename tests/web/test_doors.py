from __future__ import annotations

import asyncio
import base64
import re
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from tests.web.world import NORTHWIND, PASSWORD

from mainstem.core import invitations, second_factor
from mainstem.db.tenant import Tenant
from mainstem.server import build_app
from mainstem.server.settings import Settings
from mainstem.web import local_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Response
    from litestar import Litestar
    from tests.web.world import World

    from mainstem.core.mail import Letter

NOBODY = "nobody@northwind.example"
REFUSED = "These do not fit together."
OTHER_PASSWORD = "cobalt-ferry-meadow-19"


class Outbox:
    """A mail server that keeps what it was given."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    def code(self) -> str:
        return self.letters[-1].text.partition("#")[2].split()[0]


@pytest.fixture(scope="session")
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture(scope="session")
def house(world: World, outbox: Outbox) -> Iterator[TestClient[Litestar]]:
    """A server of its own, whose letters are kept."""
    with TestClient(build_app(world.url, settings=Settings(world.keys, mail=outbox))) as opened:
        opened.follow_redirects = False
        yield opened


@pytest.fixture
def door(house: TestClient[Litestar]) -> TestClient[Litestar]:
    house.cookies.clear()
    return house


@pytest.fixture
def somebody(world: World) -> str:
    """A person of this test's own; their e-mail address."""
    email = f"{uuid4().hex}@northwind.example"
    world.sql(
        """with added as (insert into "user" (agency_id, email, role) values
             (%(agency_id)s, %(email)s, 'owner') returning id)
           insert into app.credential (user_id, kind, password_hash)
           select added.id, 'password', (select password_hash from app.credential where kind =
             'password' limit 1) from added""",
        agency_id=NORTHWIND,
        email=email,
    )
    return email


def enter(
    browser: TestClient[Litestar], email: str, password: str = PASSWORD, **more: str
) -> Response:
    return browser.post("/sign-in", data={"email": email, "password": password, **more})


async def invited(world: World, outbox: Outbox, email: str) -> str:
    """Invite somebody as an owner does; the code of the link."""
    core = Settings(world.keys, mail=outbox).core(world.url)
    owner = Tenant(NORTHWIND, None, "owner", None, "*")
    async with core.pool:
        made = await invitations.invite(core, owner, email=email, role="manager")
    core.close()
    return made.token


def token_of(answer: Response) -> str:
    return answer.cookies["mainstem"]


def test_signs_in_and_goes_where_one_wanted(door: TestClient[Litestar], somebody: str) -> None:
    shown = door.get("/sign-in", params={"next": "/revos/leads?status=failed"})
    assert 'value="/revos/leads?status=failed"' in shown.text
    answer = enter(door, somebody, next="/revos/leads?status=failed")
    assert (answer.status_code, answer.headers["location"]) == (303, "/revos/leads?status=failed")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert door.get("/revos/leads").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/x\r\nset-cookie: a=b",
        "",
        "/\u2028",
        "http:/evil.example",
    ],
)
def test_never_leads_elsewhere(door: TestClient[Litestar], somebody: str, wanted: str) -> None:
    answer = enter(door, somebody, next=wanted)
    assert answer.headers["location"] == "/"
    assert 'name="next" value="/"' in door.get("/sign-in", params={"next": wanted}).text


@given(st.text(max_size=40))
def test_a_local_path_begins_with_one_slash_and_holds_nothing_odd(text: str) -> None:
    path = local_path(text)
    assert re.fullmatch(r"/([!-\[\]-~][ -\[\]-~]*)?", path)
    assert not path.startswith("//")


def test_whoever_is_refused_learns_nothing(door: TestClient[Litestar], somebody: str) -> None:
    wrong, unknown = (
        enter(door, somebody, "wrong"),
        enter(door, NOBODY, "wrong"),
    )
    assert wrong.status_code == unknown.status_code == 400
    assert REFUSED in wrong.text
    assert wrong.text.replace(somebody, "x") == unknown.text.replace(NOBODY, "x")
    assert "set-cookie" not in wrong.headers
    assert "wrong" not in wrong.text.replace("which is wrong", "")


def test_says_beside_the_field_what_is_missing(door: TestClient[Litestar]) -> None:
    answer = enter(door, "no-address", "")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "Write an e-mail address" in answer.text
    assert "Password is needed." in answer.text


def test_tells_how_long_to_wait_after_too_many_attempts(
    door: TestClient[Litestar], somebody: str
) -> None:
    answers = [enter(door, somebody, "wrong") for _ in range(7)]
    assert answers[-1].status_code == 429
    assert "try again in" in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 0
    assert enter(door, somebody).status_code == 429


def test_a_session_that_was_planted_is_never_raised(
    door: TestClient[Litestar], somebody: str
) -> None:
    planted = token_of(enter(door, somebody))
    again = token_of(enter(door, somebody))
    assert again != planted
    door.cookies.clear()
    assert door.get("/clients", headers={"cookie": f"mainstem={planted}"}).status_code == 303
    assert door.get("/clients", headers={"cookie": f"mainstem={again}"}).status_code == 200
    chosen = enter(door, somebody, mainstem="chosen-by-somebody-else")
    assert token_of(chosen) != "chosen-by-somebody-else"


def test_signs_out_for_good(door: TestClient[Litestar], somebody: str) -> None:
    token = token_of(enter(door, somebody))
    answer = door.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert door.get("/clients", headers={"cookie": f"mainstem={token}"}).status_code == 303
    assert door.post("/sign-out").status_code == 303


def test_accepts_an_invitation(door: TestClient[Litestar], outbox: Outbox, world: World) -> None:
    email = f"{uuid4().hex}@northwind.example"
    code = asyncio.run(invited(world, outbox, email))
    assert "link-code" in door.get("/invitation").text
    sent = {"code": code, "email": email, "first_name": "Grace", "password": "short"}
    weak = door.post("/invitation", data=sent)
    assert weak.status_code == 422
    assert 'id="password-problem"' in weak.text
    sent["password"] = OTHER_PASSWORD
    other = door.post("/invitation", data={**sent, "email": "mallory@evil.example"})
    assert "not good for that address" in other.text
    joined = door.post("/invitation", data=sent)
    assert (joined.status_code, joined.headers["location"]) == (303, "/")
    assert "Grace" in door.get("/account").text
    door.cookies.clear()
    assert "not good for that address" in door.post("/invitation", data=sent).text


def test_a_forgotten_password_is_replaced_by_letter(
    door: TestClient[Litestar], outbox: Outbox, somebody: str
) -> None:
    known = door.post("/forgotten", data={"email": somebody})
    code = outbox.code()
    unknown = door.post("/forgotten", data={"email": NOBODY})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(somebody, "x") == unknown.text.replace(NOBODY, "x")
    assert "?" not in outbox.letters[-1].text.partition("http")[2].split()[0]
    assert "link-code" in door.get("/reset").text
    come_in = door.post("/reset", data={"code": code})
    assert (come_in.status_code, come_in.headers["location"]) == (303, "/password")
    assert "Current password" not in door.get("/password").text
    weak = door.post("/password", data={"password": "short"})
    assert weak.status_code == 422
    assert door.post("/password", data={"password": OTHER_PASSWORD}).status_code == 303
    door.cookies.clear()
    assert enter(door, somebody).status_code == 400
    assert enter(door, somebody, OTHER_PASSWORD).status_code == 303
    assert door.post("/reset", data={"code": code}).status_code == 403


def test_a_password_is_changed_by_whoever_knows_it(
    door: TestClient[Litestar], somebody: str
) -> None:
    elsewhere = token_of(enter(door, somebody))
    door.cookies.clear()
    enter(door, somebody)
    wrong = door.post("/password", data={"current": "wrong", "password": OTHER_PASSWORD})
    assert "This is not your password." in wrong.text
    assert PASSWORD not in wrong.text
    changed = door.post("/password", data={"current": PASSWORD, "password": OTHER_PASSWORD})
    assert changed.status_code == 303
    assert door.get("/clients").status_code == 200
    door.cookies.clear()
    assert door.get("/clients", headers={"cookie": f"mainstem={elsewhere}"}).status_code == 303


def test_a_second_factor_stands_between_the_door_and_the_pages(
    door: TestClient[Litestar], somebody: str
) -> None:
    enter(door, somebody)
    page = door.post("/account/second-factor").text
    secret = re.search(r'<code class="command">([A-Z2-7]+)</code>', page)
    assert secret is not None
    assert re.search(
        r'<div class="qr"[^>]*><svg [^>]*class="segno"><g[^>]*>(<path [^>]*>){2}</g>', page
    )
    assert "style=" not in page
    raw = base64.b32decode(secret[1] + "=" * (-len(secret[1]) % 8))
    step = int(time.time()) // 30
    assert door.post("/account/second-factor/confirm", data={"code": "000000"}).status_code == 422
    confirmed = door.post(
        "/account/second-factor/confirm", data={"code": second_factor.code_at(raw, step)}
    )
    codes = re.findall(r'<code class="command">([a-z2-7-]{11})</code>', confirmed.text)
    assert len(codes) == 10
    assert door.get("/clients").status_code == 200
    door.cookies.clear()

    half = enter(door, somebody, next="/revos/leads")
    assert half.headers["location"] == "/second-factor?next=%2Frevos%2Fleads"
    before = token_of(half)
    held = door.get("/clients")
    assert (held.status_code, held.headers["location"]) == (303, "/second-factor?next=%2Fclients")
    assert door.post("/views", data={"page": "clients", "name": "x"}).status_code == 303
    assert door.post("/second-factor", data={"code": "000000"}).status_code == 422
    whole = door.post("/second-factor", data={"code": codes[0], "next": "/revos/leads"})
    assert (whole.status_code, whole.headers["location"]) == (303, "/revos/leads")
    assert token_of(whole) != before
    assert door.get("/clients").status_code == 200
    door.cookies.clear()
    assert door.get("/clients", headers={"cookie": f"mainstem={before}"}).status_code == 303
