"""A policy asks for every row who is calling.

## What it finds
Policies that call `auth.uid()`, `auth.jwt()`, `auth.role()` or `auth.email()` outside of a
sub-select.

## Why it matters
The functions parse the token again for each row that is looked at; on a large table that is most of
the time of a query. `(select auth.uid())` is evaluated once.

## Example
`using (user_id = auth.uid())`

## How to mend it
`using (user_id = (select auth.uid()))`

## When to ignore it
When an index finds the rows first, so that few are looked at; or on an engine that refuses
sub-selects in policies (Citus).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mainstem.kit.wording import counted
from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.expressions import calls, outside_of_selects, parse_expression
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import expressions, policies_for_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, ObjectName, Policy

SEVERITY = Severity.NOTE

_CALLER = frozenset({("auth", name) for name in ("uid", "jwt", "role", "email")})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table with such policies."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    asking: dict[ObjectName, list[Policy]] = defaultdict(list)
    for table, policy in policies_for_people(database):
        if any(_asks_for_each_row(text) for text in expressions(policy)):
            asking[table].append(policy)
    for table, policies in asking.items():
        yield Fault(
            f"{counted(len(policies), 'policy')} of {table} ask for every row who is calling",
            shown=f'policy "{policies[0].name}": {expressions(policies[0])[0]}',
            relation=table,
            fix="write (select auth.uid()) instead of auth.uid()",
        )


def _asks_for_each_row(expression: str) -> bool:
    called = calls(list(outside_of_selects(parse_expression(expression))))
    return not _CALLER.isdisjoint(called)
