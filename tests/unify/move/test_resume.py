"""Killed at any point and run again: the same rows as if nothing had happened."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unify.dying import Dying, DyingAt
from tests.unify.killed import kill
from tests.unify.move.conftest import CONFIG, TARGET, Shop, fill_source

from mainstem.errors import ConfigError, ServerError, SourceError
from mainstem.pg.connect import connect
from mainstem.unify.move.loading import UNSTAGE

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.pg.scratch import ScratchServer
    from mainstem.unify.progress import Step


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(signs=st.lists(st.integers(0, 25), min_size=1, max_size=3))
def test_dying_at_any_step_ends_with_the_same_rows(shop: Shop, signs: list[int]) -> None:
    """One database for all examples: each example ends with an undo that is checked, too."""
    before, definitions = shop.checksums(), shop.definitions()
    shop.plan(is_forced=True)
    for number in signs:
        try:
            shop.run(Dying(number))
        except KeyboardInterrupt:
            continue
    outcome = shop.run()
    assert {table: count for table, (count, _) in shop.checksums().items()} == {
        "known_partition": 3,
        "letter": 80,
        "person": 40,
        "route": 81,
        "scan": 160,
        "store": 3,
    }
    assert shop.rows("select count(*) from unify.run where state = 'finished'") == [(1,)]
    assert shop.accounts()["letters"] == (80, 80, 0, 0, 0)
    assert (
        shop.rows("select nspname from pg_namespace where nspname like 'unify!_%' escape '!'") == []
    )
    shop.undo(outcome.run.id)
    assert shop.checksums() == before
    assert shop.definitions() == definitions


def test_dying_before_and_after_staged_rows_are_dropped(shop: Shop) -> None:
    staged = "select count(*) from pg_namespace where nspname like 'unify!_%' escape '!'"
    shop.plan()
    with pytest.raises(KeyboardInterrupt):
        shop.run(DyingAt(UNSTAGE))
    assert shop.rows(staged) == [(1,)]
    with pytest.raises(KeyboardInterrupt):
        shop.run(DyingAt("finish"))
    assert shop.rows(staged) == [(0,)]
    assert shop.rows("select state from unify.run") == [("loading",)]
    shop.run()
    assert shop.rows("select state from unify.run") == [("finished",)]
    assert shop.accounts()["letters"] == (80, 80, 0, 0, 0)
    assert shop.rows("select count(*) from unify.quarantine where original = '{}'") == [(0,)]


class _Living(Dying):
    """Counts the signs of life."""

    def __init__(self) -> None:
        super().__init__(0)

    def _tick(self) -> None:
        self.left += 1


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    fill_source(folder / "shop.db", people=1000)
    return folder


@dataclass(frozen=True)
class Unkilled:
    """What a run that nobody kills ends with, and how many signs of life it gives."""

    content: dict[str, tuple[int, int]]
    signs: int


@pytest.fixture(scope="module")
def expected(large: Path, scratch: ScratchServer) -> Unkilled:
    name = "resume_expected_" + large.parent.name.replace("-", "_") + f"_{os.getpid()}"
    url = scratch.create_database(name)
    shop = _shop(large, url)
    living = _Living()
    shop.plan(is_forced=True)
    shop.run(living)
    found = Unkilled(_stable(shop), living.left)
    scratch.drop_database(name)
    return found


def _shop(folder: Path, url: str) -> Shop:
    shop = Shop(folder, url)
    shop.configure(CONFIG)
    with connect(url) as connection:
        connection.execute(TARGET)
    return shop


def _stable(shop: Shop) -> dict[str, tuple[int, int]]:
    """Content without what a database makes up by itself."""
    found = shop.checksums()
    del found["route"]
    rows = shop.rows(
        "select count(*), sum(hashtextextended(r::text, 0)) from route r where code like 'CODE%'"
    )
    return found | {"route": (rows[0][0], int(rows[0][1]))}


@pytest.mark.parametrize("seed", range(2))
def test_kill_9_at_a_random_moment(
    large: Path, expected: Unkilled, empty_database_url: str, seed: int
) -> None:
    """What a killed run has done, the next one need not do again: each comes further."""
    shop = _shop(large, empty_database_url)
    shop.plan(is_forced=True)
    definitions = shop.definitions()
    chance = random.Random(seed)
    for after_ms in chance.sample([0, 3, 10], 3):
        signs = chance.randint(1, expected.signs // 4)
        assert kill("run", shop.config, shop.url, signs=signs, after_ms=after_ms)
    shop.run()
    assert _stable(shop) == expected.content
    new = {row[1] for row in shop.definitions()} - {row[1] for row in definitions}
    assert [row for row in shop.definitions() if row[1] not in new] == definitions
    shop.run()
    assert _stable(shop) == expected.content


def test_a_source_that_changes_while_it_is_read_is_refused(shop: Shop) -> None:
    before, definitions = shop.checksums(), shop.definitions()
    shop.plan()
    changing = _Changing(shop)
    with pytest.raises(SourceError, match="changed while it was read"):
        shop.run(changing)
    assert shop.checksums() == before
    assert shop.definitions() == definitions
    # the rows as they are now
    shop.run()
    assert shop.accounts()["shops"] == (4, 4, 0, 0, 0)


class _Changing(Dying):
    """Somebody adds a shop while people are read."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(10_000)
        self._shop = shop

    def step(self, name: str, rows: int | None) -> Step:
        if name == "stage people":
            self._shop.change_source(
                "insert into shops values ('shop-4', 'Shop 4', 'shop-4', '2025-12-04')"
            )
        return super().step(name, rows)


def test_a_source_that_changed_after_loading_began_is_refused(shop: Shop) -> None:
    shop.plan()
    with pytest.raises(KeyboardInterrupt):
        shop.run(Dying(12))
    assert shop.rows("select state from unify.run") == [("loading",)]
    shop.change_source("delete from scans where id = 1")
    with pytest.raises(SourceError, match="undo 1"):
        shop.run()
    shop.undo(1)
    shop.run()
    assert shop.accounts()["scans"] == (159, 159, 0, 0, 0)


def test_a_plan_edited_after_loading_began_is_refused(shop: Shop) -> None:
    shop.plan()
    with pytest.raises(KeyboardInterrupt):
        shop.run(Dying(12))
    shop.edit("scan.sql", "s.is_bot", "not s.is_bot as is_bot")
    with pytest.raises(ConfigError, match="was edited after run 1 began to load"):
        shop.run()


def test_a_crash_of_the_server_empties_staging_and_the_run_goes_on(shop: Shop) -> None:
    """What recovery does to unlogged tables, done to them by hand."""
    shop.plan()
    with pytest.raises(KeyboardInterrupt):
        shop.run(Dying(12))
    for (table,) in shop.rows(
        "select oid::regclass::text from pg_class where relpersistence = 'u' and relkind = 'r'"
    ):
        shop.execute(f"truncate {table}")
    shop.run()
    assert shop.accounts()["scans"] == (160, 160, 0, 0, 0)
    assert shop.rows("select count(*) from unify.ledger where rule = 'epoch-seconds'") == [(22,)]


def test_a_lost_connection_says_what_to_do(shop: Shop) -> None:
    shop.plan()
    with pytest.raises(ServerError, match="run it again"):
        shop.run(_Cutting(shop))
    shop.run()
    assert shop.accounts()["scans"] == (160, 160, 0, 0, 0)


class _Cutting(Dying):
    """The server loses our sessions when the letters are loaded."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(10_000)
        self._shop = shop

    def step(self, name: str, rows: int | None) -> Step:
        if name == "load letter":
            self._shop.rows(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name like 'mainstem unify%' and datname = current_database()"
            )
        return super().step(name, rows)
