"""Which source columns point at rows of which source tables: declared, or known by their names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean, referenced_name, same_table
from mainstem.unify.catalog.secrets import has_secret_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mainstem.unify.catalog.model import Catalog, ForeignKey, Table
    from mainstem.unify.plan.config import TableConfig


@dataclass(frozen=True)
class SourceReference:
    """One column that names rows of a table, by that table's key or another unique column."""

    column: str
    table: str
    #: None: the key
    parent_column: str | None
    is_declared: bool


def find_references(
    table: Table, catalog: Catalog, config: TableConfig, everywhere: Mapping[str, str]
) -> list[SourceReference]:
    """Every reference of a source table to another or to itself; one for each column.

    `everywhere` says what columns of a name point at, in whatever table they are.

    Raises ConfigError when the config names a table that is not there.
    """
    found: dict[str, SourceReference] = {
        one.column: one
        for key in table.foreign_keys
        if _has_table(catalog, key.parent)
        for one in _declared(key, catalog.table(key.parent))
    }
    for column in table.columns:
        named = config.columns.get(column.name)
        if named is not None and named.references is not None:
            found[column.name] = _configured(column.name, named.references, catalog)
        elif column.name in everywhere and table.primary_key != (column.name,):
            found[column.name] = _configured(column.name, everywhere[column.name], catalog)
        elif column.name not in found:
            guess = _guess(column.name, table, catalog)
            if guess is not None:
                found[column.name] = guess
    return [
        replace(one, parent_column=one.parent_column or naming_column(catalog.table(one.table)))
        for one in found.values()
    ]


def _declared(key: ForeignKey, parent: Table) -> Iterator[SourceReference]:
    """What a foreign key says; of several columns that one which names the parent's key."""
    if len(key.columns) == 1:
        parent_column = key.parent_columns[0] if key.parent_columns else None
        is_key = parent_column is None or parent.primary_key == (parent_column,)
        yield SourceReference(
            key.columns[0], key.parent, None if is_key else parent_column, is_declared=True
        )
        return
    named = key.parent_columns or parent.declared_key
    for column, parent_column in zip(key.columns, named, strict=False):
        if parent.primary_key == (parent_column,):
            yield SourceReference(column, key.parent, None, is_declared=True)


def naming_column(parent: Table) -> str | None:
    """The key's column where the key is a secret, so that maps do not have it; else None."""
    is_named = len(parent.primary_key) == 1 and has_secret_key(parent)
    return parent.primary_key[0] if is_named else None


def _configured(column: str, references: str, catalog: Catalog) -> SourceReference:
    """`references = "table"`, or `"table.column"` for another unique column than the key."""
    name, _, parent_column = references.partition(".")
    if not _has_table(catalog, name):
        tables = [table.name for table in catalog.tables]
        raise ConfigError(
            f"column {column} references table {name}, which the source does not have"
            + did_you_mean(name, tables)
        )
    return SourceReference(column, name, parent_column or None, is_declared=True)


def _guess(column: str, table: Table, catalog: Catalog) -> SourceReference | None:
    """`campaign_id` names the key of a table `campaigns`."""
    stem = referenced_name(column)
    if stem is None or table.primary_key == (column,):
        return None
    for parent in catalog.tables:
        if same_table(parent.name, stem) and len(parent.primary_key) <= 1:
            return SourceReference(column, parent.name, None, is_declared=False)
    return None


def _has_table(catalog: Catalog, name: str) -> bool:
    return any(table.name == name for table in catalog.tables)
