"""Foreign keys that rows fill by value: their parents are loaded first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unify.several.conftest import CONFIG

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge


def test_rows_wait_until_what_they_name_by_a_value_is_loaded(merge: Merge) -> None:
    """One connection is busy with a large table, and the child's name comes before its parent's."""
    merge.execute(
        merge.north,
        """
        create table badges (id uuid primary key, shop_id uuid references shops, code text);
        create table acts (id uuid primary key, shop_id uuid references shops, badge_code text);
        create table aprons (id uuid primary key, shop_id uuid references shops);
        insert into badges select gen_random_uuid(), id, slug || n
            from shops, generate_series(1, 10) n;
        insert into acts select gen_random_uuid(), shop_id, code from badges;
        insert into aprons select gen_random_uuid(), id from shops, generate_series(1, 20000);
        """,
    )
    merge.execute(
        merge.url,
        "create table badge (shop_id uuid not null references shop, id uuid primary key,"
        " code text unique); create table act (shop_id uuid not null references shop,"
        " id uuid primary key, badge_code text references badge (code));"
        " create table apron (shop_id uuid not null references shop, id uuid primary key)",
    )
    merge.config.write_text(
        CONFIG + '[tables.north.acts.columns]\nbadge_code = { into = "badge_code" }\n'
    )
    merge.plan()
    merge.run()
    assert merge.quarantine() == {}
    assert merge.rows("select count(*) from act") == [(20,)]


def test_a_column_that_names_a_row_by_another_column_than_its_key(merge: Merge) -> None:
    """It is filled by value; where a plan makes it a reference, its row is found by that value."""
    merge.execute(
        merge.north,
        """
        create table badges (id uuid primary key, shop_id uuid references shops, code text unique);
        create table acts (id uuid primary key, shop_id uuid references shops,
            badge_code text references badges (code));
        insert into badges select gen_random_uuid(), id, slug || n
            from shops, generate_series(1, 2) n;
        insert into acts select gen_random_uuid(), shop_id, code from badges;
        """,
    )
    merge.execute(
        merge.url,
        "create table badge (shop_id uuid not null references shop, id uuid primary key,"
        " code text unique); create table act (shop_id uuid not null references shop,"
        " id uuid primary key, badge_code text references badge (code))",
    )
    column = merge.plan().table("north.acts").column("badge_code")
    assert column.into == "badge_code"
    manifest = merge.read_plan().directory / "manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    written = next(line for line in text.splitlines() if line.startswith("badge_code = "))
    pointing = 'reference = {table = "badges", column = "code", into = "badge_code"}'
    manifest.write_text(
        text.replace(written, written.replace('into = "badge_code"', pointing)), encoding="utf-8"
    )
    merge.run()
    assert merge.quarantine() == {}
    found = merge.verify()
    assert found.is_equal
    verdict = next(table for table in found.tables if table.table == "north.acts")
    assert "badge_code (a row of badges)" in verdict.columns
    merge.execute(merge.url, "update act set badge_code = 'shop-21' where badge_code = 'shop-11'")
    assert [d.column for table in merge.verify().tables for d in table.differences] == [
        "badge_code (a row of badges)"
    ]
