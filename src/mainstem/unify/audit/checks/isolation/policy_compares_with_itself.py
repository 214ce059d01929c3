"""A policy compares a column with itself, which is always true.

## What it finds
Policies with `x = x`, mostly inside of a sub-select, where a name without its table means the
inner table's column and not the row's.

## Why it matters
`where m.team_id = team_id` reads as if it bound the sub-select to the row. If `m` has a column of
that name, both sides are `m.team_id`: whoever is a member of any team passes for every row.

## Example
`using (exists (select 1 from member m where m.team_id = team_id and m.user_id = auth.uid()))` on a
table `note`.

## How to mend it
Name the row's table: `m.team_id = note.team_id`.

## When to ignore it
Never; a comparison that is meant to be true says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs, policy_made
from mainstem.unify.audit.expressions import names, nodes, parse_expression, same
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import expressions, policies_for_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.expressions import Node
    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each policy with such a comparison."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table, policy in policies_for_people(database):
        columns = (_compared_with_itself(parse_expression(text)) for text in expressions(policy))
        column = next((name for name in columns if name is not None), None)
        if column is not None:
            yield Fault(
                f'policy "{policy.name}" on {table} compares {column} with itself',
                shown=f'policy "{policy.name}": {expressions(policy)[0]}',
                relation=table,
                fix=f"name the row's table: {table.name}.{column.rpartition('.')[2]}",
                made_by=policy_made(table, policy),
            )


def _compared_with_itself(tree: Node) -> str | None:
    for kind, fields in nodes(tree):
        if kind != "A_Expr" or names(fields["name"])[-1:] != ("=",):
            continue
        left, right = fields.get("lexpr", {}), fields.get("rexpr", {})
        if "ColumnRef" in left and same(left, right):
            return ".".join(names(left["ColumnRef"]["fields"]))
    return None
