"""Sources that stay in use after the run: brought up to date, as a run made now would leave it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.unify.several.conftest import (
    CONFIG,
    WEIGHT_TABLE,
    WEIGHTS,
    Merge,
    content,
    fresh,
    uuid_of,
)

from mainstem.cli import main
from mainstem.errors import TargetError, UsageError
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.progress import Step

CHANGES = f"""
insert into people values
    ('{uuid_of(190)}', '{uuid_of(1)}', 'new@example.com', 'New', '2026-09-01Z');
update people set full_name = 'Renamed' where id = '{uuid_of(103)}';
insert into projects values ('{uuid_of(290)}', '{uuid_of(1)}', '{uuid_of(190)}', 'Fresh', 'open',
    7.25, null, '{{}}', null, '2026-09-01Z');
insert into tasks values ('{uuid_of(390)}', '{uuid_of(290)}', 'Fresh task', 5, '2026-09-01Z');
update projects set lead_task_id = '{uuid_of(390)}' where id = '{uuid_of(290)}';
insert into notes (task_id, body, created_at)
    values ('{uuid_of(390)}', 'fresh note', '2026-09-03Z');
delete from notes where id in (3, 44);
delete from notes where task_id = '{uuid_of(308)}';
delete from tasks where id = '{uuid_of(308)}';
update tasks set project_id = '{uuid_of(203)}' where id = '{uuid_of(302)}';
"""


@pytest.mark.usefixtures("proof")
def test_what_changed_in_the_sources_is_carried_over(ran: Merge, scratch: ScratchServer) -> None:
    ran.execute(ran.north, CHANGES)
    ran.execute(ran.south, "update app.project set title = 'Other' where number = 4")
    ran.execute(ran.south, "delete from app.project where number = 9")
    done = ran.catch_up()
    assert [one.number for one in done.passes] == [1]
    assert done.left == ()
    found = ran.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]
    for table, (source, loaded, *_, dropped) in ran.accounts().items():
        assert source == loaded + dropped, table
    now = content(ran)
    ran.undo(1)
    assert all(rows == [] for rows in content(ran).values())
    assert fresh(ran, scratch, "catch_up_fresh") == now


@pytest.mark.parametrize(
    "change",
    [
        # The lead task of project 202 goes to a project of the other shop.
        f"update tasks set project_id = '{uuid_of(203)}' where id = '{uuid_of(305)}'",
        # The project that another one's lead task belongs to goes to the other shop.
        (
            f"update projects set lead_task_id = '{uuid_of(313)}' where id = '{uuid_of(202)}';"
            f" update projects set shop_id = '{uuid_of(2)}', owner_id = null"
            f" where id = '{uuid_of(204)}'"
        ),
    ],
)
def test_what_others_point_at_in_a_cycle_goes_to_another_tenant(
    caught: Merge, scratch: ScratchServer, change: str
) -> None:
    caught.execute(caught.north, change)
    assert caught.catch_up().left == ()
    reason = "lead_task_id leads to no loaded row of task"
    assert caught.quarantine()["north.projects", uuid_of(202)] == reason
    assert caught.rows(f"select from project where id = '{uuid_of(202)}'") == []
    assert caught.verify().is_equal
    assert content(caught) == fresh(caught, scratch, f"fresh_{uuid4().hex}")


def test_a_cycle_goes_in_once_what_it_waits_for_is_there(merge: Merge) -> None:
    """A project waits for its lead task, which waits for its worker, and all its tasks for it."""
    merge.execute(merge.north, "alter table tasks add column worker_id uuid references people")
    merge.execute(merge.url, "alter table task add column worker_id uuid references person")
    merge.config.write_text(CONFIG + '[tables.north.tasks]\ntenant = "project_id"\n')
    worker = f"where id = '{uuid_of(112)}'"
    merge.execute(
        merge.north,
        f"update tasks set worker_id = '{uuid_of(112)}' where id = '{uuid_of(305)}';"
        f" update people set shop_id = null {worker}",
    )
    assert merge.plan().questions == ()
    merge.run()
    merge.catch_up()
    waiting = merge.quarantine()
    assert {uuid_of(305), uuid_of(306)} < {key for table, key in waiting if table == "north.tasks"}
    assert ("north.projects", uuid_of(202)) in waiting
    merge.execute(merge.north, f"update people set shop_id = '{uuid_of(1)}' {worker}")
    merge.catch_up()
    assert merge.quarantine() == {}
    assert merge.verify().is_equal
    (nothing,) = merge.catch_up().passes
    assert (nothing.inserted, nothing.updated, nothing.deleted) == (0, 0, 0)


def test_changes_that_people_made_are_left_and_named(ran: Merge) -> None:
    ran.execute(ran.url, f"update task set title = 'by hand' where id = '{uuid_of(305)}'")
    ran.execute(ran.url, "update note set body = 'mine' where body = E'note\\t7'")
    ran.execute(ran.north, "update tasks set title = 'T ' || title where weight < 10")
    ran.execute(ran.north, "delete from notes where body = E'note\\t7'")
    for _ in range(2):
        texts = [str(left) for left in ran.catch_up().left]
        assert len(texts) == 2, texts
        assert f"north.tasks, key {uuid_of(305)}, was changed by hand, and differs" in texts[0]
        assert "note: the row of north.notes, key 7, was changed by hand; the source" in texts[1]
    assert ran.rows("select count(*) from task where title like 'T Task%'") == [(8,)]
    assert ran.accounts()["north.notes"] == (119, 119, 0, 0, 0)
    found = ran.verify()
    assert [str(d) for t in found.tables for d in t.differences] == [
        f"north.tasks, key {uuid_of(305)}, column title: 'T Task 5' became 'by hand'"
    ]
    assert ["1 rows that no run loaded" in str(one) for one in found.findings] == [True]
    assert ran.catch_up(is_forced=True).left == ()
    assert ran.rows("select count(*) from task where title like 'T Task%'") == [(9,)]
    assert ran.rows("select count(*) from note") == [(119,)]
    assert ran.verify().is_equal
    ran.undo(1)
    assert all(rows == [] for rows in content(ran).values())


@pytest.mark.parametrize("pin", ["a child's child", "in a cycle", "a stranger"])
def test_a_row_does_not_go_to_another_tenant_where_others_stay(caught: Merge, pin: str) -> None:
    """What people changed, or wrote, points at task 305 or project 202, which leave shop 1."""
    caught.execute(
        caught.url,
        "create table badge (shop_id uuid, task_id uuid,"
        " foreign key (shop_id, task_id) references task (shop_id, id))",
    )
    task, project = f"id = '{uuid_of(305)}'", f"id = '{uuid_of(202)}'"
    by_hand = {
        "a child's child": f"update note set body = 'mine' where task_id = '{uuid_of(307)}'",
        "in a cycle": f"update project set title = 'mine' where {project}",
        "a stranger": f"insert into badge select shop_id, id from task where {task}",
    }[pin]
    caught.execute(caught.url, by_hand)
    change = f"update tasks set project_id = '{uuid_of(203)}', title = 'Gone' where {task}"
    if pin == "a child's child":
        change = (
            f"update projects set shop_id = '{uuid_of(2)}', owner_id = null, title = 'Gone'"
            f" where {project}"
        )
    if pin != "in a cycle":
        caught.execute(caught.north, f"update projects set lead_task_id = null where {project}")
    caught.execute(caught.north, f"{change}; update notes set body = 'other' where id = 1")
    stays = "is what rows that stay as they are point at, and would not be called the same any more"
    row = f"task: the row of north.tasks, key {uuid_of(305)}, {stays}"
    if pin == "a child's child":
        row = f"project: the row of north.projects, key {uuid_of(202)}, {stays}"
    for _ in range(2):
        assert row in [str(one) for one in caught.catch_up().left]
        assert caught.rows("select count(*) from note where body = 'other'") == [(1,)]
        assert caught.rows(f"select shop_id::text from task where {task}") == [(uuid_of(1),)]
    if pin == "a stranger":
        caught.execute(caught.url, "delete from badge")
    assert caught.catch_up(is_forced=True).left == ()
    assert caught.rows(f"select shop_id::text from task where {task}") == [(uuid_of(2),)]
    assert caught.verify().is_equal


def test_a_row_that_others_depend_on_is_left_until_they_are_gone(ran: Merge) -> None:
    ran.execute(
        ran.url, "create table badge (id int, shop_id uuid, person_id uuid references person)"
    )
    ran.execute(ran.url, f"insert into badge values (1, '{uuid_of(1)}', '{uuid_of(120)}')")
    ran.execute(ran.north, f"delete from people where id = '{uuid_of(120)}'")
    done = ran.catch_up()
    assert [str(left) for left in done.left] == [
        (
            f"person: the row of north.people, key {uuid_of(120)}, is what other rows depend on;"
            " the source has it no more, or in a form that cannot go in"
        )
    ]
    assert ran.accounts()["north.people"] == (19, 19, 0, 0, 0)
    with pytest.raises(TargetError, match=r"1 rows of public\.badge point at person"):
        ran.undo(1)
    with pytest.raises(UsageError, match="take that one back: `mainstem unify undo 1`"):
        ran.undo(2)
    ran.execute(ran.url, "delete from badge")
    assert ran.catch_up().left == ()
    assert ran.rows(f"select from person where id = '{uuid_of(120)}'") == []
    assert ran.verify().is_equal
    ran.undo(1)


def test_rows_go_into_quarantine_and_out_of_it_again(ran: Merge) -> None:
    ran.execute(ran.north, f"update projects set stage = 'odd' where id = '{uuid_of(204)}'")
    ran.execute(ran.south, "update app.project set budget = 1e12 where number = 7")
    ran.catch_up()
    waiting = ran.quarantine()
    assert "rule project_stage_check" in waiting["north.projects", uuid_of(204)]
    assert waiting["south.project", "7"] == "budget: does not fit numeric(12,2)"
    assert ran.accounts()["north.tasks"] == (40, 36, 0, 4, 0)
    assert ran.rows(
        "select original ->> 'title' from unify.quarantine"
        " where run_id = 1 and source_table = 'south.project'"
    ) == [("South project 7",)]
    assert ran.verify().is_equal
    ran.execute(ran.north, f"update projects set stage = 'done' where id = '{uuid_of(204)}'")
    ran.execute(ran.south, "update app.project set budget = 1.239 where number = 7")
    ran.catch_up()
    assert ran.quarantine() == {}
    assert ran.accounts()["north.tasks"] == (40, 40, 0, 0, 0)
    assert ran.rows("select key, after from unify.ledger where rule = 'rounded-to-scale'"
                      " and run_id = 1") == [("7", "1.24")]  # fmt: skip
    assert ran.verify().is_equal


def test_values_that_are_swapped_under_a_unique_key(ran: Merge) -> None:
    before = ran.rows("select indexdef from pg_indexes where tablename = 'person' order by 1")
    ran.execute(
        ran.north,
        "update people set email = case email when 'P1@Example.com' then 'P2@Example.com'"
        " else 'P1@Example.com' end where email ~ '^P[12]@'",
    )
    assert ran.catch_up().passes[0].updated == 2
    assert ran.verify().is_equal
    assert before == ran.rows(
        "select indexdef from pg_indexes where tablename = 'person' order by 1"
    )


def test_values_that_are_swapped_and_that_a_foreign_key_points_at(merge: Merge) -> None:
    """Loans name a badge by its code; two badges swap theirs, and one of the loans follows."""
    merge.execute(
        merge.north,
        f"""
        create table badges (id uuid primary key, shop_id uuid references shops, code text);
        create table loans (id uuid primary key, shop_id uuid references shops, badge_code text);
        insert into badges values ('{uuid_of(71)}', '{uuid_of(1)}', 'one'),
            ('{uuid_of(72)}', '{uuid_of(1)}', 'two'), ('{uuid_of(73)}', '{uuid_of(2)}', 'three');
        insert into loans values ('{uuid_of(81)}', '{uuid_of(1)}', 'one'),
            ('{uuid_of(82)}', '{uuid_of(1)}', 'two'), ('{uuid_of(83)}', '{uuid_of(1)}', 'two'),
            ('{uuid_of(84)}', '{uuid_of(2)}', 'three')
        """,
    )
    merge.execute(
        merge.url,
        "create table badge (shop_id uuid not null references shop, id uuid primary key,"
        " code text unique); create table loan (shop_id uuid not null references shop,"
        " id uuid primary key, badge_code text constraint loan_code references badge (code),"
        " constraint late foreign key (badge_code) references badge (code) initially deferred);"
        " comment on constraint loan_code on loan is 'by its code'",
    )
    merge.config.write_text(
        CONFIG + '[tables.north.loans.columns]\nbadge_code = { into = "badge_code" }\n'
    )
    merge.plan()
    run = merge.run().run
    assert merge.quarantine() == {}
    kept = (
        "select conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')"
        " from pg_constraint where conrelid in ('badge'::regclass, 'loan'::regclass) order by 1"
    )
    before = merge.rows(kept)
    merge.execute(
        merge.north,
        "update badges set code = case code when 'one' then 'two' else 'one' end"
        " where code in ('one', 'two');"
        f" update loans set badge_code = 'one' where id = '{uuid_of(83)}'",
    )
    assert merge.catch_up().passes[0].updated == 3
    assert merge.rows(kept) == before
    assert merge.verify().is_equal
    merge.execute(merge.north, "update badges set code = 'gone' where code = 'two'")
    merge.catch_up()
    assert merge.quarantine() == {
        ("north.loans", uuid_of(82)): "badge_code: there is no such row in public.badge"
    }
    merge.execute(merge.north, "update badges set code = 'two' where code = 'gone'")
    merge.catch_up()
    assert merge.quarantine() == {}
    merge.execute(merge.north, "delete from badges where code = 'two'")
    assert merge.catch_up().left == ()
    assert len(merge.quarantine()) == 1
    assert merge.rows(kept) == before
    assert merge.verify().is_equal
    merge.undo(run.id)


def test_rows_that_the_target_had_before_go_on_standing_for_the_same_ones(merge: Merge) -> None:
    old = uuid_of(7)
    merge.execute(merge.url, f"insert into shop values ('{old}', 'Was here', 'shop-1', 3, null)")
    merge.config.write_text(CONFIG + '[merge.shop]\nby = ["slug"]\ntarget_rows = true\n')
    merge.plan()
    merge.run()
    before = content(merge)
    merge.catch_up()
    assert content(merge) == before
    merge.execute(merge.north, "update shops set slug = 'other' where slug = 'shop-1'")
    merge.execute(merge.south, "update app.company set slug = 'shop-1' where code = 'c1'")
    merge.catch_up()
    assert merge.accounts()["north.shops"] == (2, 2, 0, 0, 0)
    assert merge.accounts()["south.company"] == (2, 1, 1, 0, 0)
    assert merge.rows(
        "select slug, name from shop where slug in ('other', 'shop-1') order by 1"
    ) == [
        ("other", "Shop 1"),
        ("shop-1", "Was here"),
    ]
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]


def test_keys_of_every_kind(merge: Merge) -> None:
    """Of text with marks that SQL means something by, of several columns, and none at all."""
    merge.execute(
        merge.north,
        r"""
        create table labels (code text primary key, shop_id uuid references shops, "50%" text);
        create table counts (shop_id uuid references shops, day date, n int,
            primary key (shop_id, day));
        create table marks (shop_id uuid references shops, mark text);
        insert into labels select (array['%', '''', '[', '\', 'ü', 'Z'])[n % 6 + 1] || n, s.id, 'l'
            from generate_series(1, 1500) n, shops s where s.slug = 'shop-1';
        insert into counts select s.id, '2026-01-01'::date + n, n
            from generate_series(1, 400) n, shops s;
        insert into marks select s.id, 'mark ' || n % 3 from generate_series(1, 9) n, shops s;
        """,
    )
    merge.execute(
        merge.url,
        """
        create table label (shop_id uuid references shop, id uuid primary key, code text,
            "50%" text);
        create table count (shop_id uuid references shop, id uuid primary key, day date, n int);
        create table mark (shop_id uuid references shop, id uuid primary key, mark text);
        """,
    )
    plan = merge.plan()
    assert [question.text for question in plan.questions] == []
    run = merge.run().run
    merge.catch_up()
    merge.execute(
        merge.north,
        r"""
        update labels set "50%" = 'm' where code like '%%7' or code = 'ü400';
        delete from labels where code like '[%9';
        insert into labels select 'new' || n, id, null from shops, generate_series(1, 3) n
            where slug = 'shop-2';
        update counts set n = -n where day = '2026-03-01';
        insert into counts select id, '2030-01-01', 1 from shops;
        delete from marks where ctid in (select ctid from marks limit 1);
        insert into marks select id, 'mark 9' from shops;
        """,
    )
    (done,) = merge.catch_up().passes
    assert done.inserted == 3 + 2 + 2
    found = merge.verify()
    assert found.is_equal, [*found.findings, *(d for t in found.tables for d in t.differences)]
    queries = [f"select t::text from {table} t order by 1" for table in ("label", "count", "mark")]
    now = [merge.rows(query) for query in queries]
    merge.undo(run.id)
    merge.run()
    assert [merge.rows(query) for query in queries] == now


def test_a_file_that_changed_is_read_again(merge: Merge) -> None:
    merge.plan()
    merge.run()
    with sqlite3.connect(merge.folder / "desk.db") as desk:
        desk.executescript("""
            insert into people values (3, 'd2', 'd3@example.com', 'Desk Three', '2026-04-03');
            delete from people where id = 1;
        """)
    desk.close()
    (done,) = merge.catch_up().passes
    assert (done.inserted, done.updated, done.deleted) == (1, 0, 1)
    assert merge.verify().is_equal
    (again,) = merge.catch_up().passes
    assert (again.inserted, again.updated, again.deleted) == (0, 0, 0)


def test_rows_of_a_further_table_follow(merge: Merge) -> None:
    merge.execute(merge.url, WEIGHT_TABLE)
    merge.config.write_text(CONFIG + WEIGHTS)
    merge.plan()
    run = merge.run().run
    merge.execute(merge.north, "delete from notes; update projects set lead_task_id = null")
    merge.execute(merge.north, f"delete from tasks where id = '{uuid_of(302)}'")
    merge.execute(merge.north, f"update tasks set weight = 100 where id = '{uuid_of(301)}'")
    merge.catch_up()
    expected = 40 * 41 // 2 * 3 - 1 - 6 + 298
    assert merge.rows("select count(*), sum(w) from weight") == [(78, expected)]
    assert merge.verify().is_equal
    merge.undo(run.id)
    assert merge.rows("select count(*) from weight") == [(0,)]


def test_passes_go_on_until_one_is_short_enough(merge: Merge) -> None:
    merge.plan()
    with pytest.raises(UsageError, match="no run of two is finished"):
        merge.catch_up()
    merge.run()
    done = merge.catch_up(until_s=0, passes_max=2)
    assert [one.number for one in done.passes] == [1, 2]
    assert not done.is_short
    assert [one.whole for one in done.passes] == [12, 0]
    merge.execute(merge.north, "update tasks set title = 'late'")
    assert merge.catch_up().is_short


def test_what_changed_after_the_last_pass_is_told(caught: Merge) -> None:
    changing = _Changing(caught)
    done = caught.catch_up(changing)
    assert [str(one) for one in done.differences] == [
        "north.notes: 1 more row, something changed among 121 rows"
    ]


class _Changing(Silence):
    """Somebody writes a note while a pass is under way."""

    def __init__(self, merge: Merge) -> None:
        self._merge = merge

    def step(self, name: str, rows: int | None) -> Step:
        if name == "carry over":
            self._merge.execute(self._merge.north, "insert into notes (body) values ('late')")
        return super().step(name, rows)


def test_the_command_says_what_it_did_and_what_is_left(
    ran: Merge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def mainstem(*arguments: str) -> int:
        monkeypatch.setenv("DATABASE_URL", ran.url)
        monkeypatch.setattr("sys.argv", ["mainstem", "unify", "run", str(ran.config), *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        return int(caught.value.code or 0)

    assert mainstem("--last") == 2
    assert "--last and --force belong to --catch-up" in capsys.readouterr().err
    ran.execute(ran.north, "update tasks set title = 'T ' || title where weight < 10")
    assert mainstem("--catch-up", "--until", "60") == 0
    said = capsys.readouterr().out
    assert "pass 1: 235 rows looked at (12 tables read whole), 0 inserted, 9 updated" in said
    assert "nothing that it would carry over changed since" in said
    ran.execute(ran.url, f"update task set title = 'by hand' where id = '{uuid_of(305)}'")
    ran.execute(ran.north, "update tasks set title = 'U ' || title where weight < 10")
    assert mainstem("--catch-up", "--until", "60") == 3
    said = capsys.readouterr().out
    assert f"left as it is: task: the row of north.tasks, key {uuid_of(305)}, was changed" in said
    assert mainstem("--catch-up", "--last", "--force") == 0
    assert ran.verify().is_equal
    assert ran.rows("select kind from unify.run") == [("run",)]
    assert ran.rows("select from unify.range_hash") == []
