"""Calls of several batches at once, away from the database, on an event loop in its own thread.

While a batch waits for answers, others are begun, done and settled: what takes long for one tenant
holds up no other's.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from mainstem.jobs.model import Done, Retry, Verdict, VerdictError
from mainstem.jobs.registry import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from typing import Self
    from uuid import UUID

    from mainstem.jobs.model import Job
    from mainstem.jobs.registry import Entry

    Verdicts = Mapping[UUID, Verdict]


@dataclass(frozen=True)
class Ended:
    """A batch whose calls are over, and what each came to."""

    entry: Entry
    jobs: Sequence[Job]
    verdicts: Verdicts


@dataclass
class Calls:
    """Calls under way. Whoever leaves the block early ends those that are not over.

    Attributes:
        under_way: how many jobs' calls nobody has asked after yet.
    """

    under_way: int = 0
    _ended: SimpleQueue[tuple[Entry, Sequence[Job], Future[dict[UUID, Verdict]]]] = field(
        default_factory=SimpleQueue
    )
    _free: dict[str, asyncio.Semaphore] = field(default_factory=dict)
    _thread: threading.Thread | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _stops: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, entry: Entry, jobs: Sequence[Job], found: Mapping[UUID, Any] | None) -> None:
        """Make the calls of a batch, so many of its kind at once.

        Args:
            entry: how the kind is done.
            jobs: the batch.
            found: what the beginning gave for each job; None where the kind has no beginning.
        """
        free = self._free.setdefault(jobs[0].kind, asyncio.Semaphore(entry.calls_max))
        made = asyncio.run_coroutine_threadsafe(_all(entry, jobs, found, free), self._running())
        self.under_way += len(jobs)
        made.add_done_callback(lambda over: self._ended.put((entry, jobs, over)))

    def ended(self, *, under_way_max: int) -> Iterator[Ended]:
        """Give the batches that are over by now, and wait while more than so many are under way."""
        while self.under_way:  # every turn takes a batch out, or ends
            try:
                entry, jobs, over = self._ended.get(block=self.under_way > under_way_max)
            except Empty:
                return
            self.under_way -= len(jobs)
            yield Ended(entry, jobs, over.result())

    def __enter__(self) -> Self:
        """Begin; the thread starts with the first call."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the calls that are under way, and the thread."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stops.set)
            self._thread.join()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            runs = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(runs,), name="mainstem-calls")
            self._thread.start()
            runs.wait()
        assert self._loop is not None, "it runs"
        return self._loop

    def _run(self, runs: threading.Event) -> None:
        asyncio.run(self._serve(runs))

    async def _serve(self, runs: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        runs.set()
        await self._stops.wait()


async def _all(
    entry: Entry, jobs: Sequence[Job], found: Mapping[UUID, Any] | None, free: asyncio.Semaphore
) -> dict[UUID, Verdict]:
    """What each call came to; what one raises is its own, for a claim holds many tenants' jobs."""

    async def one(job: Job) -> Verdict:
        if found is None:
            arguments: tuple[Any, ...] = (job,)
        elif isinstance(found[job.id], Verdict):
            return cast("Verdict", found[job.id])
        else:
            arguments = (job, found[job.id])
        async with free:
            return await _call(entry, arguments)

    came = await asyncio.gather(*map(one, jobs), return_exceptions=True)
    return {
        job.id: Retry(describe(each)) if isinstance(each, BaseException) else each
        for job, each in zip(jobs, came, strict=True)
    }


async def _call(entry: Entry, arguments: tuple[Any, ...]) -> Verdict:
    assert entry.call is not None
    try:
        async with asyncio.timeout(entry.call_limit_s):
            return await entry.call(*arguments) or Done()
    except VerdictError as said:
        return said.verdict
    except TimeoutError:
        return Retry(f"took longer than {entry.call_limit_s:g} s")
