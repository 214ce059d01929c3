"""Everything that an audit must know about one PostgreSQL database, read from its catalog.

`catalog.model` describes the tables that a move carries; this describes what else protects them or
depends on them: policies, grants, views, functions, triggers, partitions. The two have different
readers because a move also reads SQLite, and an audit also reads what is not a table.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, order=True)
class ObjectName:
    """The name of a table, view, function or type with its schema."""

    schema: str
    name: str

    def __str__(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


class RelationKind(enum.Enum):
    """What a relation is; a partition is one whatever it is made of."""

    TABLE = "table"
    PARTITIONED = "partitioned table"
    PARTITION = "partition"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    FOREIGN_TABLE = "foreign table"


@dataclass(frozen=True)
class RelationColumn:
    """A column; `type` as `format_type` writes it, `default` and `generated` as expressions."""

    name: str
    type: str
    is_nullable: bool
    default: str | None = None
    generated: str | None = None
    #: `always`, `by default`, or None
    identity: str | None = None


class ConstraintKind(enum.Enum):
    """What a constraint demands."""

    PRIMARY_KEY = "primary key"
    UNIQUE = "unique"
    FOREIGN_KEY = "foreign key"
    CHECK = "check"
    EXCLUDE = "exclude"


@dataclass(frozen=True)
class Constraint:
    """A constraint; `parent` and `parent_columns` only of a foreign key."""

    name: str
    kind: ConstraintKind
    columns: tuple[str, ...]
    definition: str
    parent: ObjectName | None = None
    parent_columns: tuple[str, ...] = ()
    on_delete: str = "no action"
    is_validated: bool = True


@dataclass(frozen=True)
class RelationIndex:
    """An index; `parts` are column names or expressions, in order."""

    name: str
    parts: tuple[str, ...]
    definition: str
    method: str = "btree"
    predicate: str | None = None
    is_unique: bool = False
    is_primary: bool = False
    is_valid: bool = True
    #: made by a constraint of the same name
    is_constraint: bool = False


@dataclass(frozen=True)
class Policy:
    """A row-level security policy; `command` is `all`, `select`, `insert`, `update`, `delete`."""

    name: str
    command: str
    is_permissive: bool
    roles: tuple[str, ...]
    using: str | None
    with_check: str | None


@dataclass(frozen=True)
class Trigger:
    """A trigger that a person made."""

    name: str
    function: ObjectName
    definition: str
    is_enabled: bool = True


@dataclass(frozen=True, order=True)
class Grant:
    """A privilege that a role holds; `columns` is empty for the whole object."""

    role: str
    privilege: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relation:
    """A table, view or the like, with all that hangs on it."""

    name: ObjectName
    kind: RelationKind
    columns: tuple[RelationColumn, ...]
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[RelationIndex, ...] = ()
    policies: tuple[Policy, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    grants: tuple[Grant, ...] = ()
    owner: str = ""
    is_row_security_on: bool = False
    is_row_security_forced: bool = False
    #: of a view: whether it reads as its caller
    is_security_invoker: bool = False
    #: of a view: its query, and the relations that it reads
    definition: str | None = None
    reads: tuple[ObjectName, ...] = ()
    #: of a partition: its parent
    parent: ObjectName | None = None
    comment: str | None = None
    #: None where it is not known (a replayed schema, a view)
    row_count: int | None = None
    #: whether `row_count` is the server's estimate: the table is large, or not ours to read
    is_row_count_estimated: bool = False
    #: when a row was last written as far as the database can tell, ISO 8601 in UTC
    last_write: str | None = None

    @property
    def is_table(self) -> bool:
        """Whether it holds rows of its own and is no partition of another."""
        return self.kind in {RelationKind.TABLE, RelationKind.PARTITIONED}

    @property
    def is_view(self) -> bool:
        """Whether it is a view, materialized or not."""
        return self.kind in {RelationKind.VIEW, RelationKind.MATERIALIZED_VIEW}

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of the primary key; empty where there is none."""
        return next(
            (c.columns for c in self.constraints if c.kind is ConstraintKind.PRIMARY_KEY), ()
        )

    @property
    def foreign_keys(self) -> tuple[Constraint, ...]:
        """The foreign keys that lead out of it."""
        return tuple(c for c in self.constraints if c.kind is ConstraintKind.FOREIGN_KEY)

    def column(self, name: str) -> RelationColumn | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Function:
    """A function or procedure that no extension owns."""

    name: ObjectName
    #: identity arguments, as `pg_get_function_identity_arguments` writes them
    arguments: str
    #: the names of the input arguments, '' where one has none
    argument_names: tuple[str, ...]
    returns: str
    language: str
    body: str
    is_security_definer: bool = False
    volatility: str = "volatile"
    #: `search_path=...` and other settings of the function
    settings: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    owner: str = ""


@dataclass(frozen=True)
class Enumeration:
    """An enum type and its labels, in order."""

    name: ObjectName
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Sequence:
    """A sequence; `table` and `column` where it numbers one, `last_value` where it is known."""

    name: ObjectName
    value_max: int
    increment: int = 1
    last_value: int | None = None
    table: ObjectName | None = None
    column: str | None = None


@dataclass(frozen=True)
class Extension:
    """An installed extension and the schema that its objects stand in."""

    name: str
    schema: str


@dataclass(frozen=True)
class Database:
    """One database: every schema that is neither the server's nor the platform's own.

    `name` tells people which one it is, without its password.
    """

    name: str
    server_version: int
    relations: tuple[Relation, ...]
    functions: tuple[Function, ...] = ()
    enumerations: tuple[Enumeration, ...] = ()
    extensions: tuple[Extension, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    #: schemas that a data API serves or that its roles (`anon`, `authenticated`) may use
    exposed_schemas: tuple[str, ...] = ("public",)
    #: object storage buckets, where the platform keeps them in a table
    buckets: tuple[str, ...] = ()
    #: the policies on the platform's table of stored objects, which is not among `relations`
    storage_policies: tuple[Policy, ...] = ()
    #: roles with BYPASSRLS or superuser
    bypass_roles: tuple[str, ...] = ()
    #: what could not be read, one sentence each
    unread: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> dict[ObjectName, Relation]:
        """The relations by name."""
        return {relation.name: relation for relation in self.relations}

    def relation(self, name: str, schema: str = "public") -> Relation | None:
        """The relation of that name, or None."""
        return self.by_name.get(ObjectName(schema, name))

    @property
    def tables(self) -> tuple[Relation, ...]:
        """Base and partitioned tables, without partitions."""
        return tuple(relation for relation in self.relations if relation.is_table)
