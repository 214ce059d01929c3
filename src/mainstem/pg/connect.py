"""Connections, and what their failures mean in one line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors as pg_errors
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mainstem.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from psycopg.rows import TupleRow

VERSION_MIN = 150000
CONNECT_TIMEOUT_S = 10

#: what the server or libpq says -> what to do about it
_CLOSED = "server closed the connection unexpectedly"
HINTS = (
    ("password authentication failed", "check user and password"),
    ("no password supplied", "the address needs a password, or use a ~/.pgpass file"),
    ("no pg_hba.conf entry", "the server's pg_hba.conf does not let this user in from here"),
    ("does not exist", "create it, or correct the address"),
    ("Connection refused", "is the server running, and is the port right?"),
    ("No such file or directory", "is the server running, and is its socket directory right?"),
    ("resolve host", "check the host name"),
    ("translate host name", "check the host name"),
    ("timeout expired", "is the host right, and does a firewall let us through?"),
    ("too many clients", "try again, or raise max_connections"),
    ("remaining connection slots", "try again, or raise max_connections"),
    ("SSL", "check sslmode in the address"),
    ("starting up", "try again in a moment"),
    ("closed the connection", "its log says why; a full disk is one reason"),
    ("permission denied", "ask the owner of the database for that privilege"),
)


def connect(
    url: str, *, autocommit: bool = False, application_name: str = "mainstem"
) -> psycopg.Connection[TupleRow]:
    """Connect to PostgreSQL 15 or newer.

    Raises:
        ServerError: the address is malformed, the server cannot be reached or refuses, or is too
            old; one line, without the password.
    """
    settings = parse(url)
    settings.setdefault("connect_timeout", str(CONNECT_TIMEOUT_S))
    settings |= {"client_encoding": "utf8", "application_name": application_name}
    try:
        connection = psycopg.connect(make_conninfo(**settings), autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise ServerError(f"cannot connect to {describe(url)}: {refusal(error)}") from None
    try:
        require_version(connection.info.server_version, url)
    except ServerError:
        connection.close()
        raise
    return connection


def configure(
    connection: psycopg.Connection[TupleRow],
    settings: Mapping[str, str],
    *,
    is_local: bool = False,
) -> None:
    """Set what a session works under, or its transaction only, in one round trip."""
    one = sql.SQL("set local {} = {}" if is_local else "set {} = {}")
    every = (one.format(sql.Identifier(name), sql.Literal(v)) for name, v in settings.items())
    connection.execute(sql.SQL("; ").join(every))


def parse(url: str) -> dict[str, str]:
    """Return the address's parts.

    Raises:
        ServerError: it is not a PostgreSQL address. It is not repeated: it may hold a password.
    """
    try:
        found = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ServerError(
            "the database address cannot be read; it looks like "
            "postgresql://user:password@host:5432/database, special characters as %XX"
        ) from None
    return {name: str(value) for name, value in found.items() if value is not None}


def describe(url: str) -> str:
    """Return which database an address means, without its password."""
    parts = parse(url)
    host = parts.get("host") or parts.get("hostaddr") or "the default host"
    port = parts.get("port", "5432")
    user = f" as {parts['user']}" if "user" in parts else ""
    return f"database {parts.get('dbname', parts.get('user', ''))!r} at {host}:{port}{user}"


def require_version(server_version: int, url: str) -> None:
    """Refuse a server older than 15; `server_version` is a number such as 150004."""
    if server_version < VERSION_MIN:
        major = server_version // 10000
        raise ServerError(
            f"{describe(url)} is PostgreSQL {major}; Mainstem needs 15 or newer: upgrade the "
            "server, or unset DATABASE_URL to use the embedded one"
        )


def refusal(error: psycopg.Error) -> str:
    """Return the last line of what the server said, and a hint where there is one."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[-1] if lines else "the connection was lost"
    if said.startswith("Is the server running") and len(lines) > 1:
        said = lines[-2]
    # libpq explains this one in two more lines, which say nothing more.
    said = next((line for line in lines if _CLOSED in line), said)
    # Prefixes repeat the address: connection to server at "h" (ip), port 1 failed: FATAL: why
    said = said.rpartition("failed: ")[-1]
    said = said.removeprefix("FATAL:").strip().rstrip("?.")
    hint = next((hint for mark, hint in HINTS if mark in said), None)
    return f"{said}; {hint}" if hint else said


def said_of(error: psycopg.Error) -> str:
    """What a server that could be reached said, with its explanation."""
    detail = (error.diag.message_detail or "").rstrip(".")
    return f"{error.diag.message_primary or error}{f' ({detail})' if detail else ''}"


@contextmanager
def clear_errors(doing: str) -> Iterator[None]:
    """Turn what the environment can be blamed for into a ServerError that says what was refused.

    Covers a missing privilege, a lost connection, a full disk and a timeout; a wrong statement is
    our defect and passes through.
    """
    try:
        yield
    except pg_errors.InsufficientPrivilege as error:
        said = error.diag.message_primary or str(error)
        hint = error.diag.message_hint or "connect as the database's owner"
        if "affected by row-level security" in said:
            hint = "connect as the owner, or as a role with BYPASSRLS"
        raise ServerError(f"cannot {doing}: {said}; {hint}") from error
    except pg_errors.DiskFull as error:
        raise ServerError(f"cannot {doing}: the server's disk is full; make room") from error
    except (pg_errors.LockNotAvailable, pg_errors.QueryCanceled) as error:
        said = error.diag.message_primary or str(error)
        raise ServerError(f"cannot {doing}: {said}; another session is in the way") from error
    except pg_errors.ProgramLimitExceeded as error:
        raise ServerError(f"cannot {doing}: {said_of(error)}") from error
    except psycopg.OperationalError as error:
        raise ServerError(f"cannot {doing}: {refusal(error)}") from error
