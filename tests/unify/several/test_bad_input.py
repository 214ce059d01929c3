"""What can be wrong with several sources: said clearly, nothing half-done, and the run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.unify.several.conftest import CONFIG, content, fill_north, uuid_of

from mainstem.errors import ServerError, SourceError, TargetError
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.progress import Step

_TERMINATE = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where application_name like 'mainstem unify%' and datname = current_database()"
)


class Cutting(Silence):
    """A server loses our sessions when some step begins, once."""

    def __init__(self, merge: Merge, url: str, step: str) -> None:
        self._merge = merge
        self._url = url
        self._step = step
        self.is_done = False

    def step(self, name: str, rows: int | None) -> Step:
        if name == self._step and not self.is_done:
            self.is_done = True
            self._merge.execute(self._url, _TERMINATE)
        return super().step(name, rows)


def test_tables_of_a_source_that_change_between_passes(caught: Merge) -> None:
    caught.execute(caught.north, "alter table tasks add column more text")
    with pytest.raises(
        SourceError, match=r"the tables of north changed.*column tasks\.more is new"
    ):
        caught.catch_up()
    caught.execute(caught.north, "alter table tasks drop column more; update tasks set title = 'x'")
    caught.catch_up()
    assert caught.verify().is_equal


def test_a_target_that_drifts(merge: Merge) -> None:
    merge.plan()
    for drift, mended in (
        ("add column more text", "drop column more"),
        ("alter column title type varchar(9)", None),
    ):
        merge.execute(merge.url, f"alter table task {drift}")
        with pytest.raises(TargetError, match="table task changed since the plan was made"):
            merge.run()
        if mended is not None:
            merge.execute(merge.url, f"alter table task {mended}")
    merge.plan(is_forced=True)
    merge.run()
    merge.execute(merge.url, "alter table note add column drifted int")
    with pytest.raises(TargetError, match="table note changed since the plan was made"):
        merge.catch_up()
    merge.execute(merge.url, "alter table note drop column drifted")
    assert merge.catch_up().left == ()


def test_a_connection_that_is_lost_in_a_run(merge: Merge) -> None:
    """Each time the next run goes on, and ends as one that nothing disturbed."""
    merge.plan()
    for number, (url, step) in enumerate(
        (
            (merge.url, "stage north.tasks"),
            (merge.url, "load task"),
            (merge.north, "stage north.notes"),
            (merge.south, "stage south.project"),
        ),
        start=1,
    ):
        cutting = Cutting(merge, url, step)
        with pytest.raises((ServerError, SourceError), match=r"run it again|run again|cannot"):
            merge.run(cutting)
        assert cutting.is_done
        run = merge.run().run
        states = merge.rows("select state from unify.run order by id")
        assert states == [*[("undone",)] * (number - 1), ("finished",)]
        assert merge.accounts()["north.notes"] == (120, 120, 0, 0, 0)
        if number == 1:
            expected = content(merge)
            assert merge.verify().is_equal
        assert content(merge) == expected
        merge.undo(run.id)


def test_a_connection_that_is_lost_in_a_pass(caught: Merge) -> None:
    """Nothing is carried over, however far a pass came, and the one after all goes on."""
    caught.execute(caught.north, "update tasks set title = 'T ' || title; delete from notes")
    for url, step in (
        (caught.north, "look at north.tasks"),
        (caught.url, "look at north.notes"),
        (caught.url, "carry over"),
    ):
        cutting = Cutting(caught, url, step)
        with pytest.raises((ServerError, SourceError)):
            caught.catch_up(cutting)
        assert cutting.is_done
        assert caught.rows("select count(*) from note") == [(120,)]
    (done,) = caught.catch_up().passes
    assert (done.updated, done.deleted) == (40, 120)
    assert caught.verify().is_equal


def test_access_that_is_revoked_in_a_pass(merge: Merge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source's role may read no more: nothing is carried over, and the next pass goes on."""
    role = f"reader_{uuid4().hex}"
    merge.execute(
        merge.north,
        f"create role {role} login; grant select on all tables in schema public to {role}",
    )
    monkeypatch.setenv("NORTH", merge.north.replace("postgres@", f"{role}@"))
    try:
        merge.plan()
        merge.run()
        merge.catch_up()
        merge.execute(merge.north, "update tasks set title = 'T ' || title; delete from notes")
        merge.execute(merge.north, "update projects set stage = 'odd' where stage = 'done'")
        before = content(merge), merge.accounts(), merge.quarantine()
        for step in ("look at north.tasks", "carry over"):
            revoked = _At(step, merge, f"revoke select on tasks, projects from {role}")
            with pytest.raises(SourceError, match=r"permission denied for table (tasks|projects)"):
                merge.catch_up(revoked)
            assert (content(merge), merge.accounts(), merge.quarantine()) == before
            merge.execute(merge.north, f"grant select on tasks, projects to {role}")
        assert merge.catch_up().passes[0].deleted > 120
        assert merge.verify().is_equal
    finally:
        merge.execute(merge.north, f"drop owned by {role}; drop role {role}")


class _At(Silence):
    """Something happens to the source north when a step begins."""

    def __init__(self, step: str, merge: Merge, statement: str) -> None:
        self._step = step
        self._merge = merge
        self._statement = statement

    def step(self, name: str, rows: int | None) -> Step:
        if name == self._step:
            self._merge.execute(self._merge.north, self._statement)
        return super().step(name, rows)


class _Heard(Silence):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def test_a_source_that_was_restored_from_an_older_backup(caught: Merge) -> None:
    """Into the same database: what came after the backup goes, and is counted."""
    before = content(caught)
    caught.execute(caught.north, "create schema backup")
    for table in ("notes", "tasks"):
        caught.execute(caught.north, f"create table backup.{table} as table {table}")
    caught.execute(
        caught.north,
        f"insert into tasks values ('{uuid_of(391)}', '{uuid_of(201)}', 'Later', 1, now());"
        f" insert into notes (task_id, body, created_at)"
        f" values ('{uuid_of(391)}', 'later', now());"
        " delete from notes where id < 10; update tasks set title = 'T ' || title",
    )
    (done,) = caught.catch_up().passes
    assert (done.inserted, done.updated, done.deleted) == (2, 40, 9)
    caught.execute(
        caught.north,
        "set session_replication_role = replica; delete from notes; delete from tasks;"
        " insert into tasks table backup.tasks; insert into notes table backup.notes",
    )
    (done,) = caught.catch_up().passes
    assert (done.inserted, done.updated, done.deleted) == (9, 40, 2)
    assert content(caught) == before
    assert caught.verify().is_equal


def test_a_source_that_is_behind_what_it_was_is_told(ran: Merge) -> None:
    """As a server that was set back to an earlier moment is: its counter of transactions, too."""
    ran.execute(
        ran.url,
        "update unify.run set source = jsonb_set(source, '{north,transaction}', '4000000000')",
    )
    heard = _Heard()
    (done,) = ran.catch_up(heard).passes
    (line,) = done.rewound
    assert line in heard.lines
    assert "north went back in time" in line
    assert "4,000,000,000 when it was read last" in line
    assert ran.catch_up().passes[0].rewound == ()
    kept = ran.rows("select detail -> 'rewound' from unify.step where name ~ 'catch-up' order by 1")
    assert kept == [([],), ([line],)]


def test_a_source_that_was_made_anew_from_a_backup_is_refused(
    merge: Merge, scratch: ScratchServer
) -> None:
    merge.plan()
    merge.run()
    before = content(merge)
    name = merge.north.partition("@/")[2].partition("?")[0]
    scratch.drop_database(name)
    fill_north(scratch.create_database(name))
    said = r"source north is .* it was dropped and made anew, perhaps from a backup\. Nothing of it"
    with pytest.raises(SourceError, match=said):
        merge.catch_up()
    assert content(merge) == before


def test_a_cycle_of_foreign_keys_that_must_have_a_value(merge: Merge) -> None:
    """Two tables, neither of which can be filled before the other."""
    for url, names in ((merge.north, ("teams", "leads")), (merge.url, ("team", "lead"))):
        team, lead = names
        merge.execute(
            url,
            f"""
            create table {team} (id uuid primary key, shop_id uuid not null
                references {"shops" if url == merge.north else "shop"}, lead_id uuid not null);
            create table {lead} (id uuid primary key, shop_id uuid not null
                references {"shops" if url == merge.north else "shop"}, team_id uuid not null
                references {team});
            alter table {team} add foreign key (lead_id) references {lead}
                deferrable initially deferred;
            """,
        )
    merge.execute(
        merge.north,
        f"""
        insert into teams select ('00000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid,
            '{uuid_of(1)}', ('00000000-0000-4000-a000-' || lpad(n::text, 12, '0'))::uuid
            from generate_series(1, 3) n;
        insert into leads select ('00000000-0000-4000-a000-' || lpad(n::text, 12, '0'))::uuid,
            '{uuid_of(1)}', ('00000000-0000-4000-9000-' || lpad(n::text, 12, '0'))::uuid
            from generate_series(1, 3) n;
        """,
    )
    merge.plan()
    run = merge.run().run
    assert merge.quarantine() == {}
    assert merge.rows("select (select count(*) from team), (select count(*) from lead)") == [(3, 3)]
    assert merge.verify().is_equal
    merge.execute(
        merge.north,
        "begin; set constraints all deferred;"
        f" insert into teams values ('{uuid_of(31)}', '{uuid_of(2)}', '{uuid_of(41)}');"
        f" insert into leads values ('{uuid_of(41)}', '{uuid_of(2)}', '{uuid_of(31)}'); commit;",
    )
    (done,) = merge.catch_up().passes
    assert done.inserted == 2
    assert merge.verify().is_equal
    merge.undo(run.id)
    assert merge.rows("select (select count(*) from team), (select count(*) from lead)") == [(0, 0)]


def test_a_new_row_that_does_not_fit_in_a_table_that_is_read_whole(merge: Merge) -> None:
    """As tables are whose rows are merged: it waits from its first pass on."""
    merge.config.write_text(CONFIG + '[merge.shop]\nby = ["slug"]\n')
    merge.plan()
    merge.run()
    merge.catch_up()
    merge.execute(
        merge.north,
        f"insert into shops values ('{uuid_of(9)}', 'Shop 9', 'shop-9', 'large', now())",
    )
    merge.catch_up()
    assert merge.quarantine() == {("north.shops", uuid_of(9)): "size: does not fit integer"}
    assert merge.accounts()["north.shops"] == (3, 2, 0, 1, 0)
    assert merge.verify().is_equal


def test_an_enumeration_that_lacks_a_value(merge: Merge) -> None:
    merge.execute(
        merge.url,
        "create type stage as enum ('open', 'done'); alter table project drop constraint"
        " project_stage_check; alter table project alter stage type stage using stage::stage",
    )
    merge.execute(merge.north, f"update projects set stage = 'odd' where id = '{uuid_of(204)}'")
    merge.plan()
    merge.run()
    assert merge.quarantine()["north.projects", uuid_of(204)] == "stage: does not fit public.stage"
    assert merge.accounts()["north.projects"] == (10, 9, 0, 1, 0)
    assert merge.verify().is_equal
    merge.execute(merge.url, "alter type stage add value 'odd'")
    merge.execute(merge.north, f"update projects set title = 'seen' where id = '{uuid_of(204)}'")
    merge.catch_up()
    assert merge.quarantine() == {}
    assert merge.verify().is_equal


def test_a_text_of_tens_of_megabytes(merge: Merge) -> None:
    merge.plan()
    merge.execute(merge.north, "update notes set body = repeat('0123456789abcdef', 1310720)"
                  " where id = 1")  # fmt: skip
    merge.run()
    assert merge.rows("select max(length(body)) from note") == [(20 * 2**20,)]
    merge.execute(merge.north, "update notes set body = repeat('0123456789abcdeg', 1310720)"
                  " where id = 2")  # fmt: skip
    merge.catch_up()
    assert merge.rows("select count(*) from note where length(body) = 20971520") == [(2,)]
    found = merge.verify()
    assert found.is_equal


def test_a_deeper_tree_of_tenants_than_the_target_has(merge: Merge) -> None:
    """Shops that have branches, whose rows are the shop's."""
    merge.execute(
        merge.north,
        f"""
        create table branches (id uuid primary key, shop_id uuid references shops,
            above_id uuid references branches, name text);
        create table desks (id uuid primary key, branch_id uuid references branches, name text);
        insert into branches values ('{uuid_of(71)}', '{uuid_of(1)}', null, 'upper');
        insert into branches values ('{uuid_of(72)}', '{uuid_of(1)}', '{uuid_of(71)}', 'lower');
        insert into branches values ('{uuid_of(73)}', null, '{uuid_of(71)}', 'of no shop');
        insert into desks select ('00000000-0000-4000-b000-' || lpad(n::text, 12, '0'))::uuid,
            ('00000000-0000-4000-8000-' || lpad((70 + n)::text, 12, '0'))::uuid, 'desk ' || n
            from generate_series(1, 3) n;
        """,
    )
    merge.execute(
        merge.url,
        "create table branch (shop_id uuid not null references shop, id uuid primary key,"
        " name text); create table desk (shop_id uuid not null references shop, id uuid primary"
        " key, name text)",
    )
    merge.config.write_text(
        CONFIG + '[tables.north.branches]\ncolumns.above_id = { drop = "one level is enough" }\n'
        "[tables.north.desks]\n"
    )
    plan = merge.plan()
    assert [question.text for question in plan.questions] == []
    assert plan.table("north.desks").tenant_path == ("branch_id", "shop_id")
    merge.run()
    assert merge.rows("select shop_id::text, count(*) from desk group by 1") == [(uuid_of(1), 2)]
    assert set(merge.quarantine().values()) == {
        "shop_id: leads to no tenant",
        "branch_id: leads to no loaded row of branches",
    }
    assert merge.verify().is_equal
