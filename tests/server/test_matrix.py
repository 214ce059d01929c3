"""Every route, asked by every kind of caller: `matrix.py` says what is to come of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from tests.core.conftest import Outbox, owner_tenant
from tests.server.matrix import MATRIX, Kind, Row
from tests.server.world import CALLERS, MARK, OUTSIDE, OWN

from mainstem.core import Scope, api_keys
from mainstem.server import build_app
from mainstem.server.pace import Rate, Rates
from mainstem.server.settings import Settings

if TYPE_CHECKING:
    import httpx
    from tests.server.world import Caller, World


def _ask(
    world: World, route: str, row: Row, caller: Caller, *, content: bytes | None = None
) -> httpx.Response:
    method, _, template = route.partition(" ")
    ids = world.ids if row.finds else {}  # what is not to be found is not to be changed, either
    path = re.sub(r"\{(\w+):\w+\}", lambda found: ids.get(found[1], str(uuid4())), template)
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
        if content is not None:
            given = {"content": content}
        elif row.body is not None:
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
    found = set()
    for route in world.app.routes:
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
        if row.kind is Kind.OWN_MATRIX:
            continue
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
def test_who_is_refused_is_told_so_before_their_body_is_read(world: World, name: str) -> None:
    """No body of theirs is taken apart, and none tells them that there is something."""
    caller, asked = world.callers[name], 0
    for route, row in MATRIX.items():
        refused = {Kind.PERSON: name in OUTSIDE, Kind.OPERATOR: True}.get(row.kind, False)
        if not refused or row.body is None:
            continue
        asked += 1
        answer = _ask(world, route, row, caller, content=b"{")
        assert answer.status_code == (401 if name in OUTSIDE else 404), (route, answer.text)
    assert asked


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


@pytest.mark.parametrize("name", CALLERS)
def test_every_table_answers_every_caller(world: World, name: str) -> None:
    """By real keys and sessions. What the role may not read is not described to it either."""
    headers = world.callers[name].headers
    owner = world.callers["owner"].headers
    tables = world.client.get("/rest/v1/", headers=owner).json()["definitions"]
    assert len(tables) > 90
    document = world.client.get("/rest/v1/", headers=headers)
    described = document.json()["definitions"] if document.status_code == 200 else {}
    assert bool(described) == (name not in OUTSIDE)
    for table in tables:
        answer = world.client.get(f"/rest/v1/{table}?limit=1000", headers=headers)
        if name in OUTSIDE:
            assert answer.status_code == 401, (table, answer.text)
            made = world.client.post(f"/rest/v1/{table}", content=b"{", headers=headers)
            assert made.status_code == 401, (table, made.text)
        else:
            assert answer.status_code == (200 if table in described else 403), (table, answer.text)
        if name == "other tenant":
            assert world.ids["agency"] not in answer.text, table
        elif name == "other client":
            assert world.ids["client_id"] not in answer.text, table


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
