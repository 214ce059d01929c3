"""Prisma's schema file: which table and columns stand behind each model.

One line is one field (prisma.io/docs/orm/reference/prisma-schema-reference). Models are kept under
the name that the client has for them (`prisma.orderLine` for `OrderLine`); a relation leads to the
other model under its field's name with a slash, since it is no column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.facts import FileFacts, Names, Opened, Reference
from mainstem.unify.code.model import (
    DeclaredColumn,
    DeclaredTable,
    Engine,
    FileReading,
    Place,
    Via,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.code.syntax import SyntaxFile

MODULE: Final = "prisma model "
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/|(?P<text>\"(?:[^\"\\\n]|\\.)*\")", re.DOTALL)
_BLOCK: Final = re.compile(
    r"^[ \t]*(?P<kind>model|view|enum|type|datasource)\s+(?P<name>\w+)\s*"
    r"\{(?P<body>(?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\}",
    re.MULTILINE,
)
_FIELD: Final = re.compile(
    r"^[ \t]*(?P<name>\w+)[ \t]+(?P<type>\w+(?:\(\"[^\"]*\"\))?)(?P<list>\[\])?(?P<optional>\?)?"
    r"(?P<rest>[^\n]*)$",
    re.MULTILINE,
)
_MAP: Final = re.compile(r"(?<!@)@map\(\s*(?:name:\s*)?\"([^\"]+)\"")
_TABLE_MAP: Final = re.compile(r"@@map\(\s*(?:name:\s*)?\"([^\"]+)\"")
_TABLE_SCHEMA: Final = re.compile(r"@@schema\(\s*(?:map:\s*)?\"([^\"]+)\"")
_RELATION_NAME: Final = re.compile(r"@relation\(\s*(?:name:\s*)?\"([^\"]+)\"")
_RELATION_FIELDS: Final = re.compile(r"\bfields:\s*\[([^\]]*)\]")
_PROVIDER: Final = re.compile(r"\bprovider\s*=\s*\"(\w+)\"")
_ENGINES: Final = {
    "postgresql": Engine.POSTGRES,
    "postgres": Engine.POSTGRES,
    "cockroachdb": Engine.POSTGRES,
    "sqlite": Engine.SQLITE,
}
_SCALARS: Final = frozenset(
    {"String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Json", "Bytes"}
)


@dataclass(frozen=True)
class _Field:
    name: str
    type: str
    is_list: bool
    is_optional: bool
    rest: str
    line: int

    @property
    def column(self) -> str:
        match = _MAP.search(self.rest)
        return match[1] if match else self.name

    @property
    def keys(self) -> list[str]:
        """The fields that hold a relation's key."""
        match = _RELATION_FIELDS.search(self.rest)
        return [part.strip() for part in match[1].split(",")] if match else []


@dataclass(frozen=True)
class _Model:
    name: str
    table: str
    schema: str | None
    line: int
    fields: tuple[_Field, ...]


@dataclass
class _Schema:
    """All that one file declares."""

    engine: Engine = Engine.POSTGRES
    models: dict[str, _Model] = field(default_factory=dict)
    enums: set[str] = field(default_factory=set)


def read_schema(file: SyntaxFile) -> FileFacts:
    """The tables that a Prisma schema declares, and what the client calls them."""
    schema = _parsed(file.source.decode(errors="replace"))
    tables = {model.name: _table(file, model, schema) for model in schema.models.values()}
    joins = [_join_table(file, *sides, schema=schema) for sides in _many_to_many(schema)]
    exports: dict[str, Names] = {}
    for model in schema.models.values():
        exports |= _exports(model, schema)
    accessors = [_accessor(name) for name in schema.models]
    return FileFacts(
        FileReading(declared=(*tables.values(), *joins)),
        exports=exports,
        opened={name: Opened(schema.engine) for name in accessors},
        engines=(schema.engine,) if schema.models else (),
        provides=tuple(MODULE + name for name in accessors),
    )


def _parsed(text: str) -> _Schema:
    text = _COMMENT.sub(lambda match: match["text"] or re.sub(r"[^\n]", " ", match[0]), text)
    schema = _Schema()
    for block in _BLOCK.finditer(text):
        kind, name, body = block["kind"], block["name"], block["body"]
        if kind == "datasource":
            provider = _PROVIDER.search(body)
            schema.engine = _ENGINES.get(provider[1] if provider else "", Engine.OTHER)
        elif kind == "enum":
            schema.enums.add(name)
        elif kind in {"model", "view"}:
            schema.models[name] = _model(text, block)
    return schema


def _model(text: str, block: re.Match[str]) -> _Model:
    body, start = block["body"], block.start("body")
    mapped, placed = _TABLE_MAP.search(body), _TABLE_SCHEMA.search(body)
    fields = tuple(
        _Field(
            found["name"],
            found["type"],
            is_list=bool(found["list"]),
            is_optional=bool(found["optional"]),
            rest=found["rest"],
            line=text.count("\n", 0, start + found.start("name")) + 1,
        )
        for found in _FIELD.finditer(body)
    )
    return _Model(
        block["name"],
        mapped[1] if mapped else block["name"],
        placed[1] if placed else None,
        text.count("\n", 0, block.start("kind")) + 1,
        fields,
    )


def _is_column(one: _Field, schema: _Schema) -> bool:
    """A scalar or an enum; what neither is, here or in another file, is a relation."""
    is_scalar = one.type in _SCALARS or one.type.startswith("Unsupported(")
    is_enum = one.type in schema.enums or "@default(" in one.rest
    return is_scalar or (is_enum and one.type not in schema.models)


def _table(file: SyntaxFile, model: _Model, schema: _Schema) -> DeclaredTable:
    parents = {
        one.keys[0]: schema.models[one.type]
        for one in model.fields
        if len(one.keys) == 1 and one.type in schema.models
    }
    columns = tuple(
        DeclaredColumn(
            one.column,
            one.type + "[]" * one.is_list,
            is_nullable=one.is_optional,
            line=one.line,
            references=_qualified(parents[one.name]) if one.name in parents else None,
        )
        for one in model.fields
        if _is_column(one, schema)
    )
    return DeclaredTable(
        model.table,
        Place(file.path, model.line),
        Via.PRISMA,
        columns,
        schema=model.schema,
        engine=schema.engine,
        is_test=file.is_test,
    )


def _qualified(model: _Model) -> str:
    return f"{model.schema}.{model.table}" if model.schema else model.table


def _many_to_many(schema: _Schema) -> Iterator[tuple[_Model, _Model, _Field]]:
    """Pairs of lists without a key: Prisma makes a table of its own for each."""
    for model in schema.models.values():
        for one in model.fields:
            other = schema.models.get(one.type)
            if not one.is_list or other is None or model.name > other.name:
                continue
            name = _relation_name(one)
            backs = [
                back
                for back in other.fields
                if back.type == model.name and _relation_name(back) == name and back != one
            ]
            if (
                len(backs) == 1
                and backs[0].is_list
                and (model != other or one.line < backs[0].line)
            ):
                yield model, other, one


def _relation_name(one: _Field) -> str | None:
    match = _RELATION_NAME.search(one.rest)
    return match[1] if match else None


def _join_table(
    file: SyntaxFile, first: _Model, second: _Model, one: _Field, *, schema: _Schema
) -> DeclaredTable:
    name = _relation_name(one) or f"{first.name}To{second.name}"
    ids = [_key_type(model) for model in (first, second)]
    return DeclaredTable(
        f"_{name}",
        Place(file.path, one.line),
        Via.PRISMA,
        tuple(
            DeclaredColumn(
                column, kind, is_nullable=False, line=one.line, references=_qualified(to)
            )
            for column, kind, to in zip("AB", ids, (first, second), strict=True)
        ),
        schema=first.schema,
        engine=schema.engine,
        is_test=file.is_test,
    )


def _key_type(model: _Model) -> str:
    return next((one.type for one in model.fields if re.search(r"@id\b", one.rest)), "")


def _exports(model: _Model, schema: _Schema) -> dict[str, Names]:
    accessor = _accessor(model.name)
    found = {accessor: Names((_qualified(model),))}
    for one in model.fields:
        if _is_column(one, schema):
            found[f"{accessor}.{one.name}"] = Names((one.column,))
        else:
            other = _accessor(one.type)
            reference = Reference(MODULE + other, (other,))
            found[f"{accessor}.{one.name}/"] = Names(elsewhere=(reference,))
    return found


def _accessor(model: str) -> str:
    """What the client calls a model."""
    return model[0].lower() + model[1:]
