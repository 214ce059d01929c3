"""The bytes of files: in a folder or an S3-compatible store, under `agency/version`.

Every version is written once and never over another, so what is being read stays what it was.
Stores block, so they are used in threads; each use opens one of its own.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, TypeVar
from uuid import UUID

from mainstem.errors import ConfigError, MainstemError
from mainstem.storage.problem import unavailable
from mainstem.stores.model import BLOCK_BYTES
from mainstem.stores.opening import open_target

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
    from pathlib import Path

    from mainstem.stores.model import Place

LOG = logging.getLogger(__name__)
THREADS = 16
Done = TypeVar("Done")


class Files:
    """The bytes at one place; a folder is made, and is nobody's but the server's to look into.

    Raises ConfigError when it cannot be made.
    """

    def __init__(self, place: Place) -> None:
        if place.folder is not None:
            _make(place.folder)
        self._place = place
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mainstem-files")

    async def put(
        self, agency_id: UUID, version: UUID, file: IO[bytes], *, size_bytes: int, kind: str
    ) -> None:
        """Keep the bytes of a file.

        Raises:
            StorageError: the store cannot be reached.
        """

        def write() -> None:
            with open_target(self._place) as store:
                blocks = iter(lambda: file.read(BLOCK_BYTES), b"")
                store.write(key_of(agency_id, version), blocks, size_bytes=size_bytes, kind=kind)

        await self._in_thread(write)

    async def copy(
        self, agency_id: UUID, source: UUID, target: UUID, *, size_bytes: int, kind: str
    ) -> None:
        """Keep the same bytes once more.

        Raises:
            StorageError: the store cannot be reached, or they are not there.
        """

        def write() -> None:
            with (
                open_target(self._place) as old,
                open_target(self._place) as new,
                old.read(key_of(agency_id, source)) as blocks,
            ):
                key = key_of(agency_id, target)
                new.write(key, blocks, size_bytes=size_bytes, kind=kind)

        await self._in_thread(write)

    async def remove(self, agency_id: UUID, versions: Iterable[UUID]) -> None:
        """Take bytes away whose rows are gone; what cannot be is left to the sweep."""

        def take_away() -> None:
            with open_target(self._place) as store:
                for version in versions:
                    store.remove(key_of(agency_id, version))

        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, take_away)
        except MainstemError as error:
            LOG.warning("bytes of removed files stay until the next sweep: %s", error)

    async def read(
        self, agency_id: UUID, version: UUID, *, start: int, length: int
    ) -> AsyncGenerator[bytes, None]:
        """A part of a file, block by block; the first one is there when this returns.

        Raises:
            StorageError: the store cannot be reached, or the bytes are not there.
        """
        reading = _Reading(self._place, key_of(agency_id, version), start, length)
        try:
            first = await self._in_thread(reading.begin)
        except BaseException:
            await self._in_thread(reading.end)
            raise
        return self._rest(reading, first)

    async def _rest(self, reading: _Reading, first: bytes) -> AsyncGenerator[bytes, None]:
        try:
            block = first
            while block:
                yield block
                block = await self._in_thread(reading.next)
        finally:
            await self._in_thread(reading.end)

    async def _in_thread(self, work: Callable[[], Done]) -> Done:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except MainstemError as error:
            LOG.error("the store of files failed: %s", error)  # noqa: TRY400 - it says all
            raise unavailable() from None

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Reading:
    """One file that is being read; each call is made in a thread, one after another."""

    def __init__(self, place: Place, key: str, start: int, length: int) -> None:
        self._place, self._key, self._start, self._left = place, key, start, length
        self._stack = ExitStack()
        self._blocks: Iterator[bytes] = iter(())

    def begin(self) -> bytes:
        if self._left == 0:
            return b""
        store = self._stack.enter_context(open_target(self._place))
        self._blocks = self._stack.enter_context(store.read(self._key, start=self._start))
        return self.next()

    def next(self) -> bytes:
        if self._left == 0:
            return b""
        block = next(self._blocks, b"")[: self._left]
        if not block:
            raise MainstemError(f"{self._key} ends {self._left} bytes too early")
        self._left -= len(block)
        return block

    def end(self) -> None:
        self._stack.close()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the folder for files, {folder}, cannot be made: {error.strerror}; name another"
        ) from None


def key_of(agency_id: UUID, version: UUID) -> str:
    """Where the bytes of a version lie."""
    return f"{agency_id}/{version}"


def new_version() -> UUID:
    """A version-7 id of this moment (RFC 9562, 5.7): its time tells the sweep how old bytes are."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | secrets.randbits(80)
    number = (number & ~(0xF << 76)) | (0x7 << 76)
    return UUID(int=(number & ~(0x3 << 62)) | (0x2 << 62))


def milliseconds_of(version: UUID) -> int:
    """When a version was made, in milliseconds since 1970."""
    return version.int >> 80
