"""A migrated database that one test after another takes, each of which finds it as new.

A copy of the template and its end take 80 ms of CPU, and what a new connection reads of the
catalog and plans for the first time takes several times that.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from psycopg.pq import TransactionStatus

from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.pg.scratch import ScratchServer

    Connection = psycopg.Connection[TupleRow]

END_LIMIT_MS = 10_000
END_OTHERS = b"""
select pg_terminate_backend(pid, %s) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
TABLES = b"""
select c.oid::regclass::text from pg_class as c
where c.relkind in ('r', 'p') and not c.relispartition
  and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
"""
#: a table, trigger, policy, function or privilege that changes leaves a younger row in one of these
CATALOGS = (
    *("pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_extension", "pg_index"),
    *("pg_namespace", "pg_policy", "pg_proc", "pg_rewrite", "pg_trigger", "pg_type"),
)
YOUNGEST = "select '{0}', count(*), max(xmin::text::bigint) from {0}"
SUM = "select '{0}', sum(hashtextextended(t::text, 0)) from {0} as t having count(*) > 0"
ANY = "select '{0}' where exists (select from {0})"


@dataclass(frozen=True)
class Kept:
    """A database, and a connection in autocommit mode as its owner.

    Attributes:
        schema: what its catalogs held when it was new.
        filled: the tables that held rows then, and what those sum up to.
        empty: the tables that held none.
    """

    name: str
    url: str
    connection: Connection
    schema: Sequence[TupleRow]
    filled: Sequence[TupleRow]
    empty: Sequence[str]


class Keeper:
    """Lends the database, and makes another one after a test that changed more than rows."""

    def __init__(self, scratch: ScratchServer, template: str, *, more: str = "select") -> None:
        """`more` is done in each such database, which is new with it."""
        self._scratch = scratch
        self._template = template
        self._more = more
        self._kept: Kept | None = None

    @contextmanager
    def lent(self) -> Iterator[Kept]:
        """Lend the database to one test."""
        if self._kept is None:
            self._kept = self._made()
        try:
            yield self._kept
        finally:
            if not _renewed(self._kept):
                self.close()

    def close(self) -> None:
        """Drop the database, if there is one."""
        if self._kept is not None:
            self._kept.connection.close()
            self._scratch.drop_database(self._kept.name)
            self._kept = None

    def _made(self) -> Kept:
        name = f"kept_{uuid4().hex}"
        url = self._scratch.create_database(name, template=self._template)
        connection = connect(url, autocommit=True)
        connection.execute(self._more.encode())
        tables = [table for (table,) in connection.execute(TABLES).fetchall()]
        filled = _asked_of(connection, SUM, tables)
        empty = sorted({*tables} - {table for table, _ in filled})
        schema = _asked_of(connection, YOUNGEST, CATALOGS)
        return Kept(name, url, connection, schema, filled, empty)


def _renewed(kept: Kept) -> bool:
    """Take out what a test wrote; False where that does not make the database as new."""
    connection = kept.connection
    if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
        return False
    connection.execute(b"reset role; reset all")
    connection.execute(END_OTHERS, (END_LIMIT_MS,), prepare=True)
    if _asked_of(connection, YOUNGEST, CATALOGS) != kept.schema:
        return False
    if _asked_of(connection, SUM, [table for table, _ in kept.filled]) != kept.filled:
        return False
    with connection.transaction():
        # Whatever references a row goes with it, so that no reference need be looked up.
        connection.execute(b"set local session_replication_role = replica")
        for (table,) in _asked_of(connection, ANY, kept.empty):
            connection.execute(f"delete from {table}".encode())
    return True


def _asked_of(connection: Connection, question: str, tables: Sequence[str]) -> list[TupleRow]:
    """Ask the same of each table, in one statement that is planned once."""
    asked = " union all ".join(question.format(table) for table in tables)
    return connection.execute(asked.encode(), prepare=True).fetchall()
