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
    """Yield one finding for each foreign table within reach."""
    return in_catalogs(subject, lambda database: unguarded(database, RelationKind.FOREIGN_TABLE))
