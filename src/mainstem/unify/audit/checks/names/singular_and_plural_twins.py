"""Two names of tables differ in number or spelling only.

## What it finds
Pairs such as `invoice` and `invoices`, or `orderLine` and `order_line`, in one schema: both
exist, or code of the product uses both and one exists.

## Why it matters
Each is right to somebody. Rows are written to one and read from the other, and nothing fails. After
a renaming it means that a part of the code was left behind.

## Example
`order_line` with no row and `order_lines` with 213; a third of the code uses the first.

## How to mend it
The message says which is alive, from rows, last write and use. Move what the other holds, change
the code, and drop it.

## When to ignore it
When the two are different things; then one of them deserves a better name.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.naming import singular_name
from mainstem.kit.wording import listed
from mainstem.unify.audit import evidence
from mainstem.unify.audit.life import life_of
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import made_by_code, missing_usages
from mainstem.unify.audit.provided import is_provided
from mainstem.unify.audit.usage import usage_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.life import Life
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.code.model import TableUse

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each set of twins."""
    usages = usage_by_name(subject)
    groups: dict[tuple[str, str], set[ObjectName]] = defaultdict(set)
    for name in _names(subject, usages):
        groups[name.schema, singular_name(name.name)].add(name)
    for names in groups.values():
        lives = [life_of(subject, name, usages.get(name)) for name in sorted(names)]
        exist, used = sum(one.exists for one in lives), sum(one.use_count > 0 for one in lives)
        if exist and max(exist, used) > 1:
            yield _found(subject, lives, usages)


def _names(subject: Subject, usages: dict[ObjectName, Usage]) -> set[ObjectName]:
    """Tables of all catalogs, and what product code uses without anything providing it."""
    names = {table.name for database in subject.catalogs for table in database.tables}
    for database in subject.catalogs:
        names |= {usage.name for usage in missing_usages(subject, database) if usage.product}
    names |= {name for name in made_by_code(subject) if name in usages and usages[name].product}
    return {name for name in names if not is_provided(name)}


def _found(subject: Subject, lives: list[Life], usages: dict[ObjectName, Usage]) -> Found:
    ranked = sorted(lives, key=lambda life: life.rank, reverse=True)
    alive, *others = ranked
    names = listed(sorted(life.name for life in ranked))
    said = "; ".join(f"{life.name} {life.said}" for life in ranked)
    uses = [use for life in others for use in _uses(usages, life.name)]
    return Found(
        message=f"{names} differ in number or spelling only: {said}",
        table=str(others[0].name),
        evidence=(
            *(
                evidence.of_relation(subject, database, database.by_name[life.name])
                for life in ranked
                for database in subject.catalogs
                if life.name in database.by_name
            ),
            *evidence.of_uses(uses),
        ),
        fix=_fix(alive, others),
    )


def _fix(alive: Life, others: list[Life]) -> str:
    names = listed(other.name for other in others)
    if any(other.exists for other in others):
        return f"keep {alive.name}: change the code that uses {names}, move its rows, and drop it"
    return f"change the code that uses {names}, or rename {alive.name} by a migration"


def _uses(usages: dict[ObjectName, Usage], name: ObjectName) -> tuple[TableUse, ...]:
    usage = usages.get(name)
    return usage.product if usage is not None else ()
