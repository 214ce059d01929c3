"""What statements create, drop and rename, read from their parse trees.

Columns, policies and triggers are named `table.name`: they belong to their table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.catalog.database import ObjectName
from mainstem.unify.replay.model import Creation, ObjectKind
from mainstem.unify.replay.syntax import (
    Node,
    Step,
    found,
    strings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

#: the schema under which temporary relations are told
TEMPORARY: Final = "pg_temp"
RELATIONS: Final = frozenset(
    {ObjectKind.TABLE, ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW, ObjectKind.SEQUENCE}
)
_DROPPED: Final = {
    "OBJECT_TABLE": ObjectKind.TABLE,
    "OBJECT_FOREIGN_TABLE": ObjectKind.TABLE,
    "OBJECT_VIEW": ObjectKind.VIEW,
    "OBJECT_MATVIEW": ObjectKind.MATERIALIZED_VIEW,
    "OBJECT_SEQUENCE": ObjectKind.SEQUENCE,
    "OBJECT_INDEX": ObjectKind.INDEX,
    "OBJECT_FUNCTION": ObjectKind.FUNCTION,
    "OBJECT_PROCEDURE": ObjectKind.FUNCTION,
    "OBJECT_ROUTINE": ObjectKind.FUNCTION,
    "OBJECT_TYPE": ObjectKind.TYPE,
    "OBJECT_DOMAIN": ObjectKind.TYPE,
    "OBJECT_SCHEMA": ObjectKind.SCHEMA,
    "OBJECT_POLICY": ObjectKind.POLICY,
    "OBJECT_TRIGGER": ObjectKind.TRIGGER,
    "OBJECT_EXTENSION": ObjectKind.EXTENSION,
    "OBJECT_COLUMN": ObjectKind.COLUMN,
}
#: where the table's name stands in an INSERT
_HEAD: Final = 200
#: the opening of a statement that creates what code names; comments may stand before it
_CREATES: Final = re.compile(
    r"(?:\s|--.*\n|/\*(?:[^*]|\*(?!/))*\*/)*create\s+(?:or\s+replace\s+)?(?:unlogged\s+)?"
    r"(?P<kind>table|view|materialized\s+view|function)\s+(?:if\s+not\s+exists\s+)?"
    r"((?:\w+|\"[^\".]+\")(?:\.(?:\w+|\"[^\".]+\"))?)",
    re.IGNORECASE,
)
_WITHOUT_SCHEMA: Final = frozenset({ObjectKind.SCHEMA, ObjectKind.EXTENSION, ObjectKind.ROLE})
_OF_TABLE: Final = frozenset({ObjectKind.POLICY, ObjectKind.TRIGGER, ObjectKind.COLUMN})


@dataclass(frozen=True)
class Change:
    """One object that a statement creates or drops."""

    kind: ObjectKind
    name: ObjectName
    is_guarded: bool = False
    is_drop: bool = False
    #: lines below the statement's own
    line_offset: int = 0


def changes(step: Step) -> tuple[Change, ...]:
    """What a statement creates and drops, in order; a rename is a drop and a creation."""
    if step.is_rows and "buckets" not in step.statement.text[:_HEAD].lower():
        return ()
    if not step.kind:
        return tuple(_told_by_opening(step))
    is_block = step.kind == "DoStmt"
    return tuple(
        # What stands in a DO block counts as guarded: it looks before it creates, or catches.
        Change(change.kind, change.name, change.is_guarded or is_block, change.is_drop, line)
        for kind, node, line in step.inner
        for change in _changes(step, kind, node)
    )


def _told_by_opening(step: Step) -> Iterator[Change]:
    """What a statement that is not valid SQL would create: it is tried, so it is not nowhere."""
    told = _CREATES.match(step.statement.text)
    if told is not None:
        kind = ObjectKind(" ".join(told["kind"].lower().split()))
        parts = [part.strip('"') if '"' in part else part.lower() for part in told[2].split(".")]
        yield Change(kind, step.named(parts))


def creations(
    steps: Iterable[Step], is_applied: Callable[[Step], bool], left_out: Container[int] = ()
) -> tuple[Creation, ...]:
    """All creations of a replay, in order, those that are dropped later marked."""
    made: list[Creation] = []
    open_at: dict[tuple[ObjectKind, ObjectName], list[int]] = {}
    for step in steps:
        if step.number in left_out:
            continue
        for change in changes(step):
            if change.is_drop:
                if is_applied(step):
                    _mark_dropped(made, open_at, change)
                continue
            key = _key(change.kind, change.name)
            open_at.setdefault(key, []).append(len(made))
            made.append(
                Creation(
                    kind=change.kind,
                    name=change.name,
                    file=step.file,
                    line=step.line + change.line_offset,
                    is_guarded=change.is_guarded,
                    is_applied=is_applied(step),
                )
            )
    return tuple(made)


def _mark_dropped(
    made: list[Creation],
    open_at: dict[tuple[ObjectKind, ObjectName], list[int]],
    change: Change,
) -> None:
    """A dropped table takes its policies, triggers, columns and indexes along; a schema all."""
    keys = [_key(change.kind, change.name)]
    if change.kind is ObjectKind.TABLE:
        prefix = f"{change.name.name}."
        keys += [
            key
            for key in open_at
            if key[0] in _OF_TABLE
            and key[1].schema == change.name.schema
            and key[1].name.startswith(prefix)
        ]
    elif change.kind is ObjectKind.SCHEMA:
        keys += [key for key in open_at if key[1].schema == change.name.name]
    for key in keys:
        for index in open_at.pop(key, ()):
            made[index] = _dropped(made[index])


def _dropped(creation: Creation) -> Creation:
    return Creation(
        kind=creation.kind,
        name=creation.name,
        file=creation.file,
        line=creation.line,
        is_guarded=creation.is_guarded,
        is_applied=creation.is_applied,
        is_dropped=True,
    )


def _key(kind: ObjectKind, name: ObjectName) -> tuple[ObjectKind, ObjectName]:
    return (ObjectKind.TABLE if kind in RELATIONS else kind, name)


def _changes(step: Step, kind: str, node: Node) -> Iterator[Change]:
    reader = _READERS.get(kind)
    return iter(()) if reader is None else reader(step, node)


def _table(step: Step, node: Node) -> Iterator[Change]:
    guarded = node.get("if_not_exists", False)
    yield Change(ObjectKind.TABLE, _made_name(step, node["relation"]), guarded)


def _table_as(step: Step, node: Node) -> Iterator[Change]:
    relation = node.get("into", {}).get("rel")
    if relation is None:
        return
    is_view = node.get("objtype") == "OBJECT_MATVIEW"
    kind = ObjectKind.MATERIALIZED_VIEW if is_view else ObjectKind.TABLE
    yield Change(kind, _made_name(step, relation), node.get("if_not_exists", False))


def _select_into(step: Step, node: Node) -> Iterator[Change]:
    relation = node.get("intoClause", {}).get("rel")
    if relation is not None:
        yield Change(ObjectKind.TABLE, _made_name(step, relation))


def _foreign_table(step: Step, node: Node) -> Iterator[Change]:
    yield from _table(step, node.get("base") or node["baseStmt"])


def _view(step: Step, node: Node) -> Iterator[Change]:
    yield Change(ObjectKind.VIEW, _made_name(step, node["view"]), node.get("replace", False))


def _made_name(step: Step, relation: Node) -> ObjectName:
    """The name of a relation that a statement makes; a temporary one's schema is `pg_temp`."""
    name = step.name(relation)
    return ObjectName(TEMPORARY, name.name) if relation.get("relpersistence") == "t" else name


def _function(step: Step, node: Node) -> Iterator[Change]:
    name = step.named(strings(node["funcname"]))
    yield Change(ObjectKind.FUNCTION, name, node.get("replace", False))


def _type(step: Step, node: Node) -> Iterator[Change]:
    parts = strings(node.get("typeName") or node.get("domainname") or node.get("defnames") or [])
    if "typevar" in node:
        yield Change(ObjectKind.TYPE, step.name(node["typevar"]))
    elif parts and node.get("kind", "OBJECT_TYPE") == "OBJECT_TYPE":
        yield Change(ObjectKind.TYPE, step.named(parts))


def _schema(step: Step, node: Node) -> Iterator[Change]:
    name = node.get("schemaname") or node.get("authrole", {}).get("rolename", step.schema)
    yield Change(ObjectKind.SCHEMA, ObjectName("", name), node.get("if_not_exists", False))
    for element in node.get("schemaElts", ()):
        for kind, inner in element.items():
            for change in _changes(step, kind, inner):
                yield Change(change.kind, ObjectName(name, change.name.name))


def _sequence(step: Step, node: Node) -> Iterator[Change]:
    guarded = node.get("if_not_exists", False)
    yield Change(ObjectKind.SEQUENCE, step.name(node["sequence"]), guarded)


def _index(step: Step, node: Node) -> Iterator[Change]:
    if "idxname" in node:
        schema = step.name(node["relation"]).schema
        name = ObjectName(schema, node["idxname"])
        yield Change(ObjectKind.INDEX, name, node.get("if_not_exists", False))


def _trigger(step: Step, node: Node) -> Iterator[Change]:
    name = of_table(step.name(node["relation"]), node["trigname"])
    yield Change(ObjectKind.TRIGGER, name, node.get("replace", False))


def _policy(step: Step, node: Node) -> Iterator[Change]:
    yield Change(ObjectKind.POLICY, of_table(step.name(node["table"]), node["policy_name"]))


def _role(step: Step, node: Node) -> Iterator[Change]:
    del step
    yield Change(ObjectKind.ROLE, ObjectName("", node["role"]))


def _extension(step: Step, node: Node) -> Iterator[Change]:
    del step
    guarded = node.get("if_not_exists", False)
    yield Change(ObjectKind.EXTENSION, ObjectName("", node["extname"]), guarded)


def _altered(step: Step, node: Node) -> Iterator[Change]:
    table = step.name(node["relation"])
    for command in found(node.get("cmds", []), "AlterTableCmd"):
        guarded = command.get("missing_ok", False)
        if command.get("subtype") == "AT_AddColumn":
            column = command["def"]["ColumnDef"]["colname"]
            yield Change(ObjectKind.COLUMN, of_table(table, column), guarded)
        elif command.get("subtype") == "AT_AddConstraint":
            constraint = command["def"]["Constraint"].get("conname")
            if constraint is not None:
                yield Change(ObjectKind.CONSTRAINT, of_table(table, constraint))
        elif command.get("subtype") == "AT_DropColumn":
            yield Change(ObjectKind.COLUMN, of_table(table, command["name"]), guarded, True)
        elif command.get("subtype") == "AT_DropConstraint":
            yield Change(ObjectKind.CONSTRAINT, of_table(table, command["name"]), guarded, True)


def _dropping(step: Step, node: Node) -> Iterator[Change]:
    kind = _DROPPED.get(node["removeType"])
    if kind is None:
        return
    guarded = node.get("missing_ok", False)
    for item in node.get("objects", ()):
        parts = strings(item)
        if kind in _WITHOUT_SCHEMA:
            yield Change(kind, ObjectName("", parts[-1]), guarded, True)
        elif kind in _OF_TABLE:
            yield Change(kind, of_table(step.named(parts[:-1]), parts[-1]), guarded, True)
        elif kind is ObjectKind.FUNCTION:
            name = step.named(strings(item.get("ObjectWithArgs", item).get("objname", item)))
            yield Change(kind, name, guarded, True)
        else:
            yield Change(kind, step.named(parts), guarded, True)


def _renamed(step: Step, node: Node) -> Iterator[Change]:
    kind = _DROPPED.get(node["renameType"])
    if kind is None:
        return
    if "relation" in node:
        name = step.name(node["relation"])
        if kind in _OF_TABLE:
            yield Change(kind, of_table(name, node["subname"]), True, True)
            yield Change(kind, of_table(name, node["newname"]))
            return
    elif kind in _WITHOUT_SCHEMA:
        yield Change(kind, ObjectName("", node["subname"]), True, True)
        yield Change(kind, ObjectName("", node["newname"]))
        return
    else:
        inner = node["object"].get("ObjectWithArgs", node["object"])
        name = step.named(strings(inner.get("objname", inner)))
    yield Change(kind, name, True, True)
    yield Change(kind, ObjectName(name.schema, node["newname"]))


def _moved(step: Step, node: Node) -> Iterator[Change]:
    kind = _DROPPED.get(node["objectType"])
    if kind is None or kind in _WITHOUT_SCHEMA:
        return
    if "relation" in node:
        name = step.name(node["relation"])
    else:
        inner = node["object"].get("ObjectWithArgs", node["object"])
        name = step.named(strings(inner.get("objname", inner)))
    yield Change(kind, name, True, True)
    yield Change(kind, ObjectName(node["newschema"], name.name))


def _buckets(step: Step, node: Node) -> Iterator[Change]:
    """Buckets are rows: the literal under `id` in each row of an INSERT into storage.buckets."""
    if step.name(node["relation"]) != ObjectName("storage", "buckets"):
        return
    columns = [target["ResTarget"].get("name") for target in node.get("cols", ())]
    place = columns.index("id") if "id" in columns else 0
    guarded = "onConflictClause" in node
    select = node.get("selectStmt", {}).get("SelectStmt", {})
    rows = [item["List"].get("items", []) for item in select.get("valuesLists", ())]
    rows += [[target["ResTarget"].get("val", {}) for target in select.get("targetList", ())]]
    for row in rows:
        value = row[place] if place < len(row) else {}
        value = value.get("TypeCast", {}).get("arg", value)
        text = value.get("A_Const", {}).get("sval", {}).get("sval")
        if text is not None:
            yield Change(ObjectKind.BUCKET, ObjectName("storage", text), guarded)


def of_table(table: ObjectName, name: str) -> ObjectName:
    """The name of what belongs to a table: a column, a policy, a trigger, a constraint."""
    return ObjectName(table.schema, f"{table.name}.{name}")


_READERS: Final[Mapping[str, Callable[[Step, Node], Iterator[Change]]]] = {
    "CreateStmt": _table,
    "CreateTableAsStmt": _table_as,
    "SelectStmt": _select_into,
    "CreateForeignTableStmt": _foreign_table,
    "ViewStmt": _view,
    "CreateFunctionStmt": _function,
    "CreateEnumStmt": _type,
    "CreateRangeStmt": _type,
    "CreateDomainStmt": _type,
    "CompositeTypeStmt": _type,
    "DefineStmt": _type,
    "CreateSchemaStmt": _schema,
    "CreateSeqStmt": _sequence,
    "IndexStmt": _index,
    "CreateTrigStmt": _trigger,
    "CreatePolicyStmt": _policy,
    "CreateRoleStmt": _role,
    "CreateExtensionStmt": _extension,
    "AlterTableStmt": _altered,
    "DropStmt": _dropping,
    "RenameStmt": _renamed,
    "AlterObjectSchemaStmt": _moved,
    "InsertStmt": _buckets,
}
