"""What a person wrote back: an address, a wish to be left alone, or something else.

A message is told by webhook, twice or out of order, and found by polling as well: it is taken in
once. Any reply stops the reminders; what was promised (confirmation, link) is sent all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mainstem.revos.extraction import REVIEW_BELOW, Extraction, Verdict, extract
from mainstem.revos.sequence import after, store, suppression
from mainstem.revos.sequence.model import CLOCK_SLACK, STEP, Purpose
from mainstem.revos.sequence.opt_out import asks_to_stop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from mainstem.core.master_key import MasterKeys
    from mainstem.revos.sending import Moment
    from mainstem.revos.unipile import Message

ALTERNATIVES_MAX = 10
_BEFORE_CAPTURE = frozenset({"comment_detected", "invited", "dm_sent", "dm_replied"})


@dataclass(frozen=True)
class Replies:
    """Takes in what people wrote.

    Attributes:
        keys: what hashes those who opt out.
        captured: told of each lead with a new address, in the same transaction.
        review_below: an address that is less sure than this waits for a person.
    """

    keys: MasterKeys = field(repr=False)
    captured: Callable[[Moment, UUID], None]
    review_below: float = REVIEW_BELOW

    def take_in(self, moment: Moment, account_id: UUID, message: Message) -> str:
        """Take a message in, once; what was made of it, as processed_message.outcome has it.

        `duplicate` when it was taken in before, or the account is none of the agency's.
        """
        taken = store.row(
            moment,
            "message_taken_in",
            account_id=account_id,
            message_id=message.id,
            outcome="own" if message.is_own else "stored",
        )
        if taken is None:
            return "duplicate"
        if message.is_own:
            return "own"
        outcome, dm_message_id = self._make_of(moment, account_id, message)
        store.rows(
            moment,
            "message_outcome",
            id=taken["id"],
            outcome=outcome,
            dm_message_id=dm_message_id,
        )
        return outcome

    def _make_of(
        self, moment: Moment, account_id: UUID, message: Message
    ) -> tuple[str, UUID | None]:
        if message.is_event or message.is_deleted or message.sender_id is None:
            return "unrelated", None
        found = store.rows(
            moment,
            "sequences_with",
            account_id=account_id,
            person_id=message.sender_id,
            chat_id=message.chat_id,
            ask=STEP[Purpose.ASK],
        )
        if not found:
            return "unrelated", None
        last = found[0]
        stored = _stored(moment, last, account_id, message)
        for one in found:
            _answered(moment, one, message)
        return self._read(moment, last, message, stored), stored

    def _read(self, moment: Moment, last: Mapping[str, Any], message: Message, stored: UUID) -> str:
        if asks_to_stop(message.text):
            self.opt_out(moment, client_id=last["client_id"], person_id=last["linkedin_id"])
            return "stored"
        read = extract(message.text, review_below=self.review_below)
        if read.email is not None and last["email_extracted"] is None:
            self.capture(moment, last, read.email, confidence=read.confidence)
            return "email_found"
        if read.verdict is Verdict.REVIEW and last["email_extracted"] is None:
            _ask_person(moment, last, message, read, stored)
            return "review"
        return "no_email" if read.verdict is Verdict.NONE else "stored"

    def capture(
        self, moment: Moment, sequence: Mapping[str, Any], email: str, *, confidence: float
    ) -> None:
        """Keep a lead's address and plan what was promised for it."""
        if self._is_suppressed(moment, sequence, email):
            after.give_up(moment, sequence, "the person is on the list of those not to write to")
            return
        is_first = store.row(
            moment, "capture_address", sequence_id=sequence["sequence_id"], email=email
        )
        if is_first is None:
            return
        lead_id = sequence["lead_id"]
        store.rows(moment, "lead_captured", lead_id=lead_id, email=email, confidence=confidence)
        store.rows(moment, "close_reviews", lead_id=lead_id)
        store.move_lead(moment, lead_id, "email_captured")
        after.add_confirmation(moment, sequence)
        self.captured(moment, lead_id)

    def _is_suppressed(self, moment: Moment, sequence: Mapping[str, Any], email: str) -> bool:
        """Whether the address is on the list, or the person, who opted out and writes again."""
        made = [
            each
            for kind, value in (("email", email), ("linkedin", sequence["linkedin_id"]))
            for each in suppression.hashes(self.keys, moment.agency_id, kind, value)
        ]
        return bool(store.suppressed(moment, [sequence["client_id"]], made))

    def opt_out(self, moment: Moment, *, client_id: UUID, person_id: str) -> None:
        """Never write to a person again for a client, whatever campaign."""
        suppression.suppress(
            self.keys,
            moment,
            client_id=client_id,
            kind="linkedin",
            value=person_id,
            reason="opt_out",
            source="message",
        )
        store.rows(moment, "withdraw_invitations", client_id=client_id, person_id=person_id)
        for one in store.rows(
            moment, "sequences_of_client", client_id=client_id, person_id=person_id
        ):
            store.end_sequence(
                moment, one["sequence_id"], status="abandoned", reason="the person opted out"
            )
            if one["lead_status"] in _BEFORE_CAPTURE:
                store.move_lead(moment, one["lead_id"], "failed")


def _stored(moment: Moment, last: Mapping[str, Any], account_id: UUID, message: Message) -> UUID:
    made = store.row(
        moment,
        "record_inbound",
        client_id=last["client_id"],
        sequence_id=last["sequence_id"],
        lead_id=last["lead_id"],
        account_id=account_id,
        message=message.text,
        kind=message.kind,
        message_id=message.id,
        chat_id=message.chat_id,
        person_id=message.sender_id,
        sent_at=message.sent_at or moment.at,
    )
    assert made is not None
    id_: UUID = made["id"]
    return id_


def _answered(moment: Moment, one: Mapping[str, Any], message: Message) -> None:
    """Note that the person answered; what came before our first message answers nothing."""
    sent_at = message.sent_at or moment.at
    if one["asked_at"] is None or sent_at < one["asked_at"] - CLOCK_SLACK:
        return
    store.rows(
        moment,
        "sequence_answered",
        sequence_id=one["sequence_id"],
        sent_at=sent_at,
        chat_id=message.chat_id,
    )
    store.rows(
        moment,
        "cancel_steps",
        sequence_id=one["sequence_id"],
        purposes=[Purpose.REMIND],
        reason="the person has replied",
    )
    store.move_lead(moment, one["lead_id"], "dm_replied")


def _ask_person(
    moment: Moment,
    last: Mapping[str, Any],
    message: Message,
    read: Extraction,
    stored: UUID,
) -> None:
    others = [one.meant for one in read.candidates if one is not read.best]
    store.rows(
        moment,
        "ask_for_review",
        client_id=last["client_id"],
        lead_id=last["lead_id"],
        sequence_id=last["sequence_id"],
        dm_message_id=stored,
        message=message.text,
        candidate=None if read.best is None else read.best.meant,
        alternatives=others[:ALTERNATIVES_MAX],
        confidence=read.confidence,
        method=read.method,
    )
