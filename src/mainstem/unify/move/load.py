"""Loading one target table: one statement, its account, its unique keys; all in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors

from mainstem.errors import ConfigError, TargetError, UnifyError
from mainstem.pg.connect import said_of
from mainstem.unify.ledger import store
from mainstem.unify.move import conflicts
from mainstem.unify.move.account import count_accounts
from mainstem.unify.move.definitions import put_back_index
from mainstem.unify.move.large_values import MEND_LARGE, largest_staged
from mainstem.unify.move.maps import Maps, also_name, new_key, own_table
from mainstem.unify.move.statements import (
    Lookup,
    Section,
    describe_select,
    has_secret_key,
    key_digest,
    load_statement,
    target_name,
)
from mainstem.unify.plan.names import name_sql, qualified_sql

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import LegacyMap, Run
    from mainstem.unify.move.cycles import Cycle
    from mainstem.unify.move.definitions import TableRecord
    from mainstem.unify.plan.model import Plan, Select

    Connection = psycopg.Connection[TupleRow]

_EXAMPLES_MAX = 5


@dataclass(frozen=True)
class Loader:
    """What loading a target table needs besides the table."""

    connection: Connection
    run: Run
    plan: Plan
    maps: Maps

    def load(
        self, target: TargetTable, record: TableRecord, *, later: Container[str] = ()
    ) -> tuple[int, int]:
        """Load one target from all its sources; how many rows it got, and had. Does not commit.

        Args:
            target: the table.
            record: what it had, and gets back.
            later: targets with which it is settled once all of them are loaded.

        Raises:
            UnifyError: the selects do not account for every row; nothing was written.
            ConfigError: a select does not work.
        """
        before = self._rows_before(target, record)
        selects = [s for s in self.plan.selects if self._goes_into(s, target)]
        sections = [self._section(select, target) for select in selects if not select.is_also]
        statement = load_statement(
            self.run,
            sections,
            target,
            lookups=self.lookups(target, sections, later=later),
            new_key=new_key(target, self.plan),
        )
        counts = self._execute(statement, target)
        self._check_keys(sections, counts)
        self._put_unique_back(target, record, sections)
        if any(section.gives("_merge") for section in sections):
            conflicts.quarantine_unmerged(
                self.connection, self.run, target, _maps(sections), self.plan
            )
        conflicts.quarantine_orphans(
            self.connection, self.run, [target], {target.name: _maps(sections)}, self.plan
        )
        self._account_for(_maps(sections), target)
        loaded = self._check_target(target, sections, before)
        self._analyze(_maps(sections))
        for section in sections:
            self.maps.loaded[section.source_table] = section.map
        return loaded, before

    def settle(self, cycle: Cycle) -> None:
        """Take out the rows of a cycle that lead to none, and those that lead to them.

        Does not commit. Raises UnifyError when rows cannot be accounted for.
        """
        maps = {
            target.name: [m for m in self.maps.loaded.values() if self._target(m) == target.name]
            for target in cycle.targets
        }
        conflicts.quarantine_orphans(self.connection, self.run, cycle.targets, maps, self.plan)
        for target in cycle.targets:
            self._account_for(maps[target.name], target)
        self.maps.make_again(self.connection, {m.source_table for ms in maps.values() for m in ms})

    def _target(self, found: LegacyMap) -> str:
        return found.called(self.plan.schema)

    def _account_for(self, maps: Sequence[LegacyMap], target: TargetTable) -> None:
        self._forget_changes([found.source_table for found in maps])
        into = dict.fromkeys(maps, target.name)
        accounts = count_accounts(self.connection, self.run.id, into, staged_by=self.run.id)
        store.set_accounts(
            self.connection, self.run.id, [(self._source_name(a.source_table), a) for a in accounts]
        )

    def _rows_before(self, target: TargetTable, record: TableRecord) -> int:
        """Nobody wrote to the target since it was found empty; with new files, where that helps.

        How many rows it has, where others than those of the run may stand beside them.

        Under `wal_level = minimal` rows for a table whose files are of the same transaction need
        no write-ahead log. A key that other tables point at forbids it.
        """
        name = target_name(target)
        self.connection.execute(f"lock table {name} in access exclusive mode")
        row = self.connection.execute(
            f"select exists (select from {name}), current_setting('wal_level') = 'minimal'"
        ).fetchone()
        assert row is not None
        has_rows, is_minimal = row
        if has_rows and self.plan.shares(target.name):
            return self._count(name)
        if has_rows:
            raise TargetError(f"{target.name} was empty, and another program wrote to it")
        if is_minimal and record.plain and not self._is_pointed_at(name):
            self.connection.execute(f"truncate {name}")
        return 0

    def _is_pointed_at(self, table: str) -> bool:
        row = self.connection.execute(
            "select exists (select from pg_constraint"
            " where contype = 'f' and confrelid = %s::regclass)",
            (table,),
        ).fetchone()
        return row is not None and bool(row[0])

    def _count(self, table: str) -> int:
        row = self.connection.execute(f"select count(*) from {table}").fetchone()
        return int(row[0]) if row is not None else 0

    def _goes_into(self, select: Select, target: TargetTable) -> bool:
        return self.plan.table(select.source_table).into == target.name

    def _section(self, select: Select, target: TargetTable) -> Section:
        place = f"{self.plan.directory / select.file} (from {select.source_table})"
        text = self.maps.fill(select)
        columns = describe_select(self.connection, text, target=target, place=place)
        for name in new_key(target, self.plan):
            if name not in columns:
                raise ConfigError(f"{place} must give {name}, the key of {target.name}")
        found = store.create_map(
            self.connection,
            self.run.id,
            source_name=self._source_name(select.source_table),
            source_table=select.source_table,
            target=(target.schema, target.plain_name),
            key_columns=new_key(target, self.plan),
            is_hashed=has_secret_key(target, new_key(target, self.plan)),
        )
        planned = self.plan.table(select.source_table)
        secrets = tuple(c.name for c in planned.columns if planned.holds_secret(c.name))
        return Section(text, select.source_table, columns, found, secrets)

    def lookups(
        self, target: TargetTable, sections: Sequence[Section], *, later: Container[str] = ()
    ) -> list[Lookup]:
        """Foreign keys into tables that this plan does not load, or that it fills by value.

        And those that say more than which row is meant, such as whose: a row may name one of
        another client.
        """
        mapped = {
            column.reference.into
            for section in sections
            for column in self.plan.table(section.source_table).columns
            if column.reference is not None and column.reference.into is not None
        }
        mapped |= {
            into for section in sections for into in self.plan.table(section.source_table).derive
        }
        if self.plan.tenant is not None:
            mapped.add(self.plan.tenant.column)
        given = {name for section in sections for name in section.columns}
        tenant = set() if self.plan.tenant is None else {self.plan.tenant.column}
        found = []
        for key in target.table.foreign_keys:
            columns = set(key.columns)
            if key.parent == target.name or not columns <= given:
                continue
            is_sure = len(columns - tenant) <= 1 or key.parent in later
            if not (columns <= mapped and is_sure):
                parent = qualified_sql(key.parent, self.plan.schema)
                found.append(Lookup(key.columns, parent, key.parent_columns))
        return found

    def _execute(self, statement: str, target: TargetTable) -> dict[int, tuple[int, int]]:
        try:
            rows = self.connection.execute(statement).fetchall()
        except errors.ProgramLimitExceeded as error:
            self.connection.rollback()
            largest = largest_staged(self.connection, self.run, self.plan, target.name)
            raise UnifyError(
                f"cannot load {target.name}: {said_of(error)}; {largest}: {MEND_LARGE}"
            ) from None
        except errors.CheckViolation as error:
            if error.diag.constraint_name is None:
                raise UnifyError(
                    f"{target.name} has no partition for some rows' keys; make it, or set the "
                    "column that says when rows were made, and run again"
                ) from None
            raise UnifyError(_refused(target, error)) from None
        except (errors.IntegrityError, errors.DataError) as error:
            raise UnifyError(_refused(target, error)) from None
        return {row[0]: (row[1], int(row[2])) for row in rows}

    def _check_keys(
        self, sections: Sequence[Section], counts: Mapping[int, tuple[int, int]]
    ) -> None:
        """Each select must give every staged key exactly once."""
        staged = " union all ".join(
            f"select {number}, count(*), coalesce(sum(hashtextextended(_key, 0)), 0)"
            f" from {own_table(self.run, 'stage', section.source_table)}"
            for number, section in enumerate(sections)
        )
        for number, rows, total in self.connection.execute(staged).fetchall():
            given = counts.get(number, (0, 0))
            if given != (rows, int(total)):
                raise self._wrong_keys(sections[number], given[0], rows)

    def _wrong_keys(self, section: Section, count: int, rows: int) -> UnifyError:
        staged = own_table(self.run, "stage", section.source_table)
        given = f"select _key from (\n{section.text}\n) as x"
        lost = self._examples(f"select _key from {staged} except all ({given})")
        extra = self._examples(f"({given}) except all select _key from {staged}")
        details = [f"keys it loses: {', '.join(lost)}"] if lost else []
        details += [f"keys it gives too often: {', '.join(extra)}"] if extra else []
        return UnifyError(
            f"the select of {section.source_table} gives {count} rows for {rows} staged ones "
            f"({'; '.join(details)}); correct it so that each _key comes exactly once"
        )

    def _examples(self, query: str) -> list[str]:
        rows = self.connection.execute(
            f"select _key from ({query}) as x order by length(_key), _key limit {_EXAMPLES_MAX}"
        )
        return [str(row[0]) for row in rows]

    def _put_unique_back(
        self, target: TargetTable, record: TableRecord, sections: Sequence[Section]
    ) -> None:
        """Build the unique indexes; rows that are there twice go to quarantine, the first stays."""
        for index in record.unique:
            try:
                with self.connection.transaction():
                    put_back_index(self.connection, record.table, index)
            except errors.UniqueViolation:
                conflicts.quarantine_duplicates(
                    self.connection, self.run, target, _maps(sections), index, self.plan
                )
                put_back_index(self.connection, record.table, index)

    def _forget_changes(self, source_tables: list[str]) -> None:
        """A row in quarantine is as it was: what was changed while it was read does not count."""
        self.connection.execute(
            "delete from unify.ledger as l using unify.quarantine as q"
            " where q.run_id = %(run)s and q.source_table = any(%(tables)s)"
            " and l.run_id = q.run_id and l.source_table = q.source_table and l.key = q.key",
            {"run": self.run.id, "tables": source_tables},
        )

    def _source_name(self, table: str) -> str:
        return self.plan.table(table).source or self.plan.name

    def _check_target(self, target: TargetTable, sections: Sequence[Section], before: int) -> int:
        """The target must now hold exactly the rows that the maps call loaded, and those before."""
        mapped = " + ".join(
            f"(select count(*) from unify.{section.map.partition} where outcome = 'l')"
            for section in sections
        )
        row = self.connection.execute(
            f"select (select count(*) from {target_name(target)}) - {before}, {mapped}"
        ).fetchone()
        assert row is not None
        if row[0] != row[1]:
            raise UnifyError(
                f"{target.name} holds {row[0]} rows after {row[1]} were loaded: another program "
                "writes to it, or a trigger or rule changes what is written"
            )
        return int(row[0])

    def load_also(self, select: Select, key: tuple[str, ...]) -> int:
        """Insert into a further table, which may hold other rows; ours are remembered by `key`.

        How many rows it got. Does not commit. Raises UnifyError or ConfigError, as `load` does.
        """
        place = f"{self.plan.directory / select.file} (also {select.target_table})"
        text = self.maps.fill(select)
        columns = conflicts.describe_also(self.connection, text, select, place=place, key=key)
        found = store.create_map(
            self.connection,
            self.run.id,
            source_name=self._source_name(select.source_table),
            source_table=select.source_table,
            target=(select.target_schema, select.target_table),
            key_columns=key,
            role="also",
        )
        names = ", ".join(map(name_sql, columns))
        table = also_name(select)
        statement = (
            f"with r as materialized (select * from (\n{text}\n) as x),\n"
            f"ins as (insert into {table} ({names}) select {names} from r)\n"
            f"insert into unify.{found.partition} (map_id, old_id, new_id, outcome)\n"
            f"select {found.map_id}, _key, {key_digest(key, 'r')}, 'l' from r"
        )
        try:
            count = self.connection.execute(statement).rowcount
        except (errors.IntegrityError, errors.DataError) as error:
            raise UnifyError(
                f"{select.target_table} refuses rows of {select.source_table}: "
                f"{error.diag.constraint_name or error.diag.message_primary}; nothing was written"
            ) from None
        self.connection.execute(
            "insert into unify.also_result (run_id, source_table, target_schema, target_table,"
            " row_count) values (%s, %s, %s, %s, %s)",
            (self.run.id, select.source_table, select.target_schema, select.target_table, count),
        )
        self._analyze([found])
        return count

    def _analyze(self, maps: Sequence[LegacyMap]) -> None:
        """Without statistics it is slow to read back where rows went."""
        names = ", ".join(f"unify.{found.partition}" for found in maps)
        self.connection.execute(f"analyze {names}")


def _maps(sections: Sequence[Section]) -> list[LegacyMap]:
    return [section.map for section in sections]


def _refused(target: TargetTable, error: psycopg.Error) -> str:
    """What the server refused; never its detail, which shows values."""
    name = error.diag.constraint_name or error.diag.column_name
    said = error.diag.message_primary or "the server refused the rows"
    if isinstance(error, errors.DataError):
        said = f"a value does not fit ({error.diag.sqlstate})"
    return (
        f"loading {target.name} failed{f' at {name}' if name else ''}: {said}; nothing was written"
    )
