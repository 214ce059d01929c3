"""SQL of other engines than PostgreSQL, SQLite first: sqlglot's tree walked as in `sql_postgres`.

SQLite's own CREATE TABLE has forms that no foreign parser knows all of, so SQLite reads it, in an
empty database in memory (`sql_sqlite_tables.py`).
"""

from __future__ import annotations

import logging
import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from mainstem.unify.code.model import DeclaredColumn, DeclaredTable, Engine, Operation, Role
from mainstem.unify.code.sql_placeholders import is_dynamic, is_piece
from mainstem.unify.code.sql_scope import Scope
from mainstem.unify.code.sql_values import of_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mainstem.unify.code.sql_scope import Gathered, Used

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it reports what it cannot parse twice

_DIALECTS: Final = {Engine.SQLITE: "sqlite", Engine.OTHER: "mysql"}
_CHANGE_OR: Final = re.compile(
    r"\bupdate(\s+)or\s+(?:rollback|abort|replace|fail|ignore)\b", re.IGNORECASE
)
_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.LT, exp.GT, exp.LTE, exp.GTE, exp.Like)
_ATTACHED: Final = frozenset({"main", "temp"})


@lru_cache(maxsize=1)
def parsed(sql: str, engine: Engine) -> list[exp.Expr]:
    """The statements of a text.

    Raises:
        SqlglotError: the text is no SQL of that engine.
    """
    sql = _CHANGE_OR.sub(r"update\1", sql)
    found = sqlglot.parse(sql, dialect=_DIALECTS[engine])
    return [statement for statement in found if isinstance(statement, exp.Expr)]


def gather(sql: str, gathered: Gathered) -> None:
    """Tell what the statements of a text say.

    Raises:
        SqlglotError: the text is no SQL of that engine.
    """
    walker = _Walker(sql, gathered)
    for statement in parsed(sql, gathered.engine):
        walker.statement(statement, Scope())


def error_position(sql: str, engine: Engine) -> int | None:
    """Where the text fails to parse, counted from 0; None if it parses."""
    try:
        parsed(sql, engine)
    except ParseError as error:
        return _position(sql, error)
    except SqlglotError:
        return len(sql)
    return None


def _position(sql: str, error: ParseError) -> int:
    if not error.errors or error.errors[0].get("line") is None:
        return len(sql)
    line, column = error.errors[0]["line"], error.errors[0]["col"]
    before = sql.split("\n")[: int(line) - 1]
    return sum(len(text) + 1 for text in before) + int(column)


class _Walker:
    """Walks the statements of one text."""

    def __init__(self, sql: str, gathered: Gathered) -> None:
        self._gathered = gathered
        self._line_ends = [at for at, letter in enumerate(sql) if letter == "\n"]

    def statement(self, node: exp.Expr, scope: Scope) -> None:
        """A statement, or a query inside of one, whose names are looked up in `scope` too."""
        if isinstance(node, exp.Query):
            self._query(node, scope)
        elif isinstance(node, exp.Insert):
            self._insert(node, scope)
        elif isinstance(node, exp.Update | exp.Delete):
            self._change(node, scope)
        elif isinstance(node, exp.Create):
            self._create(node, scope)
        elif isinstance(node, exp.Alter):
            self._alter(node, scope)
        elif isinstance(node, exp.TruncateTable):
            for table in node.expressions:
                self._table(table, scope, Operation.DELETE)

    def _query(self, node: exp.Query, outer: Scope) -> None:
        scope = Scope(outer)
        self._with(node, scope)
        if isinstance(node, exp.SetOperation):
            for side in (node.this, node.expression):
                self.statement(side, scope)
        elif isinstance(node, exp.Subquery):
            self.statement(node.this, scope)
        else:
            self._select(node, scope)

    def _select(self, node: exp.Query, scope: Scope) -> None:
        conditions = self._sources(node, scope)
        names = {value.alias for value in node.expressions if isinstance(value, exp.Alias)}
        for value in node.expressions:
            self._expression(value, scope, Role.READ)
        scope.outputs = frozenset(names)  # SQLite and MySQL know them in conditions too
        for condition in [*conditions, node.args.get("where"), node.args.get("having")]:
            self._expression(condition, scope, Role.FILTERED)
        for key in ("group", "order", "limit", "offset", "windows", "distinct"):
            self._expression(node.args.get(key), scope, Role.READ)

    def _sources(self, node: exp.Expr, scope: Scope) -> list[exp.Expr]:
        """Make the sources of a query known; the conditions of its joins, to read when all are."""
        origin = node.args.get("from_")
        conditions: list[exp.Expr] = []
        if origin is not None:
            self._source(origin.this, scope)
            conditions += self._joined(origin.this, scope)
        return conditions + self._joined(node, scope)

    def _joined(self, node: exp.Expr, scope: Scope) -> list[exp.Expr]:
        conditions: list[exp.Expr] = []
        for join in node.args.get("joins") or ():
            if self._is_condition(node, join.this):
                self._gathered.fragment(join.this.name, self.line(join.this))
                continue
            used = self._source(join.this, scope)
            for column in join.args.get("using") or ():
                self._use(used, column, Role.FILTERED)
            if join.args.get("on") is not None:
                conditions.append(join.args["on"])
        return conditions

    def _is_condition(self, node: exp.Expr, joined: exp.Expr) -> bool:
        """A piece of run time after WHERE: the parser takes joins there, the engines do not."""
        where = node.args.get("where")
        if where is None or not is_piece(joined.name):
            return False
        starts = [
            next((one.meta.get("start", 0) for one in part.find_all(exp.Identifier)), 0)
            for part in (where, joined)
        ]
        return bool(starts[0] < starts[1])

    def _source(self, node: exp.Expr, scope: Scope) -> Used | None:
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            return self._table(node, scope, Operation.SELECT)
        if isinstance(node, exp.Table):
            self._expression(node.this.expressions, scope, Role.READ)
        elif isinstance(node, exp.Subquery):
            self.statement(node.this, Scope(queries=scope.visible_queries()))
        scope.add(node.alias_or_name or "()", None)
        return None

    def _with(self, node: exp.Expr, scope: Scope) -> None:
        clause = node.args.get("with_")
        if clause is None:
            return
        if clause.args.get("recursive"):
            scope.queries |= {query.alias.lower() for query in clause.expressions}
        for query in clause.expressions:
            self.statement(query.this, Scope(queries=scope.visible_queries()))
            scope.queries.add(query.alias.lower())

    def _insert(self, node: exp.Insert, outer: Scope) -> None:
        scope = Scope(outer)
        self._with(node, scope)
        target, columns = _target(node)
        replaces = str(node.args.get("alternative") or "").lower() == "replace"
        operation = Operation.UPSERT if replaces else Operation.INSERT
        used = self._table(target, scope, operation)
        values = _first_row(node.expression)
        for index, column in enumerate(columns):
            value = values[index] if index < len(values) else None
            self._use(used, column, Role.WRITTEN, value=value)
        inner = Scope(queries=scope.visible_queries())
        if isinstance(node.expression, exp.Query):
            self.statement(node.expression, inner)
        else:
            self._expression(node.expression, inner, Role.READ)
        self._conflict(node.args.get("conflict"), used, scope)
        self._expression(node.args.get("returning"), scope, Role.READ)

    def _conflict(self, conflict: exp.Expr | None, used: Used | None, scope: Scope) -> None:
        if conflict is None:
            return
        for key in conflict.args.get("conflict_keys") or ():
            self._use(used, key.this, Role.CONFLICT)
        if conflict.expressions and used is not None:
            used.operation = Operation.UPSERT
        inner = Scope(scope)
        inner.add("excluded", used)
        self._assigned(conflict.expressions, used, inner)
        self._expression(conflict.args.get("where"), inner, Role.FILTERED)

    def _change(self, node: exp.Update | exp.Delete, outer: Scope) -> None:
        scope = Scope(outer)
        self._with(node, scope)
        is_update = isinstance(node, exp.Update)
        used = self._table(node.this, scope, Operation.UPDATE if is_update else Operation.DELETE)
        conditions = self._sources(node, scope)
        if is_update:
            self._assigned(node.expressions, used, scope)
        for condition in [*conditions, node.args.get("where")]:
            self._expression(condition, scope, Role.FILTERED)
        self._expression(node.args.get("returning"), scope, Role.READ)

    def _assigned(self, assignments: Iterable[exp.Expr], used: Used | None, scope: Scope) -> None:
        for assignment in assignments:
            if isinstance(assignment, exp.EQ) and isinstance(assignment.this, exp.Column):
                value = assignment.expression
                self._use(used, assignment.this, Role.WRITTEN, value=value)
                self._expression(value, scope, Role.READ)

    def _create(self, node: exp.Create, scope: Scope) -> None:
        kind = str(node.args.get("kind")).upper()
        if kind == "INDEX":
            self._index(node.this, scope)
            return
        if kind not in {"TABLE", "VIEW"}:
            return
        target = node.this.this if isinstance(node.this, exp.Schema) else node.this
        columns = _columns(node, self)
        if isinstance(node.expression, exp.Query):
            self.statement(node.expression, scope)
            columns = columns or _query_columns(node.expression, self)
        self._declare(target, columns)

    def _index(self, index: exp.Expr, outer: Scope) -> None:
        scope = Scope(outer)
        table, parameters = index.args.get("table"), index.args.get("params")
        if isinstance(table, exp.Table):
            self._table(table, scope, Operation.UNKNOWN)
            self._expression(parameters, scope, Role.READ)

    def _alter(self, node: exp.Alter, scope: Scope) -> None:
        if str(node.args.get("kind")).upper() != "TABLE":
            return
        added = [action for action in node.args["actions"] if isinstance(action, exp.ColumnDef)]
        if added:
            self._declare(node.this, tuple(_column(column, self) for column in added))
        self._table(node.this, scope, Operation.UNKNOWN)

    def _declare(self, table: exp.Expr, columns: tuple[DeclaredColumn, ...]) -> None:
        gathered, line = self._gathered, self.line(table)
        if is_dynamic(table.name):
            gathered.dynamic("table", table.name, line)
            return
        gathered.declared.append(
            DeclaredTable(
                name=table.name,
                place=gathered.at(line),
                via=gathered.via,
                columns=columns,
                schema=_schema(table),
                engine=gathered.engine,
                is_test=gathered.is_test,
                makes=True,
                database=gathered.database,
            )
        )

    def _table(self, node: exp.Expr, scope: Scope, operation: Operation) -> Used | None:
        """A table by its name, made known under its alias."""
        name, schema = node.name, _schema(node)
        used: Used | None = None
        if schema is not None or not scope.knows_query(name):
            used = self._gathered.table(name, schema, line=self.line(node), operation=operation)
        alias = node.alias or name
        if is_dynamic(alias) and not is_dynamic(name):
            # Not an alias but a piece of SQL: it may join other tables.
            self._gathered.fragment(alias, self.line(node))
            scope.is_open, alias = True, name
        scope.is_open |= is_dynamic(name) and used is None
        scope.add(alias, used)
        return used

    def _expression(self, node: object, scope: Scope, role: Role) -> None:
        """Columns and subqueries anywhere below a node."""
        if isinstance(node, list):
            for item in node:
                self._expression(item, scope, role)
        elif isinstance(node, exp.Column):
            self._column(node, scope, role)
        elif isinstance(node, exp.Query):
            self.statement(node, scope)
        elif isinstance(node, exp.Star):
            if role is Role.READ and isinstance(node.parent, exp.Select | exp.Returning):
                scope.read_all(None)
        elif isinstance(node, exp.Binary):
            self._compared(node, scope, role)
        elif isinstance(node, exp.Expr):
            for child in node.iter_expressions():
                self._expression(child, scope, role)

    def _compared(self, node: exp.Expr, scope: Scope, role: Role) -> None:
        left, right = node.args.get("this"), node.args.get("expression")
        tells = isinstance(node, _COMPARISONS)
        for side, other in ((left, right), (right, left)):
            if isinstance(side, exp.Column):
                self._column(side, scope, role, value=other if tells else None)
            else:
                self._expression(side, scope, role)

    def _column(self, node: exp.Column, scope: Scope, role: Role, *, value: object = None) -> None:
        qualifier = node.table or None
        if isinstance(node.this, exp.Star):
            scope.read_all(qualifier)
            return
        if qualifier is None and (scope.whole_row(node.name) or _is_double_quoted(node)):
            return  # a full-text table by its name, or a text in SQLite's double quotes
        self._use(scope.column(qualifier, node.name), node, role, value=value)

    def _use(self, used: Used | None, node: exp.Expr, role: Role, *, value: object = None) -> None:
        line = self.line(node)
        self._gathered.column(used, node.name, role, line=line, value_type=_value_type(value))

    def line(self, node: exp.Expr) -> int:
        """The line of a node within the text, counted from 0."""
        for part in node.find_all(exp.Identifier):
            if "start" in part.meta:
                return bisect_right(self._line_ends, part.meta["start"] - 1)
        return 0

    def column_line(self, node: exp.Expr) -> int:
        """The line of a node within the file."""
        return self._gathered.place.line + self.line(node)


def _target(node: exp.Insert) -> tuple[exp.Expr, Sequence[exp.Expr]]:
    if isinstance(node.this, exp.Schema):
        return node.this.this, node.this.expressions
    return node.this, ()


def _schema(table: exp.Expr) -> str | None:
    schema = table.args.get("db")
    name = schema.name if isinstance(schema, exp.Identifier) else ""
    return name if name and name.lower() not in _ATTACHED else None


def _first_row(node: exp.Expr | None) -> Sequence[exp.Expr]:
    if isinstance(node, exp.Values) and node.expressions:
        return list(node.expressions[0].expressions)
    return list(node.expressions) if isinstance(node, exp.Select) else ()


def _columns(node: exp.Create, walker: _Walker) -> tuple[DeclaredColumn, ...]:
    if not isinstance(node.this, exp.Schema):
        return ()
    return tuple(
        _column(part, walker) for part in node.this.expressions if isinstance(part, exp.ColumnDef)
    )


def _column(node: exp.ColumnDef, walker: _Walker) -> DeclaredColumn:
    kinds = [constraint.args.get("kind") for constraint in node.args.get("constraints") or ()]
    reference = next((kind for kind in kinds if isinstance(kind, exp.Reference)), None)
    not_null = (exp.NotNullColumnConstraint, exp.PrimaryKeyColumnConstraint)
    found = reference.find(exp.Table) if reference is not None else None
    return DeclaredColumn(
        name=node.name,
        type=node.args["kind"].sql().lower() if node.args.get("kind") else "",
        is_nullable=not any(
            isinstance(kind, not_null) and not kind.args.get("allow_null") for kind in kinds
        ),
        line=walker.column_line(node),
        references=found.name if found is not None else None,
    )


def _query_columns(query: exp.Query, walker: _Walker) -> tuple[DeclaredColumn, ...]:
    if not all(value.alias_or_name not in {"", "*"} for value in query.selects):
        return ()
    return tuple(
        DeclaredColumn(value.alias_or_name, "", is_nullable=True, line=walker.column_line(value))
        for value in query.selects
    )


def _is_double_quoted(node: exp.Column) -> bool:
    # SQLite reads "x" as a text where no column is called x (sqlite.org/quirks.html).
    return bool(node.this.args.get("quoted")) and not node.name.isidentifier()


def _value_type(node: object) -> str | None:
    if isinstance(node, exp.Literal):
        if node.is_string:
            return of_text(node.name)
        return "integer" if node.name.isdigit() else "number"
    if isinstance(node, exp.Boolean):
        return "boolean"
    return "null" if isinstance(node, exp.Null) else None
