"""Row-level security is off on a table that people can reach.

## What it finds
Tables without `enable row level security`. It is an error where the platform's roles `anon` or
`authenticated` hold a privilege on the table, or where the table has a tenant's key and its
neighbours are protected; a warning where no table of the database is protected and it has a
tenant's key (all others are then one note together); a note where nobody but the owner can reach
it.

## Why it matters
The data API hands every table it serves to whoever has the public key of the project. Without
row-level security the grants are all that stands between a stranger and every tenant's rows.

## Example
`create table invoice (id uuid primary key, agency_id uuid not null)`, and no more.

## How to mend it
`alter table invoice enable row level security;` and a policy that compares the tenant's key with
the caller's. Until there is a policy nobody sees a row, which is the safe way to begin.

## When to ignore it
When the table's schema is not served and no role of people can reach it: then revoke its grants,
and the finding becomes a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import exposed_tables, granted, has_clients
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.audit.tenancy import tenancy
from mainstem.unify.catalog.database import ObjectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each open table."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    tenant = tenancy(database)
    tenant_tables = tenant.tables if tenant is not None else frozenset[ObjectName]()
    # With policies present it is another fault: policies-without-row-security.
    tables = [
        table
        for table in exposed_tables(database)
        if not (table.is_row_security_on or table.policies or is_provided(table.name))
    ]
    is_used = any(table.is_row_security_on for table in database.tables)
    if not is_used and not has_clients(database):
        others = [table for table in tables if table.name not in tenant_tables]
        tables = [table for table in tables if table.name in tenant_tables]
        yield from _unprotected(others)
    for table in tables:
        severity, why = _judged(
            table, database, has_key=table.name in tenant_tables, is_used=is_used
        )
        yield Fault(
            f"{table.name} has no row-level security: {why}",
            shown=f"{table.name}: row-level security off, {_grants(table)}",
            relation=table.name,
            severity=severity,
            fix=f"alter table {as_sql(table.name)} enable row level security; then add a policy",
        )


def _judged(
    table: Relation, database: Database, *, has_key: bool, is_used: bool
) -> tuple[Severity, str]:
    held = granted(table)
    if held:
        doers = listed(sorted(held))
        doing = listed(sorted(frozenset[str]().union(*held.values())))
        return Severity.ERROR, f"{doers} may {doing} every row"
    if has_clients(database):
        return Severity.NOTE, "only its missing grants keep people out"
    if is_used:
        said = "other tables of this database are protected, and this one is not"
        return Severity.ERROR if has_key else Severity.WARNING, said
    return Severity.WARNING, "nothing but the application's own queries keeps tenants apart"


def _unprotected(tables: list[Relation]) -> Iterator[Fault]:
    """One note for all tables without a tenant's key of a database that protects none."""
    if tables:
        names = listed(table.name for table in tables)
        yield Fault(
            f"no table has row-level security; {counted(len(tables), 'table')} without a tenant's "
            f"key: {names}",
            shown=f"row-level security off: {names}",
            severity=Severity.NOTE,
        )


def _grants(table: Relation) -> str:
    held = granted(table)
    said = (f"{role}: {', '.join(sorted(privileges))}" for role, privileges in held.items())
    return "granted to " + "; ".join(said) if held else "no grants to people"
