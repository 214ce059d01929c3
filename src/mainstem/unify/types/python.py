"""Python's types of a schema: a TypedDict for rows, inserts and updates of every table.

The values are those that the data API gives, which are JSON's: a time or a UUID is a `str`.
"""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from mainstem.kit.naming import words
from mainstem.unify.types.model import TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mainstem.unify.types.model import Argument, DataType, TypedRelation, TypedSchema

_HEAD: Final = '''\
"""Types of the database's rows, written by `mainstem types python`; do not edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
'''
_TYPES: Final = {
    "bool": "bool",
    "void": "None",
    "json": "Json",
    "jsonb": "Json",
    "record": "dict[str, Any]",
    "numeric": "float",
    "float4": "float",
    "float8": "float",
    "int2": "int",
    "int4": "int",
    "int8": "int",
    "oid": "int",
}
_TEXTS: Final = frozenset(
    """
    bytea bpchar char varchar date text citext name time timetz timestamp timestamptz uuid vector
    interval inet cidr macaddr tsvector xml
    """.split()  # noqa: SIM905 -- a list would take twenty lines
)
_TAKEN: Final = frozenset({"Json", "Any", "Literal", "NotRequired", "TypeAlias", "TypedDict"})
_NO_NAME: Final = re.compile(r"\W")
WIDTH: Final = 100


def python(schemas: Sequence[TypedSchema]) -> str:
    """The whole module; classes of a second schema begin with its name."""
    writer = _Writer(schemas)
    return "\n\n".join([_HEAD, *writer.blocks()])


class _Writer:
    """Writes schemas; every object of theirs has a class name of its own."""

    def __init__(self, schemas: Sequence[TypedSchema]) -> None:
        self._schemas = schemas
        self._names: dict[tuple[str, str, str], str] = {}
        self._used: set[str] = set(_TAKEN)
        for schema in schemas:
            for relation in (*schema.tables, *schema.views):
                self._take(schema, "row", relation.name, ("Row", "Insert", "Update"))
            for enum in schema.enums:
                self._take(schema, "type", enum.name, ("",))
            for composite in schema.composites:
                self._take(schema, "type", composite.name, ("",))

    def _take(self, schema: TypedSchema, group: str, name: str, endings: tuple[str, ...]) -> str:
        """A class name that nothing else has, with each of the endings."""
        prefix = "" if schema is self._schemas[0] else _pascal(schema.name)
        base = stem = prefix + _pascal(name)
        number = 1
        while any(base + ending in self._used for ending in endings):
            number += 1
            base = f"{stem}{number}"
        self._used |= {base + ending for ending in endings}
        self._names[schema.name, group, name] = base
        return base

    def blocks(self) -> Iterator[str]:
        for schema in self._schemas:
            for enum in schema.enums:
                name = self._names[schema.name, "type", enum.name]
                yield _alias(name, enum.labels)
            for composite in schema.composites:
                name = self._names[schema.name, "type", composite.name]
                members = [
                    (one.name, f"{self.type(one.type)} | None") for one in composite.attributes
                ]
                yield _class(name, members)
            for relation in schema.tables:
                yield from self._relation(schema, relation, is_view=False)
            for relation in schema.views:
                yield from self._relation(schema, relation, is_view=True)
            yield from self._functions(schema)

    def _relation(
        self, schema: TypedSchema, relation: TypedRelation, *, is_view: bool
    ) -> Iterator[str]:
        base = self._names[schema.name, "row", relation.name]
        types = {
            one.name: self.type(one.type) + (" | None" if one.is_nullable else "")
            for one in relation.columns
        }
        yield _class(f"{base}Row", list(types.items()))
        if relation.is_insertable or not is_view:
            members = [
                (
                    one.name,
                    f"NotRequired[{types[one.name]}]" if one.is_optional else types[one.name],
                )
                for one in relation.columns
                if one.is_insertable
            ]
            yield _class(f"{base}Insert", members)
        if relation.is_updatable or not is_view:
            changed = [(one.name, types[one.name]) for one in relation.columns if one.is_updatable]
            yield _class(f"{base}Update", changed, is_total=False)

    def _functions(self, schema: TypedSchema) -> Iterator[str]:
        """The arguments of functions; of one that is overloaded, of each."""
        for function in schema.functions:
            base = self._take(schema, "function", function.name, ("Args", "Returns"))
            yield _class(f"{base}Args", list(self._arguments(function.arguments)))
            if function.returns is None:
                members = [(one.name, self.type(one.type)) for one in function.returns_columns]
                yield _class(f"{base}Returns", members)

    def _arguments(self, arguments: Iterable[Argument]) -> Iterator[tuple[str, str]]:
        for one in sorted(arguments, key=lambda one: one.name):
            kind = self.type(one.type)
            yield one.name, f"NotRequired[{kind}]" if one.is_optional else kind

    def type(self, kind: DataType) -> str:
        """A type as Python has it."""
        if kind.kind is TypeKind.ARRAY and kind.of is not None:
            return f"list[{self.type(kind.of)}]"
        if kind.kind is TypeKind.DOMAIN and kind.of is not None:
            return self.type(kind.of)
        if kind.kind is TypeKind.BASE:
            return "str" if kind.name in _TEXTS else _TYPES.get(kind.name, "Any")
        group = "row" if kind.kind is TypeKind.ROW else "type"
        name = self._names.get((kind.schema, group, kind.name))
        return "Any" if name is None else name + ("Row" if group == "row" else "")


def _alias(name: str, labels: Sequence[str]) -> str:
    if not labels:
        return f"{name}: TypeAlias = str\n"
    line = f"{name}: TypeAlias = Literal[{', '.join(map(_text, labels))}]\n"
    if len(line) <= WIDTH:
        return line
    inner = "".join(f"    {_text(label)},\n" for label in labels)
    return f"{name}: TypeAlias = Literal[\n{inner}]\n"


def _class(name: str, members: Sequence[tuple[str, str]], *, is_total: bool = True) -> str:
    """A TypedDict; by a call where a column's name is no name of Python's."""
    total = "" if is_total else ", total=False"
    if all(_is_plain(column) for column, _ in members):
        inner = "".join(f"    {column}: {kind}\n" for column, kind in members) or "    pass\n"
        return f"class {name}(TypedDict{total}):\n{inner}"
    inner = "".join(f"        {_text(column)}: {_text(kind)},\n" for column, kind in members)
    end = "" if is_total else "    total=False,\n"
    return f"{name} = TypedDict(\n    {_text(name)},\n    {{\n{inner}    }},\n{end})\n"


def _is_plain(name: str) -> bool:
    """Whether Python reads it as it stands; it folds some letters into others (PEP 3131)."""
    is_private = name.startswith("__") and not name.endswith("__")
    is_folded = unicodedata.is_normalized("NFKC", name)
    return name.isidentifier() and is_folded and not keyword.iskeyword(name) and not is_private


def _pascal(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name)
    found = "".join(word[:1].upper() + word[1:] for word in words(_NO_NAME.sub(" ", folded)))
    return found if found[:1].isalpha() and not keyword.iskeyword(found) else f"X{found}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
