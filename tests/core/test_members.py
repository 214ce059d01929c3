"""Who may change whose rights, and what a change does at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.core.conftest import HERE, PASSWORD, owner_tenant

from mainstem.core import cookies, members, resolve, sessions, sign_in
from mainstem.db.tenant import Tenant
from mainstem.errors import RefusedError

if TYPE_CHECKING:
    from tests.core.conftest import Town

    from mainstem.core import Core

pytestmark = pytest.mark.anyio


def as_role(agency_id: UUID, role: str) -> Tenant:
    sees = None if role in {"owner", "admin", "manager"} else frozenset[UUID]()
    return Tenant(agency_id, None, role, sees, "both")


async def test_a_role_and_clients_change_with_the_next_request(core: Core, town: Town) -> None:
    agency = town.agency()
    client_id = town.client(agency)
    member = town.member(agency, "manager")
    signed_in = await sign_in.with_password(
        core, member.email, PASSWORD, origin=HERE, kind=sessions.BROWSER
    )
    owner = owner_tenant(agency)
    await members.change_role(core, owner, member.id, "member")
    found = await resolve(core, {}, cookie=signed_in.token)
    assert found.tenant is not None
    assert (found.tenant.user_role, found.tenant.client_ids) == ("member", frozenset())
    await members.set_clients(core, owner, member.id, [client_id])
    found = await resolve(core, {}, cookie=signed_in.token)
    assert found.tenant is not None
    assert found.tenant.client_ids == frozenset({client_id})
    await members.set_active(core, owner, member.id, is_active=False)
    with pytest.raises(RefusedError):
        await resolve(core, {}, cookie=signed_in.token)
    changed = town.sql(
        "select table_name, changed_columns from audit_log where agency_id = %(id)s"
        " and actor_role = 'owner' and action = 'update' order by id",
        id=agency,
    )
    assert changed == [("user", ["role"]), ("user", ["is_active"])]
    assert ("sign_out", "access_ended") in town.trail(agency)


async def test_nobody_manages_another_agencys_people(core: Core, town: Town) -> None:
    foreign, mine = town.member(town.agency("Other"), "member"), town.agency()
    owner = owner_tenant(mine)
    for attempt in (
        members.change_role(core, owner, foreign.id, "admin"),
        members.set_clients(core, owner, foreign.id, []),
        members.set_active(core, owner, foreign.id, is_active=False),
    ):
        with pytest.raises(RefusedError) as refused:
            await attempt
        assert refused.value.status == 404
    assert foreign.id not in {member.id for member in await members.listed(core, owner)}
    person = town.member(mine, "member")
    with pytest.raises(RefusedError) as refused:
        await members.set_clients(core, owner, person.id, [town.client(foreign.agency_id)])
    assert refused.value.status == 404


@pytest.mark.parametrize("role", ["manager", "member", "client"])
async def test_these_roles_change_no_rights(core: Core, town: Town, role: str) -> None:
    agency = town.agency()
    person = town.member(agency, "member")
    for attempt in (
        members.change_role(core, as_role(agency, role), person.id, "client"),
        members.set_active(core, as_role(agency, role), person.id, is_active=False),
    ):
        with pytest.raises(RefusedError) as refused:
            await attempt
        assert refused.value.code == "insufficient_permissions"


async def test_an_admin_neither_makes_nor_unmakes_an_owner(core: Core, town: Town) -> None:
    agency = town.agency()
    owner, person = town.member(agency), town.member(agency, "member")
    for user_id, role in ((person.id, "owner"), (owner.id, "member")):
        with pytest.raises(RefusedError, match="above"):
            await members.change_role(core, as_role(agency, "admin"), user_id, role)


async def test_an_agency_keeps_an_owner(core: Core, town: Town) -> None:
    agency = town.agency()
    one, two = town.member(agency), town.member(agency)
    tenant = owner_tenant(agency)
    outcomes = await asyncio.gather(
        *(members.change_role(core, tenant, each.id, "admin") for each in (one, two)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes].count(RefusedError) == 1
    owners = town.sql(
        "select count(*) from \"user\" where agency_id = %(id)s and role = 'owner'", id=agency
    )
    assert owners == [(1,)]


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"}, False),
        ({"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, True),
        ({"origin": "https://evil.example", "host": "127.0.0.1:8000"}, False),
        ({"origin": "null", "host": "127.0.0.1:8000"}, False),
        ({}, True),
    ],
)
async def test_a_page_of_another_site_changes_nothing(
    core: Core, headers: dict[str, str], *, is_own: bool
) -> None:
    cookies.require_own_origin(core, "GET", headers)
    if is_own:
        cookies.require_own_origin(core, "POST", headers)
        return
    with pytest.raises(RefusedError) as refused:
        cookies.require_own_origin(core, "POST", headers)
    assert refused.value.code == "cross_site_request"


async def test_the_cookie_is_closed_to_scripts_and_bound_to_the_host_over_tls(core: Core) -> None:
    plain = cookies.made(core, "x").to_header(header="")
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    secure = cookies.made(replace(core, base_url="https://a.example"), "x").to_header(header="")
    assert secure.strip().startswith("__Host-mainstem=")
    assert "Secure" in secure
    assert "Path=/" in secure
    assert "Domain" not in secure
