"""A view reads protected tables with its owner's rights, for whoever may read the view.

## What it finds
Views without `security_invoker` that read tables with row-level security, directly or through other
views, and that roles of people may read.

## Why it matters
A view reads as its owner unless told otherwise, and the owner mostly passes all policies. One
`select * from my_view` then returns every tenant's rows, although each table is protected.

## Example
`create view open_invoice as select * from invoice where paid_at is null;`

## How to mend it
`alter view open_invoice set (security_invoker = on);` (PostgreSQL 15 and newer), or revoke the
view's grants.

## When to ignore it
When the view filters by the caller itself, or shows only what everybody may see, such as totals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import listed
from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.expressions import calls
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import granted, is_granted_to_people
from mainstem.unify.audit.view_queries import parse_view, tables_behind
from mainstem.unify.catalog.database import RelationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such view."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for view in database.relations:
        is_definer = view.kind is RelationKind.VIEW and not view.is_security_invoker
        if not is_definer or not is_granted_to_people(view, database):
            continue
        behind = [table for table in tables_behind(database, view) if table.is_row_security_on]
        if not behind:
            continue
        asks = any(call in _CALLER for call in calls(parse_view(view)))
        who = " and ".join(sorted(granted(view))) or "other roles"
        names = listed(table.name for table in behind)
        yield Fault(
            f"view {view.name} shows {who} the rows of {names} past their policies",
            shown=f"view {view.name}: no security_invoker, readable by {who}",
            relation=view.name,
            severity=Severity.WARNING if asks else None,
            fix=f"alter view {as_sql(view.name)} set (security_invoker = on)",
        )


#: a view that asks who is calling filters by itself, as far as we can see
_CALLER = frozenset({("auth", "uid"), ("auth", "jwt"), ("", "current_setting")})
