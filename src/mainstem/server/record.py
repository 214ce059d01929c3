"""The note that a running server leaves in MAINSTEM_HOME, so that others find and end it.

The server holds a lock for as long as it lives. A note whose lock is free is of a dead server, so
a process number in it is never one that somebody else got since.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

import mainstem
from mainstem.pg.connect import describe
from mainstem.pg.locks import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "serve.json"
LOCK = "serve.lock"
LOG = "serve.log"
_CODE: Final = frozenset({".py", ".sql", ".html", ".css", ".js"})


class Record(msgspec.Struct, frozen=True):
    """A running server: its process, its address, which database (without a password), which code.

    `code` is the state of the code that it began with.
    """

    pid: int
    address: str
    database: str
    code: str = ""


@contextmanager
def keep_record(home: Path, *, address: str, url: str) -> Iterator[None]:
    """Leave the note for as long as the block runs; a second server of the home leaves none."""
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    descriptor = try_lock(home / LOCK)
    if descriptor is None:
        yield
        return
    note = home / NAME
    try:
        _write(note, Record(os.getpid(), address, describe(url), code_state()))
        yield
    finally:
        note.unlink(missing_ok=True)
        os.close(descriptor)


def code_state() -> str:
    """What tells the code as it lies here from the code of another day: names, times, sizes."""
    root = Path(mainstem.__file__).parent
    seen = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in _CODE):
        state = path.stat()
        seen.update(f"{path.relative_to(root)} {state.st_mtime_ns} {state.st_size}\n".encode())
    return seen.hexdigest()


def running(home: Path) -> Record | None:
    """The server of the home; None when none runs."""
    if not (home / LOCK).exists():
        return None
    descriptor = try_lock(home / LOCK)
    if descriptor is not None:
        os.close(descriptor)
        return None
    try:
        return msgspec.json.decode((home / NAME).read_bytes(), type=Record)
    except FileNotFoundError:
        return None  # between its lock and its note, at the very start or end


def _write(note: Path, record: Record) -> None:
    """Replace the note whole, so that nobody reads half of one."""
    draft = note.with_suffix(".draft")
    draft.write_bytes(msgspec.json.encode(record))
    draft.replace(note)
