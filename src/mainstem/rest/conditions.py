"""Writes columns, filters and orders as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.rest.binding import Binder, Mark, array_text
from mainstem.rest.catalog import AGENCY, quoted
from mainstem.rest.filtering import COMPARISONS, IS_VALUES, SEARCHES
from mainstem.rest.problem import RequestError, unknown_column
from mainstem.rest.query import Condition, Group, Path, Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mainstem.rest.catalog import Column, Relation
    from mainstem.rest.embedding import Node, Pairs
    from mainstem.rest.query import Order


def column_of(relation: Relation, name: str) -> Column:
    """The column of that name.

    Raises:
        RequestError: there is none that requests may see.
    """
    column = relation.columns.get(name)
    if column is None:
        raise unknown_column(relation.name, name)
    return column


def path_sql(binder: Binder, relation: Relation, alias: str, path: Path) -> str:
    """A column, or a place inside one."""
    column = column_of(relation, path.name)
    text = f"{alias}.{quoted(path.name)}"
    if not path.steps:
        return text
    text = text if column.is_json else f"to_jsonb({text})"
    for arrow, key in path.steps:
        text += arrow + (str(key) if isinstance(key, int) else f"{binder.bind(key)}::text")
    return f"({text})"


def agency_sql(binder: Binder, relation: Relation, alias: str) -> list[str]:
    """The agency by name: the policy says the same, and the planner can count with it."""
    if not relation.is_tenant:
        return []
    return [f"{alias}.{quoted(AGENCY)} = {binder.mark(Mark.AGENCY)}::uuid"]


def pairs_sql(parent: str, child: str, pairs: Pairs) -> list[str]:
    """The columns in which two rows must agree."""
    return [f"{child}.{quoted(there)} = {parent}.{quoted(here)}" for here, there in pairs]


def where_sql(
    binder: Binder, node: Node, alias: str, where: Where, joined: Mapping[str, str]
) -> str:
    """One filter, or a tree of them. `joined`: the value of each embedding by its name."""
    if isinstance(where, Group):
        word = f" {where.word} "
        inner = word.join(where_sql(binder, node, alias, one, joined) for one in where.members)
        return f"not ({inner})" if where.is_negated else f"({inner})"
    child = node.child(where.path.name)
    if child is not None and not where.path.steps and child.embed is not None:
        text = _embedded_sql(where, joined[child.embed.name])
    else:
        subject = path_sql(binder, node.relation, alias, where.path)
        text = _comparison(binder, node.relation, where, subject)
    return f"not ({text})" if where.is_negated else text


def _embedded_sql(where: Condition, value: str) -> str:
    if where.operator != "is" or where.value not in {"null", "not_null"}:
        raise RequestError(
            400,
            "PGRST120",
            f"Only is null or not is null filters are allowed on embedded resource "
            f"'{where.path.name}'",
        )
    return f"{value} {IS_VALUES[where.value]}"


def _comparison(binder: Binder, relation: Relation, where: Condition, subject: str) -> str:
    if where.operator == "is":
        return f"{subject} {IS_VALUES[str(where.value)]}"
    if where.operator in SEARCHES:
        return _search(binder, relation, where, subject)
    if where.operator == "in":
        return f"{subject} = any({binder.bind(array_text(tuple(where.value)))})"
    values = where.value
    if where.operator in {"like", "ilike"}:
        values = (
            values.replace("*", "%")
            if isinstance(values, str)
            else tuple(one.replace("*", "%") for one in values)
        )
    operator = COMPARISONS[where.operator]
    if isinstance(values, tuple):
        return f"{subject} {operator} {where.modifier}({binder.bind(array_text(values))})"
    return f"{subject} {operator} {binder.bind(values)}"


def _search(binder: Binder, relation: Relation, where: Condition, subject: str) -> str:
    """A text search; what is no tsvector becomes one."""
    language = f"{binder.bind(where.modifier)}::regconfig, " if where.modifier else ""
    is_vector = relation.columns[where.path.name].base_type == "tsvector" and not where.path.steps
    vector = subject if is_vector else f"to_tsvector({language}{subject})"
    return f"{vector} @@ {SEARCHES[where.operator]}({language}{binder.bind(str(where.value))})"


def order_sql(binder: Binder, node: Node, alias: str, order: Order) -> str:
    """One term of an order."""
    if order.embed is None:
        subject = path_sql(binder, node.relation, alias, order.path)
    else:
        subject = _related(binder, node, alias, order)
    direction = " desc" if order.is_descending else ""
    return f"{subject}{direction}{' ' + order.nulls if order.nulls else ''}"


def _related(binder: Binder, node: Node, alias: str, order: Order) -> str:
    """A column of the one row that a to-one embedding leads to."""
    child = node.child(order.embed or "")
    if child is None or child.way is None:
        raise RequestError(
            400,
            "PGRST108",
            f"'{order.embed}' is not an embedded resource in this request",
            hint=f"Verify that '{order.embed}' is included in the 'select' query parameter.",
        )
    if child.way.is_many:
        raise RequestError(
            400,
            "PGRST118",
            f"A related order on '{order.embed}' is not possible",
            details=f"'{node.relation.name}' and '{order.embed}' do not form a many-to-one or "
            "one-to-one relationship",
        )
    inner = binder.alias("o")
    subject = path_sql(binder, child.relation, inner, order.path)
    conditions = pairs_sql(alias, inner, child.way.pairs) + agency_sql(
        binder, child.relation, inner
    )
    source = f"{child.relation.sql} as {inner}"
    return f"(select {subject} from {source} where {' and '.join(conditions)} limit 1)"
