"""What requests may name: relations, columns, keys and functions of the exposed schemas."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

AGENCY = "agency_id"
CLIENT = "client_id"
PERSON = "user_id"


def quoted(name: str) -> str:
    """An identifier as SQL. Only names from the catalog, and aliases, come here."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Column:
    """A column that requests may see."""

    name: str
    #: as SQL, with its schema where one is needed
    type: str
    #: the type below a domain: `jsonb`, `tsvector`
    base_type: str
    is_nullable: bool
    default: str | None
    #: made by the server itself: never written
    is_generated: bool
    may_insert: bool
    may_update: bool
    comment: str | None = None

    @property
    def is_json(self) -> bool:
        """Whether a path leads into it as it is."""
        return self.base_type in {"json", "jsonb"}


@dataclass(frozen=True)
class ForeignKey:
    """A reference, in the names of the relations at both ends (a view's own where it is one)."""

    name: str
    source: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]

    @property
    def own_columns(self) -> frozenset[str]:
        """Those that tell it from other references: many have agency and client in common."""
        own = frozenset(self.columns) - {AGENCY}
        return own - {CLIENT} or own

    @property
    def told_by(self) -> str | None:
        """The one column that tells this reference from others, if it is one."""
        own = tuple(self.own_columns)
        return own[0] if len(own) == 1 else None


@dataclass(frozen=True)
class Relation:
    """A table or view. `is_tenant`: the agency may be named in its conditions."""

    schema: str
    name: str
    #: the table that rights are asked for: itself, or what a view shows
    table: str
    is_view: bool
    is_tenant: bool
    may_delete: bool
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...]
    #: every unique constraint or index over plain columns, the primary key among them
    unique_keys: tuple[frozenset[str], ...]
    comment: str | None = None

    @cached_property
    def sql(self) -> str:
        """Its name as SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def own_key(self) -> tuple[str, ...]:
        """What identifies a row inside its agency."""
        return tuple(name for name in self.primary_key if name != AGENCY)

    def conflict_key(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """The unique key that is meant: our keys begin with the agency, which old code leaves out.

        Args:
            asked: the columns of `on_conflict`; empty means the primary key.
        """
        if not asked:
            return self.primary_key
        wanted = frozenset(asked)
        for key in self.unique_keys:
            if wanted in (key, key - {AGENCY}):
                return tuple(name for name in self.columns if name in key)
        return asked


@dataclass(frozen=True)
class Argument:
    """An argument of a function; unnamed ones have an empty name."""

    name: str
    type: str
    has_default: bool
    is_variadic: bool


@dataclass(frozen=True)
class Function:
    """A function that the callers' role may execute."""

    schema: str
    name: str
    arguments: tuple[Argument, ...]
    is_volatile: bool
    is_set: bool
    #: `void`, `scalar` or `row`
    result: str
    #: the columns of a row: of a relation (by its name), or of its own
    relation: str | None
    columns: Mapping[str, Column]
    comment: str | None = None

    @property
    def sql(self) -> str:
        """Its name as SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def names(self) -> frozenset[str]:
        """Of all arguments."""
        return frozenset(one.name for one in self.arguments)

    @property
    def needed(self) -> frozenset[str]:
        """Of the arguments without a default."""
        return frozenset(
            one.name for one in self.arguments if not one.has_default and not one.is_variadic
        )

    @property
    def takes_body(self) -> bool:
        """Whether its single unnamed argument takes the whole body."""
        return len(self.arguments) == 1 and self.arguments[0].name == ""


@dataclass(frozen=True)
class Exposed:
    """One schema."""

    name: str
    relations: Mapping[str, Relation]
    functions: Mapping[str, tuple[Function, ...]]
    foreign_keys: tuple[ForeignKey, ...]
    from_table: Mapping[str, tuple[ForeignKey, ...]] = field(init=False)
    to_table: Mapping[str, tuple[ForeignKey, ...]] = field(init=False)

    def __post_init__(self) -> None:
        """Index the references by both ends."""
        leaving: dict[str, list[ForeignKey]] = {}
        coming: dict[str, list[ForeignKey]] = {}
        for key in self.foreign_keys:
            leaving.setdefault(key.source, []).append(key)
            coming.setdefault(key.target, []).append(key)
        freeze = {"from_table": leaving, "to_table": coming}
        for name, index in freeze.items():
            object.__setattr__(self, name, {table: tuple(keys) for table, keys in index.items()})


@dataclass(frozen=True)
class Catalog:
    """Everything that is exposed. `version` changes with each reading."""

    version: int
    schemas: Mapping[str, Exposed]
