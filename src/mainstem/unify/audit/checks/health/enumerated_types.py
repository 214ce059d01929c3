"""Enumerations are types of their own, which a merge cannot join.

## What it finds
All enum types of the database, together.

## Why it matters
Values of an enum can be added, but not removed or reordered, and not added and used in one
transaction. Two databases with the same enum and other labels cannot share a column until every
value is cast to text.

## Example
`create type status as enum ('draft', 'sent');`

## How to mend it
`status text not null check (status in ('draft', 'sent'))` for new columns.

## When to ignore it
When the labels never change and nothing is merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for all enum types."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    names = [enumeration.name for enumeration in database.enumerations]
    if names:
        yield Fault(
            f"{counted(len(names), 'enum type')}: {listed(names)}",
            shown=f"{names[0]}: {listed(database.enumerations[0].labels)}",
            fix="use text with a check for new columns",
            made_by=(ObjectKind.TYPE, names[0]),
        )
