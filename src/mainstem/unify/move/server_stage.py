"""Staging the tables of a PostgreSQL source: binary COPY from server to server, no file between.

What needs no conversion on our side goes straight into its staging table. Other tables cross in the
types that the source has, and are converted in statements over whole tables: a value that fits is
taken, one that a rule converts is a row of the ledger, any other sends its row to the quarantine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mainstem.errors import UnifyError
from mainstem.pg.connect import clear_errors
from mainstem.unify.ledger import store
from mainstem.unify.move.large_values import row_named
from mainstem.unify.move.maps import own_table
from mainstem.unify.move.merge import merge_name, merge_rows
from mainstem.unify.move.schedule import Task
from mainstem.unify.move.server_source import row_key
from mainstem.unify.move.stage import stage_name
from mainstem.unify.move.stream import MASK
from mainstem.unify.plan.names import name_sql, text_sql
from mainstem.unify.plan.transfer import PACKED, canonical, transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import psycopg
    from psycopg.abc import Buffer
    from psycopg.rows import TupleRow

    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.run import Move
    from mainstem.unify.move.server_source import ServerSource
    from mainstem.unify.plan.model import PlannedColumn, PlannedTable
    from mainstem.unify.plan.transfer import Transfer

    Connection = psycopg.Connection[TupleRow]

_PORTION_BYTES = 65_536
#: tables that are only there while values are converted
_SCRATCH = ("raw", "cast")


def portions(rows: Iterable[Buffer]) -> Iterator[Buffer]:
    """The rows of a COPY, many at a time: a call for each would take longer than the row.

    A large row comes alone, so that it is not copied.
    """
    held: list[Buffer] = []
    size_bytes = 0
    for row in rows:
        if held and size_bytes + len(row) > _PORTION_BYTES:
            yield _joined(held)
            held.clear()
            size_bytes = 0
        held.append(row)
        size_bytes += len(row)
    if held:
        yield _joined(held)


def _joined(rows: Sequence[Buffer]) -> Buffer:
    return rows[0] if len(rows) == 1 else b"".join(rows)


def stage_task(move: Move, run: Run, source: ServerSource, table: PlannedTable) -> Task:
    """The task that stages a table; those of one source see it as of one moment.

    It raises SourceError or ServerError when a server fails.
    """
    return Task(
        stage_name(table.name), partial(_stage, move=move, run=run, source=source, table=table)
    )


def _stage(
    connection: Connection, *, move: Move, run: Run, source: ServerSource, table: PlannedTable
) -> None:
    """Stage one table in one transaction, and make one of the rows that are the same."""
    shown = move.reporter.step(stage_name(table.name), table.row_count)
    crossing = Crossing(connection, run, source, table)
    with clear_errors(f"stage {table.name}"):
        crossing.create()
        rows = crossing.copy()
        refused = crossing.convert() if crossing.converted else 0
    store.save_step(
        connection,
        run.id,
        name=stage_name(table.name),
        row_count=rows - refused,
        detail={"source_rows": rows, "snapshot": source.server.snapshot},
    )
    connection.execute(f"analyze {own_table(run, 'stage', table.name)}")
    connection.commit()
    shown.advance(rows)
    if table.merge:
        move.reporter.step(merge_name(table.name), None)
        merge_rows(connection, run, table, move.plan)


@dataclass(frozen=True)
class Crossing:
    """One table on its way from the source's server to the target's.

    `into` names the staging table, which is made in the transaction that copies; `where` says which
    rows cross, in the source's SQL over `t`.
    """

    connection: Connection
    run: Run
    source: ServerSource
    table: PlannedTable
    into: str = "stage"
    where: str = ""

    @property
    def converted(self) -> list[PlannedColumn]:
        """The columns whose values are converted here."""
        return [column for column in self.table.staged if self._transfer(column).tries]

    def create(self) -> None:
        """Make the empty staging table, and the one for values as they come."""
        names = ", ".join(self._name(kind) for kind in (self.into, *_SCRATCH))
        types = {column.name: column.type for column in self.table.staged}
        statements = [f"drop table if exists {names} cascade", self._made(self.into, types)]
        if self.converted:
            wires = {column.name: self._transfer(column).wire for column in self.table.staged}
            statements.append(self._made("raw", wires))
        self.connection.execute("; ".join(statements))

    def copy(self) -> int:
        """Let the rows through; how many there are in the source."""
        own = self.source.catalog.table(self.table.table)
        items = [f"({row_key(own)})::text"]
        for column in self.table.staged:
            found = self._transfer(column)
            value = found.read.format(v=f"t.{name_sql(column.name)}")
            items.append(f"({value})::{found.wire}")
        place = self.source.server.table_sql(own.name)
        query = f"select {', '.join(items)} from {place} as t{self.where}"
        read = f"copy ({query}) to stdout (format binary)"
        # Its table is made in this transaction: frozen rows need no second look at every page.
        write = (
            f"copy {self._name('raw' if self.converted else self.into)}"
            " from stdin (format binary, freeze true)"
        )
        with (
            self.source.server.lent() as reading,
            self.source.server.reading(),
            reading.cursor() as sender,
            self.connection.cursor() as receiver,
        ):
            with (
                sender.copy(read.encode()) as rows,
                clear_errors(f"stage {self.table.name}"),
                row_named(self.source.server, own, row_key(own), called=self.table.name),
                receiver.copy(write.encode()) as staged,
            ):
                for portion in portions(rows):
                    staged.write(portion)
            sent, received = sender.rowcount, receiver.rowcount
        if sent != received:
            raise UnifyError(
                f"{self.table.name}: {sent} rows were sent and {received} came; run again"
            )
        return received

    def convert(self) -> int:
        """Bring the rows into the staging table's types; how many were refused."""
        self._cast()
        names = ["_key", *(name_sql(column.name) for column in self.table.staged)]
        cast = self._name("cast")
        listed = ", ".join(names)
        self.connection.execute(
            f"insert into {self._name(self.into)} ({listed}) select {listed} from {cast}"
            " where _refuse is null"
        )
        self._note()
        refused = self.connection.execute(
            "insert into unify.quarantine"
            " (run_id, source_table, key, column_name, reason, original)"
            f" select {self.run.id}, {text_sql(self.table.name)}, _key, _refuse,"
            f" case _refuse {self._reasons()} end, '{{}}' from {cast} where _refuse is not null"
        ).rowcount
        self.connection.execute(f"drop table {', '.join(map(self._name, _SCRATCH))}")
        return refused

    def _cast(self) -> None:
        """Every row with its converted values, the rules used, and the first refused column."""
        plain = {column.name for column in self.table.staged} - {c.name for c in self.converted}
        items = ["s._key", *(f"s.{name_sql(name)}" for name in sorted(plain))]
        refusals = []
        for column in self.converted:
            value = f"s.{name_sql(column.name)}"
            tries = [
                (one.condition.format(v=value), one.value.format(v=value), one.rule)
                for one in self._transfer(column).tries
                if one.rule is None or not column.rules or one.rule in column.rules
            ]
            values = " ".join(f"when {condition} then {result}" for condition, result, _ in tries)
            rules = " ".join(
                f"when {condition} then {'null' if rule is None else text_sql(rule)}"
                for condition, _, rule in tries
            )
            label = name_sql(column.name)
            items.append(f"(case {values} end)::{column.type} as {label}")
            items.append(f"{value} as {_raw(column)}, (case {rules} end)::text as {_rule(column)}")
            held = " or ".join(f"({condition}) is true" for condition, _, _ in tries) or "false"
            refusals.append(
                f"when {value} is not null and not ({held}) then {text_sql(column.name)}"
            )
        self.connection.execute(
            f"create unlogged table {self._name('cast')} as select {', '.join(items)},"
            f" (case {' '.join(refusals)} end)::text as _refuse from {self._name('raw')} as s"
        )

    def _note(self) -> None:
        """Write each value that a rule changed into the ledger."""
        changed = " union all ".join(map(self._changed, self.converted))
        self.connection.execute(
            "insert into unify.ledger"
            " (run_id, source_table, key, column_name, before, after, rule)"
            f" select {self.run.id}, {text_sql(self.table.name)}, c.* from ({changed}) as c"
        )

    def _changed(self, column: PlannedColumn) -> str:
        """A query of key, column, before, after and rule of values that are not as they were."""
        value, raw = name_sql(column.name), f"{_raw(column)}::text"
        before, after = raw, canonical(value, column.type)
        if self.table.holds_secret(column.name):
            before = after = text_sql(MASK)
        return (
            f"select _key, {text_sql(column.name)}, {before}, {after}, {_rule(column)}"
            f" from {self._name('cast')} where {_rule(column)} is not null and _refuse is null"
            f" and {raw} is distinct from {canonical(value, column.type)}"
        )

    def _reasons(self) -> str:
        return " ".join(
            f"when {text_sql(column.name)} then {text_sql(f'does not fit {column.type}')}"
            for column in self.converted
        )

    def _made(self, kind: str, columns: dict[str, str]) -> str:
        """The statement that makes a table."""
        listed = ", ".join(f"{name_sql(name)} {type_name}" for name, type_name in columns.items())
        return (
            f"create unlogged table {self._name(kind)} (_key text not null"
            f"{', ' if listed else ''}{listed}) with (autovacuum_enabled = off)"
        )

    def _name(self, kind: str) -> str:
        return own_table(self.run, kind, self.table.name)

    def _transfer(self, column: PlannedColumn) -> Transfer:
        if column.pack is not None:
            return PACKED
        own = self.source.catalog.table(self.table.table)
        return transfer(own.column(column.name).declared_type, column.type)


def _raw(column: PlannedColumn) -> str:
    return name_sql(f"raw {column.name}"[:63])


def _rule(column: PlannedColumn) -> str:
    return name_sql(f"rule {column.name}"[:63])
