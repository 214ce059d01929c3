from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from psycopg import errors as pg_errors

from mainstem.db.login import LOGIN, as_login, ensure_login
from mainstem.db.pool import open_async_pool, open_pool
from mainstem.db.tenant import (
    APP_CONTEXTS,
    OVERSEERS,
    USER_ROLES,
    Tenant,
    async_tenant_transaction,
    opening_batch,
    tenant_transaction,
)
from mainstem.errors import ServerError
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg_pool import ConnectionPool
    from tests.kept import Kept

    Pool = ConnectionPool[psycopg.Connection[tuple[Any, ...]]]

STATE = """
select current_user::text, current_setting('request.jwt.claims', true),
       current_setting('app.client_ids', true)
"""


def owner_of(agency_id: UUID) -> Tenant:
    return Tenant(agency_id, uuid4(), "owner", None, "both")


@pytest.fixture
def agencies(kept: Kept) -> tuple[UUID, UUID]:
    with connect(kept.url) as connection:
        ensure_login(connection)
        rows = connection.execute(
            "insert into agency (name, slug) values ('One', 'one'), ('Two', 'two') returning id"
        ).fetchall()
        for (agency_id,) in rows:
            connection.execute(
                "insert into client (agency_id, name) values (%s, 'A client')", (agency_id,)
            )
    return rows[0][0], rows[1][0]


@pytest.fixture
def pool(kept: Kept, agencies: tuple[UUID, UUID]) -> Iterator[Pool]:
    del agencies
    with open_pool(as_login(kept.url), size_max=1) as opened:
        yield opened


def seen(connection: psycopg.Connection[tuple[Any, ...]]) -> list[UUID]:
    return [agency for (agency,) in connection.execute("select agency_id from client").fetchall()]


def run(pool: Pool, tenant: Tenant, *statements: str) -> None:
    with tenant_transaction(pool, tenant) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def state(pool: Pool) -> tuple[str, str | None, str | None] | None:
    with pool.connection() as connection:
        return connection.execute(STATE).fetchone()


def test_each_tenant_sees_its_own(pool: Pool, agencies: tuple[UUID, UUID]) -> None:
    for agency in agencies:
        with tenant_transaction(pool, owner_of(agency)) as connection:
            assert seen(connection) == [agency]
            assert connection.execute("select id from agency").fetchall() == [(agency,)]


def test_nothing_is_left_after_the_end(pool: Pool, agencies: tuple[UUID, UUID]) -> None:
    with tenant_transaction(pool, owner_of(agencies[0])) as connection:
        inside = connection.execute(STATE).fetchone()
    assert inside is not None
    assert inside[0] == "authenticated"
    assert json.loads(inside[1])["agency_id"] == str(agencies[0])
    assert inside[2] == "*"
    assert state(pool) == (LOGIN, "", "")
    with pytest.raises(pg_errors.DivisionByZero):
        run(pool, owner_of(agencies[1]), "select 1 / 0")
    assert state(pool) == (LOGIN, "", "")


def test_work_is_kept_when_the_block_ends_well_and_else_not(
    pool: Pool, agencies: tuple[UUID, UUID]
) -> None:
    tenant = owner_of(agencies[0])

    def names() -> list[str]:
        with tenant_transaction(pool, tenant) as connection:
            rows = connection.execute("select name from client order by name").fetchall()
        return [name for (name,) in rows]

    run(pool, tenant, "update client set name = 'Kept'")
    with pytest.raises(pg_errors.DivisionByZero):
        run(pool, tenant, "update client set name = 'Lost'", "select 1 / 0")
    assert names() == ["Kept"]


def test_another_tenants_rows_cannot_be_written(pool: Pool, agencies: tuple[UUID, UUID]) -> None:
    one, two = agencies
    with tenant_transaction(pool, owner_of(one)) as connection:
        changed = connection.execute("update client set name = 'x' where agency_id = %s", (two,))
        assert changed.rowcount == 0
    with pytest.raises(pg_errors.InsufficientPrivilege):
        run(pool, owner_of(one), f"insert into client (agency_id, name) values ('{two}', 'x')")


@pytest.mark.parametrize("escape", ["reset role", "set role none", "set local role none"])
def test_whoever_resets_the_role_has_no_rights_at_all(
    pool: Pool, agencies: tuple[UUID, UUID], escape: str
) -> None:
    with pytest.raises(pg_errors.InsufficientPrivilege):
        run(pool, owner_of(agencies[0]), escape, "select * from client")


def test_outside_of_a_tenant_transaction_nothing_is_seen(pool: Pool) -> None:
    with pool.connection() as connection, pytest.raises(pg_errors.InsufficientPrivilege):
        connection.execute("select * from client")


def test_a_block_that_commits_by_itself_is_told(pool: Pool, agencies: tuple[UUID, UUID]) -> None:
    with pytest.raises(RuntimeError, match="ended its tenant transaction"):
        run(pool, owner_of(agencies[0]), "commit")
    assert state(pool) == (LOGIN, "", "")


def test_an_error_that_is_swallowed_is_no_success(pool: Pool, agencies: tuple[UUID, UUID]) -> None:
    def swallow() -> None:
        with (
            tenant_transaction(pool, owner_of(agencies[0])) as connection,
            suppress(pg_errors.DivisionByZero),
        ):
            connection.execute("select 1 / 0")

    with pytest.raises(RuntimeError, match="nothing of this transaction was kept"):
        swallow()


def test_nested_use_is_refused(pool: Pool, kept: Kept, agencies: tuple[UUID, UUID]) -> None:
    one, two = map(owner_of, agencies)
    with tenant_transaction(pool, one) as connection:
        with connect(kept.url, autocommit=True) as other:
            for source in (connection, other, pool):
                with (
                    pytest.raises(RuntimeError, match="already open here"),
                    tenant_transaction(source, two),
                ):
                    pytest.fail("this must not run")
        assert seen(connection) == [agencies[0]], "the first goes on undisturbed"


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_single_connection_serves_too_when_it_is_idle(
    kept: Kept, agencies: tuple[UUID, UUID], *, autocommit: bool
) -> None:
    with connect(as_login(kept.url), autocommit=autocommit) as connection:
        for agency in agencies:
            with tenant_transaction(connection, owner_of(agency)):
                assert seen(connection) == [agency]
        with connection.transaction():
            connection.execute("select 1")
            with (
                pytest.raises(RuntimeError, match="in a transaction already"),
                tenant_transaction(connection, owner_of(agencies[0])),
            ):
                pytest.fail("this must not run")


def test_the_same_on_an_event_loop(kept: Kept, agencies: tuple[UUID, UUID]) -> None:
    async def run() -> list[list[tuple[Any, ...]]]:
        found = []
        async with open_async_pool(as_login(kept.url), size_max=2) as pool:

            async def one(agency: UUID) -> list[tuple[Any, ...]]:
                async with async_tenant_transaction(pool, owner_of(agency)) as connection:
                    result = await connection.execute("select agency_id from client")
                    with pytest.raises(RuntimeError, match="already open here"):
                        async with async_tenant_transaction(pool, owner_of(agency)):
                            pytest.fail("this must not run")
                    return await result.fetchall()

            found = list(await asyncio.gather(*map(one, agencies)))
            async with pool.connection() as connection:
                left = await (await connection.execute(STATE)).fetchone()
            # Both may have had the same connection; then this one has no settings at all.
            assert left in {(LOGIN, "", ""), (LOGIN, None, None)}
        return found

    assert asyncio.run(run()) == [[(agencies[0],)], [(agencies[1],)]]


def test_a_pool_says_at_once_that_the_server_cannot_be_reached() -> None:
    with (
        pytest.raises(ServerError, match="Connection refused"),
        open_pool("postgresql://someone@127.0.0.1:1/books"),
    ):
        pytest.fail("this must not run")


@pytest.mark.parametrize(
    "change",
    [
        {"role": "postgres"},
        {"role": "authenticated; reset role"},
        {"user_role": "owner'; drop table client; --"},
        {"app_context": "mail' "},
        {"user_role": "operator"},
        {"agency_id": "'; reset role; --"},
        {"user_id": "x"},
        {"client_ids": frozenset({"*"})},
        {"user_role": "member", "app_context": "*"},
        {"user_role": "client", "client_ids": frozenset(), "app_context": "*"},
        {"user_role": "client", "client_ids": None},
    ],
)
def test_what_is_no_claim_makes_no_tenant(change: dict[str, Any]) -> None:
    right = {
        "agency_id": uuid4(),
        "user_id": None,
        "user_role": "owner",
        "client_ids": None,
        "app_context": "both",
    }
    with pytest.raises(ValueError, match=r"is none of|are UUIDs|one app|are named"):
        Tenant(**right | change)


@given(
    agency=st.uuids(),
    user=st.none() | st.uuids(),
    role=st.sampled_from(sorted(USER_ROLES)),
    clients=st.none() | st.frozensets(st.uuids(), max_size=3),
    context=st.sampled_from(sorted(APP_CONTEXTS)),
)
def test_claims_arrive_as_they_were_given(
    database_settings: psycopg.Connection[tuple[Any, ...]],
    agency: UUID,
    user: UUID | None,
    role: str,
    clients: frozenset[UUID] | None,
    context: str,
) -> None:
    assume(context != "*" or role in OVERSEERS)
    assume(role != "client" or clients is not None)
    tenant = Tenant(agency, user, role, clients, context, role="anon")
    connection = database_settings
    connection.execute(opening_batch(tenant, 30, begins=True), prepare=False)
    row = connection.execute(
        "select app.agency_id(), app.user_id(), app.user_role(), current_user::text,"
        " app.claims() -> 'client_ids', current_setting('app.client_ids'),"
        " app.claims() ->> 'app_context'"
    ).fetchone()
    connection.rollback()
    visible = None if clients is None else sorted(map(str, clients))
    setting = "*" if visible is None else "{" + ",".join(visible) + "}"
    assert row == (agency, user, role, "anon", visible, setting, context)


@pytest.fixture(scope="session")
def database_settings(_pooled_url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with connect(_pooled_url, autocommit=True) as connection:
        yield connection
