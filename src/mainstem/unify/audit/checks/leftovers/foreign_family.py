"""Tables that have nothing to do with the rest of the schema.

## What it finds
Groups of two tables or more that no foreign key, no key column, no code, no view or function, and
no word of their names joins to the main body of their schema, and that no code of the product uses.
The main body must be five tables or more, and at least half of all. Another schema is no accident,
and is not judged.

## Why it matters
They come from another product: a template, an experiment, a script that was pointed at the wrong
project. They follow none of the schema's rules, and nobody will miss them.

## Example
`recipe` and `ingredient` beside fifty tables of invoices, suppliers and deliveries.

## How to mend it
Find out which product they belong to and whether it still writes to them (the evidence says when
the last row came), then move or drop them.

## When to ignore it
When a program whose code was not given uses them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.families import families
from mainstem.unify.audit.knowledge import Knowledge
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.usage import usage_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, ObjectName

SEVERITY = Severity.WARNING

_BODY_MIN = 5
_FAMILY_MIN = 2


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each family, and one for all tables that stand alone."""
    found: dict[tuple[ObjectName, ...], Found] = {}
    usages = usage_by_name(subject)
    for database in subject.catalogs:
        body, *others = families(database, usages) or [[]]
        count = len(body) + sum(map(len, others))
        if len(body) < _BODY_MIN or 2 * len(body) < count:
            continue
        knowledge = Knowledge(subject, database)
        ((schema, _),) = Counter(name.schema for name in body).most_common(1)
        idle = [f for f in others if not any(_is_used(knowledge, name) for name in f)]
        idle = [f for f in idle if all(name.schema == schema for name in f)]
        alone = [name for family in idle if len(family) == 1 for name in family]
        for family in (*(family for family in idle if len(family) > 1), alone):
            if len(family) >= _FAMILY_MIN:
                found[tuple(family)] = _found(knowledge, database, family, len(body))
    yield from found.values()


def _is_used(knowledge: Knowledge, name: ObjectName) -> bool:
    return name.name.lower() in knowledge.in_product


def _found(
    knowledge: Knowledge, database: Database, family: list[ObjectName], body_count: int
) -> Found:
    use = ", and no code uses them" if knowledge.reads_code else ""
    return Found(
        message=(
            f"{listed(family, most=evidence.PLACES_MAX)} have nothing to do with the other "
            f"{counted(body_count, 'table')}{use}"
        ),
        table=str(family[0]),
        evidence=tuple(
            evidence.of_relation(knowledge.subject, database, database.by_name[name])
            for name in family[: evidence.PLACES_MAX]
        ),
        fix="find out which product they belong to, then move or drop them",
        severity=None if knowledge.reads_code else Severity.NOTE,
    )
