"""A foreign key has no index, so that deleting a parent reads the whole table.

## What it finds
Foreign keys whose columns do not lead a valid index. An index for rows where the column is not null
counts, and one in which only the tenant's key stands before them.

## Why it matters
Each delete or key change of a parent row looks for its children, and each join starts from them.
Without an index that is a scan of the child's table, under locks; removing one tenant, or undoing a
merge, then takes hours instead of minutes.

## Example
`invoice (client_id uuid references client (id))`, and no index on `client_id`.

## How to mend it
`create index concurrently on invoice (client_id);`

## When to ignore it
For small tables whose parents are never deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.expressions import only, own_columns, parse_expression
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.tenancy import tenant_column
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Constraint, Database, Relation, RelationIndex

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table with such foreign keys."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    tenant = tenant_column(database)
    for table in database.tables:
        bare = [key for key in table.foreign_keys if not _is_indexed(table, key, tenant)]
        if bare:
            columns = listed(", ".join(key.columns) for key in bare)
            yield Fault(
                f"{counted(len(bare), 'foreign key')} of {table.name} without an index: {columns}",
                shown=f"{table.name}: {bare[0].definition}",
                relation=table.name,
                column=bare[0].columns[0] if len(bare) == 1 and len(bare[0].columns) == 1 else None,
                fix=f"create index concurrently on {as_sql(table.name)} "
                f"({', '.join(map(name_sql, bare[0].columns))})",
            )


def _is_indexed(table: Relation, key: Constraint, tenant: str | None) -> bool:
    wanted = set(key.columns)
    return any(
        index.is_valid
        and wanted in (set(index.parts[: len(wanted)]), _after_tenant(index, len(wanted), tenant))
        and (index.predicate is None or _is_all_but_nulls(index.predicate, key))
        for index in table.indexes
    )


def _is_all_but_nulls(predicate: str, key: Constraint) -> bool:
    """Whether the index leaves out only rows without a parent."""
    kind, fields = only(parse_expression(predicate))
    is_test = kind == "NullTest" and fields["nulltesttype"] == "IS_NOT_NULL"
    return is_test and not own_columns(fields["arg"]).isdisjoint(key.columns)


def _after_tenant(index: RelationIndex, count: int, tenant: str | None) -> set[str]:
    """The columns behind the tenant's key, where an index begins with it."""
    return set(index.parts[1 : count + 1]) if index.parts[:1] == (tenant,) else set()
