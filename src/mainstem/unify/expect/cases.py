"""What one caller does and another one sees, each case in a savepoint that is rolled back."""

from __future__ import annotations

import json
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors, sql
from psycopg.pq import TransactionStatus

from mainstem.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.expect.model import Caller, Case, Value

    Connection = psycopg.Connection[TupleRow]

#: more than this a query of a case is not asked for: it shows a handful of rows
ROWS_MAX = 10_000
SHOWN_MAX = 5
CLAIMS = "request.jwt.claims"


def case_reason(connection: Connection, case: Case) -> str | None:
    """Why a case does not go as expected; None when it does. Leaves nothing behind.

    Raises:
        ServerError: the connection was lost, or a role of a caller does not exist.
    """
    with _undone(connection):
        for text in case.prepare:
            reason = _do(connection, text)
            if reason is not None:
                return f"prepare failed: {reason}"
        if case.setup is not None and case.setup_as is not None:
            _become(connection, case.setup_as)
            reason = _do(connection, case.setup)
            if reason is not None:
                return f"setup as {case.setup_as.name} failed: {reason}"
        return _answer_reason(connection, case)


@contextmanager
def _undone(connection: Connection) -> Iterator[None]:
    """A savepoint that is always rolled back: rows, role and claims are as before."""
    connection.execute("savepoint expectation")
    yield
    if connection.info.transaction_status is TransactionStatus.IDLE:
        raise ServerError("a statement of the file ended the transaction; nothing after it was run")
    connection.execute("rollback to savepoint expectation; release savepoint expectation")


def _become(connection: Connection, caller: Caller) -> None:
    """Take the role and the claims until the savepoint is rolled back, or the next one does."""
    connection.execute("reset role")
    # the settings first: the role may not be allowed to make them
    settings = {CLAIMS: json.dumps(caller.claims), **caller.settings}
    for name, value in settings.items():
        connection.execute("select pg_catalog.set_config(%s, %s, true)", (name, value))
    try:
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(caller.role)))
    except (errors.InvalidParameterValue, errors.InsufficientPrivilege) as error:
        raise ServerError(
            f"cannot act as caller {caller.name}: {error.diag.message_primary}; name a role that "
            "the connected one is a member of"
        ) from None


def _do(connection: Connection, text: str) -> str | None:
    """Run statements and the checks that they deferred; what the server refused, if it did."""
    try:
        connection.execute(text.encode())
        connection.execute("set constraints all immediate")
    except psycopg.OperationalError as error:
        raise _lost(error) from error
    except psycopg.Error as error:
        return _said(error)
    return None


def _answer_reason(connection: Connection, case: Case) -> str | None:
    """Ask, and hold what comes against what is expected."""
    _forget(connection, case)
    _become(connection, case.query_as)
    try:
        cursor = connection.execute(case.query.encode())
        rows = cursor.fetchmany(ROWS_MAX + 1) if cursor.description else []
    except errors.InsufficientPrivilege as error:
        return None if case.is_refusal else f"{case.query_as.name} is refused: {_said(error)}"
    except psycopg.OperationalError as error:
        raise _lost(error) from error
    except psycopg.Error as error:
        return f"the query failed: {_said(error)}"
    if case.is_refusal:
        return f"{case.query_as.name} is not refused: {cursor.statusmessage}"
    if len(rows) > ROWS_MAX:
        return f"{case.query_as.name} sees more than {ROWS_MAX:,} rows; ask for fewer"
    return _difference(case, rows)


def _forget(connection: Connection, case: Case) -> None:
    """Settings that the first caller has and the second lacks must not stay."""
    if case.setup_as is None:
        return
    connection.execute("reset role")
    for name in case.setup_as.settings.keys() - case.query_as.settings.keys():
        connection.execute("select pg_catalog.set_config(%s, '', true)", (name,))


def _difference(case: Case, rows: Sequence[tuple[object, ...]]) -> str | None:
    """What is seen and not expected, or the other way round."""
    who = case.query_as.name
    if case.rows is None:
        if len(rows) == case.row_count:
            return None
        return f"{who} sees {len(rows)} rows, not {case.row_count}"
    missing = list(case.rows)
    extra = []
    for row in rows:
        match = next((wanted for wanted in missing if _is_same_row(wanted, row)), None)
        if match is None:
            extra.append(row)
        else:
            missing.remove(match)
    told = [f"sees {_show(extra)} besides"] if extra else []
    told += [f"does not see {_show(missing)}"] if missing else []
    return f"{who} {' and '.join(told)}" if told else None


def _is_same_row(wanted: tuple[Value, ...], found: tuple[object, ...]) -> bool:
    return len(wanted) == len(found) and all(map(_is_same, wanted, found))


def _is_same(wanted: Value, found: object) -> bool:
    """A number and a truth value as such; everything else as its text."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, int | float):
        return isinstance(found, int | float | Decimal) and Decimal(str(wanted)) == Decimal(
            str(found)
        )
    return found is not None and wanted == str(found)


def _show(rows: Sequence[tuple[object, ...]]) -> str:
    shown = ", ".join("(" + ", ".join(map(str, row)) + ")" for row in rows[:SHOWN_MAX])
    more = len(rows) - SHOWN_MAX
    return f"{shown} and {more} more" if more > 0 else shown


def _said(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error)).splitlines()[0]


def _lost(error: psycopg.OperationalError) -> ServerError:
    return ServerError(f"cannot go on with the expectations: {_said(error)}; run them again")
