"""The only module of the kit that runs SQL, within the caller's transaction.

A page of a list; an overview; for the stores of pages, named queries with their rows as mappings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString, cast

from psycopg import sql
from psycopg.rows import dict_row

from mainstem.web.listing import COUNTED_MAX, ROWS_A_PAGE, Listed
from mainstem.web.overview import COUNTED_MAX as COUNTED_IN_OVERVIEW
from mainstem.web.overview import Breakdown, Figure

if TYPE_CHECKING:
    from uuid import UUID

    from mainstem.web.listing import Listing, Wish
    from mainstem.web.overview import Overview
    from mainstem.web.visit import Connection, Visit


Row = dict[str, Any]


async def rows(connection: Connection, query: bytes, **parameters: object) -> list[Row]:
    """The rows of a query, which bounds them itself."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(query, parameters)).fetchall()


async def row(connection: Connection, query: bytes, **parameters: object) -> Row | None:
    """The first row of a query, or None."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(query, parameters)).fetchone()


async def read_overview(connection: Connection, visit: Visit, overview: Overview) -> dict[str, Any]:
    """What an overview shows, `figures` and `breakdowns`: of the agency or of the chosen client."""
    bound = {
        "agency_id": visit.agency_id,
        "client_id": visit.client_id,
        "counted_max": COUNTED_IN_OVERVIEW + 1,
    }
    numbers = await row(connection, overview.query, **bound)
    assert numbers is not None, "an aggregate gives a row"
    return {
        "figures": [Figure(label, numbers[name], path) for name, label, path in overview.figures],
        "breakdowns": [
            Breakdown.of(
                each.title,
                await rows(connection, each.query, **bound),
                path=each.path,
                names=each.names,
            )
            for each in overview.panels
        ],
    }


async def read_list(
    connection: Connection, visit: Visit, wish: Wish, **parameters: object
) -> Listed:
    """Read the page of a list that was asked for.

    Args:
        connection: of the visitor's tenant transaction.
        visit: whose agency, and which client they look at.
        wish: what is asked.
        parameters: what the list's query takes besides the agency.
    """
    listing = wish.listing
    narrowed, bound = _conditions(wish, visit.client_id)
    bound |= {"agency_id": visit.agency_id, **parameters}
    rows_query = sql.SQL(
        "select {columns} from ({query}) as listed{where} order by {order} limit {limit} offset "
        "{offset}"
    ).format(
        columns=_columns(wish),
        query=_query(listing),
        where=narrowed,
        order=_order(wish),
        limit=ROWS_A_PAGE + 1,
        offset=(wish.page - 1) * ROWS_A_PAGE,
    )
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(rows_query, bound)
        found = await cursor.fetchall()
        has_more = len(found) > ROWS_A_PAGE
        seen = (wish.page - 1) * ROWS_A_PAGE + len(found)
        if has_more or (wish.page > 1 and not found):
            counting = sql.SQL(
                "select count(*) from (select from ({query}) as listed{where} limit {limit}) as c"
            ).format(query=_query(listing), where=narrowed, limit=COUNTED_MAX + 1)
            counted = await (await cursor.execute(counting, bound)).fetchone()
            assert counted is not None, "an aggregate gives a row"
            total = cast("int", counted["count"])
        else:
            total = seen
    return Listed(wish, found[:ROWS_A_PAGE], total, has_more)


def _columns(wish: Wish) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, wish.keys))


def _query(listing: Listing) -> sql.Composable:
    # A named query of a context: its text is the program's own, whatever is asked is bound.
    return sql.SQL(cast("LiteralString", listing.query.decode()))  # type: ignore[redundant-cast]


def _order(wish: Wish) -> sql.Composable:
    key, is_turned = wish.order.removeprefix("-"), wish.order.startswith("-")
    direction = sql.SQL(" desc nulls last" if is_turned else " asc nulls last")
    if key == "id":
        return sql.Identifier(key) + sql.SQL(" desc" if is_turned else "")
    return sql.Identifier(key) + direction + sql.SQL(", id desc")


def _conditions(wish: Wish, client_id: UUID | None) -> tuple[sql.Composable, dict[str, object]]:
    listing = wish.listing
    said: list[sql.Composable] = []
    bound: dict[str, object] = {}
    for key, values in wish.picked.items():
        name = f"picked_{key}"
        said.append(sql.Identifier(key) + sql.SQL(" = any(") + sql.Placeholder(name) + sql.SQL(")"))
        bound[name] = list(values)
    if wish.text and listing.search:
        looked = [
            sql.Identifier(key) + sql.SQL(" ilike ") + sql.Placeholder("pattern")
            for key in listing.search
        ]
        said.append(sql.SQL("(") + sql.SQL(" or ").join(looked) + sql.SQL(")"))
        bound["pattern"] = contains(wish.text)
    if client_id is not None and listing.client_column is not None:
        said.append(
            sql.Identifier(listing.client_column) + sql.SQL(" = ") + sql.Placeholder("chosen")
        )
        bound["chosen"] = client_id
    if not said:
        return sql.SQL(""), bound
    return sql.SQL(" where ") + sql.SQL(" and ").join(said), bound


def contains(text: str) -> str:
    r"""A pattern of LIKE that finds the text anywhere; `%`, `_` and `\` in it mean themselves."""
    for mark in ("\\", "%", "_"):
        text = text.replace(mark, f"\\{mark}")
    return f"%{text}%"
