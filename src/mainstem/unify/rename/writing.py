"""Writes renamed files: all or none of them begun, each one whole or untouched."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mainstem.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.rename.model import RenamedFile


def write_files(root: Path, files: Sequence[RenamedFile]) -> None:
    """Write the edits, each file by replacing it with a finished one beside it.

    Raises:
        SourceError: a file is not as it was read (then none is written), or cannot be written.
    """
    changed = [file.path for file in files if _now(root / file.path) != file.before]
    if changed:
        raise SourceError(
            f"{', '.join(changed[:5])} changed while the renaming was planned; nothing was "
            "written: run it again"
        )
    for file in files:
        try:
            _replace(root / file.path, file.after)
        except OSError as error:
            raise SourceError(
                f"{file.path} cannot be written: {error.strerror}; files before it are renamed: "
                "mend that, and run it again"
            ) from error


def _now(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    finished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        shutil.copymode(path, finished)
        finished.replace(path)
    except BaseException:
        finished.unlink(missing_ok=True)
        raise
