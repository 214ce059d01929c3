"""A member who may only read a client's rows: in the database, whoever asks, and nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.core.conftest import HERE, PASSWORD, owner_tenant

from mainstem.core import members, resolve, sessions, sign_in, tokens
from mainstem.db.tenant import Tenant, async_tenant_transaction
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from uuid import UUID

    from tests.core.conftest import Town

    from mainstem.core import Core

pytestmark = pytest.mark.anyio

INSERT = "insert into task (agency_id, client_id, title) values (%(agency)s, %(client)s, 'x')"
UPDATE = "update task set title = 'y' where client_id = %(client)s"
DELETE = "delete from task where client_id = %(client)s"
MOVE = "update task set client_id = %(other)s where client_id = %(client)s"


async def tenant_of(core: Core, email: str, *, app: str = "audience") -> Tenant:
    found = await sign_in.with_password(core, email, PASSWORD, origin=HERE, kind=sessions.TOKEN)
    token, _ = await tokens.access_token(core, found, app=app)
    access = await resolve(core, {"authorization": f"Bearer {token}"})
    assert access.session is not None
    await sessions.switch_app(core, access.session, app)
    tenant = (await resolve(core, {"authorization": f"Bearer {token}"})).tenant
    assert tenant is not None
    return tenant


async def run(core: Core, tenant: Tenant, statement: str, **values: Any) -> int:
    async with async_tenant_transaction(core.pool, tenant) as connection:
        return (await connection.execute(statement.encode(), values)).rowcount


async def test_who_may_only_read_a_client_writes_none_of_its_rows(core: Core, town: Town) -> None:
    agency = town.agency()
    read, write = town.client(agency), town.client(agency)
    for client in (read, write):
        town.sql(INSERT, agency=agency, client=client)
    member = town.member(agency, "member")
    await members.set_clients(
        core, owner_tenant(agency), member.id, (read, write), read_only=(read,)
    )
    tenant = await tenant_of(core, member.email)
    assert tenant.read_only_client_ids == {read}
    async with async_tenant_transaction(core.pool, tenant) as connection:
        rows = await (await connection.execute("select client_id from task")).fetchall()
    assert {row[0] for row in rows} == {read, write}
    for statement in (INSERT, UPDATE, DELETE, MOVE):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="read only"):
            await run(core, tenant, statement, agency=agency, client=read, other=write)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="read only"):
        await run(core, tenant, MOVE, client=write, other=read)
    for statement in (INSERT, UPDATE, DELETE):
        assert await run(core, tenant, statement, agency=agency, client=write)
    changed = "update client set name = name || '!' where id = %(client)s"
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="read only"):
        await run(core, tenant, changed, client=read)
    assert await run(core, tenant, changed, client=write) == 1


async def test_the_right_to_write_comes_and_goes_with_the_next_request(
    core: Core, town: Town
) -> None:
    agency = town.agency()
    client = town.client(agency)
    member, owner = town.member(agency, "member"), owner_tenant(agency)
    for read_only in ((client,), (), (client,)):
        await members.set_clients(core, owner, member.id, (client,), read_only=read_only)
        tenant = await tenant_of(core, member.email)
        assert tenant.read_only_client_ids == set(read_only)


async def test_it_binds_nobody_else(core: Core, town: Town) -> None:
    """An owner writes, and another agency's member has nothing to do with it."""
    agency, foreign = town.agency(), town.agency("Other")
    client, theirs = town.client(agency), town.client(foreign)
    reader, owner = town.member(agency, "member"), town.member(agency)
    other = town.member(foreign, "member", clients=(theirs,))
    await members.set_clients(core, owner_tenant(agency), reader.id, (client,), read_only=(client,))
    assert await run(core, await tenant_of(core, owner.email), INSERT, agency=agency, client=client)
    tenant = await tenant_of(core, other.email)
    assert await run(core, tenant, INSERT, agency=foreign, client=theirs) == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        await run(core, tenant, INSERT, agency=agency, client=client)


async def test_claims_alone_say_it_too(town: Town) -> None:
    """Without our setting, as on a Supabase server, the claims are asked."""
    agency = town.agency()
    read, write = town.client(agency), town.client(agency)
    tenant = Tenant(
        agency, None, "member", frozenset({read, write}), "audience",
        read_only_client_ids=frozenset({read}),
    )  # fmt: skip
    with connect(town.url) as connection:
        connection.execute("set local role authenticated")
        claims = json.dumps(tenant.claims())
        connection.execute(f"""set local "request.jwt.claims" = '{claims}'""".encode())
        connection.execute(INSERT.encode(), {"agency": agency, "client": write})
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="read only"):
            connection.execute(INSERT.encode(), {"agency": agency, "client": read})


async def test_every_table_of_client_scope_refuses(town: Town) -> None:
    missing = town.sql(
        """
        select m.table_name, verb
        from app.table_class as m cross join unnest(array['insert', 'update', 'delete']) as verb
        where m.schema_name = 'public' and m.class = 'TENANT' and m.scope = 'client'
          and not exists (
            select from pg_trigger as t
            where t.tgrelid = format('public.%%I', m.table_name)::regclass
              and t.tgname = m.table_name || '_read_only_' || verb and t.tgenabled = 'O')
        """,
        unused=None,
    )
    assert missing == []


async def test_nobody_is_given_what_is_not_theirs(town: Town) -> None:
    agency, foreign = town.agency(), town.agency("Other")
    client: UUID = town.client(foreign)
    member = town.member(agency, "member")
    with pytest.raises(ValueError, match="among those"):
        Tenant(
            agency, member.id, "member", frozenset(), "both",
            read_only_client_ids=frozenset({client}),
        )  # fmt: skip
