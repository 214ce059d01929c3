"""A folder as a store of files: `folder/bucket/name`. Nothing outside of it is ever touched."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mainstem.errors import MainstemError, SourceError
from mainstem.stores.model import BLOCK_BYTES, Stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: begins the name of a file that is being written
_PARTIAL = ".mainstem-partial-"
#: what file systems let one name have
_NAME_BYTES_MAX = 255
_TRIES_MAX = 5


class Folder:
    """A folder; that of a source must be there."""

    def __init__(self, folder: Path, *, error: type[MainstemError]) -> None:
        self._folder = folder
        self._error = error
        if error is SourceError and not folder.is_dir():
            raise error(f"there is no folder {folder} with the files; name the one that has them")

    def buckets(self) -> list[str]:
        """Its folders."""
        with self._clear("read the folder"):
            found = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
            return [path.name for path in found if path.is_dir() and not path.is_symlink()]

    def files(self, bucket: str) -> Iterator[Stored]:
        """Every file below a bucket's folder, in order; links are not followed."""
        top = self._path(bucket)
        for root, folders, names in os.walk(top, onerror=self._refuse):
            folders.sort()
            for name in sorted(names):
                path = Path(root, name)
                if name.startswith(_PARTIAL) or path.is_symlink():
                    continue
                key = os.fsencode(path.relative_to(self._folder).as_posix())
                # A name that is no UTF-8 is shown with its bytes; no metadata can name it.
                found = path.stat()
                # A program that keeps a file's time of change cannot keep its inode's.
                stamp = f"{found.st_mtime_ns} {found.st_ctime_ns}"
                yield Stored(key.decode("utf-8", "backslashreplace"), found.st_size, stamp)

    def size(self, key: str) -> int | None:
        """How large a file is."""
        path = self._path(key)
        try:
            return path.stat().st_size if path.is_file() else None
        except OSError as error:
            raise self._failed("look at", key, error) from None

    @contextmanager
    def read(self, key: str, *, start: int = 0) -> Iterator[Iterator[bytes]]:
        """A file's bytes."""
        with self._clear("read", key):
            file = self._path(key).open("rb")
            file.seek(start)
        with file:
            yield self._blocks(file, key)

    def write(self, key: str, blocks: Iterable[bytes], *, size_bytes: int, kind: str) -> None:
        """Write beside it, then rename: a file that was begun is never taken for a whole one."""
        del size_bytes, kind
        path = self._path(key)
        with self._clear("write", key):
            # The name follows from the key: what a killed call left is written over by the next.
            partial = path.parent / f"{_PARTIAL}{hashlib.sha256(key.encode()).hexdigest()[:16]}"
            try:
                with _opened(partial) as file:
                    for block in blocks:
                        file.write(block)
                    file.flush()
                    os.fsync(file.fileno())
                partial.rename(path)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise

    def remove(self, key: str) -> None:
        """Take a file away, and the folders that are empty then."""
        path = self._path(key)
        with self._clear("remove", key):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # the first folder that still holds something ends it
            for folder in path.parents:
                if folder in {self._folder, *self._folder.parents}:
                    break
                folder.rmdir()

    def close(self) -> None:
        """Nothing is open."""

    def _blocks(self, file: BinaryIO, key: str) -> Iterator[bytes]:
        """Errors are told here: whoever takes the blocks has errors of its own."""
        while True:
            with self._clear("read", key):
                block = file.read(BLOCK_BYTES)
            if not block:
                return
            yield block

    def _path(self, key: str) -> Path:
        """Where a key's file is; a name that leads out of the folder is refused."""
        path = self._folder.joinpath(*key.split("/"))
        if not is_path(key) or not path.parent.resolve().is_relative_to(self._folder.resolve()):
            raise self._error(f"{key!r} is no name of a file in {self._folder}; rename the object")
        return path

    @contextmanager
    def _clear(self, what: str, key: str = "") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._failed(what, key, error) from None

    def _refuse(self, error: OSError) -> None:
        raise self._failed("read", "", error)

    def _failed(self, what: str, key: str, error: OSError) -> MainstemError:
        place = self._folder / key if key else self._folder
        said = error.strerror or str(error)
        return self._error(f"cannot {what} {place}: {said}; mend that and run again")


def _opened(partial: Path) -> BinaryIO:
    """Open a file in a folder that is made for it; whoever empties it may take it away between."""
    for _ in range(_TRIES_MAX - 1):
        partial.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            return partial.open("wb")
    partial.parent.mkdir(parents=True, exist_ok=True)
    return partial.open("wb")


def is_path(key: str) -> bool:
    """Whether a key can be the path of a file inside a folder."""
    parts = key.split("/")
    is_inside = not {"", ".", ".."}.intersection(parts) and "\0" not in key
    return is_inside and all(len(os.fsencode(part)) <= _NAME_BYTES_MAX for part in parts)
