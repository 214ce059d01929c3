"""A schema as its clients see it: rows, what they may write, functions and types."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class TypeKind(enum.Enum):
    """What a type is made of."""

    BASE = "base"
    ENUM = "enum"
    COMPOSITE = "composite"
    #: the type of a table's or view's rows
    ROW = "row"
    ARRAY = "array"
    DOMAIN = "domain"


@dataclass(frozen=True)
class DataType:
    """A type; `of` is what an array or a domain is of."""

    name: str
    schema: str = "pg_catalog"
    kind: TypeKind = TypeKind.BASE
    of: DataType | None = None


@dataclass(frozen=True)
class TypedColumn:
    """A column; what cannot be written at all is not writable, what may be left out is optional."""

    name: str
    type: DataType
    is_nullable: bool = True
    is_optional: bool = True
    is_insertable: bool = True
    is_updatable: bool = True


@dataclass(frozen=True)
class Relationship:
    """A foreign key; one to one where its columns are unique."""

    name: str
    columns: tuple[str, ...]
    referenced_relation: str
    referenced_columns: tuple[str, ...]
    is_one_to_one: bool = False


@dataclass(frozen=True)
class TypedRelation:
    """A table or view."""

    name: str
    columns: tuple[TypedColumn, ...]
    relationships: tuple[Relationship, ...] = ()
    is_insertable: bool = True
    is_updatable: bool = True


@dataclass(frozen=True)
class Argument:
    """An argument of a function; the name is empty where it has none."""

    name: str
    type: DataType
    is_optional: bool = False


@dataclass(frozen=True)
class TypedFunction:
    """A function; `returns_columns` of one that returns a table, instead of `returns`."""

    name: str
    arguments: tuple[Argument, ...]
    returns: DataType | None
    returns_columns: tuple[Argument, ...] = ()
    is_set: bool = False


@dataclass(frozen=True)
class TypedEnum:
    """An enumeration and its labels, in their order."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class TypedComposite:
    """A composite type and its attributes."""

    name: str
    attributes: tuple[Argument, ...]


@dataclass(frozen=True)
class TypedSchema:
    """Everything of one schema, each kind sorted by name."""

    name: str
    tables: tuple[TypedRelation, ...] = ()
    views: tuple[TypedRelation, ...] = ()
    functions: tuple[TypedFunction, ...] = ()
    enums: tuple[TypedEnum, ...] = ()
    composites: tuple[TypedComposite, ...] = ()
