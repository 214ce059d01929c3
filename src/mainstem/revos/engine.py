"""RevOS put together: senders in their order, the reading of comments, the taking in of replies.

One is made by whoever composes a worker; every part gets the same provider, keys and clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mainstem.jobs import Registry, Schedule, set_schedule
from mainstem.revos import campaigns, connecting
from mainstem.revos.capture import Polling
from mainstem.revos.capture.polling import KIND as POLL_KIND
from mainstem.revos.clock import REAL, Clock
from mainstem.revos.connecting import Invitations, PublicReplies
from mainstem.revos.emails import Emails
from mainstem.revos.emails.sending import KIND as EMAIL_KIND
from mainstem.revos.extraction import REVIEW_BELOW
from mainstem.revos.inbound import Handling, Listeners, forget
from mainstem.revos.inbound.intake import EVENT_KIND, LINK_KIND
from mainstem.revos.inbox import Inbox
from mainstem.revos.inbox.looking import KIND as INBOX_KIND
from mainstem.revos.pods import Engagements, share, tidy
from mainstem.revos.posts import Publications
from mainstem.revos.sending import Dispatch, Moment, Pipeline, Sender
from mainstem.revos.sending.dispatch import BEAT_KIND, beat
from mainstem.revos.sending.dispatch import KIND as DISPATCH_KIND
from mainstem.revos.sending.pipeline import KIND as WRITE_KIND
from mainstem.revos.sending.pipeline import QUEUE
from mainstem.revos.sequence import Messages, Replies, Wording
from mainstem.revos.webhooks.announcing import ANNOUNCE, DELIVER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.core.mail import Mail
    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.unipile import Provider

#: jobs that do what a row of another table says is due: without its job the row would wait for
#: ever, or get a new one, so that whoever stops it stops what the row belongs to
KINDS_OF_ROWS = frozenset({WRITE_KIND, EMAIL_KIND, EVENT_KIND, LINK_KIND, ANNOUNCE, DELIVER})
NOT_STOPPED = (
    "This job does what is already written down, which would be done by another one; "
    "pause the campaign or the endpoint that it belongs to."
)
#: all that is done for an agency
KINDS = KINDS_OF_ROWS | {DISPATCH_KIND, POLL_KIND, INBOX_KIND}


def _nobody(moment: Moment, lead_id: UUID) -> None:
    """Tell nobody of a captured lead."""


@dataclass(frozen=True)
class Engine:
    """The lead engine.

    Attributes:
        provider: LinkedIn's.
        keys: what hashes and signs.
        base_url: the address that links lead to.
        dialect: the provider's, v1 or v2.
        clock: the time.
        captured: told of each lead with a new address, in the transaction that keeps it.
        review_below: an address that is less sure than this waits for a person. The sandbox's
            people have addresses that cannot exist, which lowers it: 0.7 takes them.
        mail: what takes e-mails to leads; None: they wait.
        only: the agencies that are worked for; None is all.
    """

    provider: Provider
    keys: MasterKeys = field(repr=False)
    base_url: str
    dialect: str = "v1"
    clock: Clock = REAL
    captured: Callable[[Moment, UUID], None] = _nobody
    review_below: float = REVIEW_BELOW
    mail: Mail | None = None
    only: frozenset[UUID] | None = None

    @cached_property
    def senders(self) -> tuple[Sender, ...]:
        """Those who write, in the order in which an account's turn is offered to them."""
        wording = Wording(self.keys, self.base_url)
        return (
            Publications(),
            Messages(wording),
            PublicReplies(wording),
            Invitations(),
            Engagements(),
        )

    @cached_property
    def pipeline(self) -> Pipeline:
        """What makes the writes."""
        named = {sender.name: sender for sender in self.senders}
        return Pipeline(self.provider, self.clock, named)

    @cached_property
    def polling(self) -> Polling:
        """What reads comments."""
        return Polling(self.provider, self.clock, self.keys)

    @cached_property
    def inbox(self) -> Inbox:
        """What looks for messages that no webhook told."""
        return Inbox(self.provider, self.clock, self.replies)

    @cached_property
    def dispatch(self) -> Dispatch:
        """What decides."""
        own = (
            campaigns.tend,
            connecting.expire,
            self.polling.plan,
            self.inbox.plan,
            share,
            tidy,
            forget,
        )
        chores = own if self.emails is None else (*own, self.emails.plan)
        return Dispatch(self.clock, self.senders, chores, self._others_due, only=self.only)

    @cached_property
    def emails(self) -> Emails | None:
        """What sends e-mails, where there is a mail server."""
        return None if self.mail is None else Emails(self.mail, self.clock, self.keys)

    def _others_due(self, connection: psycopg.Connection[TupleRow], at: datetime) -> list[UUID]:
        """The agencies that have an inbox to look into, or an e-mail to send."""
        found = self.inbox.agencies_due(connection, at)
        return found if self.emails is None else found + self.emails.agencies_due(connection, at)

    @cached_property
    def replies(self) -> Replies:
        """What takes in what people write."""
        return Replies(self.keys, self.captured, self.review_below)

    def accepted(self, moment: Moment, account_id: UUID, person_id: str) -> None:
        """Let go on what waited for a person to become a contact."""
        connecting.accepted(moment, account_id, person_id)

    def registry(self) -> Registry:
        """The kinds of jobs that RevOS has."""
        made = Registry()
        self.dispatch.add_to(made)
        self.pipeline.add_to(made)
        self.polling.add_to(made)
        self.inbox.add_to(made)
        if self.emails is not None:
            self.emails.add_to(made)
        listeners = Listeners(message=self.replies.take_in, connected=self.accepted)
        Handling(self.provider, self.dialect, self.clock, listeners).add_to(made)
        return made


def schedule(connection: psycopg.Connection[TupleRow]) -> None:
    """Have RevOS look for what is due from now on, and every minute whether it still does."""
    set_schedule(
        connection, Schedule(name=BEAT_KIND, kind=BEAT_KIND, cron="* * * * *", queue=QUEUE)
    )
    beat(connection)
