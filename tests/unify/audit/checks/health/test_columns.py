"""Types and names of columns that other databases read in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from tests.unify.audit.checks.planting import Planted


def test_timestamp_without_time_zone(health: Planted) -> None:
    bare = "create table a (id uuid primary key, made_at timestamp(3), seen_at timestamp);"
    zoned = "create table b (id uuid primary key, made_at timestamptz);"

    (alone,) = health.found("timestamp-without-time-zone", bare)
    (mixed,) = health.found("timestamp-without-time-zone", bare + zoned)

    assert alone.message == "a keeps made_at and seen_at without time zone"
    assert (alone.severity, mixed.severity) == (Severity.NOTE, None)
    assert health.found("timestamp-without-time-zone", zoned) == []


@pytest.mark.parametrize(
    ("column", "is_found"),
    [
        ("price double precision", True),
        ("monthly_budget real", True),
        ("fee money", True),
        ("price numeric(12, 2)", False),
        ("price_change_percent real", False),
        ("score real", False),
    ],
)
def test_float_for_money(health: Planted, column: str, *, is_found: bool) -> None:
    sql = f"create table item (id uuid primary key, {column});"

    assert bool(health.found("float-for-money", sql)) is is_found


def test_reserved_name(health: Planted) -> None:
    sql = 'create table "order" (id uuid primary key, "user" text, "Name" text, name text);'

    assert health.told("reserved-name", sql) == [
        'table "order" is a reserved word and must be quoted in every query',
        "order has columns that must be quoted in every query: user",
    ]
    assert health.found("reserved-name", "create table purchase (value text);") == []


def test_json_column(health: Planted) -> None:
    (found,) = health.found("json-column", "create table a (settings json, more jsonb);")

    assert (found.table, found.column) == ("a", "settings")
    assert health.found("json-column", "create table a (settings jsonb);") == []


def test_padded_text(health: Planted) -> None:
    (found,) = health.found("padded-text", "create table a (country char(3), flag char(1));")

    assert found.message == "a.country is padded with blanks to 3 characters"
    assert health.found("padded-text", "create table a (country varchar(3));") == []


def test_object_identifier_column(health: Planted) -> None:
    (found,) = health.found("object-identifier-column", "create table a (audited regclass);")

    assert (found.table, found.column) == ("a", "audited")
    assert health.found("object-identifier-column", "create table a (audited text);") == []


def test_enumerated_types(health: Planted) -> None:
    (told,) = health.told("enumerated-types", "create type mood as enum ('sad', 'glad');")

    assert told == "1 enum type: mood"
    assert health.found("enumerated-types", "") == []
