"""A function finds its tables by the caller's search_path.

## What it finds
Functions in SQL or PL/pgSQL without `set search_path`: each `security definer` function is a
warning, all others together are one note. Functions with a body bound at creation (`begin atomic`,
`return`) are safe and left out.

## Why it matters
Whoever may create a table or function in a schema of their own path can put it in front of the one
that is meant. In a `security definer` function it then runs with the owner's rights. After a merge
into another schema such a function reads whichever table of that name comes first.

## Example
`create function total() returns int language sql security definer as 'select sum(x) from t'`

## How to mend it
`alter function total() set search_path = '';` and write names with their schema.

## When to ignore it
For functions that call nothing but the server's own, and are not `security definer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.wording import counted, listed
from mainstem.unify.audit.catalogs import Fault, as_sql, in_catalogs
from mainstem.unify.audit.model import Severity
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Function

SEVERITY = Severity.WARNING


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each definer function, and one for all others."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    loose = [function for function in database.functions if _is_loose(function)]
    for function in loose:
        if function.is_security_definer:
            yield Fault(
                f"security definer function {function.name} has no fixed search_path",
                shown=f"function {function.name}({function.arguments}) security definer",
                fix=f"alter function {as_sql(function.name)}({function.arguments}) "
                "set search_path = ''; write names in it with their schema",
                made_by=(ObjectKind.FUNCTION, function.name),
            )
    others = [function.name for function in loose if not function.is_security_definer]
    if others:
        yield Fault(
            f"{counted(len(others), 'function')} without a fixed search_path: {listed(others)}",
            shown=f"functions without a setting of search_path: {listed(others)}",
            severity=Severity.NOTE,
            fix="alter function ... set search_path = ''",
            made_by=(ObjectKind.FUNCTION, others[0]),
        )


def _is_loose(function: Function) -> bool:
    is_bound = function.language == "sql" and function.body.lstrip().upper().startswith(
        ("BEGIN ATOMIC", "RETURN ")
    )
    is_set = any(setting.startswith("search_path=") for setting in function.settings)
    return function.language in {"sql", "plpgsql"} and not is_bound and not is_set
