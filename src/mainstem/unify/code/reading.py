"""Reads all source folders: every file by every reader, cached by content, joined at the end.

What one file says depends on nothing but its text and its path, so that it can be cached, and read
by either of two processes. Names across files are filled in afterwards, which is quick.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import tempfile
import zlib
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from mainstem.unify.code.exports import read_exports
from mainstem.unify.code.facts import FileFacts
from mainstem.unify.code.files import load, source_files
from mainstem.unify.code.linking import link
from mainstem.unify.code.model import CodeReading, FileReading, Unread
from mainstem.unify.code.readers import READERS
from mainstem.unify.code.syntax import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from mainstem.unify.code.files import SourceFile
    from mainstem.unify.code.syntax import SyntaxFile

#: counted up when readers find more or other things, so that older results are not used
FACTS_VERSION: Final = 1
#: bytes of source from which on a second process pays for its start
PARALLEL_BYTES_MIN: Final = 6_000_000
BATCH_FILES: Final = 64
PROCESSES: Final = 2
CHECKSUM_BYTES: Final = 4


class ReadingCache(Protocol):
    """Where results are kept between audits. Keys are hexadecimal."""

    def get(self, key: str) -> bytes | None:
        """What was kept under a key, if anything."""

    def put(self, key: str, value: bytes) -> None:
        """Keep something under a key."""


@dataclass(frozen=True)
class FolderCache:
    """A cache in a folder: one file for each key, written whole or not at all."""

    folder: Path

    def get(self, key: str) -> bytes | None:
        """What was kept under a key, if it can be read."""
        try:
            return (self.folder / key[:2] / key).read_bytes()
        except OSError:
            return None

    def put(self, key: str, value: bytes) -> None:
        """Keep it; a folder that cannot be written to keeps nothing."""
        target = self.folder / key[:2] / key
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as written:
                written.write(value)
            os.replace(written.name, target)  # noqa: PTH105 -- `written` has a name, no Path


def read_code(
    root: Path,
    folders: Sequence[Path],
    *,
    cache: ReadingCache | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> CodeReading:
    """What the source files in the folders (below the root) say about databases, sorted by place.

    `on_progress` is told how many files are done, of how many.
    """
    files, unread = source_files(root, folders)
    found, waiting = _from_cache(files, cache)
    done = len(files) - len(waiting)
    for read in _read_all(waiting):
        for path, result in read:
            if isinstance(result, Unread):
                unread.append(result)
            else:
                key, encoded = result
                found[path] = _DECODER.decode(encoded)
                if cache is not None:
                    cache.put(key, _sealed(encoded))
        done += len(read)
        if on_progress is not None:
            on_progress(done, len(files))
    by_path = {path: found[path] for path in sorted(found)}
    merged = _merged(link(by_path))
    return CodeReading(
        **{one.name: getattr(merged, one.name) for one in fields(FileReading)},
        folders=tuple(sorted(str(folder) for folder in folders)),
        file_count=len(found),
        unread=tuple(sorted(unread, key=lambda one: (one.file, one.reason))),
    )


def read_file(file: SyntaxFile) -> FileFacts:
    """What one file says, by every reader of its language."""
    exported = read_exports(file) if file.language is not Language.TEXT else FileFacts()
    return _joined(
        [exported, *(one.read(file) for one in READERS if file.language in one.languages)]
    )


_Result = tuple[str, Unread | tuple[str, bytes]]


def _from_cache(
    files: Iterable[SourceFile], cache: ReadingCache | None
) -> tuple[dict[str, FileFacts], list[SourceFile]]:
    """What is known already, and the files left to read."""
    found: dict[str, FileFacts] = {}
    waiting: list[SourceFile] = []
    for file in files:
        facts = _kept(file, cache) if cache is not None else None
        if facts is None:
            waiting.append(file)
        else:
            found[file.path] = facts
    return found, waiting


def _kept(file: SourceFile, cache: ReadingCache) -> FileFacts | None:
    """What the cache has of a file; an entry that cannot be read is as good as none."""
    loaded = load(file)
    sealed = cache.get(_key(loaded)) if not isinstance(loaded, Unread) else None
    encoded = _unsealed(sealed) if sealed is not None else None
    if encoded is None:
        return None
    try:
        return _DECODER.decode(encoded)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def _sealed(encoded: bytes) -> bytes:
    """The bytes behind their checksum, so that a damaged entry is not read for an empty one."""
    return zlib.crc32(encoded).to_bytes(CHECKSUM_BYTES) + encoded


def _unsealed(sealed: bytes) -> bytes | None:
    encoded = sealed[CHECKSUM_BYTES:]
    return encoded if _sealed(encoded) == sealed else None


def _read_all(files: Sequence[SourceFile]) -> Iterator[list[_Result]]:
    """Read the files in batches, in two processes where that pays."""
    batches = [files[at : at + BATCH_FILES] for at in range(0, len(files), BATCH_FILES)]
    cores = os.cpu_count() or 1
    if cores == 1 or sum(file.size_bytes for file in files) < PARALLEL_BYTES_MIN:
        yield from map(_read_batch, batches)
        return
    context = multiprocessing.get_context("spawn")  # the caller may have threads
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        yield from pool.map(_read_batch, batches)


def _read_batch(files: Sequence[SourceFile]) -> list[_Result]:
    results: list[_Result] = []
    for file in files:
        loaded = load(file)
        if isinstance(loaded, Unread):
            results.append((file.path, loaded))
            continue
        try:
            results.append((file.path, (_key(loaded), _ENCODER.encode(read_file(loaded)))))
        except RecursionError:
            results.append((file.path, Unread(file.path, "its code is nested too deeply")))
    return results


def _key(file: SyntaxFile) -> str:
    """What a file's facts depend on: its text, its path, and what the readers look for."""
    digest = hashlib.sha256(f"{FACTS_VERSION}\0{file.path}\0{file.language.value}\0".encode())
    digest.update(file.source)
    return digest.hexdigest()


def _joined(parts: Sequence[FileFacts]) -> FileFacts:
    """The facts of several readers of one file as one; what a later one exports holds."""
    exports = {name: names for part in parts for name, names in part.exports.items()}
    return FileFacts(
        _merged(part.reading for part in parts),
        tuple(one for part in parts for one in part.pending),
        exports,
        tuple(one for part in parts for one in part.passed_on),
        tuple(one for part in parts for one in part.undecided),
        {name: one for part in parts for name, one in part.opened.items()},
        tuple(one for part in parts for one in part.provides),
    )


def _merged(readings: Iterable[FileReading]) -> FileReading:
    """All that the readings say, each thing once, sorted by place."""
    kept = list(readings)
    return FileReading(
        **{
            field.name: tuple(
                sorted(
                    dict.fromkeys(one for reading in kept for one in getattr(reading, field.name)),
                    key=lambda one: one.place,
                )
            )
            for field in fields(FileReading)
        }
    )


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(FileFacts)
