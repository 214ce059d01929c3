"""The column that says whom a row belongs to may be null.

## What it finds
Tables whose tenant's key is nullable. The key is the column that most tables have, that policies
read and that refers to the table of organisations (or of people, where there are none).

## Why it matters
A row without tenant is invisible to everybody under `key = mine()`, or visible to all under
`key is null or ...`; no unique constraint that begins with the key holds for it, and a merge cannot
tell where it goes.

## Example
`agency_id uuid references agency (id)`

## How to mend it
Fill the rows that lack it, then `alter table t alter column agency_id set not null`. Rows that all
tenants share belong into a table of their own.

## When to ignore it
When rows without tenant are shared on purpose and a policy says so, when rows outlive their owner
(`on delete set null`) or may belong to a person alone, or when the table is the server's own:
nobody else may read it, or it stands in another schema than the tenants' tables. It is a note then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, alter_column, in_catalogs
from mainstem.unify.audit.expressions import names, nodes, parse_expression
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import expressions, granted, has_clients
from mainstem.unify.audit.tenancy import has_person, tenancy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, ObjectName, Relation

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table with such a key."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    tenant = tenancy(database)
    if tenant is None:
        return
    for table in database.tables:
        column = table.column(tenant.column)
        if column is None or not column.is_nullable:
            continue
        said, is_meant = _judged(
            database, table, column.name, root=tenant.root, is_person=tenant.is_person
        )
        yield Fault(
            f"{table.name}.{column.name} may be null: {said}",
            shown=f"{table.name}.{column.name} {column.type}, nullable ({tenant.evidence})",
            relation=table.name,
            column=column.name,
            severity=Severity.NOTE if is_meant else None,
            fix=alter_column(table.name, column.name, "set not null"),
        )


def _judged(
    database: Database, table: Relation, column: str, *, root: ObjectName | None, is_person: bool
) -> tuple[str, bool]:
    """What becomes of rows without the key, and whether that is meant."""
    if _is_null_read(table, column):
        return "its policies say who sees such rows", True
    is_apart = root is not None and root.schema not in {table.name.schema, "auth"}
    if is_apart or (has_clients(database) and not granted(table)):
        return "such rows are the server's own", True
    if not is_person and has_person(table):
        return "such rows may belong to a person alone", True
    if any(key.columns == (column,) and key.on_delete == "set null" for key in table.foreign_keys):
        return "rows outlive their owner", True
    return "such rows belong to nobody", False


def _is_null_read(table: Relation, column: str) -> bool:
    """Whether a policy says what holds for rows without the key."""
    return any(
        kind == "NullTest"
        and "ColumnRef" in fields["arg"]
        and names(fields["arg"]["ColumnRef"]["fields"])[-1:] == (column,)
        for policy in table.policies
        for text in expressions(policy)
        for kind, fields in nodes(parse_expression(text))
    )
