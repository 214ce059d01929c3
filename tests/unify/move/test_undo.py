"""Undo: the target is as it was before, or nothing is touched and the reason is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unify.dying import DyingAt

from mainstem.errors import TargetError, UsageError
from mainstem.pg.connect import connect
from mainstem.unify.move.undo import undo_run
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from tests.unify.move.conftest import Shop


def test_the_target_is_as_it_was_before(shop: Shop) -> None:
    before, definitions = shop.checksums(), shop.definitions()
    shop.plan()
    run = shop.run().run
    assert shop.checksums() != before
    shop.undo(run.id)
    assert shop.checksums() == before
    assert shop.definitions() == definitions
    assert shop.rows("select state from unify.run") == [("undone",)]
    assert shop.rows("select count(*) from unify.legacy_map") == [(0,)]
    assert shop.rows("select count(*) from unify.legacy_id") == [(0,)]


def test_after_an_undo_the_same_plan_runs_again_with_the_same_rows(shop: Shop) -> None:
    shop.plan()
    first = shop.run().run
    loaded = shop.checksums()
    shop.undo(first.id)
    second = shop.run().run
    assert second.id != first.id
    assert shop.checksums() == loaded


def test_a_run_is_taken_back_once(shop: Shop) -> None:
    shop.plan()
    run = shop.run().run
    shop.undo(run.id)
    with pytest.raises(UsageError, match="taken back before"):
        shop.undo(run.id)
    with pytest.raises(UsageError, match="no run 99"):
        shop.undo(99)


def test_rows_of_others_in_the_same_tables_stay(shop: Shop) -> None:
    shop.plan()
    run = shop.run().run
    shop.execute("insert into store values (gen_random_uuid(), 'later', 'later', now())")
    shop.undo(run.id)
    assert shop.rows("select name from store") == [("later",)]
    assert shop.rows("select code from route") == [("of-another-app",)]


def test_later_rows_that_depend_on_the_run_are_named(shop: Shop) -> None:
    shop.plan()
    run = shop.run().run
    shop.execute("alter table person disable trigger all")
    shop.execute(
        "insert into person (store_id, id, name) select id, gen_random_uuid(), 'Later'"
        " from store where name = 'Shop 1'"
    )
    shop.execute("create table visit (id integer primary key, store_id uuid references store)")
    shop.execute("insert into visit select 7, id from store where name = 'Shop 2'")
    before = shop.checksums()
    with pytest.raises(TargetError) as caught:
        shop.undo(run.id)
    message = str(caught.value)
    assert "1 rows of public.person point at store" in message
    assert "1 rows of public.visit point at store (for example 7)" in message
    assert shop.checksums() == before
    assert shop.rows("select state from unify.run") == [("finished",)]
    shop.execute("delete from visit")
    shop.execute("delete from person where name = 'Later'")
    shop.undo(run.id)
    assert shop.rows("select count(*) from store") == [(0,)]


def test_rows_changed_since_are_named_and_lost_only_by_force(shop: Shop) -> None:
    before = shop.checksums()
    shop.plan()
    run = shop.run().run
    shop.execute("alter table person disable trigger all")
    shop.execute("update person set name = 'Mended' where name = 'P 7'")
    shop.execute("update scan set is_bot = true where code = 'CODE3'")
    shop.execute("update route set letter_id = gen_random_uuid() where code = 'CODE9'")
    loaded = shop.checksums()
    ((person,),) = shop.rows("select store_id || ', ' || id from person where name = 'Mended'")
    with pytest.raises(TargetError) as caught:
        shop.undo(run.id)
    message = str(caught.value)
    assert f"1 rows of public.person (for example ({person}))" in message
    assert "2 rows of public.scan" in message
    assert "1 rows of public.route (for example CODE9)" in message
    assert f"undo {run.id} --force" in message
    assert shop.checksums() == loaded
    undo_run(run.id, shop.url, reporter=Silence(), is_forced=True)
    assert shop.checksums() == before


def test_rows_that_were_only_moved_about_are_no_edits(shop: Shop) -> None:
    before = shop.checksums()
    shop.plan()
    run = shop.run().run
    with connect(shop.url, autocommit=True) as connection:
        connection.execute("vacuum (full, freeze) person")
        connection.execute("vacuum freeze letter")
    shop.undo(run.id)
    assert shop.checksums() == before


def test_a_run_that_was_killed_can_be_taken_back(shop: Shop) -> None:
    before, definitions = shop.checksums(), shop.definitions()
    shop.plan()
    with pytest.raises(KeyboardInterrupt):
        shop.run(DyingAt("load scan"))
    assert shop.definitions() != definitions
    shop.undo(1)
    assert shop.checksums() == before
    assert shop.definitions() == definitions
