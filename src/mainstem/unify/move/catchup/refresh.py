"""Bringing the remembered rows up to the present: what changed in the sources is staged again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from mainstem.errors import UnifyError
from mainstem.kit.wording import counted
from mainstem.pg.connect import clear_errors
from mainstem.unify.ledger import store
from mainstem.unify.move.catchup.memory import add_keys, mark_pending, others_of
from mainstem.unify.move.catchup.ranges import (
    Change,
    Range,
    RangedTable,
    forget_ranges,
    read_ranges,
    save_ranges,
    stretches,
)
from mainstem.unify.move.file_source import FileSource
from mainstem.unify.move.maps import new_key, own_table
from mainstem.unify.move.merge import merge_name
from mainstem.unify.move.server_source import ServerSource, row_key
from mainstem.unify.move.server_stage import Crossing, portions
from mainstem.unify.move.stage import forget_stage, stage_name, whole_stages
from mainstem.unify.move.staging import stage_all
from mainstem.unify.move.statements import map_key, target_name
from mainstem.unify.plan.names import text_sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.run import Move
    from mainstem.unify.plan.model import Plan, PlannedTable

    Connection = psycopg.Connection[TupleRow]

#: stretches of keys in one question to the source
_STRETCHES_MAX: Final = 100


@dataclass(frozen=True)
class Refreshed:
    """What was looked at."""

    looked_at: int
    #: tables that were read whole
    whole: tuple[str, ...]


def refresh(move: Move, memory: Run, targets: Mapping[str, TargetTable]) -> Refreshed:
    """Stage what the sources have now; notes the rows that changed. Commits in portions.

    Raises SourceError or ServerError when a server fails; the next call goes on.
    """
    connection = move.session.main
    looked_at, stale = _look(move, memory)
    _with_merged(move, stale)
    for table in stale.values():
        _forget(connection, memory, table, move)
    mark_pending(connection, memory, stale, is_full=True)
    store.set_source(connection, memory.id, move.described())
    shared = [targets[merge.target] for merge in move.plan.merges if merge.has_target_rows]
    for target in shared:
        _show_others(connection, memory, target, move.plan)
    connection.commit()
    stage_all(move, memory, list(move.plan.moved()))
    for target in shared:
        connection.execute(f"drop view {others_of(memory, target.name)}")
    for table in stale.values():
        looked_at += _remember(move, memory, table)
    return Refreshed(looked_at, tuple(stale))


def _look(move: Move, memory: Run) -> tuple[int, dict[str, PlannedTable]]:
    """Stage the rows that changed; how many were looked at, and the tables that must be read whole.

    Commits in portions.
    """
    connection = move.session.main
    looked_at = 0
    stale: dict[str, PlannedTable] = {}
    steps = store.read_steps(connection, memory.id)
    whole = whole_stages(connection, memory, move.plan.moved(), steps)
    connection.commit()
    same: dict[str, str] = {}
    for table in move.plan.moved():
        source = move.sources[table.source]
        found = _Found.STALE
        if table.name in whole and isinstance(source, ServerSource):
            rows, found = _Refresh(move, memory, source, table).do()
            looked_at += rows
            if found is _Found.SAME:
                same[stage_name(table.name)] = source.server.snapshot
        elif table.name in whole and steps[stage_name(table.name)].is_done:
            found = _Found.SAME if _is_known(move, memory, table) else _Found.STALE
        if found is _Found.STALE:
            stale[table.name] = table
    for snapshot in set(same.values()):
        names = [name for name, moment in same.items() if moment == snapshot]
        store.add_detail(connection, memory.id, names, {"snapshot": snapshot})
    return looked_at, stale


@dataclass(frozen=True)
class Difference:
    """What a source table has that the target does not have yet."""

    table: str
    #: rows more than when it was read; negative: fewer
    more: int
    #: rows of the ranges of keys in which something changed
    within: int

    def __str__(self) -> str:
        noun = "more row" if self.more > 0 else "fewer row"
        more = f"{counted(abs(self.more), noun)}, " if self.more else ""
        return f"{self.table}: {more}something changed among {counted(self.within, 'row')}"


def find_differences(move: Move, memory: Run) -> list[Difference]:
    """What changed in the PostgreSQL sources since they were read; nothing is carried over."""
    found = []
    for table in move.plan.moved():
        source = move.sources.get(table.source)
        known = read_ranges(move.session.main, memory, table.name)
        if not isinstance(source, ServerSource) or not known:
            continue
        changes = RangedTable(source, table).differing(known)
        if changes:
            rows = sum(change.now.rows for change in changes)
            more = rows - sum(known[change.at].rows for change in changes)
            found.append(Difference(table.name, more, rows))
    return found


def _is_known(move: Move, memory: Run, table: PlannedTable) -> bool:
    """Whether the file of a table that is staged is as it was."""
    source = move.sources[table.source]
    assert isinstance(source, FileSource)
    known = memory.source.get(table.source or move.plan.name)
    return isinstance(known, dict) and known.get("identity") == source.identify()


def _show_others(connection: Connection, memory: Run, target: TargetTable, plan: Plan) -> None:
    """Only rows that the run did not bring itself stand for staged ones."""
    value, column = map_key(target, new_key(target, plan), "t")
    brought = " union all ".join(
        f"select {column} from unify.{found.partition} where outcome not in ('m', 'd')"
        for found in store.read_maps(connection, int(memory.name))
        if found.called(plan.schema) == target.name and found.role != "also"
    )
    connection.execute(
        f"create or replace view {others_of(memory, target.name)} as select t.*"
        f" from {target_name(target)} as t where {value} not in ({brought})"
    )


def _with_merged(move: Move, stale: dict[str, PlannedTable]) -> None:
    """Rows that are made one are staged together: merging writes into them."""
    plan = move.plan
    targets = {merge.target for merge in plan.merges}
    merged = [table for table in plan.moved() if table.into in targets]
    if any(table.name in stale for table in merged):
        stale |= {table.name: table for table in merged}


def _forget(connection: Connection, memory: Run, table: PlannedTable, move: Move) -> None:
    forget_stage(connection, memory, table)
    forget_ranges(connection, memory, table.name)
    names = [f"merge into {merge.target}" for merge in move.plan.merges]
    if table.into in {merge.target for merge in move.plan.merges}:
        store.forget_steps(connection, memory.id, [*names, merge_name(table.name)])


def _remember(move: Move, memory: Run, table: PlannedTable) -> int:
    """Sums of a table that was staged whole, as of the same snapshot; its rows. Commits."""
    connection = move.session.main
    stage = own_table(memory, "stage", table.name)
    connection.execute(f"create index on {stage} (_key)")
    source = move.sources[table.source]
    if isinstance(source, ServerSource) and table.key:
        save_ranges(connection, memory, table.name, RangedTable(source, table).measure())
    connection.commit()
    return source.count(table)[0]


class _Found(Enum):
    """What became of a table that was staged."""

    SAME = "same"
    CHANGED = "changed"
    #: it must be staged whole
    STALE = "stale"


@dataclass(frozen=True)
class _Refresh:
    """One table of a PostgreSQL source."""

    move: Move
    memory: Run
    source: ServerSource
    table: PlannedTable

    @property
    def _connection(self) -> Connection:
        return self.move.session.main

    def do(self) -> tuple[int, _Found]:
        """Rows that were looked at, and what was found; stages what changed. Commits."""
        known = read_ranges(self._connection, self.memory, self.table.name)
        self._connection.commit()
        if not known:
            return 0, _Found.STALE
        shown = self.move.reporter.step(f"look at {self.table.name}", None)
        ranged = RangedTable(self.source, self.table)
        changes = ranged.differing(known)
        now = {change.at: change.now.rows for change in changes}
        rows = sum(now.get(at, one.rows) for at, one in enumerate(known))
        shown.advance(rows)
        if not changes:
            return rows, _Found.SAME
        if self.move.plan.is_merging(self.table):
            return rows, _Found.STALE
        self._stage(ranged, known, changes, rows=rows)
        self._save(rows)
        self._connection.commit()
        return rows, _Found.CHANGED

    def _save(self, rows: int) -> None:
        count = self._connection.execute(f"select count(*) from {self._own('stage')}").fetchone()
        assert count is not None
        store.save_step(
            self._connection,
            self.memory.id,
            name=stage_name(self.table.name),
            row_count=count[0],
            detail={"source_rows": rows, "snapshot": self.source.server.snapshot},
        )

    def _stage(
        self, ranged: RangedTable, known: Sequence[Range], changes: Sequence[Change], *, rows: int
    ) -> None:
        """Stage the rows of the ranges that differ; does not commit."""
        crossing = Crossing(self._connection, self.memory, self.source, self.table, into="delta")
        crossing.create()
        self._copy(crossing, ranged, known, changes)
        fetched = self._own("fetched")
        came = self._own("raw" if crossing.converted else "delta")
        self._connection.execute(f"create unlogged table {fetched} as select _key from {came}")
        self._note(fetched)
        self._forget_notes(fetched)
        if crossing.converted:
            crossing.convert()
        self._note(fetched)
        stage, delta = self._own("stage"), self._own("delta")
        self._add_changed(
            f"select d._key from {delta} as d left join {stage} as s on s._key = d._key"
            " where s._key is null or s::text is distinct from d::text"
            f" union all select _key from {fetched} as f where not exists"
            f" (select from {delta} as d where d._key = f._key)"
        )
        self._connection.execute(
            f"delete from {stage} using {fetched} as f where {stage}._key = f._key"
        )
        self._connection.execute(f"insert into {stage} select * from {delta}")
        self._remove_deleted(rows)
        self._connection.execute(f"drop table {delta}, {fetched}")
        mark_pending(self._connection, self.memory, [self.table.name], is_full=False)
        renewed = ranged.renew(known, changes)
        save_ranges(self._connection, self.memory, self.table.name, renewed)

    def _copy(
        self,
        crossing: Crossing,
        ranged: RangedTable,
        known: Sequence[Range],
        changes: Sequence[Change],
    ) -> None:
        """Fetch the ranges; all rows at once where most of them differ."""
        if 2 * len(changes) > len(known):
            crossing.copy()
            return
        found = stretches(known, [change.at for change in changes])
        for start in range(0, len(found), _STRETCHES_MAX):
            where = ranged.within(found[start : start + _STRETCHES_MAX])
            replace(crossing, where=where).copy()

    def _note(self, keys: str) -> None:
        """Rows that something happened to while they were staged count as changed."""
        self._add_changed(
            " union all ".join(
                f"select n.key from unify.{place} as n join {keys} as k on k._key = n.key"
                f" where n.run_id = {self.memory.id}"
                f" and n.source_table = {text_sql(self.table.name)}"
                for place in ("ledger", "quarantine")
            )
        )

    def _add_changed(self, query: str) -> None:
        add_keys(self._connection, self.memory, "changed", self.table.name, query=query)

    def _forget_notes(self, keys: str) -> None:
        for place in ("ledger", "quarantine"):
            self._connection.execute(
                f"delete from unify.{place} as n using {keys} as k where n.key = k._key"
                f" and n.run_id = {self.memory.id}"
                f" and n.source_table = {text_sql(self.table.name)}"
            )

    def _remove_deleted(self, rows: int) -> None:
        """Rows that the source has no more: its keys are scanned where there are too many here."""
        stage = self._own("stage")
        waiting = (
            f"select key from unify.quarantine where run_id = {self.memory.id}"
            f" and source_table = {text_sql(self.table.name)}"
        )
        count = self._connection.execute(
            f"select (select count(*) from {stage}) + (select count(*) from ({waiting}) as w)"
        ).fetchone()
        assert count is not None
        if count[0] < rows:
            raise UnifyError(
                f"{self.table.name}: {rows} rows are in the source and {count[0]} came; run again"
            )
        if count[0] == rows:
            return
        there, gone = self._own("there"), self._own("gone")
        self._connection.execute(f"create unlogged table {there} (_key text)")
        self._copy_keys(there)
        self._connection.execute(
            f"create unlogged table {gone} as"
            f" select _key from (select _key from {stage} union {waiting}) as s"
            f" where not exists (select from {there} as t where t._key = s._key)"
        )
        self._connection.execute(
            f"delete from {stage} using {gone} as g where {stage}._key = g._key"
        )
        self._forget_notes(gone)
        self._add_changed(f"select _key from {gone}")
        self._connection.execute(f"drop table {there}, {gone}")

    def _copy_keys(self, into: str) -> None:
        own = self.source.catalog.table(self.table.table)
        read = f"select ({row_key(own)})::text from {self.source.server.table_sql(own.name)} as t"
        with (
            self.source.server.reading() as source,
            source.cursor() as sender,
            self._connection.cursor() as receiver,
            sender.copy(f"copy ({read}) to stdout (format binary)".encode()) as keys,
            clear_errors(f"scan the keys of {self.table.name}"),
            receiver.copy(f"copy {into} from stdin (format binary)".encode()) as written,
        ):
            for portion in portions(keys):
                written.write(portion)

    def _own(self, kind: str) -> str:
        return own_table(self.memory, kind, self.table.name)
