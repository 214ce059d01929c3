"""A view shows the platform's table of users to people.

## What it finds
Views and materialized views that read `auth.users` and that `anon`, `authenticated` or everybody
may read.

## Why it matters
`auth.users` holds mail addresses, phone numbers, password hashes and tokens of all users of all
tenants. It stands outside of the served schemas on purpose; the view brings it back.

## Example
`create view members as select id, email from auth.users;`

## How to mend it
Copy what the product needs into a table of profiles with a policy, filled by a trigger on sign-up,
and drop the view or its grants.

## When to ignore it
When the view is revoked from people, it is not reported; otherwise never.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.expressions import calls
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import granted
from mainstem.unify.audit.view_queries import parse_view
from mainstem.unify.catalog.database import ObjectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.ERROR

_USERS = ObjectName("auth", "users")


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such view."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for view in database.relations:
        held = granted(view)
        # As its caller a view fails on auth.users, which people may not read.
        if not view.is_view or view.is_security_invoker or not held or _USERS not in view.reads:
            continue
        is_own = ("auth", "uid") in calls(parse_view(view))
        yield Fault(
            f"{view.kind.value} {view.name} shows {' and '.join(sorted(held))} rows of auth.users",
            shown=f"{view.name} reads auth.users",
            relation=view.name,
            severity=Severity.WARNING if is_own else None,
            fix="copy what is needed into a table of profiles with a policy, and drop the view",
        )
