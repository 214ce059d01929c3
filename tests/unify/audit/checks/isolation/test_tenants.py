"""The tenant's key: which column it is, where it is missing and where it may be null."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.tenancy import tenancy, tenant_column

if TYPE_CHECKING:
    from tests.unify.audit.checks.planting import Planted

NOTE = """
create table note (
  id uuid primary key, agency_id uuid {} references agency (id) {}, client_id uuid
);
alter table note enable row level security;
create policy own on note using (agency_id = agency_id());
"""
PEOPLE = """
drop table client, agency;
create table todo (id uuid primary key, user_id uuid not null, workspace_id uuid);
create table list (id uuid primary key, user_id uuid not null, workspace_id uuid);
alter table todo enable row level security;
alter table list enable row level security;
create policy own on todo using (user_id = auth.uid());
create policy own on list using (user_id = auth.uid());
"""
CUSTOMERS = "drop table client, agency; create table customer (id uuid primary key);" + "".join(
    f"""create table {name} (id uuid primary key, customer_id uuid references customer (id));
    alter table {name} enable row level security;
    create policy own on {name} using (customer_id = auth.uid());"""
    for name in ("a", "b", "c", "d", "e")
)


WAY = "comment_id -> comment -> note_id -> note.agency_id"


def test_the_key_of_an_organisation_wins_over_a_persons(isolation: Planted) -> None:
    found = tenancy(isolation.database(NOTE.format("not null", "")))

    assert found is not None
    assert (found.column, found.is_person, str(found.root)) == ("agency_id", False, "agency")
    assert found.evidence == (
        "agency_id is in 2 tables, read by the policies of 2, and refers to agency"
    )


def test_policies_speak_for_the_person_where_no_organisation_is_held(isolation: Planted) -> None:
    assert tenant_column(isolation.database(PEOPLE)) == "user_id"


def test_a_key_of_any_name_counts_when_policies_rest_on_it(isolation: Planted) -> None:
    assert tenant_column(isolation.database(CUSTOMERS)) == "customer_id"


def test_the_companies_of_a_crm_own_nothing_where_rows_belong_to_people(
    isolation: Planted,
) -> None:
    crm = """drop table client, agency;
    create table company (id uuid primary key, user_id uuid references auth.users (id));
    create table deal (id uuid primary key, company_id uuid references company (id));
    create table contact (id uuid primary key, company_id uuid references company (id));
    create table task (id uuid primary key, contact_id uuid references contact (id));
    create table tag (id uuid primary key);"""
    assert tenant_column(isolation.database(crm)) == "user_id"
    # Where a policy asks for it, or nothing else owns a row, it does.
    asked = """alter table deal enable row level security;
    create policy own on deal using (company_id::text = auth.jwt() ->> 'company_id');"""
    assert tenant_column(isolation.database(crm + asked)) == "company_id"
    alone = crm + "alter table company drop column user_id;"
    assert tenant_column(isolation.database(alone)) == "company_id"


def test_nothing_says_whose_the_rows_are(isolation: Planted) -> None:
    sql = "drop table client, agency; create table country (code text primary key);"

    assert tenant_column(isolation.database(sql)) is None


def test_tenant_key_nullable(isolation: Planted) -> None:
    (found,) = isolation.found("tenant-key-nullable", NOTE.format("", ""))

    assert (found.table, found.column, found.severity) == ("note", "agency_id", None)
    assert isolation.found("tenant-key-nullable", NOTE.format("not null", "")) == []


def test_tenant_key_nullable_is_a_note_where_it_is_meant(isolation: Planted) -> None:
    shared = NOTE.format("", "") + "create policy s on note for select using (agency_id is null);"
    outliving = NOTE.format("", "on delete set null")
    personal = NOTE.format("", "") + "alter table note add user_id uuid;"
    internal = NOTE.format("", "") + "create schema app; alter table note set schema app;"

    for sql in (shared, outliving, personal, internal):
        (found,) = isolation.found("tenant-key-nullable", sql)
        assert found.severity is Severity.NOTE


def test_tenant_only_through_joins(isolation: Planted) -> None:
    sql = (
        NOTE.format("not null", "")
        + """
    create table comment (id uuid primary key, note_id uuid not null references note (id));
    create table reaction (id uuid primary key, comment_id uuid not null references comment (id));
    create table loose (id uuid primary key, note_id uuid references note (id));
    """
    )

    assert isolation.told("tenant-only-through-joins", sql) == [
        "comment has no agency_id; its tenant is reached through note_id -> note.agency_id",
        f"reaction has no agency_id; its tenant is reached through {WAY}",
    ]
    assert isolation.told("tenant-only-through-joins", NOTE.format("not null", "")) == []


def test_reference_crosses_tenants(isolation: Planted) -> None:
    alone = (
        NOTE.format("not null", "")
        + """
    create table page (
      id uuid primary key, agency_id uuid not null, note_id uuid references note (id)
    );
    """
    )
    carried = NOTE.format("not null", "") + (
        "alter table note add foreign key (agency_id, client_id) references client (agency_id, id);"
    )

    (found,) = isolation.found("reference-crosses-tenants", alone)

    assert (found.table, found.severity) == ("page", None)
    assert isolation.found("reference-crosses-tenants", carried) == []
