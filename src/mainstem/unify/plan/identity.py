"""The new id of a row as SQL: the same wherever it is written, and on every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from mainstem.unify.plan.model import Plan, PlannedTable

_UUID_SHAPE = "'^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'"


def identity_sql(
    table: PlannedTable,
    plan: Plan,
    *,
    key: str,
    created: str | None,
    clear: str | None = None,
) -> str | None:
    """The id of a row, from its key as text and the time it was made.

    `clear`: the key where `key` is only a fingerprint of it. None where no rule makes the ids.
    """
    if table.id_kind == "rowid":
        return f"{key}::bigint"
    moment = "timestamptz 'epoch'"
    if created is not None:
        moment = f"coalesce({created}, {moment})"
    minted = f"unify.minted({moment}, {text_sql(plan.seed_of(table))} || {key})"
    kept_key = clear or key
    if table.id_kind == "mixed":
        kept = f"case when {kept_key} ~ {_UUID_SHAPE}\n        then {kept_key}::uuid\n"
        return f"{kept}        else {minted}\n    end"
    if table.id_kind == "kept" and len(table.key) == 1:
        return f"{kept_key}::{id_type(table)}"
    return minted if table.id_kind == "minted" else None


def id_type(table: PlannedTable) -> str:
    """The type of such an id."""
    if table.id_kind == "kept":
        return table.column(table.key[0]).type
    return "bigint" if table.id_kind == "rowid" else "uuid"


def staged_identity(table: PlannedTable, plan: Plan, alias: str) -> str | None:
    """The id of a staged row that no other one stands for."""
    created = f"{alias}.{name_sql(table.created)}" if table.created is not None else None
    clear = clear_key(table, alias)
    return identity_sql(table, plan, key=f"{alias}._key", created=created, clear=clear)


def clear_key(table: PlannedTable, alias: str) -> str | None:
    """A row's key as text where `_key` is a fingerprint of it; else None."""
    if not table.has_secret_key or len(table.key) != 1:
        return None
    return f"{alias}.{name_sql(table.key[0])}::text"
