"""Tables of a source that are no part of its app: backups, and what nothing refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.backups import backup_of, is_clear_backup

if TYPE_CHECKING:
    from mainstem.unify.catalog.model import Catalog, Table


def backup_evidence(table: Table, catalog: Catalog) -> str | None:
    """Why a table without a target is proposed for the archive, as a backup; else None."""
    if _is_pointed_at(table, catalog):
        return None
    original = backup_of(table.name, [other.name for other in catalog.tables])
    if original is not None:
        return f"proposed: by its name a copy of {original}, and no table refers to it"
    if is_clear_backup(table.name):
        return "proposed: by its name a backup, and no table refers to it"
    return None


def stands_alone(table: Table, catalog: Catalog) -> bool:
    """Whether a table neither refers to another nor is referred to: perhaps another product's."""
    return not table.foreign_keys and not _is_pointed_at(table, catalog)


def _is_pointed_at(table: Table, catalog: Catalog) -> bool:
    return any(
        key.parent == table.name
        for other in catalog.tables
        if other.name != table.name
        for key in other.foreign_keys
    )
