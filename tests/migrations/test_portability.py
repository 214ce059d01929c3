"""The same files on every server: versions 15 to 18, and databases that look like Supabase's.

Which versions there are depends on the machine. The wheel of the embedded server carries 18 and 16;
others are found where Debian installs them, and 15 where MAINSTEM_TEST_PG15_BIN says.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo
from tests.migrations.people import new_agency, one

from mainstem.checks import run_checks
from mainstem.db.diff import catalog, compare
from mainstem.db.migrate import State, migrate, status
from mainstem.pg.connect import connect
from mainstem.pg.programs import EMBEDDED_MAJOR, embedded_bin_dir, major_version
from mainstem.pg.scratch import ScratchServer, scratch_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.migrations.people import Connection

OLDEST = 15

SUPABASE = """
create role postgres_like login createrole createdb bypassrls;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to postgres_like;
create role supabase_auth_admin noinherit createrole login
"""

SUPABASE_DATABASE = """
create schema auth authorization supabase_auth_admin;
create schema extensions authorization postgres_like;
create table auth.users (id uuid primary key, email text, encrypted_password text);
alter table auth.users owner to supabase_auth_admin;
create function auth.jwt() returns jsonb language sql stable
  as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
create function auth.uid() returns uuid language sql stable
  as $$ select (auth.jwt() ->> 'sub')::uuid $$;
grant usage on schema auth to anon, authenticated, service_role, postgres_like;
alter default privileges for role postgres_like in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres_like in schema public
  grant all on functions to anon, authenticated, service_role
"""

OBJECTS = """
select 'relation', c.oid::regclass::text, c.relkind::text, obj_description(c.oid, 'pg_class')
from pg_class as c
where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)
union all
select 'column', a.attrelid::regclass::text || '.' || a.attname,
       format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end,
       pg_get_expr(d.adbin, d.adrelid)
from pg_attribute as a
join pg_class as c on c.oid = a.attrelid and c.relkind in ('r', 'p')
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)
  and a.attnum > 0 and not a.attisdropped
union all
select 'policy', polrelid::regclass::text || '.' || polname,
       pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
from pg_policy
union all
select 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid), ''
from pg_constraint
where contype <> 'n' and connamespace in ('public'::regnamespace, 'app'::regnamespace)
union all
select 'trigger', tgrelid::regclass::text || '.' || tgname, pg_get_triggerdef(oid), ''
from pg_trigger where not tgisinternal
union all
select 'function', p.oid::regprocedure::text, p.provolatile::text || p.prosecdef, ''
from pg_proc as p where p.pronamespace in ('public'::regnamespace, 'app'::regnamespace)
"""

AUTH = """
select c.oid::regclass::text, c.relowner::regrole::text, c.relacl::text, c.relrowsecurity
from pg_class as c where c.relnamespace = 'auth'::regnamespace
union all
select p.oid::regprocedure::text, p.proowner::regrole::text, p.proacl::text, false
from pg_proc as p where p.pronamespace = 'auth'::regnamespace
union all
select nspname, nspowner::regrole::text, nspacl::text, false
from pg_namespace where nspname = 'auth'
order by 1
"""


def installed() -> dict[int, Path]:
    """Return the folders of the programs of every version from 15 on, by version."""
    wheel = embedded_bin_dir().parent.parent
    folders = [
        *wheel.glob("pginstall*/bin"),
        *Path("/usr/lib/postgresql").glob("*/bin"),
        Path(os.environ.get("MAINSTEM_TEST_PG15_BIN", "/nowhere")),
    ]
    found = {major_version(each): each for each in folders if (each / "initdb").exists()}
    return {major: folder for major, folder in found.items() if major >= OLDEST}


VERSIONS = installed()


@pytest.fixture(scope="module", params=sorted(VERSIONS), ids=lambda major: f"pg{major}")
def server(request: pytest.FixtureRequest) -> Iterator[ScratchServer]:
    """A server of each version, with the roles of Supabase."""
    with scratch_server(bin_dir=VERSIONS[request.param]) as running:
        with connect(running.url(), autocommit=True) as connection:
            for statement in SUPABASE.split(";"):
                connection.execute(statement.encode())
        yield running


def as_user(url: str, user: str) -> str:
    """Return the address with another person in it."""
    return make_conninfo(url, user=user)


@dataclass(frozen=True)
class Supabase:
    """A database like Supabase's with our schema, made by its owner, who is no superuser."""

    url: str
    auth_before: list[tuple[object, ...]]


@pytest.fixture(scope="module")
def supabase(server: ScratchServer) -> Supabase:
    url = server.create_database("like_supabase")
    with connect(url) as connection:
        connection.execute("alter database like_supabase owner to postgres_like")
        for statement in SUPABASE_DATABASE.split(";\n"):
            connection.execute(statement.encode())
    url = as_user(url, "postgres_like")
    with connect(url) as connection:
        before = connection.execute(AUTH).fetchall()
        connection.rollback()
        migrate(connection)
    return Supabase(url, before)


@pytest.fixture(scope="module")
def plain(server: ScratchServer) -> str:
    """A migrated database of nobody's but ours."""
    url = server.create_database("plain")
    with connect(url) as connection:
        migrate(connection)
    return url


def objects(connection: Connection) -> set[tuple[object, ...]]:
    """Return every object of the schema, as text."""
    return set(connection.execute(OBJECTS).fetchall())


def embedding_free(found: set[tuple[object, ...]]) -> set[tuple[object, ...]]:
    """Without what differs by design: how embeddings are compared without the extension."""
    return {row for row in found if "embedding" not in str(row[1])}


def test_the_embedded_version_is_among_them() -> None:
    assert EMBEDDED_MAJOR in VERSIONS


def test_the_files_build_the_same_on_every_server(plain: str, connection: Connection) -> None:
    with connect(plain) as migrated:
        assert {each.state for each in status(migrated)} == {State.APPLIED}
        assert embedding_free(objects(migrated)) == embedding_free(objects(connection))
        assert compare(catalog(connection), catalog(migrated)) == []


def test_embeddings_compare_with_and_without_the_extension(plain: str) -> None:
    query = "select app.embedding_distance(app.to_embedding(%s), app.to_embedding(%s))"
    with connect(plain) as migrated:
        assert one(migrated, query, [1.0, 0.0], [0.0, 2.0]) == pytest.approx(1)
        assert one(migrated, query, [1.0, 2.0], [2.0, 4.0]) == pytest.approx(0, abs=1e-6)
        agency = new_agency(migrated)
        migrated.execute(
            "insert into memory (agency_id, scope_key, content, embedding, embedding_model)"
            " values (%s, %s || '::_::_', 'likes tea', app.to_embedding(%s), 'test')",
            (agency.id, agency.id, [1.0, 2.0]),
        )
        migrated.rollback()


def test_a_database_like_supabase_gets_the_same_and_keeps_its_own(
    supabase: Supabase, connection: Connection
) -> None:
    with connect(supabase.url) as migrated:
        assert one(migrated, "select rolsuper from pg_roles where rolname = current_user") is False
        assert migrated.execute(AUTH).fetchall() == supabase.auth_before
        assert embedding_free(objects(migrated)) == embedding_free(objects(connection))


def test_every_check_passes_on_a_database_like_supabase(
    server: ScratchServer, supabase: Supabase
) -> None:
    # What the probe tries means the same to all servers between the oldest and ours; on ours it
    # runs with our own roles, in the tests of the checks.
    is_tried = major_version(server.bin_dir) == min(VERSIONS)
    chosen = () if is_tried else ("existence", "rules", "state")
    with connect(supabase.url) as migrated:
        assert [str(finding) for finding in run_checks(migrated, only=chosen).findings] == []


def test_the_login_role_of_supabase_serves_requests(supabase: Supabase) -> None:
    with connect(supabase.url) as migrated:
        agency = new_agency(migrated)
    claims = f'{{"role": "authenticated", "agency_id": "{agency.id}", "user_role": "owner"}}'
    with connect(as_user(supabase.url, "authenticator")) as login:
        login.execute("set local role authenticated")
        login.execute(f"set local \"request.jwt.claims\" = '{claims}'".encode())
        assert login.execute("select id from client").fetchall() == [(agency.client_id,)]
