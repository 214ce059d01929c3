"""What a fault of the provider means for the account that it happened to.

Its work is put off, never spent: whoever signs in again finds it where it stopped.
"""

from __future__ import annotations

from datetime import timedelta
from secrets import SystemRandom
from typing import TYPE_CHECKING

from mainstem.revos.accounts import store
from mainstem.revos.unipile import Fault, Kind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from mainstem.revos.accounts.store import Connection

#: how long an account rests; the provider's own word goes before
THROTTLED_FOR = timedelta(hours=1)
UNAVAILABLE_FOR = timedelta(minutes=5)
LIMITED_FOR = timedelta(hours=24)
_DICE = SystemRandom()


def note(
    connection: Connection, agency_id: UUID, account_id: UUID, fault: Fault, *, at: datetime
) -> None:
    """Let an account rest, freeze it or stop it, as the fault says."""
    match fault.kind:
        case Kind.DISCONNECTED:
            _change(connection, agency_id, account_id, fault, at=at, status="expired")
        case Kind.RESTRICTED:
            _change(connection, agency_id, account_id, fault, at=at, status="restricted")
        case Kind.CONFIG:
            _change(connection, agency_id, account_id, fault, at=at, status="error")
        case Kind.THROTTLED | Kind.UNAVAILABLE | Kind.MALFORMED:
            store.rest(connection, agency_id, account_id, until=at + _rest(fault))
        case _:
            pass


def _rest(fault: Fault) -> timedelta:
    if fault.retry_after_s is not None:
        return timedelta(seconds=fault.retry_after_s)
    longest = THROTTLED_FOR if fault.kind is Kind.THROTTLED else UNAVAILABLE_FOR
    return longest * _DICE.uniform(0.5, 1.0)


def reconnected(connection: Connection, agency_id: UUID, account_id: UUID, *, at: datetime) -> None:
    """Let an account's work go on. One that LinkedIn restricted is let go on by a person only."""
    store.set_status(connection, agency_id, account_id, status="active", reason=None, at=at)


_TITLES = {
    "expired": "{} has to be connected again",
    "restricted": "LinkedIn has restricted {}",
    "error": "{} cannot be used",
}


def _change(
    connection: Connection,
    agency_id: UUID,
    account_id: UUID,
    fault: Fault,
    *,
    at: datetime,
    status: str,
) -> None:
    news = store.set_status(
        connection, agency_id, account_id, status=status, reason=fault.slug, at=at
    )
    if news is not None:
        user_id, _, name = news
        store.notify(
            connection,
            agency_id,
            user_id,
            kind=f"account_{status}",
            title=_TITLES[status].format(name),
            body="Nothing is sent in its name meanwhile, and nothing that waits is lost.",
            link=f"/revos/accounts/{account_id}",
        )
