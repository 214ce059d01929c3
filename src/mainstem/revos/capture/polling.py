"""The jobs that read comments: planned within each account's budget, settled in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from mainstem.jobs import Done, Job, NewJob, Registry, Verdict, enqueue
from mainstem.revos.accounts import NewCall, Route, health, hours_of
from mainstem.revos.accounts import store as accounts_store
from mainstem.revos.capture import pace, store
from mainstem.revos.capture.judging import judge
from mainstem.revos.capture.reading import Found, Request, read, request_of
from mainstem.revos.sending import QUEUE, Moment
from mainstem.revos.unipile import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.clock import Clock
    from mainstem.revos.sending.model import Connection
    from mainstem.revos.unipile import Provider

KIND = "revos.poll"
POLLS_MAX = 1_000
KNOWN_MAX = 300
LOST_AFTER = timedelta(minutes=15)
NO_READS_WAIT = timedelta(hours=1)
#: the post is gone, or may not be read: looking again makes no sense
FINAL = frozenset({Kind.GONE, Kind.FEATURE})
#: of a campaign that came to rest during a look: who asks meanwhile is found once it goes on
RESTING = frozenset({"paused", "draft"})


@dataclass(frozen=True)
class Polling:
    """Reads posts' comments."""

    provider: Provider
    clock: Clock
    keys: MasterKeys = field(repr=False)

    def add_to(self, registry: Registry) -> None:
        """Let a worker read."""
        registry.add_calls(
            KIND, self.call, begin=self.begin, settle=self.settle, queue=QUEUE, role="service_role"
        )

    def plan(self, moment: Moment) -> None:
        """Enqueue what is due; a post whose account has no read left waits."""
        due = store.rows(moment, "due_polls", lost_before=moment.at - LOST_AFTER, limit=POLLS_MAX)
        if not due:
            return
        left = _reads_left(moment, [one["linkedin_account_id"] for one in due])
        now, later = [], []
        for one in due:
            account_id = one["linkedin_account_id"]
            if left.get(account_id, 0) > 0:
                left[account_id] -= 1
                now.append(one)
            else:
                later.append(one["id"])
        self._put_off(moment, later)
        if now:
            enqueue(moment.connection, [_job(moment.agency_id, one) for one in now])

    def _put_off(self, moment: Moment, ids: Sequence[UUID]) -> None:
        if ids:
            store.rows(
                moment,
                "put_off_polls",
                ids=list(ids),
                until=moment.at + NO_READS_WAIT,
                reason="the account has no read left today, or cannot read now",
            )

    def begin(self, connection: Connection, jobs: Sequence[Job]) -> dict[UUID, Any]:
        """Read what each look takes, and count it against the account's budget."""
        moment = self._moment(connection, jobs)
        accounts_store.lock(connection, moment.agency_id)
        by_id = {UUID(job.payload["scrape_job_id"]): job for job in jobs}
        found: dict[UUID, Any] = {job.id: Done() for job in jobs}
        left = _reads_left(moment, [UUID(job.payload["account_id"]) for job in jobs])
        calls: list[NewCall] = []
        none_left: list[UUID] = []
        for row in store.rows(moment, "poll_requests", ids=list(by_id), known_max=KNOWN_MAX):
            job = by_id[row["id"]]
            account_id = UUID(job.payload["account_id"])
            if left.get(account_id, 0) <= 0:
                none_left.append(row["id"])
                continue
            request = request_of(row, moment.at, reads_left=left[account_id])
            left[account_id] -= request.pages_max
            found[job.id] = request
            calls += _calls(moment, job, request)
        self._put_off(moment, none_left)
        accounts_store.reserve(connection, moment.agency_id, calls)
        return found

    async def call(self, job: Job, request: Request) -> Verdict:
        """Read."""
        del job
        return await read(self.provider, request)

    def settle(
        self, connection: Connection, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict]
    ) -> None:
        """Judge what was read, and say when to look again."""
        moment = self._moment(connection, jobs)
        found = {UUID(job.payload["scrape_job_id"]): verdicts[job.id] for job in jobs}
        pages = {
            job.id: verdict.pages for job in jobs if isinstance(verdict := verdicts[job.id], Found)
        }
        accounts_store.finish_reads(connection, moment.agency_id, pages, at=moment.at)
        left = _reads_left(moment, [UUID(job.payload["account_id"]) for job in jobs])
        looks = [
            (poll, _usable(poll, verdict))
            for poll in store.rows(moment, "polls_of", ids=list(found))
            if isinstance(verdict := found[poll["id"]], Found)
        ]
        for poll, look in looks:
            _note(moment, poll, look)
        counts = judge(self.keys, moment, [(poll, look.comments) for poll, look in looks])
        done = [
            _again(
                moment, poll, look,
                counts=counts.get(poll["id"], (0, 0)),
                reads_left=left.get(poll["linkedin_account_id"], 0),
            )
            for poll, look in looks
        ]  # fmt: skip
        if done:
            store.rows(moment, "polls_done", polls=msgspec.json.encode(done).decode())

    def _moment(self, connection: Connection, jobs: Sequence[Job]) -> Moment:
        agency_id = jobs[0].agency_id
        assert agency_id is not None, "a post is always an agency's"
        return Moment(connection=connection, agency_id=agency_id, at=self.clock.of(connection))


def _usable(poll: Mapping[str, Any], found: Found) -> Found:
    if poll["campaign_status"] in RESTING:
        return replace(found, comments=(), reached_end=False)
    return found


def _note(moment: Moment, poll: Mapping[str, Any], found: Found) -> None:
    """Keep the post's numbers, and what a fault means for the account."""
    if found.post is not None:
        _measure(moment, poll, found)
    if found.fault is not None:
        account_id = poll["linkedin_account_id"]
        health.note(moment.connection, moment.agency_id, account_id, found.fault, at=moment.at)


def _again(
    moment: Moment,
    poll: Mapping[str, Any],
    found: Found,
    *,
    counts: tuple[int, int],
    reads_left: int,
) -> dict[str, object]:
    """When a post is looked at again, as a row of `polls_done`."""
    errors, said = 0, None
    if found.fault is not None:
        errors, said = poll["error_count"] + 1, str(found.fault)
        looks_at = None if found.fault.kind in FINAL else pace.after_error(moment.at, errors)
    else:
        looks_at = pace.next_look(
            moment.at, published_at=poll["published_at"], reads_left=reads_left
        )
    if looks_at is not None:
        looks_at = hours_of(poll).next_awake(looks_at)
    if looks_at is not None and poll["stop_at"] is not None and looks_at > poll["stop_at"]:
        looks_at = None
    minutes = 1 if looks_at is None else int((looks_at - moment.at).total_seconds() // 60)
    seen, matched = counts
    return {
        "id": poll["id"],
        "status": "scheduled" if looks_at is not None else "failed" if said else "completed",
        "next_check_at": looks_at,
        "minutes": min(10_080, max(1, minutes)),
        "seen": seen,
        "matched": matched,
        "error_count": errors,
        "error": said,
        "is_reconciled": found.reached_end,
    }


def _measure(moment: Moment, poll: Mapping[str, Any], found: Found) -> None:
    post = found.post
    assert post is not None, "it was asked before"
    store.rows(moment, "post_found", post_id=poll["post_id"], social_id=post.social_id)
    store.rows(
        moment,
        "measure",
        client_id=poll["client_id"],
        post_id=poll["post_id"],
        impressions=post.impressions,
        reactions=post.reactions,
        comments=post.comments,
        shares=post.reposts,
    )


def _reads_left(moment: Moment, accounts: Sequence[UUID]) -> dict[UUID, int]:
    return accounts_store.reads_left(
        moment.connection,
        moment.agency_id,
        moment.at,
        route=Route.READ_COMMENTS,
        among=set(accounts),
    )


def _calls(moment: Moment, job: Job, request: Request) -> list[NewCall]:
    """All that a look may read, reserved; what it did not use is given back."""
    routes = [Route.READ_COMMENTS] * request.pages_max
    if request.measures or request.social_id is None:
        routes.append(Route.READ_POST)
    return [
        NewCall(
            account_id=UUID(job.payload["account_id"]),
            client_id=UUID(job.payload["client_id"]),
            route=route,
            sender=None,
            subject_id=job.id,
            called_at=moment.at,
        )
        for route in routes
    ]


def _job(agency_id: UUID, one: Mapping[str, Any]) -> NewJob:
    return NewJob(
        kind=KIND,
        queue=QUEUE,
        payload={
            "scrape_job_id": str(one["id"]),
            "account_id": str(one["linkedin_account_id"]),
            "client_id": str(one["client_id"]),
        },
        unique_key=f"poll {one['id']}",
        agency_id=agency_id,
        client_id=one["client_id"],
        app_context="revos",
    )
