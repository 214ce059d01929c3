"""Loaded rows that break a unique key or point at no loaded row: into quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from mainstem.errors import ConfigError, UnifyError
from mainstem.unify.move.maps import new_key
from mainstem.unify.move.statements import key_value, map_key, target_name
from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import LegacyMap, Run
    from mainstem.unify.move.definitions import IndexRecord
    from mainstem.unify.plan.model import Plan, Select

    Connection = psycopg.Connection[TupleRow]

#: chains of rows that point at each other, each round one link
_ROUNDS_MAX = 1000


def quarantine_duplicates(
    connection: Connection,
    run: Run,
    target: TargetTable,
    maps: Sequence[LegacyMap],
    index: IndexRecord,
    plan: Plan,
) -> None:
    """Of rows with the same unique key keep the first by id, quarantine the others.

    Rows with the very same id all go: nothing would say which of them the others mean.
    """
    found = next((i for i in target.table.indexes if i.name == index.name), None)
    parts = [part.expression for part in found.parts] if found else list(target.table.primary_key)
    if found is None:
        parts = [name_sql(name) for name in parts]
    predicate = f"({found.predicate})" if found is not None and found.predicate else "true"
    if "NULLS NOT DISTINCT" not in index.definition:
        predicate += "".join(f" and ({part}) is not null" for part in parts)
    key = key_value(new_key(target, plan), "t")
    named, column = map_key(target, new_key(target, plan), "t")
    is_id = set(map(name_sql, new_key(target, plan))) <= set(parts)
    number = "count(*)" if is_id else "row_number()"
    order = "" if is_id else f" order by {key}"
    ours = "true"
    if plan.shares(target.name):
        # A row that was there before stays, whatever its id.
        named_by = " or ".join(
            f"exists (select from unify.{found.partition} as m where m.{column} = {named})"
            for found in maps
        )
        ours = f"({named_by})"
        order = f" order by {ours}, {key}"
        number = "row_number()"
    reason = text_sql(f"another row has the same {', '.join(parts)} ({index.name})")
    _quarantine(
        connection,
        run,
        target,
        maps,
        f"select at, key from (select t.ctid as at, {named} as key,"
        f" {number} over (partition by {', '.join(parts)}{order}) as number, {ours} as is_ours"
        f" from {target_name(target)} as t where {predicate}) as x where number > 1 and is_ours",
        reason=reason,
        plan=plan,
    )


def quarantine_unmerged(
    connection: Connection,
    run: Run,
    target: TargetTable,
    maps: Sequence[LegacyMap],
    plan: Plan,
) -> None:
    """Quarantine rows that were to be merged into a row that is not there."""
    value, column = map_key(target, new_key(target, plan), "t")
    for found in maps:
        connection.execute(
            f"with d as (delete from unify.{found.partition} as m where m.outcome = 'm'"
            f" and not exists (select from {target_name(target)} as t"
            f" where {value} = m.{column}) returning m.old_id)"
            " insert into unify.quarantine"
            " (run_id, source_table, key, column_name, reason, original)"
            f" select {run.id}, %s, old_id, null,"
            " 'the row that stands for it was not loaded', '{}'::jsonb from d",
            (found.source_table,),
        )


def quarantine_orphans(
    connection: Connection,
    run: Run,
    targets: Sequence[TargetTable],
    maps: Mapping[str, Sequence[LegacyMap]],
    plan: Plan,
) -> None:
    """Quarantine rows that point at a row of these tables that was not loaded, and so on."""
    parents = {target.name: target for target in targets}
    keys = [
        (target, key)
        for target in targets
        for key in target.table.foreign_keys
        if key.parent in parents
    ]
    for _ in range(_ROUNDS_MAX):
        removed = 0
        for target, foreign_key in keys:
            value, _ = map_key(target, new_key(target, plan), "t")
            is_own = foreign_key.parent == target.name
            columns = [f"t.{name_sql(name)}" for name in foreign_key.columns]
            equal = " and ".join(
                f"p.{name_sql(name)} = {column}"
                for name, column in zip(foreign_key.parent_columns, columns, strict=True)
            )
            present = " and ".join(f"{column} is not null" for column in columns)
            column = foreign_key.columns[-1]
            removed += _quarantine(
                connection,
                run,
                target,
                maps[target.name],
                f"select t.ctid as at, {value} as key"
                f" from {target_name(target)} as t where {present} and not exists"
                f" (select from {target_name(parents[foreign_key.parent])} as p where {equal})",
                reason=text_sql(
                    f"{column} leads to no loaded row of "
                    f"{'the same table' if is_own else foreign_key.parent}"
                ),
                plan=plan,
            )
        if not removed:
            return
    names = ", ".join(parents)
    raise UnifyError(f"rows of {names} point at each other over more than {_ROUNDS_MAX} rows")


def _quarantine(
    connection: Connection,
    run: Run,
    target: TargetTable,
    maps: Sequence[LegacyMap],
    query: str,
    *,
    reason: str,
    plan: Plan,
) -> int:
    """Take rows out of the target and the maps, with whatever was merged into them."""
    value, column = map_key(target, new_key(target, plan), "t")
    connection.execute("drop table if exists pg_temp.unify_removed")
    connection.execute(f"create temporary table unify_removed as {query}")
    removed = connection.execute(
        f"delete from {target_name(target)} as t using pg_temp.unify_removed as r"
        f" where t.ctid = r.at and {value} = r.key"
    ).rowcount
    for found in maps:
        connection.execute(
            f"with d as (delete from unify.{found.partition} as m using pg_temp.unify_removed as r"
            f" where m.{column} = r.key returning m.old_id)"
            " insert into unify.quarantine"
            " (run_id, source_table, key, column_name, reason, original)"
            f" select distinct {run.id}, %s, old_id, null, {reason}, '{{}}'::jsonb from d",
            (found.source_table,),
        )
    connection.execute("drop table pg_temp.unify_removed")
    return removed


def primary_key(connection: Connection, select: Select) -> tuple[str, ...]:
    """The primary key of a further target table.

    Raises ConfigError when there is no such table, or it has no primary key.
    """
    name = f"{name_sql(select.target_schema)}.{name_sql(select.target_table)}"
    rows = connection.execute(
        "select a.attname::text from pg_index i join pg_attribute a"
        " on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
        " where i.indrelid = to_regclass(%s) and i.indisprimary"
        " order by array_position(i.indkey::int2[], a.attnum)",
        (name,),
    ).fetchall()
    if not rows:
        raise ConfigError(
            f"{select.file}: `-- also {select.target_schema}.{select.target_table}` is no table of "
            "the target with a primary key; without one its rows could not be taken back"
        )
    return tuple(row[0] for row in rows)


def describe_also(
    connection: Connection, text: str, select: Select, *, place: str, key: tuple[str, ...]
) -> list[str]:
    """The columns that an `-- also` select gives, `_key` left out; its table's key among them."""
    table = f"{name_sql(select.target_schema)}.{name_sql(select.target_table)}"
    try:
        with connection.transaction():
            cursor = connection.execute(f"select * from (\n{text}\n) as x limit 0")
            given = [column.name for column in cursor.description or ()]
            columns = ", ".join(name_sql(name) for name in given if name != "_key")
            connection.execute(f"select {columns} from {table} limit 0")
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error)
        raise ConfigError(f"{place} is not a select that works: {said}") from None
    for name in ("_key", *key):
        if name not in given:
            raise ConfigError(f"{place} must give {name}")
    return [name for name in given if name != "_key"]
