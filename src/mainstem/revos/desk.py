"""What people of an agency decide about RevOS: states, reviews, sends that nobody is sure of.

Each decision is one transaction. The person has to be able to change the row that it is about: the
database is asked as them. What follows in ledgers, which no person may write, is then done as the
service, in their name.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from psycopg import errors

from mainstem.db.queries import load_queries
from mainstem.db.tenant import STATEMENT_LIMIT_S, opening_batch, tenant_transaction
from mainstem.errors import RefusedError
from mainstem.revos import campaigns, capture, erasure, pods
from mainstem.revos.accounts import health
from mainstem.revos.clock import REAL, Clock
from mainstem.revos.extraction import REVIEW_BELOW
from mainstem.revos.sending import Moment
from mainstem.revos.sequence import Replies, reviews, unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow
    from psycopg_pool import ConnectionPool

    from mainstem.core.master_key import MasterKeys
    from mainstem.db.tenant import Tenant
    from mainstem.revos.campaigns import Funnel, Missing

QUERIES = load_queries("mainstem.revos", "desk.sql")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Desk:
    """Where people decide.

    Attributes:
        pool: connections of its own: decisions are made in threads.
        keys: what hashes people who must not be written to.
        captured: told of each lead with a new address.
        clock: the time.
    """

    pool: ConnectionPool[psycopg.Connection[TupleRow]]
    keys: MasterKeys = field(repr=False)
    captured: Callable[[Moment, UUID], None]
    clock: Clock = REAL

    async def preflight(self, tenant: Tenant, campaign_id: UUID) -> list[Missing]:
        """Return what a campaign misses."""
        return await asyncio.to_thread(
            self._decided, tenant, "may_prepare_campaign", campaign_id,
            lambda at: campaigns.preflight(at, campaign_id),
        )  # fmt: skip

    async def funnel(self, tenant: Tenant, campaign_id: UUID) -> Funnel:
        """Return how far a campaign's people got."""
        return await asyncio.to_thread(self._counted, tenant, campaign_id)

    async def activate(self, tenant: Tenant, campaign_id: UUID) -> None:
        """Let a campaign run."""
        await self._decide(
            tenant, "campaign", campaign_id, lambda at: campaigns.activate(at, campaign_id)
        )

    async def pause(self, tenant: Tenant, campaign_id: UUID) -> None:
        """Let a campaign rest."""
        await self._decide(
            tenant, "campaign", campaign_id, lambda at: campaigns.pause(at, campaign_id)
        )

    async def complete(self, tenant: Tenant, campaign_id: UUID) -> None:
        """End a campaign."""
        await self._decide(
            tenant, "campaign", campaign_id, lambda at: campaigns.complete(at, campaign_id)
        )

    async def publish(self, tenant: Tenant, post_id: UUID, *, when: datetime | None) -> None:
        """Publish a post, now or at a time."""
        await self._decide(
            tenant, "post", post_id, lambda at: campaigns.publish(at, post_id, when=when)
        )

    async def decide_comment(self, tenant: Tenant, trigger_id: UUID, *, asks: bool) -> None:
        """Say whether a comment asks for the offer."""
        await self._decide(
            tenant,
            "triggered_comment",
            trigger_id,
            lambda at: capture.reviews.decide(at, trigger_id, asks=asks),
        )

    async def export_lead(self, tenant: Tenant, lead_id: UUID) -> erasure.Export:
        """Hand out what is kept of a lead's person."""
        return await self._decide(tenant, "lead", lead_id, lambda at: erasure.export(at, lead_id))

    async def erase_lead(self, tenant: Tenant, lead_id: UUID) -> None:
        """Erase a lead's person, who is never written to again."""
        await self._decide(
            tenant, "lead", lead_id, lambda at: erasure.erase(self.keys, at, lead_id)
        )

    async def decide_email(self, tenant: Tenant, review_id: UUID, *, email: str | None) -> None:
        """Say which address a message means; None: it holds none."""
        user_id = _person(tenant)
        replies = Replies(self.keys, self.captured, REVIEW_BELOW)
        await self._decide(
            tenant,
            "email_extraction_review",
            review_id,
            lambda at: reviews.decide(replies, at, review_id, email=email, user_id=user_id),
        )

    async def resolve_send(self, tenant: Tenant, step_id: UUID, *, was_sent: bool) -> None:
        """Say whether a message was sent of which nobody was sure."""
        await self._decide(
            tenant, "dm_step", step_id, lambda at: unknown.resolve(at, step_id, was_sent=was_sent)
        )

    async def agree(self, tenant: Tenant, activity_id: UUID, *, text: str | None) -> None:
        """Agree to what one's pod asks for, a comment in these words."""
        user_id = _person(tenant)
        await self._decide(
            tenant,
            "pod_activity",
            activity_id,
            lambda at: pods.agree(at, activity_id, user_id=user_id, text=text),
        )

    async def did(self, tenant: Tenant, activity_id: UUID) -> None:
        """Say that one did by hand what one's pod asks for."""
        user_id = _person(tenant)
        await self._decide(
            tenant,
            "pod_activity",
            activity_id,
            lambda at: pods.did(at, activity_id, user_id=user_id),
        )

    async def decline(self, tenant: Tenant, activity_id: UUID) -> None:
        """Say no to what one's pod asks for."""
        user_id = _person(tenant)
        await self._decide(
            tenant,
            "pod_activity",
            activity_id,
            lambda at: pods.decline(at, activity_id, user_id=user_id),
        )

    async def resume_account(self, tenant: Tenant, account_id: UUID) -> None:
        """Let an account go on that was stopped, once its owner has mended it."""
        await self._decide(
            tenant,
            "linkedin_account",
            account_id,
            lambda at: health.reconnected(at.connection, at.agency_id, account_id, at=at.at),
        )

    def _counted(self, tenant: Tenant, campaign_id: UUID) -> Funnel:
        with tenant_transaction(self.pool, tenant) as connection:
            moment = Moment(
                connection=connection, agency_id=tenant.agency_id, at=self.clock.of(connection)
            )
            return campaigns.funnel(moment, campaign_id)

    async def _decide(
        self, tenant: Tenant, table: str, row_id: UUID, deed: Callable[[Moment], Result]
    ) -> Result:
        return await asyncio.to_thread(self._decided, tenant, f"may_change_{table}", row_id, deed)

    def _decided(
        self, tenant: Tenant, question: str, row_id: UUID, deed: Callable[[Moment], Result]
    ) -> Result:
        with tenant_transaction(self.pool, tenant) as connection:
            may = {"agency_id": tenant.agency_id, "id": row_id}
            try:
                found = connection.execute(QUERIES[question], may).fetchone()
            except errors.InsufficientPrivilege:
                raise _read_only() from None
            if found is None:
                raise RefusedError("not_found", "There is nothing of that id.", status=404)
            if found[1:] == (True,):
                raise _read_only()
            named = replace(tenant, role="service_role")
            connection.execute(opening_batch(named, STATEMENT_LIMIT_S, begins=False), prepare=False)
            moment = Moment(
                connection=connection, agency_id=tenant.agency_id, at=self.clock.of(connection)
            )
            return deed(moment)


def _read_only() -> RefusedError:
    return RefusedError(
        "insufficient_permissions",
        "You may read this client's rows and change none; ask an admin.",
    )


def _person(tenant: Tenant) -> UUID:
    if tenant.user_id is None:
        raise RefusedError("needs_person", "A person decides this, not a key.")
    return tenant.user_id
