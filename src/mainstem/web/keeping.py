"""Forms, kept: what was typed is written, or it is said beside the field why it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.exceptions import NotFoundException
from psycopg.errors import CheckViolation, UniqueViolation

from mainstem.web.store import row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.web.forms import Filled
    from mainstem.web.store import Row
    from mainstem.web.visit import Visit


async def keep(
    visit: Visit,
    filled: Filled,
    query: bytes,
    refusals: Mapping[str, tuple[str, str]],
    **bound: object,
) -> tuple[Filled, Row | None]:
    """Write what was typed, where nothing is wrong with it.

    Args:
        visit: of whom it was typed by.
        filled: the form.
        query: one statement that returns the row; it takes the agency, the fields and `bound`.
        refusals: by constraint of the database: the field that it is about, and what is said there.
        **bound: what else the query takes.

    Returns:
        the form, with what a constraint had against it; the row, None where nothing was written.

    Raises:
        NotFoundException: there is no row to change.
    """
    if not filled.is_good:
        return filled, None
    bound = {"agency_id": visit.agency_id, **filled.values(), **bound}
    try:
        async with visit.writing() as connection:
            kept = await row(connection, query, **bound)
    except (UniqueViolation, CheckViolation) as error:
        refusal = refusals.get(error.diag.constraint_name or "")
        if refusal is None:
            raise
        return filled.with_problem(*refusal), None
    if kept is None:
        raise NotFoundException
    return filled, kept
