"""Indexes, constraints, triggers, functions and what the data API serves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mainstem.unify.audit.checks.health import extension_in_public, invalid_index
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.subject import Subject
from mainstem.unify.catalog.database import Extension, ObjectName

if TYPE_CHECKING:
    from tests.unify.audit.checks.planting import Planted

ITEM = "create table item (id uuid primary key, name text unique, size int);"


@pytest.mark.parametrize(
    ("index", "is_found"),
    [
        ("create index again on item (name)", True),
        ("create unique index again on item (id)", True),
        ("create index again on item (name desc)", False),
        ("create index again on item (name) where size > 1", False),
        ("create index again on item using hash (name)", False),
        ("create index again on item (name, size)", False),
    ],
)
def test_duplicate_index(health: Planted, index: str, *, is_found: bool) -> None:
    found = health.found("duplicate-index", f"{ITEM} {index};")

    assert ["index again on item" in one.message for one in found] == ([True] if is_found else [])


def test_invalid_index(health: Planted) -> None:
    database = health.database(ITEM)
    item = database.by_name[ObjectName("public", "item")]
    broken = replace(item.indexes[0], is_valid=False, is_unique=True)
    planted = replace(database, relations=(replace(item, indexes=(broken,)),))

    (found,) = invalid_index.find(Subject(databases=(planted,)))

    assert found.message.endswith("is invalid: no query reads it, and does not keep rows unique")
    assert health.found("invalid-index", ITEM) == []


def test_constraint_not_validated(health: Planted) -> None:
    sql = f"{ITEM} alter table item add constraint positive check (size > 0) not valid;"

    (found,) = health.found("constraint-not-validated", sql)

    assert (found.table, found.column) == ("item", "size")
    validated = sql + "alter table item validate constraint positive;"
    assert health.found("constraint-not-validated", validated) == []


def test_disabled_trigger(health: Planted) -> None:
    sql = f"""{ITEM}
    create function stamp() returns trigger language plpgsql as 'begin return new; end';
    create trigger stamp before update on item for each row execute function stamp();"""

    (told,) = health.told("disabled-trigger", sql + "alter table item disable trigger stamp;")

    assert told == "trigger stamp on item is switched off"
    assert health.found("disabled-trigger", sql) == []


LOOSE = "create function loose() returns int language sql {} as 'select 1';"


def test_function_search_path_mutable(health: Planted) -> None:
    check = "function-search-path-mutable"
    both = LOOSE.format("security definer") + LOOSE.replace("loose", "other").format("")

    definer, others = health.found(check, both)

    assert definer.message == "security definer function loose has no fixed search_path"
    assert (others.severity, "other" in others.message) == (Severity.NOTE, True)
    assert health.found(check, LOOSE.format("set search_path = ''")) == []
    bound = "create function bound() returns int language sql return 1;"
    assert health.found(check, bound) == []


def test_extension_in_public(health: Planted) -> None:
    database = health.database("")
    planted = replace(database, extensions=(Extension("pg_trgm", "public"),))

    (found,) = extension_in_public.find(Subject(databases=(planted,)))

    assert "extension pg_trgm stands in public" in found.message
    assert list(extension_in_public.find(Subject(databases=(database,)))) == []
    unserved = replace(planted, relations=())
    assert list(extension_in_public.find(Subject(databases=(unserved,)))) == []


def test_materialized_view_in_api(health: Planted) -> None:
    sql = "create materialized view totals as select count(*) from client;"

    (found,) = health.found("materialized-view-in-api", sql)

    assert (found.table, found.severity) == ("totals", None)
    closed = sql + "revoke all on totals from anon, authenticated;"
    assert health.found("materialized-view-in-api", closed) == []


def test_foreign_table_in_api(health: Planted) -> None:
    sql = """create foreign data wrapper nothing; create server far foreign data wrapper nothing;
    create foreign table stripe_customer (id text) server far;"""

    (found,) = health.found("foreign-table-in-api", sql)

    assert found.table == "stripe_customer"
    closed = sql + "revoke all on stripe_customer from anon, authenticated;"
    assert health.found("foreign-table-in-api", closed) == []


ITEM_POLICIES = f"{ITEM} alter table item enable row level security;"


@pytest.mark.parametrize(
    ("policies", "commands"),
    [
        (("for all", "for select"), "for select"),
        (("for all", "for all"), "for select, insert, update and delete"),
        (("for select", "for insert"), None),
        (("for select to anon", "for select to authenticated"), None),
        (("for select to anon", "for select"), "for select"),
        (("for all to service_role", "for select"), None),
    ],
)
def test_multiple_permissive_policies(
    health: Planted, policies: tuple[str, ...], commands: str | None
) -> None:
    sql = ITEM_POLICIES + "".join(
        f"create policy p{number} on item {policy};" for number, policy in enumerate(policies)
    )
    told = health.told("multiple-permissive-policies", sql)

    assert [text.rpartition(", ")[2] if commands is None else text for text in told] == (
        [] if commands is None else [f"2 policies of item are joined with OR, {commands}"]
    )


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        ("id = auth.uid()", True),
        ("size > 1 and auth.role() = 'x'", True),
        ("id = (select auth.uid())", False),
        ("id in (select id from client where id = auth.uid())", False),
        ("size > 1", False),
    ],
)
def test_policy_initplan(health: Planted, condition: str, *, is_found: bool) -> None:
    sql = f"{ITEM_POLICIES} create policy p on item using ({condition});"

    assert bool(health.found("policy-initplan", sql)) is is_found
