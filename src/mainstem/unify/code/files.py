"""Which files are read: source code below a root, without what tools make or install.

Links are not followed: what they lead to inside of the root is met anyway, and what lies outside is
none of the audit's business. So a loop of links cannot happen.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from mainstem.kit.path_text import path_text
from mainstem.unify.code.model import Unread
from mainstem.unify.code.syntax import Language, SyntaxFile

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE_BYTES_MAX: Final = 2 * 1024 * 1024
LINE_BYTES_MAX: Final = 1_000  # on average: no person writes such lines
DEPTH_MAX: Final = 40


@dataclass(frozen=True, order=True)
class SourceFile:
    """A file to read: `path` is relative to the root, with forward slashes."""

    path: str
    absolute: Path
    size_bytes: int


def source_files(root: Path, folders: Sequence[Path]) -> tuple[list[SourceFile], list[Unread]]:
    """Every source file in the folders, sorted and each once, and the folders not read."""
    root = root.resolve()
    found: dict[str, SourceFile] = {}
    unread: list[Unread] = []
    for folder in folders:
        start = (root / folder).resolve()
        if not start.is_relative_to(root):
            unread.append(Unread(str(folder), "it lies outside of the audited folder"))
        elif start.is_file():
            _add(found, root, start, start.stat().st_size)
        else:
            _walk(root, start, found, unread)
    return sorted(found.values()), sorted(set(unread), key=lambda one: one.file)


def load(file: SourceFile) -> SyntaxFile | Unread:
    """The file with its text, or why it is not read."""
    if file.size_bytes > SIZE_BYTES_MAX:
        return Unread(file.path, f"it is larger than {SIZE_BYTES_MAX // 1024**2} MB")
    try:
        source = file.absolute.read_bytes()
    except OSError as error:
        return Unread(file.path, f"it cannot be opened: {error.strerror}")
    return from_source(file.path, source)


def from_source(path: str, source: bytes) -> SyntaxFile | Unread:
    """A file of that path and text, or why it is not read."""
    reason = _unreadable(source)
    if reason is not None:
        return Unread(path, reason)
    language = language_of(path)
    if _is_component(path):
        language, source = _scripts(source)
    return SyntaxFile(path, language, source, is_test=is_test(path))


def is_test(path: str) -> bool:
    """The file tests the product, or stands in for a part of it: it is not product code."""
    *folders, name = path.split("/")
    return any(_TEST_FOLDER.fullmatch(folder) for folder in folders) or bool(
        _TEST_FILE.search(name)
    )


def is_left_out(folder: str) -> bool:
    """Whether a folder of that name holds other people's files, or made ones."""
    return _LEFT_OUT_FOLDER.fullmatch(folder) is not None


def language_of(path: str) -> Language:
    """What a file is written in, by its name."""
    return _LANGUAGES.get(PurePosixPath(path).suffix, Language.TEXT)


def _walk(root: Path, start: Path, found: dict[str, SourceFile], unread: list[Unread]) -> None:
    """Gather below a folder; a stack, so that depth is no trouble."""
    waiting = [(start, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except OSError as error:
            name = path_text(folder.relative_to(root))
            unread.append(Unread(name, f"the folder cannot be opened: {error.strerror}"))
            continue
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                if depth < DEPTH_MAX and not is_left_out(entry.name):
                    waiting.append((Path(entry.path), depth + 1))
            elif entry.is_file(follow_symlinks=False) and _is_source(entry.name):
                _add(found, root, Path(entry.path), entry.stat(follow_symlinks=False).st_size)


def _add(found: dict[str, SourceFile], root: Path, path: Path, size_bytes: int) -> None:
    name = path_text(path.relative_to(root))
    found[name] = SourceFile(name, path, size_bytes)


def _is_source(name: str) -> bool:
    suffix = PurePosixPath(name).suffix
    is_known = suffix in _LANGUAGES or suffix == ".prisma" or _is_component(name)
    return (is_known and not _GENERATED_FILE.search(name)) or bool(_SETTINGS_FILE.match(name))


def _unreadable(source: bytes) -> str | None:
    """Why a file's bytes are no source code that somebody wrote; None if they are."""
    if b"\0" in source:
        return "it is binary"
    try:
        source.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8 text"
    if len(source) > LINE_BYTES_MAX * (source.count(b"\n") + 1):
        return "it is minified"
    return "it says that it is generated" if _GENERATED_HEAD.search(source[:600]) else None


def _is_component(path: str) -> bool:
    return path.endswith((".vue", ".svelte"))


def _scripts(source: bytes) -> tuple[Language, bytes]:
    """The scripts of a Vue or Svelte file where they stand, everything else blanked out."""
    kept = [(match.start("script"), match.end("script")) for match in _SCRIPT.finditer(source)]
    heads = b" ".join(match["head"] for match in _SCRIPT.finditer(source))
    blank = bytearray(_INK.sub(b" ", source))
    for start, end in kept:
        blank[start:end] = source[start:end]
    is_typed = re.search(rb"lang\s*=\s*[\"']?tsx?", heads) is not None
    return (Language.TYPESCRIPT if is_typed else Language.JAVASCRIPT), bytes(blank)


_LANGUAGES: Final = {
    ".ts": Language.TYPESCRIPT,
    ".mts": Language.TYPESCRIPT,
    ".cts": Language.TYPESCRIPT,
    ".tsx": Language.TSX,
    ".js": Language.JAVASCRIPT,
    ".jsx": Language.JAVASCRIPT,
    ".mjs": Language.JAVASCRIPT,
    ".cjs": Language.JAVASCRIPT,
    ".py": Language.PYTHON,
}
_LEFT_OUT_FOLDER: Final = re.compile(
    r"\..*|node_modules|bower_components|jspm_packages|dist|build|out|vendor|coverage|__pycache__"
    r"|venv|env|site-packages|storybook-static|htmlcov|Pods|__generated__|[\w-]+\.egg-info"
)
_GENERATED_FILE: Final = re.compile(
    r"\.min\.[cm]?js$|\.d\.[cm]?ts$|[.-](?:generated|gen)\.\w+$|\.bundle\.js$"
    r"|^(?:database|supabase)[.-]types\.ts$"
)
_SETTINGS_FILE: Final = re.compile(r"\.env(?:\..+|rc)?$|.+\.env$")
_GENERATED_HEAD: Final = re.compile(
    rb"@generated\b|(?:auto-?\s?generated|generated by)[^\n]*\n?[^\n]*do not (?:edit|modify)",
    re.IGNORECASE,
)
_TEST_FOLDER: Final = re.compile(
    r"_*(?:tests?|specs?|e2e|cypress|playwright|mocks?|fixtures?|stories)_*|__\w*(?:test|mock)\w*__"
)
_TEST_FILE: Final = re.compile(
    r"[._-](?:test|spec|stories|story|cy|e2e|mock|fixture)s?\.\w+$|^test_.*\.(?:py|[cm]?[jt]s)$|_test\.py$"
    r"|^conftest\.py$|^(?:jest|vitest|playwright|cypress)\.(?:setup|config)\.|^setupTests\."
)
_SCRIPT: Final = re.compile(
    rb"<script\b(?P<head>[^>]*)>(?P<script>.*?)</script\s*>", re.DOTALL | re.IGNORECASE
)
_INK: Final = re.compile(rb"[^\r\n]")
