"""What a database holds, in few numbers: rows of each table and an order-independent checksum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

#: a row's text must not hang on anyone's settings, and nothing may be filtered in silence
PINNED = (
    "set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres'; "
    "set local timezone = 'UTC'; set local extra_float_digits = 1; "
    "set local bytea_output = 'hex'; set local lc_monetary = 'C'; "
    "set local search_path = ''; set local row_security = off; set local statement_timeout = 0"
)
#: Schemas of the system, of extensions, and of others (Supabase's own, say) are not ours to copy.
#: The two that the migrations fill are, whoever asks: one who may not read them gets an error.
SCHEMAS = """
select nspname, nspname in ('app', 'public') or pg_has_role(nspowner, 'USAGE')
from pg_catalog.pg_namespace as n
where nspname !~ '^pg_' and nspname <> 'information_schema'
  and not exists (select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_namespace'::regclass and d.objid = n.oid
                    and d.deptype = 'e')
order by 1
"""
TABLES = """
select n.nspname, c.relname, c.relkind = 'p'
from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname = any (%s)
  and not exists (select from pg_catalog.pg_depend as d
                  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                    and d.deptype = 'e')
order by 1, 2
"""


@dataclass(frozen=True)
class Fingerprint:
    """One table; a partitioned one stands for its partitions.

    `checksum` is the sum over all rows of a 64-bit hash of the row's text: equal for the same rows
    in any order, and different when a row is changed, lost or doubled.
    """

    schema: str
    table: str
    rows: int
    checksum: str

    @property
    def name(self) -> str:
        """The table with its schema."""
        return f"{self.schema}.{self.table}"


def pin(connection: psycopg.Connection[TupleRow]) -> None:
    """Make this transaction read rows as every other one would."""
    connection.execute(PINNED)


def schemas(connection: psycopg.Connection[TupleRow]) -> tuple[list[str], list[str]]:
    """Return the schemas that are ours, and those that belong to roles that we are not."""
    rows = connection.execute(SCHEMAS).fetchall()
    ours = [name for name, is_ours in rows if is_ours]
    return ours, [name for name, is_ours in rows if not is_ours]


def fingerprints(
    connection: psycopg.Connection[TupleRow], of_schemas: Sequence[str]
) -> list[Fingerprint]:
    """Return every table's fingerprint, in the transaction that is open and pinned."""
    tables = connection.execute(TABLES, (list(of_schemas),)).fetchall()
    return [_fingerprint(connection, *table) for table in tables]


def _fingerprint(
    connection: psycopg.Connection[TupleRow],
    schema: str,
    table: str,
    is_partitioned: bool,  # noqa: FBT001 - a column of the row above
) -> Fingerprint:
    statement = sql.SQL(
        "select count(*),"
        """ coalesce(sum(hashtextextended((x.*)::text collate "C", 0)), 0)::text from {}{} as x"""
    ).format(sql.SQL("" if is_partitioned else "only "), sql.Identifier(schema, table))
    row = connection.execute(statement).fetchone()
    assert row is not None, "an aggregate has one row"
    return Fingerprint(schema, table, *row)
