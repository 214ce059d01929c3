"""Keys, references and counters that a merge stumbles over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mainstem.unify.audit.checks.health import sequence_near_its_end
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.subject import Subject

if TYPE_CHECKING:
    from tests.unify.audit.checks.planting import Planted

PARENT = "create table parent (id uuid primary key);"


def test_no_primary_key(health: Planted) -> None:
    bare = "create table member (user_id uuid not null, team_id uuid not null);"

    (found,) = health.found("no-primary-key", bare)

    assert found.message == "member has no primary key"
    unique = bare + "create unique index member_key on member (user_id, team_id);"
    assert health.told("no-primary-key", unique) == [
        "member has no primary key; its unique index member_key could become one"
    ]
    keyed = bare + "alter table member add primary key (user_id, team_id);"
    assert health.found("no-primary-key", keyed) == []


@pytest.mark.parametrize(
    ("index", "is_found"),
    [
        ("", True),
        ("create index on child (id, parent_id);", True),
        ("create index on child (parent_id) where parent_id is not null;", False),
        ("create index on child (parent_id) where id is not null;", True),
        ("create index on child (parent_id, id);", False),
        ("create index on child (agency_id, parent_id);", False),
    ],
)
def test_unindexed_foreign_key(health: Planted, index: str, *, is_found: bool) -> None:
    sql = """create table parent (id text primary key);
    create table child (id text primary key, agency_id uuid, parent_id text references parent (id));
    """
    found = [one.table for one in health.found("unindexed-foreign-key", sql + index)]

    assert ("child" in found) is is_found


def test_integer_primary_key(health: Planted) -> None:
    sql = """create table counted (id serial primary key);
    create table always (id bigint generated always as identity primary key);
    create table given (id integer primary key);
    create table minted (id uuid primary key default gen_random_uuid());"""

    told = health.told("integer-primary-key", sql)

    assert [text.partition(":")[0] for text in told] == [
        "always.id is counted up (bigint, generated always)",
        "counted.id is counted up (integer)",
    ]


@pytest.mark.parametrize(
    ("column", "severity"),
    [
        ("parent_id uuid references parent (id)", None),
        ("parent_id uuid", None),
        ("parent_id text", Severity.NOTE),
        ("parent_id bigint", Severity.NOTE),
        ("external_id text", None),
    ],
)
def test_reference_type_differs_by_name(
    health: Planted, column: str, severity: Severity | None
) -> None:
    sql = f"{PARENT} create table child (id uuid primary key, {column});"

    found = health.found("reference-type-differs", sql)

    assert [one.severity for one in found] == ([severity] if severity else [])


def test_reference_type_differs_with_a_foreign_key(health: Planted) -> None:
    sql = """create table big (id bigint primary key);
    create table child (big_id integer references big (id));"""

    (found,) = health.found("reference-type-differs", sql)

    assert (found.table, found.column, found.severity) == ("child", "big_id", None)
    assert found.message == "child.big_id is integer, but big.id is bigint"


def test_natural_key_without_unique(health: Planted) -> None:
    sql = "create table shop (id uuid primary key, slug text, region text);"

    (found,) = health.found("natural-key-without-unique", sql)

    assert (found.table, found.column) == ("shop", "slug")
    for index in ("(slug)", "(region, slug)", "(lower(slug))"):
        unique = f"{sql} create unique index on shop {index};"
        assert health.found("natural-key-without-unique", unique) == []


def test_unique_across_tenants(health: Planted) -> None:
    sql = """create table project (
      agency_id uuid not null references agency (id), id uuid not null, name text,
      primary key (agency_id, id), {});"""

    (found,) = health.found("unique-across-tenants", sql.format("unique (name)"))

    assert found.message == "project (name) is unique across all tenants"
    for unique in ("unique (agency_id, name)", "unique (id)"):
        assert health.found("unique-across-tenants", sql.format(unique)) == []


@pytest.mark.parametrize(
    ("share", "severity"),
    [(0.5, []), (0.75, [None]), (0.95, [Severity.ERROR])],
)
def test_sequence_near_its_end(
    health: Planted, share: float, severity: list[Severity | None]
) -> None:
    database = health.database("create table counted (id serial primary key);")
    (sequence,) = database.sequences
    used = replace(database, sequences=(replace(sequence, last_value=int(2**31 * share)),))

    found = list(sequence_near_its_end.find(Subject(databases=(used,))))

    assert [one.severity for one in found] == severity


def test_set_null_on_required_column(health: Planted) -> None:
    sql = (
        PARENT + "create table child (parent_id uuid {} references parent (id) on delete set null);"
    )

    (found,) = health.found("set-null-on-required-column", sql.format("not null"))

    assert (found.table, found.column) == ("child", "parent_id")
    assert health.found("set-null-on-required-column", sql.format("")) == []


def test_duplicate_foreign_key(health: Planted) -> None:
    sql = PARENT + "create table child (parent_id uuid constraint one references parent (id));"
    again = sql + "alter table child add constraint two foreign key (parent_id) references parent;"

    (found,) = health.found("duplicate-foreign-key", again)

    assert found.message == "foreign key two of child says what one says"
    assert health.found("duplicate-foreign-key", sql) == []
