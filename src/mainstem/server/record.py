"""The note that a running server leaves in MAINSTEM_HOME, so that others find and end it.

The server holds a lock for as long as it lives. A note whose lock is free is of a dead server, so
a process number in it is never one that somebody else got since.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from mainstem.pg.connect import describe
from mainstem.pg.locks import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "serve.json"
LOCK = "serve.lock"
LOG = "serve.log"


class Record(msgspec.Struct, frozen=True):
    """A running server: its process, its address, which database (without a password)."""

    pid: int
    address: str
    database: str


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
        _write(note, Record(os.getpid(), address, describe(url)))
        yield
    finally:
        note.unlink(missing_ok=True)
        os.close(descriptor)


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
