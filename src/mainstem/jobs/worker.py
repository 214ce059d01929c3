"""A worker: claims batches and does them until it is told to end.

One connection works, a second listens, a third keeps: it lengthens the lease of a batch that takes
long, puts back what lost workers held, and enqueues what the schedules ask for.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors as pg_errors

from mainstem.errors import MainstemError
from mainstem.jobs import schedules, store
from mainstem.jobs.batch import Batches
from mainstem.jobs.scope import job_transaction, service_transaction
from mainstem.pg.connect import connect, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg.rows import TupleRow

    from mainstem.jobs.model import Job
    from mainstem.jobs.registry import Registry

LOG = logging.getLogger(__name__)
BATCH_MAX = 500
LEASE_S = 30.0
#: behind the notifications: for scheduled jobs, and for notifications that were lost
POLL_S = 1.0
#: no lease is lengthened beyond this: a handler that hangs loses its jobs
TIME_LIMIT_S = 600.0
RECONNECT_S = 2.0
KEEPER_END_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a worker works; queues None is every queue that the registry has a kind in."""

    queues: tuple[str, ...] | None = None
    batch_max: int = BATCH_MAX
    lease_s: float = LEASE_S
    poll_s: float = POLL_S
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")


@dataclass
class Held:
    """What is being done right now, as the keeper has to know it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    jobs: Sequence[Job] = ()
    since: float = 0.0

    @contextmanager
    def holding(self, jobs: Sequence[Job]) -> Iterator[None]:
        """Have the lease of these jobs kept for as long as the block takes."""
        with self.lock:
            self.jobs, self.since = jobs, time.monotonic()
        try:
            yield
        finally:
            with self.lock:
                self.jobs = ()

    def to_renew(self) -> Sequence[Job]:
        """Return the jobs whose lease should be lengthened."""
        with self.lock:
            return self.jobs if time.monotonic() - self.since < TIME_LIMIT_S else ()


class Worker:
    """Does jobs of a database with a registry's handlers, one batch after another."""

    def __init__(self, url: str, registry: Registry, options: Options | None = None) -> None:
        self.url = url
        self.registry = registry
        self.options = options or Options()
        self.queues = list(self.options.queues or registry.queues())
        self._held = Held()

    def run(self, ends: threading.Event) -> None:
        """Work until `ends` is set; what is claimed by then is finished first."""
        keeper = threading.Thread(
            target=self._keep, args=(ends,), name="mainstem-job-keeper", daemon=True
        )
        keeper.start()
        _persist(self._work, ends)
        keeper.join(KEEPER_END_S)

    def _work(self, ends: threading.Event) -> None:
        name = f"mainstem worker {self.options.name}"[:63]
        with (
            connect(self.url, autocommit=True, application_name=name) as working,
            connect(self.url, autocommit=True, application_name=name) as listening,
        ):
            listening.execute(f"listen {store.CHANNEL}".encode())
            while not ends.is_set():
                if not self.do_next(working):
                    for _ in listening.notifies(timeout=self.options.poll_s, stop_after=1):
                        pass

    def do_next(self, connection: psycopg.Connection[TupleRow]) -> int:
        """Claim and do a batch of each queue; how many jobs that were."""
        batches = Batches(connection, self.registry, job_transaction)
        count = 0
        for queue in self.queues:
            jobs = self._claimed(connection, queue)
            if jobs:
                with self._held.holding(jobs):
                    batches.do(jobs)
            count += len(jobs)
        return count

    def _claimed(self, connection: psycopg.Connection[TupleRow], queue: str) -> list[Job]:
        try:
            # A claim that a crash forgets leaves jobs that wait: as if it had never been.
            with service_transaction(connection, waits_for_disk=False):
                return store.claim(
                    connection,
                    queue,
                    worker=self.options.name,
                    jobs_max=self.options.batch_max,
                    lease_s=self.options.lease_s,
                )
        except pg_errors.UniqueViolation:
            return []  # another claim leased a job of the same ordering key at the same moment

    def _keep(self, ends: threading.Event) -> None:
        _persist(self._keeping, ends)

    def _keeping(self, ends: threading.Event) -> None:
        beat_s = min(self.options.poll_s, self.options.lease_s / 3)
        next_renewal = time.monotonic() + self.options.lease_s / 3
        with connect(self.url, autocommit=True, application_name="mainstem job keeper") as own:
            while not ends.wait(beat_s):
                if time.monotonic() >= next_renewal:
                    self._renew(own)
                    next_renewal = time.monotonic() + self.options.lease_s / 3
                look_after(own)

    def _renew(self, connection: psycopg.Connection[TupleRow]) -> None:
        jobs = self._held.to_renew()
        if jobs:
            with service_transaction(connection):
                store.renew(connection, jobs, lease_s=self.options.lease_s)


def look_after(connection: psycopg.Connection[TupleRow]) -> int:
    """Put back what lost workers held, a count, and enqueue what is due by schedule."""
    with service_transaction(connection):
        count = store.release(connection)
    with service_transaction(connection):
        schedules.enqueue_due(connection)
    if count:
        LOG.warning("%s jobs of lost workers were put back", count)
    return count


def _persist(work: Callable[[threading.Event], None], ends: threading.Event) -> None:
    """Come back after the database was away; every turn waits, or works until an error."""
    while not ends.is_set():
        try:
            work(ends)
        except (MainstemError, psycopg.OperationalError) as error:
            said = refusal(error) if isinstance(error, psycopg.Error) else str(error)
            LOG.warning("the queue is out of reach, tried again in %g s: %s", RECONNECT_S, said)
            ends.wait(RECONNECT_S)
