"""Sources that stay in use after the run: brought up to date, as a run made now would leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unify.several.conftest import TARGET, Merge, uuid_of

if TYPE_CHECKING:
    from mainstem.pg.scratch import ScratchServer

#: every table's content, without what a run makes up
TABLES = ("shop", "person", "project", "task", "note", "card")


def content(merge: Merge) -> dict[str, list[str]]:
    return {
        table: [text for (text,) in merge.rows(f"select t::text from {table} t order by 1")]
        for table in TABLES
    }


def fresh(merge: Merge, scratch: ScratchServer, name: str) -> dict[str, list[str]]:
    """What a run made now leaves in an empty target."""
    other = Merge(merge.folder, merge.north, merge.south, scratch.create_database(name))
    other.execute(other.url, TARGET)
    other.plan(is_forced=True)
    other.run()
    found = content(other)
    scratch.drop_database(name)
    return found


CHANGES = f"""
insert into people values
    ('{uuid_of(190)}', '{uuid_of(1)}', 'new@example.com', 'New', '2026-09-01Z');
update people set full_name = 'Renamed' where id = '{uuid_of(103)}';
insert into projects values ('{uuid_of(290)}', '{uuid_of(1)}', '{uuid_of(190)}', 'Fresh', 'open',
    7.25, null, '{{}}', null, '2026-09-01Z');
insert into tasks values ('{uuid_of(390)}', '{uuid_of(290)}', 'Fresh task', 5, '2026-09-01Z');
update projects set lead_task_id = '{uuid_of(390)}' where id = '{uuid_of(290)}';
insert into notes (task_id, body) values ('{uuid_of(390)}', 'fresh note');
delete from notes where id in (3, 44);
delete from notes where task_id = '{uuid_of(308)}';
delete from tasks where id = '{uuid_of(308)}';
update tasks set project_id = '{uuid_of(203)}' where id = '{uuid_of(302)}';
"""


def test_what_changed_in_the_sources_is_carried_over(merge: Merge, scratch: ScratchServer) -> None:
    merge.plan()
    run = merge.run().run
    merge.execute(merge.north, CHANGES)
    merge.execute(merge.south, "update app.project set title = 'Other' where number = 4")
    merge.execute(merge.south, "delete from app.project where number = 9")
    done = merge.catch_up()
    assert [one.number for one in done.passes] == [1]
    assert done.left == ()
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]
    for table, (source, loaded, *_, dropped) in merge.accounts().items():
        assert source == loaded + dropped, table
    now = content(merge)
    merge.undo(run.id)
    assert all(rows == [] for rows in content(merge).values())
    assert fresh(merge, scratch, "catch_up_fresh") == now
