"""What application code says about a database: which tables, columns, functions, buckets."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file; `file` is relative to the audited folder, lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Engine(enum.Enum):
    """Which kind of database the code talks to there."""

    POSTGRES = "postgres"
    SQLITE = "sqlite"
    OTHER = "other"


class Operation(enum.Enum):
    """What the code does with a table."""

    SELECT = "select"
    INSERT = "insert"
    UPDATE = "update"
    UPSERT = "upsert"
    DELETE = "delete"
    CREATE = "create"
    UNKNOWN = "unknown"


class Role(enum.Enum):
    """What a column is used for."""

    READ = "read"
    WRITTEN = "written"
    FILTERED = "filtered"
    CONFLICT = "conflict target"


class Via(enum.Enum):
    """Through what the code reaches the database."""

    SUPABASE_JS = "supabase-js"
    SUPABASE_PY = "supabase-py"
    SQL = "sql"
    DRIZZLE = "drizzle"
    PRISMA = "prisma"
    SQLALCHEMY = "sqlalchemy"
    DJANGO = "django"


@dataclass(frozen=True)
class ColumnUse:
    """A column in use. `value_type` is what can be told of a written or compared value.

    Value types: `text`, `uuid`, `integer`, `number`, `boolean`, `timestamp`, `json`, `array`,
    `null`, or None where it cannot be told. `references` names the table that an embedded
    resource was reached through this column.
    """

    name: str
    role: Role
    line: int
    value_type: str | None = None


@dataclass(frozen=True)
class TableUse:
    """One use of a table at one place. `schema` is None where the code names none."""

    name: str
    place: Place
    via: Via
    operation: Operation = Operation.UNKNOWN
    schema: str | None = None
    engine: Engine = Engine.POSTGRES
    columns: tuple[ColumnUse, ...] = ()
    #: reads every column (`*`), so that the columns named are not all
    reads_all: bool = False
    #: one row is expected (`single`, `maybeSingle`)
    is_single: bool = False
    #: for an embedded resource: the table in whose select it stands, and the hint (`!fk`) if any.
    #: PostgREST lets a foreign key's column or constraint stand for the table it leads to: such a
    #: name is a table only if the table around it has no column or constraint called so
    embedded_in: str | None = None
    embed_hint: str | None = None
    is_test: bool = False
    #: which database, where the code names several: the connection, file or variable, as written
    database: str | None = None


@dataclass(frozen=True)
class FunctionUse:
    """A call of a database function."""

    name: str
    place: Place
    via: Via
    schema: str | None = None
    arguments: tuple[str, ...] = ()
    is_test: bool = False


@dataclass(frozen=True)
class BucketUse:
    """A use of an object storage bucket; `is_created` where the code makes it."""

    name: str
    place: Place
    is_created: bool = False
    is_test: bool = False


@dataclass(frozen=True)
class DeclaredColumn:
    """A column as a model in code declares it; `type` in the words of the model."""

    name: str
    type: str
    is_nullable: bool
    line: int
    references: str | None = None


@dataclass(frozen=True)
class DeclaredTable:
    """A table that a model in code declares (Drizzle, Prisma, SQLAlchemy, Django, CREATE TABLE).

    `makes` says that the tool creates it in the database from this declaration.
    """

    name: str
    place: Place
    via: Via
    columns: tuple[DeclaredColumn, ...]
    schema: str | None = None
    engine: Engine = Engine.POSTGRES
    is_test: bool = False
    makes: bool = False
    database: str | None = None


@dataclass(frozen=True)
class Unresolved:
    """A name that only running the program would tell; `kind` is `table`, `function`, ..."""

    kind: str
    expression: str
    place: Place
    reason: str
    is_test: bool = False


@dataclass(frozen=True)
class Unread:
    """A file that was not read, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class Setting:
    """A connection setting: host and project only, never a secret.

    `project` is the project reference of a hosted platform, or the database's name.
    """

    name: str
    host: str
    project: str | None
    place: Place
    is_test: bool = False


@dataclass(frozen=True)
class FileReading:
    """What one file says. Cached by the content of the file."""

    uses: tuple[TableUse, ...] = ()
    functions: tuple[FunctionUse, ...] = ()
    buckets: tuple[BucketUse, ...] = ()
    declared: tuple[DeclaredTable, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True)
class CodeReading(FileReading):
    """What all source folders say together."""

    folders: tuple[str, ...] = ()
    file_count: int = 0
    unread: tuple[Unread, ...] = ()
