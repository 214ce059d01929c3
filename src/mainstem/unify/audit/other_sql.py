"""What .sql files outside the migrations create, and which of them the program runs itself.

A table that code uses and only such a file creates is missing wherever nobody ran that file by
hand; the report says which file it is. Where code beside the file names it, the program runs it.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from mainstem.kit.path_text import path_text
from mainstem.unify.replay import creations, steps_of
from mainstem.unify.replay.model import Creation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mainstem.unify.audit.cache import Cache

_SIZE_MAX_BYTES: Final = 4_000_000
_FILLED_IN: Final = re.compile(r"\{(\w+)\}")
_CODE_ENDINGS: Final = frozenset({".py", ".ts", ".mts", ".js", ".mjs", ".cjs", ".tsx"})
#: code in a folder that names a file runs it; more of them are not looked through
_BESIDE_MAX: Final = 200


@dataclass(frozen=True)
class OtherSql:
    """Creations by what runs their file: the program itself, or nothing that is known."""

    by_program: tuple[Creation, ...] = ()
    by_nothing: tuple[Creation, ...] = ()


def read_other_sql(root: Path, paths: Sequence[Path], *, cache: Cache | None) -> OtherSql:
    """The objects that these files create, in order; a file that cannot be read creates none."""
    by_program: list[Creation] = []
    by_nothing: list[Creation] = []
    for path in paths:
        made = _read(path, path_text(path.relative_to(root)), cache)
        if made:
            (by_program if _is_named_beside(path) else by_nothing).extend(made)
    return OtherSql(tuple(by_program), tuple(by_nothing))


def _read(path: Path, name: str, cache: Cache | None) -> tuple[Creation, ...]:
    content = _content(path)
    key = f"creations {name} {hashlib.sha256(content).hexdigest()}"
    held = cache.get(key) if cache else None
    if held is not None:
        return msgspec.json.decode(held, type=tuple[Creation, ...])
    # A piece such as {table}, which the program fills in, would keep the rest from being parsed.
    text = _FILLED_IN.sub(r"\1", content.decode("utf-8", errors="replace"))
    steps = steps_of(name, text, first=0)
    found = creations(steps, lambda _: False)
    if cache:
        cache.put(key, msgspec.json.encode(found))
    return found


def _is_named_beside(path: Path) -> bool:
    """Whether code in the folder of a file, or in the one above it, has the file's name in quotes.

    Above, the folder has to be named with it: `sql/schema.sql`.
    """
    names = [path.name, f"{path.parent.name}/{path.name}"]
    folders = [path.parent, path.parent.parent]
    return any(
        any(os.fsencode(f"{name}{quote}") in content for quote in "\"'`")
        for name, folder in zip(names, folders, strict=True)
        for content in map(_content, _code_in(folder))
    )


def _code_in(folder: Path) -> Iterator[Path]:
    files = sorted(path for path in folder.iterdir() if path.suffix in _CODE_ENDINGS)
    yield from files[:_BESIDE_MAX]


def _content(path: Path) -> bytes:
    """What is in a file; nothing where it cannot be read or is too large to be looked through."""
    try:
        return path.read_bytes() if path.stat().st_size <= _SIZE_MAX_BYTES else b""
    except OSError:
        return b""
