"""Borders below tenants: clients, people and apps of one tenant, as policies ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unify.isolation.conftest import quiet

from mainstem.unify.isolation import Verdict

if TYPE_CHECKING:
    from tests.unify.isolation.conftest import Sample

#: a tenant's clients, of whom a caller sees some or all, its people, and the apps that it uses
SCHEMA = """
create table firm (id uuid primary key default gen_random_uuid(), name text not null);
create table customer (
  firm_id uuid not null references firm (id),
  id uuid not null default gen_random_uuid(),
  name text not null,
  primary key (firm_id, id)
);
create table person (
  id uuid primary key default gen_random_uuid(),
  firm_id uuid not null references firm (id)
);
create table visit (
  firm_id uuid not null,
  id uuid not null default gen_random_uuid(),
  customer_id uuid not null,
  tags text[] not null,
  settings jsonb not null,
  app text not null default 'both' check (app in ('field', 'office', 'both')),
  primary key (firm_id, id),
  foreign key (firm_id, customer_id) references customer (firm_id, id)
);
create table draft (
  firm_id uuid not null references firm (id),
  id uuid not null default gen_random_uuid(),
  person_id uuid not null references person (id),
  body text not null,
  primary key (firm_id, id)
);
create function my_firm() returns uuid language sql stable
  return (current_setting('request.jwt.claims', true)::jsonb ->> 'firm')::uuid;
create function sees_customer(customer_id uuid) returns boolean language sql stable
  return case when current_setting('my.customers', true) = '*' then true
    else strpos(current_setting('my.customers', true), customer_id::text) > 0 end;
create function in_app(app text) returns boolean language sql stable
  return app = 'both' or current_setting('request.jwt.claims', true)::jsonb ->> 'app' = app;
alter table firm enable row level security;
alter table customer enable row level security;
alter table person enable row level security;
alter table visit enable row level security;
alter table draft enable row level security;
create policy own on firm using (id = my_firm());
create policy own on person using (firm_id = my_firm());
create policy own on customer using (firm_id = my_firm() and sees_customer(id));
create policy own on visit
  using (firm_id = my_firm() and sees_customer(customer_id) and in_app(app));
create policy own on draft
  using (firm_id = my_firm() and person_id = auth.uid());
"""


def test_levels_below_the_tenant_are_no_leaks(sample: Sample) -> None:
    assert quiet(sample.verdicts(SCHEMA)) == {}


def test_every_condition_of_every_level_is_missed_when_it_is_dropped(sample: Sample) -> None:
    proof = sample.proof(SCHEMA, mutates=True)
    assert [(each.object, each.change) for each in proof.missed] == []
    tried = {(each.object, each.change) for each in proof.weakenings}
    assert ("visit", "policy 'own': without public.sees_customer(customer_id)") in tried
    assert ("visit", "policy 'own': without public.in_app(app)") in tried
    assert ("draft", "policy 'own': without (person_id = auth.uid())") in tried


def test_who_has_all_of_a_lower_level_must_not_reach_another_tenant(sample: Sample) -> None:
    fault = "alter policy own on visit using (sees_customer(customer_id) and in_app(app));"
    verdict = sample.verdicts(SCHEMA + fault)["visit"]
    assert verdict.verdict is Verdict.LEAK
    assert "\"my.customers\" = '*'" in (verdict.statement or "")


@pytest.mark.parametrize("word", ["*", "all"])
def test_who_has_all_tenants_is_meant_to_see_them(sample: Sample, word: str) -> None:
    schema = f"""
create table note (id uuid primary key default gen_random_uuid(), firm_id uuid not null);
alter table note enable row level security;
create policy own on note using (
  current_setting('my.firm', true) = '{word}' or firm_id::text = current_setting('my.firm', true));
"""
    assert quiet(sample.verdicts(schema)) == {}


def test_a_check_that_nobody_could_break_is_no_weakening(sample: Sample) -> None:
    rights = """
revoke all on draft from authenticated, anon;
grant select, update (body) on draft to authenticated;
"""
    proof = sample.proof(SCHEMA + rights, mutates=True)
    (change,) = [
        each for each in proof.weakenings if each.object == "draft" and "no check" in each.change
    ]
    assert change.equivalent == "no role may insert, nor change a column that the check reads"
