"""What documents say about a database: tables they name, SQL they show, claims they make."""

from __future__ import annotations

import enum
from dataclasses import dataclass

# msgspec reads these annotations when a cached reading is decoded.
from mainstem.unify.code.model import Place  # noqa: TC001
from mainstem.unify.replay.model import FailedStatement  # noqa: TC001


class Standing(enum.Enum):
    """Where in a document a table is named: how much the author meant it to be one."""

    HEADING = "heading"
    LIST = "list"
    TABLE = "table"
    SQL = "sql"
    TEXT = "text"


class Expectation(enum.Enum):
    """What the document says of the table."""

    EXISTS = "should exist"
    ABSENT = "should not exist"
    PLANNED = "is planned"
    NONE = "is named"


@dataclass(frozen=True)
class Mention:
    """A table's name in a document. `section` is the heading above it, `text` its line."""

    name: str
    place: Place
    standing: Standing
    expectation: Expectation = Expectation.NONE
    section: str = ""
    schema: str | None = None
    columns: tuple[str, ...] = ()
    text: str = ""


class ClaimKind(enum.Enum):
    """What a claim is about."""

    COMPLETE = "complete"
    #: the opposite of it: in progress, failed, blocked; it is nothing to judge
    OPEN = "not complete"
    RATIO = "ratio"
    TABLE_COUNT = "table count"
    EXISTS = "tables that should exist"
    ABSENT = "tables that should not exist"
    ROW_SECURITY = "row-level security on all tables"


@dataclass(frozen=True)
class Claim:
    """A sentence that can be held against the sources.

    `names` are the tables that it is about (those listed below it for a status); `number` the count
    it states, `of` the total of a ratio. `absent_names` are tables that must not be there for the
    claim to hold. `is_total` says that it is about the whole database, not a part of it.
    """

    kind: ClaimKind
    text: str
    place: Place
    names: tuple[str, ...] = ()
    number: int | None = None
    of: int | None = None
    absent_names: tuple[str, ...] = ()
    is_total: bool = False


@dataclass(frozen=True)
class SqlBlock:
    """A fenced SQL block; `failed` is what the scratch server said when it was tried."""

    place: Place
    text: str
    failed: tuple[FailedStatement, ...] = ()


@dataclass(frozen=True)
class DocumentReading:
    """What all documents say together."""

    files: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    claims: tuple[Claim, ...] = ()
    sql_blocks: tuple[SqlBlock, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
