"""What every part of a pass needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mainstem.unify.ledger import store
from mainstem.unify.move.catchup.memory import add_keys, keys_of
from mainstem.unify.move.maps import own_table
from mainstem.unify.plan.names import text_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import LegacyMap, Run
    from mainstem.unify.move.maps import Maps
    from mainstem.unify.move.run import Move
    from mainstem.unify.plan.model import Plan, PlannedTable

    Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True)
class Left:
    """A row of the target that is not as the sources say, and why it was left."""

    table: str
    source_table: str
    #: in the source
    key: str
    why: str

    def __str__(self) -> str:
        return f"{self.table}: the row of {self.source_table}, key {self.key}, {self.why}"


@dataclass(frozen=True)
class Carry:
    """One pass on its way into the target."""

    move: Move
    run: Run
    memory: Run
    #: over the memory's staged rows and the run's own maps
    maps: Maps
    #: source tables with rows to carry over, and whether that is all of them
    pending: Mapping[str, bool]
    #: whether changes that people made in the target are overwritten
    is_forced: bool
    #: source tables of which rows were held back
    held: set[str] = field(default_factory=set)
    held_rows: list[Left] = field(default_factory=list)
    #: source tables of which rows stand elsewhere in the target now
    moved: set[str] = field(default_factory=set)
    #: tables that were made for this pass, as SQL
    made: set[str] = field(default_factory=set)

    @property
    def connection(self) -> Connection:
        """The connection whose transaction the pass is."""
        return self.move.session.main

    @property
    def plan(self) -> Plan:
        """The plan that the run carried out."""
        return self.move.plan

    def own(self, kind: str, name: str) -> str:
        """A table of the memory, as SQL."""
        return own_table(self.memory, kind, name)

    def tables_into(self, target: TargetTable) -> list[PlannedTable]:
        """The source tables whose rows go into a target, in the order of the plan's selects."""
        names = [s.source_table for s in self.plan.selects if not s.is_also]
        return [t for t in map(self.plan.table, names) if t.into == target.name]

    def map_of(self, table: str) -> LegacyMap:
        """Where the rows of a source table went."""
        return self.maps.loaded[table]

    def make(self, kind: str, name: str, definition: str) -> int:
        """Make a table of the memory that goes when the pass ends; how many rows it got."""
        table = self.own(kind, name)
        count = self.connection.execute(
            f"create unlogged table {table} {definition}".encode()
        ).rowcount
        self.made.add(table)
        return count

    def drop_made(self) -> None:
        """Drop what was made for this pass."""
        if self.made:
            self.connection.execute(f"drop table {', '.join(sorted(self.made))}")
            self.made.clear()

    def has_rows(self, query: str) -> bool:
        """Whether a query gives any."""
        row = self.connection.execute(f"select exists ({query})".encode()).fetchone()
        return row is not None and bool(row[0])

    def holds(self, table: str) -> bool:
        """Whether a table that a pass makes where it needs one has rows."""
        return table in self.made and self.has_rows(f"select from {table}")

    def keys(self, kind: str, table: str) -> str:
        """A query of the keys that the memory has of a source table."""
        return keys_of(self.memory, kind, table)

    def hold(self, table: str, query: str) -> None:
        """Let rows of a source table, by their keys, wait for another pass."""
        self.held.add(table)
        add_keys(self.connection, self.memory, "held", table, query=query)

    def add_facts(self, table: str, query: str) -> None:
        """Note rows of a source table that others would find elsewhere now, or not at all."""
        if add_keys(self.connection, self.memory, "facts", table, query=query):
            self.moved.add(table)

    def is_same(self, one: str, other: str) -> bool:
        """Whether two names as SQL mean the same table."""
        row = self.connection.execute("select %s::regclass = %s::regclass", (one, other)).fetchone()
        return row is not None and bool(row[0])

    def untouched(self, step: str) -> str:
        """The condition that a row `t` is as the run, or an earlier pass, wrote it."""
        found = store.read_step(self.connection, self.run.id, step)
        detail = found.detail if found is not None and isinstance(found.detail, dict) else {}
        xids = [detail.get("xid"), *detail.get("later", ())]
        listed = ", ".join(f"{text_sql(str(xid))}::xid" for xid in xids if xid is not None)
        # Rows of this very transaction are ours, too.
        now = "t.xmin::text::bigint = txid_current() & 4294967295"
        return f"({now} or t.xmin in ({listed}))" if listed else f"({now})"

    def note_writing(self, step: str) -> None:
        """Remember that this transaction wrote rows that the step is about."""
        self.connection.execute(
            "update unify.step set detail = coalesce(detail, '{}') || jsonb_build_object('later',"
            " coalesce(detail -> 'later', '[]') || to_jsonb(pg_current_xact_id()::xid::text))"
            " where run_id = %s and name = %s"
            " and not coalesce(detail -> 'later', '[]') ? pg_current_xact_id()::xid::text",
            (self.run.id, step),
        )
