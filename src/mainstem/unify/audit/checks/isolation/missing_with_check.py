"""A policy lets people write rows that belong to somebody else.

## What it finds
Policies for insert, update or all commands whose check does not hold the row's owner: it is true
for everybody who has signed in, or it leaves out the tenant's key that the policy's own USING
compares. Also policies for insert without any check, which let no row in. A policy for update or
all commands without WITH CHECK is fine: PostgreSQL takes its USING expression.

## Why it matters
A tenant can then insert rows for another tenant, or move its own rows there: data appear in foreign
lists, invoices and exports, with the foreign tenant's key on them.

## Example
`create policy add on note for insert with check (true);`
`create policy edit on note for update using (agency_id = app.agency_id()) with check (true);`

## How to mend it
Say in WITH CHECK what USING says; `with check (agency_id = app.agency_id())`.

## When to ignore it
When strangers are meant to write and the key is set by a trigger; a form for contacts, say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs, policy_made
from mainstem.unify.audit.expressions import columns_of_row
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import effective_check, never_null, policies_for_people
from mainstem.unify.audit.tenancy import tables_with_owner, tenant_column
from mainstem.unify.audit.width import Width, wide_alternative, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, ObjectName, Policy

SEVERITY = Severity.ERROR


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each policy that holds too little."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    owned = tables_with_owner(database)
    column = tenant_column(database)
    for table, policy in policies_for_people(database):
        if not policy.is_permissive or policy.command in {"select", "delete"}:
            continue
        not_null = never_null(database, table)
        check = effective_check(policy)
        if check is None:
            yield _fault(table, policy, "has no check, so that it lets no row in", Severity.WARNING)
        elif _is_wide(policy, check, is_owned=table in owned, not_null=not_null):
            said = (
                "lets people insert" if policy.command == "insert" else "lets people turn rows into"
            )
            yield _fault(table, policy, f"{said} rows of anybody: its check holds nothing", None)
        elif column is not None and _leaves_out(policy, column):
            said = (
                f"compares {column} in USING and not in WITH CHECK, so that rows can change hands"
            )
            yield _fault(table, policy, said, None)


def _is_wide(policy: Policy, check: str, *, is_owned: bool, not_null: frozenset[str]) -> bool:
    """Whether the check lets every row in although the policy means to hold something."""
    if width(check, not_null=not_null) < Width.SIGNED_IN:
        return False
    if wide_alternative(check, not_null=not_null) is not None:
        return False  # policy-true-through-or
    if policy.command == "insert":
        return is_owned
    return width(policy.using, not_null=not_null) is Width.NARROW


def _leaves_out(policy: Policy, column: str) -> bool:
    if policy.using is None or policy.with_check is None:
        return False
    return column in columns_of_row(policy.using) - columns_of_row(policy.with_check)


def _fault(table: ObjectName, policy: Policy, said: str, severity: Severity | None) -> Fault:
    return Fault(
        f'policy "{policy.name}" on {table} {said}',
        shown=(
            f'policy "{policy.name}" for {policy.command}: using {policy.using or "nothing"}, '
            f"with check {policy.with_check or 'nothing'}"
        ),
        relation=table,
        severity=severity,
        fix="say in WITH CHECK whose rows may be written, as USING does",
        made_by=policy_made(table, policy),
    )
