"""The only module of webhooks that runs SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from mainstem.db.queries import load_queries
from mainstem.revos.webhooks import pacing
from mainstem.revos.webhooks.model import Parcel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.revos.webhooks.model import Event

    Connection = psycopg.Connection[TupleRow]
    AsyncConnection = psycopg.AsyncConnection[TupleRow]
    Added = list[tuple[UUID, UUID]]

QUERIES = load_queries("mainstem.revos.webhooks")


def announce(connection: Connection, agency_id: UUID, events: Sequence[Event]) -> Added:
    """Keep a delivery of each event for each endpoint that wants it: ids with their clients."""
    told = [{"kind": e.kind, "key": e.key, "lead_id": str(e.lead_id)} for e in events]
    asked = {"agency_id": agency_id, "events": _json(told)}
    return [(row[0], row[1]) for row in connection.execute(QUERIES["announce"], asked).fetchall()]


def parcels(connection: Connection, agency_id: UUID, ids: Sequence[UUID]) -> list[Parcel]:
    """Return deliveries with their endpoints; those whose endpoint was deleted are missing."""
    with connection.cursor(row_factory=class_row(Parcel)) as cursor:
        asked = {"agency_id": agency_id, "ids": list(ids)}
        return cursor.execute(QUERIES["parcels"], asked, prepare=True).fetchall()


def settle(
    connection: Connection,
    agency_id: UUID,
    outcomes: Sequence[Mapping[str, Any]],
    endpoints: Sequence[Mapping[str, Any]],
) -> None:
    """Write down what attempts came to, for deliveries, leads and endpoints."""
    ids = [outcome["id"] for outcome in outcomes]
    told = [
        id_ for id_, outcome in zip(ids, outcomes, strict=True) if outcome["status"] == "success"
    ]
    asked = {"agency_id": agency_id, "ids": ids, "outcomes": _json(outcomes)}
    connection.execute(QUERIES["settle"], asked, prepare=True)
    if told:
        connection.execute(
            QUERIES["mark_leads"], {"agency_id": agency_id, "ids": told}, prepare=True
        )
    if endpoints:
        connection.execute(
            QUERIES["mark_endpoints"],
            {
                "agency_id": agency_id,
                "endpoints": _json(endpoints),
                "failures_open": pacing.FAILURES_OPEN,
                "spared_s": pacing.SPARED_S,
                "spared_max_s": pacing.SPARED_MAX_S,
                "disabled_after": pacing.DISABLED_AFTER,
            },
            prepare=True,
        )


async def run(connection: AsyncConnection, query: str, **values: object) -> int:
    """Carry a query out; how many rows it touched."""
    return (await connection.execute(QUERIES[query], _adapted(values))).rowcount


async def rows(connection: AsyncConnection, query: str, **values: object) -> list[dict[str, Any]]:
    """The rows of a query, by column."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(QUERIES[query], _adapted(values))
        return await cursor.fetchall()


def _adapted(values: dict[str, object]) -> dict[str, object]:
    return {
        name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
