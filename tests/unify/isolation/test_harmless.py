"""Nothing of the proof remains, whatever the database holds and whoever connects."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.unify.audit.checks.planting import PLATFORM
from tests.unify.isolation import schemas
from tests.unify.isolation.conftest import quiet

from mainstem.errors import ServerError
from mainstem.pg.connect import connect
from mainstem.unify.isolation import Verdict, prove, prove_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unify.isolation.conftest import Sample

    from mainstem.pg.scratch import ScratchServer

FULL = """
insert into agency (id, name) select gen_random_uuid(), 'agency ' || n
  from generate_series(1, 20) as n;
insert into client (agency_id, name) select id, 'client ' || n
  from agency, generate_series(1, 50) as n;
insert into note (client_id, body) select id, 'note ' || n from client, generate_series(1, 30) as n;
create sequence counted;
select setval('counted', 41);
analyze;
"""
DIGESTS = """
select 'agency', count(*), md5(string_agg(t::text, '' order by t::text)) from agency as t
union all select 'client', count(*), md5(string_agg(t::text, '' order by t::text)) from client as t
union all select 'note', count(*), md5(string_agg(t::text, '' order by t::text)) from note as t
union all select 'counted', last_value, is_called::text from counted
union all select 'policies', count(*), md5(string_agg(p::text, '' order by p::text))
  from pg_policies as p
union all select 'roles', count(*), md5(string_agg(rolname, '' order by rolname)) from pg_roles
union all select 'grants', count(*), md5(string_agg(relacl::text, '' order by oid)) from pg_class
"""


@pytest.fixture
def full_url(scratch: ScratchServer) -> Iterator[str]:
    """A database with 31,000 rows in it."""
    name = f"full_{uuid4().hex}"
    url = scratch.create_database(name)
    with connect(url) as connection:
        connection.execute(PLATFORM)
        connection.execute("grant usage on schema auth to anon, authenticated")
        connection.execute(schemas.CLAIM.encode())
        connection.execute(FULL.encode())
    yield url
    scratch.drop_database(name)


def test_a_full_database_is_as_it_was(full_url: str) -> None:
    with connect(full_url) as connection:
        before = connection.execute(DIGESTS).fetchall()
    proof = prove(full_url)
    with connect(full_url) as connection:
        after = connection.execute(DIGESTS).fetchall()
    assert after == before
    assert quiet({each.name: each for each in proof.objects}) == {}


KEEPER = """
create role keeper bypassrls;
grant anon, authenticated to keeper;
grant usage on schema public, auth to keeper;
grant all on all tables in schema public, auth to keeper;
grant all on all sequences in schema public to keeper;
"""
#: what keeps rows away: only a superuser passes triggers over
HOSTILE = {
    "raises": "raise exception 'closed on Sundays'",
    "asserts": "assert false, 'closed on Sundays'",
    "swallows": "return null",
    "sleeps": "perform pg_sleep(3600)",
}


def test_an_owner_who_passes_policies_needs_to_be_no_superuser(full_url: str) -> None:
    with connect(full_url) as connection:
        connection.execute(KEEPER)
        connection.execute("set role keeper")
        proof = prove_on(connection, name="full")
        assert quiet({each.name: each for each in proof.objects}) == {}
        connection.rollback()


@pytest.mark.parametrize("kind", HOSTILE)
def test_triggers_that_keep_rows_away_are_told(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("mainstem.unify.isolation.proving.STATEMENT_LIMIT_S", 1)
    trigger = f"""
create function hostile() returns trigger language plpgsql
  as $$ begin {HOSTILE[kind]}; return new; end $$;
create trigger hostile before insert or update or delete on note
  for each row execute function hostile();
"""
    with sample.kept(schemas.CLAIM + trigger + KEEPER) as connection:
        connection.execute("set local role keeper")
        proof = prove_on(connection, name="hostile")
        connection.execute("set local role none")
    told = quiet({each.name: each for each in proof.objects})
    assert set(told) == {"note", "note_line"}
    assert all(reason.startswith("not exercised: no row could be made") for reason in told.values())


def test_whom_policies_bind_is_told_so(full_url: str) -> None:
    with connect(full_url) as connection:
        connection.execute("set role authenticated")
        with pytest.raises(ServerError, match="cannot run as authenticated, whom policies bind"):
            prove_on(connection, name="full")


def test_a_trigger_that_refuses_is_told_or_passed(sample: Sample) -> None:
    """Rows are made without triggers; what callers write meets them."""
    schema = (
        schemas.PERSONS
        + """
create function refuses() returns trigger language plpgsql
  as $$ begin raise exception 'closed on Sundays'; end $$;
create trigger refuses before insert or update or delete on chat
  for each row execute function refuses();
"""
    )
    assert quiet(sample.verdicts(schema)) == {}
    fault = "alter table chat disable row level security;"
    assert sample.verdicts(schema + fault)["chat"].verdict is Verdict.LEAK


def test_what_takes_too_long_is_given_up(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstem.unify.isolation.proving.STATEMENT_LIMIT_S", 1)
    schema = (
        schemas.PERSONS
        + """
create function sleeps() returns trigger language plpgsql
  as $$ begin perform pg_sleep(3600); return new; end $$;
create trigger sleeps before update on chat for each row execute function sleeps();
"""
    )
    verdicts = sample.verdicts(schema)
    assert verdicts["chat"].verdict is Verdict.NOT_EXERCISED
    assert verdicts["chat"].reason.startswith("update, move took too long")
    assert verdicts["message"].verdict is Verdict.PROVEN


def test_a_constraint_nobody_can_meet_is_told(sample: Sample) -> None:
    schema = schemas.PERSONS + "alter table profile add constraint never check (full_name ~ '^$.');"
    schema = schema.replace("full_name text", "full_name text not null")
    verdict = sample.verdicts(schema)["profile"]
    assert verdict.verdict is Verdict.NOT_EXERCISED
    assert "never" in verdict.reason


def test_rows_fall_into_partitions_that_are_tried_by_their_own_names(sample: Sample) -> None:
    schema = """
create table event (
  user_id uuid not null references auth.users (id), id uuid not null default gen_random_uuid(),
  day date not null, primary key (user_id, id, day)
) partition by range (day);
create table event_then partition of event for values from ('2020-01-01') to ('2030-01-01');
create table event_later partition of event for values from ('2030-01-01') to ('2200-01-01');
alter table event enable row level security;
create policy own on event using (user_id = auth.uid());
"""
    verdicts = sample.verdicts(schema)
    assert verdicts["event"].verdict is Verdict.PROVEN
    assert verdicts["event_then"].verdict is Verdict.LEAK, "policies do not hold for partitions"
