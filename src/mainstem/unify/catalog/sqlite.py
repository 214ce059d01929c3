"""SQLite files as sources: opened for reading only, checked for change, their schema as a catalog.

Reading leaves nothing beside the file. A WAL file that no `-wal` lies beside is opened as immutable
(sqlite.org/uri.html), because a plain read-only open would create `-wal` and `-shm`; otherwise the
`-shm` that reading made is taken away again under SQLite's own lock.
"""

from __future__ import annotations

import fcntl
import gc
import os
import sqlite3
from collections.abc import Iterator  # noqa: TC003 - the context manager's annotation
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from mainstem.errors import SourceError
from mainstem.unify.catalog.sqlite_schema import read_tables

if TYPE_CHECKING:
    from types import TracebackType

    from mainstem.unify.catalog.model import Catalog

__all__ = ["Fingerprint", "SqliteSource", "fingerprint", "open_source", "read_catalog"]

_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_WAL_FORMAT: Final = 2
_SHM_GUARD_BYTE: Final = 128  # WAL_READ_LOCK's dead-man switch; sqlite.org/walformat.html
#: objects made since the last collection after which the collector looks for cycles
_COLLECT_OBJECTS: Final = 50_000
_BUSY_TIMEOUT_S: Final = 5.0

#: SQLite's primary result codes -> what happened, and what to do.
_EXPLANATIONS: Final = {
    sqlite3.SQLITE_BUSY: "is locked by another program; close that program and run again",
    sqlite3.SQLITE_LOCKED: "is locked by another program; close that program and run again",
    sqlite3.SQLITE_NOTADB: "is not a SQLite database, or it is encrypted",
    sqlite3.SQLITE_CORRUPT: "is damaged; mend a copy with sqlite3's .recover and use that",
    sqlite3.SQLITE_READONLY: (
        "has an unfinished transaction; open it once with its own program, then run again"
    ),
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check its permissions",
    sqlite3.SQLITE_PERM: "cannot be opened; check its permissions",
    sqlite3.SQLITE_IOERR: "cannot be read: the disk reports an error",
    sqlite3.SQLITE_FULL: "cannot be read: there is no disk space left for SQLite's temporary files",
}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells that a file changed: its size, time and change counter, and those of its WAL."""

    size_bytes: int
    modified_ns: int
    inode: int
    change_counter: int
    wal_bytes: int
    wal_modified_ns: int

    def as_dict(self) -> dict[str, int]:
        """For the ledger's JSON."""
        return asdict(self)


class SqliteSource:
    """An open source. Close it, or use it in a `with`."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, opened: Fingerprint, *, had_shm: bool
    ) -> None:
        self.path = path
        self.connection = connection
        self.opened = opened
        self._had_shm = had_shm
        self._collected_at = gc.get_threshold()
        self._data_version = self._read_data_version()

    def __enter__(self) -> Self:
        # Rows come as tuples of values, thousands at a time, which are in no cycle.
        self._collected_at = gc.get_threshold()
        gc.set_threshold(_COLLECT_OBJECTS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        gc.set_threshold(*self._collected_at)
        self.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, with SQLite's failures turned into a SourceError that says what to do."""
        try:
            yield self.connection
        except sqlite3.Error as error:
            raise explain(self.path, error) from error

    def check_unchanged(self) -> None:
        """Raise SourceError when the file is not the one that was opened any more."""
        changed = fingerprint(self.path) != self.opened
        if changed or self._read_data_version() != self._data_version:
            raise SourceError(
                f"{self.path} changed while it was read; nothing was written. "
                "Stop the program that writes to it, or read a copy, and run again"
            )

    def close(self) -> None:
        """Close the file; it lies there as before."""
        self.connection.close()
        if not self._had_shm:
            _remove_own_shm(_beside(self.path, "-shm"))

    def _read_data_version(self) -> int:
        with self.reading() as connection:
            return int(connection.execute("pragma data_version").fetchone()[0])


def open_source(path: str | Path) -> SqliteSource:
    """Open a SQLite file for reading.

    Raises SourceError when there is no such file, or it is a folder, not SQLite, encrypted, locked
    or damaged.
    """
    path = Path(path).resolve()
    header = _read_header(path)
    opened = fingerprint(path)
    is_quiet_wal = header[18] == _WAL_FORMAT and not opened.wal_bytes
    query = "?mode=ro&immutable=1" if is_quiet_wal else "?mode=ro"
    had_shm = _beside(path, "-shm").exists()
    try:
        connection = sqlite3.connect(
            path.as_uri() + query,
            uri=True,
            timeout=_BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            for setting in ("query_only = on", "trusted_schema = off", "cell_size_check = on"):
                connection.execute(f"pragma {setting}")
            connection.execute("select count(*) from sqlite_master").fetchone()
            return SqliteSource(path, connection, opened, had_shm=had_shm)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise explain(path, error) from error


def read_catalog(source: SqliteSource) -> Catalog:
    """The tables of a source, and what it holds that is not a table."""
    with source.reading() as connection:
        return read_tables(connection)


def fingerprint(path: str | Path) -> Fingerprint:
    """The file's fingerprint now. Raises SourceError when it is gone."""
    path = Path(path)
    try:
        status = path.stat()
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    wal_bytes, wal_modified_ns = 0, 0
    with suppress(FileNotFoundError):
        wal = _beside(path, "-wal").stat()
        wal_bytes, wal_modified_ns = wal.st_size, wal.st_mtime_ns if wal.st_size else 0
    return Fingerprint(
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        inode=status.st_ino,
        change_counter=int.from_bytes(header[24:28]),
        wal_bytes=wal_bytes,
        wal_modified_ns=wal_modified_ns,
    )


def explain(path: Path, error: sqlite3.Error) -> SourceError:
    """What a failure of SQLite means, in one line."""
    code = getattr(error, "sqlite_errorcode", None)
    known = _EXPLANATIONS.get(code & 0xFF) if code is not None else None
    return SourceError(f"{path} {known}" if known else f"{path} cannot be read: {error}")


def _read_header(path: Path) -> bytes:
    if not path.exists():
        raise SourceError(f"there is no file {path}")
    if path.is_dir():
        raise SourceError(f"{path} is a folder; name the SQLite file in it")
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    if not header:
        raise SourceError(f"{path} is empty: it is not a SQLite database")
    if not header.startswith(_MAGIC):
        raise SourceError(f"{path} {_EXPLANATIONS[sqlite3.SQLITE_NOTADB]}")
    if len(header) < _HEADER_BYTES:
        raise SourceError(f"{path} {_EXPLANATIONS[sqlite3.SQLITE_CORRUPT]}")
    return header


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _remove_own_shm(shm: Path) -> None:
    """Remove the shared-memory file, unless some other connection uses it."""
    try:
        handle = os.open(shm, os.O_RDWR)
    except OSError:
        return
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _SHM_GUARD_BYTE)
        shm.unlink(missing_ok=True)
    except OSError:
        pass
    finally:
        os.close(handle)
