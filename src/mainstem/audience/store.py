"""The only module of AudienceOS that runs SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.db.queries import load_queries
from mainstem.web import row, rows

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.web import Row, Visit
    from mainstem.web.visit import Connection

QUERIES = load_queries("mainstem.audience")
#: more cards than this in one stage are not looked through on a board
CARDS_MAX = 50
HITS_MAX = 6


async def client(connection: Connection, visit: Visit, client_id: UUID) -> Row | None:
    """One client; None where the visitor sees none of that id."""
    return await row(connection, QUERIES["client"], agency_id=visit.agency_id, client_id=client_id)


async def stages(connection: Connection, visit: Visit) -> list[Row]:
    """The agency's stages in their order, then others that clients are still in."""
    return await rows(connection, QUERIES["stages"], agency_id=visit.agency_id)


async def history(connection: Connection, visit: Visit, client_id: UUID) -> list[Row]:
    """The latest changes of a client's stage."""
    return await rows(
        connection, QUERIES["stage_history"], agency_id=visit.agency_id, client_id=client_id
    )


async def board(connection: Connection, visit: Visit) -> list[Row]:
    """The cards of the board."""
    return await rows(
        connection, QUERIES["board"],
        agency_id=visit.agency_id, client_id=visit.client_id, cards_max=CARDS_MAX,
    )  # fmt: skip


async def move(
    connection: Connection, visit: Visit, client_id: UUID, *, stage: str, from_stage: str
) -> bool:
    """Move a client to a stage; False where it is not in the stage that it was shown in."""
    moved = await connection.execute(
        QUERIES["move_client"],
        {
            "agency_id": visit.agency_id,
            "client_id": client_id,
            "stage": stage,
            "from_stage": from_stage,
        },
    )
    return moved.rowcount == 1


async def search(connection: Connection, visit: Visit, pattern: str) -> list[Row]:
    """Clients whose name is like that."""
    return await rows(
        connection, QUERIES["search"],
        agency_id=visit.agency_id, pattern=pattern, rows_max=HITS_MAX,
    )  # fmt: skip
