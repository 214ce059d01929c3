"""Primary keys of several columns of which one alone tells the rows apart.

Where tenants share tables, keys often begin with the tenant: `(agency_id, id)`. Rows are then known
by `id`, and other tables point at it. One column is enough where an index says that its values are
unique, or where it is an `id` that is unique by the way it is made (a uuid, a counter) and no two
rows have the same. The latter can change: it is looked at in each snapshot that is read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mainstem.errors import SourceError
from mainstem.kit.naming import column_meaning
from mainstem.unify.catalog.model import Catalog
from mainstem.unify.catalog.secrets import holds_secret
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mainstem.unify.catalog.model import Table
    from mainstem.unify.catalog.postgres_source import PostgresSource


def narrow(catalog: Catalog, is_unique: Callable[[Table, str], bool]) -> Catalog:
    """The catalog with each key narrowed to the column that is enough, where there is one.

    `is_unique` looks whether no two rows of a table have the same value of a column.
    """
    return Catalog(
        tuple(_narrowed(table, is_unique) for table in catalog.tables), catalog.not_carried
    )


def narrow_as(
    catalog: Catalog, keys: Mapping[str, tuple[str, ...]], source: PostgresSource
) -> Catalog:
    """The catalog with the keys that a plan takes, by table.

    Raises SourceError where two rows have come to be that the plan's key does not tell apart.
    """
    return Catalog(
        tuple(_as_planned(table, keys.get(table.name, ()), source) for table in catalog.tables),
        catalog.not_carried,
    )


def has_unique_values(source: PostgresSource, table: Table, column: str) -> bool:
    """Whether no two rows of a source's table have the same value of a column."""
    return _twice(source, table, column) is None


def _narrowed(table: Table, is_unique: Callable[[Table, str], bool]) -> Table:
    if len(table.primary_key) < 2:  # noqa: PLR2004 -- a key of several columns
        return table
    declared = [name for name in table.primary_key if name in _indexed(table)]
    if len(declared) == 1:
        return with_key(table, declared[0])
    made = [name for name in table.primary_key if _is_made_unique(table, name)]
    if len(made) == 1 and is_unique(table, made[0]):
        return with_key(table, made[0])
    return table


def with_key(table: Table, column: str) -> Table:
    """The table with one column of its key as the whole of it."""
    return replace(table, primary_key=(column,), declared_key=table.primary_key)


def _as_planned(table: Table, key: tuple[str, ...], source: PostgresSource) -> Table:
    is_narrower = len(key) == 1 < len(table.primary_key) and key[0] in table.primary_key
    if not is_narrower:
        return table
    if key[0] not in _indexed(table):
        twice = _twice(source, table, key[0])
        if twice is not None:
            shown = "" if holds_secret(table, key[0]) else f" {twice}"
            raise SourceError(
                f"two rows of {table.name} have the same {key[0]}{shown}, by which alone the plan "
                f"tells them apart ({', '.join(table.primary_key)} is the key); give one of them "
                "another, or run `mainstem unify plan` again"
            )
    return with_key(table, key[0])


def _indexed(table: Table) -> set[str]:
    """The columns whose values a unique index keeps apart, each alone."""
    return {
        index.parts[0].expression.strip('"')
        for index in table.indexes
        if index.is_unique
        and len(index.parts) == 1
        and index.parts[0].is_column
        and index.predicate is None
    }


def _is_made_unique(table: Table, column: str) -> bool:
    is_id = column_meaning(column) == "id"
    return is_id and (table.column(column).declared_type == "uuid" or table.counter == column)


def _twice(source: PostgresSource, table: Table, column: str) -> str | None:
    """A value that two rows have; None where there is none."""
    name = name_sql(column)
    query = (
        f"select {name}::text from {source.table_sql(table.name)} group by {name}"
        " having count(*) > 1 limit 1"
    )
    with source.reading() as connection:
        row = connection.execute(query.encode()).fetchone()
    return str(row[0]) if row is not None else None
