"""Digests of tables: whether a source or a target is still as it was when the plan was made."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainstem.unify.catalog.model import Table


def table_digest(table: Table) -> str:
    """A digest of what a plan relies on in a table; rows, indexes and counters do not matter."""
    content = [
        [[c.name, c.declared_type, c.is_nullable, c.default, c.generated] for c in table.columns],
        list(table.declared_key or table.primary_key),
        sorted([k.columns, k.parent, k.parent_columns] for k in table.foreign_keys),
        sorted(check.expression for check in table.checks),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
