"""Reads what was discovered, from the cache where the content is the same as before."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from mainstem.unify.audit.base import base_of
from mainstem.unify.audit.other_sql import read_other_sql
from mainstem.unify.audit.subject import Subject
from mainstem.unify.catalog.read_database import read_database_at
from mainstem.unify.code import read_code
from mainstem.unify.documents import joined, read_documents
from mainstem.unify.documents.model import DocumentReading
from mainstem.unify.replay import fingerprint, open_replayer, read_files
from mainstem.unify.replay.model import Creation, FailedStatement, ObjectKind, Replay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mainstem.unify.audit.cache import Cache
    from mainstem.unify.audit.discovery import Discovery
    from mainstem.unify.catalog.database import Database
    from mainstem.unify.code.model import CodeReading
    from mainstem.unify.replay import Replayer

_Kept = TypeVar("_Kept")


class Progress(Protocol):
    """Is told what is being done, in a few words."""

    def __call__(self, doing: str, /) -> None:
        """Take note of it."""


def read_subject(
    discovery: Discovery, urls: Sequence[str], *, cache: Cache | None, progress: Progress
) -> Subject:
    """Read everything; the scratch server starts only for what the cache does not know.

    Raises:
        ServerError: a database cannot be reached, or the scratch server does not start.
    """
    if cache is not None:
        cache.sweep()
    with ExitStack() as stack:
        scratch = _Scratch(discovery, cache, progress, stack)
        other = read_other_sql(discovery.root, discovery.other_sql, cache=cache)
        replay = scratch.replay((*other.by_program, *other.by_nothing))
        progress("reading code")
        code = _code(discovery, cache)
        databases = tuple(_read_live(url, progress) for url in urls)
        progress("reading documents")
        known = _known_tables(replay, code, databases)
        return Subject(
            replay=replay,
            is_schema=discovery.is_schema,
            code=code,
            documents=_documents(discovery, known, scratch, cache),
            databases=databases,
            program_creations=other.by_program,
            other_creations=other.by_nothing,
            other_folders=discovery.other_folders,
        )


class _Scratch:
    """The replay, and the server that it ran on, started when something has to be tried."""

    def __init__(
        self, discovery: Discovery, cache: Cache | None, progress: Progress, stack: ExitStack
    ) -> None:
        self._discovery = discovery
        self._cache = cache
        self._progress = progress
        self._stack = stack
        self._replayer: Replayer | None = None
        self._base: Path | None = None
        folder = discovery.migrations
        ordering = read_files(folder, root=discovery.root) if folder else None
        self.state = fingerprint(ordering) if ordering else "nothing"
        self._state_there: str | None = None

    def replay(self, others: Sequence[Creation]) -> Replay | None:
        """What the migrations build, on the file that they build on; None where there are none.

        Args:
            others: what .sql files outside the migrations create.
        """
        plain = self._read()
        base = base_of(plain, others) if plain is not None else None
        if plain is None or base is None or self._discovery.is_schema:
            return plain
        before = self.state
        self._base = self._discovery.root / base
        self.state = hashlib.sha256(f"{before} {_content_hash(self._base)}".encode()).hexdigest()
        on_base = self._read()
        if on_base is not None and len(on_base.failed) < len(plain.failed):
            return on_base
        self._base = None
        self.state = before
        return plain

    def try_block(self, sql: str, *, file: str, line: int) -> tuple[FailedStatement, ...]:
        """What the server says of SQL on top of what the migrations build."""
        replayer = self._replayer
        if replayer is None or self._state_there != self.state:
            replayer, _ = self._start()
        return replayer.try_block(sql, file=file, line=line)

    def _read(self) -> Replay | None:
        if self._discovery.migrations is None:
            return None
        held = self._cache.get(f"replay {self.state}") if self._cache else None
        return _decoded(held, Replay) or self._start()[1]

    def _start(self) -> tuple[Replayer, Replay | None]:
        if self._replayer is None:
            self._replayer = self._stack.enter_context(open_replayer())
        self._state_there = self.state
        folder = self._discovery.migrations
        if folder is None:
            return self._replayer, None
        self._progress("replaying migrations")
        replay = self._replayer.replay(folder, root=self._discovery.root, base=self._base)
        if self._cache:
            self._cache.put(f"replay {self.state}", msgspec.json.encode(replay))
        return self._replayer, replay


def _decoded(held: bytes | None, kind: type[_Kept]) -> _Kept | None:
    """A cached reading; None when there is none or it is of another version's shape."""
    if held is None:
        return None
    try:
        return msgspec.json.decode(held, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None


def _code(discovery: Discovery, cache: Cache | None) -> CodeReading | None:
    paths = (*discovery.code, *discovery.settings)
    return read_code(discovery.root, paths, cache=cache) if paths else None


def _read_live(url: str, progress: Progress) -> Database:
    progress("reading the live database")
    return read_database_at(url, counts_rows=True)


def _documents(
    discovery: Discovery, known: frozenset[str], scratch: _Scratch, cache: Cache | None
) -> DocumentReading | None:
    """Each document by itself: what it says depends on its text, the names known and the schema."""
    if not discovery.documents:
        return None
    around = hashlib.sha256("\n".join([scratch.state, *sorted(known)]).encode()).hexdigest()
    readings = []
    for path in discovery.documents:
        key = f"document {discovery.name(path)} {around} {_content_hash(path)}"
        held = cache.get(key) if cache else None
        reading = _decoded(held, DocumentReading)
        if reading is None:
            reading = read_documents(
                discovery.root, [path], known=known, try_block=scratch.try_block
            )
            if cache:
                cache.put(key, msgspec.json.encode(reading))
        readings.append(reading)
    return joined(readings)


def _content_hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""  # the reader says why


def _known_tables(
    replay: Replay | None, code: CodeReading | None, databases: Iterable[Database]
) -> frozenset[str]:
    """Every name that some source other than a document takes for a table."""
    names: set[str] = set()
    if replay is not None:
        names.update(made.name.name for made in replay.creations if made.kind is ObjectKind.TABLE)
    if code is not None:
        names.update(use.name for use in code.uses)
        names.update(table.name for table in code.declared)
    for database in databases:
        names.update(relation.name.name for relation in database.relations)
    return frozenset(names)
