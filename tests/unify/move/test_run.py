"""What a run promises: every row has one outcome, and all else in the target is as it was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo

from mainstem.errors import ConfigError, ServerError, SourceError, TargetError, UnifyError
from mainstem.pg.connect import connect
from mainstem.unify.move.run import run_plan
from mainstem.unify.move.session import open_session
from mainstem.unify.plan.config import read_config
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from tests.unify.move.conftest import Shop


def test_a_run_of_rows_that_all_fit(shop: Shop) -> None:
    """Loaded with tenant ids and references, accounted for, and all else as it was."""
    before = shop.definitions()
    plan = shop.plan()
    assert plan.questions == ()
    outcome = shop.run()
    assert outcome.run.state == "finished"
    assert shop.accounts() == {
        "shops": (3, 3, 0, 0, 0),
        "people": (40, 40, 0, 0, 0),
        "letters": (80, 80, 0, 0, 0),
        "scans": (160, 160, 0, 0, 0),
        "cache": (1, 0, 0, 0, 1),
    }
    assert shop.rows(
        "select s.name, f.name from person p join store s on s.id = p.store_id"
        " join person f on f.id = p.friend_id and f.store_id = p.store_id where p.name = 'P 8'"
    ) == [("Shop 3", "P 5")]
    assert shop.rows(
        "select count(*) from scan s join letter l using (store_id) where l.id = s.letter_id"
        " and l.code = s.code and s.id >= month_id(s.created_at)"
    ) == [(160,)]
    assert shop.rows("select content ->> 'n', price from letter where code = 'CODE3'") == [
        ("3", 0.75)
    ]
    _definitions_are_put_back(shop, before)
    _maps_end_without_checks(shop)
    _further_tables_are_accounted_for_apart(shop)
    loaded = shop.checksums()
    again = shop.run()
    assert again.was_finished
    assert again.run.id == outcome.run.id
    assert again.accounts == outcome.accounts
    assert shop.checksums() == loaded


def test_a_large_table_has_its_indexes_rebuilt_and_put_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstem.unify.move.definitions.REBUILD_ROWS_MIN", 1)
    before = shop.definitions()
    shop.plan()
    shop.run()
    _definitions_are_put_back(shop, before)
    assert ("index person_name_idx",) in shop.rows("select name from unify.step")


def _definitions_are_put_back(shop: Shop, before: list[tuple[Any, ...]]) -> None:
    partitions = {row[0] for row in shop.rows("select inhrelid::regclass::text from pg_inherits")}
    new = partitions - {"scan_2026_01", "scan_2026_02"} - {row[1] for row in before}
    assert [row for row in shop.definitions() if row[1] not in new] == before


def _maps_end_without_checks(shop: Shop) -> None:
    """And keys are checked when there are statistics."""
    assert shop.rows(
        "select count(*) > 0, bool_and(l.finished_at > a.finished_at)"
        " from unify.step as l join unify.step as a on a.name like 'analyze %'"
        " where l.name like 'link public.' || substr(a.name, 9) || ' %'"
    ) == [(True, True)]
    maps = "select inhrelid from pg_inherits where inhparent = 'unify.legacy_id'::regclass"
    assert shop.rows(f"select count(*) from ({maps}) as m") == [(5,)]
    assert shop.rows(f"select count(*) from pg_class where oid in ({maps}) and reltuples >= 0") == [
        (5,)
    ]
    assert shop.rows(
        f"select count(*) from pg_constraint where contype = 'c' and conrelid in ({maps})"
    ) == [(0,)]


def _further_tables_are_accounted_for_apart(shop: Shop) -> None:
    assert shop.rows("select source_table, target_table, row_count from unify.also_result") == [
        ("letters", "route", 80)
    ]
    assert shop.rows(
        "select count(*) from route r join letter l on l.id = r.letter_id and l.code = r.code"
    ) == [(80,)]


def test_what_does_not_fit_waits_in_quarantine_with_reason_and_original(shop: Shop) -> None:
    shop.change_source(
        "update letters set person_id = 999 where id = 7",
        "update letters set body = '{broken' where id = 8",
        "update scans set kind = 'other' where id = 5",
        "update scans set created_at = null where id = 20",
        "update people set note = 'forbidden', friend_id = null where id = 40",
        "update people set shop_id = null where id = 39",
        "update people set mail = 'P1@EXAMPLE.COM', shop_id = 'shop-2', friend_id = null"
        " where id = 37",
    )
    shop.plan()
    shop.run()
    found = shop.quarantine()
    assert found["letters", "7"] == ("person_id", "leads to no loaded row of people")
    assert found["letters", "8"] == ("body", "malformed JSON")
    assert found["scans", "5"] == (None, "breaks the target's rule scan_kind_check")
    assert found["scans", "20"] == ("created_at", "must have a value")
    assert found["people", "40"] == (None, "breaks the target's rule person_note_check")
    assert found["people", "39"] == ("shop_id", "leads to no tenant")
    assert "lower(email)" in found["people", "37"][1]
    # what points at a row in quarantine waits there too
    assert found["letters", "36"] == ("person_id", "leads to no loaded row of people")
    assert found["scans", "7"] == ("code", "leads to no loaded row of letters")
    for source, *outcomes in shop.accounts().values():
        assert source == sum(outcomes)
    ((original,),) = shop.rows(
        "select original from unify.quarantine where source_table = 'people' and key = '39'"
    )
    assert original["password"] == "[secret]"
    assert original["name"] == "P 39"
    assert original["shop_id"] is None
    assert shop.rows("select count(*) from unify.quarantine where original = '{}'") == [(0,)]


def test_chains_of_rows_that_lead_nowhere_are_all_quarantined(shop: Shop) -> None:
    shop.change_source("update people set friend_id = 999 where id = 4")
    shop.plan()
    shop.run()
    # 7, 10, 13, ... each point at the one before
    waiting = {int(key) for table, key in shop.quarantine() if table == "people"}
    assert waiting == set(range(4, 41, 3))


def test_a_reference_into_another_tenant_is_refused(shop: Shop) -> None:
    shop.change_source("update people set friend_id = 2 where id = 4")
    shop.plan()
    shop.run()
    assert shop.quarantine()["people", "4"][0] in {"friend_id", None}
    assert shop.rows("select count(*) from person where name = 'P 4'") == [(0,)]


def test_changed_values_and_dropped_columns_are_written_down(shop: Shop) -> None:
    shop.change_source(
        "update scans set is_bot = 'Yes' where id = 3",
        "update people set password = null where id <= 10",
    )
    shop.plan()
    shop.run()
    assert shop.rows(
        "select column_name, before, after, rule from unify.ledger"
        " where source_table = 'scans' and key = '3'"
    ) == [("is_bot", "Yes", "t", "yes-no")]
    epochs = shop.rows(
        "select count(*) from unify.ledger where rule = 'epoch-seconds' and source_table = 'scans'"
    )
    assert epochs == [(22,)]
    assert shop.rows(
        "select name, source_table, column_name, action, reason, affected from unify.decision"
        " order by name"
    ) == [
        ("drop cache", "cache", None, "drop table", "made again when it is needed", 1),
        ("drop people.password", "people", "password", "drop column", "people sign in anew", 30),
    ]


def test_a_select_that_loses_rows_stops_the_run_and_nothing_stays(shop: Shop) -> None:
    before, definitions = shop.checksums(), shop.definitions()
    shop.plan()
    shop.edit("letter.sql", "from :stage.letters as s\n", "from (select * from :stage.letters where"
              " _key not in ('3', '17')) as s\n")  # fmt: skip
    with pytest.raises(UnifyError, match=r"78 rows for 80 staged.*keys it loses: 3, 17\)"):
        shop.run()
    assert shop.checksums() == before
    assert {row[0:4] for row in definitions} <= {row[0:4] for row in shop.definitions()}
    assert shop.rows("select state from unify.run") == [("failed",)]
    assert shop.rows("select count(*) from unify.legacy_id") == [(0,)]


def test_a_select_that_doubles_one_row_and_loses_another_is_found(shop: Shop) -> None:
    shop.plan()
    shop.edit(
        "letter.sql",
        "    s._key,",
        "    case s._key when '3' then '4' else s._key end as _key,",
    )
    with pytest.raises(UnifyError, match=r"keys it loses: 3; keys it gives too often: 4"):
        shop.run()


EDITS = [
    ("s.code,", "s.kode,", "column s.kode does not exist"),
    ("s.code,", "s.code as cod,", "gives cod, which letter does not have; did you mean code"),
    ("    s._key,\n", "", "must give _key"),
    (":map.people", ":map.peple", "peple.*did you mean people"),
    (":map.people", ":map.scans", "two tables need each other|not loaded before"),
]


def test_an_edit_that_does_not_work_is_named(shop: Shop) -> None:
    before = shop.checksums()
    shop.plan()
    select = read_config(shop.config).plan_dir / "letter.sql"
    planned = select.read_text()
    for old, new, message in EDITS:
        shop.edit("letter.sql", old, new)
        with pytest.raises(ConfigError, match=message):
            shop.run()
        assert shop.checksums() == before, message
        select.write_text(planned)


def test_a_named_row_decision_drops_rows_and_counts_them(shop: Shop) -> None:
    shop.plan()
    shop.edit(
        "scan.sql",
        "    s._key,",
        "    s._key,\n    case when s.is_bot then 'robots are not people' end as _drop,",
    )
    shop.run()
    assert shop.accounts()["scans"] == (160, 128, 0, 0, 32)
    assert shop.rows(
        "select source_table, reason, affected from unify.decision where action = 'drop rows'"
    ) == [("scans", "robots are not people", 32)]


def test_a_target_that_holds_other_data_is_refused_by_name(shop: Shop) -> None:
    shop.plan()
    shop.execute("insert into store values (gen_random_uuid(), 'x', 'x', now())")
    before = shop.checksums()
    with pytest.raises(TargetError, match=r"already holds other data: store \(1 rows\)"):
        shop.run()
    assert shop.checksums() == before
    assert shop.rows("select count(*) from unify.run") == [(0,)]


def test_a_changed_source_schema_asks_for_a_new_plan(shop: Shop) -> None:
    shop.plan()
    shop.change_source("create table more (id integer primary key)")
    with pytest.raises(SourceError, match="table more is new"):
        shop.run()


def test_changed_source_rows_are_simply_moved(shop: Shop) -> None:
    shop.plan()
    shop.change_source("delete from scans where id > 100")
    shop.run()
    assert shop.accounts()["scans"] == (100, 100, 0, 0, 0)


def test_a_changed_target_asks_for_a_new_plan(shop: Shop) -> None:
    shop.plan()
    shop.execute("alter table letter add column weight integer not null")
    with pytest.raises(TargetError, match="table letter changed since the plan was made"):
        shop.run()


def test_two_runs_at_the_same_time_are_refused(shop: Shop) -> None:
    shop.plan()
    with (
        open_session(shop.url),
        pytest.raises(TargetError, match="another unification is under way"),
    ):
        run_plan(shop.read_plan(), shop.url, reporter=Silence(), lock_wait_s=0.1)


def test_open_questions_stop_the_run(shop: Shop) -> None:
    shop.configure(shop.config.read_text().replace('[tables.cache]\ndrop = "made again', "#"))
    shop.config.write_text(shop.config.read_text().split("#")[0])
    shop.plan()
    with pytest.raises(ConfigError, match=r"1 open question;.*\n  1\. table cache \(1 row; "):
        shop.run()


def test_a_rewrite_rule_on_a_target_is_refused(shop: Shop) -> None:
    shop.plan()
    shop.execute("create rule nothing as on insert to letter do instead nothing")
    with pytest.raises(TargetError, match="table letter has the rewrite rule nothing"):
        shop.run()
    assert shop.rows("select count(*) from letter") == [(0,)]


def test_the_database_needs_no_superuser(shop: Shop) -> None:
    with connect(shop.url, autocommit=True) as connection:
        name = f"mover_{shop.folder.name.replace('-', '_')}"[:60].lower()
        connection.execute("drop schema unify cascade")  # a ledger of its own
        connection.execute(f'create role "{name}" login bypassrls')
        database = connection.info.dbname
        connection.execute(f'grant create on database "{database}" to "{name}"')
        connection.execute(f'grant create on schema public to "{name}"')
        for table in ("store", "person", "letter", "scan", "route", "known_partition"):
            connection.execute(f'alter table {table} owner to "{name}"')
        connection.execute(f'alter table scan_2026_01 owner to "{name}"')
        connection.execute(f'alter table scan_2026_02 owner to "{name}"')
    other = shop.moved_to(make_conninfo(shop.url, user=name))
    other.plan()
    other.run()
    assert shop.accounts()["scans"] == (160, 160, 0, 0, 0)
    with connect(shop.url, autocommit=True) as connection:
        connection.execute(f'drop owned by "{name}" cascade')
        connection.execute(f'drop role "{name}"')


MERGE = """
[tables.people]
merge = [["shop_id", "mail"], ["shop_id", "name", "note"]]
"""


def test_rows_that_are_the_same_become_one_with_the_newest_values(shop: Shop) -> None:
    before = "[tables.people.columns]"
    shop.configure(shop.config.read_text().replace(before, MERGE + before))
    shop.change_source(
        # 1 and 4 share the address, 4 and 7 name and note; 7 is the newest
        "update people set mail = 'p1@example.com', note = 'same', created_at = '2025-12-20'"
        " where id = 4",
        "update people set name = 'P 4', note = 'same', mail = null, is_vip = null,"
        " friend_id = null, created_at = '2025-12-30' where id = 7",
    )
    shop.plan()
    shop.run()
    assert shop.accounts()["people"] == (40, 38, 2, 0, 0)
    assert shop.rows("select name, email, note, is_vip from person where note = 'same'") == [
        ("P 4", "p1@example.com", "same", False)
    ]
    # letters of all three point at the one that stays
    assert shop.rows(
        "select count(*) from letter l join person p on p.id = l.person_id where p.note = 'same'"
    ) == [(6,)]
    changes = shop.rows(
        "select key, column_name, before, after, rule from unify.ledger"
        " where source_table = 'people' order by key, column_name"
    )
    assert ("1", "name", "P 1", "P 4", "merge-newest") in changes
    assert ("7", "mail", None, "p1@example.com", "merge-filled") in changes
    assert ("7", "is_vip", None, "false", "merge-filled") in changes
    assert all(rule.startswith("merge-") for *_, rule in changes)


def test_a_reference_may_become_null_by_a_named_rule(shop: Shop) -> None:
    text = shop.config.read_text().replace(
        "[tables.people.columns]", '[tables.people.columns]\nfriend_id = { orphan = "null" }'
    )
    shop.configure(text)
    shop.change_source("update people set friend_id = 999 where id = 40")
    shop.plan()
    shop.run()
    assert shop.accounts()["people"] == (40, 40, 0, 0, 0)
    assert shop.rows(
        "select key, column_name, before, after, rule from unify.ledger"
        " where rule = 'orphan-to-null'"
    ) == [("40", "friend_id", "999", None, "orphan-to-null")]


def test_a_full_disk_is_one_clear_line_and_the_run_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.plan()
    with monkeypatch.context() as patched:
        patched.setattr(
            "mainstem.unify.move.preflight.shutil.disk_usage", lambda _: SimpleNamespace(free=1000)
        )
        with pytest.raises(TargetError, match="0 MiB left and the move needs about"):
            shop.run()
    assert shop.rows("select count(*) from unify.run") == [(0,)]
    shop.execute("alter function ensure_partitions(timestamptz, timestamptz, text) rename to kept")
    shop.execute(
        "create function ensure_partitions(a timestamptz, b timestamptz, c text)"
        " returns setof text language plpgsql as"
        " $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$"
    )
    with pytest.raises(ServerError, match="disk is full; make room"):
        shop.run()
    shop.execute("drop function ensure_partitions(timestamptz, timestamptz, text)")
    shop.execute("alter function kept(timestamptz, timestamptz, text) rename to ensure_partitions")
    assert shop.run().run.id == 1
    assert shop.accounts()["scans"] == (160, 160, 0, 0, 0)
