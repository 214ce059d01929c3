"""The migration runner: plain .sql files, in order, each in one transaction, recorded by checksum.

Killed at any point it leaves whole files only: a file and its record are one transaction. Two
runners at once take turns, because each transaction holds the same advisory lock.
"""

from __future__ import annotations

import enum
import hashlib
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors as pg_errors
from psycopg.pq import TransactionStatus

import mainstem
from mainstem.db import privileges
from mainstem.errors import MigrationError, ServerError
from mainstem.kit.statements import Statement, split
from mainstem.pg.connect import clear_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from importlib.resources.abc import Traversable

    from psycopg.rows import TupleRow


NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
LOCK_KEY = int.from_bytes(b"mainstem")
#: how long another runner is waited for, how long a file waits for a table, and a statement runs
RUNNER_WAIT = "120s"
LOCK_WAIT = "10s"
STATEMENT_LIMIT = "15min"
#: files that are kept as they were read
FILES_KEPT_MAX = 256
RECORD_TABLE = (
    "create schema if not exists app",
    """create table if not exists app.migration (
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default clock_timestamp(),
  duration_ms integer not null,
  mainstem_version text not null,
  constraint migration_pkey primary key (name)
)""",
    """comment on table app.migration is
  'One row an applied migration file, with the sha256 of its text.'""",
    "alter table app.migration enable row level security",
    "alter table app.migration force row level security",
)
FORBIDDEN = frozenset(
    {"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"}
)


@dataclass(frozen=True)
class Migration:
    """One file."""

    name: str
    checksum: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Applied:
    """A file that was applied, or in a dry run would be."""

    name: str
    statements: int
    duration_s: float


class State(enum.Enum):
    """Where a file stands."""

    APPLIED = "applied"
    PENDING = "pending"
    EDITED = "edited"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class MigrationState:
    """One file or record, and where it stands; `applied_at` is None while it is pending."""

    name: str
    state: State
    applied_at: datetime | None


@dataclass(frozen=True)
class _Record:
    checksum: str
    applied_at: datetime


def migrate(
    connection: psycopg.Connection[TupleRow],
    *,
    dry_run: bool = False,
    on_step: Callable[[Applied], None] | None = None,
    files: Sequence[Migration] | None = None,
) -> list[Applied]:
    """Apply the files that are pending; with dry_run nothing is touched, not even locks.

    Args:
        connection: idle, as the database's owner.
        dry_run: only say what would be applied.
        on_step: called after each file.
        files: other files than Mainstem's own.

    Returns:
        What was applied (or would be), in order.

    Raises:
        MigrationError: an applied file was edited or is unknown, one is out of order, or one
            failed: its name, line and the server's message.
        ServerError: a privilege is missing, another session is in the way, the server went away.
    """
    files = load() if files is None else files
    with clear_errors("read which migrations are applied"):
        _require_utf8(connection)
        pending = _pending(files, _recorded(connection))
    if dry_run:
        return [Applied(file.name, len(file.statements), 0.0) for file in pending]
    if pending:
        privileges.require(connection)
    done = []
    for file in pending:
        applied = _apply(connection, files, file)
        if applied is not None:
            done.append(applied)
            if on_step is not None:
                on_step(applied)
    return done


def status(
    connection: psycopg.Connection[TupleRow], *, files: Sequence[Migration] | None = None
) -> list[MigrationState]:
    """Return every file and every record, in order of names."""
    files = load() if files is None else files
    with clear_errors("read which migrations are applied"):
        recorded = _recorded(connection)
    return _states(files, recorded)


def load(folder: Traversable | None = None) -> list[Migration]:
    """Read the files, ordered; the package's own unless a folder is given.

    Raises:
        MigrationError: a name is malformed, a number is used twice, or a file ends transactions.
    """
    folder = folder or resources.files("mainstem.migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    for name in names:
        if not NAME.fullmatch(name):
            raise MigrationError(f"{name} is no name of a migration; call it like 0007_noun.sql")
    for before, after in pairwise(names):
        if before[:4] == after[:4]:
            raise MigrationError(f"{before} and {after} have the same number; renumber the newer")
    return [_read(name, folder.joinpath(name).read_text(encoding="utf-8")) for name in names]


@lru_cache(maxsize=FILES_KEPT_MAX)
def _read(name: str, text: str) -> Migration:
    """One file, cut into statements once a process: health is asked for all the time."""
    # A checkout may have turned line ends; that is no edit.
    text = text.replace("\r\n", "\n")
    statements = tuple(split(text))
    for statement in statements:
        word = statement.opening.partition(" ")[0]
        if word in FORBIDDEN:
            raise MigrationError(
                f"{name}, line {statement.line}: {word!r} is not allowed, because each file is "
                "one transaction; remove it"
            )
    return Migration(name, hashlib.sha256(text.encode()).hexdigest(), statements)


def _require_utf8(connection: psycopg.Connection[TupleRow]) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ServerError(
            f"database {connection.info.dbname!r} is encoded in {encoding}; Mainstem needs UTF8: "
            "create it with `encoding 'UTF8' template template0`"
        )


def _recorded(connection: psycopg.Connection[TupleRow]) -> dict[str, _Record]:
    with connection.transaction():
        found = connection.execute("select to_regclass('app.migration') is not null").fetchone()
        if found is None or not found[0]:
            return {}
        # Whoever may not see the records gets an error then, not an empty list.
        connection.execute("set local row_security = off")
        rows = connection.execute("select name, checksum, applied_at from app.migration").fetchall()
    return {name: _Record(checksum, applied_at) for name, checksum, applied_at in rows}


def _states(files: Sequence[Migration], recorded: Mapping[str, _Record]) -> list[MigrationState]:
    checksums = {file.name: file.checksum for file in files}
    states = []
    for name in sorted(checksums.keys() | recorded.keys()):
        record = recorded.get(name)
        if record is None:
            state = State.PENDING
        elif name not in checksums:
            state = State.UNKNOWN
        else:
            is_same = record.checksum == checksums[name]
            state = State.APPLIED if is_same else State.EDITED
        states.append(MigrationState(name, state, record.applied_at if record else None))
    return states


def _pending(files: Sequence[Migration], recorded: Mapping[str, _Record]) -> list[Migration]:
    """Return the files to apply; refuse any disagreement between files and records."""
    last_applied = max(recorded, default="")
    for found in _states(files, recorded):
        if found.state is State.EDITED:
            raise MigrationError(
                f"{found.name} was edited after it was applied on {found.applied_at:%Y-%m-%d}; "
                "restore its text and write the change as a new migration"
            )
        if found.state is State.UNKNOWN:
            raise MigrationError(
                f"the database has the migration {found.name}, which this Mainstem "
                f"({mainstem.__version__}) does not: a newer version made it; upgrade Mainstem"
            )
        if found.state is State.PENDING and found.name < last_applied:
            raise MigrationError(
                f"{found.name} is not applied but the later {last_applied} is; "
                "renumber it to come last"
            )
    return [file for file in files if file.name not in recorded]


def _apply(
    connection: psycopg.Connection[TupleRow], files: Sequence[Migration], file: Migration
) -> Applied | None:
    """Apply one file; None when another runner was quicker."""
    started = time.monotonic()
    with clear_errors(f"apply {file.name}"), connection.transaction():
        _take_turn(connection)
        for made in RECORD_TABLE:
            connection.execute(made)
        if file not in _pending(files, _recorded(connection)):
            return None
        connection.execute(
            f"set local lock_timeout = '{LOCK_WAIT}'; "
            f"set local statement_timeout = '{STATEMENT_LIMIT}'; "
            "set local search_path = public",
        )
        for statement in file.statements:
            _execute(connection, file, statement)
        duration_s = time.monotonic() - started
        connection.execute(
            "insert into app.migration (name, checksum, duration_ms, mainstem_version)"
            " values (%s, %s, %s, %s)",
            (file.name, file.checksum, round(duration_s * 1000), mainstem.__version__),
        )
        connection.execute("select pg_notify('pgrst', 'reload schema')")  # data APIs read it anew
    return Applied(file.name, len(file.statements), duration_s)


def _take_turn(connection: psycopg.Connection[TupleRow]) -> None:
    connection.execute(f"set local lock_timeout = '{RUNNER_WAIT}'")
    try:
        connection.execute("select pg_advisory_xact_lock(%s)", (LOCK_KEY,))
    except pg_errors.LockNotAvailable:
        raise MigrationError(
            f"another migration has been running for {RUNNER_WAIT}; wait for it, then run again"
        ) from None


def _execute(
    connection: psycopg.Connection[TupleRow], file: Migration, statement: Statement
) -> None:
    try:
        connection.execute(statement.text.encode(), prepare=False)
    except (psycopg.OperationalError, pg_errors.InsufficientPrivilege):
        raise  # the environment's doing: clear_errors says what
    except psycopg.Error as error:
        position = error.diag.statement_position
        line = statement.line_at(int(position) if position else None)
        said = error.diag.message_primary or str(error)
        raise MigrationError(
            f"{file.name}, line {line}: {said}; nothing of this file was applied"
        ) from error
    if connection.info.transaction_status is not TransactionStatus.INTRANS:
        raise MigrationError(
            f"{file.name}, line {statement.line}: this statement ended the transaction; "
            "a migration must not"
        )
