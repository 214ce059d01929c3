"""Foreign keys by anti-join, and counters past their highest key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.plan.names import name_sql, shown_sql
from mainstem.unify.verify.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

_EXAMPLES_MAX: Final = 5
#: the rule of `copy` for rows that pointed at nothing in the source already
_KEPT_ORPHANS: Final = "foreign-key-not-validated"

_FOREIGN_KEYS: Final = """
select k.conname, k.conrelid::regclass::text, k.confrelid::regclass::text, k.convalidated,
       array(select a.attname::text from unnest(k.conkey) with ordinality as u(number, place)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number order by place),
       array(select a.attname::text from unnest(k.confkey) with ordinality as u(number, place)
             join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number
             order by place),
       array(select a.attname::text from pg_index i join pg_attribute a
             on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
             where i.indrelid = k.conrelid and i.indisprimary order by a.attnum)
from pg_constraint k
where k.contype = 'f' and k.conparentid = 0 and k.conrelid = any(%s::regclass[])
order by 2, 1
"""

_COUNTERS: Final = """
select c.oid::regclass::text, a.attname::text,
       pg_get_serial_sequence(c.oid::regclass::text, a.attname)
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.oid = any(%s::regclass[]) and a.attnum > 0 and not a.attisdropped
  and pg_get_serial_sequence(c.oid::regclass::text, a.attname) is not null
order by 1, 2
"""


def check_foreign_keys(
    connection: Connection,
    tables: Sequence[str],
    *,
    kept_orphans: int,
    advance: Callable[[int], None],
) -> tuple[int, list[Finding]]:
    """Look for rows that point at nothing; how many keys there are, and what was found.

    `tables` are names as SQL. `kept_orphans` is how many such rows the run knows of; they count for
    keys that are not validated.
    """
    found: list[Finding] = []
    known = 0
    keys = connection.execute(_FOREIGN_KEYS, (list(tables),)).fetchall()
    unvalidated: list[Finding] = []
    for name, child, parent, is_validated, columns, parent_columns, primary in keys:
        orphans = _orphans(columns, parent_columns, child=child, parent=parent)
        row = connection.execute(f"select count(*) {orphans}".encode()).fetchone()
        advance(1)
        if row is None or not row[0]:
            continue
        examples = _examples(connection, orphans, child, primary)
        text = f"{name}: {row[0]} rows point at no row of {parent}{examples}"
        finding = Finding("foreign key", child, text)
        if is_validated:
            found.append(finding)
        else:
            known += row[0]
            unvalidated.append(finding)
    return len(keys), found + (unvalidated if known != kept_orphans else [])


def count_kept_orphans(connection: Connection, run_id: int) -> int:
    """The ledger's rows of foreign keys that could not be validated."""
    row = connection.execute(
        "select count(*) from unify.ledger where run_id = %s and rule = %s",
        (run_id, _KEPT_ORPHANS),
    ).fetchone()
    return int(row[0]) if row else 0


def check_counters(connection: Connection, tables: Sequence[str]) -> tuple[int, list[Finding]]:
    """The next value of every counter must be free; how many counters, and what was found."""
    found = []
    counters = connection.execute(_COUNTERS, (list(tables),)).fetchall()
    for table, column, sequence in counters:
        row = connection.execute(
            f"select s.last_value, s.is_called, (select max({name_sql(column)}) from {table})"
            f" from {sequence} as s".encode()
        ).fetchone()
        assert row is not None
        last, is_called, highest = row
        if highest is not None and highest > (last if is_called else last - 1):
            text = f"the counter of {column} stands at {last}, its highest value is {highest}"
            found.append(Finding("counter", table, text))
    return len(counters), found


def _orphans(
    columns: Sequence[str], parent_columns: Sequence[str], *, child: str, parent: str
) -> str:
    present = " and ".join(f"c.{name_sql(name)} is not null" for name in columns)
    same = " and ".join(
        f"p.{name_sql(there)} = c.{name_sql(here)}"
        for here, there in zip(columns, parent_columns, strict=True)
    )
    return (
        f"from {child} as c where {present} and not exists (select from {parent} as p where {same})"
    )


def _examples(connection: Connection, orphans: str, child: str, primary: Sequence[str]) -> str:
    """Some of the rows, by primary key."""
    if not primary:
        return ""
    names = ", ".join(shown_sql(child, name, f"c.{name_sql(name)}") for name in primary)
    rows: Iterator[TupleRow] = iter(
        connection.execute(
            f"select {names} {orphans} order by {names} limit {_EXAMPLES_MAX}".encode()
        )
    )
    return f" (key {'; '.join(', '.join(map(str, row)) for row in rows)})"
