"""What replaying migrations tells: what they build, what fails and why, what was stood in for."""

from __future__ import annotations

import enum
from dataclasses import dataclass

# msgspec reads these annotations when a cached replay is decoded.
from mainstem.unify.catalog.database import Database, ObjectName  # noqa: TC001


class Failure(enum.Enum):
    """Why a statement failed; the value is what people read."""

    CREATED_LATER = "needs an object that a later statement creates"
    NEVER_CREATED = "needs an object that nothing creates"
    CREATED_TWICE = "creates something that is there already"
    INVALID_SQL = "is not valid SQL"
    VIOLATES_DATA = "violates the data that is there"
    NEEDS_EXTENSION = "needs an extension that the scratch server lacks"
    TIMED_OUT = "took longer than its time limit"
    REFUSED = "reaches outside the database"
    TRANSACTION_ABORTED = "stands in a transaction that had failed before"
    OTHER = "failed for another reason"


class ObjectKind(enum.Enum):
    """What kind of object a statement creates or needs."""

    TABLE = "table"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    COLUMN = "column"
    FUNCTION = "function"
    TYPE = "type"
    SCHEMA = "schema"
    SEQUENCE = "sequence"
    ROLE = "role"
    INDEX = "index"
    TRIGGER = "trigger"
    POLICY = "policy"
    CONSTRAINT = "constraint"
    EXTENSION = "extension"
    BUCKET = "bucket"
    OTHER = "object"


@dataclass(frozen=True)
class MigrationFile:
    """A file, in the order in which it was replayed; `path` is relative to the audited folder."""

    path: str
    sha256: str
    statement_count: int
    failed_count: int = 0


@dataclass(frozen=True)
class FailedStatement:
    """A statement that failed when its turn came.

    `needs` is the object that it lacked; where that one's own creation had failed for a lack, it is
    what that one lacked, so that all failures of one origin name it (the message still names the
    object itself). Columns, policies, triggers and constraints are named `table.name`; schemas,
    roles and extensions have no schema. `created_in` is the file (and `created_line` the line) that
    creates the object later. `is_recovered` says that it applied when it was tried again after
    everything else, or with a placeholder for what nothing creates: what it builds then counts.
    """

    file: str
    line: int
    text: str
    failure: Failure
    message: str
    needs_kind: ObjectKind | None = None
    needs: ObjectName | None = None
    created_in: str | None = None
    created_line: int | None = None
    is_recovered: bool = False


@dataclass(frozen=True)
class StoodIn:
    """A statement that was not run as it stands: what was done instead, and why."""

    file: str
    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Creation:
    """A statement that creates an object, or tries to; the new name of a rename counts as one.

    Columns (those that are added later), policies, triggers and constraints are named `table.name`;
    a bucket's schema is `storage`. `is_guarded` says `if not exists` or `or replace`; `is_applied`
    is False for one that failed and did not recover; `is_dropped` when a later statement drops the
    object and none makes it anew.
    """

    kind: ObjectKind
    name: ObjectName
    file: str
    line: int
    is_guarded: bool = False
    is_applied: bool = True
    is_dropped: bool = False


@dataclass(frozen=True)
class MissingParent:
    """A foreign key that leads to a table which nothing creates."""

    file: str
    line: int
    table: ObjectName
    columns: tuple[str, ...]
    parent: ObjectName
    parent_columns: tuple[str, ...]


@dataclass(frozen=True)
class Replay:
    """One folder of migrations, replayed.

    `database` is the truth about what the files build: placeholders are not in it, tables that
    recovered are. `order` says how the files were ordered; `order_notes` what was ambiguous.
    `second_run` holds what failed when a file that guards its statements, or says that it can run
    twice, ran once more right after itself. Lines of `skipped` without one concern a whole file.
    """

    folder: str
    files: tuple[MigrationFile, ...]
    database: Database
    creations: tuple[Creation, ...]
    failed: tuple[FailedStatement, ...]
    missing_parents: tuple[MissingParent, ...]
    stood_in: tuple[StoodIn, ...]
    second_run: tuple[FailedStatement, ...]
    order: str
    order_notes: tuple[str, ...] = ()
    #: what was left out: (file, line or None, reason)
    skipped: tuple[tuple[str, int | None, str], ...] = ()
    #: files that are no migrations and ran before them, because the migrations build on them
    base: tuple[str, ...] = ()
