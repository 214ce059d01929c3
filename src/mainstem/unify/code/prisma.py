"""Prisma: the schema's models, and the client's calls over them (`prisma.person.findMany()`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.facts import FileFacts, Reader, Reference
from mainstem.unify.code.model import Operation, Role, Via
from mainstem.unify.code.names import entries, origins
from mainstem.unify.code.orm_models import ModelFacts, ModelUse
from mainstem.unify.code.prisma_schema import MODULE, read_schema
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import Language, literal, plain
from mainstem.unify.code.values import value_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.syntax import Call, SyntaxFile

_METHODS: Final = {
    "findMany": Operation.SELECT,
    "findFirst": Operation.SELECT,
    "findFirstOrThrow": Operation.SELECT,
    "findUnique": Operation.SELECT,
    "findUniqueOrThrow": Operation.SELECT,
    "count": Operation.SELECT,
    "aggregate": Operation.SELECT,
    "groupBy": Operation.SELECT,
    "create": Operation.INSERT,
    "createMany": Operation.INSERT,
    "createManyAndReturn": Operation.INSERT,
    "update": Operation.UPDATE,
    "updateMany": Operation.UPDATE,
    "updateManyAndReturn": Operation.UPDATE,
    "upsert": Operation.UPSERT,
    "delete": Operation.DELETE,
    "deleteMany": Operation.DELETE,
}
_SINGLE: Final = frozenset({"findFirst", "findFirstOrThrow", "findUnique", "findUniqueOrThrow"})
#: methods that give no rows
_NO_ROWS: Final = frozenset(
    {"count", "aggregate", "groupBy", "createMany", "updateMany", "deleteMany"}
)
_CLIENT: Final = re.compile(r"prisma\w*(?:\(\))?(?:\.client)?$", re.IGNORECASE)
_COULD_BE_CLIENT: Final = re.compile(r"(?:^|\.)(?:db|tx|trx|database)$")
_GIVEN: Final = frozenset({"where", "data", "select", "include", "orderBy", "create", "by"})
_LOGIC: Final = frozenset({"AND", "OR", "NOT"})
_QUANTIFIERS: Final = frozenset({"some", "every", "none", "is", "isNot"})
_WRITES: Final = {
    "create": Operation.INSERT,
    "createMany": Operation.INSERT,
    "connectOrCreate": Operation.INSERT,
    "update": Operation.UPDATE,
    "updateMany": Operation.UPDATE,
    "upsert": Operation.UPSERT,
    "delete": Operation.DELETE,
    "deleteMany": Operation.DELETE,
}
_DEPTH_MAX: Final = 8


def read(file: SyntaxFile) -> FileFacts:
    """What a schema or a file of code says about Prisma's models."""
    if file.language is Language.TEXT:
        return read_schema(file) if file.path.endswith(".prisma") else FileFacts()
    found = ModelFacts(Via.PRISMA, file.is_test)
    for method, operation in _METHODS.items():
        for call in calls_by_name(file).get(method, ()):
            name = _model_name(file, call)
            if name is not None:
                _Reader(file, found).call(call, name, operation)
    return found.facts()


def _model_name(file: SyntaxFile, call: Call) -> Node | None:
    """The node that names the model, where the method is a Prisma client's."""
    model = plain(call.receiver) if call.receiver is not None else None
    if model is None or model.type != "member_expression":
        return None
    client, name = model.child_by_field_name("object"), model.child_by_field_name("property")
    if client is None or name is None or file.text(name).startswith("$"):
        return None
    written = file.text(plain(client))
    if _CLIENT.search(written) or _comes_from_prisma(file, client):
        return name
    if not _COULD_BE_CLIENT.search(written) or file.text(name) == "query":
        return None
    first = plain(call.arguments[0]) if call.arguments else None
    keys = {key for key, _ in entries(file, first)} if first is not None else set()
    is_typical = bool(keys & _GIVEN) or (first is None and call.name in {"findMany", "count"})
    return name if is_typical else None


def _comes_from_prisma(file: SyntaxFile, client: Node) -> bool:
    """A name whose module says so: `const { client } = prisma`, imported from `lib/prisma`."""
    if client.type != "identifier" or b"risma" not in file.source:
        return False
    return any(
        "prisma" in origin.module.lower()
        for origin in origins(file, client)
        if isinstance(origin, Reference)
    )


class _Reader:
    """Reads the arguments of calls in one file."""

    def __init__(self, file: SyntaxFile, found: ModelFacts) -> None:
        self._file = file
        self._found = found

    def call(self, call: Call, name: Node, operation: Operation) -> None:
        """One call of a method on a model."""
        accessor = self._file.text(name)
        use = self._use(Reference(MODULE + accessor, (accessor,)), name, operation)
        use.is_single = call.name in _SINGLE
        given = dict(self._pairs(call.arguments[0])) if call.arguments else {}
        use.reads_all = "select" not in given and call.name not in _NO_ROWS
        for key, value in given.items():
            self._part(key, value, use)

    def _part(self, key: str, value: Node, use: ModelUse, depth: int = 0) -> None:
        """One of the keys that a method takes."""
        if key in {"where", "having", "cursor"}:
            self._where(value, use, depth)
        elif key in {"data", "create", "update"}:
            self._write(value, use, depth)
        elif key in {"select", "include"}:
            self._select(value, use, depth)
        elif key in {"orderBy", "_sum", "_avg", "_min", "_max", "_count"}:
            for item in self._items(value):
                for name, inner in self._pairs(item):
                    use.use(name, Role.READ, self._file.line(inner))
        elif key in {"by", "distinct"}:
            for item in self._items(value):
                name_text = literal(self._file, item)
                if name_text is not None:
                    use.use(name_text, Role.READ, self._file.line(item))

    def _where(self, node: Node, use: ModelUse, depth: int) -> None:
        if depth > _DEPTH_MAX:
            return
        for item in self._items(node):
            for name, value in self._pairs(item):
                line = self._file.line(value)
                if name in _LOGIC:
                    self._where(value, use, depth + 1)
                    continue
                use.use(name, Role.FILTERED, line, value_type=value_type(self._file, value))
                inner = list(self._pairs(value))
                if "_" in name:  # a key of several fields: `person_id_team_id: {...}`
                    for part, part_value in inner:
                        use.use(part, Role.FILTERED, self._file.line(part_value))
                for quantifier, condition in inner:
                    if quantifier in _QUANTIFIERS:
                        related = self._related(use, name, value, Operation.SELECT)
                        self._where(condition, related, depth + 1)

    def _write(self, node: Node, use: ModelUse, depth: int) -> None:
        if depth > _DEPTH_MAX:
            return
        for item in self._items(node):
            for name, value in self._pairs(item):
                kind = value_type(self._file, value)
                use.use(name, Role.WRITTEN, self._file.line(value), value_type=_scalar(kind))
                for verb, inner in self._pairs(value):
                    if verb in _WRITES:
                        related = self._related(use, name, value, _WRITES[verb])
                        self._nested_write(verb, inner, related, depth + 1)

    def _nested_write(self, verb: str, node: Node, use: ModelUse, depth: int) -> None:
        if verb == "create":
            self._write(node, use, depth)
            return
        for item in self._items(node):
            for key, value in self._pairs(item):
                self._part(key, value, use, depth)

    def _select(self, node: Node, use: ModelUse, depth: int) -> None:
        """`{ id: true, orders: { select: {...} } }`: fields, and relations with their own."""
        if depth > _DEPTH_MAX:
            return
        for name, value in self._pairs(node):
            if name == "_count":
                continue
            use.use(name, Role.READ, self._file.line(value))
            if self._file.text(value) in {"false", "undefined"}:
                continue
            related = self._related(use, name, value, Operation.SELECT)
            given = dict(self._pairs(value))
            related.reads_all = "select" not in given
            for key, inner in given.items():
                self._part(key, inner, related, depth + 1)

    def _related(self, use: ModelUse, name: str, node: Node, operation: Operation) -> ModelUse:
        """The model behind a relation; where the name is a column's, nothing comes of it."""
        assert isinstance(use.target, Reference)
        related = self._use(use.target.member(f"{name}/"), node, operation)
        related.is_tentative = True
        return related

    def _use(self, reference: Reference, node: Node, operation: Operation) -> ModelUse:
        use = ModelUse(reference, self._file.expression(node), self._file.place(node), operation)
        self._found.uses.append(use)
        return use

    def _pairs(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Keys and values of an object, with those of objects that are spread into it."""
        for origin in origins(self._file, node):
            if not isinstance(origin, Node) or origin.type != "object":
                continue
            for key, value in entries(self._file, origin):
                if key is not None:
                    yield key, value
                elif value.id != node.id:
                    yield from self._spread(value)

    def _spread(self, node: Node) -> Iterator[tuple[str, Node]]:
        for origin in origins(self._file, node):
            if isinstance(origin, Node) and origin.type == "object":
                yield from (
                    (key, value) for key, value in entries(self._file, origin) if key is not None
                )

    def _items(self, node: Node) -> Iterator[Node]:
        for origin in origins(self._file, node):
            if isinstance(origin, Node) and origin.type == "array":
                yield from (child for child in origin.named_children if child.type != "comment")
            elif isinstance(origin, Node):
                yield origin


def _scalar(kind: str | None) -> str | None:
    # An object can be `{ increment: 1 }` or a relation as well as JSON.
    return None if kind == "json" else kind


_SCRIPTS: Final = frozenset({Language.TYPESCRIPT, Language.TSX, Language.JAVASCRIPT})
READER: Final = Reader("prisma", _SCRIPTS | {Language.TEXT}, read)
