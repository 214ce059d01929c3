"""People can call a function that reads or writes protected tables with its owner's rights.

## What it finds
Functions `security definer` of a served schema that `anon`, `authenticated` or everybody may call,
whose body reads or writes tables with row-level security and asks nowhere who is calling. Trigger
functions, which nobody can call, are not meant. It is an error where the function writes or runs
SQL that it makes itself (`execute`), a warning where it reads, a note where it only answers yes or
no.

## Why it matters
Such a function passes every policy. PostgreSQL grants EXECUTE to everybody by default, and the data
API serves each function of a served schema under `/rpc/`; so whoever knows its name calls it with
any id they like.

## Example
`create function close_account(account uuid) returns void security definer ...
 update account set closed = true where id = account`

## How to mend it
Compare with `auth.uid()` or the claims in the body, or
`revoke execute on function close_account from public, anon, authenticated;`, or move it into a
schema that is not served.

## When to ignore it
When what it reads or writes is meant for everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.secrets_names import is_secret
from mainstem.kit.wording import listed
from mainstem.unify.audit.catalogs import Fault, in_catalogs
from mainstem.unify.audit.expressions import (
    DYNAMIC_SQL,
    calls,
    nodes,
    parse_body,
    relations_read,
    relations_written,
)
from mainstem.unify.audit.model import Severity
from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay.model import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.expressions import Node
    from mainstem.unify.audit.model import Found
    from mainstem.unify.audit.subject import Subject
    from mainstem.unify.catalog.database import Database, Function

SEVERITY = Severity.ERROR

_CALLABLE_BY = frozenset({"public", "anon", "authenticated"})
_TRIGGERS = frozenset({"trigger", "event_trigger"})
_ASKS = frozenset({"uid", "jwt", "role", "email", "current_setting"})


def find(subject: Subject) -> Iterator[Found]:
    """Yield one finding for each such function."""
    return in_catalogs(subject, _faults)


def _faults(database: Database) -> Iterator[Fault]:
    asking = _asking_functions(database)
    for function in database.functions:
        callers = {grant.role for grant in function.grants} & _CALLABLE_BY
        is_reachable = function.name.schema in database.exposed_schemas and callers
        body = parse_body(function)
        if not (function.is_security_definer and is_reachable) or function.returns in _TRIGGERS:
            continue
        if body is not None and not _asks(list(body), asking):
            yield from _judged(database, function, list(body), callers)


def _judged(
    database: Database, function: Function, body: list[Node], callers: set[str]
) -> Iterator[Fault]:
    written = _protected(database, set(relations_written(body)))
    read = _protected(database, set(relations_read(body)))
    is_dynamic = any(kind == DYNAMIC_SQL for kind, _ in nodes(body))
    if not read and not is_dynamic:
        return
    is_answer = function.returns == "boolean" or _takes_secret(function)
    reading = Severity.NOTE if is_answer else Severity.WARNING
    does = "runs SQL that it makes itself," if is_dynamic else f"reads {listed(read)}"
    does = f"writes {listed(written)}" if written else does
    who = "everybody" if callers & {"public", "anon"} else "everybody who has signed in"
    yield Fault(
        f"function {function.name} {does} past policies, for {who}, without asking who calls",
        shown=f"function {function.name}({function.arguments}) security definer",
        severity=None if written or is_dynamic else reading,
        fix=f"compare with auth.uid() in {function.name}, or revoke execute from {listed(callers)}",
        made_by=(ObjectKind.FUNCTION, function.name),
    )


def _takes_secret(function: Function) -> bool:
    """Whether the caller must bring what only the right one has, such as an invitation's token."""
    return any(is_secret(function.name.name, name) for name in function.argument_names)


def _protected(database: Database, names: set[tuple[str, str]]) -> list[ObjectName]:
    found = (database.by_name.get(ObjectName(*name)) for name in sorted(names))
    return [table.name for table in found if table is not None and table.is_row_security_on]


def _asks(body: list[Node], asking: frozenset[str]) -> bool:
    """Whether it asks who is calling, by itself or through another function of the database."""
    if any(kind == "SQLValueFunction" for kind, _ in nodes(body)):
        return True
    return any(name in _ASKS or name in asking for _, name in calls(body))


def _asking_functions(database: Database) -> frozenset[str]:
    return frozenset(
        function.name.name
        for function in database.functions
        if _asks(list(parse_body(function) or ()), frozenset())
    )
