"""Several permissive policies decide about the same rows.

## What it finds
Tables on which more than one permissive policy holds for the same role and command; a policy for
all commands, or for everybody, counts with each.

## Why it matters
They are joined with OR: the widest of them decides, and reading one of them tells little. Each is
evaluated for every row, and a merge of schemas joins even more.

## Example
One policy `for all` for members and another `for select` for everybody.

## How to mend it
Write one policy for each command, with OR inside where it is meant.

## When to ignore it
When the alternatives are meant and the table is small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import is_for_people, protected_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Policy

SEVERITY = Severity.NOTE

_COMMANDS = ("select", "insert", "update", "delete")


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each table."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table in protected_tables(database):
        policies = [p for p in table.policies if p.is_permissive and is_for_people(p, database)]
        commands = [command for command in _COMMANDS if _meet(policies, command)]
        if commands:
            yield Fault(
                f"{counted(len(policies), 'policy')} of {table.name} are joined with OR, for "
                f"{listed(commands)}",
                shown=f"permissive policies: {listed(policy.name for policy in policies)}",
                relation=table.name,
                fix="write one permissive policy for each command",
            )


def _meet(policies: list[Policy], command: str) -> bool:
    """Whether two of them hold for that command and for one role."""
    holding = [policy for policy in policies if policy.command in {command, "all"}]
    return any(
        not {"public"}.isdisjoint((*one.roles, *other.roles))
        or not set(one.roles).isdisjoint(other.roles)
        for position, one in enumerate(holding)
        for other in holding[position + 1 :]
    )
