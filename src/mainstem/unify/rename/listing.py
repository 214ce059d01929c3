"""Files that the reader of code leaves out and that name tables all the same.

They are files of SQL queries, and types that a generator wrote: nobody reads their code, but until
they are generated anew the compiler holds the renamed code against them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from mainstem.unify.code.files import DEPTH_MAX, is_left_out, is_test, language_of
from mainstem.unify.code.syntax import SyntaxFile
from mainstem.unify.rename.finding import may_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mainstem.unify.rename.model import Renames

#: folders of files that tell what was done once, and are never changed
_HISTORY: Final = re.compile(
    r"migrations?|migrate|drizzle|versions|alembic|node_modules|\..*|dist|build|vendor"
)
_SQL_BYTES_MAX: Final = 200_000
_TYPES_BYTES_MAX: Final = 8_000_000
_TYPES: Final = re.compile(rb"\bTables['\"]?\s*:\s*\{")


def is_history(path: str) -> bool:
    """Whether a file stands in a folder of those that are never changed."""
    return any(_HISTORY.fullmatch(folder) for folder in path.split("/")[:-1])


def sql_files(root: Path, renames: Renames) -> Iterator[tuple[str, bytes]]:
    """Files of SQL that are no migrations and name an old table."""
    for path, source in _below(root, {".sql"}, size_bytes_max=_SQL_BYTES_MAX):
        if may_name(source, renames):
            yield path, source


def type_files(root: Path, known: Collection[str]) -> Iterator[SyntaxFile]:
    """Generated types of a database (`Tables: { clients: {...} }`), without the known files."""
    suffixes = {".ts", ".mts", ".cts"}
    for path, source in _below(root, suffixes, size_bytes_max=_TYPES_BYTES_MAX):
        is_read = path in known or any(is_left_out(part) for part in path.split("/")[:-1])
        if not is_read and _TYPES.search(source) is not None:
            yield typed_file(path, source)


def typed_file(path: str, source: bytes) -> SyntaxFile:
    """Any file as code, whoever wrote it."""
    return SyntaxFile(path, language_of(path), source, is_test=is_test(path))


def _below(
    root: Path, suffixes: Collection[str], *, size_bytes_max: int
) -> Iterator[tuple[str, bytes]]:
    """The files with those suffixes, by path; links are not followed."""
    for folder, folders, names in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        folders[:] = sorted(
            name for name in folders if not _HISTORY.fullmatch(name) and depth < DEPTH_MAX
        )
        for name in sorted(names):
            path = Path(folder, name)
            is_meant = PurePosixPath(name).suffix in suffixes and not path.is_symlink()
            if is_meant and path.stat().st_size <= size_bytes_max:
                source = path.read_bytes()
                if b"\0" not in source and _is_text(source):
                    yield path.relative_to(root).as_posix(), source


def _is_text(source: bytes) -> bool:
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return True
