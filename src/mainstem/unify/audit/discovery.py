"""Finds by itself what a repository has to audit: migrations, code, documents, settings.

Whatever a person names replaces what would have been found of that kind; what was found and left
alone is said, so that nobody takes it for inspected.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from mainstem.errors import SourceError
from mainstem.kit.path_text import path_text
from mainstem.unify.audit.elsewhere import OtherFolder
from mainstem.unify.audit.model import NotInspected
from mainstem.unify.audit.schema_files import find_schema
from mainstem.unify.code.files import is_left_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: the last folders of a path that migrations live in, the likeliest first
_MIGRATION_FOLDERS: Final = (
    ("supabase", "migrations"),
    ("prisma", "migrations"),
    ("drizzle", "migrations"),
    ("drizzle",),
    ("db", "migrations"),
    ("database", "migrations"),
    ("db", "migrate"),
    ("sql", "migrations"),
    ("migrations",),
    ("migrate",),
)
#: what the tool that applies a folder of migrations keeps in it
_TOOL_FILES: Final = ("migration_lock.toml", "meta/_journal.json")
_CODE_ENDINGS: Final = frozenset(
    {".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte", ".py"}
    | {".prisma"}
)
#: languages that applications talk to databases in, and that are not read
_UNREAD_LANGUAGES: Final = {
    ".cs": "C#",
    ".dart": "Dart",
    ".ex": "Elixir",
    ".go": "Go",
    ".java": "Java",
    ".kt": "Kotlin",
    ".php": "PHP",
    ".rb": "Ruby",
    ".rs": "Rust",
    ".scala": "Scala",
    ".swift": "Swift",
}
_FILES_MAX: Final = 200_000
_DEPTH_MAX: Final = 40
#: a changelog tells what was, not what is
_NO_DOCUMENTS: Final = frozenset(
    {"changelog.md", "license.md", "code_of_conduct.md", "contributing.md", "security.md"}
)


@dataclass(frozen=True)
class Given:
    """What a person named; None where the audit is to look for itself."""

    root: Path
    migrations: Path | None = None
    code: tuple[Path, ...] = ()
    documents: tuple[Path, ...] = ()
    databases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discovery:
    """What will be read, all paths absolute, and what was found besides and left alone."""

    root: Path
    migrations: Path | None
    code: tuple[Path, ...]
    documents: tuple[Path, ...]
    settings: tuple[Path, ...]
    #: .sql files outside the migrations: what they create is known, but nobody runs them
    other_sql: tuple[Path, ...]
    left_alone: tuple[NotInspected, ...]
    #: whether `migrations` is no chain of changes but a description, whose order means nothing
    is_schema: bool = False
    #: folders of migrations besides the one that is replayed
    other_folders: tuple[OtherFolder, ...] = ()

    def name(self, path: Path) -> str:
        """A path as reports write it: relative to the audited folder."""
        return path_text(Path(os.path.relpath(path, self.root)))


@dataclass(frozen=True)
class _Walked:
    files: tuple[Path, ...]
    is_complete: bool


def discover(given: Given) -> Discovery:
    """Look through the folder for what was not named.

    Raises:
        SourceError: a path that was named is not there.
    """
    root = given.root.resolve()
    if not root.is_dir():
        raise SourceError(f"{given.root} is no folder; name the root of a repository")
    for path in (*given.code, *given.documents, *filter(None, [given.migrations])):
        if not path.exists():
            raise SourceError(f"{path} does not exist; correct the option that names it")
    walked = _walk(root)
    chains = _migration_folders(root, walked.files)
    migrations = given.migrations.resolve() if given.migrations else next(iter(chains), None)
    schema = find_schema(root, walked.files) if migrations is None else None
    migrations = migrations or schema
    others = [path for path in chains if path != migrations]
    left_alone = [_other_chain(root, path) for path in others]
    left_alone += _unread_languages(walked.files)
    if not walked.is_complete:
        left_alone.append(
            NotInspected(
                "folder", ".", f"it holds more than {_FILES_MAX:,} files: the rest of them"
            )
        )
    return Discovery(
        root=root,
        migrations=migrations,
        is_schema=schema is not None,
        code=tuple(path.resolve() for path in given.code) or _code_folders(root, walked.files),
        documents=tuple(path.resolve() for path in given.documents) or _documents(walked.files),
        settings=tuple(path for path in walked.files if path.name.startswith(".env")),
        other_sql=tuple(
            path
            for path in walked.files
            if path.suffix == ".sql" and not (migrations and path.is_relative_to(migrations))
        ),
        left_alone=tuple(left_alone),
        other_folders=tuple(_other_folder(root, path) for path in others),
    )


def _walk(root: Path) -> _Walked:
    found: list[Path] = []
    for path in _files(root, 0):
        if len(found) == _FILES_MAX:
            return _Walked(tuple(found), is_complete=False)
        found.append(path)
    return _Walked(tuple(found), is_complete=True)


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """Every file below a folder, in order; links to folders are not followed, so no loop is."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # closed to us; the readers say so of the files that they were given
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if not is_left_out(entry.name) and depth < _DEPTH_MAX:
                yield from _files(folder / entry.name, depth + 1)
        elif entry.is_file(follow_symlinks=False):
            yield folder / entry.name


def _migration_folders(root: Path, files: Sequence[Path]) -> list[Path]:
    """The folders that migrations live in, the likeliest first; a nested one counts once."""
    ranked: dict[Path, int] = {}
    for path in files:
        if path.suffix != ".sql":
            continue
        for parent in path.relative_to(root).parents:
            rank = _rank(parent.parts)
            if rank is not None:
                folder = root / parent
                ranked[folder] = min(rank, ranked.get(folder, rank))
    folders = sorted(ranked, key=lambda path: (ranked[path], len(path.parts), path))
    return [
        path
        for path in folders
        if not any(other != path and path.is_relative_to(other) for other in folders)
    ]


def _rank(parts: tuple[str, ...]) -> int | None:
    lowered = tuple(part.lower() for part in parts)
    for rank, ending in enumerate(_MIGRATION_FOLDERS):
        if lowered[-len(ending) :] == ending:
            return rank
    return None


def _other_chain(root: Path, path: Path) -> NotInspected:
    name = path_text(path.relative_to(root))
    return NotInspected(
        "migrations", name, f"another folder was replayed; --migrations {name} takes this one"
    )


def _other_folder(root: Path, path: Path) -> OtherFolder:
    parts = path.relative_to(root).parts
    rank = _rank(parts)
    ending = len(_MIGRATION_FOLDERS[rank]) if rank is not None else 0
    return OtherFolder(
        path=path_text(PurePosixPath(*parts)),
        home=path_text(PurePosixPath(*parts[: len(parts) - ending])),
        has_tool=any((path / name).is_file() for name in _TOOL_FILES),
    )


def _code_folders(root: Path, files: Sequence[Path]) -> tuple[Path, ...]:
    return (root,) if any(path.suffix in _CODE_ENDINGS for path in files) else ()


def _unread_languages(files: Sequence[Path]) -> Iterator[NotInspected]:
    """One entry for each language that there is code in and no reader for."""
    counts = Counter(
        _UNREAD_LANGUAGES[path.suffix] for path in files if path.suffix in _UNREAD_LANGUAGES
    )
    for language, count in sorted(counts.items()):
        files_of = f"{count:,} file{'' if count == 1 else 's'}"
        yield NotInspected("language", language, f"{files_of}, and no reader for it")


def _documents(files: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(
        path
        for path in files
        if path.suffix.lower() in {".md", ".mdx", ".markdown"}
        and path.name.lower() not in _NO_DOCUMENTS
    )
