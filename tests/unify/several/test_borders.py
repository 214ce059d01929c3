"""Rows that look the same but are not: of two tenants, or pointing at different rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unify.several.conftest import CONFIG, uuid_of

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge

pytestmark = pytest.mark.usefixtures("proof")

BY_EMAIL = '[merge.shop]\nby = ["slug"]\n[merge.person]\nby = ["lower(email)"]\n'
IS_OF_ANOTHER = "is the same as a row of {} that belongs to another tenant"


def test_a_row_does_not_become_one_with_a_row_of_another_tenant(merge: Merge) -> None:
    # p2@ and p3@ belong to shop-1 and shop-2 in the first source
    merge.execute(
        merge.south,
        """
        insert into app.company values ('x1', 'Shop One', 'shop-1', 5, '2026-05-01Z');
        insert into app.person values
            (50, 'x1', 'p2@example.com', 'Of the same shop', '2026-05-01Z'),
            (51, 'x1', 'p3@example.com', 'Of another shop', '2026-05-01Z');
        insert into app.project values
            (90, 'x1', 51, 'Of someone who waits', 'open', 1, '2026-05-02Z');
        """,
    )
    merge.config.write_text(CONFIG + BY_EMAIL)
    merge.plan()
    merge.run()
    assert merge.quarantine() == {
        ("south.person", "51"): IS_OF_ANOTHER.format("north.people"),
        ("south.project", "90"): "owner_number: leads to no loaded row of person",
    }
    assert merge.accounts()["south.person"] == (22, 20, 1, 1, 0)
    assert merge.rows(
        "select shop_id::text, full_name from person where lower(email) ~ '^p[23]@' order by id"
    ) == [(uuid_of(1), "Of the same shop"), (uuid_of(2), "Person 3")]
    assert merge.rows("select original ->> 'full_name' from unify.quarantine where key = '51'") == [
        ("Of another shop",)
    ]
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]


def test_a_pass_keeps_rows_of_two_tenants_apart_as_a_run_does(merge: Merge) -> None:
    merge.config.write_text(CONFIG + BY_EMAIL)
    merge.plan()
    merge.run()
    assert merge.quarantine() == {}
    merge.execute(merge.south, "update app.person set email = 'p2@example.com' where number = 2")
    merge.catch_up()
    assert merge.quarantine()["south.person", "2"] == IS_OF_ANOTHER.format("north.people")
    assert merge.rows("select full_name from person where lower(email) = 'p2@example.com'") == [
        ("Person 2",)
    ]
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]


def test_a_row_of_the_target_stands_for_rows_of_its_own_tenant_only(merge: Merge) -> None:
    merge.execute(
        merge.url,
        f"""
        insert into shop values ('{uuid_of(7)}', 'Was here', 'shop-1', 3, '2026-01-01Z');
        insert into person values
            ('{uuid_of(8)}', '{uuid_of(7)}', 'p2@example.com', 'Here', 'both', null),
            ('{uuid_of(9)}', '{uuid_of(7)}', 'p3@example.com', 'Elsewhere', 'both', null);
        """,
    )
    merge.config.write_text(
        CONFIG + BY_EMAIL.replace("]\n[", "]\ntarget_rows = true\n[") + "target_rows = true\n"
    )
    merge.plan()
    merge.run()
    assert merge.quarantine()["north.people", uuid_of(103)] == IS_OF_ANOTHER.format("person")
    assert ("north.people", uuid_of(102)) not in merge.quarantine()
    assert merge.rows("select full_name from person where lower(email) = 'p3@example.com'") == [
        ("Elsewhere",)
    ]
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]


def test_references_that_contradict_each_other_are_in_the_ledger(merge: Merge) -> None:
    merge.execute(
        merge.south,
        """
        insert into app.company values ('x1', 'Shop One', 'shop-1', 5, '2026-05-01Z');
        insert into app.person values (50, 'x1', 'p2@example.com', 'Two', '2026-05-01Z'),
            (51, 'x1', 'p6@example.com', 'Six', '2026-05-01Z');
        insert into app.project values (90, 'x1', 50, 'Project 2', 'open', 1, '2026-05-02Z'),
            (91, 'x1', 50, 'Project 6', 'open', 1, '2026-05-02Z');
        """,
    )
    merge.config.write_text(CONFIG + BY_EMAIL + '[merge.project]\nby = ["shop_id", "title"]\n')
    merge.plan()
    merge.run()
    assert merge.quarantine() == {}
    # the first source's row stays, its owner too: the same person for 90, another one for 91
    assert merge.rows(
        "select source_table, key, column_name, before, after from unify.ledger"
        " where rule = 'merge-reference'"
    ) == [("south.project", "91", "owner_number", uuid_of(102), uuid_of(106))]
    assert merge.rows("select owner_id::text from project where title = 'Project 6'") == [
        (uuid_of(106),)
    ]
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]
