"""A PostgreSQL database as a source of a run; its rows are named by keys as SQL."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mainstem.errors import SourceError
from mainstem.kit.fingerprints import fingerprint_sql
from mainstem.unify.catalog.narrowing import narrow_as
from mainstem.unify.catalog.postgres_source import open_postgres
from mainstem.unify.catalog.secrets import has_secret_key, holds_secret
from mainstem.unify.ledger import store
from mainstem.unify.move.large_values import original_sql
from mainstem.unify.move.stream import MASK
from mainstem.unify.plan.names import name_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.plan.model import PlannedSource, PlannedTable

    Connection = psycopg.Connection[TupleRow]

#: keys of quarantined rows that are looked for in one reading of their table
_KEYS_MAX = 50_000
_BATCH = 100


@contextmanager
def open_server(
    planned: PlannedSource, keys: Mapping[str, tuple[str, ...]]
) -> Iterator[ServerSource]:
    """Open a planned PostgreSQL database; `keys` are those that the plan takes, by table.

    Raises SourceError when it cannot be read, is not the one that the plan was made of, or has rows
    that those keys do not tell apart.
    """
    with _open(planned) as server:
        yield ServerSource(planned, server, narrow_as(server.read_catalog(), keys, server))


@contextmanager
def open_again(source: ServerSource) -> Iterator[ServerSource]:
    """Open a source once more, as of now; its tables are known.

    Raises SourceError when it cannot be read, or is another one by now.
    """
    with _open(source.planned) as server:
        yield replace(source, server=server)


@contextmanager
def _open(planned: PlannedSource) -> Iterator[PostgresSource]:
    with open_postgres(planned.location, planned.schema, planned.further) as server:
        if planned.identity is not None and planned.identity != server.identity:
            raise SourceError(_another(planned, planned.identity, server.identity))
        yield server


def _another(planned: PlannedSource, wanted: str, found: str) -> str:
    """What to do about a database that is not the planned one."""
    said = f"source {planned.shown} is {found}, and the plan was made of {wanted}"
    (cluster, _, name), (other_cluster, _, other_name) = wanted.split("/", 2), found.split("/", 2)
    if (cluster, name) != (other_cluster, other_name):
        return f"{said}: name that database, or plan again"
    return (
        f"{said}: it was dropped and made anew, perhaps from a backup. Nothing of it was read; if "
        "it is to count, take a run of the old one back (`mainstem unify undo`) and plan again"
    )


@dataclass(frozen=True)
class ServerSource:
    """One schema of a PostgreSQL database, seen in one snapshot."""

    planned: PlannedSource
    server: PostgresSource
    catalog: Catalog

    @property
    def size_bytes(self) -> int:
        """The size of its tables."""
        with self.server.reading() as connection:
            row = connection.execute(
                "select coalesce(sum(pg_total_relation_size(c.oid)), 0) from pg_class c"
                " where c.relnamespace = to_regnamespace(quote_ident(%s)) and c.relkind = 'r'",
                (self.server.schema,),
            ).fetchone()
        return int(row[0]) if row else 0

    def identify(self) -> Mapping[str, object]:
        """Which database it is; a database in use has no state that would stay the same."""
        return {"database": self.server.identity, "schema": self.server.schema}

    def next_transaction(self) -> int:
        """The number that the source's next transaction had when it was opened."""
        with self.server.reading() as connection:
            row = connection.execute(
                "select pg_snapshot_xmax(pg_current_snapshot())::text"
            ).fetchone()
        assert row is not None
        return int(row[0])

    def count(self, table: PlannedTable, columns: Sequence[str] = ()) -> list[int]:
        """Rows of a table, then values that are not null of each column."""
        counts = ", ".join(["count(*)", *(f"count({name_sql(name)})" for name in columns)])
        query = f"select {counts} from {self.server.table_sql(table.table)}"
        with self.server.reading() as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return [int(found) for found in row]

    def check_unchanged(self) -> None:
        """A snapshot does not change."""

    def fill_originals(self, connection: Connection, run: Run, table: PlannedTable) -> None:
        """Give the quarantined rows of a table their originals, dropped columns too."""
        own = self.catalog.table(table.table)
        secrets = [column.name for column in own.columns if holds_secret(own, column.name)]
        place = self.server.table_sql(own.name)
        rows = f"select {row_key(own)} as key, {original_sql(own)} as row from {place} as t"
        query = (
            f"select x.key, x.row from ({rows}) as x join unnest(%b::text[]) as w (key) using (key)"
        )
        waiting = connection.execute(
            "select key from unify.quarantine where run_id = %s and source_table = %s",
            (run.id, table.name),
        ).fetchall()
        for start in range(0, len(waiting), _KEYS_MAX):
            keys = [key for (key,) in waiting[start : start + _KEYS_MAX]]
            with (
                self.server.lent() as source,
                self.server.reading(),
                source.cursor("originals") as found,
            ):
                found.execute(query.encode(), (keys,))
                while batch := found.fetchmany(_BATCH):
                    originals = {key: as_text(_masked(row, secrets)) for key, row in batch}
                    store.set_originals(connection, run.id, table.name, originals)


def _masked(row: dict[str, object], secrets: Sequence[str]) -> dict[str, object]:
    return row | {name: MASK for name in secrets if row[name] is not None}


def as_text(row: object) -> str:
    """A row as JSON text."""
    return store.as_json(row)


def row_key(table: Table, alias: str = "t") -> str:
    """The SQL of a row's key as text, as mainstem.unify.codec.keys writes it.

    A row of a table without a key is named by its content, and by its number among equal rows.
    """
    columns = [f"{alias}.{name_sql(name)}" for name in table.primary_key]
    if not columns:
        return (
            f"md5({alias}::text) || '/' ||"
            f" row_number() over (partition by {alias}::text order by {alias}.ctid)"
        )
    if len(columns) > 1:
        key = f"jsonb_build_array({', '.join(columns)})::text"
    else:
        (column,) = columns
        key = f"{column}::text"
        if "text" in table.column(table.primary_key[0]).declared_type or (
            "char" in table.column(table.primary_key[0]).declared_type
        ):
            key = (
                f"case when left({key}, 1) in ('[', '{{')"
                f" then jsonb_build_array({key})::text else {key} end"
            )
    return fingerprint_sql(f"({key})") if has_secret_key(table) else key
