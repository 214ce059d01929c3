"""A policy trusts metadata that every user can edit.

## What it finds
Policies, and functions that they call, which read `raw_user_meta_data` of `auth.users` or
`user_metadata` of the token.

## Why it matters
A signed-in user may set these values with one call of the client library
(`auth.updateUser({data: {...}})`). A policy that takes a role or a tenant from there lets people
choose their own.

## Example
`using (agency_id = (auth.jwt() -> 'user_metadata' ->> 'agency_id')::uuid)`

## How to mend it
Read `app_metadata` (`raw_app_meta_data`), which only the server writes, or a table of memberships.

## When to ignore it
Never where rows are at stake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault, in_catalogs, policy_made
from mainstem.unify.audit.expressions import (
    calls,
    columns,
    constants,
    parse_body,
    parse_expression,
)
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.policies import expressions, policies_for_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database

SEVERITY = Severity.ERROR

_COLUMN = "raw_user_meta_data"
_CLAIM = "user_metadata"


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each policy that rests on such a value."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    functions = {
        (function.name.schema, function.name.name): function
        for function in database.functions
        if _reads_metadata(list(parse_body(function) or ()))
    }
    for table, policy in policies_for_people(database):
        for text in dict.fromkeys(expressions(policy)):
            tree = parse_expression(text)
            through = next((functions[call] for call in calls(tree) if call in functions), None)
            if not _reads_metadata(tree) and through is None:
                continue
            by = f" through {through.name}()" if through is not None else ""
            yield Fault(
                f'policy "{policy.name}" on {table} trusts metadata that users can edit{by}',
                shown=f'policy "{policy.name}": {text}',
                relation=table,
                fix="read app_metadata, which only the server writes, or a table of memberships",
                made_by=policy_made(table, policy),
            )
            break


def _reads_metadata(tree: object) -> bool:
    # In a path the claim is one of several names: '{user_metadata,role}'.
    return _COLUMN in columns(tree) or any(
        _CLAIM in text.strip("{}").split(",") for text in constants(tree)
    )
