"""What earlier audits read, kept by the content that it was read from.

Entries are files of their own, named by a hash; a damaged or missing one is read anew. Where the
folder cannot be written the audit goes without, only slower.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import platformdirs

from mainstem import unify

_DAY_S: Final = 86_400
#: an entry that no audit used for so long is removed
_UNUSED_MAX_S: Final = 30 * _DAY_S
#: how often the whole folder is looked through for such entries
_SWEEP_EVERY_S: Final = _DAY_S
_SWEPT: Final = "swept"
#: the packages whose results are kept
_READERS: Final = ("catalog", "code", "documents", "replay")


def default_folder() -> Path:
    """The platform's cache folder of this person."""
    return platformdirs.user_cache_path("mainstem", appauthor=False) / "audit"


def _readers_version() -> str:
    """A hash that changes with the code that reads: which files it has, how long and how old."""
    home = Path(unify.__file__).parent
    stated = [
        f"{path.relative_to(home)} {state.st_size} {state.st_mtime_ns}"
        for reader in _READERS
        for path in sorted((home / reader).rglob("*"))
        if path.suffix in {".py", ".sql"} and (state := path.stat())
    ]
    return hashlib.sha256("\n".join(stated).encode()).hexdigest()


@dataclass(frozen=True)
class Cache:
    """A folder of entries; safe for several processes at once.

    Entries of another version of the readers are not found.
    """

    folder: Path
    version: str = field(default_factory=_readers_version)

    def get(self, key: str) -> bytes | None:
        """The entry of that key, or None."""
        path = self._path(key)
        try:
            held = path.read_bytes()
            if time.time() - path.stat().st_mtime > _DAY_S:
                os.utime(path)
        except OSError:
            return None
        checksum, content = held[:32], held[32:]
        return content if hashlib.sha256(content).digest() == checksum else None

    def put(self, key: str, content: bytes) -> None:
        """Keep an entry; it is there whole or not at all."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, staging = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            Path(staging).replace(path)
        except OSError:
            return  # a full disk or a closed folder only costs time

    def sweep(self) -> None:
        """Remove what nobody used for a month; looks at most once a day."""
        marker = self.folder / _SWEPT
        now = time.time()
        try:
            if marker.exists() and now - marker.stat().st_mtime < _SWEEP_EVERY_S:
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            marker.touch()
            for path in self.folder.glob("*/*"):
                if now - path.stat().st_mtime > _UNUSED_MAX_S:
                    path.unlink()
        except OSError:
            return

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(f"{self.version} {key}".encode()).hexdigest()
        return self.folder / name[:2] / name[2:]
