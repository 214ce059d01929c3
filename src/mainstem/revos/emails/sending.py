"""The job that hands e-mails to the mail server."""

from __future__ import annotations

import smtplib
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from mainstem.core.mail import Letter, Mail
from mainstem.jobs import Done, Job, NewJob, Registry, Verdict, enqueue
from mainstem.revos import sequence
from mainstem.revos.accounts import store as accounts_store
from mainstem.revos.emails import store
from mainstem.revos.sending import QUEUE, Moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.clock import Clock
    from mainstem.revos.sending.model import Connection

KIND = "revos.email"
EMAILS_MAX = 500
CALLS_MAX = 10
#: what was due longer ago came from elsewhere, or nobody worked meanwhile
LATE = timedelta(days=3)
AGAIN_AFTER = timedelta(minutes=10)
REASON_CHARACTERS_MAX = 500
#: said before the server took the message: it is surely not out
_NOT_TAKEN = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPHeloError,
    smtplib.SMTPConnectError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPNotSupportedError,
    ConnectionRefusedError,
    socket.gaierror,
)
_PERMANENT = 500


@dataclass(frozen=True)
class Settled(Done):
    """What became of an e-mail, as `email_queue.status` has it; `pending`: it is tried again."""

    status: str = "sent"
    reason: str | None = None


@dataclass(frozen=True)
class Emails:
    """Sends them."""

    mail: Mail
    clock: Clock
    keys: MasterKeys = field(repr=False)

    def add_to(self, registry: Registry) -> None:
        """Let a worker send."""
        registry.add_calls(
            KIND,
            self.call,
            begin=self.begin,
            settle=self.settle,
            queue=QUEUE,
            role="service_role",
            calls_max=CALLS_MAX,
        )

    def agencies_due(self, connection: Connection, at: datetime) -> list[UUID]:
        """Return the agencies with e-mails to send."""
        return store.agencies_due(connection, at)

    def plan(self, moment: Moment) -> None:
        """Enqueue what is due; what was due long ago is left to a person."""
        store.rows(moment, "as_they_were")
        late = "it was due long ago; plan it anew if it should still go out"
        store.rows(moment, "cancel_late", late_before=moment.at - LATE, reason=late)
        jobs = [
            NewJob(
                kind=KIND,
                queue=QUEUE,
                payload={"email_id": str(one["id"])},
                unique_key=f"email {one['id']}",
                agency_id=moment.agency_id,
                app_context="revos",
            )
            for one in store.rows(moment, "due", limit=EMAILS_MAX)
        ]
        if jobs:
            enqueue(moment.connection, jobs)

    def begin(self, connection: Connection, jobs: Sequence[Job]) -> dict[UUID, Any]:
        """Mark what is sent now; what may be out already, or must not go out, is not sent."""
        moment = self._moment(connection, jobs)
        by_id = {_email(job): job for job in jobs}
        begun: dict[UUID, Any] = {job.id: Done() for job in jobs}
        found = store.rows(moment, "begin", ids=list(by_id))
        barred = self._barred(moment, found)
        for one in found:
            job_id = by_id[one["id"]].id
            if one["id"] in barred:
                said = "the address is on the list of those not to write to"
                begun[job_id] = Settled(status="suppressed", reason=said)
            elif one["is_fresh"]:
                begun[job_id] = _letter(one)
            else:
                said = "it was begun before, and nobody knows what came of it"
                begun[job_id] = Settled(status="unknown", reason=said)
        return begun

    def _barred(self, moment: Moment, found: Sequence[Mapping[str, Any]]) -> set[UUID]:
        named: dict[tuple[UUID, bytes], list[UUID]] = {}
        for one in found:
            for made in sequence.hashes(self.keys, moment.agency_id, "email", one["to_email"]):
                named.setdefault((one["client_id"], made), []).append(one["id"])
        clients, hashes = {key[0] for key in named}, {key[1] for key in named}
        on_list = sequence.suppressed(moment, clients, hashes) if named else set()
        return {id_ for key in on_list for id_ in named.get(key, ())}

    async def call(self, job: Job, letter: Letter) -> Verdict:
        """Hand it over."""
        del job
        try:
            await self.mail.send(letter)
        except _NOT_TAKEN as error:
            return Settled(status="failed" if _is_final(error) else "pending", reason=_said(error))
        except ValueError as error:  # a header that is none: nothing was sent
            return Settled(status="failed", reason=_said(error))
        except (OSError, smtplib.SMTPException) as error:
            return Settled(status="unknown", reason=_said(error))
        return Settled()

    def settle(
        self, connection: Connection, jobs: Sequence[Job], verdicts: Mapping[UUID, Verdict]
    ) -> None:
        """Write down what became of each; of what nobody knows, a person is told."""
        moment = self._moment(connection, jobs)
        for job in jobs:
            verdict = verdicts[job.id]
            if not isinstance(verdict, Settled):
                continue
            kept = store.row(
                moment,
                "settle",
                id=_email(job),
                status=verdict.status,
                reason=verdict.reason,
                again_at=moment.at + AGAIN_AFTER,
            )
            if kept is not None and verdict.status == "unknown":
                _ask_person(moment, kept)

    def _moment(self, connection: Connection, jobs: Sequence[Job]) -> Moment:
        agency_id = jobs[0].agency_id
        assert agency_id is not None, "an e-mail is always an agency's"
        return Moment(connection=connection, agency_id=agency_id, at=self.clock.of(connection))


def _letter(one: Mapping[str, Any]) -> Letter:
    return Letter(
        one["to_email"],
        one["subject"],
        one["body_text"] or "",
        html=one["body_html"],
        reply_to=one["reply_to"] or one["from_email"],
    )


def _is_final(error: Exception) -> bool:
    """Whether the server refused for good, by its code; who cannot be reached is asked again."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False  # a wrong password is mended on our side
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= _PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= _PERMANENT


def _said(error: Exception) -> str:
    """What kind of failure it was: what servers say may hold addresses, and stays out."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"[:REASON_CHARACTERS_MAX]


def _ask_person(moment: Moment, kept: Mapping[str, Any]) -> None:
    owner = store.row(moment, "whom_to_ask", campaign_id=kept["campaign_id"])
    if owner is not None:
        accounts_store.notify(
            moment.connection,
            moment.agency_id,
            owner["user_id"],
            kind="email_unknown",
            title=f"An e-mail may have been sent, or not: {kept['subject'][:100]}",
            body="The mail server gave no answer. It is not sent again by itself.",
        )


def _email(job: Job) -> UUID:
    return UUID(job.payload["email_id"])
