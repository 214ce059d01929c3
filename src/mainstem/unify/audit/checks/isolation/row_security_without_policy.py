"""Row-level security is on and no policy lets anybody in.

## What it finds
Tables with row-level security and without any permissive policy, which are granted to people.

## Why it matters
Every query of the application returns nothing and every insert fails, without a word about why;
somebody then turns row-level security off instead of writing the policy. It is also how a table is
closed on purpose, so this is a note.

## Example
`alter table audit_log enable row level security;`, and no `create policy`.

## How to mend it
Write the policy; or, where only the server's own role may reach the table, revoke the grants of
`anon` and `authenticated` as well, so that the intention is visible.

## When to ignore it
When the table is closed on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import exposed_tables, granted, has_clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table that is closed to everybody."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in exposed_tables(database):
        is_closed = not any(policy.is_permissive for policy in table.policies)
        is_revoked = has_clients(database) and not granted(table)
        if table.is_row_security_on and is_closed and not is_revoked:
            has_restrictive = " but a restrictive one" if table.policies else ""
            yield Fault(
                f"{table.name} has row-level security and no policy{has_restrictive}: "
                "nobody who is held by policies sees or writes a row",
                shown=f"{table.name}: row-level security on, no permissive policy",
                relation=table.name,
                fix="add a policy, or revoke the grants where it is closed on purpose",
            )
