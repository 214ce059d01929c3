"""Finds the SQL that describes a schema where a repository has no folder of migrations.

That is a declarative folder (`supabase/schemas`), one file that creates most of the tables, or a
folder of such files. Their order is nobody's promise: what they build counts, not when.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from mainstem.kit.path_text import path_text
from mainstem.unify.audit.aside import is_aside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_SIZE_MAX_BYTES: Final = 8_000_000
_DECLARATIVE: Final = (("supabase", "schemas"), ("supabase", "schema"))
_CREATES: Final = re.compile(
    r"^\s*create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?"
    r"(?P<name>(?:\"[^\"]+\"|[\w$]+)(?:\.(?:\"[^\"]+\"|[\w$]+))?)",
    re.IGNORECASE | re.MULTILINE,
)
_OF_OTHER_ENGINE: Final = re.compile(
    r"`\w+`|\bauto_?increment\b|\bengine\s*=\s*\w+|^\s*use\s+\w+\s*;|^\s*pragma\s|^\s*go\s*$"
    r"|\bidentity\s*\(\s*\d|\bnvarchar\b|\bvarchar2\b|\bmergetree\b|\bcreate\s+database\b",
    re.IGNORECASE | re.MULTILINE,
)
_OF_TESTS: Final = re.compile(r"_*(?:tests?|fixtures?|mocks?|e2e|specs?|testdata)_*", re.IGNORECASE)
#: one file with at least this part of its folder's tables is the schema, the others changed it
_MOST: Final = 0.8


def find_schema(root: Path, files: Iterable[Path]) -> Path | None:
    """The file or the folder whose SQL creates the most tables; None where none creates any."""
    tables = _tables(root, files)
    declared = [
        folder
        for path in tables
        for folder in path.parents
        if folder.is_relative_to(root) and folder.parts[-2:] in _DECLARATIVE
    ]
    if declared:
        return min(declared, key=lambda folder: (len(folder.parts), folder))
    return _likeliest(root, tables)


def _likeliest(root: Path, tables: Mapping[Path, frozenset[str]]) -> Path | None:
    by_folder: dict[Path, list[Path]] = defaultdict(list)
    for path in tables:
        by_folder[path.parent].append(path)
    if not by_folder:
        return None
    folder = max(sorted(by_folder), key=lambda one: len(_all_of(tables, by_folder[one])))
    inside = by_folder[folder]
    best = max(sorted(inside), key=lambda path: len(tables[path]))
    is_whole = len(tables[best]) >= _MOST * len(_all_of(tables, inside))
    # A folder is read with all that is below it: the root would be the whole repository.
    return best if is_whole or folder == root else folder


def _all_of(tables: Mapping[Path, frozenset[str]], paths: Sequence[Path]) -> frozenset[str]:
    return frozenset().union(*(tables[path] for path in paths))


def _tables(root: Path, files: Iterable[Path]) -> dict[Path, frozenset[str]]:
    """The tables that each file creates in PostgreSQL, files without any left out."""
    found = {}
    for path in files:
        name = path_text(path.relative_to(root))
        if (
            path.suffix != ".sql"
            or is_aside(name)
            or any(map(_OF_TESTS.fullmatch, name.split("/")))
        ):
            continue
        made = _created(path)
        if made:
            found[path] = made
    return found


def _created(path: Path) -> frozenset[str]:
    try:
        if path.stat().st_size > _SIZE_MAX_BYTES:
            return frozenset()
        script = path.read_text("utf-8", errors="replace")
    except OSError:
        return frozenset()
    if _OF_OTHER_ENGINE.search(script):
        return frozenset()
    names = (match["name"].replace('"', "").lower() for match in _CREATES.finditer(script))
    return frozenset(name.removeprefix("public.") for name in names)
