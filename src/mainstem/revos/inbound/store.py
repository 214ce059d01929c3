"""The only module of inbound that runs SQL: intake on an event loop, handling in a job's hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from mainstem.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.revos.inbound.events import Event
    from mainstem.revos.unipile import Account

    Connection = psycopg.Connection[TupleRow]
    AsyncConnection = psycopg.AsyncConnection[TupleRow]

QUERIES = load_queries("mainstem.revos.inbound")
#: agencies that share an account
OWNERS_MAX = 20
STRAY_CHARACTERS_MAX = 4_000
STRAYS_PER_HOUR_MAX = 1_000
FORGOTTEN_MAX = 1_000


@dataclass(frozen=True)
class Taken:
    """An event as it was kept for one agency."""

    agency_id: UUID
    client_id: UUID
    linkedin_account_id: UUID
    id: UUID
    outcome: str


@dataclass(frozen=True)
class OpenEvent:
    """An event that waits to be handled."""

    id: UUID
    linkedin_account_id: UUID
    event: str
    payload: dict[str, Any]
    event_at: datetime | None
    created_at: datetime


async def take_in(
    connection: AsyncConnection, event: Event, payload: dict[str, object]
) -> list[Taken]:
    """Keep an event for every agency that has linked its account."""
    values = {**_common(event, payload), "owners_max": OWNERS_MAX}
    return await _taken(connection, "take_in", values)


async def take_in_link(
    connection: AsyncConnection,
    event: Event,
    payload: dict[str, object],
    *,
    route: str,
    now: datetime,
) -> list[Taken]:
    """Keep that an account was linked, and use up the word that it came with."""
    values = {**_common(event, payload), "route": route, "now": now}
    return await _taken(connection, "take_in_link", values)


async def keep_stray(connection: AsyncConnection, *, reason: str, detail: str, body: bytes) -> None:
    """Keep what belongs to nobody, cut short; what is no text is shown as far as it goes."""
    text = body[:STRAY_CHARACTERS_MAX].decode("utf-8", "replace")
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    values = {"reason": reason, "detail": detail, "body": text, "rows_max": STRAYS_PER_HOUR_MAX}
    await connection.execute(QUERIES["keep_stray"], values)


async def add_link(
    connection: AsyncConnection,
    agency_id: UUID,
    account_id: UUID,
    *,
    route: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep the word that a linked account comes back with."""
    values = {
        "agency_id": agency_id,
        "account_id": account_id,
        "route": route,
        "now": now,
        "expires_at": expires_at,
    }
    await connection.execute(QUERIES["add_link"], values)


async def account_to_link(
    connection: AsyncConnection, agency_id: UUID, account_id: UUID
) -> tuple[str | None, bool] | None:
    """An account that the transaction's person sees: the provider's id; whether they may write."""
    values = {"agency_id": agency_id, "id": account_id}
    row = await (await connection.execute(QUERIES["account_to_link"], values)).fetchone()
    return None if row is None else (row[0], row[1])


def open_events(connection: Connection, agency_id: UUID, ids: Sequence[UUID]) -> list[OpenEvent]:
    """The events of these ids that nobody has handled, in the order in which they happened."""
    with connection.cursor(row_factory=class_row(OpenEvent)) as cursor:
        cursor.execute(QUERIES["open_events"], {"agency_id": agency_id, "ids": list(ids)})
        return cursor.fetchall()


def finish_event(
    connection: Connection,
    agency_id: UUID,
    event_id: UUID,
    *,
    outcome: str,
    at: datetime,
    message: str | None = None,
    is_kept: bool = True,
) -> None:
    """Say what was made of an event: processed, ignored or failed, and why; keep it or not."""
    values = {
        "agency_id": agency_id,
        "id": event_id,
        "outcome": outcome,
        "message": message,
        "at": at,
        "is_kept": is_kept,
    }
    connection.execute(QUERIES["finish_event"], values)


def forget_events(connection: Connection, agency_id: UUID, *, before: datetime) -> int:
    """Forget which events were taken in before a time, so many at once; how many that were."""
    values = {"agency_id": agency_id, "before": before, "rows_max": FORGOTTEN_MAX}
    return connection.execute(QUERIES["forget_events"], values).rowcount


def account(
    connection: Connection, agency_id: UUID, account_id: UUID
) -> tuple[str | None, str | None, str] | None:
    """The account's id at the provider, its person at LinkedIn, and its status."""
    values = {"agency_id": agency_id, "id": account_id}
    row = connection.execute(QUERIES["account"], values).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def linked_elsewhere(
    connection: Connection, agency_id: UUID, account_id: UUID, found: Account
) -> bool:
    """Whether another account of the agency is that one, or of the same person."""
    values = {
        "agency_id": agency_id,
        "id": account_id,
        "provider_id": found.id,
        "person_id": found.person_id,
    }
    return connection.execute(QUERIES["linked_elsewhere"], values).fetchone() is not None


def link_account(
    connection: Connection,
    agency_id: UUID,
    account_id: UUID,
    found: Account,
    *,
    dialect: str,
    at: datetime,
) -> None:
    """Let an account work from here on."""
    values = {
        "agency_id": agency_id,
        "id": account_id,
        "provider_id": found.id,
        "dialect": dialect,
        "person_id": found.person_id,
        "public_identifier": found.public_identifier,
        "display_name": found.name or None,
        "headline": None,
        "premium_features": list(found.premium_features),
        "at": at,
    }
    connection.execute(QUERIES["link_account"], values)


def _common(event: Event, payload: dict[str, object]) -> dict[str, object]:
    return {
        "account": event.account,
        "key": event.key,
        "event": event.name,
        "payload": Jsonb(payload),
        "at": event.at,
        "is_own": event.is_own,
    }


async def _taken(connection: AsyncConnection, query: str, values: dict[str, object]) -> list[Taken]:
    async with connection.cursor(row_factory=class_row(Taken)) as cursor:
        await cursor.execute(QUERIES[query], values)
        return await cursor.fetchall()
