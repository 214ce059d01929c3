"""Which columns of a table hold secrets: by their names, or because they point at such a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.kit.secrets_names import is_secret

if TYPE_CHECKING:
    from mainstem.unify.catalog.model import Table


def holds_secret(table: Table, column: str) -> bool:
    """Whether a column's values must be masked wherever rows are shown."""
    return is_secret(table.name, column) or any(
        is_secret(key.parent, pointed_at)
        for key in table.foreign_keys
        for name, pointed_at in zip(key.columns, key.parent_columns, strict=False)
        if name == column
    )


def has_secret_key(table: Table) -> bool:
    """Whether the table's rows are named by a secret: then a fingerprint of it names them."""
    return any(holds_secret(table, column) for column in table.primary_key)
