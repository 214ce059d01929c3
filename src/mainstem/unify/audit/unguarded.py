"""Relations that strangers or signed-in people may read and that no policy can guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.catalogs import Fault
from mainstem.unify.audit.policies import granted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.database import Database, RelationKind


def unguarded(database: Database, kind: RelationKind) -> Iterator[Fault]:
    """A fault for each relation of that kind, which PostgreSQL knows no policies on."""
    for relation in database.relations:
        held = granted(relation)
        is_served = relation.name.schema in database.exposed_schemas
        if relation.kind is kind and is_served and held:
            who = " and ".join(sorted(held))
            yield Fault(
                f"{who} may read {kind.value} {relation.name}, and no policy can guard it",
                shown=f"{kind.value} {relation.name}, readable by {who}",
                relation=relation.name,
                fix=f"revoke all on {relation.name} from {', '.join(sorted(held))}",
            )
