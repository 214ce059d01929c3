"""The rows and callers of one proof, and the statements that callers try on them."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import psycopg

from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.isolation.attempts import Attempt, Outcome, attempt_all
from mainstem.unify.isolation.callers import (
    STRANGERS,
    Caller,
    Identities,
    combinations_by_person,
)
from mainstem.unify.isolation.crossing import Target, condition, control, is_shared_by_choice
from mainstem.unify.isolation.levels import Levels
from mainstem.unify.isolation.seeding import Seed, Seeder
from mainstem.unify.isolation.tables import quoted, read_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.database import Relation
    from mainstem.unify.isolation.crossing import Crossing
    from mainstem.unify.isolation.facts import Source
    from mainstem.unify.isolation.seeding import Row
    from mainstem.unify.isolation.study import Study

    Connection = psycopg.Connection[TupleRow]
    Choice = dict[Source, str | None]

#: statements without a condition touch every row that a policy lets through, so not in large tables
_BLIND_ROWS_MAX: Final = 20_000
#: callers of a tenant that are tried on one table
_CALLERS_MAX: Final = 3
#: callers that are tried on one view or function
_PEOPLE_MAX: Final = 10
_OIDS: Final = """
select c.oid::text, n.nspname, c.relname from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
"""
#: with the rows of their partitions
_LARGE: Final = """
select n.nspname, c.relname from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and %s < (
  select sum(greatest(p.reltuples, 0)) from pg_partition_tree(c.oid) as t
  join pg_class as p on p.oid = t.relid)
"""


@dataclass
class Stage:
    """Everything is set: the rows stand in the open transaction."""

    connection: Connection
    study: Study
    seeder: Seeder
    seed: Seed
    identities: Identities
    #: rows that differ from the first tenant's first cast in one level
    beside: dict[ObjectName, list[Row]] = field(default_factory=dict)
    #: table -> callers of tenant A that see rows of their own there
    seeing: dict[ObjectName, list[tuple[Caller, Choice]]] = field(default_factory=dict)
    #: table -> why reading it fails for whoever tries
    errors: dict[ObjectName, str] = field(default_factory=dict)
    oids: dict[str, ObjectName] = field(default_factory=dict)
    attempt_count: int = 0
    #: longer scripts for those that do not show their leak: object -> script
    longer: dict[str, str] = field(default_factory=dict)

    def attempt(self, attempts: Sequence[Attempt]) -> list[Outcome]:
        """Try statements; each is undone."""
        self.attempt_count += len(attempts)
        is_planned_once = self.study.is_planned_once
        return attempt_all(self.connection, attempts, is_planned_once=is_planned_once)

    def outcomes(self, crossings: Iterable[Crossing]) -> list[tuple[Crossing, Outcome]]:
        """Try crossings; each with what came of it."""
        listed = list(crossings)
        told = self.attempt([crossing.attempt for crossing in listed])
        return list(zip(listed, told, strict=True))

    def target(self, relation: Relation) -> Target | None:
        """The relation with the rows made in it; None where there are none."""
        name = relation.name if relation.name in self.seed.rows else relation.parent
        while name is not None and name not in self.seed.rows:
            above = self.study.database.by_name.get(name)
            name = above.parent if above is not None else None
        if name is None:
            return None
        rows = self.seed.of(name)
        if relation.name != name:
            rows = [row for row in rows if self.oids.get(row.relation) == relation.name]
        if not rows:
            return None
        table = self.study.tables[name]
        whose = self.study.whose(table)
        return Target(
            name=relation.name,
            sql=quoted(relation.name),
            base_sql=quoted(relation.name),
            rows=tuple(rows),
            key=table.key,
            whose=whose,
            owners=self.study.owners(table),
            people=self.study.members(table),
            makes_tenants=self._makes_tenants(name, whose),
            is_small=relation.name not in self._large,
            can_remake=self.seed.is_replica,
        )

    def witness(self, caller: Caller, table: ObjectName) -> Caller | None:
        """One of the other tenant who sees rows of its own there, as the caller is in its own."""
        for seeing, choice in self.seeing.get(table, []):
            if seeing.cast == caller.cast and not seeing.is_privileged:
                tenant = 1 - (caller.tenant or 0)
                return self.identities.caller(seeing.role, tenant, seeing.cast, choice)
        return None

    def is_shared(self, row: Row) -> bool:
        """Whether the row, or one that its policies look up, is shown to others by choice."""
        looked_up = self.study.facts.reads.get(row.table.name, set())
        return is_shared_by_choice(row, self._told_apart(row.table.name)) or any(
            is_shared_by_choice(other, self._told_apart(name))
            for name in looked_up
            for other in self.seed.of(name, row.tenant)
            if other.cast == row.cast
        )

    def _told_apart(self, table: ObjectName) -> set[str]:
        """The columns by which policies tell kinds of rows apart."""
        return {column for asked in self.study.asked(table) for column in asked}

    def people_of(self, table: ObjectName) -> list[tuple[Caller, Choice]]:
        """Some of the first tenant's people who see rows of their own, or would if anybody did."""
        seeing = self.seeing.get(table, [])
        # An administrator may be meant to see all: people of no rank come first.
        chosen = sorted(seeing, key=lambda each: each[0].is_privileged)[:_CALLERS_MAX]
        for role in self.signed_in:
            if not any(caller.role == role for caller, _ in chosen):
                chosen += [
                    (self.identities.caller(role, 0, cast, {}), {})
                    for cast in range(min(2, self.seed.cast_count))
                ]
        return chosen

    def callers(self, table: ObjectName) -> list[tuple[Caller, Choice]]:
        """Who tries to cross at a table: its own people of either tenant, forgers, nobody."""
        chosen = self.people_of(table)
        chosen += [wider for each in chosen[:1] for wider in self.identities.wide(*each)]
        both = [
            (self.identities.caller(caller.role, tenant, caller.cast, choice), choice)
            for caller, choice in chosen
            for tenant in (0, 1)
        ]
        if self.identities.has_writable:
            both += [
                (self.identities.forger(caller, choice, 1 - (caller.tenant or 0), cast), choice)
                for caller, choice in both[:2]
                for cast in range(min(2, self.seed.cast_count))
            ]
        return [*both, *((self.identities.nobody(role), {}) for role in self.study.roles)]

    @contextmanager
    def with_levels(self) -> Iterator[None]:
        """With rows beside the first tenant's own, for each level below tenants."""
        with self.connection.transaction(force_rollback=True):
            for number, level in enumerate(self.identities.levels.list()):
                kinds = {name: level.kind(words) for name, words in self._words.items()}
                for row in self.seeder.beside(self.study.seeded, level, number, kinds):
                    self.beside.setdefault(row.table.name, []).append(row)
            yield
        self.beside.clear()

    @cached_property
    def _words(self) -> dict[ObjectName, dict[str, list[str]]]:
        """For each table the words that claims know, without those that its rows have."""
        return {
            table.name: {
                column: others
                for column, words in self.study.words(table).items()
                if (others := [w for w in words if w not in self._has(table.name, column)])
            }
            for table in self.study.seeded.values()
        }

    def _has(self, table: ObjectName, column: str) -> set[str | None]:
        return {row.text(column) for row in self.seed.of(table, 0)}

    @contextmanager
    def without(self, tenant: int) -> Iterator[None]:
        """As if a tenant's rows had never been made."""
        with self.connection.transaction(force_rollback=True):
            self._remove(
                [row for rows in self.seed.rows.values() for row in rows if row.tenant == tenant]
            )
            yield

    @contextmanager
    def without_shared(self) -> Iterator[None]:
        """Without the rows that their owners show to others."""
        with self.connection.transaction(force_rollback=True):
            self._remove(
                [row for rows in self.seed.rows.values() for row in rows if self.is_shared(row)]
            )
            yield

    def _remove(self, rows: Sequence[Row]) -> None:
        """Delete rows, children first; where references or triggers hold one, it stays."""
        if self.seed.is_replica:
            self.connection.execute("set local session_replication_role = replica")
        for name in reversed(self.seed.order):
            listed = [row for row in rows if row.table.name == name]
            if listed:
                where = condition(listed, listed[0].table.key)
                with suppress(psycopg.Error), self.connection.transaction():
                    self.connection.execute(f"delete from {quoted(name)} where {where}".encode())
        if self.seed.is_replica:
            self.connection.execute("set local session_replication_role = origin")

    @cached_property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The words of each enumeration, by the type's name as the server writes it."""
        return read_labels(self.connection)

    def people(
        self, tables: Iterable[ObjectName], *, roles: Sequence[str] | None = None
    ) -> list[Caller]:
        """Who tries to cross where several tables are behind: of both tenants, and nobody.

        Args:
            tables: what is behind.
            roles: those who may, each of which is tried.
        """
        found: dict[tuple[object, ...], Caller] = {}
        for table in tables:
            for caller, _ in self.callers(table):
                if not caller.is_privileged:
                    found.setdefault((caller.role, caller.settings), caller)
        tried = {caller.role for caller in found.values()}
        for role in self.study.roles if not found else set(roles or ()) - tried:
            for caller in self._plain(role):
                found.setdefault((caller.role, caller.settings), caller)
        listed = sorted(
            found.values(), key=lambda each: roles is not None and each.role not in roles
        )
        return listed[:_PEOPLE_MAX]

    def _plain(self, role: str) -> Iterator[Caller]:
        if role != STRANGERS:
            yield from (self.identities.caller(role, tenant, 0, {}) for tenant in (0, 1))
        yield self.identities.nobody(role)

    @property
    def signed_in(self) -> list[str]:
        """The roles that have claims."""
        return [role for role in self.study.roles if role != STRANGERS]

    def _makes_tenants(self, name: ObjectName, whose: tuple[str, ...]) -> bool:
        """Whether a new row is a new tenant rather than something of one."""
        table = self.study.tables[name]
        pointing = {c for r in table.references if r.target != name for c in r.columns}
        domains = {self.study.domains.of((name, column)) for column in whose}
        is_root = name in self.study.owned and set(whose) <= set(table.key) and not pointing
        return is_root and not domains & self.study.people

    @cached_property
    def _large(self) -> frozenset[ObjectName]:
        """The tables with so many rows that statements without a condition are not for them."""
        found = self.connection.execute(_LARGE, (_BLIND_ROWS_MAX,)).fetchall()
        return frozenset(ObjectName(*parts) for parts in found)


def set_stage(connection: Connection, study: Study) -> Stage:
    """Make the rows and find the callers; the transaction is left open for the attempts."""
    count = study.cast_count()
    seeder = Seeder(
        connection,
        study.domains,
        variants=study.variants,
        literals=study.literals,
        cast_count=count,
    )
    seed = seeder.fill(study.seeded)
    levels = Levels(study)
    identities = Identities(study.facts, study.domains, seed, study.privileged_casts(), levels)
    stage = Stage(connection, study, seeder, seed, identities)
    stage.oids = {
        oid: name
        for oid, *parts in connection.execute(_OIDS)
        if (name := ObjectName(*parts)) in study.database.by_name
    }
    _find_seeing(stage)
    return stage


def _find_seeing(stage: Stage) -> None:
    """Which callers see rows of their own, table by table: without any, nothing is proven."""
    people = list(combinations_by_person(stage.identities, stage.signed_in, stage.seed.cast_count))
    tried: list[tuple[ObjectName, Caller, Choice, Attempt]] = []
    for relation in stage.study.database.relations:
        rights = stage.study.rights.get(relation.name, {})
        target = stage.target(relation) if relation.name in stage.seed.rows else None
        if target is None or relation.name not in stage.study.owned:
            continue
        for caller, choice in people:
            held = rights.get(caller.role)
            if held is not None and held.selects.issuperset(target.key):
                tried.append((relation.name, caller, choice, control(target, caller)))
    outcomes = stage.attempt([attempt for *_, attempt in tried])
    for (name, caller, choice, _), outcome in zip(tried, outcomes, strict=True):
        if outcome.said:
            stage.seeing.setdefault(name, []).append((caller, choice))
        elif outcome.state is not None:
            stage.errors[name] = outcome.message
