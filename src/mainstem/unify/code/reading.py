"""Reads all source folders: every file by every reader, cached by content, joined at the end.

What one file says depends on nothing but its text and its path, so that it can be cached, and read
by either of two processes. Names across files are filled in afterwards, which is quick.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from mainstem.unify.code.batches import key_of, merged, read_all
from mainstem.unify.code.facts import FileFacts
from mainstem.unify.code.files import load, source_files
from mainstem.unify.code.linking import link
from mainstem.unify.code.model import CodeReading, FileReading, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from mainstem.unify.code.files import SourceFile


class ReadingCache(Protocol):
    """Where results are kept between audits."""

    def get(self, key: str) -> bytes | None:
        """What was kept under a key, whole; None where there is nothing or it is damaged."""

    def put(self, key: str, value: bytes) -> None:
        """Keep something under a key."""


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
    for read in read_all(waiting):
        for path, result in read:
            if isinstance(result, Unread):
                unread.append(result)
            else:
                key, encoded = result
                found[path] = _DECODER.decode(encoded)
                if cache is not None:
                    cache.put(key, encoded)
        done += len(read)
        if on_progress is not None:
            on_progress(done, len(files))
    by_path = {path: found[path] for path in sorted(found)}
    said = merged(link(by_path))
    return CodeReading(
        **{one.name: getattr(said, one.name) for one in fields(FileReading)},
        folders=tuple(sorted(str(folder) for folder in folders)),
        file_count=len(found),
        unread=tuple(sorted(unread, key=lambda one: (one.file, one.reason))),
    )


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
    encoded = cache.get(key_of(loaded)) if not isinstance(loaded, Unread) else None
    if encoded is None:
        return None
    try:
        return _DECODER.decode(encoded)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


_DECODER: Final = msgspec.msgpack.Decoder(FileFacts)
