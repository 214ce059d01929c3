"""Reads files in batches, every file by every reader; a second process shares what is much.

The process is a new interpreter, started by name and not by `multiprocessing`, which would run the
caller's main script again in it. It gets its half of the batches at once and answers with one
result after the other; should it end early, its batches are read here.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import fields
from multiprocessing.connection import Connection, Pipe
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mainstem.unify.code.exports import read_exports
from mainstem.unify.code.facts import FileFacts
from mainstem.unify.code.files import load
from mainstem.unify.code.model import FileReading, Unread
from mainstem.unify.code.readers import READERS
from mainstem.unify.code.syntax import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mainstem.unify.code.files import SourceFile
    from mainstem.unify.code.syntax import SyntaxFile

#: bytes of source from which on a second process pays for its start
PARALLEL_BYTES_MIN: Final = 2_000_000
BATCH_FILES: Final = 32

Result = tuple[str, Unread | tuple[str, bytes]]


def read_all(files: Sequence[SourceFile]) -> Iterator[list[Result]]:
    """Read in batches: for each file its path, and its key with its facts or why it has none."""
    batches = [files[at : at + BATCH_FILES] for at in range(0, len(files), BATCH_FILES)]
    is_much = sum(file.size_bytes for file in files) >= PARALLEL_BYTES_MIN
    if not is_much or (os.cpu_count() or 1) == 1:
        yield from map(_read_batch, batches)
        return
    theirs, ours = batches[::2], batches[1::2]
    answered = 0
    with _helper(theirs) as connection:
        for batch in ours:
            yield _read_batch(batch)
            while connection.poll():
                answer = _answer(connection)
                if answer is None:
                    break
                answered += 1
                yield answer
        while answered < len(theirs) and (answer := _answer(connection)) is not None:
            answered += 1
            yield answer
    yield from map(_read_batch, theirs[answered:])


def main() -> None:
    """Read the batches that come over the connection whose file descriptor is the argument."""
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    try:
        for batch in connection.recv():
            connection.send(_read_batch(batch))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def read_file(file: SyntaxFile) -> FileFacts:
    """What one file says, by every reader of its language."""
    exported = read_exports(file) if file.language is not Language.TEXT else FileFacts()
    return _joined(
        [exported, *(one.read(file) for one in READERS if file.language in one.languages)]
    )


@contextmanager
def _helper(batches: Sequence[Sequence[SourceFile]]) -> Iterator[Connection[Any, Any]]:
    """A process that reads those batches in order."""
    ours, theirs = Pipe()
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", f"from {__name__} import main; main()", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        process_group=0,  # whoever stops us stops it through us
    )
    theirs.close()
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            ours.send(batches)
        yield ours
    finally:
        ours.close()
        process.terminate()
        process.wait()


def _answer(connection: Connection[Any, Any]) -> list[Result] | None:
    """The next batch's results; None when the process has ended."""
    try:
        results: list[Result] = connection.recv()
    except (EOFError, ConnectionResetError):
        return None
    return results


def _read_batch(files: Sequence[SourceFile]) -> list[Result]:
    results: list[Result] = []
    for file in files:
        loaded = load(file)
        if isinstance(loaded, Unread):
            results.append((file.path, loaded))
            continue
        try:
            results.append((file.path, (key_of(loaded), _ENCODER.encode(read_file(loaded)))))
        except RecursionError:
            results.append((file.path, Unread(file.path, "its code is nested too deeply")))
    return results


def key_of(file: SyntaxFile) -> str:
    """What a file's facts depend on: its text, its path, and what the readers look for."""
    digest = hashlib.sha256(f"{file.path}\0{file.language.value}\0".encode())
    digest.update(file.source)
    return digest.hexdigest()


def _joined(parts: Sequence[FileFacts]) -> FileFacts:
    """The facts of several readers of one file as one; what a later one exports holds."""
    exports = {name: names for part in parts for name, names in part.exports.items()}
    return FileFacts(
        merged(part.reading for part in parts),
        tuple(one for part in parts for one in part.pending),
        exports,
        tuple(one for part in parts for one in part.passed_on),
        tuple(one for part in parts for one in part.undecided),
        {name: one for part in parts for name, one in part.opened.items()},
        tuple(dict.fromkeys(one for part in parts for one in part.engines)),
        tuple(one for part in parts for one in part.provides),
    )


def merged(readings: Iterable[FileReading]) -> FileReading:
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
