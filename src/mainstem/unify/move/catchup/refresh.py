"""Bringing the remembered rows up to the present: what changed in the sources is staged again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mainstem.errors import UnifyError
from mainstem.kit.wording import counted
from mainstem.pg.connect import clear_errors
from mainstem.unify.ledger import store
from mainstem.unify.move.catchup.memory import make_keys, mark_pending, others_of
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
from mainstem.unify.move.stage import forget_stage, is_whole, stage_name
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
    looked_at = 0
    stale: dict[str, PlannedTable] = {}
    for table in move.plan.moved():
        source = move.sources[table.source]
        if isinstance(source, ServerSource):
            rows, is_stale = _Refresh(move, memory, source, table).do()
            looked_at += rows
        else:
            is_stale = not _is_known(move, memory, table)
        if is_stale:
            stale[table.name] = table
    _with_merged(move, stale)
    for table in stale.values():
        _forget(connection, memory, table, move)
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
        source = move.sources[table.source]
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
    """Whether a file's table is staged, and the file is as it was."""
    source = move.sources[table.source]
    assert isinstance(source, FileSource)
    known = memory.source.get(table.source or move.plan.name)
    step = store.read_step(move.session.main, memory.id, stage_name(table.name))
    return (
        isinstance(known, dict)
        and known.get("identity") == source.identify()
        and step is not None
        and step.is_done
        and is_whole(move.session.main, memory, table, step.row_count or 0)
    )


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
    mark_pending(connection, memory, table.name, is_full=True)
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

    def do(self) -> tuple[int, bool]:
        """Rows that were looked at, and whether the table must be staged whole. Commits."""
        known = read_ranges(self._connection, self.memory, self.table.name)
        step = store.read_step(self._connection, self.memory.id, stage_name(self.table.name))
        is_there = step is not None and is_whole(
            self._connection, self.memory, self.table, step.row_count or 0
        )
        self._connection.commit()
        if not is_there or not known:
            return 0, True
        shown = self.move.reporter.step(f"look at {self.table.name}", None)
        ranged = RangedTable(self.source, self.table)
        changes = ranged.differing(known)
        now = {change.at: change.now.rows for change in changes}
        rows = sum(now.get(at, one.rows) for at, one in enumerate(known))
        shown.advance(rows)
        if changes and self.move.plan.is_merging(self.table):
            return rows, True
        if changes:
            self._stage(ranged, known, changes, rows=rows)
        self._save(rows)
        self._connection.commit()
        return rows, False

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
        fetched = make_keys(self._connection, self.memory, "fetched", self.table.name, is_new=True)
        came = self._own("raw" if crossing.converted else "delta")
        self._connection.execute(f"insert into {fetched} select _key from {came}")
        changed = make_keys(self._connection, self.memory, "changed", self.table.name)
        self._note(changed, fetched)
        self._forget_notes(fetched)
        if crossing.converted:
            crossing.convert()
        self._note(changed, fetched)
        stage, delta = self._own("stage"), self._own("delta")
        self._connection.execute(
            f"insert into {changed} select d._key from {delta} as d left join {stage} as s"
            " on s._key = d._key where s._key is null or s::text is distinct from d::text"
            " on conflict do nothing"
        )
        self._connection.execute(
            f"insert into {changed} select _key from {fetched} as f where not exists"
            f" (select from {delta} as d where d._key = f._key) on conflict do nothing"
        )
        self._connection.execute(
            f"delete from {stage} using {fetched} as f where {stage}._key = f._key"
        )
        self._connection.execute(f"insert into {stage} select * from {delta}")
        self._remove_deleted(changed, rows)
        self._connection.execute(f"drop table {delta}, {fetched}")
        mark_pending(self._connection, self.memory, self.table.name, is_full=False)
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

    def _note(self, changed: str, keys: str) -> None:
        """Rows that something happened to while they were staged count as changed."""
        for place in ("ledger", "quarantine"):
            self._connection.execute(
                f"insert into {changed} select distinct n.key from unify.{place} as n"
                f" join {keys} as k on k._key = n.key where n.run_id = {self.memory.id}"
                f" and n.source_table = {text_sql(self.table.name)} on conflict do nothing"
            )

    def _forget_notes(self, keys: str) -> None:
        for place in ("ledger", "quarantine"):
            self._connection.execute(
                f"delete from unify.{place} as n using {keys} as k where n.key = k._key"
                f" and n.run_id = {self.memory.id}"
                f" and n.source_table = {text_sql(self.table.name)}"
            )

    def _remove_deleted(self, changed: str, rows: int) -> None:
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
        there = make_keys(self._connection, self.memory, "there", self.table.name, is_new=True)
        self._copy_keys(there)
        gone = make_keys(self._connection, self.memory, "gone", self.table.name, is_new=True)
        self._connection.execute(
            f"insert into {gone} select _key from (select _key from {stage} union {waiting})"
            f" as s where not exists (select from {there} as t where t._key = s._key)"
        )
        self._connection.execute(
            f"delete from {stage} using {gone} as g where {stage}._key = g._key"
        )
        self._forget_notes(gone)
        self._connection.execute(
            f"insert into {changed} select _key from {gone} on conflict do nothing"
        )
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
