"""What a statement's names stand for: aliases, common table expressions, columns.

Both readers of SQL walk their own trees and tell what they meet; the rules about names are here,
once. A column is given to a table only where no other table could hold it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.model import (
    ColumnUse,
    DeclaredTable,
    Engine,
    FileReading,
    FunctionUse,
    Operation,
    Place,
    Role,
    TableUse,
    Unresolved,
    Via,
)
from mainstem.unify.code.sql_placeholders import is_dynamic, is_piece, number, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

_SYSTEM_SCHEMAS: Final = frozenset(
    {"pg_catalog", "information_schema", "performance_schema", "mysql", "sys", "pg_temp"}
)
_SYSTEM_TABLE: Final = {
    Engine.POSTGRES: re.compile(r"pg_"),
    Engine.SQLITE: re.compile(r"sqlite_|pragma_|dbstat$", re.IGNORECASE),
    Engine.OTHER: re.compile(r"dual$", re.IGNORECASE),
}
_SYSTEM_COLUMNS: Final = {
    Engine.POSTGRES: frozenset({"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"}),
    Engine.SQLITE: frozenset({"rowid", "_rowid_", "oid"}),
    Engine.OTHER: frozenset[str](),
}


@dataclass
class Used:
    """A table in use, while its statement is read."""

    name: str
    schema: str | None
    line: int
    operation: Operation
    columns: dict[tuple[str, Role], ColumnUse] = field(default_factory=dict)
    reads_all: bool = False

    def use(self, name: str, role: Role, line: int, *, value_type: str | None = None) -> None:
        """Note a column; the first use tells the line, a later one may still tell the type."""
        known = self.columns.get((name, role))
        if known is None or (known.value_type is None and value_type is not None):
            first_line = line if known is None else known.line
            self.columns[name, role] = ColumnUse(name, role, first_line, value_type)


@dataclass
class Scope:
    """The tables that names in one query level can mean.

    `sources` maps each alias to its table, or to None for what is no table (a subquery, a common
    table expression, a function). `is_open` says that run time may join further tables.
    """

    outer: Scope | None = None
    sources: dict[str, Used | None] = field(default_factory=dict)
    queries: set[str] = field(default_factory=set)
    #: names that the select list gives to its values
    outputs: frozenset[str] = frozenset()
    is_open: bool = False

    def knows_query(self, name: str) -> bool:
        """Whether a common table expression of that name can be seen from here."""
        return name.lower() in self.visible_queries()

    def visible_queries(self) -> set[str]:
        """The common table expressions that can be seen from here."""
        return set[str]().union(*(scope.queries for scope in self._chain()))

    def add(self, alias: str, used: Used | None) -> None:
        """Make a source known under its alias."""
        self.sources[alias.lower()] = used

    def column(self, qualifier: str | None, name: str) -> Used | None:
        """The table that holds the column, if it can be only one."""
        if qualifier is not None:
            return self._source(qualifier)
        candidates = [source for scope in self._chain() for source in scope.sources.values()]
        if len(candidates) != 1 or name in self.outputs or any(s.is_open for s in self._chain()):
            return None
        return candidates[0]

    def whole_row(self, name: str) -> Used | None:
        """The table whose alias is used like a column (`count(t)`, `to_jsonb(t)`)."""
        return self._source(name)

    def read_all(self, qualifier: str | None) -> None:
        """`*` or `alias.*`."""
        found = [self._source(qualifier)] if qualifier else list(self.sources.values())
        for source in found:
            if source is not None:
                source.reads_all = True

    def _source(self, alias: str) -> Used | None:
        for scope in self._chain():
            if alias.lower() in scope.sources:
                return scope.sources[alias.lower()]
        return None

    def _chain(self) -> Iterable[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


@dataclass
class Gathered:
    """Everything that the statements of one text say, in the order met.

    `place` is where the text begins; lines within it count from 0.
    """

    engine: Engine
    place: Place
    via: Via
    is_test: bool
    database: str | None
    expressions: dict[str, str] = field(default_factory=dict)
    tables: list[Used] = field(default_factory=list)
    functions: list[FunctionUse] = field(default_factory=list)
    declared: list[DeclaredTable] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    fragments: list[tuple[str, int]] = field(default_factory=list)

    def table(
        self, name: str, schema: str | None, *, line: int, operation: Operation
    ) -> Used | None:
        """Note a table; None for one of the system's own and for a name partly made at run time.

        A name that is one piece of run time is kept: another file may hold it as a constant.
        """
        if is_piece(name) or is_dynamic(schema or "") or (is_dynamic(name) and not number(name)):
            if is_piece(name):
                self.fragment(name, line)
            else:
                self.dynamic("table", f"{schema}.{name}" if schema else name, line)
            return None
        if self._is_system(name, schema):
            return None
        used = Used(name, schema, self.place.line + line, operation)
        self.tables.append(used)
        return used

    def column(
        self,
        used: Used | None,
        name: str,
        role: Role,
        *,
        line: int,
        value_type: str | None = None,
    ) -> None:
        """Note a column of a table, unless it is the engine's own or named at run time."""
        if used is None or is_dynamic(name) or name.lower() in _SYSTEM_COLUMNS[self.engine]:
            return
        used.use(name, role, self.place.line + line, value_type=value_type)

    def function(
        self, name: str, schema: str | None, *, line: int, arguments: tuple[str, ...] = ()
    ) -> None:
        """Note the call of a function that people wrote."""
        if is_dynamic(name) or is_dynamic(schema or ""):
            self.dynamic("function", f"{schema}.{name}" if schema else name, line)
        elif schema not in _SYSTEM_SCHEMAS and not name.startswith("pg_"):
            self.functions.append(
                FunctionUse(name, self.at(line), self.via, schema, arguments, self.is_test)
            )

    def fragment(self, name: str, line: int) -> None:
        """Note a piece that is more than a name: joins, conditions, a whole query."""
        self.fragments.append((name, line))

    def dynamic(self, kind: str, name: str, line: int) -> None:
        """Note a name that only running the program would tell."""
        self.unresolved.append(
            Unresolved(
                kind,
                shown(name, self.expressions),
                self.at(line),
                "the SQL is put together when the program runs",
                self.is_test,
            )
        )

    def at(self, line: int) -> Place:
        """The place of a line of the text."""
        return Place(self.place.file, self.place.line + line)

    def reading(self) -> FileReading:
        """All of it that is known from the text alone."""
        for used in self.tables:
            if is_dynamic(used.name):
                self.dynamic("table", used.name, used.line - self.place.line)
        if self.fragments:
            line = self.fragments[0][1]
            self.dynamic("sql", " ".join(name for name, _ in self.fragments), line)
        return FileReading(
            uses=tuple(self.use(used) for used in self.tables if not is_dynamic(used.name)),
            functions=tuple(self.functions),
            declared=tuple(self.declared),
            unresolved=tuple(dict.fromkeys(self.unresolved)),
        )

    def use(self, used: Used) -> TableUse:
        """A table's use as it is handed on."""
        return TableUse(
            name=used.name,
            place=Place(self.place.file, used.line),
            via=self.via,
            operation=used.operation,
            schema=used.schema,
            engine=self.engine,
            columns=tuple(used.columns.values()),
            reads_all=used.reads_all,
            is_test=self.is_test,
            database=self.database,
        )

    def _is_system(self, name: str, schema: str | None) -> bool:
        if schema is not None:
            return schema.lower() in _SYSTEM_SCHEMAS
        return _SYSTEM_TABLE[self.engine].match(name) is not None
