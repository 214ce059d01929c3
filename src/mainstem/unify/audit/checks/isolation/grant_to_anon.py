"""Strangers may write to a table, and no policy holds them back.

## What it finds
Tables on which `anon`, or everybody (`public`), holds insert, update or delete while row-level
security is off; and the same for views that can be written through.

## Why it matters
`anon` is whoever loads the site: its key stands in the page. With the grant and without row-level
security, a stranger empties the table with one request.

## Example
`grant all on feedback to anon;`

## How to mend it
Enable row-level security with a policy for exactly what strangers may do, and
`revoke insert, update, delete on feedback from anon, public;`.

## When to ignore it
When nothing in the table matters and it is emptied anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import listed
from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import granted
from mainstem.unify.audit.view_queries import is_written_through, tables_behind
from mainstem.unify.catalog.database import RelationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Relation

SEVERITY = Severity.ERROR

_STRANGERS = frozenset({"anon", "public"})
_WRITES = frozenset({"insert", "update", "delete"})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each relation that strangers may write to."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for relation in database.relations:
        if relation.name.schema not in database.exposed_schemas:
            continue
        held = granted(relation, roles=_STRANGERS)
        writes = frozenset[str]().union(*held.values()) & _WRITES
        if writes and _is_open(database, relation):
            who = " and ".join(sorted(held))
            yield Fault(
                f"{who} may {listed(sorted(writes))} in {relation.name}, and no policy holds it",
                shown=f"grant {', '.join(sorted(writes))} on {relation.name} to {who}",
                relation=relation.name,
                fix=f"revoke {', '.join(sorted(writes))} on {as_sql(relation.name)} from {who}",
            )


def _is_open(database: Database, relation: Relation) -> bool:
    if relation.is_table:
        return not relation.is_row_security_on
    if relation.kind is not RelationKind.VIEW or relation.is_security_invoker:
        return False
    # PostgreSQL writes through a view of one relation, as the view's owner.
    return is_written_through(relation) and any(
        table.is_row_security_on for table in tables_behind(database, relation)
    )
