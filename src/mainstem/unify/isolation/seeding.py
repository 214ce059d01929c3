"""Fills every table with rows of two tenants, following the foreign keys.

Each tenant has some casts: a whole set of rows, one in every table, that point at each other and at
nothing else. What differs between the casts are the kinds of rows and people that policies tell
apart. A table that cannot be filled is reported, because nothing was proven about it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

import psycopg

from mainstem.unify.isolation.attempts import CANCELED
from mainstem.unify.isolation.searching import ATTEMPTS_MAX, Search
from mainstem.unify.isolation.tables import column_sql, literal
from mainstem.unify.isolation.values import key_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.database import ObjectName
    from mainstem.unify.isolation.domains import Domains
    from mainstem.unify.isolation.facts import Spot
    from mainstem.unify.isolation.levels import Level
    from mainstem.unify.isolation.tables import Table

    Connection = psycopg.Connection[TupleRow]

#: what a kind of row demands: column -> a constant, or None for null
Variant: TypeAlias = "Mapping[str, str | None]"

TENANTS: Final = (0, 1)
_TRIES_BESIDE_MAX: Final = 40
#: casts of rows that are made beside others
_FIRST_BESIDE: Final = 1000

_KEEP = """
do $$
declare
  statement text;
  said jsonb;
  violated text;
  of_column text;
  outcomes text[] := '{}';
begin
  for statement in
    select value from jsonb_array_elements_text(current_setting('mainstem.attempts')::jsonb)
  loop
    begin
      execute statement into said;
      outcomes := outcomes || coalesce(said, '{"message": "a trigger kept the row away"}')::text;
    exception when others or assert_failure then
      get stacked diagnostics violated = constraint_name, of_column = column_name;
      outcomes := outcomes || jsonb_build_object('state', sqlstate, 'message', sqlerrm,
                                                 'violated', violated, 'column', of_column)::text;
    end;
  end loop;
  perform set_config('mainstem.outcomes', '[' || array_to_string(outcomes, ',') || ']', true);
end
$$
"""


@dataclass(frozen=True)
class Row:
    """One row that was made; `values` are texts as JSON has them, `place` its ctid."""

    table: Table
    tenant: int
    cast: int
    values: Mapping[str, object]
    insertion: str
    place: str
    relation: str
    variant: Variant

    @property
    def is_beside(self) -> bool:
        """Whether it was made to differ from another row in one level only."""
        return self.cast >= _FIRST_BESIDE

    def text(self, column: str) -> str | None:
        """A value as text that the server reads back."""
        value = self.values.get(column)
        return value if isinstance(value, str) or value is None else json.dumps(value)


@dataclass
class Seed:
    """All rows made, by table, and why a table has none for a tenant."""

    cast_count: int
    is_replica: bool
    rows: dict[ObjectName, list[Row]] = field(default_factory=dict)
    failures: dict[ObjectName, str] = field(default_factory=dict)
    #: in the order in which they were filled
    order: list[ObjectName] = field(default_factory=list)
    identities: dict[tuple[Spot, int, int], str | None] = field(default_factory=dict)

    def of(self, table: ObjectName, tenant: int | None = None) -> list[Row]:
        """The rows of a table, of one tenant or of both."""
        made = self.rows.get(table, [])
        return [row for row in made if tenant is None or row.tenant == tenant]

    def row(self, table: ObjectName, tenant: int, cast: int) -> Row | None:
        """The row of one cast, or the tenant's first."""
        made = self.of(table, tenant)
        return next((row for row in made if row.cast == cast), made[0] if made else None)


class Seeder:
    """Makes the rows in a connection's open transaction."""

    def __init__(
        self,
        connection: Connection,
        domains: Domains,
        *,
        variants: Mapping[ObjectName, Sequence[Variant]],
        literals: Mapping[Spot, tuple[str, ...]],
        cast_count: int,
    ) -> None:
        self._connection = connection
        self._domains = domains
        self._variants = variants
        self._literals = literals
        self._numbers = count(1)
        self._searches: dict[ObjectName, Search] = {}
        #: default of a column -> what it gave and no row has yet
        self._given: dict[str, list[str | None]] = {}
        self.seed = Seed(cast_count, _may_replicate(connection))

    def fill(self, tables: Mapping[ObjectName, Table]) -> Seed:
        """Insert the rows, parents first; what fails is noted in the seed's failures."""
        with self._unchecked():
            for table in _parents_first(tables):
                self.seed.order.append(table.name)
                self.seed.rows[table.name] = []
                self._fill(table)
        return self.seed

    def beside(
        self,
        tables: Mapping[ObjectName, Table],
        level: Level,
        number: int,
        kinds: Mapping[ObjectName, Variant],
    ) -> Iterator[Row]:
        """Insert rows that differ from the first tenant's first cast in one level only.

        Args:
            tables: what `fill` was given.
            level: where they differ.
            number: of the level, from 0.
            kinds: of the rows, where they are not plain ones.

        Yields:
            The rows; what is on both sides of the border, or cannot be made, is not among them.
        """
        filled, usual, cast = self.seed, self._variants, _FIRST_BESIDE + number
        known = dict(filled.identities)
        known |= {
            (domain, 0, cast): value
            for (domain, tenant, of), value in known.items()
            if (tenant, of) == (0, 0) and domain in level.shared
        }
        self.seed = Seed(filled.cast_count, filled.is_replica, identities=known)
        self._variants = {name: [kind] for name, kind in kinds.items()}
        with self._unchecked():
            for name in filled.order:
                self.seed.rows[name] = []
                common = [row for row in filled.of(name, 0) if row.cast == 0]
                if common and self._is_common(tables[name], level):
                    self.seed.rows[name] = [replace(row, cast=cast) for row in common]
                elif (
                    common and name not in level.apart and self._has_parents(tables[name], 0, cast)
                ):
                    self._search(tables[name], self._searches[name], (0, cast), _TRIES_BESIDE_MAX)
                    yield from self.seed.rows[name]
        self.seed, self._variants = filled, usual

    def _is_common(self, table: Table, level: Level) -> bool:
        """Whether its key holds nothing but what is common to both sides."""
        domains = {self._domains.of((table.name, name)) for name in table.key}
        return bool(domains) and domains <= level.shared

    @contextmanager
    def _unchecked(self) -> Iterator[None]:
        """Without triggers and foreign keys where the role may, else with those deferred."""
        if self.seed.is_replica:
            self._connection.execute("set local session_replication_role = replica")
        else:
            self._connection.execute("set constraints all deferred")
        yield
        if self.seed.is_replica:
            self._connection.execute("set local session_replication_role = origin")

    def _fill(self, table: Table) -> None:
        wanted = [(t, c) for c in range(self.seed.cast_count) for t in TENANTS]
        wanted = [each for each in wanted if self._has_parents(table, *each)]
        if not wanted:
            self.seed.failures[table.name] = "a table that its rows must point to has none"
            return
        search = self._searches[table.name] = Search(table, self._literals, self._domains)
        first = self._search(table, search, wanted[0])
        if first is not None:
            self.seed.failures[table.name] = first
            return
        statements = [(each, *self._insertion(table, search, *each)) for each in wanted[1:]]
        told = self._run([text for _, text, _ in statements])
        for (each, text, variant), said in zip(statements, told, strict=True):
            if "row" in said:
                self._keep(table, each, text, variant, said)
            else:
                self._search(table, Search(table, self._literals, self._domains), each)
        missing = [t for t in TENANTS if not self.seed.of(table.name, t)]
        if missing:
            self.seed.failures[table.name] = "a second tenant's row could not be made"

    def _search(
        self, table: Table, search: Search, whose: tuple[int, int], tries_max: int = ATTEMPTS_MAX
    ) -> str | None:
        """Insert one row, trying other values as long as a constraint refuses them; or why not."""
        said: dict[str, object] = {}
        for _ in range(tries_max):
            text, variant = self._insertion(table, search, *whose)
            (said,) = self._run([text])
            if "row" in said:
                self._keep(table, whose, text, variant, said)
                return None
            if said.get("state") == CANCELED or not search.turn(
                str(said.get("violated") or ""), str(said.get("column") or "")
            ):
                break
        return str(said.get("message", ""))

    def _run(self, statements: Sequence[str]) -> list[dict[str, object]]:
        """Run insertions and keep their rows; where a trigger waits, each half by itself."""
        if not statements:
            return []
        told = json.dumps(list(statements))
        try:
            with self._connection.transaction():
                self._connection.execute(
                    "select set_config('mainstem.attempts', %s, true)", (told,)
                )
                self._connection.execute(_KEEP)
                found = self._connection.execute(
                    "select current_setting('mainstem.outcomes')"
                ).fetchone()
        except psycopg.errors.QueryCanceled as error:
            if len(statements) == 1:
                return [{"state": CANCELED, "message": error.diag.message_primary}]
            half = len(statements) // 2
            return self._run(statements[:half]) + self._run(statements[half:])
        assert found is not None, "current_setting returns a row"
        answer: list[dict[str, object]] = json.loads(found[0], parse_int=str, parse_float=str)
        return answer

    def _keep(
        self,
        table: Table,
        whose: tuple[int, int],
        text: str,
        variant: Variant,
        said: Mapping[str, object],
    ) -> None:
        values = said["row"]
        assert isinstance(values, dict)
        for name in table.columns:
            # What a check or a trigger made of it is what others must point to.
            spot = (table.name, name)
            if self._domains.of(spot) == spot and isinstance(values.get(name), str):
                self.seed.identities[spot, *whose] = values[name]
        insertion = text.partition("\nreturning ")[0]
        self.seed.rows[table.name].append(
            Row(
                table,
                *whose,
                values,
                insertion,
                str(said["place"]),
                str(said["relation"]),
                variant,
            )
        )

    def _has_parents(self, table: Table, tenant: int, cast: int) -> bool:
        """Whether each row that must be pointed to is there, or will be."""
        for reference in table.references:
            parents = self.seed.rows.get(reference.target)
            if reference.target == table.name or parents is None:
                continue
            is_needed = all(not table.columns[c].is_nullable for c in reference.columns)
            is_there = any(row.tenant == tenant and row.cast == cast for row in parents)
            if is_needed and not is_there:
                return False
        return True

    def _insertion(
        self, table: Table, search: Search, tenant: int, cast: int
    ) -> tuple[str, Variant]:
        """The statement that makes a row, and what kind it is."""
        number = next(self._numbers)
        kinds = self._variants.get(table.name, [{}])
        variant = kinds[cast % len(kinds)]
        values: dict[str, str | None] = {}
        for column in table.columns.values():
            if column.is_generated:
                continue
            if column.name in variant:
                values[column.name] = variant[column.name]
            elif self._domains.is_shared((table.name, column.name)):
                if search.is_replaced(column.name):
                    values[column.name] = search.value(column.name, number)
                elif column.name not in search.nulled:
                    # A check may want two persons to differ: then the next cast's is taken.
                    is_shifted = column.name in search.shifted
                    of = (cast + 1) % self.seed.cast_count if is_shifted else cast
                    values[column.name] = self._identity(table, column.name, tenant, of)
            elif column.name in search.options:
                value = search.value(column.name, number)
                if value is not None:
                    values[column.name] = value
        self._orphaned(table, values, tenant, cast)
        self._own_parents(table, values)
        named = ", ".join(map(column_sql, values))
        given = ", ".join(_given(table, name, values) for name in values)
        text = (
            f"insert into {table.sql} as made ({named}) overriding system value values ({given})"
            if values
            else f"insert into {table.sql} as made default values"
        )
        returning = (
            f"jsonb_build_object('row', {_told(table)}, 'place', made.ctid::text, "
            "'relation', made.tableoid::oid::text)"
        )
        return f"{text}\nreturning {returning}", variant

    def _orphaned(
        self, table: Table, values: dict[str, str | None], tenant: int, cast: int
    ) -> None:
        """Take out optional references to rows that could not be made, or are not made yet."""
        for reference in table.references:
            if reference.target == table.name:
                continue
            parents = self.seed.rows.get(reference.target)
            if parents is None and self.seed.is_replica:
                continue
            if any(row.tenant == tenant and row.cast == cast for row in parents or ()):
                continue
            for name in reference.columns:
                if table.columns[name].is_nullable and not self._is_in_other(
                    table, reference.name, name
                ):
                    values.pop(name, None)

    @staticmethod
    def _is_in_other(table: Table, reference: str, column: str) -> bool:
        return any(column in r.columns for r in table.references if r.name != reference)

    @staticmethod
    def _own_parents(table: Table, values: dict[str, str | None]) -> None:
        """A row that must point to a row of its own table points to itself."""
        for reference in table.references:
            if reference.target != table.name:
                continue
            for own, target in zip(reference.columns, reference.target_columns, strict=True):
                if own not in values and not table.columns[own].is_nullable:
                    values[own] = values.get(target)

    def _identity(self, table: Table, name: str, tenant: int, cast: int) -> str | None:
        """The value of the column's domain in a cast, made when it is first asked for."""
        domain = self._domains.of((table.name, name))
        at = (domain, tenant, cast)
        known = self.seed.identities
        if at not in known:
            column = self._domains.column(domain)
            assert column is not None, "a domain stands for columns of tables"
            known[at] = self._evaluated(column.default) if not column.is_numbered else None
            if known[at] is None:
                known[at] = key_value(column, next(self._numbers))
        return known[at]

    def _evaluated(self, default: str | None) -> str | None:
        """What a default gives; ids may have to fit into a partition of today."""
        if default is None or "(" not in default:
            return None
        waiting = self._given.setdefault(default, [])
        if not waiting:
            waiting += self._several(default)
        return waiting.pop()

    def _several(self, default: str) -> list[str | None]:
        """A default for one column of each cast, in one exchange."""
        count = self.seed.cast_count * len(TENANTS)
        query = f"select ({default})::text from generate_series(1, {count})"
        try:
            with self._connection.transaction():
                found = self._connection.execute(query.encode()).fetchall()
        except psycopg.Error:
            return [None] * count
        return [value for (value,) in found]


def _given(table: Table, name: str, values: Mapping[str, str | None]) -> str:
    """A value as SQL; what a check makes follow from other columns is left to the server."""
    if name not in table.derived:
        return literal(values[name])
    others = json.dumps(
        {c: v for c, v in values.items() if c != name and f"{c}" in table.derived[name]}
    )
    record = f"jsonb_populate_record(null::{table.sql}, {literal(others)}::jsonb)"
    return f"(select {table.derived[name]} from {record} as other)"


def _told(table: Table) -> str:
    """The row as JSON; what JSON writes otherwise than the server reads it, as text."""
    odd = [
        f"jsonb_build_object({literal(column.name)}, made.{column_sql(column.name)}::text)"
        for column in table.columns.values()
        if column.element or column.base_kind == "c" or column.base in {"json", "jsonb"}
    ]
    return " || ".join(["to_jsonb(made.*)", *odd])


def _may_replicate(connection: Connection) -> bool:
    found = connection.execute(
        "select has_parameter_privilege('session_replication_role', 'set')"
    ).fetchone()
    return bool(found and found[0])


def _parents_first(tables: Mapping[ObjectName, Table]) -> list[Table]:
    """Tables ordered so that what a row must point to exists before it; cycles as they come."""
    ordered: dict[ObjectName, Table] = {}
    visiting: set[ObjectName] = set()

    def visit(table: Table) -> None:
        if table.name in ordered or table.name in visiting:
            return
        visiting.add(table.name)
        for reference in sorted(
            table.references, key=lambda r: any(table.columns[c].is_nullable for c in r.columns)
        ):
            if reference.target in tables:
                visit(tables[reference.target])
        ordered[table.name] = table

    for table in tables.values():
        visit(table)
    return list(ordered.values())
