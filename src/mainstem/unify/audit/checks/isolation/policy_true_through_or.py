"""A policy is always true because one side of an OR is.

## What it finds
Policies such as `tenant_id = mine() or true`, in which one alternative does not depend on the row:
a constant, that somebody is signed in, that the caller has no identity (`auth.uid() is null`), or
that a setting is missing.

## Why it matters
The condition that was meant stands there and reads well, and the other side cancels it. An
alternative for callers without identity is the worst of them: a stranger gets more than a member.

## Example
`using (agency_id = app.agency_id() or auth.role() = 'authenticated')`

## How to mend it
Drop the alternative, or join it with AND to something about the row (`is_public and ...`). What the
server does for everybody belongs to a role that policies do not hold, not into the policy.

## When to ignore it
When all rows are meant for everybody; then say `true` and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs, policy_made
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import expressions, never_null, policies_for_people
from mainstem.unify.audit.width import Width, wide_alternative, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each clause that an alternative makes true."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    for table, policy in policies_for_people(database):
        not_null = never_null(database, table)
        for text in expressions(policy):
            alternative = wide_alternative(text, not_null=not_null)
            if alternative is None:
                continue
            is_open = width_of(alternative, not_null=not_null) is Width.EVERYBODY
            who = "everybody" if is_open else "everybody who has signed in"
            yield Fault(
                f'policy "{policy.name}" on {table} is true for {who} through an OR',
                shown=f'policy "{policy.name}" for {policy.command}: {text}',
                relation=table,
                fix="drop the alternative that does not depend on the row",
                made_by=policy_made(table, policy),
            )
            break  # the check mostly repeats what USING says
