"""The script that shows a leak when it is pasted into a client of the same database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from mainstem.unify.isolation.callers import CLAIMS
from mainstem.unify.isolation.tables import literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg.rows import TupleRow

    from mainstem.unify.isolation.callers import Caller
    from mainstem.unify.isolation.seeding import Row

    Connection = psycopg.Connection[TupleRow]


def opening(caller: Caller) -> list[str]:
    """The statements that make the session the caller's."""
    role = sql.Identifier(caller.role).as_string()
    ordered = sorted(caller.settings, key=lambda each: each[0] != CLAIMS)
    settings = [(name, value) for name, value in ordered if value or name == CLAIMS]
    return [
        f"set local role {role}",
        *(f"set local {_setting(name)} = {literal(value)}" for name, value in settings),
    ]


def script(
    caller: Caller,
    statement: str,
    *,
    rows: Iterable[Row] = (),
    is_replica: bool = False,
    prepare: Iterable[str] = (),
) -> str:
    """All that shows the leak: rows, the caller, the statement; nothing is kept."""
    made = [row.insertion.replace(" as made ", " ") for row in rows]
    if made and is_replica:
        made = [
            "set local session_replication_role = replica",
            *made,
            "set local session_replication_role = origin",
        ]
    lines = ["begin", *made, *prepare, *opening(caller), statement, "rollback"]
    return "".join(f"{line};\n" for line in lines).rstrip()


def _setting(name: str) -> str:
    """As people write it where no part is a reserved word."""
    return name if name.startswith("request.jwt.") else sql.Identifier(name).as_string()


def shows(connection: Connection, text: str) -> bool:
    """Whether a script reads or touches a row, where there are no rows but its own."""
    *statements, _ = text.removeprefix("begin;\n").split(";\n")
    count = 0
    try:
        with connection.transaction(force_rollback=True):
            for statement in statements:
                count = connection.execute(statement.encode()).rowcount
    except psycopg.Error:
        return False
    return count > 0
