"""What several of RevOS's pages read and write; what one page alone needs stands with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.db.queries import load_queries
from mainstem.web import row, rows

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.web import Form, Row, Visit
    from mainstem.web.visit import Connection

QUERIES = load_queries("mainstem.revos.pages")
HITS_MAX = 6


async def campaign(connection: Connection, visit: Visit, campaign_id: UUID) -> Row | None:
    """One campaign with its leads by state; None where the visitor sees none of that id."""
    bound: dict[str, object] = {"agency_id": visit.agency_id, "campaign_id": campaign_id}
    found = await row(connection, QUERIES["campaign"], **bound)
    if found is None:
        return None
    by_status = await rows(connection, QUERIES["campaign_leads_by_status"], **bound)
    return {**found, "by_status": by_status}


async def lead(connection: Connection, visit: Visit, lead_id: UUID) -> Row | None:
    """One lead; None where there is none."""
    return await row(connection, QUERIES["lead"], agency_id=visit.agency_id, lead_id=lead_id)


async def change_notes(
    connection: Connection, visit: Visit, lead_id: UUID, notes: str | None
) -> bool:
    """Keep what people noted about a lead; False where there is none of that id."""
    changed = await connection.execute(
        QUERIES["change_notes"],
        {"agency_id": visit.agency_id, "lead_id": lead_id, "notes": notes},
    )
    return changed.rowcount == 1


async def with_clients(connection: Connection, visit: Visit, form: Form) -> Form:
    """A form, with the clients to pick from."""
    offered = await rows(connection, QUERIES["clients"], agency_id=visit.agency_id)
    return form.with_choices(client_id=tuple((each["id"], each["name"]) for each in offered))


async def campaign_names(connection: Connection, visit: Visit) -> list[Row]:
    """Campaigns to pick from."""
    return await rows(
        connection, QUERIES["campaign_names"],
        agency_id=visit.agency_id, client_id=visit.client_id,
    )  # fmt: skip


async def search(connection: Connection, visit: Visit, pattern: str) -> list[Row]:
    """Campaigns and leads whose name or address is like that."""
    return await rows(
        connection, QUERIES["search"],
        agency_id=visit.agency_id, pattern=pattern, rows_max=HITS_MAX,
    )  # fmt: skip
