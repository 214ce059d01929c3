"""PostgreSQL databases as sources: one snapshot, read only, shared by all connections to it.

Nothing is installed and nothing is written. The snapshot stays open as long as the source does, so
that a database in use is read as of one moment (documentation, 9.27.5 Snapshot Synchronization).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import IsolationLevel, sql

from mainstem.errors import ServerError, SourceError
from mainstem.pg.connect import clear_errors, configure, connect, describe
from mainstem.unify.catalog.postgres import read_catalog
from mainstem.unify.plan.names import name_sql, qualified_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog

    Connection = psycopg.Connection[TupleRow]

#: every value is then printed in one way, no policy hides a row in silence, no name is ambiguous
_SETTINGS: Final = {
    "search_path": "",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "row_security": "off",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "30s",
    "jit": "off",
}


class PostgresSource:
    """An open source: the connection is in a transaction that only reads and never ends by itself.

    `further` are tables of other schemas, as `schema.table`, that are part of it. `identity` tells
    the database from every other one, restored copies included.
    """

    def __init__(self, url: str, schema: str, further: Iterable[str] = ()) -> None:
        self.url = url
        self.schema = schema
        self.further = frozenset(further)
        self.spare: list[Connection] = []
        self.connection = _open(url)
        self.identity = _identity(self.connection)
        row = self.connection.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        self.snapshot = str(row[0])

    @property
    def shown(self) -> str:
        """What people call it."""
        return f"schema {self.schema} of {describe(self.url)}"

    def read_catalog(self) -> Catalog:
        """Its tables.

        Raises SourceError when the schema has none.
        """
        with self.reading():
            catalog = read_catalog(self.connection, self.schema, self.further)
        if not catalog.tables:
            raise SourceError(f"{self.shown} has no tables; name another `schema` of the source")
        return catalog

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection, with what the server refuses turned into a SourceError.

        A wrong value in the source (which a cast meets) is an error that passes through; so is what
        another server is blamed for, which the rows go to.
        """
        passed: ServerError | None = None
        try:
            with clear_errors(f"read {self.shown}"):
                try:
                    yield self.connection
                except ServerError as error:
                    passed = error
                    raise
        except ServerError as error:
            if error is passed:
                raise
            raise SourceError(str(error)) from error

    def open_again(self) -> Connection:
        """Another connection that sees the same rows; the caller closes it.

        Raises SourceError when the first one, which holds the snapshot, was lost.
        """
        try:
            with self.reading():
                return _open(self.url, snapshot=self.snapshot)
        except psycopg.errors.UndefinedObject:
            raise SourceError(
                f"the connection to {self.shown} was lost, and with it the moment as of which it "
                "was read; run again to go on"
            ) from None

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        """The same, given back after use for whoever needs one next: to connect takes its time.

        Raises SourceError when the first one, which holds the snapshot, was lost.
        """
        try:
            connection = self.spare.pop()
        except IndexError:
            connection = self.open_again()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self.spare.append(connection)

    @contextmanager
    def beside(self) -> Iterator[PostgresSource]:
        """The same source over a connection of its own, for another thread.

        Raises SourceError when the first connection, which holds the snapshot, was lost.
        """
        other = copy(self)
        other.spare = []
        other.connection = self.open_again()
        try:
            yield other
        finally:
            other.close()

    def close(self) -> None:
        """Let go of the snapshot."""
        for connection in (*self.spare, self.connection):
            connection.close()

    def table_sql(self, table: str) -> str:
        """A table's name as SQL."""
        if table in self.further:
            return qualified_sql(table, self.schema)
        return f"{name_sql(self.schema)}.{name_sql(table)}"


@contextmanager
def open_postgres(
    address: str, schema: str, further: Iterable[str] = ()
) -> Iterator[PostgresSource]:
    """Open a source by what a plan says of it: `env:NAME`, or an address.

    Raises SourceError when the variable is not set or the server cannot be reached.
    """
    try:
        source = PostgresSource(url_of(address), schema, further)
    except ServerError as error:
        raise SourceError(str(error)) from error
    try:
        yield source
    finally:
        source.close()


def url_of(address: str) -> str:
    """The address behind `env:NAME`; any other address as it is.

    Raises SourceError when the variable is not set.
    """
    kind, _, variable = address.partition(":")
    if kind != "env":
        return address
    url = os.environ.get(variable, "").strip()
    if not url:
        raise SourceError(
            f"a source is named by the variable {variable}, which is not set; set it to the "
            "database's address"
        )
    return url


def _open(url: str, *, snapshot: str | None = None) -> Connection:
    connection = connect(url, application_name="mainstem unify source")
    try:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        if snapshot is not None:
            connection.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot)))
        # For the transaction: a pooler may give the next one to another session.
        configure(connection, _SETTINGS, is_local=True)
    except BaseException:
        connection.close()
        raise
    return connection


def _identity(connection: Connection) -> str:
    """Cluster and database; where the cluster does not tell its number, the database's own."""
    name = connection.execute(
        "select current_database()::text, oid::text from pg_database"
        " where datname = current_database()"
    ).fetchone()
    assert name is not None
    try:
        with connection.transaction():
            row = connection.execute(
                "select system_identifier::text from pg_control_system()"
            ).fetchone()
            assert row is not None
            cluster = row[0]
    except psycopg.errors.InsufficientPrivilege:
        cluster = "unknown"
    return f"{cluster}/{name[1]}/{name[0]}"
