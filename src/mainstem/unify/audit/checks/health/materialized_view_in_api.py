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

from mainstem.unify.audit.catalogs import in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.unguarded import unguarded
from mainstem.unify.catalog.database import RelationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each materialized view within reach."""
    return in_catalogs(
        subject, lambda database: unguarded(database, RelationKind.MATERIALIZED_VIEW)
    )
