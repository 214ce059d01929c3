"""The only module of accounts that runs SQL; in transactions of service_role, for one agency."""

from __future__ import annotations

from secrets import SystemRandom
from typing import TYPE_CHECKING

import msgspec

from mainstem.db.queries import load_queries
from mainstem.revos.accounts.model import (
    ABANDONED_AFTER,
    READS_PER_DAY,
    RELATIONS_PER_DAY,
    SPACING,
    SPACING_JITTER,
    WARMTH_AT_FIRST,
    WRITES,
    BegunCall,
    FreeAccount,
    NewCall,
    Route,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.revos.unipile import AccountId, PersonId

    Connection = psycopg.Connection[TupleRow]

QUERIES = load_queries("mainstem.revos.accounts")
ACCOUNTS_MAX = 1_000
#: more calls than any cap allows
WHOLE_DAY = 1_000_000
_DICE = SystemRandom()
_WRITE_ORDER = (Route.DM, Route.INVITATION, Route.COMMENT, Route.REACTION, Route.POST)


def lock(connection: Connection, agency_id: UUID) -> None:
    """Be the only one that decides for the agency's accounts until the transaction ends.

    All people whom other agencies linked too are locked at once, in one order: who locked first one
    and then another would wait for an agency that did so the other way round.
    """
    connection.execute(QUERIES["lock_agency"], {"agency_id": agency_id})
    _lock_people(connection, agency_id, None)


def _lock_people(connection: Connection, agency_id: UUID, among: Iterable[UUID] | None) -> None:
    """Have what others decide for the same people done before their calls are counted."""
    values = {"agency_id": agency_id, "among": None if among is None else list(among)}
    connection.execute(QUERIES["lock_people"], values)


def free(
    connection: Connection,
    agency_id: UUID,
    at: datetime,
    *,
    among: Collection[UUID] | None = None,
    limit: int = ACCOUNTS_MAX,
) -> list[FreeAccount]:
    """Return the accounts that may write right now, under `lock`.

    Args:
        connection: in a transaction.
        agency_id: whose accounts.
        at: the time it is.
        among: only these; None is all of the agency's.
        limit: at most so many.
    """
    values = {
        "agency_id": agency_id,
        "at": at,
        "among": None if among is None else list(among),
        "warmth_at_first": WARMTH_AT_FIRST,
        "whole_day": WHOLE_DAY,
        "abandoned_after": ABANDONED_AFTER,
        "limit": limit,
    }
    rows = connection.execute(QUERIES["free_accounts"], values).fetchall()
    return [_account(*row) for row in rows]


def _account(
    id_: UUID,
    client_id: UUID,
    provider_id: AccountId,
    dialect: str,
    person_id: PersonId | None,
    *left: int,
) -> FreeAccount:
    return FreeAccount(
        id=id_,
        client_id=client_id,
        provider_id=provider_id,
        dialect=dialect,
        person_id=person_id,
        left=dict(zip(_WRITE_ORDER, left, strict=True)),
    )


def reads_left(
    connection: Connection, agency_id: UUID, at: datetime, *, route: Route, among: Collection[UUID]
) -> dict[UUID, int]:
    """Return how often each account may still read so today; those that cannot read are absent.

    Who reserves reads by it does so under `lock`.
    """
    values = {
        "agency_id": agency_id,
        "at": at,
        "route": route,
        "among": list(among),
        "cap": RELATIONS_PER_DAY if route is Route.READ_RELATIONS else READS_PER_DAY,
    }
    return dict(connection.execute(QUERIES["reads_left"], values).fetchall())


def reserve(connection: Connection, agency_id: UUID, calls: Sequence[NewCall]) -> dict[UUID, UUID]:
    """Write down calls that are about to be made; they count against the limits from here on.

    Returns:
        The id of each, by its account: of a batch of writes, each account makes one.
    """
    rows = [
        {
            "client_id": call.client_id,
            "account_id": call.account_id,
            "route": call.route,
            "sender": call.sender,
            "subject_id": call.subject_id,
            "called_at": call.called_at,
            "next_write_at": _next_write_at(call),
        }
        for call in calls
    ]
    values = {"agency_id": agency_id, "calls": msgspec.json.encode(rows).decode()}
    return dict(connection.execute(QUERIES["reserve"], values).fetchall())


def _next_write_at(call: NewCall) -> datetime | None:
    if call.route not in WRITES:
        return None
    return call.called_at + _rest()


def _rest() -> timedelta:
    return SPACING + _DICE.random() * SPACING_JITTER


def begin(
    connection: Connection, agency_id: UUID, calls: Mapping[UUID, UUID], *, at: datetime
) -> dict[UUID, BegunCall]:
    """Say that calls are made now, of those whose accounts are still well and awake.

    Args:
        connection: in a transaction.
        agency_id: whose ledger.
        calls: their ids, and the account of each.
        at: the time it is.

    Returns:
        Each that is open still.
    """
    _lock_people(connection, agency_id, calls.values())
    values = {"agency_id": agency_id, "ids": list(calls), "at": at}
    rows = connection.execute(QUERIES["begin_calls"], values).fetchall()
    return {id_: BegunCall(*begun) for id_, *begun in rows}


def abandoned(
    connection: Connection, agency_id: UUID, at: datetime, *, limit: int = ACCOUNTS_MAX
) -> list[tuple[UUID, UUID, UUID, str, UUID]]:
    """Return calls whose jobs were lost for good: id, client, account, sender, subject."""
    values = {"agency_id": agency_id, "before": at - ABANDONED_AFTER, "limit": limit}
    rows = connection.execute(QUERIES["abandoned_calls"], values).fetchall()
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def finish(
    connection: Connection,
    agency_id: UUID,
    call_id: UUID,
    *,
    status: str,
    at: datetime,
    slug: str | None = None,
    message: str | None = None,
) -> bool:
    """Say what became of a call: done, refused or unclear. False: that was said already."""
    values = {
        "agency_id": agency_id,
        "id": call_id,
        "status": status,
        "at": at,
        "slug": slug,
        "message": message,
        "rests_until": at + _rest(),
    }
    return connection.execute(QUERIES["finish_call"], values).fetchone() is not None


def finish_reads(
    connection: Connection, agency_id: UUID, pages: Mapping[UUID, int], *, at: datetime
) -> None:
    """Give back the reads that looks reserved and did not need.

    Args:
        connection: in a transaction.
        agency_id: whose ledger.
        pages: what the reads were reserved for, and how many pages of comments were read.
        at: the time it is.
    """
    values = {
        "agency_id": agency_id,
        "subjects": list(pages),
        "pages": list(pages.values()),
        "at": at,
    }
    connection.execute(QUERIES["finish_reads"], values)


def rest(connection: Connection, agency_id: UUID, account_id: UUID, *, until: datetime) -> None:
    """Ask nothing in an account's name until then."""
    values = {"agency_id": agency_id, "id": account_id, "until": until}
    connection.execute(QUERIES["rest_account"], values)


def set_status(
    connection: Connection,
    agency_id: UUID,
    account_id: UUID,
    *,
    status: str,
    reason: str | None,
    at: datetime,
) -> tuple[UUID, UUID, str] | None:
    """Change an account's status; its person, client and name when that is news."""
    values = {
        "agency_id": agency_id,
        "id": account_id,
        "status": status,
        "reason": reason,
        "at": at,
    }
    row = connection.execute(QUERIES["set_account_status"], values).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def notify(connection: Connection, agency_id: UUID, user_id: UUID, **said: str | None) -> None:
    """Tell a person: `kind`, `title`, and perhaps `body` and `link`."""
    values = {"body": None, "link": None, **said, "agency_id": agency_id, "user_id": user_id}
    connection.execute(QUERIES["notify"], values)
