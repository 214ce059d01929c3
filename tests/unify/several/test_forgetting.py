"""What the ledger knows of a run is forgotten whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unify.several.conftest import CONFIG, WEIGHT_TABLE, WEIGHTS

from mainstem.pg.connect import connect
from mainstem.unify.ledger import store

if TYPE_CHECKING:
    from tests.unify.several.conftest import Merge

#: whatever points at a run
_TABLES = """
select conrelid::regclass::text from pg_constraint
where contype = 'f' and confrelid = 'unify.run'::regclass order by 1
"""


def test_nothing_of_a_forgotten_run_is_left(merge: Merge) -> None:
    merge.execute(merge.url, WEIGHT_TABLE)
    merge.config.write_text(CONFIG + WEIGHTS)
    merge.plan()
    merge.run()
    merge.execute(
        merge.url,
        "insert into unify.file (run_id, position, key, target_key, media_type, stamp, state)"
        " values (1, 1, 'a/b', 'a/b', 'image/png', '', 'copied')",
    )
    with connect(merge.url) as connection:
        tables = [name for (name,) in connection.execute(_TABLES)]
        assert {"unify.also_result", "unify.file", "unify.step"} <= set(tables)
        for found in store.read_maps(connection, 1):
            store.drop_map(connection, found)
        store.forget_run(connection, 1)
        for table in [*tables, "unify.run"]:
            assert connection.execute(f"select count(*) from {table}").fetchone() == (0,), table
