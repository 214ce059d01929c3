"""The catalog of a live PostgreSQL schema, with what a plan must know about its tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.unify.catalog.model import (
    Catalog,
    Check,
    Column,
    ForeignKey,
    Index,
    IndexPart,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

_ACTIONS = {
    "a": "NO ACTION",
    "r": "RESTRICT",
    "c": "CASCADE",
    "n": "SET NULL",
    "d": "SET DEFAULT",
}

#: the tables meant: base and partitioned tables of one schema, partitions left out, and of other
#: schemas those that are named
_TABLES = """
select c.oid, c.relname, n.nspname, c.relkind = 'p', c.relrowsecurity, c.relforcerowsecurity,
       (select count(*) from pg_catalog.pg_policy p where p.polrelid = c.oid)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where (n.nspname = %(schema)s or n.nspname || '.' || c.relname = any(%(further)s))
  and c.relkind in ('r', 'p') and not c.relispartition
order by n.nspname <> %(schema)s, n.nspname, c.relname
"""

_COLUMNS = """
select a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull,
       case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
       case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end,
       a.attidentity, a.attnum
from pg_catalog.pg_attribute a
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = any(%s) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
"""

#: columns are numbers here: to look their names up in the server takes most of the time
_CONSTRAINTS = """
select k.conrelid, k.contype, k.conname, k.conkey, parent_schema.nspname, parent.relname, k.confkey,
       k.confdeltype, k.confupdtype, k.condeferred,
       case when k.contype = 'c' then pg_get_expr(k.conbin, k.conrelid) end,
       k.confrelid
from pg_catalog.pg_constraint k
left join pg_catalog.pg_class parent on parent.oid = k.confrelid
left join pg_catalog.pg_namespace parent_schema on parent_schema.oid = parent.relnamespace
where k.conrelid = any(%s) and k.contype in ('p', 'f', 'c') and k.conparentid = 0
order by k.conrelid, k.conname
"""

_INDEXES = """
select i.indrelid, c.relname, i.indisunique,
       exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid
               and k.conrelid = i.indrelid and k.contype = 'u'),
       pg_get_expr(i.indpred, i.indrelid),
       array(select pg_get_indexdef(i.indexrelid, n, true) from generate_series(1, i.indnkeyatts) n
             order by n),
       array(select i.indkey[n - 1] <> 0 from generate_series(1, i.indnkeyatts) n order by n)
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indrelid = any(%s) and not i.indisprimary and i.indisvalid
order by i.indrelid, c.relname
"""


@dataclass(frozen=True)
class TargetTable:
    """A table of the target, and what of it no other kind of database has.

    Its name has the schema before it (`app.credential`) where that is not the target's own.
    """

    schema: str
    table: Table
    is_partitioned: bool
    is_forcing_policies: bool
    policy_count: int
    #: identity columns: name -> whether PostgreSQL insists on its own values (GENERATED ALWAYS)
    identities: dict[str, bool] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the plan calls it."""
        return self.table.name

    @property
    def plain_name(self) -> str:
        """The table's name without its schema."""
        return self.table.name.removeprefix(f"{self.schema}.")

    def key_columns(self, tenant_column: str | None) -> tuple[str, ...]:
        """What tells rows apart once the tenant is known: the primary key without the tenant."""
        key = tuple(name for name in self.table.primary_key if name != tenant_column)
        return key or self.table.primary_key

    def has_column(self, name: str) -> bool:
        """Whether there is a column of that name."""
        return any(column.name == name for column in self.table.columns)


@dataclass(frozen=True)
class TargetCatalog:
    """The tables of one schema of a live server."""

    schema: str
    tables: Mapping[str, TargetTable]

    def as_catalog(self) -> Catalog:
        """The same in the model that all readers share."""
        return Catalog(tuple(found.table for found in self.tables.values()))


def read_target(connection: Connection, schema: str, further: Iterable[str] = ()) -> TargetCatalog:
    """Read every base and partitioned table of a schema; partitions belong to their parent.

    `further`: tables of other schemas, as `schema.table`, which is then their name. Names in
    expressions and types are qualified, whatever the connection's search_path is.
    """
    with connection.transaction():
        connection.execute("set local search_path = ''")
        return _read_target(connection, schema, sorted(further))


def _read_target(connection: Connection, schema: str, further: list[str]) -> TargetCatalog:
    named = {"schema": schema, "further": further}
    found = connection.execute(_TABLES, named).fetchall()
    oids = [row[0] for row in found]
    keys = connection.execute(_CONSTRAINTS, (oids,)).fetchall()
    parents = {row[11] for row in keys if row[1] == "f"}
    rows = connection.execute(_COLUMNS, ([*{*oids, *parents}],)).fetchall()
    names = {(row[0], row[7]): row[1] for row in rows}
    columns = _by_table(rows)
    constraints = _by_table(_named(key, names) for key in keys)
    indexes = _by_table(connection.execute(_INDEXES, (oids,)))
    tables = {
        _name(own, name, schema): TargetTable(
            schema=own,
            table=_table(
                _name(own, name, schema),
                columns=columns.get(oid, []),
                constraints=constraints.get(oid, []),
                indexes=indexes.get(oid, []),
                schema=schema,
            ),
            is_partitioned=is_partitioned,
            is_forcing_policies=bool(has_policies and is_forced),
            policy_count=policy_count,
            identities={row[1]: row[6] == "a" for row in columns.get(oid, []) if row[6]},
        )
        for oid, name, own, is_partitioned, has_policies, is_forced, policy_count in found
    }
    return TargetCatalog(schema, tables)


def read_catalog(connection: Connection, schema: str, further: Iterable[str] = ()) -> Catalog:
    """Read a live schema into the shared model, with further tables of other schemas."""
    return read_target(connection, schema, further).as_catalog()


def _name(own: str, table: str, schema: str) -> str:
    """A table's name, after its schema where that is another one."""
    return table if own == schema else f"{own}.{table}"


def _named(key: TupleRow, names: Mapping[tuple[int, int], str]) -> TupleRow:
    """A constraint with the names of its columns, and of those it points at, for their numbers."""
    own = [names[key[0], number] for number in key[3] or ()]
    parent = [names[key[11], number] for number in key[6] or ()]
    return (*key[:3], own, *key[4:6], parent, *key[7:])


def _by_table(rows: Iterable[TupleRow]) -> dict[int, list[TupleRow]]:
    found: dict[int, list[TupleRow]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def _table(
    name: str,
    *,
    columns: list[TupleRow],
    constraints: list[TupleRow],
    indexes: list[TupleRow],
    schema: str,
) -> Table:
    primary_key = next((tuple(row[3]) for row in constraints if row[1] == "p"), ())
    counters = [row[1] for row in columns if row[6] or str(row[4]).startswith("nextval(")]
    return Table(
        name=name,
        columns=tuple(_column(row) for row in columns),
        primary_key=primary_key,
        foreign_keys=tuple(_foreign_key(row, schema) for row in constraints if row[1] == "f"),
        indexes=tuple(_index(row) for row in indexes),
        checks=tuple(Check(row[10], row[2]) for row in constraints if row[1] == "c"),
        has_rowid=False,
        counter=counters[0] if counters else None,
    )


def _column(row: TupleRow) -> Column:
    _, name, type_name, is_nullable, default, generated, *_ = row
    return Column(
        name=name,
        declared_type=type_name,
        is_nullable=is_nullable,
        default=default,
        generated=generated,
    )


def _foreign_key(row: TupleRow, schema: str) -> ForeignKey:
    return ForeignKey(
        columns=tuple(row[3]),
        parent=_name(row[4], row[5], schema),
        parent_columns=tuple(row[6]),
        name=row[2],
        on_delete=_ACTIONS[row[7]],
        on_update=_ACTIONS[row[8]],
        is_deferred=row[9],
    )


def _index(row: TupleRow) -> Index:
    _, name, is_unique, is_constraint, predicate, parts, are_columns = row
    return Index(
        name=name,
        parts=tuple(
            IndexPart(expression=expression, is_column=is_column)
            for expression, is_column in zip(parts, are_columns, strict=True)
        ),
        is_unique=is_unique,
        is_constraint=is_constraint,
        predicate=predicate,
    )
