"""Policies that hold too little, too much, or nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from tests.unify.audit.checks.planting import Planted

NOTE = """
create table note (
  id uuid primary key,
  agency_id uuid not null references agency (id),
  author_id uuid,
  is_public boolean not null default false
);
alter table note enable row level security;
"""
OWN = NOTE + "create policy own on note using (agency_id = agency_id());"
COUNTRY = """
create table country (code text primary key, name text not null);
alter table country enable row level security;
"""


@pytest.mark.parametrize(
    "condition",
    [
        "true",
        "1 = 1",
        "auth.role() = 'authenticated'",
        "(select auth.uid()) is not null",
        "auth.jwt() ->> 'role' in ('anon', 'authenticated')",
        "agency_id is not null",
        "auth.uid() is not null and true",
    ],
)
def test_policy_always_true(isolation: Planted, condition: str) -> None:
    (found,) = isolation.found(
        "policy-always-true", f"{NOTE} create policy p on note using ({condition});"
    )

    assert (found.table, found.severity) == ("note", Severity.ERROR)


@pytest.mark.parametrize(
    "policy",
    [
        "using (agency_id = agency_id())",
        "using (is_public or author_id = auth.uid())",
        "to service_role using (true)",
        "to authenticator, service_role using (true)",
        "using (auth.role() = 'service_role')",
        "using (auth.jwt() ->> 'role' = 'service_role')",
        "using (author_id is not null)",
        "using (false)",
        "using (auth.uid() = author_id and auth.uid() is not null)",
    ],
)
def test_policy_not_always_true(isolation: Planted, policy: str) -> None:
    assert isolation.found("policy-always-true", f"{NOTE} create policy p on note {policy};") == []


@pytest.mark.parametrize(
    ("policy", "severity"),
    [
        ("for select using (true)", Severity.NOTE),
        ("for insert with check (true)", Severity.WARNING),
        ("for all using (true)", Severity.ERROR),
        ("for delete using (true)", Severity.ERROR),
    ],
)
def test_policy_always_true_weighs_what_the_rows_are(
    isolation: Planted, policy: str, severity: Severity
) -> None:
    (found,) = isolation.found(
        "policy-always-true", f"{COUNTRY} create policy p on country {policy};"
    )

    assert found.severity is severity


def test_policy_always_true_for_reading_people(isolation: Planted) -> None:
    people = """create table visitor (id uuid primary key, email text);
    alter table visitor enable row level security;
    create policy p on visitor for select using (true);"""

    (found,) = isolation.found("policy-always-true", people)

    assert found.severity is Severity.WARNING


def test_policy_always_true_on_stored_files(isolation: Planted) -> None:
    found = isolation.found(
        "policy-always-true", "create policy p on storage.objects for delete using (true);"
    )

    assert [one.table for one in found] == ["storage.objects"]


@pytest.mark.parametrize(
    "condition",
    [
        "agency_id = agency_id() or true",
        "agency_id = agency_id() or auth.role() = 'authenticated'",
        "author_id = auth.uid() or auth.uid() is null",
        "agency_id = agency_id() or current_setting('app.agency', true) is null",
        "auth.uid() is not null and (author_id = auth.uid() or 1 = 1)",
    ],
)
def test_policy_true_through_or(isolation: Planted, condition: str) -> None:
    planted = f"{NOTE} create policy p on note using ({condition});"

    assert len(isolation.found("policy-true-through-or", planted)) == 1
    assert isolation.found("policy-always-true", planted) == []


@pytest.mark.parametrize(
    "condition",
    [
        "is_public or author_id = auth.uid()",
        "agency_id = agency_id() and (is_public or auth.uid() is not null)",
        "auth.role() = 'service_role' or author_id = auth.uid()",
        "exists (select from client c where c.id = note.agency_id and (true or c.name = 'a'))",
    ],
)
def test_policy_not_true_through_or(isolation: Planted, condition: str) -> None:
    planted = f"{NOTE} create policy p on note using ({condition});"

    assert isolation.found("policy-true-through-or", planted) == []


@pytest.mark.parametrize(
    ("metadata", "is_trusted"),
    [
        ("auth.jwt() -> 'user_metadata' ->> 'agency_id'", True),
        ("auth.jwt() #>> '{user_metadata,agency_id}'", True),
        ("(select raw_user_meta_data ->> 'agency_id' from auth.users where id = auth.uid())", True),
        ("auth.jwt() -> 'app_metadata' ->> 'agency_id'", False),
    ],
)
def test_policy_reads_user_metadata(isolation: Planted, metadata: str, *, is_trusted: bool) -> None:
    planted = f"{NOTE} create policy p on note using (agency_id::text = {metadata});"

    assert bool(isolation.found("policy-reads-user-metadata", planted)) is is_trusted


def test_policy_reads_user_metadata_through_a_function(isolation: Planted) -> None:
    planted = (
        NOTE
        + """
    create function my_agency() returns text language plpgsql stable security definer as $$
    begin
      return (select raw_user_meta_data ->> 'agency' from auth.users where id = auth.uid());
    end $$;
    create policy p on note using (agency_id::text = my_agency());
    """
    )

    (told,) = isolation.told("policy-reads-user-metadata", planted)

    assert told.endswith("through my_agency()")


def test_restrictive_policy(isolation: Planted) -> None:
    planted = OWN + "create policy narrow on note as restrictive using (agency_id = agency_id());"

    (found,) = isolation.found("restrictive-policy", planted)

    assert "narrow" in found.message
    assert isolation.found("restrictive-policy", OWN) == []


@pytest.mark.parametrize(
    "policy",
    [
        "for insert with check (true)",
        "for insert with check (auth.role() = 'authenticated')",
        "for update using (agency_id = agency_id()) with check (true)",
        "for update using (agency_id = agency_id()) with check (author_id = auth.uid())",
    ],
)
def test_missing_with_check(isolation: Planted, policy: str) -> None:
    (found,) = isolation.found("missing-with-check", f"{NOTE} create policy p on note {policy};")

    assert (found.table, found.severity) == ("note", None)


@pytest.mark.parametrize(
    "policy",
    [
        "for update using (agency_id = agency_id())",
        "for all using (agency_id = agency_id())",
        "for insert with check (agency_id = agency_id())",
        "for insert to service_role with check (true)",
        "for select using (true)",
    ],
)
def test_no_missing_with_check(isolation: Planted, policy: str) -> None:
    assert isolation.found("missing-with-check", f"{NOTE} create policy p on note {policy};") == []


def test_missing_with_check_where_an_insert_policy_says_nothing(isolation: Planted) -> None:
    (found,) = isolation.found("missing-with-check", f"{NOTE} create policy p on note for insert;")

    assert found.severity is Severity.WARNING
    assert "lets no row in" in found.message


def test_policy_reads_other_table(isolation: Planted) -> None:
    reading = "create policy p on note using (agency_id in (select agency_id from client));"

    (told,) = isolation.told("policy-reads-other-table", NOTE + reading)

    assert told == "policies on note read client for each query"
    assert isolation.told("policy-reads-other-table", OWN) == []


RECURSIVE = """
create table member (team_id uuid not null, user_id uuid not null, primary key (team_id, user_id));
alter table member enable row level security;
"""
BY_ITSELF = (
    "create policy see on member for select using (team_id in (select m.team_id from member m));"
)
BY_ANOTHER = """
create table team (id uuid primary key);
alter table team enable row level security;
create policy see on team for select using (id in (select team_id from member));
create policy see on member for select using (team_id in (select id from team));
"""
BY_FUNCTION = """
create function teams() returns setof uuid language sql stable {} as 'select team_id from member';
create policy see on member for select using (team_id in (select teams()));
"""


@pytest.mark.parametrize(
    ("policies", "tables"),
    [
        (BY_ITSELF, ["member"]),
        (BY_ANOTHER, ["member", "team"]),
        (BY_FUNCTION.format(""), ["member"]),
        (BY_FUNCTION.format("security definer"), []),
        (
            "create policy a on member for insert with check (1 > (select count(*) from member));",
            [],
        ),
    ],
)
def test_recursive_policy(isolation: Planted, policies: str, tables: list[str]) -> None:
    found = isolation.found("recursive-policy", RECURSIVE + policies)

    assert [one.table for one in found] == tables


MEMBER = NOTE + "create table member (agency_id uuid not null, user_id uuid not null, role text);"
ADMINS = MEMBER.replace("member", "admin_member")


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        ("agency_id in (select m.agency_id from member m where m.agency_id = agency_id)", True),
        ("exists (select from member m where m.agency_id = agency_id)", True),
        ("exists (select from member m where m.agency_id = note.agency_id)", False),
        ("agency_id = agency_id()", False),
    ],
)
def test_policy_compares_with_itself(isolation: Planted, condition: str, *, is_found: bool) -> None:
    sql = f"{MEMBER} create policy p on note using ({condition});"

    assert bool(isolation.found("policy-compares-with-itself", sql)) is is_found


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        ("exists (select from member where user_id = auth.uid())", True),
        ("auth.uid() in (select user_id from member)", True),
        ("exists (select from member m where user_id = auth.uid() and m.role = 'admin')", False),
        ("agency_id in (select m.agency_id from member m where user_id = auth.uid())", False),
        ("exists (select from member m where m.agency_id = note.agency_id)", False),
    ],
)
def test_policy_ignores_row(isolation: Planted, condition: str, *, is_found: bool) -> None:
    sql = f"{MEMBER} create policy p on note using ({condition});"
    trusted = (
        f"{ADMINS} create policy p on note using ({condition.replace('member', 'admin_member')});"
    )

    assert bool(isolation.found("policy-ignores-row", sql)) is is_found
    assert isolation.found("policy-ignores-row", trusted) == []
