"""A table that nothing creates seems to be another table under a second name.

## What it finds
A name that code of the product uses and that no catalog has, for which an existing table speaks:
columns that both have and few others do, keys that lead to things of one idea, words in both names
or words that often stand for one thing, a neighbour that was renamed in the same way. Code that
uses both side by side speaks against it. At least two reasons are needed.

## Why it matters
Two people, or a person and a program that writes code, named one idea twice. The half that uses the
second name has never worked, and creating the table would split the data in two.

## Example
Code writes `shop_suppliers (shop_id, supplier_id, contract_number)`; the migrations build
`store_vendors (store_id, vendor_id, contract_number)`, and no `shops` and `suppliers`.

## How to mend it
The options are ranked: use the existing table in code (the columns that it lacks are named in
`column-missing` then); or create the table because it is a thing of its own; or remove the code.

## When to ignore it
When you know that the two are different things; then `table-missing-in-migrations` remains.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.unify.audit import evidence
from mainstem.unify.audit.likeness import Ground, options, sighting
from mainstem.unify.audit.model import Found, Severity
from mainstem.unify.audit.origin import missing_usages
from mainstem.unify.audit.usage import usage_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.likeness import Option
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.audit.usage import Usage
    from mainstem.unify.catalog.database import Database, ObjectName

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each missing name that has a likely meaning."""
    for database in subject.catalogs[:1]:
        missing = [sighting(u) for u in missing_usages(subject, database) if u.product]
        found = options(missing, Ground(database, usage_by_name(subject), _lost_keys(subject)))
        for one in missing:
            likely = found.get(one.usage.name)
            if likely:
                yield _found(subject, database, one.usage, likely)


def _lost_keys(subject: Subject) -> dict[ObjectName, dict[str, ObjectName]]:
    found: dict[ObjectName, dict[str, ObjectName]] = defaultdict(dict)
    for key in subject.replay.missing_parents if subject.replay is not None else ():
        if len(key.columns) == 1:
            found[key.table][key.columns[0]] = key.parent
    return found


def _found(subject: Subject, database: Database, usage: Usage, likely: tuple[Option, ...]) -> Found:
    best = likely[0]
    return Found(
        message=(
            f"{usage.name}, which nothing creates, seems to be {best.table.name}: "
            f"{'; '.join(best.reasons)}"
        ),
        table=str(usage.name),
        evidence=(
            *evidence.of_uses(usage.product),
            *(
                evidence.of_catalog(
                    subject, database, one.table, f"{one.table.name}: {'; '.join(one.reasons)}"
                )
                for one in likely
            ),
        ),
        fix=_ranked(usage, likely),
    )


def _ranked(usage: Usage, likely: tuple[Option, ...]) -> str:
    ways = [f"use {option.table.name} in code" for option in likely]
    ways += [f"create {usage.name} if it is a thing of its own", f"remove the code {usage.where}"]
    return "; ".join(f"{rank}. {way}" for rank, way in enumerate(ways, 1))
