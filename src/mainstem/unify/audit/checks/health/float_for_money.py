"""An amount of money is kept as a floating-point number.

## What it finds
Columns named like amounts (`price`, `amount`, `cost`, `balance`, ...) of type `real`,
`double precision` or `money`.

## Why it matters
Floating-point numbers do not hold cents: sums drift, and two databases that add in another order do
not agree. `money` is read and written by the server's locale.

## Example
`price double precision`

## How to mend it
`numeric(12, 2)`, or whole cents in `bigint`.

## When to ignore it
For estimates that nobody adds up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.naming import singular, words
from mainstem.unify.audit.catalogs import Fault, alter_column, in_catalogs
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, RelationColumn

SEVERITY = Severity.WARNING

_AMOUNTS = frozenset(
    {"amount", "balance", "budget", "cost", "fee", "payout", "price", "refund", "revenue"}
    | {"salary", "subtotal", "wage"}
)
#: words that make a number of it which is no money
_OTHER = frozenset({"change", "pct", "percent", "percentage", "ratio", "rate", "score", "weight"})
_TYPES = frozenset({"real", "double precision", "money"})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such column."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in database.tables:
        for column in table.columns:
            if _is_inexact(column):
                yield Fault(
                    f"{table.name}.{column.name} is money kept as {column.type}",
                    shown=f"{table.name}.{column.name} {column.type}",
                    relation=table.name,
                    column=column.name,
                    fix=alter_column(table.name, column.name, "type numeric(12, 2)"),
                )


def _is_inexact(column: RelationColumn) -> bool:
    if column.type == "money":
        return True
    parts = {singular(word) for word in words(column.name)}
    return column.type in _TYPES and bool(parts & _AMOUNTS) and not parts & _OTHER
