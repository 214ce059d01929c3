"""A role that lacks a privilege is told which, and what a superuser says to give it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo
from tests.migrations.test_portability import VERSIONS

from mainstem.db.migrate import load, migrate
from mainstem.errors import ServerError
from mainstem.pg.connect import connect
from mainstem.pg.programs import major_version
from mainstem.pg.scratch import ScratchServer, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

#: the oldest and the newest that the machine has: the rules changed with 16
MAJORS = sorted({min(VERSIONS), max(VERSIONS)})
#: the file that needs the privileges
FOUNDATION = load()[:1]


@pytest.fixture(scope="module", params=MAJORS, ids=lambda major: f"pg{major}")
def running(request: pytest.FixtureRequest) -> Iterator[ScratchServer]:
    """A server of that version."""
    with scratch_server(bin_dir=VERSIONS[request.param]) as server:
        yield server


@pytest.fixture
def bare(running: ScratchServer) -> Iterator[ScratchServer]:
    """A server without our roles, and one person's database."""
    with connect(running.url(), autocommit=True) as connection:
        connection.execute("create role ann login")
        connection.execute("create database books owner ann template template0")
    yield running
    running.drop_database("books")
    with connect(running.url(), autocommit=True) as connection:
        roles = connection.execute(
            "select string_agg(quote_ident(rolname), ', ') from pg_roles where oid >= 16384"
        ).fetchone()
        assert roles is not None
        connection.execute(f"drop role {roles[0]}".encode())


def tell(server: ScratchServer, statements: str, database: str = "postgres") -> None:
    with connect(server.url(database), autocommit=True) as connection:
        for statement in statements.split(";"):
            connection.execute(statement.encode())


def as_ann(server: ScratchServer) -> str:
    return make_conninfo(server.url("books"), user="ann")


def refusal(server: ScratchServer) -> str:
    with connect(as_ann(server)) as connection:
        with pytest.raises(ServerError) as refused:
            migrate(connection, files=FOUNDATION)
        schemas = connection.execute("select to_regnamespace('app') is null").fetchone()
    assert refused.value.exit_code == 2
    assert schemas == (True,), "nothing was applied"
    return str(refused.value)


def assert_migrates(server: ScratchServer) -> None:
    with connect(as_ann(server)) as connection:
        assert migrate(connection, files=FOUNDATION)


def remedies(message: str) -> str:
    return message.partition("superuser run: ")[2]


def test_an_owner_without_privileges_is_told_all_of_them(bare: ScratchServer) -> None:
    said = refusal(bare)
    assert "role 'ann' cannot migrate 'books', it lacks BYPASSRLS, CREATEROLE" in said
    assert "\n" not in said
    tell(bare, remedies(said))
    assert_migrates(bare)


def test_one_who_owns_nothing_is_told_about_the_database(bare: ScratchServer) -> None:
    tell(bare, "alter role ann createrole bypassrls; alter database books owner to postgres")
    said = refusal(bare)
    assert "CREATE on database books" in said
    assert "CREATE on schema public" in said
    tell(bare, remedies(said), "books")
    assert_migrates(bare)


def test_createrole_and_bypassrls_suffice_from_16_on(bare: ScratchServer) -> None:
    tell(bare, "alter role ann createrole bypassrls")
    if major_version(bare.bin_dir) < 16:
        # Only a superuser makes a role with BYPASSRLS there.
        said = refusal(bare)
        assert "it lacks the role service_role;" in said
        tell(bare, remedies(said))
    assert_migrates(bare)


def test_roles_of_somebody_else_need_their_membership(bare: ScratchServer) -> None:
    tell(bare, "alter role ann bypassrls; create role anon; create role authenticated")
    tell(bare, "create role service_role")
    said = refusal(bare)
    for lacking in (
        "membership in anon",
        "membership in service_role",
        "BYPASSRLS of service_role",
    ):
        assert lacking in said
    tell(bare, remedies(said))
    assert_migrates(bare)
