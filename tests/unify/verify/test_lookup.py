"""Lookups find the same in memory and on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.verify.lookup import Lookup

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

QUERY = "select 'k' || n as key, 'v' || n as value from generate_series(1, 50) as n"


@pytest.mark.parametrize("kept_max", [50, 49, 0])
def test_keys_are_found_with_their_values(
    connection: psycopg.Connection[TupleRow], kept_max: int
) -> None:
    lookup = Lookup(connection, QUERY, kept_max=kept_max)
    found = lookup.find(["k7", "k50", "k51", "K7", ""])
    assert {key: found[key] for key in ("k7", "k50")} == {"k7": "v7", "k50": "v50"}
    assert not {"k51", "K7", ""} & set(found)
    lookup.close()


def test_a_lookup_leaves_no_table_behind(connection: psycopg.Connection[TupleRow]) -> None:
    lookup = Lookup(connection, QUERY, kept_max=1)
    count = "select count(*) from pg_class where relname like 'mainstem_lookup%' and relkind = 'r'"
    assert connection.execute(count).fetchone() == (1,)
    lookup.close()
    assert connection.execute(count).fetchone() == (0,)
