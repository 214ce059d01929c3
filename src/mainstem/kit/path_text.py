"""Paths as text that can be written anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath


def path_text(path: PurePath) -> str:
    """The path with slashes; bytes of a name that are not UTF-8 become replacement characters."""
    return path.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
