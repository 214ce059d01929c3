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
from mainstem.kit.wording import counted
from mainstem.unify.expect.model import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.expect.model import Caller, Case, Value

    Connection = psycopg.Connection[TupleRow]

#: more than this a query of a case is not asked for: it shows a handful of rows
ROWS_MAX = 10_000
SHOWN_MAX = 5
CLAIMS = "request.jwt.claims"


def case_reason(connection: Connection, case: Case) -> Reason | None:
    """Why a case does not go as expected; None when it does. Leaves nothing behind.

    Raises:
        ServerError: the connection was lost, or a role of a caller does not exist.
    """
    with _undone(connection):
        for text in case.prepare:
            error = _do(connection, text)
            if error is not None:
                return _failed("prepare failed", error)
        if case.setup is not None and case.setup_as is not None:
            _become(connection, case.setup_as)
            error = _do(connection, case.setup)
            if error is not None:
                return _failed(f"setup as {case.setup_as.name} failed", error)
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


def _do(connection: Connection, text: str) -> psycopg.Error | None:
    """Run statements and the checks that they deferred; what the server refused, if it did."""
    try:
        connection.execute(text.encode())
        connection.execute("set constraints all immediate")
    except psycopg.OperationalError as error:
        raise _lost(error) from error
    except psycopg.Error as error:
        return error
    return None


def _failed(what: str, error: psycopg.Error) -> Reason:
    """What the server said may quote a value: kept is the kind of the error only."""
    return Reason(f"{what}: {_said(error)}", f"{what} ({type(error).__name__})")


def _answer_reason(connection: Connection, case: Case) -> Reason | None:
    """Ask, and hold what comes against what is expected."""
    _forget(connection, case)
    _become(connection, case.query_as)
    try:
        cursor = connection.execute(case.query.encode())
        rows = cursor.fetchmany(ROWS_MAX + 1) if cursor.description else []
    except errors.InsufficientPrivilege as error:
        return None if case.is_refusal else _failed(f"{case.query_as.name} is refused", error)
    except psycopg.OperationalError as error:
        raise _lost(error) from error
    except psycopg.Error as error:
        return _failed("the query failed", error)
    if case.is_refusal:
        told = f"{case.query_as.name} is not refused: {cursor.statusmessage}"
        return Reason(told, told)
    if len(rows) > ROWS_MAX:
        told = f"{case.query_as.name} sees more than {ROWS_MAX:,} rows; ask for fewer"
        return Reason(told, told)
    return _difference(case, rows)


def _forget(connection: Connection, case: Case) -> None:
    """Settings that the first caller has and the second lacks must not stay."""
    if case.setup_as is None:
        return
    connection.execute("reset role")
    for name in case.setup_as.settings.keys() - case.query_as.settings.keys():
        connection.execute("select pg_catalog.set_config(%s, '', true)", (name,))


def _difference(case: Case, rows: Sequence[tuple[object, ...]]) -> Reason | None:
    """What is seen and not expected, or the other way round."""
    who = case.query_as.name
    if case.rows is None:
        if len(rows) == case.row_count:
            return None
        told = f"{who} sees {len(rows)} rows, not {case.row_count}"
        return Reason(told, told)
    missing = list(case.rows)
    extra = []
    for row in rows:
        match = next((wanted for wanted in missing if _is_same_row(wanted, row)), None)
        if match is None:
            extra.append(row)
        else:
            missing.remove(match)
    if not extra and not missing:
        return None
    numbers = (counted(len(found), "row") if found else "" for found in (extra, missing))
    return Reason(f"{who} {_told(_show(extra), _show(missing))}", f"{who} {_told(*numbers)}")


def _told(extra: str, missing: str) -> str:
    told = [f"sees {extra} besides"] if extra else []
    told += [f"does not see {missing}"] if missing else []
    return " and ".join(told)


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
