"""PUT: one row, named by its whole key, made or replaced."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mainstem.rest.payload import parse_json
from mainstem.rest.problem import RequestError
from mainstem.rest.query import Condition

if TYPE_CHECKING:
    from mainstem.rest.catalog import Relation
    from mainstem.rest.compiling import Asked
    from mainstem.rest.payload import Payload


def check_put(asked: Asked, relation: Relation, payload: Payload) -> Asked:
    """The same as an upsert, once address and body agree on the row.

    Raises:
        RequestError: they do not, or there is not exactly one row.
    """
    query = asked.read()
    if query.top.limit is not None or query.top.offset:
        raise RequestError(
            400, "PGRST114", "limit/offset querystring parameters are not allowed for PUT"
        )
    named = {
        one.path.name: one.value
        for one in query.top.where
        if isinstance(one, Condition) and one.operator == "eq" and not one.is_negated
    }
    if set(named) != set(relation.own_key) or len(query.top.where) != len(named):
        raise RequestError(
            405,
            "PGRST105",
            "Filters must include all and only primary key columns with 'eq' operators",
        )
    rows = parse_json(payload.text.encode())
    if not isinstance(rows, list) or len(rows) != 1:
        raise RequestError(400, "PGRST102", "PUT takes one object")
    if any(str(rows[0].get(name)) != value for name, value in named.items()):
        raise RequestError(
            400, "PGRST115", "Payload values do not match URL in primary key column(s)"
        )
    return replace(asked, preferences=replace(asked.preferences, resolution="merge-duplicates"))
