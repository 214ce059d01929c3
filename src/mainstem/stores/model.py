"""A store of files: where it is, what lies in it, and what every one can do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

#: of a file that is read or written at once
BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Place:
    """A store of files: a folder, or an S3-compatible endpoint.

    `keys` begins the names of the variables that hold the credentials: `X` means
    `X_ACCESS_KEY_ID`, `X_SECRET_ACCESS_KEY` and, where there is one, `X_SESSION_TOKEN`.
    """

    folder: Path | None = None
    s3: str | None = None
    region: str = "us-east-1"
    #: the one bucket of the endpoint that everything is in; None: each bucket is one of its own
    bucket: str | None = None
    keys: str = "AWS"

    @property
    def shown(self) -> str:
        """What people call it."""
        if self.folder is not None:
            return f"folder {self.folder}"
        return f"{self.s3}/{self.bucket}" if self.bucket else str(self.s3)


@dataclass(frozen=True)
class Stored:
    """A file in a store: `bucket/name`, how large it is, and a stamp of its last change.

    As long as the stamp is the same nobody has written the file; another one may mean nothing, and
    an empty one says nothing.
    """

    key: str
    size_bytes: int
    stamp: str = field(default="", compare=False)


class Store(Protocol):
    """A store of files. Keys are `bucket/name`; each thread opens its own.

    Every call raises the error that the store was opened with, when it cannot be done.
    """

    def buckets(self) -> list[str]:
        """The buckets that can be seen."""

    def files(self, bucket: str) -> Iterator[Stored]:
        """Every file of a bucket, a page at a time."""

    def size(self, key: str) -> int | None:
        """How large a file is; None where there is none."""

    def read(self, key: str, *, start: int = 0) -> AbstractContextManager[Iterator[bytes]]:
        """A file's bytes, block by block, from the byte at `start` on."""

    def write(self, key: str, blocks: Iterable[bytes], *, size_bytes: int, kind: str) -> None:
        """Put a file there as a whole or not at all. `kind` is its media type."""

    def remove(self, key: str) -> None:
        """Take a file away; one that is not there is no error."""

    def close(self) -> None:
        """Let go of connections."""
