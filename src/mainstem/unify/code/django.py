"""Django: the queries over its models (`Person.objects.filter(name='a')`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.django_models import Models
from mainstem.unify.code.facts import FileFacts, Reader, Reference
from mainstem.unify.code.model import Operation, Role, Via
from mainstem.unify.code.names import entries, origins
from mainstem.unify.code.orm_models import Model, ModelFacts, ModelUse
from mainstem.unify.code.structure import calls_by_name
from mainstem.unify.code.syntax import Language, as_call, literal, plain
from mainstem.unify.code.values import value_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.syntax import Call, SyntaxFile

_MENTION: Final = re.compile(rb"\bdjango\b|\.objects\b|\bmodels\.Model\b")
_FILTERS: Final = frozenset(
    {"filter", "exclude", "get", "get_or_create", "update_or_create", "aget", "Q"}
)
_WRITERS: Final = frozenset({"create", "acreate", "update", "aupdate"})
_READERS: Final = frozenset(
    {
        "values",
        "values_list",
        "only",
        "defer",
        "order_by",
        "distinct",
        "in_bulk",
        "earliest",
        "latest",
        "dates",
        "datetimes",
    }
)
_OPERATIONS: Final = {
    "create": Operation.INSERT,
    "acreate": Operation.INSERT,
    "bulk_create": Operation.INSERT,
    "abulk_create": Operation.INSERT,
    "get_or_create": Operation.INSERT,
    "update": Operation.UPDATE,
    "aupdate": Operation.UPDATE,
    "bulk_update": Operation.UPDATE,
    "update_or_create": Operation.UPSERT,
    "delete": Operation.DELETE,
    "adelete": Operation.DELETE,
}
_NOT_ALL: Final = frozenset({"values", "values_list", "only", "count", "exists", "aggregate"})
_SHORTCUTS: Final = frozenset({"get_object_or_404", "get_list_or_404", "aget_object_or_404"})


def read(file: SyntaxFile) -> FileFacts:
    """What a file says about Django's models."""
    if not _MENTION.search(file.source):
        return FileFacts()
    found = ModelFacts(Via.DJANGO, file.is_test)
    models = Models(file)
    found.models.update(models.by_name)
    for path, table in models.joins.items():
        found.models[path] = Model(table, {one.name: one.name for one in table.columns})
    for made in models.unnamed:
        found.unknown(made.name, file.place(made.node), "the app that its table is named after")
    queries = _Queries(file, found)
    for manager in file.nodes("attribute") if b".objects" in file.source else ():
        name = manager.child_by_field_name("attribute")
        if name is not None and name.text == b"objects":
            queries.read(manager)
    for name_text in _SHORTCUTS:
        for call in calls_by_name(file).get(name_text, ()):
            queries.shortcut(call)
    return found.facts()


class _Queries:
    """Reads the queries of one file."""

    def __init__(self, file: SyntaxFile, found: ModelFacts) -> None:
        self._file = file
        self._found = found

    def read(self, manager: Node) -> None:
        """`Person.objects` and the chain of calls on it."""
        owner = manager.child_by_field_name("object")
        if owner is None or owner.type not in {"identifier", "attribute"}:
            return
        chain = list(_chain(self._file, manager))
        operation = Operation.SELECT
        for call in chain:
            operation = _OPERATIONS.get(call.name, operation)
        for use in self._uses(owner, manager, operation):
            names = {call.name for call in chain}
            use.reads_all = operation is Operation.SELECT and not names & _NOT_ALL
            use.is_single = bool(names & {"get", "first", "last"})
            for call in chain:
                self._clause(call, use)

    def shortcut(self, call: Call) -> None:
        """`get_object_or_404(Person, id=1)`; of a query set, the query is read by itself."""
        owner = plain(call.arguments[0]) if call.arguments else None
        if owner is None or owner.type not in {"identifier", "attribute"}:
            return
        for use in self._uses(owner, call.name_node, Operation.SELECT):
            use.reads_all = use.is_single = True
            self._lookups(call, use, Role.FILTERED)

    def _uses(self, owner: Node, at: Node, operation: Operation) -> Iterator[ModelUse]:
        name = self._file.text(owner).rpartition(".")[2]
        if not name[:1].isupper():
            return
        for origin in origins(self._file, owner):
            target: Model | Reference | None = None
            if isinstance(origin, Reference):
                # Django's own models make tables that no code of one's own declares.
                is_own = not origin.module.startswith("django.")
                target = origin if is_own and origin.path else None
            elif isinstance(origin, Node):
                class_name = origin.child_by_field_name("name")
                if class_name is not None:
                    target = self._found.models.get(self._file.text(class_name))
                elif (made := as_call(self._file, origin)) and made.name == "get_model":
                    reason = "the model is looked up by its name when the program runs"
                    self._found.unknown(self._file.text(owner), self._file.place(at), reason)
            else:
                self._found.unknown(self._file.text(owner), self._file.place(at), origin.reason)
            if target is not None:
                use = ModelUse(
                    target, self._file.expression(owner), self._file.place(owner), operation
                )
                self._found.uses.append(use)
                yield use

    def _clause(self, call: Call, use: ModelUse) -> None:
        if call.name in _FILTERS:
            self._lookups(call, use, Role.FILTERED)
        elif call.name in _WRITERS:
            self._lookups(call, use, Role.WRITTEN)
        elif call.name in _READERS:
            for argument in call.arguments:
                self._field(argument, use, Role.READ)
        elif call.name == "bulk_update":
            for argument in call.arguments[1:2]:
                for item in argument.named_children:
                    self._field(item, use, Role.WRITTEN)
        elif call.name == "bulk_create" and call.arguments:
            self._made(call.arguments[0], use)

    def _lookups(self, call: Call, use: ModelUse, role: Role) -> None:
        """`name__icontains='a'` looks at `name`; `Q(...)` and `F('name')` within count too."""
        for key, value in call.keywords.items():
            if key in {"defaults", "create_defaults"}:
                self._defaults(value, use)
            else:
                written = value_type(self._file, value)
                is_plain = "__" not in key or key.endswith(("__exact", "__iexact"))
                use.use(
                    key.partition("__")[0],
                    role,
                    self._file.line(value),
                    value_type=written if is_plain else None,
                )
        for argument in (*call.arguments, *call.keywords.values()):
            for node in self._file.nodes("call", argument):
                inner = as_call(self._file, node)
                if inner is not None and inner.name == "Q" and role is Role.FILTERED:
                    self._lookups(inner, use, role)
                elif inner is not None and inner.name == "F" and inner.arguments:
                    self._field(inner.arguments[0], use, Role.READ)

    def _defaults(self, node: Node, use: ModelUse) -> None:
        for origin in origins(self._file, node):
            if isinstance(origin, Node) and origin.type == "dictionary":
                for key, value in entries(self._file, origin):
                    if key is not None:
                        kind = value_type(self._file, value)
                        use.use(key, Role.WRITTEN, self._file.line(value), value_type=kind)

    def _field(self, node: Node, use: ModelUse, role: Role) -> None:
        text = literal(self._file, node)
        if text is not None:
            use.use(text.lstrip("-").partition("__")[0], role, self._file.line(node))

    def _made(self, node: Node, use: ModelUse) -> None:
        """`bulk_create([Person(name='a')])`: the fields of the objects."""
        for made in self._file.nodes("call", node):
            call = as_call(self._file, made)
            if call is not None and call.receiver is None and call.name == use.expression:
                self._lookups(call, use, Role.WRITTEN)


def _chain(file: SyntaxFile, manager: Node) -> Iterator[Call]:
    node = manager
    while node.parent is not None and node.parent.type == "attribute":
        outer = node.parent.parent
        call = as_call(file, outer) if outer is not None else None
        if call is None:
            return
        yield call
        node = call.node


READER: Final = Reader("django", frozenset({Language.PYTHON}), read)
