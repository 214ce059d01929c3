"""People can read a materialized view, which no policy can guard.

## What it finds
Materialized views of a served schema that `anon`, `authenticated` or everybody may read.

## Why it matters
A materialized view holds copies of rows, and policies cannot be put on it: whoever may read it
reads every tenant's part.

## Example
`create materialized view revenue as select agency_id, sum(amount) from invoice group by 1;`

## How to mend it
Revoke its grants, or move it out of the served schemas, and read it through a view that filters by
the caller.

## When to ignore it
When everything in it is meant for everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import granted
from mainstem.unify.catalog.database import RelationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each materialized view within reach."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for relation in database.relations:
        held = granted(relation)
        is_served = relation.name.schema in database.exposed_schemas
        if relation.kind is RelationKind.MATERIALIZED_VIEW and is_served and held:
            who = " and ".join(sorted(held))
            yield Fault(
                f"{who} may read materialized view {relation.name}, and no policy can guard it",
                shown=f"materialized view {relation.name}, readable by {who}",
                relation=relation.name,
                fix=f"revoke all on {relation.name} from {', '.join(sorted(held))}",
            )
