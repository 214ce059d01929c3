"""Killed with SIGKILL at any step, and made again: the same rows as if nothing had happened."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.unify.killed import kill
from tests.unify.several.conftest import content
from tests.unify.several.test_catch_up import CHANGES
from tests.unify.several.test_several import plant_doubles

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge

#: about a quarter of the signs of life that a run, or a pass, gives
_SIGNS = {"run": 20, "pass": 15}


def kill_thrice(merge: Merge, what: str, chance: random.Random) -> None:
    """What a killed one has done, the next one need not do again: each comes further."""
    for after_ms in chance.sample([0, 3, 10], 3):
        signs = chance.randint(1, _SIGNS[what])
        assert kill(what, merge.config, merge.url, signs=signs, after_ms=after_ms)


def test_a_run_of_live_sources_is_killed(merge: Merge) -> None:
    plant_doubles(merge)
    merge.plan()
    run = merge.run().run
    expected = content(merge), notes(merge, run.id)
    merge.undo(run.id)
    kill_thrice(merge, "run", random.Random(0))
    again = merge.run().run
    assert (content(merge), notes(merge, again.id)) == expected
    assert merge.verify().is_equal


def test_a_pass_is_killed(merge: Merge) -> None:
    """A first one, which reads all, and a later one."""
    plant_doubles(merge)
    merge.plan()
    run = merge.run().run
    chance = random.Random(0)
    merge.execute(merge.north, CHANGES)
    kill_thrice(merge, "pass", chance)
    merge.catch_up()
    merge.execute(merge.north, "update tasks set weight = weight + 1, title = 'x' || title")
    merge.execute(merge.south, "delete from app.project where number in (2, 3)")
    assert kill("pass", merge.config, merge.url, signs=chance.randint(1, _SIGNS["pass"]))
    merge.catch_up()
    assert merge.verify().is_equal
    found = content(merge), notes(merge, run.id)
    merge.undo(run.id)
    undisturbed = merge.run().run
    assert found == (content(merge), notes(merge, undisturbed.id))


def notes(merge: Merge, run_id: int) -> list[tuple[object, ...]]:
    """Ledger, quarantine and accounts of a run."""
    queries = (
        (
            "select source_table, key, column_name, before, after, rule from unify.ledger"
            " where run_id = {} order by 1, 2, 3, 4, 5, 6"
        ),
        "select source_table, key, reason from unify.quarantine where run_id = {} order by 1, 2",
        (
            "select source_table, source_rows, loaded, merged, quarantined, dropped, conversions"
            " from unify.table_result where run_id = {} order by 1"
        ),
    )
    return [row for query in queries for row in merge.rows(query.format(run_id))]
