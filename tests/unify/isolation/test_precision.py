"""What looks like a leak and is none, and what is hard to fill: each once seen in a real schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unify.isolation.conftest import quiet

from mainstem.unify.isolation import Verdict

if TYPE_CHECKING:
    from tests.unify.isolation.conftest import Sample

TEAM = """
create table rank (name text primary key, height int not null);
create table rank_permission (
  id bigint generated always as identity primary key,
  rank text not null references rank (name),
  permission text not null
);
create table team (id uuid primary key default gen_random_uuid(), name text not null);
create table team_member (
  team_id uuid not null references team (id),
  user_id uuid not null references auth.users (id),
  rank text not null references rank (name),
  primary key (team_id, user_id)
);
create function may(team uuid, wanted text) returns boolean
  language sql stable security definer as $$
  select exists (
    select from team_member m join rank_permission p on p.rank = m.rank
    where m.user_id = auth.uid() and m.team_id = team and p.permission = wanted) $$;
alter table rank enable row level security;
alter table rank_permission enable row level security;
alter table team enable row level security;
alter table team_member enable row level security;
create policy known on rank for select using (true);
create policy known on rank_permission for select using (true);
create policy own on team for select using (
  id in (select team_id from team_member where user_id = auth.uid()));
create policy own on team_member for select using (user_id = auth.uid());
"""


def test_what_people_are_is_not_whom_they_belong_to(sample: Sample) -> None:
    verdicts = sample.verdicts(TEAM)
    assert quiet(verdicts) == {}
    assert verdicts["rank"].reason.startswith("shared: ")


def test_who_knows_a_token_is_let_in_by_it(sample: Sample) -> None:
    schema = (
        TEAM
        + """
create table invitation (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null references team (id),
  token text not null unique
);
alter table invitation enable row level security;
create function invitation_by_token(p_token text) returns setof invitation
  language sql stable security definer
  as $$ select * from invitation where token = p_token $$;
create function invitation_by_id(p_id uuid) returns setof invitation
  language sql stable security definer
  as $$ select * from invitation where id = p_id $$;
"""
    )
    verdicts = sample.verdicts(schema)
    assert verdicts["invitation_by_token"].verdict is Verdict.PROVEN
    assert verdicts["invitation_by_id"].verdict is Verdict.LEAK


ARTICLE = """
create table article (
  id uuid primary key default gen_random_uuid(),
  author_id uuid not null references auth.users (id),
  is_published boolean not null default true
);
alter table article enable row level security;
"""


def test_rows_that_are_published_unless_told_otherwise_are_shared(sample: Sample) -> None:
    policy = "create policy own on article using (is_published or author_id = auth.uid())"
    check = " with check (author_id = auth.uid());"
    writes = (
        "create policy w on article for update using (author_id = auth.uid());"
        "create policy i on article for insert with check (author_id = auth.uid());"
    )
    reads = policy.replace("using", "for select using") + ";"
    assert quiet(sample.verdicts(ARTICLE + reads + writes)) == {}
    assert sample.verdicts(ARTICLE + policy + check)["article"].verdict is Verdict.LEAK


def test_rows_that_are_not_published_stay_with_their_author(sample: Sample) -> None:
    policy = (
        "create policy p on article for select using (not is_published or author_id = auth.uid());"
    )
    assert sample.verdicts(ARTICLE + policy)["article"].verdict is Verdict.LEAK


def test_a_row_that_stays_with_its_tenant_may_name_anybody(sample: Sample) -> None:
    schema = (
        TEAM
        + """
create table review (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null references team (id),
  reviewer_id uuid not null references auth.users (id)
);
alter table review enable row level security;
create policy team on review using (
  team_id in (select team_id from team_member where user_id = auth.uid()));
create policy reviewer on review for select using (reviewer_id = auth.uid());
"""
    )
    assert quiet(sample.verdicts(schema)) == {}


def test_a_view_of_own_rows_alone_is_exercised(sample: Sample) -> None:
    schema = (
        ARTICLE
        + """
create policy own on article using (author_id = auth.uid());
create view my_article with (security_invoker = true) as
  select id from article where author_id = auth.uid();
"""
    )
    assert quiet(sample.verdicts(schema)) == {}


HARD = {
    "lists and documents": "tags text[] not null, options jsonb not null, sizes int[] not null",
    "a range of numbers": "channel int not null check (channel >= 11 and channel <= 26)",
    "an enumeration": "mood mood not null",
    "a domain": "code short_code not null",
    "a generated column": "low int not null, twice int generated always as (low * 2) stored",
    "a time to come": "expires_at timestamptz not null",
    "a dotted key": "key text not null check (key ~ '^[a-z]+\\.[a-z0-9]+$')",
    "one of two": "a text, b text, check (num_nonnulls(a, b) = 1)",
    "an exclusion": "during int4range not null, exclude using gist (during with &&)",
}


@pytest.mark.parametrize("kind", HARD)
def test_what_is_hard_to_fill_is_filled(sample: Sample, kind: str) -> None:
    condition = " and expires_at > now()" if "expires_at" in HARD[kind] else ""
    schema = f"""
create type mood as enum ('calm', 'wild');
create domain short_code as text check (length(value) = 3);
create table hard (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references auth.users (id), {HARD[kind]}
);
alter table hard enable row level security;
create policy own on hard using (owner_id = auth.uid(){condition});
"""
    verdicts = sample.verdicts(schema)
    assert quiet(verdicts) == {}
    assert "insert" in verdicts["hard"].reason
    fault = "create policy hole on hard for insert with check (true);"
    assert sample.verdicts(schema + fault)["hard"].verdict is Verdict.LEAK


def test_functions_are_called_with_words_of_enumerations_and_with_lists(sample: Sample) -> None:
    schema = (
        ARTICLE
        + """
create policy own on article using (author_id = auth.uid());
create type mood as enum ('calm', 'wild');
create function articles(of mood, listed jsonb) returns setof article
  language plpgsql stable security definer as $$
begin
  perform jsonb_array_elements(listed);
  return query select * from article where author_id = auth.uid();
end $$;
create function refuses(article uuid) returns setof article
  language plpgsql stable security definer as $$
begin
  if not exists (select from article a where a.id = article and a.author_id = auth.uid()) then
    raise exception 'no such article' using errcode = '22023';
  end if;
  return query select * from article a where a.id = article;
end $$;
"""
    )
    assert quiet(sample.verdicts(schema)) == {}
