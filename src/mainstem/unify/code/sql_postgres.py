"""PostgreSQL's own parser's tree of a statement, walked for tables, columns and functions.

The tree is libpg_query's: a dictionary of one key, the node's type, and its fields
(github.com/pganalyze/libpg_query, `protobuf/pg_query.proto`).
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pgparse

from mainstem.unify.code.model import DeclaredColumn, DeclaredTable, Operation, Role
from mainstem.unify.code.sql_placeholders import is_dynamic
from mainstem.unify.code.sql_postgres_nodes import (
    alias_of,
    argument_names,
    output_name,
    query_targets,
    referenced,
    texts,
    type_name,
    value_type,
)
from mainstem.unify.code.sql_scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.code.sql_postgres_nodes import Node
    from mainstem.unify.code.sql_scope import Gathered, Used

#: Built-in functions that are called where a table could stand (`pg_proc.proretset`, and others
#: that are common there). Names that begin with `pg_` are all the system's own.
_BUILT_IN: Final = frozenset(
    """
    aclexplode array_agg coalesce count current_database current_date current_schema
    current_schemas current_setting current_timestamp date_trunc generate_series
    generate_subscripts greatest json_array_elements json_array_elements_text json_build_object
    json_each json_each_text json_object_keys json_populate_record json_populate_recordset
    json_table json_to_record json_to_recordset jsonb_array_elements jsonb_array_elements_text
    jsonb_build_object jsonb_each jsonb_each_text jsonb_object_keys jsonb_path_query
    jsonb_path_query_array jsonb_path_query_first jsonb_path_query_tz jsonb_populate_record
    jsonb_populate_recordset jsonb_to_record jsonb_to_recordset least lower make_interval
    nextval now phraseto_tsquery plainto_tsquery random regexp_match regexp_matches
    regexp_split_to_array regexp_split_to_table row_to_json set_config setval setseed
    string_to_array string_to_table to_date to_json to_jsonb to_timestamp to_tsquery
    to_tsvector ts_debug ts_parse ts_stat ts_token_type txid_snapshot_xip unnest upper version
    websearch_to_tsquery xmltable
    """.split()  # noqa: SIM905 -- a list would take seventy lines
)
_OPERATIONS: Final = {
    "SelectStmt": Operation.SELECT,
    "InsertStmt": Operation.INSERT,
    "UpdateStmt": Operation.UPDATE,
    "DeleteStmt": Operation.DELETE,
    "MergeStmt": Operation.UPSERT,
}
_COMPARISONS: Final = (["="], ["<>"], ["<"], [">"], ["<="], [">="], ["~~"], ["~~*"])
_DEFINITIONS: Final = frozenset({"CreateStmt", "CreateTableAsStmt", "ViewStmt", "AlterTableStmt"})
_ON_RELATIONS: Final = frozenset({"CopyStmt", "IndexStmt", "TruncateStmt", "RefreshMatViewStmt"})
#: Statements that name relations without using their rows: dropped, granted, described.
_LEFT_OUT: Final = frozenset(
    {"DropStmt", "GrantStmt", "CommentStmt", "VacuumStmt", "CreateFunctionStmt", "DoStmt"}
)


def error_position(sql: str) -> int | None:
    """Where the text fails to parse, counted from 0; None if it parses."""
    try:
        _parsed(sql)
    except pgparse.PGQueryError as error:
        return max((error.position or 1) - 1, 0)
    return None


@lru_cache(maxsize=1)
def _parsed(sql: str) -> list[Node]:
    """The tree: asked for twice, once whether there is one."""
    found: list[Node] = pgparse.parse(sql)
    return found


def gather(sql: str, gathered: Gathered) -> None:
    """Tell what the statements of a text say.

    Raises:
        pgparse.PGQueryError: the text is not PostgreSQL's SQL.
    """
    walker = _Walker(sql, gathered)
    for statement in _parsed(sql):
        walker.statement(statement["stmt"], Scope(), start=statement.get("stmt_location", 0))


class _Walker:
    """Walks the statements of one text."""

    def __init__(self, sql: str, gathered: Gathered) -> None:
        encoded = sql.encode()
        self._gathered = gathered
        self._line_ends = [at for at, byte in enumerate(encoded) if byte == ord("\n")]
        self._start = 0

    def statement(self, node: Node, scope: Scope, *, start: int | None = None) -> None:
        """A statement, or a query inside of one, whose names are looked up in `scope` too."""
        if start is not None:
            self._start = start
        kind, body = next(iter(node.items()))
        if kind == "SelectStmt":
            self._select(body, scope)
        elif kind in _OPERATIONS:
            self._change(kind, body, scope)
        elif kind in _DEFINITIONS:
            self._definition(kind, body, scope)
        elif kind in _ON_RELATIONS:
            self._on_relation(kind, body, scope)
        elif kind == "CallStmt":
            self._call(body["funccall"], scope)
        elif kind not in _LEFT_OUT:
            self._expression(body, scope, Role.READ)

    def _select(self, body: Node, outer: Scope | None) -> None:
        scope = Scope(outer)
        self._with(body, scope)
        for side in ("larg", "rarg"):
            if side in body:
                self._select(body[side], scope)
        conditions = [c for item in body.get("fromClause", ()) for c in self._source(item, scope)]
        targets = [target["ResTarget"] for target in body.get("targetList", ())]
        for target in targets:
            self._target(target, scope, is_alone="fromClause" not in body and len(targets) == 1)
        for condition in [*conditions, body.get("whereClause"), body.get("havingClause")]:
            self._expression(condition, scope, Role.FILTERED)
        for key in ("valuesLists", "distinctClause", "windowClause", "limitCount", "limitOffset"):
            self._expression(body.get(key), scope, Role.READ)
        scope.outputs = frozenset(t["name"] for t in targets if "name" in t)
        for key in ("groupClause", "sortClause"):
            self._expression(body.get(key), scope, Role.READ)
        if "intoClause" in body:
            self._made(body["intoClause"]["rel"], body)

    def _change(self, kind: str, body: Node, outer: Scope) -> None:
        scope = Scope(outer)
        self._with(body, scope)
        used = self._relation(body["relation"], scope, _OPERATIONS[kind])
        sources = [*body.get("fromClause", ()), *body.get("usingClause", ())]
        sources += [body["sourceRelation"]] if "sourceRelation" in body else []
        conditions = [c for item in sources for c in self._source(item, scope)]
        if kind == "InsertStmt":
            self._inserted(body, used, outer=scope)
        else:
            self._assigned(body.get("targetList", ()), used, scope)
        for clause in body.get("mergeWhenClauses", ()):
            self._merged(clause["MergeWhenClause"], used, scope)
        for condition in [*conditions, body.get("whereClause"), body.get("joinCondition")]:
            self._expression(condition, scope, Role.FILTERED)
        for target in body.get("returningList", ()):
            self._target(target["ResTarget"], scope)

    def _inserted(self, body: Node, used: Used | None, *, outer: Scope) -> None:
        query = body.get("selectStmt", {}).get("SelectStmt", {})
        columns = [column["ResTarget"] for column in body.get("cols", ())]
        rows = query.get("valuesLists") or [{"List": {"items": query_targets(query)}}]
        values = rows[0]["List"].get("items", [])
        for index, column in enumerate(columns):
            value = values[index] if index < len(values) else None
            self._use(used, column["name"], Role.WRITTEN, node=column, value=value)
        if query:
            inner = Scope(queries=outer.visible_queries())  # the target is no source of its values
            self._select(query, inner)
        conflict = body.get("onConflictClause")
        if conflict is not None:
            self._conflict(conflict, used, outer)

    def _conflict(self, conflict: Node, used: Used | None, scope: Scope) -> None:
        for element in conflict.get("infer", {}).get("indexElems", ()):
            if "name" in element["IndexElem"]:
                self._use(used, element["IndexElem"]["name"], Role.CONFLICT, node=conflict)
        if conflict["action"] != "ONCONFLICT_UPDATE":
            return
        if used is not None:
            used.operation = Operation.UPSERT
        inner = Scope(scope)
        inner.add("excluded", used)
        self._assigned(conflict.get("targetList", ()), used, inner)
        self._expression(conflict.get("whereClause"), inner, Role.FILTERED)

    def _merged(self, clause: Node, used: Used | None, scope: Scope) -> None:
        self._assigned(clause.get("targetList", ()), used, scope)
        self._expression(clause.get("values"), scope, Role.READ)
        self._expression(clause.get("condition"), scope, Role.FILTERED)

    def _assigned(self, targets: Sequence[Node], used: Used | None, scope: Scope) -> None:
        for target in (item["ResTarget"] for item in targets):
            value = target.get("val")
            self._use(used, target["name"], Role.WRITTEN, node=target, value=value)
            self._expression(value, scope, Role.READ)

    def _definition(self, kind: str, body: Node, scope: Scope) -> None:
        if kind == "CreateStmt":
            columns = self._columns(body.get("tableElts", ()), body["relation"])
            self._declare(body["relation"], columns)
        elif kind == "AlterTableStmt":
            self._altered(body, scope)
        else:
            self.statement(body["query"], scope)
            relation = body["view"] if kind == "ViewStmt" else body["into"]["rel"]
            self._made(relation, body["query"].get("SelectStmt", {}))

    def _altered(self, body: Node, scope: Scope) -> None:
        """What ALTER TABLE adds is declared: the table with the new columns only."""
        elements = [command["AlterTableCmd"] for command in body["cmds"]]
        added = [c["def"] for c in elements if c.get("subtype") == "AT_AddColumn" and "def" in c]
        if added:
            self._declare(body["relation"], self._columns(added, body["relation"]))
        if not body.get("missing_ok") and body.get("objtype") == "OBJECT_TABLE":
            self._relation(body["relation"], scope, Operation.UNKNOWN)

    def _columns(self, elements: Sequence[Node], relation: Node) -> tuple[DeclaredColumn, ...]:
        constraints = [e["Constraint"] for e in elements if "Constraint" in e]
        keys = {
            name
            for constraint in constraints
            if constraint["contype"] == "CONSTR_PRIMARY"
            for name in texts(constraint.get("keys", ()))
        }
        references = {
            texts(constraint["fk_attrs"])[0]: referenced(constraint)
            for constraint in constraints
            if constraint["contype"] == "CONSTR_FOREIGN" and len(constraint["fk_attrs"]) == 1
        }
        return tuple(
            self._declared_column(element["ColumnDef"], relation, keys, references=references)
            for element in elements
            if "ColumnDef" in element and not is_dynamic(element["ColumnDef"]["colname"])
        )

    def _declared_column(
        self, column: Node, relation: Node, keys: set[str], *, references: dict[str, str]
    ) -> DeclaredColumn:
        constraints = [item["Constraint"] for item in column.get("constraints", ())]
        kinds = {constraint["contype"] for constraint in constraints}
        foreign = next((c for c in constraints if c["contype"] == "CONSTR_FOREIGN"), None)
        line = self._line(column if "location" in column else relation)
        return DeclaredColumn(
            name=column["colname"],
            type=type_name(column.get("typeName", {})),
            is_nullable=not kinds & {"CONSTR_NOTNULL", "CONSTR_PRIMARY", "CONSTR_IDENTITY"}
            and column["colname"] not in keys,
            line=self._gathered.place.line + line,
            references=referenced(foreign) if foreign else references.get(column["colname"]),
        )

    def _made(self, relation: Node, query: Node) -> None:
        """A relation made by a query: the columns are the query's, where all have names."""
        names = [output_name(target) for target in query.get("targetList", ())]
        line = self._gathered.place.line + self._line(relation)
        known = [name for name in names if name is not None]
        columns = known if len(known) == len(names) else []
        self._declare(
            relation,
            tuple(DeclaredColumn(name, "", is_nullable=True, line=line) for name in columns),
        )

    def _declare(self, relation: Node, columns: tuple[DeclaredColumn, ...]) -> None:
        gathered, line = self._gathered, self._line(relation)
        if is_dynamic(relation["relname"]):
            gathered.dynamic("table", relation["relname"], line)
            return
        gathered.declared.append(
            DeclaredTable(
                name=relation["relname"],
                place=gathered.at(line),
                via=gathered.via,
                columns=columns,
                schema=relation.get("schemaname"),
                engine=gathered.engine,
                is_test=gathered.is_test,
                makes=True,
                database=gathered.database,
            )
        )

    def _copy(self, body: Node, scope: Scope) -> None:
        if "query" in body:
            self.statement(body["query"], scope)
        if "relation" not in body:
            return
        writes = body.get("is_from", False)
        operation = Operation.INSERT if writes else Operation.SELECT
        used = self._relation(body["relation"], scope, operation)
        for name in texts(body.get("attlist", ())):
            role = Role.WRITTEN if writes else Role.READ
            self._use(used, name, role, node=body["relation"])

    def _on_relation(self, kind: str, body: Node, scope: Scope) -> None:
        if kind == "CopyStmt":
            self._copy(body, scope)
        elif kind == "IndexStmt":
            self._index(body, scope)
        elif kind == "TruncateStmt":
            for relation in body["relations"]:
                self._relation(relation["RangeVar"], scope, Operation.DELETE)
        else:
            self._relation(body["relation"], scope, Operation.UNKNOWN)

    def _index(self, body: Node, outer: Scope) -> None:
        scope = Scope(outer)
        used = self._relation(body["relation"], scope, Operation.UNKNOWN)
        for element in (item["IndexElem"] for item in body.get("indexParams", ())):
            if "name" in element:
                self._use(used, element["name"], Role.READ, node=body["relation"])
            self._expression(element.get("expr"), scope, Role.READ)
        self._expression(body.get("whereClause"), scope, Role.FILTERED)

    def _with(self, body: Node, scope: Scope) -> None:
        clause = body.get("withClause")
        if clause is None:
            return
        queries = [cte["CommonTableExpr"] for cte in clause["ctes"]]
        if clause.get("recursive"):
            scope.queries |= {query["ctename"].lower() for query in queries}
        for query in queries:
            self.statement(query["ctequery"], Scope(queries=scope.visible_queries()))
            scope.queries.add(query["ctename"].lower())

    def _source(self, item: Node, scope: Scope) -> Iterator[Node]:
        """Make an item of FROM known; yields the conditions of its joins, to read when all are."""
        kind, body = next(iter(item.items()))
        if kind == "RangeVar":
            self._relation(body, scope, Operation.SELECT)
        elif kind == "JoinExpr":
            yield from self._source(body["larg"], scope)
            yield from self._source(body["rarg"], scope)
            yield from [body["quals"]] if "quals" in body else []
            self._joined_using(body, scope)
        elif kind == "RangeSubselect":
            lateral = scope if body.get("lateral") else Scope(queries=scope.visible_queries())
            self.statement(body["subquery"], lateral)
            scope.add(body.get("alias", {}).get("aliasname", "()"), None)
        else:
            self._functions_as_table(body, scope)

    def _joined_using(self, body: Node, scope: Scope) -> None:
        for side in ("larg", "rarg"):
            relation = body[side].get("RangeVar")
            used = scope.whole_row(alias_of(relation)) if relation else None
            for name in texts(body.get("usingClause", ())):
                self._use(used, name, Role.FILTERED, node=relation or {})

    def _functions_as_table(self, body: Node, scope: Scope) -> None:
        calls = [i for item in body.get("functions", ()) for i in item["List"]["items"] if i]
        for call in (item["FuncCall"] for item in calls if "FuncCall" in item):
            self._call(call, scope)
            if "alias" not in body:
                scope.add(texts(call["funcname"])[-1], None)
        self._expression(
            [body.get("docexpr"), body.get("rowexpr"), body.get("context_item")], scope, Role.READ
        )
        if "alias" in body:
            scope.add(body["alias"]["aliasname"], None)
        elif not calls:
            scope.add("()", None)

    def _relation(self, body: Node, scope: Scope, operation: Operation) -> Used | None:
        """A table by its name, made known under its alias."""
        name, schema = body["relname"], body.get("schemaname")
        used: Used | None = None
        if schema is not None or not scope.knows_query(name):
            used = self._gathered.table(name, schema, line=self._line(body), operation=operation)
        alias = alias_of(body)
        if is_dynamic(alias) and not is_dynamic(name):
            # Not an alias but a piece of SQL: it may join other tables.
            self._gathered.fragment(alias, self._line(body))
            scope.is_open, alias = True, name
        scope.is_open |= is_dynamic(name) and used is None
        scope.add(alias, used)
        return used

    def _target(self, target: Node, scope: Scope, *, is_alone: bool = False) -> None:
        """A value that a query gives; alone and without FROM it may be a function's call."""
        value = target.get("val", {})
        if is_alone and "FuncCall" in value:
            self._call(value["FuncCall"], scope)
        else:
            self._expression(value, scope, Role.READ)

    def _call(self, call: Node, scope: Scope) -> None:
        *schema, name = texts(call["funcname"])
        if schema or name not in _BUILT_IN:
            self._gathered.function(
                name,
                schema[-1] if schema else None,
                line=self._line(call),
                arguments=argument_names(call),
            )
        self._expression(call.get("args"), scope, Role.READ)

    def _expression(self, node: object, scope: Scope, role: Role) -> None:
        """Columns, subqueries and calls anywhere below a node."""
        if isinstance(node, list):
            for item in node:
                self._expression(item, scope, role)
        elif isinstance(node, dict):
            for kind, body in node.items():
                self._node(kind, body, scope, role)

    def _node(self, kind: str, body: Any, scope: Scope, role: Role) -> None:  # noqa: ANN401 -- any node
        if kind == "ColumnRef":
            self._column(body, scope, role)
        elif kind in _OPERATIONS:
            self.statement({kind: body}, scope)
        elif kind == "A_Expr":
            self._compared(body, scope, role)
        elif kind == "FuncCall" and len(body["funcname"]) > 1:
            self._call(body, scope)
        elif isinstance(body, dict | list):
            self._expression(body, scope, role)

    def _compared(self, body: Node, scope: Scope, role: Role) -> None:
        """An operation of two sides: the value beside a column tells the column's type."""
        left, right = body.get("lexpr"), body.get("rexpr")
        tells = texts(body.get("name", ()))[-1:] in _COMPARISONS
        for node, other in ((left, right), (right, left)):
            if isinstance(node, dict) and "ColumnRef" in node:
                self._column(node["ColumnRef"], scope, role, value=other if tells else None)
            else:
                self._expression(node, scope, role)

    def _column(self, body: Node, scope: Scope, role: Role, *, value: object = None) -> None:
        names = [next(iter(field.values())).get("sval") for field in body["fields"]]
        qualifier = names[-2] if len(names) > 1 else None
        if names[-1] is None:
            scope.read_all(qualifier)
            return
        row = scope.whole_row(names[0]) if qualifier is None else None
        if row is not None:
            row.reads_all = True
            return
        used = scope.column(qualifier, names[-1])
        self._use(used, names[-1], role, node=body, value=value)

    def _use(
        self, used: Used | None, name: str, role: Role, *, node: Node, value: object = None
    ) -> None:
        self._gathered.column(used, name, role, line=self._line(node), value_type=value_type(value))

    def _line(self, node: Node) -> int:
        """The line of a node within the text, counted from 0."""
        location = node.get("location", self._start)
        return bisect_right(self._line_ends, max(location, 0) - 1) if location else 0
