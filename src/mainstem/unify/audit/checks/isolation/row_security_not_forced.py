"""Row-level security is not forced, so that it does not hold for the table's owner.

## What it finds
Tables with policies whose owner passes them. It is a warning where the database has no roles of a
platform, since the application then most often connects as the owner; a note elsewhere.

## Why it matters
`enable row level security` holds for every role but the owner and those with BYPASSRLS. An
application that connects as the role which ran the migrations sees every tenant's rows, and every
test of isolation that does the same passes.

## Example
The migrations and the application both use the role of `DATABASE_URL`.

## How to mend it
`alter table t force row level security;`, and let the application connect as a role that owns
nothing.

## When to ignore it
When the application never connects as the owner, as on a platform whose data API switches to
`anon` and `authenticated`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import has_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table, or one for all of a platform's database."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    open_tables = [
        table
        for table in database.tables
        if table.is_row_security_on and table.policies and not table.is_row_security_forced
    ]
    if open_tables and has_clients(database):
        names = listed(table.name for table in open_tables)
        yield Fault(
            f"policies do not hold for the owner of {counted(len(open_tables), 'table')}: {names}",
            shown="row-level security is enabled and not forced",
            severity=Severity.NOTE,
            fix="alter table ... force row level security, where the application is the owner",
        )
        return
    for table in open_tables:
        yield Fault(
            f"policies on {table.name} do not hold for its owner",
            shown=f"{table.name}: row-level security enabled, not forced",
            relation=table.name,
            fix=f"alter table {as_sql(table.name)} force row level security",
        )
