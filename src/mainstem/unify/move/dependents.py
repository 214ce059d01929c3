"""Rows that came later and point at what an undo would remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.errors import TargetError
from mainstem.unify.plan.names import name_sql, shown_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import LegacyMap

    Connection = psycopg.Connection[TupleRow]

_EXAMPLES_MAX = 5

#: foreign keys that point at tables: table, child, its columns, the table's, key of the child
POINTING_AT = """
select t.name, k.conrelid::regclass::text,
       array(select a.attname::text from unnest(k.conkey) with ordinality u(n, p)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by u.p),
       array(select a.attname::text from unnest(k.confkey) with ordinality u(n, p)
             join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by u.p),
       array(select a.attname::text from pg_index i
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
             where i.indrelid = k.conrelid and i.indisprimary
             order by array_position(i.indkey::int2[], a.attnum))
from unnest(%s::text[]) with ordinality as t (name, at)
join pg_constraint k on k.confrelid = t.name::regclass
where k.contype = 'f' and k.conparentid = 0
order by t.at, 2, k.conname
"""


@dataclass(frozen=True)
class RunTable:
    """A target table of a run. `name` as SQL; `key` an expression over alias t."""

    name: str
    plain_name: str
    key: str
    #: the column of `unify.legacy_id` that holds it
    map_column: str
    maps: tuple[LegacyMap, ...]

    @property
    def keys(self) -> str:
        """A query of the keys that the run brought."""
        return " union all ".join(
            f"select {self.map_column} as key from unify.{found.partition}"
            " where outcome not in ('m', 'd')"
            for found in self.maps
        )


def refuse_dependents(connection: Connection, tables: Mapping[str, RunTable]) -> None:
    """Refuse when rows that the run did not bring point at rows that it did.

    Raises TargetError naming tables, counts and examples of their keys.
    """
    found = []
    strangers: dict[str, int] = {}
    for name, child, columns, parents, key in connection.execute(
        POINTING_AT, (list(tables),)
    ).fetchall():
        own = tables.get(child)
        if own is not None and not _strangers(connection, own, strangers):
            continue
        count, examples = _pointing(
            connection, tables[name], child, columns=columns, parents=parents, key=key, own=own
        )
        if count:
            found.append(
                f"{count} rows of {child} point at {tables[name].plain_name} "
                f"(for example {', '.join(examples)})"
            )
    found += _merged_later(connection, tables)
    if found:
        raise TargetError(
            f"later rows depend on this run: {'; '.join(found)}; remove or re-point them first"
        )


def _strangers(connection: Connection, table: RunTable, known: dict[str, int]) -> int:
    """How many rows of a run's own table the run did not bring."""
    if table.name not in known:
        row = connection.execute(
            f"select (select count(*) from {table.name})"
            f" - (select count(*) from ({table.keys}) as x)"
        ).fetchone()
        assert row is not None
        known[table.name] = row[0]
    return known[table.name]


def _pointing(
    connection: Connection,
    table: RunTable,
    child: str,
    *,
    columns: Sequence[str],
    parents: Sequence[str],
    key: Sequence[str],
    own: RunTable | None,
) -> tuple[int, list[str]]:
    equal = " and ".join(
        f't."{parent}" = c."{column}"'.replace('""', '"')
        for parent, column in zip(parents, columns, strict=True)
    )
    brought = ""
    if own is not None:
        own_key = own.key.replace("t.", "c.")
        brought = f" and not exists (select from ({own.keys}) as o where o.key = {own_key})"
    shown = "'?'"
    if key:
        parts = [shown_sql(child, name, f"c.{name_sql(name)}") for name in key]
        shown = f"concat_ws(', ', {', '.join(parts)})"
    if len(key) > 1:
        shown = f"'(' || {shown} || ')'"
    row = connection.execute(
        f"select count(*), (array_agg(key order by key))[1:{_EXAMPLES_MAX}] from ("
        f"select {shown} as key from {child} as c join {table.name} as t on {equal}"
        f" join ({table.keys}) as m on m.key = {table.key} where true{brought}) as x"
    ).fetchone()
    assert row is not None
    return row[0], list(row[1] or ())


def _merged_later(connection: Connection, tables: Mapping[str, RunTable]) -> list[str]:
    """Other runs whose rows were merged into rows of this one."""
    found = []
    for table in tables.values():
        ids = {item.map_id for item in table.maps}
        first = table.maps[0]
        for map_id, run_id, source_table in connection.execute(
            "select m.map_id, m.run_id, m.source_table from unify.legacy_map m"
            " where m.target_schema = %s and m.target_table = %s and m.role = 'main'"
            " and not m.map_id = any(%s) order by m.map_id",
            (first.target_schema, first.target_table, list(ids)),
        ).fetchall():
            row = connection.execute(
                f"select count(*) from unify.legacy_id_{map_id} as o join ({table.keys}) as m"
                f" on m.key = o.{table.map_column} where o.outcome = 'm'"
            ).fetchone()
            if row is not None and row[0]:
                found.append(
                    f"{row[0]} rows of {source_table} were merged into {table.plain_name} "
                    f"by run {run_id}"
                )
    return found
