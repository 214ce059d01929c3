"""Several sources of either kind into one target: planned, moved, verified, taken back."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unify.dying import Dying, DyingAt
from tests.unify.several.conftest import CONFIG, WEIGHT_TABLE, WEIGHTS, uuid_of

from mainstem.errors import ConfigError, SourceError, TargetError

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge


#: the same shop and the same person elsewhere, with newer and older values
DOUBLES_IN_SOUTH = """
set search_path = app;
insert into company values ('c3', 'Shop One', 'shop-1', null, '2026-05-01Z');
insert into person values
    (50, 'c3', 'p2@example.com', 'Newer Name', '2026-06-01Z'),
    (51, 'c3', 'P4@EXAMPLE.COM', 'Older Name', '2020-01-01Z');
insert into project values (50, 'c3', 50, 'Of a double', 'open', 1.5, '2026-03-03Z');
"""
DOUBLES_ON_DESK = """
insert into shops values ('d3', 'Third name', 'shop-1', null, '2020-01-01');
insert into people values (3, 'd3', 'P2@example.com', null, '2026-07-01');
"""


def plant_doubles(merge: Merge) -> None:
    merge.execute(merge.south, DOUBLES_IN_SOUTH)
    merge.execute(merge.north, "update people set full_name = null where email ilike 'p4@%'")
    with sqlite3.connect(merge.folder / "desk.db") as desk:
        desk.executescript(DOUBLES_ON_DESK)
    desk.close()


@pytest.mark.usefixtures("proof")
def test_every_source_is_loaded_and_verified(merge: Merge, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = merge.plan()
    assert [question.text for question in plan.questions] == []
    assert plan.merges == ()
    merge.run()
    assert merge.quarantine() == {}
    for table, (source, loaded, *_, dropped) in merge.accounts().items():
        assert source == loaded + dropped, table
    assert merge.accounts()["north.outfits"] == (5, 0, 0, 0, 5)
    found = merge.verify()
    assert found.is_equal, [*found.findings, *found.tables]
    assert {table.table for table in found.tables} >= {
        "north.notes",
        "south.project",
        "desk.people",
    }
    monkeypatch.setattr("mainstem.unify.verify.server_tables.ALONE_ROWS_MAX", 0)
    beside = merge.verify()
    # Each verification hashes with a seed of its own.
    assert [replace(one, checksums={}, row_checksum=None) for one in beside.tables] == [
        replace(one, checksums={}, row_checksum=None) for one in found.tables
    ]
    assert merge.rows("select app, count(*) from person group by 1 order by 1") == [
        ("both", 2),
        ("north", 20),
        ("south", 20),
    ]


def test_old_columns_are_packed_and_verified(ran: Merge) -> None:
    assert ran.rows("select config from card where name = 'Brand 1'") == [
        ({"core_values": ["x", 'y,"z'], "voice": {"n": 1}},)
    ]
    assert ran.rows("select config from card where name = 'Style 2'") == [
        ({"colours": {"a": [1, 2]}, "motto": 'in "quotes"', "weight": 2},)
    ]
    ran.execute(
        ran.url,
        """update card set config = jsonb_set(config, '{weight}', '9')
                                where name = 'Style 2'""",
    )
    found = ran.verify()
    (difference,) = [d for table in found.tables for d in table.differences]
    assert str(difference) == (
        f"north.style_cards, key {uuid_of(602)}, column weight: '2' became '9'"
    )


def test_a_row_that_only_others_point_at_is_found_over_them(merge: Merge) -> None:
    plan = merge.plan()
    notes = plan.table("north.notes")
    assert notes.tenant_path == ("task_id", "project_id", "shop_id")
    assert notes.derive == {"project_id": ("task_id", "project_id")}
    merge.run()
    assert merge.rows("select project_id::text from note where body = E'note\\t5'") == [
        (uuid_of(202),)
    ]
    merge.execute(
        merge.url, f"update note set project_id = '{uuid_of(204)}' where body = E'note\\t5'"
    )
    (difference,) = [d for table in merge.verify().tables for d in table.differences]
    assert difference.column == "project_id (a row of projects, by task_id.project_id)"


def test_several_ways_to_such_a_row_are_a_question(merge: Merge) -> None:
    merge.execute(merge.north, "alter table notes add column other_task_id uuid references tasks")
    merge.execute(merge.north, "update notes set other_task_id = task_id where id = 1")
    texts = [question.text for question in merge.plan().questions]
    ways = '["other_task_id", "project_id"] or ["task_id", "project_id"]'
    assert any(f"tables.north.notes.derive.project_id = {ways}" in text for text in texts), texts
    assert any("reaches its tenant on several ways" in text for text in texts)
    assert len(texts) == 3  # and where the second column goes
    merge.config.write_text(
        CONFIG + '[tables.north.notes]\ntenant = "task_id"\n'
        'derive.project_id = ["other_task_id", "project_id"]\n'
        '[tables.north.notes.columns]\nother_task_id = { orphan = "null" }\n'
    )
    assert merge.plan().questions == ()
    merge.config.write_text(
        CONFIG + '[tables.north.notes]\ntenant = "task_id"\nderive.project_id = ["task_id", "x"]\n'
    )
    with pytest.raises(ConfigError, match=r"follows tasks\.x, which leads to no table"):
        merge.plan()


def test_one_row_becomes_several_of_a_further_table(merge: Merge) -> None:
    merge.execute(merge.url, WEIGHT_TABLE)
    merge.config.write_text(CONFIG + WEIGHTS)
    merge.plan()
    run = merge.run().run
    assert merge.rows("select count(*), sum(w) from weight") == [(79, 40 * 41 // 2 * 3 - 1)]
    assert merge.verify().is_equal
    merge.undo(run.id)
    assert merge.rows("select count(*) from weight") == [(0,)]


def test_doubles_across_sources_become_one_and_references_follow(merge: Merge) -> None:
    plant_doubles(merge)
    plan = merge.plan()
    proposed = {found.target: found for found in plan.merges}
    assert proposed["shop"].by == (("slug",),)
    assert proposed["person"].by == (("lower(email)",),)
    assert proposed["person"].time == "updated_at"
    text = (plan.directory / "manifest.toml").read_text()
    assert "# proposed: 2 values of lower(email) are in north.people and in south.person" in text
    merge.run()
    assert merge.quarantine() == {}
    accounts = merge.accounts()
    assert accounts["south.company"] == (3, 2, 1, 0, 0)
    assert accounts["south.person"] == (22, 20, 2, 0, 0)
    assert accounts["desk.people"] == (3, 2, 1, 0, 0)
    # the first source's row stays, with the newest values that there are
    assert merge.rows("select id::text, name, size from shop where slug = 'shop-1'") == [
        (uuid_of(1), "Shop One", 10)
    ]
    assert merge.rows(
        "select id::text, email, full_name from person where lower(email) ~ '^p[24]@' order by id"
    ) == [
        (uuid_of(102), "P2@example.com", "Newer Name"),
        (uuid_of(104), "P4@Example.com", "Older Name"),
    ]
    assert merge.rows(
        "select shop_id::text, owner_id::text from project where title = 'Of a double'"
    ) == [(uuid_of(1), uuid_of(102))]
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]


def test_rows_that_the_target_has_already_stand_for_the_same_ones(merge: Merge) -> None:
    plant_doubles(merge)
    old = uuid_of(7)
    merge.execute(
        merge.url, f"insert into shop values ('{old}', 'Was here', 'shop-1', 3, '2026-01-01Z'),"
        f" ('{uuid_of(8)}', 'Stays alone', 'alone', 4, null)"
    )  # fmt: skip
    merge.plan()
    with pytest.raises(TargetError, match=r"already holds other data: shop \(2 rows\)"):
        merge.run()
    merge.config.write_text(CONFIG + '[merge.shop]\nby = ["slug"]\ntarget_rows = true\n')
    merge.plan()
    run = merge.run().run
    assert merge.rows("select id::text, name, size from shop where slug = 'shop-1'") == [
        (old, "Was here", 3)
    ]
    assert merge.accounts()["north.shops"] == (2, 1, 1, 0, 0)
    assert merge.accounts()["south.company"] == (3, 2, 1, 0, 0)
    assert merge.rows(
        f"select count(*), count(distinct app) from person where shop_id = '{old}'"
    ) == [(10, 1)]
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]
    merge.undo(run.id)
    assert merge.rows("select slug from shop order by 1") == [("alone",), ("shop-1",)]


def test_the_config_says_whose_values_stay(merge: Merge) -> None:
    plant_doubles(merge)
    merge.config.write_text(
        CONFIG + '[merge.shop]\nby = ["slug"]\n[merge.person]\nby = ["lower(email)"]\n'
        'keep = "first source"\ncolumns.full_name = "not null"\n'
    )
    merge.plan()
    merge.run()
    assert merge.rows(
        "select email, full_name from person where lower(email) ~ '^p[24]@' order by id"
    ) == [("P2@Example.com", "Person 2"), ("P4@Example.com", "Older Name")]
    rules = merge.rows(
        "select source_table, key, column_name, before, after, rule from unify.ledger"
        " where rule = 'merge-not-null' order by 1, 2"
    )
    assert (
        "north.people", uuid_of(104), "full_name", None, "Older Name", "merge-not-null"
    ) in rules  # fmt: skip
    assert (
        "south.person", "50", "full_name", "Newer Name", "Person 2", "merge-not-null"
    ) in rules  # fmt: skip
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]


def test_rows_that_cannot_go_wait_with_a_reason(merge: Merge) -> None:
    merge.execute(
        merge.north,
        f"""
        alter table tasks drop constraint tasks_project_id_fkey;
        insert into tasks values ('{uuid_of(900)}', '{uuid_of(999)}', 'orphan', 1, now());
        update people set shop_id = null where id = '{uuid_of(120)}';
        update projects set owner_id = '{uuid_of(101)}' where id = '{uuid_of(202)}';
        update projects set stage = 'odd' where id = '{uuid_of(204)}';
        """,
    )
    merge.execute(merge.south, "update app.project set budget = 1e12 where number = 7")
    merge.plan()
    merge.run()
    waiting = merge.quarantine()
    assert waiting["north.tasks", uuid_of(900)] == "project_id: leads to no loaded row of projects"
    assert waiting["north.people", uuid_of(120)] == "shop_id: leads to no tenant"
    assert waiting["north.projects", uuid_of(202)] == "owner_id: leads to a row of another tenant"
    assert "rule project_stage_check" in waiting["north.projects", uuid_of(204)]
    assert waiting["south.project", "7"] == "budget: does not fit numeric(12,2)"
    # what hangs on them waits too
    assert merge.accounts()["north.tasks"] == (41, 32, 0, 9, 0)
    original = merge.rows(
        "select original ->> 'title' from unify.quarantine where source_table = 'south.project'"
    )
    assert original == [("South project 7",)]
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]


def test_values_are_converted_by_rules_in_the_ledger(merge: Merge) -> None:
    merge.execute(merge.south, "update app.project set budget = 1.239 where number = 1")
    merge.execute(merge.north, "update shops set size = ' 7' where slug = 'shop-1'")
    merge.execute(merge.north, "update shops set size = 'large' where slug = 'shop-2'")
    merge.plan()
    merge.run()
    assert merge.rows(
        "select source_table, key, column_name, before, after, rule from unify.ledger order by 1"
    ) == [
        ("north.shops", uuid_of(1), "size", " 7", "7", "integer-from-text"),
        ("south.project", "1", "budget", "1.239", "1.24", "rounded-to-scale"),
    ]
    assert merge.quarantine()["north.shops", uuid_of(2)] == "size: does not fit integer"
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]


def test_changed_values_are_named(ran: Merge) -> None:
    here = f"where id = '{uuid_of(305)}'"
    ran.execute(ran.url, f"update task set title = 'x', weight = null {here}")
    ran.execute(ran.url, f"update note set task_id = '{uuid_of(305)}' where body = E'note\\t5'")
    texts = "\n".join(str(d) for table in ran.verify().tables for d in table.differences)
    assert "column title: 'Task 5' became 'x'" in texts
    assert "column weight: '5' became NULL" in texts
    assert "column task_id (a row of tasks)" in texts


def test_two_swapped_values_are_seen(ran: Merge) -> None:
    one, two = uuid_of(305), uuid_of(309)
    ran.execute(
        ran.url,
        f"update task set title = case id when '{one}' then 'Task 9' else 'Task 5' end"
        f" where id in ('{one}', '{two}')",
    )
    texts = [str(d) for table in ran.verify().tables for d in table.differences]
    assert len(texts) == 2


def test_what_is_lost_flipped_emptied_or_given_to_another_tenant_is_named(merge: Merge) -> None:
    merge.execute(merge.north, "update notes set body = null where id = 7")
    merge.plan()
    merge.run()
    flipped, one, other = uuid_of(502), uuid_of(503), uuid_of(504)
    merge.execute(
        merge.url,
        "delete from note where body = E'note\\t9';"
        " update note set body = '' where body is null;"
        f" update card set name = 'Brand 3' where id = '{flipped}';"  # one bit of 'Brand 2'
        " update card as c set shop_id = o.shop_id from card as o"
        f" where (c.id, o.id) in (('{one}', '{other}'), ('{other}', '{one}'))",
    )
    found = {str(d) for table in merge.verify().tables for d in table.differences}
    tenant = "column shop_id (a row of shops): "
    shops = [f"'{uuid_of(number)}'" for number in (1, 2)]
    assert found == {
        "north.notes, key 9: the row is lost",
        "north.notes, key 7, column body: NULL became ''",
        f"north.brand_cards, key {flipped}, column name: 'Brand 2' became 'Brand 3'",
        f"north.brand_cards, key {one}, {tenant}{shops[1]} became {shops[0]}",
        f"north.brand_cards, key {other}, {tenant}{shops[0]} became {shops[1]}",
    }


def test_a_second_run_changes_nothing_and_an_undo_takes_all_back(merge: Merge) -> None:
    plant_doubles(merge)
    merge.plan()
    run = merge.run().run
    assert merge.run().was_finished
    assert merge.rows("select count(*) from unify.run") == [(1,)]
    merge.undo(run.id)
    for table in ("shop", "person", "project", "task", "note", "card"):
        assert merge.rows(f"select count(*) from {table}") == [(0,)], table


def test_tables_that_are_staged_again_take_their_source_and_its_archives_along(
    merge: Merge,
) -> None:
    """Merged rows are staged again, and then all of their source: it is read as of one moment."""
    plant_doubles(merge)
    dropped, archived = (f'{word} = "of another product"' for word in ("drop", "archive"))
    merge.config.write_text(CONFIG.replace(dropped, archived))
    plan = merge.plan()
    assert {found.target for found in plan.merges} == {"shop", "person"}
    with pytest.raises(KeyboardInterrupt):
        merge.run(DyingAt("load "))  # when everything is staged, merged and archived
    merge.execute(merge.url, 'truncate unify_1."stage south.project"')  # as a crash leaves it
    merge.execute(
        merge.north,
        f"insert into tasks values ('{uuid_of(399)}', '{uuid_of(201)}', 'Late', 1, now());"
        " insert into outfits (worn_on) values ('2031-01-01')",
    )
    outcome = merge.run()
    assert outcome.run.id == 1
    assert merge.accounts()["north.tasks"][0] == 41
    archive = plan.directory / "archive" / "run-1" / "north.outfits.sql"
    assert "2031-01-01" in archive.read_text(encoding="utf-8")
    assert merge.verify().is_equal


def test_a_source_that_changed_is_refused_with_names(merge: Merge) -> None:
    merge.plan()
    merge.execute(merge.north, "alter table tasks add column more text; drop table outfits")
    merge.execute(merge.north, "alter table notes alter body type varchar(9)")
    with pytest.raises(
        SourceError,
        match=r"the tables of north changed.*table outfits is gone, types or constraints of notes"
        " differ, column tasks.more is new",
    ):
        merge.run()


def test_another_database_is_refused(merge: Merge, monkeypatch: pytest.MonkeyPatch) -> None:
    merge.plan()
    monkeypatch.setenv("NORTH", merge.south)
    with pytest.raises(SourceError, match=r"source north is .* and the plan was made of"):
        merge.run()
    monkeypatch.delenv("NORTH")
    with pytest.raises(SourceError, match="NORTH, which is not set"):
        merge.run()


def test_a_merge_of_a_column_that_nothing_fills_is_refused(merge: Merge) -> None:
    merge.config.write_text(CONFIG + '[merge.shop]\nby = ["nothing"]\n')
    with pytest.raises(ConfigError, match=r"merge\.shop"):
        merge.plan()


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(signs=st.lists(st.integers(0, 45), min_size=1, max_size=3))
def test_dying_at_any_step_ends_with_the_same_rows(merge: Merge, signs: list[int]) -> None:
    """One database for all examples: each example ends with an undo."""
    if not (merge.folder / "planted").exists():
        (merge.folder / "planted").touch()
        plant_doubles(merge)
    merge.plan(is_forced=True)
    for number in signs:
        try:
            merge.run(Dying(number))
        except KeyboardInterrupt:
            continue
    outcome = merge.run()
    assert merge.accounts()["south.person"] == (22, 20, 2, 0, 0)
    assert merge.accounts()["north.notes"] == (120, 120, 0, 0, 0)
    query = "select count(*), count(distinct l::text) from unify.ledger l where run_id = "
    ((rows, different),) = merge.rows(query + str(outcome.run.id))
    assert (rows, different) == (12, 12)
    merge.undo(outcome.run.id)
