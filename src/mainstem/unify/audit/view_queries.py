"""What views read, behind other views too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgparse

from mainstem.unify.audit.expressions import names, nodes, only
from mainstem.unify.catalog.database import RelationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.expressions import Node
    from mainstem.unify.catalog.database import Database, ObjectName, Relation

#: what makes several rows one, so that nothing can be written through the view
_CLAUSES = frozenset(
    {"distinctClause", "groupClause", "havingClause", "limitCount", "limitOffset", "withClause"}
)
_AGGREGATES = frozenset(
    {"array_agg", "avg", "bool_and", "bool_or", "count", "json_agg", "jsonb_agg", "max", "min"}
    | {"string_agg", "sum"}
)


def parse_view(view: Relation) -> list[Node]:
    """The tree of a view's query; empty where the parser does not know its syntax."""
    try:
        return [entry["stmt"] for entry in pgparse.parse(view.definition or "")]
    except pgparse.PGQueryError:
        return []


def is_written_through(view: Relation) -> bool:
    """Whether PostgreSQL hands what is written to a view on to the one relation that it shows.

    The rule is that of the documentation of CREATE VIEW, "Updatable Views".
    """
    for statement in parse_view(view):
        kind, fields = only(statement)
        sources = [only(source)[0] for source in fields.get("fromClause", [])]
        is_plain = kind == "SelectStmt" and fields.get("op") == "SETOP_NONE"
        if not is_plain or sources != ["RangeVar"] or not _CLAUSES.isdisjoint(fields):
            return False
        calls = [call for kind, call in nodes(fields["targetList"]) if kind == "FuncCall"]
        return not any(
            "over" in call or names(call["funcname"])[-1] in _AGGREGATES for call in calls
        )
    return False


def tables_behind(database: Database, view: Relation) -> Iterator[Relation]:
    """The tables that a view reads as its owner, through other views that do so as well.

    A view with `security_invoker` reads as whoever asks, behind another view too.
    """
    waiting = list(view.reads)
    seen: set[ObjectName] = set()
    while waiting:
        name = waiting.pop(0)
        relation = database.by_name.get(name)
        if relation is None or name in seen:
            continue
        seen.add(name)
        if relation.kind is RelationKind.VIEW and not relation.is_security_invoker:
            waiting.extend(relation.reads)
        elif not relation.is_view:
            yield relation
