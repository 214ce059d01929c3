"""A policy looks into other tables for each query.

## What it finds
Tables whose policies contain a sub-select from another table, with the tables that they read.

## Why it matters
The other table's own policies apply inside of the sub-select: when they change, access here changes
with them, and when they read back it is an infinite recursion. PostgreSQL plans the sub-select into
every query, and engines that distribute tables (Citus) refuse such a policy.

## Example
`using (team_id in (select team_id from member where user_id = auth.uid()))`

## How to mend it
Put what the policy needs into the claims of the token, or keep the tenant's key on each row. A
sub-select that must stay should read an indexed column, once (`in (select ...)` without a reference
to the row) instead of for every row.

## When to ignore it
When the tables are small and stay on one server; it is a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.expressions import parse_expression, relations_read
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import expressions, is_for_people, protected_tables
from mainstem.unify.catalog.database import ObjectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Policy

SEVERITY = Severity.NOTE


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table whose policies read others."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in protected_tables(database):
        reading = {
            policy.name: _others(policy, table.name)
            for policy in table.policies
            if is_for_people(policy, database) and _others(policy, table.name)
        }
        if reading:
            others = sorted(frozenset[ObjectName]().union(*reading.values()))
            yield Fault(
                f"policies on {table.name} read {listed(others)} for each query",
                shown=f"{counted(len(reading), 'policy')} with a sub-select: {listed(reading)}",
                relation=table.name,
                fix="take what the policies need from the claims, or from columns of the row",
            )


def _others(policy: Policy, table: ObjectName) -> frozenset[ObjectName]:
    found = {
        ObjectName(*name)
        for text in expressions(policy)
        for name in relations_read(parse_expression(text))
    }
    return frozenset(found - {table})
