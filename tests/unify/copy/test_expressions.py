"""Expressions mean the same on both sides, or are refused."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from mainstem.unify.copy.expressions import Names, UntranslatableError, columns_of, translate
from mainstem.unify.copy.names import column_names, fitted, free

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

NAMES = Names(
    {
        "n": ("n", "bigint"),
        "t": ("Title", "text"),
        "on": ("on", "boolean"),
        "r": ("r", "double precision"),
    }
)
ROWS = [(1, "x", 1, 0.5), (0, "X-ray", 0, -1.5), (-7, "", None, None), (None, None, 1, 2.0)]
CONDITIONS = [
    "n > 0",
    "n",
    "not n",
    "on_",
    "not on_ or n = 0",
    "on_ = 1",
    "on_ = true",
    "on_ in (0, 1)",
    "t like 'x%'",
    "t not like 'X'",
    "not t like 'X%'",
    "t like '%!-%' escape '!'",
    "t not between 'a' and 'z'",
    "n not in (1, 2)",
    "t = 'x' or \"t\" = 'X-ray'",
    "length(t) < 3 and (n between -10 and 10)",
    "n is null",
    "n is not 0",
    "n isnull or t notnull",
    "ifnull(n, 5) >= 1",
    "iif(n > 0, 1, 0) = 1",
    "case when n > 0 then 'a' else 'b' end = 'a'",
    "t || 'z' = 'xz'",
    "n % 2 = 1",
    "n / 2 = 0",
    "abs(n) > 3",
    "upper(t) = 'X'",
    "substr(t, 1, 1) = 'X'",
    "coalesce(t, '') <> ''",
    "t in ('x', \"quoted text\")",
    "n == 1",
    "r * 2 > 0.5",
    "instr(t, '-') > 0",
    "trim(t) = t",
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_translated_condition_holds_for_the_same_rows(
    connection: psycopg.Connection[TupleRow], condition: str
) -> None:
    written = condition.replace("on_", '"on"')
    source = sqlite3.connect(":memory:")
    source.execute('create table x (n integer, t text, "on" boolean, r real)')
    source.executemany("insert into x values (?, ?, ?, ?)", ROWS)
    expected = source.execute(f"select rowid from x where {written} order by 1").fetchall()
    source.close()
    connection.execute(
        'create temp table x (k int, n bigint, "Title" text, "on" boolean, r double precision)'
    )
    for key, (n, t, on, r) in enumerate(ROWS, start=1):
        values = (key, n, t, None if on is None else bool(on), r)
        connection.execute("insert into x values (%s, %s, %s, %s, %s)", values)

    translated = translate(written, NAMES, is_condition=True)

    query = sql.SQL("select k from x where {} order by 1").format(sql.SQL(translated))
    assert connection.execute(query).fetchall() == expected


@pytest.mark.parametrize(
    "expression", ["min(n, 2) = 1", "n > (select max(n) from x)", "nobody > 1", "n >", "max(n, 1)"]
)
def test_what_would_mean_another_thing_is_refused(expression: str) -> None:
    with pytest.raises(UntranslatableError):
        translate(expression, NAMES, is_condition=True)


def test_the_columns_of_an_expression_are_named() -> None:
    assert columns_of("N > 0 and \"T\" = 'n' or length(t) > n", NAMES) == ["n", "t"]
    assert columns_of("((", NAMES) == []


def test_names_are_kept_unless_the_server_refuses_them() -> None:
    long = "ü" * 40
    found = column_names(["plain", 'Any "thing"', "ctid", "ctid_", long, long + "x", ""])

    assert found["plain"] == "plain"
    assert found['Any "thing"'] == 'Any "thing"'
    assert found["ctid_"] == "ctid_"
    assert found["ctid"] == "ctid__2"
    assert len(set(found.values())) == 7
    assert all(0 < len(name.encode()) <= 63 for name in found.values())
    assert fitted(long) == fitted(long) != fitted(long + "x")
    assert free("a", {"a", "a_2"}) == "a_3"
