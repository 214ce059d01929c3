"""Killed with SIGKILL at any step, and made again: the same rows as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.unify.several.conftest import content
from tests.unify.several.test_catch_up import CHANGES
from tests.unify.several.test_several import plant_doubles

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge

#: about as many signs of life as a run, or a first and a later pass, give
_SIGNS = {"run": 90, "pass": 60}


def kill(merge: Merge, what: str, chance: random.Random) -> int:
    """Begin in another process, which is killed on its way; its exit code."""
    signs, after_ms = chance.randint(1, _SIGNS[what]), chance.choice([0, 3, 10, 30])
    arguments = [what, str(merge.config), merge.url, str(signs), str(after_ms)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.unify.several.killed", *arguments],
        env={**os.environ, "NORTH": merge.north, "SOUTH": merge.south},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr.decode()
    return done.returncode


@pytest.mark.parametrize("seed", range(2))
def test_a_run_of_live_sources_is_killed(merge: Merge, seed: int) -> None:
    plant_doubles(merge)
    merge.plan()
    run = merge.run().run
    expected = content(merge), notes(merge, run.id)
    merge.undo(run.id)
    chance = random.Random(seed)
    killed = [kill(merge, "run", chance) for _ in range(3)]
    assert -signal.SIGKILL in killed
    again = merge.run().run
    assert (content(merge), notes(merge, again.id)) == expected
    assert merge.verify().is_equal


@pytest.mark.parametrize("seed", range(2))
def test_a_pass_is_killed(merge: Merge, seed: int) -> None:
    plant_doubles(merge)
    merge.plan()
    run = merge.run().run
    chance = random.Random(seed)
    merge.execute(merge.north, CHANGES)
    killed = [kill(merge, "pass", chance) for _ in range(2)]
    merge.catch_up()
    merge.execute(merge.north, "update tasks set weight = weight + 1, title = 'x' || title")
    merge.execute(merge.south, "delete from app.project where number in (2, 3)")
    killed.append(kill(merge, "pass", chance))
    assert -signal.SIGKILL in killed
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
