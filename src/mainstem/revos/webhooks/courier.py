"""Carries deliveries out: reads a batch at once, makes its calls side by side, notes the outcome.

A delivery that is made twice, because a worker was lost in between, has the same id both times. An
endpoint that fails several times in a row is spared: its deliveries wait without losing an attempt,
then one of them tries.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from mainstem.db.tenant import Tenant, tenant_transaction
from mainstem.errors import ConfigError
from mainstem.jobs import Cancelled, Dead, Done, Job, Retry, Snooze
from mainstem.pg.connect import connect
from mainstem.revos.webhooks import pacing, store
from mainstem.revos.webhooks.announcing import APP
from mainstem.revos.webhooks.destinations import deliver
from mainstem.revos.webhooks.model import (
    CONNECTIONS_MAX,
    Answer,
    Outcome,
    Parcel,
    destination,
)
from mainstem.revos.webhooks.redaction import redacted_text
from mainstem.revos.webhooks.signing import SignatureError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.jobs import Verdict
    from mainstem.revos.webhooks.model import Request
    from mainstem.revos.webhooks.posting import Http
    from mainstem.revos.webhooks.secrets import Secrets

    Connection = psycopg.Connection[TupleRow]
    #: the calls of one batch, which is an agency's
    _Place: TypeAlias = tuple[asyncio.AbstractEventLoop, UUID | None]

SENDING_MAX = CONNECTIONS_MAX
LANE_MAX = SENDING_MAX // 2
PROBE_AGAIN_S = 5.0
#: of one batch an endpoint's failures count so often: what fails side by side fails for one reason
FAILURES_A_BATCH_MAX = pacing.FAILURES_OPEN


@dataclass
class _Round:
    """The calls of one agency that are under way on an event loop."""

    http: Http
    closing: AsyncExitStack
    open: int = 0
    waiting: list[tuple[Job, asyncio.Future[Parcel | None]]] = field(default_factory=list)
    loading: set[asyncio.Task[None]] = field(default_factory=set)
    sending: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SENDING_MAX))
    failures: Counter[UUID] = field(default_factory=Counter)
    probed: set[UUID] = field(default_factory=set)
    lanes: dict[UUID, asyncio.Semaphore] = field(default_factory=dict)

    def lane(self, endpoint_id: UUID) -> asyncio.Semaphore:
        """How many go to one endpoint side by side."""
        return self.lanes.setdefault(endpoint_id, asyncio.Semaphore(LANE_MAX))


@dataclass
class Courier:
    """Makes attempts and writes them down. One is made once a process.

    Attributes:
        url: the database.
        secrets: opens the secrets of endpoints.
        allow_loopback: whether endpoints on this machine may be told: development and tests.
    """

    url: str
    secrets: Secrets = field(repr=False)
    allow_loopback: bool = False
    _rounds: dict[_Place, _Round] = field(default_factory=dict)
    _connection: Connection | None = None
    _reading: threading.Lock = field(default_factory=threading.Lock)

    async def call(self, job: Job) -> Verdict:
        """Make one attempt, in no transaction."""
        place = (asyncio.get_running_loop(), job.agency_id)
        here = await self._enter(place)
        try:
            parcel = await self._parcel(here, job)
            if parcel is None:
                return Cancelled("its endpoint was deleted")
            if parcel.status == "success":
                return Cancelled("it was delivered already")
            if not parcel.is_active:
                return self._refused(parcel, "the endpoint is switched off")
            # its endpoint's lane first, so that one slow endpoint never holds every place
            async with here.lane(parcel.endpoint_id), here.sending:
                if wait_s := _spared_s(here, parcel):
                    return Snooze(wait_s, "the endpoint fails and is spared")
                return await self._attempt(here, job, parcel)
        finally:
            await self._leave(place, here)

    async def _enter(self, place: _Place) -> _Round:
        from mainstem.revos.webhooks.posting import open_http  # noqa: PLC0415 - slow to import

        here = self._rounds.get(place)
        if here is None:
            closing = AsyncExitStack()
            http = open_http(allow_loopback=self.allow_loopback)
            here = self._rounds[place] = _Round(await closing.enter_async_context(http), closing)
        here.open += 1
        return here

    async def _leave(self, place: _Place, here: _Round) -> None:
        here.open -= 1
        if here.open == 0:
            self._rounds.pop(place, None)
            await here.closing.aclose()

    async def _parcel(self, here: _Round, job: Job) -> Parcel | None:
        """The delivery of a job; those asked for at the same moment are read together."""
        future: asyncio.Future[Parcel | None] = asyncio.get_running_loop().create_future()
        here.waiting.append((job, future))
        if len(here.waiting) == 1:
            task = asyncio.create_task(self._load(here))
            here.loading.add(task)
            task.add_done_callback(here.loading.discard)
        return await future

    async def _load(self, here: _Round) -> None:
        await asyncio.sleep(0)  # let the calls that begin with this one add theirs
        waiting, here.waiting = here.waiting, []
        try:
            found = await asyncio.to_thread(self._read, [job for job, _ in waiting])
        except Exception as error:  # noqa: BLE001 - it is the verdict of each of the calls
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
            return
        for job, future in waiting:
            if not future.done():
                future.set_result(found.get(_delivery_id(job)))

    def _read(self, jobs: list[Job]) -> dict[UUID, Parcel]:
        agency_id = jobs[0].agency_id
        assert agency_id is not None, "a delivery is an agency's"
        with self._reading:
            if self._connection is None or self._connection.closed:
                name = "mainstem webhooks"
                self._connection = connect(self.url, autocommit=True, application_name=name)
            tenant = Tenant(agency_id, None, "owner", None, APP, "service_role")
            with tenant_transaction(self._connection, tenant) as connection:
                ids = [_delivery_id(job) for job in jobs]
                return {each.id: each for each in store.parcels(connection, agency_id, ids)}

    async def _attempt(self, here: _Round, job: Job, parcel: Parcel) -> Verdict:
        kind, now = destination(parcel.esp_type), datetime.now(UTC)
        try:
            keys = await self.secrets.of(parcel, kind)
        except (ConfigError, SignatureError) as error:
            return self._refused(parcel, str(error))

        async def send(request: Request) -> Answer:
            return await here.http.send(request, limit_s=parcel.timeout_ms / 1_000)

        answer = await deliver(send, parcel, kind, keys, now)
        if answer.is_success:
            here.failures[parcel.endpoint_id] = 0
        else:
            here.failures[parcel.endpoint_id] += 1
        return self._judged(job, parcel, answer, now)

    def _judged(self, job: Job, parcel: Parcel, answer: Answer, now: datetime) -> Verdict:
        is_last = job.attempt >= min(parcel.attempts_max, job.attempts_max, pacing.ATTEMPTS_MAX)
        is_over = answer.is_success or answer.is_gone or is_last
        after_s = (
            None if is_over else pacing.delay_s(job.attempt, retry_after_s=answer.retry_after_s)
        )
        next_at = None if after_s is None else now + timedelta(seconds=after_s)
        outcome = Outcome(parcel, answer, now, job.attempt, is_over, next_at)
        if answer.is_success:
            return Done({"status_code": answer.status}, note=outcome)
        if after_s is None:
            return Dead(answer.told(), note=outcome)
        return Retry(answer.told(), after_s, note=outcome)

    def _refused(self, parcel: Parcel, why: str) -> Verdict:
        """Nothing was sent, and nothing will be: the delivery waits for a person's replay."""
        answer = Answer(error=why)
        outcome = Outcome(parcel, answer, datetime.now(UTC), 0, True, None)
        return Dead(why, note=outcome)

    def settle(
        self, connection: Connection, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict]
    ) -> None:
        """Write down what the attempts of a batch came to, with the completion of their jobs."""
        said = (verdicts[job.id] for job in jobs)
        notes = [one.note for one in said if isinstance(one, Done | Retry | Dead)]
        outcomes = [note for note in notes if isinstance(note, Outcome)]
        if outcomes:
            agency_id = outcomes[0].parcel.agency_id
            store.settle(connection, agency_id, [_row(o) for o in outcomes], _fared(outcomes))

    def close(self) -> None:
        """End the connection that reads."""
        if self._connection is not None:
            self._connection.close()


def _delivery_id(job: Job) -> UUID:
    return UUID(job.payload["delivery_id"])


def _spared_s(here: _Round, parcel: Parcel) -> float:
    """How long a delivery has to wait for its endpoint; 0 to go on, as its one probe perhaps."""
    if here.failures[parcel.endpoint_id] >= pacing.FAILURES_OPEN:
        return pacing.come_again_s(pacing.SPARED_S)
    if parcel.failures < pacing.FAILURES_OPEN:
        return 0.0
    if parcel.spared_until is not None:
        left_s = (parcel.spared_until - datetime.now(UTC)).total_seconds()
        if left_s > 0:
            return pacing.come_again_s(left_s)
    if parcel.endpoint_id in here.probed:
        return pacing.come_again_s(PROBE_AGAIN_S)
    here.probed.add(parcel.endpoint_id)
    return 0.0


def _row(outcome: Outcome) -> dict[str, object]:
    answer = outcome.answer
    error = None if answer.is_success else answer.told()
    response = redacted_text(answer.body.decode(errors="replace")) if answer.body else None
    return {
        "id": outcome.parcel.id,
        "status": "success" if answer.is_success else "failed" if outcome.is_last else "pending",
        "status_code": answer.status,
        "error": error,
        "response": response,
        "attempts": 1 if outcome.number else 0,
        "attempt": {
            "number": outcome.number,
            "at": outcome.at,
            "status_code": answer.status,
            "error": error,
            "response": response,
            "duration_ms": answer.duration_ms,
        },
        "duration_ms": answer.duration_ms,
        "next_retry_at": outcome.next_retry_at,
    }


def _fared(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    """How each endpoint of a batch fared; what was never sent says nothing of it."""
    successes: Counter[UUID] = Counter()
    failures: Counter[UUID] = Counter()
    gone: set[UUID] = set()
    for outcome in outcomes:
        if outcome.number:
            counted = successes if outcome.answer.is_success else failures
            counted[outcome.parcel.endpoint_id] += 1
            gone |= {outcome.parcel.endpoint_id} if outcome.answer.is_gone else set()
    return [
        {
            "id": endpoint_id,
            "successes": successes[endpoint_id],
            "failures": min(failures[endpoint_id], FAILURES_A_BATCH_MAX),
            "is_gone": endpoint_id in gone,
        }
        for endpoint_id in sorted({*successes, *failures})
    ]
