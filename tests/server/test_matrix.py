"""Every route, asked by every kind of caller: `matrix.py` says what is to come of it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from tests.core.conftest import Outbox, Town, owner_tenant
from tests.server.matrix import MATRIX, Kind, Row

from mainstem.core import Core, Origin, Scope, api_keys, master_key, sessions, store, tokens
from mainstem.core.model import Assurance
from mainstem.core.transaction import service_transaction
from mainstem.server import build_app
from mainstem.server.pace import Rate, Rates
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from mainstem.pg.scratch import ScratchServer

MARK = "Zanzibar4711"
OWN = ("owner", "admin", "manager", "member", "client", "other app")
OUTSIDE = ("anonymous", "revoked session", "expired token", "key without scope")
CALLERS = (*OUTSIDE, "other tenant", "other client", *OWN[::-1])
FAST = Rates(*(Rate(100_000, 100_000) for _ in range(3)))


@dataclass(frozen=True)
class Caller:
    """What one brings: to APIs, and to pages."""

    headers: dict[str, str]
    cookie: str | None


@dataclass
class World:
    """The app, the rows of the own agency, and who asks."""

    town: Town
    settings: Settings
    client: TestClient[Any]
    ids: dict[str, str]
    people: dict[str, UUID]
    callers: dict[str, Caller]
    loop: asyncio.AbstractEventLoop
    core: Core

    def fresh(self, name: str) -> Caller:
        """The same caller with new sessions."""
        return self.loop.run_until_complete(_caller(self, name))


@pytest.fixture(scope="module")
def world(scratch: ScratchServer, template: str) -> Iterator[World]:
    name = f"matrix_{uuid4().hex}"
    town = Town(
        scratch.create_database(name, template=template),
        master_key.parse(master_key.generate(), origin="test"),
    )
    settings = Settings(town.keys, mail=Outbox(), rates=FAST)
    loop = asyncio.new_event_loop()
    with pytest.MonkeyPatch.context() as patch:
        # Refusals that take an even time are held against it elsewhere.
        patch.setattr("mainstem.server.settings.Core", partial(Core, refusal_s=0.0))
        app, core = build_app(town.url, settings=settings), settings.core(town.url)
    ids, people = _rows(town)
    with TestClient(app) as client:
        made = World(town, settings, client, ids, people, {}, loop, core)
        loop.run_until_complete(core.pool.open())
        made.callers = {each: made.fresh(each) for each in CALLERS}
        yield made
        loop.run_until_complete(core.pool.close())
        core.close()
    loop.close()
    scratch.drop_database(name)


def _rows(town: Town) -> tuple[dict[str, str], dict[str, UUID]]:
    """One client, campaign and lead that hold the mark; one person of each kind."""
    agency, other = town.agency("Northwind"), town.agency("Other")
    client, aside = town.client(agency, f"Acme {MARK}"), town.client(agency, "Aside")
    campaign = town.sql(
        "insert into campaign (agency_id, client_id, name, trigger_word)"
        " values (%(agency)s, %(client)s, %(name)s, 'go') returning id",
        agency=agency, client=client, name=f"Campaign {MARK}",
    )  # fmt: skip
    lead = town.sql(
        "insert into lead (agency_id, client_id, campaign_id, first_name, linkedin_id)"
        " values (%(agency)s, %(client)s, %(campaign)s, %(name)s, 'li-1') returning id",
        agency=agency, client=client, campaign=campaign[0][0], name=MARK,
    )  # fmt: skip
    people = {
        role: town.member(
            agency, role, clients=(client,) if role in {"member", "client"} else ()
        ).id
        for role in ("owner", "admin", "manager", "member", "client")
    }
    people["other app"] = town.member(agency).id
    people["other tenant"] = town.member(other).id
    people["other client"] = town.member(agency, "member", clients=(aside,)).id
    people["revoked session"] = town.member(agency).id
    people["expired token"] = town.member(agency).id
    ids = {
        "client_id": str(client),
        "campaign_id": str(campaign[0][0]),
        "lead_id": str(lead[0][0]),
        "agency": str(agency),
        "run_id": "1",
        "version": "0",
        "name": "js/page.js",
        "path": "openapi.yml",
        "key": "flag",
        "token": "nonsense",
    }
    return ids, people


async def _caller(world: World, name: str) -> Caller:
    core = world.core
    if name == "anonymous":
        return Caller({}, None)
    if name == "key without scope":
        owner = owner_tenant(UUID(world.ids["agency"]))
        return Caller({"apikey": (await api_keys.make(core, owner, name="web")).text}, None)
    async with service_transaction(core.pool) as connection:
        row = await store.person_by_id(connection, world.people[name])
        assert row is not None
        person = row.person()
        browser, program = [
            await sessions.begin(
                core, connection, person,
                assurance=Assurance.PASSWORD, kind=kind, origin=Origin(),
            )
            for kind in (sessions.BROWSER, sessions.TOKEN)
        ]  # fmt: skip
        if name == "other app":
            await connection.execute(
                b"update app.session set app_context = 'persona' where id = any (%s)",
                ([browser.session_id, program.session_id],),
            )
        if name == "expired token":
            await connection.execute(
                b"update app.session set expires_at = now() - interval '1 minute' where id = %s",
                (browser.session_id,),
            )
    token, _ = await tokens.access_token(core, program, app="both")
    if name == "expired token":
        now = core.clock()
        object.__setattr__(core, "clock", lambda: now - timedelta(hours=1))
        token, _ = await tokens.access_token(core, program, app="both")
        object.__setattr__(core, "clock", Settings.throw_away().core(world.town.url).clock)
    if name == "revoked session":
        await sessions.end_all(core, person)
    return Caller({"authorization": f"Bearer {token}"}, browser.token)


def _ask(world: World, route: str, row: Row, caller: Caller) -> httpx.Response:
    method, _, template = route.partition(" ")
    path = re.sub(r"\{(\w+):\w+\}", lambda found: world.ids.get(found[1], str(uuid4())), template)
    if row.query:
        path = f"{path}?{row.query}"
    world.client.cookies.clear()
    headers = {"sec-fetch-site": "same-origin"}
    given: dict[str, Any] = {}
    if row.kind is Kind.PAGE or path.startswith(("/sign", "/forgotten", "/invitation", "/reset")):
        if caller.cookie:
            headers["cookie"] = f"mainstem={caller.cookie}"
        if method == "POST":
            given = {"data": {"x": "1"}}
    else:
        headers |= caller.headers
        if row.body is not None:
            given = {"json": row.body}
    return world.client.request(method, path, headers=headers, follow_redirects=False, **given)


def _is_refused(answer: httpx.Response) -> bool:
    if answer.status_code == 303:
        return answer.headers["location"].startswith("/sign-in")
    return answer.status_code in {401, 403, 404}


def _examine(row: Row, name: str, answer: httpx.Response) -> str:
    """What is wrong with an answer; nothing where it is as the row says."""
    status = answer.status_code
    if status in row.also:
        return ""
    if status >= 500:
        return "it failed"
    if name not in OWN and MARK in answer.text:
        return "it shows a row of another's"
    wanted = _wanted(row, name)
    if wanted is None:
        return "" if not _is_refused(answer) else "they may"
    return "" if status in wanted or (303 in wanted and _is_refused(answer)) else f"not {wanted}"


def _wanted(row: Row, name: str) -> set[int] | None:
    """The statuses that are right; None for whoever is let in. 303 is the way to the door."""
    simple = {
        Kind.OPEN: {200, 201, 204, 303, 400, 404, 422, 429},
        Kind.SECRET: {400, 401, 403, 404, 422, 429},
        Kind.OPERATOR: {401} if name in OUTSIDE else {404},
    }
    if row.kind in simple:
        return simple[row.kind]
    if name in OUTSIDE:
        return {401, 303} if row.kind is Kind.PAGE else {401}
    if row.owned and name not in OWN:
        return {403, 404}
    role = {"other tenant": "owner", "other app": "owner", "other client": "member"}.get(name, name)
    if role not in row.roles:
        return {403, 404}
    return None if row.finds else {200, 303, 400, 403, 404, 422}


def test_every_route_has_its_row(world: World) -> None:
    app: Any = world.client.app
    found = set()
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            found |= {f"{method} {route.path}" for method in route.methods if method != "OPTIONS"}
        else:
            found.add(f"* {route.path}")
    new, gone = sorted(found - set(MATRIX)), sorted(set(MATRIX) - found)
    assert not new, f"add a row to tests/server/matrix.py for {new}"
    assert not gone, f"take the rows of these out of tests/server/matrix.py: {gone}"


@pytest.mark.parametrize("name", CALLERS)
def test_every_route_answers_as_its_row_says(world: World, name: str) -> None:
    wrong = []
    for route, row in MATRIX.items():
        if row.kind is Kind.ROWS:
            continue  # by its own matrix: every table, every caller
        caller = world.fresh(name) if row.ends else world.callers[name]
        answer = _ask(world, route, row, caller)
        if row.ends:
            world.callers[name] = world.fresh(name)
        problem = _examine(row, name, answer)
        if problem:
            wrong.append(
                f"{route}: {answer.status_code} {answer.headers.get('location', '')}: {problem}"
            )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", CALLERS)
def test_rows_are_their_tenants(world: World, name: str) -> None:
    """The data API with real sign-in; which tables and columns, its own tests say."""
    caller = world.callers[name]
    answer = world.client.get("/rest/v1/client?select=name", headers=caller.headers)
    if name in OUTSIDE:
        assert answer.status_code == 401
    else:
        assert answer.status_code == 200, answer.text
        assert (MARK in answer.text) == (name in OWN)
    lead = {"client_id": world.ids["client_id"], "first_name": "New", "linkedin_id": uuid4().hex}
    made = world.client.post("/rest/v1/lead", json=lead, headers=caller.headers)
    assert made.status_code in ({201, 403} if name in OWN else {401, 403, 409}), made.text


def test_a_session_that_ends_reads_nothing_more_from_the_same_moment(world: World) -> None:
    """Though who asked is remembered: the data API asks again in the reading transaction."""
    caller = world.fresh("owner")
    for _ in range(3):
        assert world.client.get("/rest/v1/client", headers=caller.headers).status_code == 200
    ended = world.client.post("/auth/v1/logout?scope=local", headers=caller.headers)
    assert ended.status_code == 204, ended.text
    for path in ("/rest/v1/client", "/rest/v1/", "/rest/v1/nothing"):
        assert world.client.get(path, headers=caller.headers).status_code == 401, path


def test_a_right_that_changes_counts_from_the_same_moment(world: World) -> None:
    caller = world.fresh("member")
    assert MARK in world.client.get("/rest/v1/client", headers=caller.headers).text
    assert MARK in world.client.get("/rest/v1/client", headers=caller.headers).text
    world.town.sql(
        "delete from member_client_access where user_id = %(id)s", id=world.people["member"]
    )
    try:
        assert world.client.get("/rest/v1/client", headers=caller.headers).json() == []
    finally:
        world.town.sql(
            "insert into member_client_access (agency_id, client_id, user_id, kind)"
            " values (%(agency)s, %(client)s, %(id)s, 'member')",
            agency=world.ids["agency"], client=world.ids["client_id"],
            id=world.people["member"],
        )  # fmt: skip


def test_keys_and_people_have_a_pace_of_their_own(world: World) -> None:
    narrow = Rates(Rate(1_000, 1_000), key=Rate(0.001, 2), account=Rate(0.001, 3))
    settings = Settings(world.town.keys, mail=Outbox(), rates=narrow)
    owner = owner_tenant(UUID(world.ids["agency"]))
    one, two = (
        {"apikey": world.loop.run_until_complete(
            api_keys.make(world.core, owner, name="job", scopes=[Scope.ROWS_READ])
        ).text}
        for _ in range(2)
    )  # fmt: skip
    with TestClient(build_app(world.town.url, settings=settings)) as client:
        told = [client.get("/rest/v1/client", headers=one).status_code for _ in range(3)]
        assert told == [200, 200, 429]
        assert client.get("/rest/v1/client", headers=two).status_code == 200
        person = world.callers["owner"].headers
        told = [client.get("/rest/v1/client", headers=person).status_code for _ in range(4)]
        assert told == [200, 200, 200, 429]
        late = client.get("/api/session", headers=person)
        assert (late.status_code, late.json()["code"]) == (429, "over_request_rate_limit")
        assert int(late.headers["retry-after"]) > 0
