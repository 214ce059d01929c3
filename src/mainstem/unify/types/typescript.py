"""TypeScript's types of a schema, in the shape that supabase-js takes.

The shape is that of `supabase gen types typescript` (supabase.com/docs/guides/api/rest/
generating-types): rows, inserts and updates of every table, relationships, functions, enums. Names
are sorted, so that the same schema always gives the same text.
"""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from mainstem.unify.types.model import TypeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mainstem.unify.types.model import (
        Argument,
        DataType,
        Relationship,
        TypedColumn,
        TypedFunction,
        TypedRelation,
        TypedSchema,
    )

WIDTH: Final = 80

_JSON: Final = """\
export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]
"""
_HELPERS: Final = """\
type DefaultSchema = Database[Extract<keyof Database, {default}>]

type SchemaName = {{ schema: keyof Database }}

export type Tables<
  Name extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | SchemaName,
  Inner extends Name extends SchemaName
    ? keyof (Database[Name["schema"]]["Tables"] & Database[Name["schema"]]["Views"])
    : never = never,
> = Name extends SchemaName
  ? (Database[Name["schema"]]["Tables"] & Database[Name["schema"]]["Views"])[Inner] extends {{
      Row: infer R
    }}
    ? R
    : never
  : Name extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[Name] extends {{ Row: infer R }}
      ? R
      : never
    : never
"""
_WRITE_HELPER: Final = """\
export type Tables{kind}<
  Name extends keyof DefaultSchema["Tables"] | SchemaName,
  Inner extends Name extends SchemaName ? keyof Database[Name["schema"]]["Tables"] : never = never,
> = Name extends SchemaName
  ? Database[Name["schema"]]["Tables"][Inner] extends {{ {kind}: infer R }}
    ? R
    : never
  : Name extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][Name] extends {{ {kind}: infer R }}
      ? R
      : never
    : never
"""
_NAME_HELPER: Final = """\
export type {helper}<
  Name extends keyof DefaultSchema["{group}"] | SchemaName,
  Inner extends Name extends SchemaName ? keyof Database[Name["schema"]]["{group}"] : never = never,
> = Name extends SchemaName
  ? Database[Name["schema"]]["{group}"][Inner]
  : Name extends keyof DefaultSchema["{group}"]
    ? DefaultSchema["{group}"][Name]
    : never
"""
_TYPES: Final = {
    "bool": "boolean",
    "void": "undefined",
    "json": "Json",
    "jsonb": "Json",
    "record": "Record<string, unknown>",
} | dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "numeric", "oid"), "number")
_TEXTS: Final = frozenset(
    """
    bytea bpchar char varchar date text citext name time timetz timestamp timestamptz uuid vector
    """.split()  # noqa: SIM905 -- a list would take fifteen lines
)
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


def typescript(schemas: Sequence[TypedSchema]) -> str:
    """The whole file; the first schema is the one that `Tables<'x'>` means."""
    writer = _Writer(schemas)
    lines = ["export type Database = {"]
    for schema in sorted(schemas, key=lambda one: one.name):
        lines += writer.schema(schema)
    lines.append("}")
    default = json.dumps(schemas[0].name)
    helpers = [
        _HELPERS.format(default=default),
        _WRITE_HELPER.format(kind="Insert"),
        _WRITE_HELPER.format(kind="Update"),
        _NAME_HELPER.format(helper="Enums", group="Enums"),
        _NAME_HELPER.format(helper="CompositeTypes", group="CompositeTypes"),
        "\n".join(_constants(schemas)) + "\n",
    ]
    return "\n".join([_JSON, "\n".join(lines) + "\n", *helpers])


class _Writer:
    """Writes schemas; types of others are unknown to the file."""

    def __init__(self, schemas: Sequence[TypedSchema]) -> None:
        self._names = frozenset(schema.name for schema in schemas)
        self._views = frozenset((one.name, view.name) for one in schemas for view in one.views)

    def schema(self, schema: TypedSchema) -> Iterator[str]:
        yield f"  {_key(schema.name)}: {{"
        yield from _group("Tables", (self._relation(one) for one in schema.tables))
        yield from _group("Views", (self._relation(one, is_view=True) for one in schema.views))
        yield from _group(
            "Functions",
            (
                self._function(name, list(same))
                for name, same in groupby(schema.functions, key=lambda one: one.name)
            ),
        )
        yield from _group("Enums", (_enum(one.name, one.labels) for one in schema.enums))
        yield from _group(
            "CompositeTypes",
            (
                _block(f"      {_key(one.name)}: ", 6, self._attributes(one.attributes))
                for one in schema.composites
            ),
        )
        yield "  }"

    def _relation(self, relation: TypedRelation, *, is_view: bool = False) -> list[str]:
        lines = [f"      {_key(relation.name)}: {{"]
        lines += _block("        Row: ", 8, [self._row(one) for one in relation.columns])
        if relation.is_insertable or not is_view:
            written = [self._written(one, is_update=False) for one in relation.columns]
            lines += _block("        Insert: ", 8, written)
        if relation.is_updatable or not is_view:
            written = [self._written(one, is_update=True) for one in relation.columns]
            lines += _block("        Update: ", 8, written)
        lines += _relationships(relation.relationships)
        return [*lines, "      }"]

    def _row(self, column: TypedColumn) -> str:
        return f"{_key(column.name)}: {self._nullable(column)}"

    def _written(self, column: TypedColumn, *, is_update: bool) -> str:
        may_write = column.is_updatable if is_update else column.is_insertable
        if not may_write:
            return f"{_key(column.name)}?: never"
        mark = "?" if is_update or column.is_optional else ""
        return f"{_key(column.name)}{mark}: {self._nullable(column)}"

    def _nullable(self, column: TypedColumn) -> str:
        return self.type(column.type) + (" | null" if column.is_nullable else "")

    def _function(self, name: str, same: list[TypedFunction]) -> list[str]:
        """A function; one that is overloaded is a union."""
        is_sole = len(same) == 1
        lines = [f"      {_key(name)}:" + (" {" if is_sole else "")]
        for one in same:
            lines += [] if is_sole else ["        | {"]
            indent = 8 if is_sole else 12
            lines += self._arguments(one.arguments, indent)
            lines += self._returns(one, indent)
            lines.append("      }" if is_sole else "          }")
        return lines

    def _arguments(self, arguments: Iterable[Argument], indent: int) -> list[str]:
        members = [
            f"{_key(one.name)}{'?' if one.is_optional else ''}: {self.type(one.type)}"
            for one in sorted(arguments, key=lambda one: one.name)
        ]
        pad = " " * indent
        return _inline(f"{pad}Args: ", indent, members) if members else [f"{pad}Args: never"]

    def _returns(self, function: TypedFunction, indent: int) -> list[str]:
        end = "[]" if function.is_set else ""
        if function.returns is None:
            members = self._attributes(function.returns_columns, null="")
            pad = " " * indent
            lines = _block(f"{pad}Returns: ", indent, members)
            return [*lines[:-1], lines[-1] + end]
        return [" " * indent + "Returns: " + _bracketed(self.type(function.returns), end)]

    def _attributes(self, attributes: Iterable[Argument], null: str = " | null") -> list[str]:
        return [f"{_key(one.name)}: {self.type(one.type)}{null}" for one in attributes]

    def type(self, kind: DataType) -> str:
        """A type as TypeScript has it."""
        if kind.kind is TypeKind.ARRAY and kind.of is not None:
            return _bracketed(self.type(kind.of), "[]")
        if kind.kind is TypeKind.DOMAIN and kind.of is not None:
            return self.type(kind.of)
        if kind.kind is TypeKind.BASE:
            return "string" if kind.name in _TEXTS else _TYPES.get(kind.name, "unknown")
        if kind.schema not in self._names:
            return "unknown"
        group = {TypeKind.ENUM: "Enums", TypeKind.COMPOSITE: "CompositeTypes"}.get(kind.kind)
        where = f'Database["{kind.schema}"]'
        name = json.dumps(kind.name, ensure_ascii=False)
        if group is not None:
            return f'{where}["{group}"][{name}]'
        rows = "Views" if (kind.schema, kind.name) in self._views else "Tables"
        return f'{where}["{rows}"][{name}]["Row"]'


def _group(name: str, members: Iterable[list[str]]) -> Iterator[str]:
    yield f"    {name}: {{"
    is_empty = True
    for member in members:
        is_empty = False
        yield from member
    if is_empty:
        yield "      [_ in never]: never"
    yield "    }"


def _block(head: str, indent: int, members: Sequence[str]) -> list[str]:
    pad = " " * indent
    if not members:
        return [f"{head}{{ [_ in never]: never }}"]
    return [f"{head}{{", *(f"{pad}  {member}" for member in members), f"{pad}}}"]


def _inline(head: str, indent: int, members: Sequence[str]) -> list[str]:
    """An object on one line where it fits."""
    line = f"{head}{{ {'; '.join(members)} }}"
    return [line] if len(line) <= WIDTH else _block(head, indent, members)


def _relationships(found: Sequence[Relationship]) -> list[str]:
    if not found:
        return ["        Relationships: []"]
    lines = ["        Relationships: ["]
    for one in found:
        lines += [
            "          {",
            f"            foreignKeyName: {_text(one.name)}",
            f"            columns: [{', '.join(map(_text, one.columns))}]",
            f"            isOneToOne: {'true' if one.is_one_to_one else 'false'}",
            f"            referencedRelation: {_text(one.referenced_relation)}",
            f"            referencedColumns: [{', '.join(map(_text, one.referenced_columns))}]",
            "          },",
        ]
    return [*lines, "        ]"]


def _enum(name: str, labels: Sequence[str]) -> list[str]:
    head = f"      {_key(name)}:"
    if not labels:
        return [f"{head} never"]
    line = f"{head} {' | '.join(map(_text, labels))}"
    return [line] if len(line) <= WIDTH else [head, *(f"        | {_text(one)}" for one in labels)]


def _constants(schemas: Sequence[TypedSchema]) -> Iterator[str]:
    """The labels of the enums as values, to loop over."""
    yield "export const Constants = {"
    for schema in sorted(schemas, key=lambda one: one.name):
        yield f"  {_key(schema.name)}: {{"
        yield "    Enums: {"
        for one in schema.enums:
            yield f"      {_key(one.name)}: [{', '.join(map(_text, one.labels))}],"
        yield "    },"
        yield "  },"
    yield "} as const"


def _bracketed(text: str, end: str) -> str:
    return f"({text}){end}" if end and " " in text else text + end


def _key(name: str) -> str:
    return name if _WORD.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
