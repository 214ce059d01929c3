"""A fault planted in the target of a run is found, and named by table, key and column."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ConfigError, SourceError, UsageError
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from tests.unify.verify.conftest import Moved

    from mainstem.unify.verify.model import Verification

#: source table, target table, which rows, what is done to one of them, the column it is named by
CHANGES = {
    "a flipped bit in a text": (
        ("recipients", "recipient", "t.first_name is not null"),
        "first_name = chr(ascii(first_name) # 1) || substr(first_name, 2)",
        "name",
    ),
    "NULL became an empty string": (
        ("recipients", "recipient", "t.phone is null"),
        "phone = ''",
        "phone",
    ),
    "a number's last digit": (
        ("conversions", "conversion", "t.conversion_value is not null"),
        "conversion_value = conversion_value + 0.01",
        "conversion_value",
    ),
    "a number became NULL": (
        ("conversions", "conversion", "t.conversion_value is not null"),
        "conversion_value = null",
        "conversion_value",
    ),
    "a timestamp by a microsecond": (
        ("events", "tracking_event", "true"),
        "created_at = created_at + interval '1 microsecond'",
        "created_at",
    ),
    "a timestamp by a time zone": (
        ("campaigns", "mail_campaign", "t.scheduled_for is not null"),
        "scheduled_for = scheduled_for - interval '5 hours'",
        "scheduled_at",
    ),
    "a value inside JSON": (
        ("events", "tracking_event", "jsonb_typeof(t.event_data) = 'object'"),
        "event_data = event_data || '{\"planted\": [1]}'",
        "event_data",
    ),
    "a truth": (
        ("events", "tracking_event", "t.is_bot"),
        "is_bot = false",
        "is_bot",
    ),
    "a row of another tenant, by the path to the tenant": (
        ("recipients", "recipient", "true"),
        "agency_id = (select max(id::text)::uuid from agency where id <> x.agency_id)",
        "agency_id (the tenant, by list_id.organization_id)",
    ),
    "a reference to another row": (
        ("campaign_recipients", "mail_piece", "true"),
        (
            "recipient_id = (select max(id::text)::uuid from recipient"
            " where agency_id = x.agency_id and id <> x.recipient_id)"
        ),
        "recipient_id (a row of recipients)",
    ),
    "a reference that was lost": (
        ("events", "tracking_event", "t.mail_piece_id is not null"),
        "mail_piece_id = null",
        "tracking_code (a row of campaign_recipients)",
    ),
}


def names(verification: Verification) -> set[tuple[str, str, str | None]]:
    assert not verification.is_equal
    return {
        (difference.table, difference.key, difference.column)
        for table in verification.tables
        for difference in table.differences
    }


def test_an_untouched_run_is_equal_in_every_column(moved: Moved) -> None:
    verification = moved.verify()
    assert verification.is_equal, verification.summary
    verdicts = {table.table: table for table in verification.tables}
    assert set(verdicts) == {table.name for table in moved.plan.moved()}
    assert verification.checked["isolated tables"] == len(verdicts)
    assert verification.checked["foreign keys"] > len(verdicts)
    assert verification.notes == ()
    for table in verification.tables:
        planned = moved.plan.table(table.table)
        carried = {column.name for column in planned.staged if column.into or column.reference}
        compared = {column.partition(" (")[0] for column in table.columns}
        assert carried <= compared, table.table
        assert not table.not_compared, table.table


def test_every_changed_value_is_named(moved: Moved) -> None:
    expected = set()
    for number, ((source_table, target, condition), change, column) in enumerate(CHANGES.values()):
        row = moved.rows(source_table, condition, count=number + 1)[-1]
        moved.plant(f"update {target} as x set {change} where id = '{row.id}'")
        expected.add((source_table, row.key, column))
    assert len(expected) == len(CHANGES)
    assert names(moved.verify()) == expected


def test_swapped_values_and_a_changed_survivor_are_named(moved: Moved) -> None:
    expected = _swap_tenants(moved) | _swap_foreign_keys(moved) | _change_a_survivor(moved)
    assert names(moved.verify()) == expected


Expected = set[tuple[str, str, str | None]]


def _swap_tenants(moved: Moved) -> Expected:
    here, *others = moved.rows("events", count=200)
    tenant = moved.value(f"select agency_id from tracking_event where id = '{here.id}'")
    there = next(
        row
        for row in others
        if moved.value(f"select agency_id from tracking_event where id = '{row.id}'") != tenant
    )
    ids = f"('{here.id}', '{there.id}')"
    moved.plant(
        "update tracking_event as x set agency_id = o.agency_id from tracking_event as o"
        f" where x.id in {ids} and o.id in {ids} and o.id <> x.id"
    )
    column = "agency_id (the tenant, by campaign_id.organization_id)"
    return {("events", here.key, column), ("events", there.key, column)}


def _swap_foreign_keys(moved: Moved) -> Expected:
    first, second = moved.rows("campaign_recipients", count=2)
    ids = f"('{first.id}', '{second.id}')"
    moved.plant(
        "update mail_piece as x set recipient_id = o.recipient_id from mail_piece as o"
        f" where x.id in {ids} and o.id in {ids} and o.id <> x.id"
    )
    column = "recipient_id (a row of recipients)"
    return {
        ("campaign_recipients", first.key, column),
        ("campaign_recipients", second.key, column),
    }


def _change_a_survivor(moved: Moved) -> Expected:
    """Of a merge: what is compared is its merged value."""
    key, new_id, column = moved.value(
        "select concat_ws(' ', l.key, m.new_id, l.column_name) from unify.ledger l"
        " join unify.legacy_id m on m.old_id = l.key and m.outcome = 'l'"
        " join recipient t on t.id = m.new_id where l.source_table = 'recipients'"
        " and l.rule like 'merge-%' and l.column_name in ('email', 'phone')"
        " order by l.key limit 1"
    ).split()
    moved.plant(f"update recipient set {column} = 'planted' where id = '{new_id}'")
    return {("recipients", key, column)}


def test_a_lost_row_is_named(moved: Moved) -> None:
    (row,) = moved.rows("conversions")
    moved.plant(f"delete from conversion where id = '{row.id}'")
    verification = moved.verify()
    assert names(verification) == {("conversions", row.key, None)}
    assert any(str(d).endswith("the row is lost") for d in verification.tables[-2].differences)
    assert {finding.kind for finding in verification.findings} == {"count"}


def test_a_row_lost_with_its_map_entry_is_named(moved: Moved) -> None:
    (row,) = moved.rows("conversions")
    moved.plant(
        f"delete from conversion where id = '{row.id}'",
        f"delete from unify.legacy_id where new_id = '{row.id}'",
    )
    assert names(moved.verify()) == {("conversions", row.key, None)}


def test_an_extra_row_is_named(moved: Moved) -> None:
    moved.plant(
        "insert into recipient (agency_id, id, first_name, is_imported)"
        " select agency_id, '01900000-0000-7000-8000-00000000abcd', 'Nobody', true"
        " from recipient limit 1"
    )
    (finding,) = moved.verify().findings
    assert (finding.kind, finding.table) == ("extra rows", "recipient")
    assert "01900000-0000-7000-8000-00000000abcd" in finding.text


def test_a_lost_tracking_token_is_found(moved: Moved) -> None:
    moved.plant(
        "delete from app.token_route where token = (select min(token) from app.token_route)"
    )
    (finding,) = moved.verify().findings
    assert finding.kind == "count"
    assert "token_route" in finding.text


def test_a_dangling_reference_is_found(moved: Moved) -> None:
    used = "exists (select from mail_campaign c where c.design_template_id = t.id)"
    (row,) = moved.rows("design_templates", used)
    moved.plant(f"delete from design_template where id = '{row.id}'")
    verification = moved.verify()
    assert ("design_templates", row.key, None) in names(verification)
    (finding,) = [f for f in verification.findings if f.kind == "foreign key"]
    assert finding.table == "public.mail_campaign"


HOLES = {
    "alter table recipient disable row level security": ("recipient", "policies switched off"),
    "alter table mail_piece no force row level security": ("mail_piece", "does not force"),
    "alter policy recipient_list_tenant on recipient_list using (true)": (
        "recipient_list",
        "rows of other tenants",
    ),
    "alter policy conversion_tenant on conversion using (false)": ("conversion", "of its"),
    "create policy planted on landing_page for select to authenticated using (true)": (
        "landing_page",
        "without claims",
    ),
    'alter policy user_tenant on "user" using (true)': ('"user"', "a tenant without rows"),
}


def test_every_hole_in_the_isolation_is_found(moved: Moved) -> None:
    partition = moved.value(
        "select min(inhrelid::regclass::text) from pg_inherits"
        " where inhparent = 'tracking_event'::regclass"
    )
    with connect(moved.url) as connection:
        for statement in HOLES:
            connection.execute(statement.encode())
        connection.execute(f"alter table {partition} disable row level security".encode())
    verification = moved.verify()
    assert all(verdict.is_equal for verdict in verification.tables)
    found = {(f.kind, f.table): f.text for f in reversed(verification.findings)}
    assert {table for _, table in found} == {
        f"public.{table}" for table in [partition, *(table for table, _ in HOLES.values())]
    }
    for table, text in HOLES.values():
        lines = [f.text for f in verification.findings if f.table == f"public.{table}"]
        assert any(text in line for line in lines), (table, lines)


def test_what_is_no_finished_run_of_this_plan_and_source_is_refused(
    moved: Moved, tmp_path: Path
) -> None:
    edited = replace(moved, plan=replace(moved.plan, sha256="0" * 64))
    with pytest.raises(ConfigError, match="was edited after run 1"):
        edited.verify()
    other = Path(shutil.copy(moved.plan.sources[0].path, tmp_path))
    with sqlite3.connect(other) as source:
        source.execute("update recipients set phone = '1'")
    source.close()
    sources = (replace(moved.plan.sources[0], location=str(other)),)
    changed = replace(moved, plan=replace(moved.plan, sources=sources))
    with pytest.raises(SourceError, match="is not as run 1 read it"):
        changed.verify()
    moved.plant("update unify.run set state = 'loading'")
    with pytest.raises(UsageError, match="not finished"):
        moved.verify()
    moved.plant("update unify.run set name = 'another'")
    with pytest.raises(UsageError, match="was never run"):
        moved.verify()
