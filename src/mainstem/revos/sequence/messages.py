"""The sender of direct messages: decides, reserves in the send ledger, and settles what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from mainstem.revos.accounts import FreeAccount, Route
from mainstem.revos.sending import Moment, Wanted
from mainstem.revos.sequence import after, store, suppression
from mainstem.revos.sequence.checks import decide
from mainstem.revos.sequence.model import (
    CLOCK_SLACK,
    Decision,
    Distance,
    Facts,
    Fail,
    Hold,
    Invite,
    Purpose,
    Send,
    Skip,
    Wait,
)
from mainstem.revos.unipile import AccountId, ChatId, Outcome, PersonId, Provider, Sent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from mainstem.revos.sequence.wording import Wording

#: how many due messages of an account are judged in one go, until one is sent
STEPS_MAX = 5
#: a campaign or account that rests is asked again after so long
WAIT = timedelta(minutes=30)
ANSWERED = timedelta(minutes=5)
MESSAGES_LOOKED_AT = 20


@dataclass(frozen=True, kw_only=True)
class MessageRequest:
    """A message to a person: into a chat that is known, or by starting one.

    Attributes:
        taken: messages that the ledger knows as other sends in the same words.
        untold: how many such sends of these minutes the provider gave no id of.
    """

    account: AccountId
    person: PersonId
    chat: ChatId | None
    text: str
    claimed_at: datetime
    is_wanted: bool
    taken: frozenset[str]
    untold: int

    async def make(self, provider: Provider) -> Outcome:
        """Send it."""
        if self.chat is not None:
            return await provider.send_message(self.account, self.chat, self.text)
        return await provider.start_chat(self.account, self.person, self.text)

    async def look(self, provider: Provider) -> Sent | None:
        """Look for it in the person's chats: the same words, by us, not older than the attempt.

        Another campaign may have said the same just before: what is its does not count.
        """
        chats = [self.chat] if self.chat is not None else []
        if not chats:
            page = await provider.chats_with(self.account, self.person)
            chats = [chat.id for chat in page.items if not chat.is_group]
        found: list[Sent] = []
        for chat in chats:
            page_of = await provider.messages(
                self.account,
                chat,
                after=self.claimed_at - CLOCK_SLACK,
                limit=MESSAGES_LOOKED_AT,
            )
            found += [
                Sent(message.id, chat_id=chat)
                for message in page_of.items
                if message.is_own
                and message.id not in self.taken
                and _plain(message.text) == _plain(self.text)
            ]
        return found[0] if len(found) > self.untold else None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


@dataclass(frozen=True)
class Messages:
    """The sender. Its subjects are rows of dm_step."""

    wording: Wording
    name: str = "message"

    def due(self, moment: Moment) -> set[UUID]:
        """Return the accounts that have a message due."""
        return {one["linkedin_account_id"] for one in store.rows(moment, "accounts_due")}

    def take(self, moment: Moment, accounts: Mapping[UUID, FreeAccount]) -> list[Wanted]:
        """Judge what is due, in order, until each account has one to send."""
        able = [account.id for account in accounts.values() if account.left[Route.DM] > 0]
        found = store.rows(moment, "due_steps", accounts=able, steps_max=STEPS_MAX)
        barred = self._barred(moment, found)
        taken: dict[UUID, Wanted] = {}
        for one in found:
            account = accounts[one["linkedin_account_id"]]
            if account.id in taken:
                continue
            decision = decide(self._facts(moment, account, one, is_suppressed=_key(one) in barred))
            if self._carry_out(moment, one, decision):
                taken[account.id] = Wanted(
                    account=account, route=Route.DM, subject_id=one["step_id"]
                )
        return list(taken.values())

    def _barred(
        self, moment: Moment, found: Sequence[Mapping[str, Any]]
    ) -> set[tuple[UUID, str | None]]:
        """The clients and people, of those found, where the person is on the client's list."""
        named: dict[bytes, list[tuple[UUID, str | None]]] = {}
        for one in found:
            for kind, value in (("linkedin", one["linkedin_id"]), ("email", one["email"])):
                if value:
                    for made in suppression.hashes(
                        self.wording.keys, moment.agency_id, kind, value
                    ):
                        named.setdefault(made, []).append(_key(one))
        clients = {one["client_id"] for one in found}
        return {
            key
            for client_id, made in store.suppressed(moment, clients, named)
            for key in named[made]
            if key[0] == client_id
        }

    def _facts(
        self, moment: Moment, account: FreeAccount, one: Mapping[str, Any], *, is_suppressed: bool
    ) -> Facts:
        composed = self.wording.compose(moment, one)
        distance = one["network_distance"]
        return Facts(
            at=moment.at,
            purpose=Purpose(one["purpose"]),
            person_id=one["linkedin_id"] or "",
            own_person_id=account.person_id,
            is_suppressed=is_suppressed,
            ledger_status=one["ledger_status"],
            campaign_status=one["campaign_status"],
            sequence_status=one["sequence_status"],
            has_replied=one["last_inbound_at"] is not None,
            has_email=one["email_extracted"] is not None,
            distance=None if distance is None else Distance(distance),
            invitation_status=one["invitation_status"],
            invitation_expires_at=one["expires_at"],
            account_status=one["account_status"],
            account_paused_until=one["paused_until"],
            text=composed.text,
            problem=composed.problem,
        )

    def _carry_out(self, moment: Moment, one: Mapping[str, Any], decision: Decision) -> bool:
        """Do what was decided; whether the message is sent now."""
        step_id = one["step_id"]
        match decision:
            case Send(text):
                return self._reserve(moment, one, text)
            case Invite():
                store.rows(
                    moment,
                    "ask_to_connect",
                    account_id=one["linkedin_account_id"],
                    lead_id=one["lead_id"],
                )
                _end(moment, step_id, "waiting", "the person is invited first")
            case Hold(reason):
                if not after.held(moment, step_id, reason):  # it was answered this moment
                    store.rows(
                        moment, "put_off_step",
                        step_id=step_id, until=moment.at + ANSWERED, reason=reason, slug=None,
                    )  # fmt: skip
            case Wait(reason, until):
                later = until if until is not None and until > moment.at else moment.at + WAIT
                store.rows(
                    moment, "put_off_step", step_id=step_id, until=later, reason=reason, slug=None
                )
            case Skip(reason):
                _end(moment, step_id, "skipped", reason)
                after.skipped(moment, one, reason)
            case Fail(reason):
                _end(moment, step_id, "failed", reason)
        return False

    def _reserve(self, moment: Moment, one: Mapping[str, Any], text: str) -> bool:
        reserved = store.row(
            moment,
            "reserve_delivery",
            client_id=one["client_id"],
            campaign_id=one["campaign_id"],
            lead_id=one["lead_id"],
            account_id=one["linkedin_account_id"],
            person_id=one["linkedin_id"],
            step=one["step"],
            message_hash=sha256(text.encode()).digest(),
            step_id=one["step_id"],
            message=text,
        )
        if reserved is None:  # another lead row of the same person has it
            _end(moment, one["step_id"], "skipped", "the ledger holds this message already")
            return False
        if Purpose(one["purpose"]) is Purpose.BACKUP:
            self.wording.links.open(moment, one["sequence_id"])
        return True

    def load(self, moment: Moment, subject_ids: Sequence[UUID]) -> dict[UUID, MessageRequest]:
        """Return the messages to send."""
        return {
            one["id"]: MessageRequest(
                account=one["unipile_account_id"],
                person=one["linkedin_id"],
                chat=one["chat_id"],
                text=one["message"],
                claimed_at=one["claimed_at"] or moment.at,
                is_wanted=one["is_wanted"],
                taken=frozenset(one["taken"]),
                untold=one["untold"],
            )
            for one in store.rows(
                moment, "requests", ids=list(subject_ids), clock_slack=2 * CLOCK_SLACK
            )
            if one["message"] is not None
        }

    def settle(
        self, moment: Moment, subject_id: UUID, account_id: UUID, outcome: Outcome | None
    ) -> None:
        """Write down what became of a message, and what follows from it."""
        step = store.row(moment, "step_of", step_id=subject_id)
        if step is not None:
            after.settled(moment, step, account_id, outcome)


def _key(one: Mapping[str, Any]) -> tuple[UUID, str | None]:
    return one["client_id"], one["linkedin_id"]


def _end(moment: Moment, step_id: UUID, status: str, reason: str) -> None:
    store.rows(moment, "end_step", step_id=step_id, status=status, reason=reason, slug=None)
