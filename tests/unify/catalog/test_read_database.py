"""One reading tells all that protects a database's rows, and what the role may not see."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from mainstem.errors import ServerError
from mainstem.pg.connect import connect
from mainstem.unify.catalog import activity
from mainstem.unify.catalog.database import (
    ConstraintKind,
    Grant,
    ObjectName,
    Policy,
    RelationKind,
    Sequence,
)
from mainstem.unify.catalog.read_database import read_database, read_database_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.catalog.database import Database

SCHEMA = """
create schema auth;
create function auth.uid() returns uuid language sql stable return null::uuid;
create table auth.users (id uuid primary key);
create schema storage;
create table storage.buckets (id text primary key);
create table storage.objects (id uuid primary key, owner uuid);
insert into storage.buckets values ('avatars');
alter table storage.objects enable row level security;
create policy "own files" on storage.objects using (owner = auth.uid());

create type mood as enum ('sad', 'glad');
create table team (id uuid primary key, name text unique);
create table "Note" (
  id bigint generated always as identity primary key,
  team_id uuid not null references team (id) on delete cascade,
  body varchar(20) default 'empty',
  size int generated always as (length(body)) stored,
  feeling mood,
  updated_at timestamptz,
  check (length(body) > 1)
);
create index note_lower on "Note" (lower(body), id desc) include (size) where body is not null;
alter table "Note" enable row level security;
alter table "Note" force row level security;
create policy own on "Note" for update to public using (team_id = auth.uid()) with check (true);
grant select on "Note" to public;
revoke all on team from public;
grant update (name) on team to public;
comment on table team is 'who owns rows';

create view glad with (security_invoker = on) as select id from "Note" where feeling = 'glad';
create materialized view people as select id from auth.users;
create table event (id int not null, at date not null) partition by range (at);
create table event_old partition of event for values from ('2020-01-01') to ('2021-01-01');
create function touch(a int, out b int, text) language sql security definer set search_path = ''
  begin atomic select 1; end;
create function stamp() returns trigger language plpgsql as 'begin return new; end';
create trigger stamp before update on "Note" for each row execute function stamp();
insert into team values (gen_random_uuid(), 'a'), (gen_random_uuid(), 'b');
insert into "Note" (team_id, body, updated_at)
  select id, 'hello', '2024-05-06 07:08:09+02' from team;
insert into event values (1, '2020-02-02'), (2, '2020-03-03');
"""


@pytest.fixture(scope="module")
def planted(scratch: ScratchServer) -> Iterator[psycopg.Connection[TupleRow]]:
    name = f"catalog_{uuid4().hex}"
    with connect(scratch.create_database(name)) as connection:
        connection.execute(SCHEMA)
        yield connection
    scratch.drop_database(name)


@pytest.fixture(scope="module")
def found(planted: psycopg.Connection[TupleRow]) -> Database:
    return read_database(planted, name="the database", counts_rows=True)


def test_relations_are_told_with_their_kind_and_platform_schemas_left_out(found: Database) -> None:
    assert {str(relation.name): relation.kind for relation in found.relations} == {
        "Note": RelationKind.TABLE,
        "event": RelationKind.PARTITIONED,
        "event_old": RelationKind.PARTITION,
        "glad": RelationKind.VIEW,
        "people": RelationKind.MATERIALIZED_VIEW,
        "team": RelationKind.TABLE,
    }
    assert found.by_name[ObjectName("public", "event_old")].parent == ObjectName("public", "event")
    assert [str(table.name) for table in found.tables] == ["Note", "event", "team"]


def test_columns_constraints_and_indexes_are_told(found: Database) -> None:
    note = found.by_name[ObjectName("public", "Note")]
    columns = {column.name: column for column in note.columns}
    foreign_key = note.foreign_keys[0]
    index = next(index for index in note.indexes if index.name == "note_lower")

    assert columns["id"].identity == "always"
    assert columns["body"].type == "character varying(20)"
    assert columns["body"].default == "'empty'::character varying"
    assert columns["size"].generated == "length((body)::text)"
    assert (columns["feeling"].type, columns["feeling"].is_nullable) == ("public.mood", True)
    assert note.primary_key == ("id",)
    assert (foreign_key.columns, foreign_key.parent_columns) == (("team_id",), ("id",))
    assert (foreign_key.parent, foreign_key.on_delete) == (ObjectName("public", "team"), "cascade")
    assert any(c.kind is ConstraintKind.CHECK for c in note.constraints)
    assert index.parts == ("lower(body::text)", "id")
    assert index.predicate == "(body IS NOT NULL)"
    assert [(i.is_primary, i.is_constraint) for i in note.indexes] == [(True, True), (False, False)]


def test_policies_grants_and_flags_are_told(found: Database) -> None:
    note = found.by_name[ObjectName("public", "Note")]
    team = found.by_name[ObjectName("public", "team")]
    using = "(team_id = auth.uid())"

    assert (note.is_row_security_on, note.is_row_security_forced) == (True, True)
    assert note.policies == (Policy("own", "update", True, ("public",), using, "true"),)
    assert Grant("public", "select") in note.grants
    assert Grant("public", "update", ("name",)) in team.grants
    assert Grant(team.owner, "truncate") in team.grants
    assert [policy.name for policy in found.storage_policies] == ["own files"]
    assert team.comment == "who owns rows"


def test_views_functions_and_the_rest_are_told(found: Database) -> None:
    glad = found.by_name[ObjectName("public", "glad")]
    people = found.by_name[ObjectName("public", "people")]
    stamp, touch = found.functions

    assert (glad.is_security_invoker, people.is_security_invoker) == (True, False)
    assert glad.reads == (ObjectName("public", "Note"),)
    assert people.reads == (ObjectName("auth", "users"),)
    assert touch.argument_names == ("a", "")
    assert (touch.is_security_definer, touch.settings) == (True, ('search_path=""',))
    assert "SELECT 1" in touch.body
    assert Grant("public", "execute") in touch.grants
    assert found.by_name[ObjectName("public", "Note")].triggers[0].function == stamp.name
    assert found.enumerations[0].labels == ("sad", "glad")
    assert found.buckets == ("avatars",)
    assert [extension.name for extension in found.extensions] == ["plpgsql"]
    assert found.sequences == (
        Sequence(
            name=ObjectName("public", "Note_id_seq"),
            value_max=2**63 - 1,
            last_value=2,
            table=ObjectName("public", "Note"),
            column="id",
        ),
    )
    assert found.exposed_schemas == ("public",)


def test_rows_are_counted_and_the_last_write_found(found: Database) -> None:
    note = found.by_name[ObjectName("public", "Note")]
    event = found.by_name[ObjectName("public", "event")]

    assert (note.row_count, note.last_write) == (2, "2024-05-06T05:08:09Z")
    assert (event.row_count, event.is_row_count_estimated) == (2, False)
    assert found.by_name[ObjectName("public", "glad")].row_count is None
    assert found.unread == ()


def test_nothing_is_counted_unless_asked(planted: psycopg.Connection[TupleRow]) -> None:
    found = read_database(planted, name="the database")

    assert [table.row_count for table in found.tables] == [None, None, None]


def test_the_connection_is_left_as_it_was(planted: psycopg.Connection[TupleRow]) -> None:
    with planted.transaction(force_rollback=True):
        read_database(planted, name="the database", counts_rows=True)
        planted.execute("insert into team values (gen_random_uuid(), 'c')")


def test_without_the_platform_a_schema_named_auth_is_anybodys(empty_database_url: str) -> None:
    with connect(empty_database_url) as connection:
        connection.execute("create schema auth; create table auth.account (id int primary key)")

        found = read_database(connection, name="plain")

    assert [str(table.name) for table in found.tables] == ["auth.account"]


def test_a_role_without_privileges_is_told_what_it_could_not_read(
    planted: psycopg.Connection[TupleRow],
) -> None:
    with planted.transaction(force_rollback=True):
        planted.execute("create role nobody_at_all; revoke all on event, team from public")
        planted.execute("set local role nobody_at_all")
        found = read_database(planted, name="the database", counts_rows=True)

    assert len(found.relations) == 6
    assert found.buckets == ()
    assert found.unread[0].startswith("the rows of event, team: the role may not read them")
    assert found.unread[1].startswith("the rows of Note: row-level security hides some")
    assert "the role may not read storage.buckets" in found.unread[2]
    assert found.by_name[ObjectName("public", "Note")].is_row_count_estimated is False


def test_large_tables_are_estimated_and_said_to_be(
    planted: psycopg.Connection[TupleRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "COUNTED_BYTES_MAX", 0)
    with planted.transaction(force_rollback=True):
        planted.execute("analyze team")
        found = read_database(planted, name="the database", counts_rows=True)

    team = found.by_name[ObjectName("public", "team")]
    assert (team.row_count, team.is_row_count_estimated) == (2, True)
    assert "the server's estimate stands for them" in found.unread[0]


def test_a_table_that_cannot_be_counted_does_not_hide_the_others(
    planted: psycopg.Connection[TupleRow],
) -> None:
    with planted.transaction(force_rollback=True):
        planted.execute("""
            create foreign data wrapper nothing;
            create server away foreign data wrapper nothing;
            create foreign table event_far partition of event
              for values from ('2030-01-01') to ('2031-01-01') server away;
        """)
        found = read_database(planted, name="the database", counts_rows=True)

    assert found.by_name[ObjectName("public", "team")].row_count == 2
    assert found.by_name[ObjectName("public", "event")].row_count is None
    (said,) = found.unread
    assert said.startswith("the rows of event: they could not be counted in time")


def test_a_partitioned_table_without_partitions_has_no_rows(
    planted: psycopg.Connection[TupleRow],
) -> None:
    with planted.transaction(force_rollback=True):
        planted.execute("drop table event_old")
        found = read_database(planted, name="the database", counts_rows=True)

    assert found.by_name[ObjectName("public", "event")].row_count == 0


def test_an_address_is_named_without_its_password(empty_database_url: str) -> None:
    joint = "&" if "?" in empty_database_url else "?"

    found = read_database_at(f"{empty_database_url}{joint}password=hunter2")

    assert found.name.startswith("database 'test_")
    assert "hunter2" not in found.name
    assert found.server_version >= 150000


def test_an_address_that_leads_nowhere_is_one_clear_line() -> None:
    with pytest.raises(ServerError, match=r"cannot connect to database 'x' at 127\.0\.0\.1:1 as u"):
        read_database_at("postgresql://u:hunter2@127.0.0.1:1/x")
