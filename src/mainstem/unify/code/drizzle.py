"""Drizzle's queries: `db.select().from(person)`, `db.query.person.findMany()` and the like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.drizzle_tables import chain_down, declarations, model_of, targets
from mainstem.unify.code.facts import FileFacts, Reader, Reference
from mainstem.unify.code.model import (
    Operation,
    Role,
    Via,
)
from mainstem.unify.code.names import entries, origins
from mainstem.unify.code.orm_models import Model, ModelFacts, ModelUse
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import Call, Language, as_call, plain
from mainstem.unify.code.values import value_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mainstem.unify.code.syntax import SyntaxFile

_JOINS: Final = frozenset({"innerJoin", "leftJoin", "rightJoin", "fullJoin", "crossJoin"})
_SELECTS: Final = frozenset({"select", "selectDistinct", "selectDistinctOn"})
_CHANGES: Final = {
    "insert": Operation.INSERT,
    "update": Operation.UPDATE,
    "delete": Operation.DELETE,
    "$count": Operation.SELECT,
}
_FOLLOWING: Final = frozenset(
    {"values", "set", "where", "returning", "onConflictDoNothing", "onConflictDoUpdate", "select"}
)
_ROLES: Final = {"where": Role.FILTERED, "having": Role.FILTERED} | dict.fromkeys(
    _JOINS | {"$count"}, Role.FILTERED
)
_DATABASE: Final = re.compile(
    r"(?:^|[._\W])(?:\w*db|tx|trx|\w*database|drizzle|transaction)\W*$", re.IGNORECASE
)
#: the name under which a schema's table is found from `db.query.person`
_QUERY_MODULE: Final = "drizzle query "


def read(file: SyntaxFile) -> FileFacts:
    """What a file says about Drizzle's tables."""
    found = ModelFacts(Via.DRIZZLE, file.is_test)
    if b"drizzle" in file.source or b"Table(" in file.source or b"createTable" in file.source:
        for name, call in declarations(file):
            model = model_of(file, call)
            if model is not None:
                found.models[name] = model
    _read_queries(file, found)
    return found.facts(provides=[_QUERY_MODULE + name for name in found.models])


def _read_queries(file: SyntaxFile, found: ModelFacts) -> None:
    named = calls_by_name(file)
    for call in named.get("from", ()):
        made = as_call(file, plain(call.receiver)) if call.receiver is not None else None
        if made is not None and made.name in _SELECTS:
            _read_chain(file, call, Operation.SELECT, found)
    for name, operation in _CHANGES.items():
        for call in named.get(name, ()):
            if call.arguments and _is_change(file, call):
                _read_chain(file, call, operation, found)
    for name in ("findMany", "findFirst"):
        for call in named.get(name, ()):
            _read_find(file, call, found)


def _is_change(file: SyntaxFile, call: Call) -> bool:
    """It is a query, and not the method of a map or a list."""
    if call.receiver is None or plain(call.arguments[0]).type not in _TABLE_EXPRESSIONS:
        return False
    made = as_call(file, plain(call.receiver))
    if made is not None and made.name in {"from", "table", "schema"}:
        return False  # a table of PostgREST, and what is given is a row
    receiver = file.text(call.receiver)
    following = call.node.parent
    member = following.child_by_field_name("property") if following is not None else None
    is_chained = member is not None and file.text(member) in _FOLLOWING
    return _DATABASE.search(receiver) is not None or (is_chained and call.name != "$count")


_TABLE_EXPRESSIONS: Final = frozenset({"identifier", "member_expression"})


def _read_chain(file: SyntaxFile, start: Call, operation: Operation, found: ModelFacts) -> None:
    """A query: its table, those that it joins, and the columns named in any of its calls."""
    chain = list(_chain_around(file, start))
    uses: dict[str, list[ModelUse]] = {}
    for call in chain:
        if (call.node.id == start.node.id or call.name in _JOINS) and call.arguments:
            made = operation if call.node.id == start.node.id else Operation.SELECT
            table = plain(call.arguments[0])
            uses[file.text(table)] = list(_uses_of(file, table, call, made, found=found))
    for call in chain:
        skipped = 1 if call.node.id == start.node.id or call.name in _JOINS else 0
        _read_members(file, call, uses, skipped)
    for use in uses.get(file.text(plain(start.arguments[0])), ()):
        _read_written(file, chain, use)
    _read_all(chain, [use for each in uses.values() for use in each], start)


def _chain_around(file: SyntaxFile, start: Call) -> Iterator[Call]:
    """All calls of the chain that a call is a part of, the last one first."""
    node = start.node
    while node.parent is not None and node.parent.type == "member_expression":
        outer = node.parent.parent
        if outer is None or outer.type != "call_expression":
            break
        node = outer
    return chain_down(file, node)


def _uses_of(
    file: SyntaxFile, table: Node, call: Call, operation: Operation, *, found: ModelFacts
) -> Iterator[ModelUse]:
    if table.type not in _TABLE_EXPRESSIONS:
        return
    for target in targets(file, table):
        known = model_of(file, target) if isinstance(target, Call) else target
        if known is None or isinstance(known, str):
            reason = known or "its name is not a constant"
            found.unknown(file.expression(table), file.place(call.name_node), reason)
            continue
        use = ModelUse(known, file.expression(table), file.place(call.name_node), operation)
        found.uses.append(use)
        yield use


def _read_members(
    file: SyntaxFile, call: Call, uses: dict[str, list[ModelUse]], skipped: int
) -> None:
    """`person.email` anywhere in the arguments of a call, as read or as filtered on."""
    if call.name == "values":
        return
    role = _ROLES.get(call.name, Role.READ)
    for argument in call.arguments[skipped:]:
        for member in file.nodes("member_expression", argument):
            owner = member.child_by_field_name("object")
            name = member.child_by_field_name("property")
            if owner is None or name is None:
                continue
            is_target = call.name.startswith("onConflict") and _key_around(file, member) == "target"
            for use in uses.get(file.text(owner), ()):
                use.use(file.text(name), Role.CONFLICT if is_target else role, file.line(name))


def _key_around(file: SyntaxFile, node: Node) -> str | None:
    """The key of the object entry that an expression stands in."""
    around = node.parent
    while around is not None and around.type != "pair":
        if around.type in {"arguments", "statement_block"}:
            return None
        around = around.parent
    key = around.child_by_field_name("key") if around is not None else None
    return file.text(key) if key is not None else None


def _read_written(file: SyntaxFile, chain: Sequence[Call], use: ModelUse) -> None:
    for call in chain:
        if call.name in {"values", "set"} and call.arguments:
            _write(file, call.arguments[0], use, 0)
        elif call.name == "onConflictDoUpdate" and call.arguments:
            use.operation = Operation.UPSERT
            for key, value in _pairs(file, call.arguments[0]):
                if key == "set":
                    _write(file, value, use, 0)


def _write(file: SyntaxFile, node: Node, use: ModelUse, depth: int) -> None:
    """The keys of an object, of one spread into it, or of the objects in a list."""
    for origin in origins(file, node) if depth < 4 else ():  # noqa: PLR2004 -- spread in spread
        if not isinstance(origin, Node):
            continue
        if origin.type == "array":
            for item in origin.named_children:
                _write(file, item, use, depth + 1)
        for key, value in entries(file, origin) if origin.type == "object" else ():
            if key is None:
                _write(file, value, use, depth + 1)
            else:
                kind = value_type(file, value)
                use.use(key, Role.WRITTEN, file.line(value), value_type=kind)


def _pairs(file: SyntaxFile, node: Node) -> Iterator[tuple[str, Node]]:
    node = plain(node)
    for key, value in entries(file, node) if node.type == "object" else ():
        if key is not None:
            yield key, value


def _read_all(chain: Sequence[Call], uses: Sequence[ModelUse], start: Call) -> None:
    """`select()` and `returning()` without columns give them all."""
    names = {call.name: call for call in chain}
    for name in _SELECTS & names.keys():
        if name != "selectDistinctOn" and not names[name].arguments:
            for use in uses:
                use.reads_all = True
    if "returning" in names and not names["returning"].arguments and start.name != "from":
        for use in uses:
            use.reads_all = True


def _read_find(file: SyntaxFile, call: Call, found: ModelFacts) -> None:
    """`db.query.person.findMany({ where, columns })`."""
    table = plain(call.receiver) if call.receiver is not None else None
    query = table.child_by_field_name("object") if table is not None else None
    name = table.child_by_field_name("property") if table is not None else None
    if query is None or name is None or query.type != "member_expression":
        return
    last = query.child_by_field_name("property")
    if last is None or file.text(last) != "query":
        return
    key = file.text(name)
    target: Model | Reference = found.models.get(key) or Reference(_QUERY_MODULE + key, (key,))
    use = ModelUse(target, file.expression(table or name), file.place(name), Operation.SELECT)
    use.is_single = call.name == "findFirst"
    found.uses.append(use)
    given = dict(_pairs(file, call.arguments[0])) if call.arguments else {}
    use.reads_all = "columns" not in given
    for column, value in _pairs(file, given["columns"]) if "columns" in given else ():
        use.use(column, Role.READ, file.line(value))
    for part, role in (("where", Role.FILTERED), ("orderBy", Role.READ)):
        if part in given:
            _read_part(file, given[part], use, role, key=key)


def _read_part(file: SyntaxFile, node: Node, use: ModelUse, role: Role, *, key: str) -> None:
    """A condition or order: members of the table, or of a callback's first parameter."""
    owners = {key}
    parameters = node.child_by_field_name("parameters")
    if node.type == "arrow_function" and parameters is not None and parameters.named_children:
        first = parameters.named_children[0]
        owners.add(file.text(first.child_by_field_name("pattern") or first))
    for member in file.nodes("member_expression", node):
        owner, name = member.child_by_field_name("object"), member.child_by_field_name("property")
        if owner is None or name is None:
            continue
        if file.text(owner).rpartition(".")[2] in owners:
            use.use(file.text(name), role, file.line(name))


READER: Final = Reader(
    "drizzle",
    frozenset({Language.TYPESCRIPT, Language.TSX, Language.JAVASCRIPT}),
    read,
)
