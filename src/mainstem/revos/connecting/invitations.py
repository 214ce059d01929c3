"""The sender of invitations; its ledger is the pending connection, one a person and account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mainstem.revos import sequence
from mainstem.revos.accounts import FreeAccount, Route
from mainstem.revos.connecting import store
from mainstem.revos.connecting.accepted import EXPIRES_AFTER, give_up, release
from mainstem.revos.sending import Moment, Wanted
from mainstem.revos.unipile import (
    AccountId,
    Indeterminate,
    Kind,
    Outcome,
    PersonId,
    Provider,
    Refused,
    Sent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

AGAIN_AFTER = timedelta(hours=1)
#: LinkedIn's own quota is used up: it opens bit by bit over a week
QUOTA_AFTER = timedelta(days=1)
WAITING_LOOKED_AT = 100


@dataclass(frozen=True, kw_only=True)
class InvitationRequest:
    """A person to invite."""

    account: AccountId
    person: PersonId
    note: str | None
    is_wanted: bool

    async def make(self, provider: Provider) -> Outcome:
        """Invite them."""
        return await provider.invite(self.account, self.person, note=self.note)

    async def look(self, provider: Provider) -> Sent | None:
        """Look for them among the invitations that wait."""
        page = await provider.sent_invitations(self.account, limit=WAITING_LOOKED_AT)
        for invitation in page.items:
            if invitation.person_id == self.person:
                return Sent(invitation.id)
        return None


@dataclass(frozen=True)
class Invitations:
    """The sender. Its subjects are rows of pending_connection."""

    name: str = "invitation"

    def due(self, moment: Moment) -> set[UUID]:
        """Return the accounts that have somebody to invite."""
        return {one["linkedin_account_id"] for one in store.rows(moment, "accounts_inviting")}

    def take(self, moment: Moment, accounts: Mapping[UUID, FreeAccount]) -> list[Wanted]:
        """Take the person who has waited longest, for each account that may invite one more."""
        able = [account.id for account in accounts.values() if account.left[Route.INVITATION] > 0]
        found = store.rows(moment, "next_invitations", accounts=able)
        store.rows(moment, "reserve_invitations", ids=[one["id"] for one in found])
        return [
            Wanted(
                account=accounts[one["linkedin_account_id"]],
                route=Route.INVITATION,
                subject_id=one["id"],
            )
            for one in found
        ]

    def load(self, moment: Moment, subject_ids: Sequence[UUID]) -> dict[UUID, InvitationRequest]:
        """Return whom to invite."""
        return {
            one["id"]: InvitationRequest(
                account=one["unipile_account_id"],
                person=one["provider_person_id"],
                note=one["invitation_note"],
                is_wanted=one["is_wanted"],
            )
            for one in store.rows(moment, "invitation_requests", ids=list(subject_ids))
        }

    def settle(
        self, moment: Moment, subject_id: UUID, account_id: UUID, outcome: Outcome | None
    ) -> None:
        """Write down what became of an invitation."""
        del account_id
        match outcome:
            case Sent(id=invitation_id, quota_percent=percent):
                _waits(moment, subject_id, invitation_id, percent)
            case Refused(fault) if fault.kind is Kind.ALREADY_INVITED:
                _waits(moment, subject_id, None, None)
            case Refused(fault) if fault.kind is Kind.ALREADY_CONNECTED:
                _settle(moment, subject_id, "accepted", fault.slug)
            case Refused(fault) if fault.kind in sequence.AGAIN_AFTER:
                wait = QUOTA_AFTER if fault.kind is Kind.LIMIT else AGAIN_AFTER
                _settle(moment, subject_id, "queued", fault.slug, after=wait)
            case Refused(fault):
                _settle(moment, subject_id, "failed", fault.slug)
            case Indeterminate():
                _settle(moment, subject_id, "unknown", None)
            case None:
                _settle(moment, subject_id, "queued", None, after=AGAIN_AFTER)


def _waits(
    moment: Moment, subject_id: UUID, invitation_id: str | None, percent: int | None
) -> None:
    for one in store.rows(
        moment,
        "invited",
        id=subject_id,
        invitation_id=invitation_id,
        quota_percent=percent,
        expires_at=moment.at + EXPIRES_AFTER,
    ):
        sequence.invited(moment, one["lead_id"])


def _settle(
    moment: Moment,
    subject_id: UUID,
    status: str,
    slug: str | None,
    *,
    after: timedelta | None = None,
) -> None:
    not_before = None if after is None else moment.at + after
    for one in store.rows(
        moment,
        "set_invitation",
        id=subject_id,
        status=status,
        slug=slug,
        not_before=not_before,
        expires_at=moment.at + EXPIRES_AFTER,
    ):
        account_id, person_id = one["linkedin_account_id"], one["provider_person_id"]
        if status == "accepted":
            release(moment, account_id, person_id)
        elif status == "failed":
            give_up(moment, account_id, person_id, f"the person cannot be invited ({slug})")
