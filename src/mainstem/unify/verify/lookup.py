"""Finding some keys among many that the server has, in bounded memory."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

#: pairs that are simply kept; of more a temporary table is made, and asked for each batch
KEPT_MAX: Final = 100_000


class Lookup:
    """The pairs (key, value) of a query, found by key.

    Args:
        connection: stays the caller's; a temporary table of this session may be made.
        query: gives pairs of texts named key and value.
        kept_max: pairs that are held in memory.
    """

    def __init__(self, connection: Connection, query: str, *, kept_max: int = KEPT_MAX) -> None:
        self._connection = connection
        self._table: sql.Identifier | None = None
        with connection.cursor(name="mainstem_lookup") as cursor:
            cursor.itersize = 10_000
            cursor.execute(query)
            self._kept: dict[str, str] = dict(islice(cursor, kept_max + 1))
        if len(self._kept) > kept_max:
            self._kept = {}
            self._table = self._make(query)

    def find(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Those of the keys that there are, with their values; perhaps others too."""
        if self._table is None:
            return self._kept
        rows = self._connection.execute(
            sql.SQL("select key, value from {} where key = any(%s)").format(self._table),
            (list(keys),),
        )
        return dict(rows)

    def close(self) -> None:
        """Give the temporary table back."""
        if self._table is not None:
            self._connection.execute(sql.SQL("drop table {}").format(self._table))
            self._table = None

    def _make(self, query: str) -> sql.Identifier:
        table = sql.Identifier("pg_temp", f"mainstem_lookup_{id(self)}")
        made = 'create temporary table {} as select key collate "C" as key, value from ({}) as q'
        self._connection.execute(sql.SQL(made).format(table, sql.SQL(query)))
        self._connection.execute(sql.SQL("create index on {} (key)").format(table))
        self._connection.execute(sql.SQL("analyze {}").format(table))
        return table
