from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from mainstem.unify.isolation.weakening import conjuncts

if TYPE_CHECKING:
    from tests.unify.isolation.conftest import Sample

SCHEMA = """
create table agency (id uuid primary key default gen_random_uuid(), name text not null);
create table note (
  id uuid primary key default gen_random_uuid(),
  agency_id uuid not null references agency (id),
  body text not null default '',
  is_open boolean not null default true
);
create table country (code text primary key);
alter table agency enable row level security;
alter table note enable row level security;
alter table country enable row level security;
create policy own on agency using (id = (auth.jwt() ->> 'agency_id')::uuid);
create policy own on note
  using (agency_id = (auth.jwt() ->> 'agency_id')::uuid and body is not null)
  with check (agency_id = (auth.jwt() ->> 'agency_id')::uuid);
create policy everybody on country for select using (code is not null);
"""
parts = st.sampled_from(["(a = 1)", "f(b, 'x and y')", '("c and d" IS NULL)', "(e OR f)", "g.h"])


def test_every_weakening_that_opens_a_table_is_caught(sample: Sample) -> None:
    proof = sample.proof(SCHEMA, mutates=True)
    assert proof.leaks == ()
    told = {(each.object, each.change): each for each in proof.weakenings}
    for table in ("agency", "note"):
        assert told[table, "row-level security off"].is_caught
        assert told[table, "policy 'own': its condition is true"].is_caught
    assert told["note", "policy 'own': no check of what is written"].is_caught
    assert told["note", "policy 'own': OR instead of AND"].is_caught
    dropped = {each.change: each.is_caught for each in proof.weakenings if "without" in each.change}
    assert sorted(dropped.values()) == [False, True], "the condition on body tells no tenants apart"


def test_what_makes_no_difference_is_said_and_not_counted(sample: Sample) -> None:
    proof = sample.proof(SCHEMA, mutates=True)
    country = [each for each in proof.weakenings if each.object == "country"]
    assert country
    assert all("belongs to a tenant" in (each.equivalent or "") for each in country)
    assert not [each for each in proof.missed if each.object == "country"]


def test_nothing_of_a_weakening_remains(sample: Sample) -> None:
    with sample.kept(SCHEMA) as connection:
        before = connection.execute("select * from pg_policies order by 1, 2, 3").fetchall()
        sample.proof("", mutates=True)
        after = connection.execute("select * from pg_policies order by 1, 2, 3").fetchall()
    assert before == after


@given(st.lists(parts, min_size=1, max_size=4))
def test_conditions_come_apart_where_and_joins_them(listed: list[str]) -> None:
    assert conjuncts("(" + " AND ".join(listed) + ")") == [
        part if len(listed) > 1 or not part.startswith("(") else part[1:-1] for part in listed
    ]


def test_views_functions_and_grants_are_exposed_too(sample: Sample) -> None:
    schema = (
        SCHEMA
        + """
create view open_note with (security_invoker = true) as select id, body from note where is_open;
create function notes_of(p_agency uuid) returns setof note language sql stable
  as $$ select * from note where agency_id = p_agency $$;
create function my_notes() returns setof note language sql stable
  as $$ select * from note where agency_id = (auth.jwt() ->> 'agency_id')::uuid $$;
create table note_archive (
  id uuid primary key, agency_id uuid not null references agency (id), body text not null
);
revoke all on note_archive from anon, authenticated;
"""
    )
    told = {
        (each.object, each.change): each
        for each in sample.proof(schema, mutates=True).weakenings
        if "policy" not in each.change
    }
    assert told["open_note", "the view reads as its owner"].is_leak
    assert told["notes_of", "the function runs as its owner"].is_leak
    assert told["note_archive", "rights given to authenticated"].is_leak
    asking = told["my_notes", "the function runs as its owner"]
    assert asking.equivalent == "it asks itself who calls"
