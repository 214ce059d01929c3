"""What follows once it is known what became of a message."""

from __future__ import annotations

from datetime import timedelta
from secrets import SystemRandom
from typing import TYPE_CHECKING, Any

from mainstem.revos import settings
from mainstem.revos.accounts import health
from mainstem.revos.accounts import store as accounts_store
from mainstem.revos.sequence import store
from mainstem.revos.sequence.checks import OPEN_INVITATIONS
from mainstem.revos.sequence.model import REMIND_FIRST, STEP, Purpose
from mainstem.revos.unipile import Indeterminate, Kind, Outcome, Refused, Sent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from mainstem.revos.sending import Moment

#: what a campaign's settings may say otherwise
REMINDER, REMIND_AFTER, BACKUP_AFTER = (
    "reminder_template", "remind_after_hours", "backup_after_minutes",
)  # fmt: skip
REMIND_AFTER_HOURS = [48.0]
REMINDERS_MAX = 5
BACKUP_AFTER_MINUTES = 5.0
HOURS_MAX = 24 * 60.0
MINUTES_MAX = 24 * 60 * 7.0
#: a refusal of this moment is tried again after so long, plus up to as much again
AGAIN_AFTER = {
    Kind.THROTTLED: timedelta(hours=1),
    Kind.UNAVAILABLE: timedelta(minutes=10),
    Kind.MALFORMED: timedelta(minutes=10),
    Kind.DISCONNECTED: timedelta(minutes=30),
    Kind.RESTRICTED: timedelta(hours=6),
    Kind.CONFIG: timedelta(minutes=30),
    Kind.LIMIT: health.LIMITED_FOR,
}
_DICE = SystemRandom()


def settled(
    moment: Moment, step: Mapping[str, Any], account_id: UUID, outcome: Outcome | None
) -> None:
    """Write the outcome into the send ledger, the message and all that hangs on it."""
    match outcome:
        case Sent(id=message_id, chat_id=chat_id):
            _ledger(moment, step, "sent", message_id=message_id, chat_id=chat_id)
            _sent(moment, step, account_id, message_id=message_id, chat_id=chat_id)
        case Refused(fault):
            _ledger(moment, step, "failed", slug=fault.slug, reason=fault.message or None)
            _refused(moment, step, account_id, outcome)
        case Indeterminate(reason):
            _ledger(moment, step, "unknown", reason=reason)
            end_step(moment, step, "unknown", reason)
            _ask_person(moment, step, account_id)
        case None:
            _ledger(moment, step, "failed", slug="withdrawn", reason="no longer wanted")
            _withdrawn(moment, step)


def _ledger(moment: Moment, step: Mapping[str, Any], status: str, **said: str | None) -> None:
    values = {"message_id": None, "chat_id": None, "slug": None, "reason": None, **said}
    store.rows(
        moment,
        "settle_delivery",
        status=status,
        sent_at=moment.at if status == "sent" else None,
        campaign_id=step["campaign_id"],
        person_id=step["linkedin_id"],
        step=step["step"],
        **values,
    )


def _sent(
    moment: Moment,
    step: Mapping[str, Any],
    account_id: UUID,
    *,
    message_id: str | None,
    chat_id: str | None,
) -> None:
    store.rows(
        moment,
        "step_sent",
        step_id=step["step_id"],
        client_id=step["client_id"],
        sequence_id=step["sequence_id"],
        lead_id=step["lead_id"],
        account_id=account_id,
        message=step["message"],
        message_id=message_id,
        chat_id=chat_id,
    )
    _goes_on(moment, step)


def _goes_on(moment: Moment, step: Mapping[str, Any]) -> None:
    match Purpose(step["purpose"]):
        case Purpose.ASK:
            store.rows(
                moment,
                "lead_asked",
                lead_id=step["lead_id"],
                campaign_id=step["campaign_id"],
                comment_id=step["comment_id"],
            )
            _remind(moment, step)
        case Purpose.CONFIRM:
            add_backup(moment, step)
        case Purpose.BACKUP:
            store.move_lead(moment, step["lead_id"], "backup_sent")
            store.end_sequence(moment, step["sequence_id"], status="completed")
        case Purpose.REMIND:
            pass


def _remind(moment: Moment, step: Mapping[str, Any]) -> None:
    """Plan the reminders, unless the person was quicker than our own bookkeeping."""
    if step["last_inbound_at"] is not None or not settings.text(step["settings"], REMINDER):
        return
    hours = settings.numbers(
        step["settings"], REMIND_AFTER, REMIND_AFTER_HOURS, most=HOURS_MAX, count_max=REMINDERS_MAX
    )
    for number, after_hours in enumerate(hours):
        add_step(
            moment,
            step,
            Purpose.REMIND,
            number=REMIND_FIRST + number,
            after=timedelta(hours=after_hours),
        )


def add_confirmation(moment: Moment, step: Mapping[str, Any]) -> None:
    """Plan what follows a captured address: the confirmation, or, without one, the link."""
    if step["dm_template_step2"]:
        add_step(moment, step, Purpose.CONFIRM, number=STEP[Purpose.CONFIRM], after=timedelta(0))
    else:
        add_backup(moment, step)


def add_backup(moment: Moment, step: Mapping[str, Any]) -> None:
    """Plan the message with the download link; without one the sequence is complete."""
    if not step["dm_template_step3"]:
        store.end_sequence(moment, step["sequence_id"], status="completed")
        return
    minutes = settings.number(
        step["settings"], BACKUP_AFTER, BACKUP_AFTER_MINUTES, most=MINUTES_MAX
    )
    add_step(
        moment,
        step,
        Purpose.BACKUP,
        number=STEP[Purpose.BACKUP],
        after=timedelta(minutes=minutes),
    )


def add_step(
    moment: Moment, step: Mapping[str, Any], purpose: Purpose, *, number: int, after: timedelta
) -> None:
    """Plan a message of a sequence; one that is planned already stays as it is."""
    store.rows(
        moment,
        "add_step",
        client_id=step["client_id"],
        sequence_id=step["sequence_id"],
        account_id=step["linkedin_account_id"],
        step=number,
        purpose=purpose,
        scheduled_for=moment.at + after,
    )


def _refused(moment: Moment, step: Mapping[str, Any], account_id: UUID, outcome: Refused) -> None:
    fault = outcome.fault
    match fault.kind:
        case Kind.NOT_CONNECTED:
            store.rows(moment, "ask_to_connect", account_id=account_id, lead_id=step["lead_id"])
            if not held(moment, step["step_id"], "the person is invited first", slug=fault.slug):
                said = "LinkedIn says that they are no contact, and they were invited before"
                end_step(moment, step, "failed", said, slug=fault.slug)
                if step["purpose"] == Purpose.ASK:
                    give_up(moment, step, said)
        case Kind.UNREACHABLE | Kind.CREDITS | Kind.GONE:
            end_step(moment, step, "failed", fault.message, slug=fault.slug)
            give_up(moment, step, f"the person cannot be written to ({fault.slug})")
        case kind if kind in AGAIN_AFTER:
            wait = AGAIN_AFTER[kind] * _DICE.uniform(1, 2)
            store.rows(
                moment,
                "put_off_step",
                step_id=step["step_id"],
                until=moment.at + wait,
                reason=fault.message or None,
                slug=fault.slug,
            )
        case _:
            end_step(moment, step, "failed", fault.message, slug=fault.slug)


def held(moment: Moment, step_id: UUID, reason: str, *, slug: str | None = None) -> bool:
    """Let a message wait for the answer to an invitation; False when that is not open any more."""
    values = {"step_id": step_id, "reason": reason, "slug": slug, "open": list(OPEN_INVITATIONS)}
    return store.row(moment, "hold_step", **values) is not None


def _withdrawn(moment: Moment, step: Mapping[str, Any]) -> None:
    """Put a message back that was not wanted at its moment; the checks judge it anew."""
    store.rows(
        moment,
        "put_off_step",
        step_id=step["step_id"],
        until=moment.at + timedelta(minutes=5),
        reason="no longer wanted when its turn came",
        slug="withdrawn",
    )


def skipped(moment: Moment, one: Mapping[str, Any], reason: str) -> None:
    """End a sequence whose first message will never be sent; a later one changes nothing."""
    if Purpose(one["purpose"]) is Purpose.ASK and one["ledger_status"] is None:
        step = store.row(moment, "step_of", step_id=one["step_id"])
        if step is not None:
            give_up(moment, step, reason)


def give_up(moment: Moment, step: Mapping[str, Any], reason: str) -> None:
    """Write nothing more to a person in this campaign."""
    store.end_sequence(moment, step["sequence_id"], status="failed", reason=reason)
    store.move_lead(moment, step["lead_id"], "failed")
    store.rows(
        moment,
        "trigger_skipped",
        campaign_id=step["campaign_id"],
        comment_id=step["comment_id"],
        reason=reason,
    )


def end_step(
    moment: Moment, step: Mapping[str, Any], status: str, reason: str, *, slug: str | None = None
) -> None:
    """Be done with one message."""
    store.rows(moment, "end_step", step_id=step["step_id"], status=status, reason=reason, slug=slug)


def _ask_person(moment: Moment, step: Mapping[str, Any], account_id: UUID) -> None:
    owner = store.row(moment, "account_owner", account_id=account_id)
    if owner is not None:
        accounts_store.notify(
            moment.connection,
            moment.agency_id,
            owner["user_id"],
            kind="send_unknown",
            title=f"A message of {step['campaign_name']} may have been sent, or not",
            body="LinkedIn gave no answer. Look into the conversation and say which it was; "
            "until then nothing more is sent to that person.",
            link=f"/revos/leads/{step['lead_id']}",
        )
