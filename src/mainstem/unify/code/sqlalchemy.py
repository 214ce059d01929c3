"""SQLAlchemy and SQLModel: the queries over their models (`select(Person)`, `session.get(...)`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.facts import FileFacts, Reader, Reference
from mainstem.unify.code.model import Operation, Role, Via
from mainstem.unify.code.names import entries, origins
from mainstem.unify.code.orm_models import Model, ModelFacts, ModelUse
from mainstem.unify.code.sqlalchemy_models import made_by_migrations, read_models
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import Language, as_call, literal, plain
from mainstem.unify.code.values import value_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.syntax import Call, SyntaxFile

_MENTION: Final = re.compile(rb"sqlalchemy|sqlmodel|\bdb\.session\b")
_STATEMENTS: Final = {
    "select": Operation.SELECT,
    "query": Operation.SELECT,
    "insert": Operation.INSERT,
    "update": Operation.UPDATE,
    "delete": Operation.DELETE,
}
_JOINS: Final = frozenset({"join", "outerjoin", "select_from", "join_from"})
_ROLES: Final = dict.fromkeys(
    ("where", "filter", "filter_by", "having", "join", "outerjoin", "get"), Role.FILTERED
)
_WRITERS: Final = frozenset({"values", "update"})
_SESSION: Final = re.compile(r"(?:session|db|conn|connection)\)?$", re.IGNORECASE)


def read(file: SyntaxFile) -> FileFacts:
    """What a file says about SQLAlchemy's models."""
    if not _MENTION.search(file.source) and b"__tablename__" not in file.source:
        return FileFacts()
    found = ModelFacts(Via.SQLALCHEMY, file.is_test)
    found.models.update(read_models(file))
    found.others.extend(made_by_migrations(file))
    _Queries(file, found).read()
    return found.facts()


class _Queries:
    """Reads the queries of one file."""

    def __init__(self, file: SyntaxFile, found: ModelFacts) -> None:
        self._file = file
        self._found = found

    def read(self) -> None:
        """Every query in the file."""
        named = calls_by_name(self._file)
        for name, operation in _STATEMENTS.items():
            for call in named.get(name, ()):
                if self._is_statement(call):
                    self._chain(call, operation)
        for call in named.get("get", ()):
            is_session = call.receiver is not None and _SESSION.search(
                self._file.text(call.receiver)
            )
            if is_session and len(call.arguments) > 1:
                for use in self._uses(call.arguments[0], call, Operation.SELECT):
                    use.reads_all = use.is_single = True
        for name in ("add", "add_all", "merge"):
            for call in named.get(name, ()):
                if call.receiver is not None and _SESSION.search(self._file.text(call.receiver)):
                    self._added(call)

    def _is_statement(self, call: Call) -> bool:
        """`select(...)` and `sa.select(...)`, `session.query(...)`; not a method of something."""
        if not call.arguments:
            return False
        if call.name == "query":
            return call.receiver is not None
        receiver = plain(call.receiver) if call.receiver is not None else None
        return receiver is None or any(
            isinstance(origin, Reference) and origin.module.startswith(("sqlalchemy", "sqlmodel"))
            for origin in origins(self._file, receiver)
        )

    def _chain(self, start: Call, operation: Operation) -> None:
        chain = list(_chain_around(self._file, start))
        uses: dict[str, list[ModelUse]] = {}
        for argument in start.arguments:
            self._mention(argument, start, operation, uses)
        for call in chain:
            if call.name in _JOINS and call.arguments and call.node.id != start.node.id:
                self._mention(call.arguments[0], call, Operation.SELECT, uses)
        first = list(uses.values())[:1]
        for call in chain:
            self._clause(call, start, operation, uses, first=first[0] if first else [])

    def _mention(
        self, node: Node, call: Call, operation: Operation, uses: dict[str, list[ModelUse]]
    ) -> None:
        """A model among the arguments, whole or through one of its columns."""
        node = plain(node)
        if node.type not in {"identifier", "attribute"}:
            return
        name, field_name = self._split(node)
        if name not in uses:
            uses[name] = list(self._uses(node, call, operation))
        for use in uses[name]:
            if field_name is None:
                use.reads_all |= operation is Operation.SELECT and call.name != "select_from"
            else:
                use.use(field_name, Role.READ, self._file.line(node))

    def _clause(
        self,
        call: Call,
        start: Call,
        operation: Operation,
        uses: dict[str, list[ModelUse]],
        *,
        first: list[ModelUse],
    ) -> None:
        """One call of the chain: the columns in its arguments."""
        is_start = call.node.id == start.node.id
        role = _ROLES.get(call.name, Role.READ) if not is_start else Role.READ
        for argument in (*call.arguments, *call.keywords.values()):
            for member in self._file.nodes("attribute", argument):
                name, field_name = self._split(member)
                for use in uses.get(name, ()) if field_name is not None else ():
                    use.use(field_name or "", role, self._file.line(member))
        writes = not is_start and call.name in _WRITERS
        if call.name == "filter_by" or writes:
            for key, value in self._written(call):
                for use in first:
                    use.use(
                        key,
                        Role.WRITTEN if writes else Role.FILTERED,
                        self._file.line(value),
                        value_type=value_type(self._file, value),
                    )
        if not is_start and call.name in {"update", "delete"} and operation is Operation.SELECT:
            for use in first:  # `session.query(Person).filter(...).delete()`
                use.operation = Operation[call.name.upper()]
                use.reads_all = False
        if call.name.startswith("on_conflict_do_update"):
            self._conflict(call, first)

    def _conflict(self, call: Call, uses: list[ModelUse]) -> None:
        names = call.argument(1, "index_elements")
        for use in uses:
            use.operation = Operation.UPSERT
            for item in names.named_children if names is not None else ():
                text = literal(self._file, item)
                if text is not None:
                    use.use(text, Role.CONFLICT, self._file.line(item))

    def _written(self, call: Call) -> Iterator[tuple[str, Node]]:
        """Keywords, and the keys of a dictionary: texts or columns (`{Person.name: 1}`)."""
        yield from call.keywords.items()
        for argument in call.arguments[:1]:
            for origin in origins(self._file, argument):
                if not isinstance(origin, Node) or origin.type != "dictionary":
                    continue
                yield from (
                    (key, value) for key, value in entries(self._file, origin) if key is not None
                )

    def _added(self, call: Call) -> None:
        """`session.add(Person(name='a'))`, also through a variable."""
        given = [plain(argument) for argument in call.arguments[:1]]
        items = [
            item for one in given for item in (one.named_children if one.type == "list" else [one])
        ]
        for item in items:
            for origin in origins(self._file, item):
                made = as_call(self._file, origin) if isinstance(origin, Node) else None
                if made is None or (made.receiver is not None and made.name not in _BUILDERS):
                    continue
                model = made.receiver if made.receiver is not None else made.name_node
                for use in self._uses(model, call, Operation.INSERT):
                    use.is_tentative = True
                    for key, value in made.keywords.items() if made.receiver is None else ():
                        use.use(
                            key,
                            Role.WRITTEN,
                            self._file.line(value),
                            value_type=value_type(self._file, value),
                        )

    def _uses(self, node: Node, call: Call, operation: Operation) -> Iterator[ModelUse]:
        node = plain(node)
        if node.type not in {"identifier", "attribute"}:
            return
        _, field_name = self._split(node)
        for origin in origins(self._file, _owner(node) if field_name is not None else node):
            target: Model | Reference | None = None
            if isinstance(origin, Reference):
                target = origin if _could_be_model(origin) else None
            elif isinstance(origin, Node):
                target = self._local(origin)
            elif self._file.text(node)[:1].isupper():
                self._found.unknown(
                    self._file.expression(node), self._file.place(call.name_node), origin.reason
                )
            if target is not None:
                use = ModelUse(
                    target,
                    self._file.expression(node),
                    self._file.place(call.name_node),
                    operation,
                    is_tentative=field_name is not None,
                )
                self._found.uses.append(use)
                yield use

    def _local(self, origin: Node) -> Model | None:
        """The model that a class or a `Table()` of this file is."""
        call = as_call(self._file, origin)
        if call is not None and call.name in {"aliased", "alias"} and call.arguments:
            for inner in origins(self._file, call.arguments[0]):
                if isinstance(inner, Node):
                    return self._local(inner)
        if call is not None:
            holder = origin.parent
            name = holder.child_by_field_name("left") if holder is not None else None
        else:
            name = origin.child_by_field_name("name")
        return self._found.models.get(self._file.text(name)) if name is not None else None

    def _split(self, node: Node) -> tuple[str, str | None]:
        """A model's name as written, and the field after it (`models.Person.name`, `t.c.id`)."""
        text = self._file.text(node)
        owner, _, name = text.rpartition(".")
        if not owner:
            return text, None
        if owner.endswith(".c"):
            return owner.removesuffix(".c"), name
        is_model = owner.rpartition(".")[2][:1].isupper()
        return (owner, name) if is_model else (text, None)


def _owner(node: Node) -> Node:
    owner = node.child_by_field_name("object")
    if owner is None:
        return node
    name = owner.child_by_field_name("attribute")
    inner = owner.child_by_field_name("object")
    if name is not None and inner is not None and name.text == b"c":
        return inner
    return owner


def _could_be_model(reference: Reference) -> bool:
    """A class of one's own, or a table; not what SQLAlchemy itself holds (`func`, `text`)."""
    if reference.module.partition(".")[0] in {"sqlalchemy", "sqlmodel", "typing", "datetime"}:
        return False
    return bool(reference.path)


def _chain_around(file: SyntaxFile, start: Call) -> Iterator[Call]:
    """All calls of the chain that a call is a part of, from its beginning."""
    yield start
    node = start.node
    while node.parent is not None and node.parent.type == "attribute":
        outer = node.parent.parent
        call = as_call(file, outer) if outer is not None else None
        if call is None:
            return
        yield call
        node = call.node


_BUILDERS: Final = frozenset({"model_validate", "from_orm", "parse_obj"})
READER: Final = Reader("sqlalchemy", frozenset({Language.PYTHON}), read)
