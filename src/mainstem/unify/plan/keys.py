"""How the rows of a source table get their ids in the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.unify.codec.pgtype import parse_type
from mainstem.unify.plan.names import short_type
from mainstem.unify.plan.transfer import wire_type

if TYPE_CHECKING:
    from mainstem.unify.catalog.model import Column, Table
    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.plan.model import SourceKind
    from mainstem.unify.plan.propose import Proposal

_INTEGERS = frozenset({"smallint", "integer", "bigint"})


@dataclass(frozen=True)
class KeyChoice:
    """The target's id column and the source's key column, each where there is exactly one.

    `kind`: `minted` from the creation time and a hash of the old key; `kept`; `mixed` (kept where
    the old key is a uuid); `column` when the target's key is made of ordinary columns.
    """

    column: str | None
    source: str | None
    kind: str


def choose_key(proposal: Proposal, table: Table, target: TargetTable) -> KeyChoice:
    """Choose; asks when the target's key cannot be made from the source's."""
    columns = target.key_columns(proposal.tenant_column)
    source = table.primary_key[0] if len(table.primary_key) == 1 else None
    if not target.table.primary_key:
        proposal.ask(
            table.name,
            None,
            f"{target.name} has no primary key, so that no run could be undone: give it one by a "
            "migration of the target, and plan again",
        )
    if len(columns) != 1 or any(columns[0] in key.columns for key in target.table.foreign_keys):
        return KeyChoice(None, source, "column")
    base = parse_type_name(target.table.column(columns[0]).declared_type)
    if columns[0] in proposal.own.table(table.name).set:
        return KeyChoice(columns[0], source, "set")
    if base == "uuid":
        return KeyChoice(columns[0], source, _uuid_kind(proposal, table, target))
    if source is not None and (base in {"text", "varchar"} or _is_integer(table, source, base)):
        return KeyChoice(columns[0], source, "kept")
    if source is None and base in _INTEGERS and table.has_rowid and not table.primary_key:
        return KeyChoice(columns[0], None, "rowid")
    proposal.ask(
        table.name,
        source,
        f"{target.name}.{columns[0]} is {base} and the key of {table.name} is not: set "
        f"{proposal.place(table.name)}.set.{columns[0]} to an SQL expression",
    )
    return KeyChoice(columns[0], source, "set")


def parse_type_name(declared: str) -> str:
    """The base of a type's name: `numeric(12,2)` -> numeric."""
    return parse_type(declared).base if "[" not in declared else declared


def key_type(column: Column, target: TargetTable, key: KeyChoice, kind: SourceKind) -> str:
    """The type a key column is staged as."""
    if key.kind == "kept" and key.column is not None:
        return short_type(target.table.column(key.column).declared_type)
    return plain_type(column.declared_type, kind)


def plain_type(declared: str, kind: SourceKind) -> str:
    """The type that a column is staged as when no target column says one."""
    if kind.is_typed:
        return wire_type(declared)
    return "bigint" if "INT" in declared.upper() else "text"


def _uuid_kind(proposal: Proposal, table: Table, target: TargetTable) -> str:
    profile = proposal.profiles[table.name]
    if target.is_partitioned:
        return "minted"
    if _is_uuid(proposal, table):
        return "kept"
    if profile.uuid_key_count == 0:
        return "minted"
    return "kept" if profile.uuid_key_count == profile.row_count else "mixed"


def _is_uuid(proposal: Proposal, table: Table) -> bool:
    """Whether the source's own type says that every key is a uuid."""
    if not proposal.own.kind.is_typed or len(table.primary_key) != 1:
        return False
    return table.column(table.primary_key[0]).declared_type == "uuid"


def _is_integer(table: Table, source: str, base: str) -> bool:
    declared = table.column(source).declared_type.upper()
    return base in _INTEGERS and "INT" in declared and declared not in {"INTERVAL", "POINT"}
