"""Which role may write what: compared with the manifest, table by table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.migrations.people import become, insert, new_agency, one

from mainstem.db.migrate import State, status

if TYPE_CHECKING:
    from tests.migrations.people import Connection

LEDGERS = ("audit_log", "dm_delivery", "suppression", "credit_transaction")
RIGHTS = ("agency", "user", "permission", "role_permission", "member_client_access", "invitation")


@pytest.mark.parametrize("table", [*LEDGERS, *RIGHTS, "api_key", "feature_flag", "stage_event"])
@pytest.mark.parametrize("right", ["insert", "update", "delete"])
def test_authenticated_does_not_write(connection: Connection, table: str, right: str) -> None:
    name = f'public."{table}"'
    if right == "delete":
        query = "select has_table_privilege('authenticated', %s, %s)"
        assert one(connection, query, name, right) is False
    else:
        query = "select has_any_column_privilege('authenticated', %s, %s)"
        assert one(connection, query, name, right) is False


def test_nobody_updates_a_key_or_a_derived_column(connection: Connection) -> None:
    rows = connection.execute(
        "select table_name, column_name from information_schema.column_privileges"
        " where grantee = 'authenticated' and privilege_type = 'UPDATE' and table_schema = 'public'"
        " and column_name in ('id', 'agency_id', 'created_at', 'number', 'stage_entered_at',"
        " 'metrics', 'download_count', 'participation_score', 'daily_dm_count')"
    ).fetchall()
    assert rows == []


def test_background_work_reads_which_migrations_are_applied_and_writes_none(
    connection: Connection,
) -> None:
    connection.execute("set local role service_role")
    assert {found.state for found in status(connection)} == {State.APPLIED}
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("update app.migration set checksum = ''")


@pytest.mark.parametrize(
    ("table", "column"), [("api_key", "key_hash"), ("invitation", "token_hash")]
)
def test_what_proves_who_somebody_is_is_read_by_no_tenant(
    connection: Connection, table: str, column: str
) -> None:
    become(connection, new_agency(connection))
    connection.execute(f"select id, created_at from {table}")
    for query in (f"select {column} from {table}", f"select * from {table}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(query)


def test_no_secret_and_no_hash_of_one_is_read_by_a_tenant(connection: Connection) -> None:
    """Every column of such a name is looked for, so that one made tomorrow is, too."""
    found = connection.execute(
        "select c.oid::regclass::text || '.' || a.attname,"
        " has_column_privilege('authenticated', c.oid, a.attnum, 'select')"
        " from pg_class as c join pg_attribute as a on a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace and not c.relispartition"
        " and c.relkind in ('r', 'p', 'v') and a.attname ~ '_(encrypted|hash)$' order by 1"
    ).fetchall()
    readable = {name for name, is_readable in found if is_readable}
    assert readable == {"dm_delivery.message_hash", "memory.content_hash", "suppression.value_hash"}
    assert len(found) > 15


def test_a_hidden_column_stays_hidden_when_its_table_is_protected_again(
    connection: Connection,
) -> None:
    connection.execute(
        "call app.protect('api_key', 'client', writes => '{}', unaudited => '{last_used_at}')"
    )
    query = "select has_column_privilege('authenticated', 'api_key', %s, 'select')"
    assert one(connection, query, "key_hash") is False
    assert one(connection, query, "prefix") is True


def test_a_column_that_is_not_there_cannot_be_hidden(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match=r"no column to match all of \{hash\}"):
        connection.execute("call app.hide_columns('api_key', '{hash}')")


def test_anon_has_no_right_anywhere(connection: Connection) -> None:
    rows = connection.execute(
        "select c.oid::regclass from pg_class as c"
        " where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)"
        " and c.relkind in ('r', 'p', 'v')"
        " and has_any_column_privilege('anon', c.oid, 'select,insert,update')"
    ).fetchall()
    assert rows == []


def test_what_is_closed_to_tenants_stays_closed(connection: Connection) -> None:
    rows = connection.execute(
        "select table_name from app.table_class"
        " where class = 'LOCAL' and table_name not in ('job', 'job_archive')"
        " and has_any_column_privilege('authenticated', format('%I.%I', schema_name, table_name),"
        " 'select,insert,update')"
    ).fetchall()
    assert rows == []


def test_reference_tables_are_read_by_the_signed_in_and_written_by_the_service(
    connection: Connection,
) -> None:
    agency = new_agency(connection)
    connection.execute("set local role service_role")
    insert(connection, "social_platform", slug="mastodon", name="Mastodon")
    query = "select count(*) from social_platform where slug = 'mastodon'"
    become(connection, agency)
    assert one(connection, query) == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
        connection.execute("update social_platform set name = 'x'")
    connection.execute("set local \"request.jwt.claims\" = ''")
    assert one(connection, query) == 0


def test_an_agency_sees_itself_and_its_own_people(connection: Connection) -> None:
    mine, _ = new_agency(connection), new_agency(connection)
    become(connection, mine)
    assert connection.execute("select id from agency").fetchall() == [(mine.id,)]
    assert connection.execute('select id from "user"').fetchall() == [(mine.user_id,)]


CATALOG = """
select
  (select string_agg(concat_ws(' ', polname, polcmd, polpermissive,
                               pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)),
                     chr(10) order by polname)
   from pg_policy where polrelid = 'ticket'::regclass),
  (select string_agg(pg_get_triggerdef(oid), chr(10) order by tgname)
   from pg_trigger where tgrelid = 'ticket'::regclass and not tgisinternal),
  (select string_agg(concat_ws(' ', grantee, privilege_type, column_name),
                     chr(10) order by grantee, privilege_type, column_name)
   from information_schema.column_privileges where table_name = 'ticket'),
  (select to_jsonb(m)::text from app.table_class as m where table_name = 'ticket')
"""


def test_protecting_again_changes_nothing(connection: Connection) -> None:
    before = connection.execute(CATALOG).fetchone()
    connection.execute(
        "call app.protect('ticket', 'client', app => 'audience',"
        " writes => '{insert,update}', fixed => '{number}')"
    )
    assert connection.execute(CATALOG).fetchone() == before


def test_protecting_names_a_column_that_is_not_there(connection: Connection) -> None:
    with pytest.raises(
        psycopg.errors.RaiseException, match=r"no column to match all of \{nummer\}"
    ):
        connection.execute("call app.protect('ticket', 'client', fixed => '{nummer}')")
