"""A policy lets everybody, or everybody who has signed in, reach every row.

## What it finds
Policies whose condition is true whatever the row says: `true`, `1 = 1`, or only that somebody is
signed in (`auth.role() = 'authenticated'`, `auth.uid() is not null`). For reading it is an error
where the table has an organisation's key, a warning where its rows belong to people or hold
addresses and secrets, and a note where neither is so, since they may be meant for all; for changing
and deleting it is an error, for inserting rows that belong to nobody a warning.

## Why it matters
Row-level security is on and there is a policy, so that every other check is content; and every
tenant sees the others' rows. Whoever signs up for a trial is `authenticated`.

## Example
`create policy "Enable read access for all users" on invoice for select using (true);`

## How to mend it
Compare a column of the row with the caller: `using (agency_id = app.agency_id())`. Where rows are
meant for the public, say `to anon, authenticated` and `for select`, and keep writing apart.

## When to ignore it
When every row of the table is meant for everybody: prices, countries, published articles. Policies
for `service_role` alone are not reported; that role passes all policies anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.naming import words
from mainstem.kit.secrets_names import is_secret
from mainstem.unify.audit.catalogs import Fault, in_catalogs, policy_made
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import (
    effective_check,
    lets_strangers_in,
    never_null,
    policies_for_people,
)
from mainstem.unify.audit.tenancy import owned_tables, tables_with_owner
from mainstem.unify.audit.width import Width, wide_alternative, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, ObjectName, Policy

SEVERITY = Severity.ERROR

_PERSONAL = frozenset({"email", "phone", "mobile", "birthday", "birthdate", "iban", "ssn"})
_DOES = {
    "select": "read",
    "insert": "insert",
    "update": "change",
    "delete": "delete",
    "all": "read, change and delete",
}


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each policy that is always true."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    by_organisation, by_person = owned_tables(database)
    owned = tables_with_owner(database)
    for table, policy in policies_for_people(database):
        text = policy.using
        if policy.command == "insert":
            # Where rows have an owner, a check that ignores it is missing-with-check.
            text = effective_check(policy) if table not in owned else None
        not_null = never_null(database, table)
        found = width(text, not_null=not_null)
        if text is None or found < Width.SIGNED_IN:
            continue
        if wide_alternative(text, not_null=not_null) is not None:
            continue
        is_private = table in by_person or _is_personal(database, table)
        severity = _severity(policy, is_private=is_private, is_tenants=table in by_organisation)
        yield _fault(table, policy, text, found=found, severity=severity)


def _severity(policy: Policy, *, is_private: bool, is_tenants: bool) -> Severity:
    if policy.command == "insert":
        return Severity.WARNING
    if policy.command != "select" or is_tenants:
        return Severity.ERROR
    return Severity.WARNING if is_private else Severity.NOTE


def _is_personal(database: Database, table: ObjectName) -> bool:
    """Whether rows hold what no stranger should read: mail addresses, phone numbers, secrets."""
    relation = database.by_name.get(table)
    return relation is not None and any(
        is_secret(table.name, column.name) or _PERSONAL & set(words(column.name))
        for column in relation.columns
    )


def _fault(
    table: ObjectName, policy: Policy, text: str, *, found: Width, severity: Severity
) -> Fault:
    is_open = found is Width.EVERYBODY and lets_strangers_in(policy)
    who = "everybody" if is_open else "everybody who has signed in"
    clause = "with check" if policy.command == "insert" else "using"
    rows = "any row" if policy.command == "insert" else "every row"
    return Fault(
        f'policy "{policy.name}" lets {who} {_DOES[policy.command]} {rows} of {table}',
        shown=f'policy "{policy.name}" for {policy.command}: {clause} {text}',
        relation=table,
        severity=severity,
        fix="compare a column of the row with the caller",
        made_by=policy_made(table, policy),
    )
