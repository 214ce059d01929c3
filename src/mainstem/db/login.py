"""The role that application code logs in as (rule 16 of the schema).

It has no rights of its own: a statement that escapes its tenant transaction, or resets the role
inside one, can read and change nothing, and runs nothing on the server's machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import errors as pg_errors
from psycopg import sql
from psycopg.conninfo import make_conninfo

from mainstem.pg import target
from mainstem.pg.connect import clear_errors, connect, parse

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

LOGIN = "mainstem_app"
TENANT_ROLES = ("anon", "authenticated", "service_role")


def application_url() -> str:
    """Return the address for tenant transactions; the schema must be there.

    On the embedded server that is a role without rights, made when it is missing. Elsewhere it is
    DATABASE_URL as it stands: which role has a password there is its owner's decision.

    Raises:
        ServerError: the database cannot be reached.
    """
    external = target.external_url()
    if external is not None:
        return external
    url = target.database_url()
    with clear_errors("make the application's login"), connect(url) as connection:
        ensure_login(connection)
    return as_login(url)


def as_login(url: str) -> str:
    """Return the address with the application's login instead of its owner."""
    return make_conninfo(**parse(url) | {"user": LOGIN})


def ensure_login(connection: psycopg.Connection[TupleRow]) -> None:
    """Make the login role and let it switch to the tenants' roles; idempotent."""
    with connection.transaction():
        found = connection.execute("select from pg_roles where rolname = %s", (LOGIN,)).fetchone()
        if found is None:
            _create(connection)
        connection.execute(
            sql.SQL("grant {} to {}").format(
                sql.SQL(", ").join(map(sql.Identifier, TENANT_ROLES)), sql.Identifier(LOGIN)
            )
        )


def _create(connection: psycopg.Connection[TupleRow]) -> None:
    statement = sql.SQL("create role {} login noinherit nosuperuser nobypassrls")
    try:
        with connection.transaction():
            connection.execute(statement.format(sql.Identifier(LOGIN)))
    except (pg_errors.DuplicateObject, pg_errors.UniqueViolation):
        return  # another process was quicker
