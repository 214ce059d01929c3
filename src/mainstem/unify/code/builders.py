"""What a chain of PostgREST calls does to a table: the operation, and each column with its role."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tree_sitter import Node

from mainstem.unify.code.filter_text import column_of, filtered_columns
from mainstem.unify.code.model import ColumnUse, Operation, Role, TableUse, Via
from mainstem.unify.code.names import entries, origins, resolve
from mainstem.unify.code.payloads import written_columns
from mainstem.unify.code.select_text import UNKNOWN, SelectedField, parse_select
from mainstem.unify.code.syntax import pieces
from mainstem.unify.code.values import value_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mainstem.unify.code.chains import Chain
    from mainstem.unify.code.facts import Names
    from mainstem.unify.code.select_text import Selected
    from mainstem.unify.code.syntax import Call, SyntaxFile


@dataclass(frozen=True)
class Builder:
    """A table that is asked for, and everything called on it."""

    call: Call
    chain: Chain
    names: Names
    schema: str | None
    via: Via


@dataclass
class Asked:
    """What the calls of one chain say, as they are gone through."""

    file: SyntaxFile
    builder: Builder
    operation: Operation | None = None
    columns: list[ColumnUse] = field(default_factory=list)
    #: columns of embedded resources that are filtered or ordered by, under the resource's name
    inner: dict[str, list[ColumnUse]] = field(default_factory=dict)
    selected: list[tuple[tuple[Selected, ...], Node, str]] = field(default_factory=list)
    reads_all: bool = False
    is_single: bool = False

    def call(self, call: Call) -> None:
        """Take one call of the chain."""
        name = plain_method(call.name)
        if name in _OPERATIONS:
            self.operation = self.operation or _OPERATIONS[name]
        if name == "select":
            self.select(call)
        elif name in {"insert", "update", "upsert"} and call.arguments:
            self.columns.extend(written_columns(self.file, call.arguments[0]))
            self.conflict(call)
        elif name == "match" and call.arguments:
            self.columns.extend(written_columns(self.file, call.arguments[0], Role.FILTERED))
        elif name == "or" and call.arguments:
            self.conditions(call)
        elif name in _FILTERS or name == "order":
            self.filter(call, Role.READ if name == "order" else Role.FILTERED)
        elif name in {"single", "maybeSingle"}:
            self.is_single = True

    def select(self, call: Call) -> None:
        """`select('a, b, client(name)')`; nothing given is `*`. Python may give several."""
        given = call.arguments if not self.file.language.is_script else call.arguments[:1]
        self.reads_all = self.reads_all or not given
        for argument in given:
            for text in shown_texts(self.file, argument):
                items = parse_select(text)
                self.selected.append((items, argument, text))
                self.reads_all = self.reads_all or _has_star(items)
                self.columns.extend(_columns(self.file, items, argument, text))

    def conflict(self, call: Call) -> None:
        """`upsert(rows, { onConflict: 'a,b' })`."""
        for node in _option(self.file, call, "onConflict", "on_conflict"):
            for text in resolve(self.file, node).texts:
                names = [name.strip() for name in text.split(",") if name.strip()]
                line = self.file.line(node)
                self.columns.extend(ColumnUse(name, Role.CONFLICT, line) for name in names)

    def conditions(self, call: Call) -> None:
        """`or('a.eq.1,b.is.null')`; what is filled in does not hide the columns."""
        outer = self.resource(call)
        for text in shown_texts(self.file, call.arguments[0]):
            for column in filtered_columns(text):
                self.add(
                    column, ColumnUse("", Role.FILTERED, self.file.line(call.name_node)), outer
                )

    def filter(self, call: Call, role: Role) -> None:
        """`eq('column', value)` and the like; other filters spell their values in their own way."""
        column = call.argument(0, "column")
        if column is None:
            return
        value = call.argument(1, "value") if plain_method(call.name) in _COMPARISONS else None
        kind = value_type(self.file, value) if value is not None else None
        outer = self.resource(call)
        for text in resolve(self.file, column).texts:
            use = ColumnUse("", role, self.file.line(call.name_node), kind)
            self.add(text, use if "->" not in text else replace(use, value_type=None), outer)

    def resource(self, call: Call) -> str | None:
        """The embedded resource that an option points a filter or an order at."""
        keys = ("referencedTable", "foreignTable", "foreign_table", "reference_table")
        node = next(_option(self.file, call, *keys), None)
        return resolve(self.file, node).sole if node is not None else None

    def add(self, text: str, use: ColumnUse, outer: str | None) -> None:
        """Keep a column, with its table or with the embedded resource it belongs to."""
        found = column_of(text)
        if found is None:
            return
        resource, column = found
        resource = resource or outer
        kept = self.inner.setdefault(resource, []) if resource else self.columns
        kept.append(replace(use, name=column))


def ask(file: SyntaxFile, builder: Builder) -> Asked:
    """Everything that the calls of a builder say."""
    asked = Asked(file, builder)
    for call in builder.chain.calls:
        asked.call(call)
    return asked


def table_use(asked: Asked) -> TableUse:
    """What the code does with the table; its name is left empty."""
    is_write = asked.operation in {Operation.INSERT, Operation.UPSERT}
    return TableUse(
        "",
        asked.file.place(asked.builder.call.name_node),
        asked.builder.via,
        asked.operation or Operation.UNKNOWN,
        schema=asked.builder.schema,
        columns=_each_once(asked.columns),
        reads_all=asked.reads_all,
        is_single=asked.is_single and not is_write,
        is_test=asked.file.is_test,
    )


def embedded_uses(asked: Asked, table: str) -> Iterator[TableUse]:
    """The other tables that the selects of a chain embed, each in the table around it."""
    file, builder = asked.file, asked.builder
    place = file.place(builder.call.name_node)
    base = TableUse("", place, builder.via, Operation.SELECT, builder.schema)
    for items, node, text in asked.selected:
        for use, names in _embedded(file, items, table, (node, text)):
            more = [column for name in names for column in asked.inner.get(name, ())]
            yield replace(
                base,
                name=use.name,
                place=replace(place, line=_line(file, node, text, use.name)),
                columns=_each_once([*use.columns, *more]),
                reads_all=use.reads_all,
                embedded_in=use.embedded_in,
                embed_hint=use.embed_hint,
                is_test=file.is_test,
            )


def plain_method(name: str) -> str:
    """A method's name in the form of supabase-js: `maybe_single` as `maybeSingle`."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name.rstrip("_"))


def shown_texts(file: SyntaxFile, node: Node) -> list[str]:
    """The texts an expression can be, with `UNKNOWN` for each part that cannot be told."""
    found = []
    for origin in origins(file, node):
        parts = pieces(file, origin) if isinstance(origin, Node) else None
        if parts is not None:
            filled = (part if isinstance(part, str) else _shown(file, part) for part in parts)
            found.append("".join(filled))
    return found


def _shown(file: SyntaxFile, part: Node) -> str:
    sole = resolve(file, part).sole
    return UNKNOWN if sole is None else sole


def _embedded(
    file: SyntaxFile, items: Iterable[Selected], table: str, source: tuple[Node, str]
) -> Iterator[tuple[TableUse, tuple[str, ...]]]:
    """Each embedded resource as a use, with the names under which filters can mean it."""
    for item in items:
        if isinstance(item, SelectedField):
            continue
        use = TableUse(
            item.name,
            file.place(source[0]),
            Via.SUPABASE_JS,
            columns=tuple(_columns(file, item.items, *source)),
            reads_all=_has_star(item.items),
            embedded_in=table or None,
            embed_hint=item.hint,
        )
        names = (item.name,) if item.alias is None else (item.name, item.alias)
        yield use, names
        yield from _embedded(file, item.items, item.name, source)


def _columns(
    file: SyntaxFile, items: Iterable[Selected], node: Node, text: str
) -> Iterator[ColumnUse]:
    for item in items:
        if isinstance(item, SelectedField) and item.name not in {"", "*"}:
            yield ColumnUse(item.name, Role.READ, _line(file, node, text, item.name))


def _has_star(items: Iterable[Selected]) -> bool:
    return any(isinstance(item, SelectedField) and item.name == "*" for item in items)


def _line(file: SyntaxFile, node: Node, text: str, name: str) -> int:
    """The line of a name in a text of several lines, if the text is written where it is used."""
    line = file.line(node)
    if "\n" not in text or node.end_point[0] == node.start_point[0]:
        return line
    match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return line + text.count("\n", 0, match.start()) if match is not None else line


def _option(file: SyntaxFile, call: Call, *keys: str) -> Iterator[Node]:
    """The values of an option of a call: in an object behind the first argument, or by keyword."""
    for key in keys:
        if key in call.keywords:
            yield call.keywords[key]
        for argument in call.arguments[1:]:
            for origin in origins(file, argument):
                if isinstance(origin, Node) and origin.type == "object":
                    yield from (value for name, value in entries(file, origin) if name == key)


def _each_once(columns: Iterable[ColumnUse]) -> tuple[ColumnUse, ...]:
    return tuple(dict.fromkeys(columns))


_OPERATIONS: Final = {
    "select": Operation.SELECT,
    "insert": Operation.INSERT,
    "update": Operation.UPDATE,
    "upsert": Operation.UPSERT,
    "delete": Operation.DELETE,
    "on": Operation.SELECT,
}
_COMPARISONS: Final = frozenset({"eq", "neq", "gt", "gte", "lt", "lte", "is", "isDistinct"})
_FILTERS: Final = _COMPARISONS | {
    "like",
    "likeAllOf",
    "likeAnyOf",
    "ilike",
    "ilikeAllOf",
    "ilikeAnyOf",
    "in",
    "notIn",
    "contains",
    "containedBy",
    "cs",
    "cd",
    "overlaps",
    "rangeGt",
    "rangeGte",
    "rangeLt",
    "rangeLte",
    "rangeAdjacent",
    "textSearch",
    "fts",
    "plfts",
    "phfts",
    "wfts",
    "filter",
    "not",
}
