"""What views read, behind other views too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgparse

from mainstem.unify.catalog.database import RelationKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.expressions import Node
    from mainstem.unify.catalog.database import Database, ObjectName, Relation


def parse_view(view: Relation) -> list[Node]:
    """The tree of a view's query; empty where the parser does not know its syntax."""
    try:
        return [entry["stmt"] for entry in pgparse.parse(view.definition or "")]
    except pgparse.PGQueryError:
        return []


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
