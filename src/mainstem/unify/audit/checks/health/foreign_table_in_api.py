"""People can read a foreign table, which no policy can guard.

## What it finds
Foreign tables of a served schema that `anon`, `authenticated` or everybody may read.

## Why it matters
A foreign table reads another server with the rights of its user mapping, and policies cannot be put
on it: whoever may read it reads all that the mapping may.

## Example
`create foreign table stripe_customer (...) server stripe;` in `public`.

## How to mend it
Revoke its grants, or move it out of the served schemas, and read it through a function that filters
by the caller.

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
    """Yield one finding for each foreign table within reach."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for relation in database.relations:
        held = granted(relation)
        is_served = relation.name.schema in database.exposed_schemas
        if relation.kind is RelationKind.FOREIGN_TABLE and is_served and held:
            who = " and ".join(sorted(held))
            yield Fault(
                f"{who} may read foreign table {relation.name}, and no policy can guard it",
                shown=f"foreign table {relation.name}, readable by {who}",
                relation=relation.name,
                fix=f"revoke all on {relation.name} from {', '.join(sorted(held))}",
            )
