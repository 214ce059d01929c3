"""Indexes, constraints and triggers of the targets: recorded, taken off for the load, put back.

What is taken off is recorded in the same transaction, so that a killed run, or its undo, finds it.
Definitions are the server's own text (`pg_get_indexdef`, `pg_get_constraintdef`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

#: rows from which building an index anew is quicker than filling it row by row
REBUILD_ROWS_MIN = 20_000

_INDEXES = """
select i.indexrelid::regclass::text, c.relname, pg_get_indexdef(i.indexrelid), i.indisunique,
       k.conname, k.contype::text, pg_get_constraintdef(k.oid),
       obj_description(i.indexrelid, 'pg_class'), obj_description(k.oid, 'pg_constraint'),
       i.indisreplident or i.indisclustered,
       coalesce((select jsonb_object_agg(child.indrelid::regclass::text, child_name.relname)
                 from pg_catalog.pg_inherits h
                 join pg_catalog.pg_index child on child.indexrelid = h.inhrelid
                 join pg_catalog.pg_class child_name on child_name.oid = h.inhrelid
                 where h.inhparent = i.indexrelid), '{}')
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
left join pg_catalog.pg_constraint k
  on k.conindid = i.indexrelid and k.conrelid = i.indrelid and k.contype in ('p', 'u', 'x')
where i.indrelid = %s::regclass and i.indisvalid
order by c.relname
"""

#: foreign keys that leave a table or point at it; those of partitions belong to their parent
_FOREIGN_KEYS = """
select k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid),
       obj_description(k.oid, 'pg_constraint'), k.confrelid::regclass::text,
       k.conindid::regclass::text
from pg_catalog.pg_constraint k
where k.contype = 'f' and k.conparentid = 0
  and (k.conrelid = %(table)s::regclass or k.confrelid = %(table)s::regclass)
order by k.conrelid::regclass::text, k.conname
"""

_TRIGGERS = """
select t.tgname, t.tgenabled::text from pg_catalog.pg_trigger t
where t.tgrelid = %s::regclass and not t.tgisinternal and t.tgenabled <> 'D'
order by t.tgname
"""

_STATES = """
select t.tgrelid::regclass::text, t.tgname, t.tgenabled::text from pg_catalog.pg_trigger t
where t.tgrelid = any(%s::text[]::regclass[]) and t.tgname = any(%s) and not t.tgisinternal
"""

_PARTITIONS = """
select relid::regclass::text from pg_partition_tree(%s::regclass) where relid <> %s::regclass
"""

_ENABLE = {"O": "enable trigger", "R": "enable replica trigger", "A": "enable always trigger"}


@dataclass(frozen=True)
class IndexRecord:
    """An index as it was; `constraint` when a primary key or unique constraint owns it."""

    name: str
    definition: str
    is_unique: bool
    constraint: str | None = None
    constraint_definition: str | None = None
    comment: str | None = None
    constraint_comment: str | None = None
    #: partition -> the name of its part of the index
    parts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ForeignKeyRecord:
    """A foreign key as it was."""

    table: str
    name: str
    definition: str
    comment: str | None = None
    #: the table it points at
    parent: str = ""


@dataclass(frozen=True)
class TableRecord:
    """What was taken off one target table. `table` is its name as SQL."""

    table: str
    indexes: tuple[IndexRecord, ...] = ()
    foreign_keys: tuple[ForeignKeyRecord, ...] = ()
    triggers: dict[str, str] = field(default_factory=dict)
    partitions: tuple[str, ...] = ()
    #: whether the rows that it gets are so many that a pass over them takes its time
    is_large: bool = False

    @property
    def unique(self) -> tuple[IndexRecord, ...]:
        """The indexes that keep rows apart; they are put back first."""
        return tuple(index for index in self.indexes if index.is_unique)

    @property
    def plain(self) -> tuple[IndexRecord, ...]:
        """The indexes that only make reading quick."""
        return tuple(index for index in self.indexes if not index.is_unique)


def partitions_of(connection: Connection, table: str) -> tuple[str, ...]:
    """Every partition of a table, at every level."""
    return tuple(row[0] for row in connection.execute(_PARTITIONS, (table, table)))


def take_off(
    connection: Connection, table: str, *, rows: int, loaded_tables: Iterable[str]
) -> TableRecord:
    """Drop what slows a load of so many rows down, and switch triggers off; the record of it.

    Unique indexes always go: rows that break them are found and quarantined afterwards. A key that
    a table outside the load points at stays on small tables, so that the rest of the database is
    left alone.
    """
    is_large = rows >= REBUILD_ROWS_MIN
    keys = connection.execute(_FOREIGN_KEYS, {"table": table}).fetchall()
    loaded = set(loaded_tables)
    used_outside = {row[5] for row in keys if row[4] == table and row[0] not in loaded}
    indexes: list[IndexRecord] = []
    dropped: set[str] = set()
    for row in connection.execute(_INDEXES, (table,)).fetchall():
        name, is_unique, contype, is_marked = row[0], row[3], row[5], row[9]
        if contype == "x" or is_marked or not (is_large or is_unique):
            continue
        if name in used_outside and not is_large:
            continue
        dropped.add(name)
        indexes.append(IndexRecord(row[1], row[2], row[3], row[4], row[6], row[7], row[8], row[10]))
    foreign_keys = tuple(
        ForeignKeyRecord(*row[:5]) for row in keys if row[0] == table or row[5] in dropped
    )
    record = TableRecord(
        table=table,
        indexes=tuple(indexes),
        foreign_keys=foreign_keys,
        triggers=dict(connection.execute(_TRIGGERS, (table,)).fetchall()),
        partitions=partitions_of(connection, table),
        is_large=is_large,
    )
    _drop(connection, record, names=dropped)
    return record


def drop_unique(connection: Connection, table: str, name: str) -> IndexRecord | None:
    """Drop one index of a table by its name, or the constraint that owns it; None: there is none.

    Raises psycopg's DependentObjectsStillExist when a foreign key needs it.
    """
    for row in connection.execute(_INDEXES, (table,)).fetchall():
        if row[1] == name:
            found = IndexRecord(row[1], row[2], row[3], row[4], row[6], row[7], row[8], row[10])
            if found.constraint is not None:
                _drop_constraints(connection, table, [found.constraint])
            else:
                connection.execute(sql.SQL("drop index {}").format(sql.SQL(row[0])))
            return found
    return None


def _drop(connection: Connection, record: TableRecord, *, names: set[str]) -> None:
    constraints = {index.constraint for index in record.indexes if index.constraint is not None}
    _drop_keys(connection, record.foreign_keys)
    _drop_constraints(connection, record.table, sorted(constraints))
    for name in sorted(names):
        found = connection.execute("select to_regclass(%s)", (name,)).fetchone()
        if found is not None and found[0] is not None and name not in constraints:
            connection.execute(sql.SQL("drop index {}").format(sql.SQL(name)))
    switch_triggers_off(connection, record)


def take_off_foreign_keys(connection: Connection, tables: Sequence[str]) -> list[ForeignKeyRecord]:
    """Drop the foreign keys by which these tables (as SQL) point at each other or themselves."""
    found = {
        (row[0], row[1]): ForeignKeyRecord(*row[:5])
        for table in tables
        for row in connection.execute(_FOREIGN_KEYS, {"table": table}).fetchall()
        if {row[0], row[4]} <= set(tables)
    }
    _drop_keys(connection, found.values())
    return list(found.values())


def take_off_keys_by(
    connection: Connection, table: str, index: str
) -> tuple[ForeignKeyRecord, ...]:
    """Drop the foreign keys that find rows of a table by one of its unique indexes."""
    named = {row[0] for row in connection.execute(_INDEXES, (table,)) if row[1] == index}
    keys = tuple(
        ForeignKeyRecord(*row[:5])
        for row in connection.execute(_FOREIGN_KEYS, {"table": table}).fetchall()
        if row[4] == table and row[5] in named
    )
    _drop_keys(connection, keys)
    return keys


def record_triggers(connection: Connection, table: str) -> TableRecord:
    """A record of a table's triggers alone."""
    return TableRecord(
        table=table,
        triggers=dict(connection.execute(_TRIGGERS, (table,)).fetchall()),
        partitions=partitions_of(connection, table),
    )


def switch_triggers_off(connection: Connection, record: TableRecord) -> None:
    """Switch the recorded triggers off, on partitions too."""
    if record.triggers:
        off = sql.SQL("alter table only {} disable trigger user")
        tables = (record.table, *record.partitions)
        _execute_all(connection, [off.format(sql.SQL(table)) for table in tables])


def put_back_index(connection: Connection, table: str, index: IndexRecord) -> None:
    """Build one index or its constraint anew, unless it is there."""
    if index.constraint is not None:
        if not _has_constraint(connection, table, index.constraint):
            assert index.constraint_definition is not None
            _add(connection, table, {index.constraint: index.constraint_definition})
            _comment(connection, "constraint", index.constraint, index.constraint_comment, table)
    elif not _has_index(connection, table, index.name):
        # The server prints a partitioned index as its parent's part alone.
        connection.execute(index.definition.replace(" ON ONLY ", " ON ", 1))
    else:
        return
    if index.comment is not None:
        _comment(connection, "index", _beside(connection, table, index.name), index.comment)
    if index.parts:
        _name_parts(connection, table, index)


def put_back_foreign_key(connection: Connection, key: ForeignKeyRecord) -> None:
    """Add one foreign key anew, unless it is there; every row is checked.

    Raises psycopg's ForeignKeyViolation when a row points nowhere.
    """
    put_back_foreign_keys(connection, key.table, [key])


def put_back_foreign_keys(
    connection: Connection, table: str, keys: Sequence[ForeignKeyRecord]
) -> None:
    """Add foreign keys of one table anew, in one statement, those that are not there.

    Raises psycopg's ForeignKeyViolation when a row points nowhere.
    """
    there = {
        name
        for (name,) in connection.execute(
            "select conname from pg_constraint where conrelid = %s::regclass and conname = any(%s)",
            (table, [key.name for key in keys]),
        )
    }
    missing = [key for key in keys if key.name not in there]
    _add(connection, table, {key.name: key.definition for key in missing})
    for key in missing:
        _comment(connection, "constraint", key.name, key.comment, table)


def put_back_triggers(connection: Connection, record: TableRecord) -> None:
    """Switch the triggers on again as they were, on partitions made meanwhile too."""
    if not record.triggers:
        return
    tables = [record.table, *partitions_of(connection, record.table)]
    changed: dict[str, list[sql.Composed]] = {}
    for table, name, enabled in connection.execute(_STATES, (tables, list(record.triggers))):
        if enabled != record.triggers[name]:
            action = sql.SQL(_ENABLE[record.triggers[name]])
            changed.setdefault(table, []).append(action + sql.SQL(" ") + sql.Identifier(name))
    on = sql.SQL("alter table only {} {}")
    _execute_all(
        connection,
        [on.format(sql.SQL(table), sql.SQL(", ").join(names)) for table, names in changed.items()],
    )


def _execute_all(connection: Connection, statements: Sequence[sql.Composed]) -> None:
    """Send statements together: a table may have hundreds of partitions, each with a statement."""
    if statements:
        connection.execute(sql.SQL("; ").join(statements))


def _drop_keys(connection: Connection, keys: Iterable[ForeignKeyRecord]) -> None:
    names: dict[str, list[str]] = {}
    for key in keys:
        names.setdefault(key.table, []).append(key.name)
    for table, listed in names.items():
        _drop_constraints(connection, table, listed)


def _drop_constraints(connection: Connection, table: str, names: Sequence[str]) -> None:
    """Drop constraints of one table in one statement; those that are gone already are passed by."""
    drops = [sql.SQL("drop constraint if exists {}").format(sql.Identifier(n)) for n in names]
    if drops:
        connection.execute(
            sql.SQL("alter table {} {}").format(sql.SQL(table), sql.SQL(", ").join(drops))
        )


def _add(connection: Connection, table: str, definitions: Mapping[str, str]) -> None:
    """Add constraints to a table, by their names."""
    adds = [
        sql.SQL("add constraint {} {}").format(sql.Identifier(name), sql.SQL(definition))
        for name, definition in definitions.items()
    ]
    if adds:
        connection.execute(
            sql.SQL("alter table {} {}").format(sql.SQL(table), sql.SQL(", ").join(adds))
        )


def _comment(
    connection: Connection, kind: str, name: str, text: str | None, table: str | None = None
) -> None:
    if text is None:
        return
    place = sql.SQL("") if table is None else sql.SQL(" on {}").format(sql.SQL(table))
    what = sql.Identifier(name) if table is not None else sql.SQL(name)
    connection.execute(
        sql.SQL("comment on {} {}{} is {}").format(sql.SQL(kind), what, place, sql.Literal(text))
    )


def _beside(connection: Connection, table: str, name: str) -> str:
    """An index's name as SQL: it lives in the schema of its table."""
    row = connection.execute(
        "select format('%%I.%%I', n.nspname, %s::text) from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace where c.oid = %s::regclass",
        (name, table),
    ).fetchone()
    assert row is not None
    return cast("str", row[0])


def _has_constraint(connection: Connection, table: str, name: str) -> bool:
    query = "select from pg_constraint where conrelid = %s::regclass and conname = %s"
    return connection.execute(query, (table, name)).fetchone() is not None


def _has_index(connection: Connection, table: str, name: str) -> bool:
    query = (
        "select from pg_index i join pg_class c on c.oid = i.indexrelid"
        " where i.indrelid = %s::regclass and c.relname = %s"
    )
    return connection.execute(query, (table, name)).fetchone() is not None


def _name_parts(connection: Connection, table: str, index: IndexRecord) -> None:
    """Give the parts of a partitioned index the names they had."""
    rows: Sequence[TupleRow] = connection.execute(
        "select child.indrelid::regclass::text, child.indexrelid::regclass::text, c.relname"
        " from pg_inherits h join pg_index child on child.indexrelid = h.inhrelid"
        " join pg_class c on c.oid = child.indexrelid where h.inhparent = %s::regclass",
        (_beside(connection, table, index.name),),
    ).fetchall()
    for partition, part, name in rows:
        wanted = index.parts.get(partition)
        if wanted is not None and wanted != name:
            connection.execute(
                sql.SQL("alter index {} rename to {}").format(sql.SQL(part), sql.Identifier(wanted))
            )
