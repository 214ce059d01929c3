"""Which handler does which kind of job, and the two adapters for handlers of single jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg

from mainstem.jobs.model import QUEUE, Dead, Done, Job, Retry, Verdict, VerdictError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from uuid import UUID

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]
    #: gets jobs of one kind and tenant within the tenant's transaction; silence about a job is done
    Handler: TypeAlias = Callable[[Connection, Sequence[Job]], Mapping[UUID, Verdict] | None]
    #: in a transaction that is kept before any call is made: what each call needs to know, or the
    #: verdict of a job that is not to be called
    Begin: TypeAlias = Callable[[Connection, Sequence[Job]], Mapping[UUID, Any]]
    #: does one job away from the database; where there is a beginning, it also gets what that found
    Call: TypeAlias = Callable[..., Awaitable[Verdict | None]]
    #: writes down, in the tenant's transaction, what the calls of a batch came to
    Settle: TypeAlias = Callable[[Connection, Sequence[Job], Mapping[UUID, Verdict]], None]

CONCURRENCY_MAX = 100
CALL_LIMIT_S = 60.0
ROLES = frozenset({"authenticated", "service_role"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How a kind of job is done.

    Attributes:
        handle: the part within the transaction.
        call: the part before it, outside of any transaction; only for what goes over the network.
        begin: the part before the calls, in a transaction of its own that is kept whatever follows:
            a ledger that has to know of a call before it is made.
        role: the database role that the transaction takes. service_role passes over row-level
            security: only for what no person of the tenant may write, such as a ledger.
        calls_max: how many calls of the kind are under way at once.
        call_limit_s: how long one call may take.
    """

    queue: str
    handle: Handler | None = None
    call: Call | None = None
    begin: Begin | None = None
    settle: Settle | None = None
    role: str = "authenticated"
    calls_max: int = CONCURRENCY_MAX
    call_limit_s: float = CALL_LIMIT_S


@dataclass
class Registry:
    """The kinds of jobs that a worker can do. Built once, by whoever composes the program."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def add(
        self, kind: str, handle: Handler, *, queue: str = QUEUE, role: str = "authenticated"
    ) -> None:
        """Let a handler do a kind of job, a batch of one tenant at a time, in one transaction.

        A handler that raises is called again with halves of the batch, each in a transaction of
        its own, until the jobs that fail stand alone.
        """
        self.include(kind, Entry(queue=queue, handle=handle, role=role))

    def add_calls(
        self,
        kind: str,
        call: Call,
        *,
        begin: Begin | None = None,
        settle: Settle | None = None,
        queue: str = QUEUE,
        role: str = "authenticated",
        calls_max: int = CONCURRENCY_MAX,
        call_limit_s: float = CALL_LIMIT_S,
    ) -> None:
        """Let an async function do a kind of job, many at once, outside of any transaction.

        `settle` then writes the outcome in the transaction that completes the jobs. A call may
        have happened although its job runs again: it has to bear that, or `begin` has to notice,
        which writes down in a transaction before the calls that they are about to be made.
        """
        entry = Entry(
            queue=queue,
            call=call,
            begin=begin,
            settle=settle,
            role=role,
            calls_max=calls_max,
            call_limit_s=call_limit_s,
        )
        self.include(kind, entry)

    def include(self, kind: str, entry: Entry) -> None:
        """Take in a kind as another registry has it; a ValueError when it is here already."""
        if kind in self.entries:
            raise ValueError(f"two handlers for jobs of the kind {kind!r}")
        if entry.role not in ROLES:
            raise ValueError(f"a handler's role is one of {', '.join(sorted(ROLES))}")
        self.entries[kind] = entry

    def queues(self) -> list[str]:
        """Return the queues that the kinds stand in."""
        return sorted({entry.queue for entry in self.entries.values()})


def each(do: Callable[[Connection, Job], Verdict | None]) -> Handler:
    """Make a handler of a function that does one job: each job in a savepoint, failing alone."""

    def handle(connection: Connection, jobs: Sequence[Job]) -> dict[UUID, Verdict]:
        return {job.id: _one(connection, job) for job in jobs}

    def _one(connection: Connection, job: Job) -> Verdict:
        try:
            with connection.transaction():
                return do(connection, job) or Done()
        except VerdictError as said:
            return said.verdict
        except Exception as error:
            if connection.broken:
                raise
            return Retry(describe(error))

    return handle


def unknown(job: Job) -> Verdict:
    """Return what becomes of a job that nobody here can do."""
    return Dead(f"no handler for jobs of the kind {job.kind!r}; register one, then retry the job")


def describe(error: BaseException) -> str:
    """Return an error as the text that is kept with the job, and logged.

    Of what the server says only the first line: its detail shows the row that it is about.
    """
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {said or error}".strip().rstrip(":")
