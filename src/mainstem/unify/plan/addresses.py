"""Addresses of moved files in rows: what the plan's SQL makes of them where the config asks for it.

An address is the old beginning, bucket and name; it becomes the new beginning and where the file
goes. Others stay as they are: those of buckets that stay behind, those with a query (signed for a
while), and those of a folder whose row is not known. What changes is a row of the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mainstem.unify.plan.identity import id_type, staged_identity
from mainstem.unify.plan.names import name_sql, table_sql, text_sql

if TYPE_CHECKING:
    from mainstem.unify.files.model import Files
    from mainstem.unify.plan.model import Plan, PlannedColumn, PlannedTable

RULE: Final = "address-rewritten"


@dataclass(frozen=True)
class Rewriting:
    """A column of addresses: its new value as SQL, and the joins that this needs."""

    column: str
    value: str
    joins: tuple[str, ...]

    @property
    def change(self) -> str:
        """What the ledger is told of a row, as jsonb; NULL where the value stays."""
        old = f"s.{name_sql(self.column)}"
        return (
            f"case when {old} <> {self.value} then jsonb_build_object({text_sql(self.column)},"
            f" jsonb_build_array({old}, {self.value}, {text_sql(RULE)})) end"
        )


def rewritings(table: PlannedTable, plan: Plan) -> dict[str, Rewriting]:
    """The columns of a table whose addresses are rewritten, by their names."""
    found: dict[str, Rewriting] = {}
    for files in plan.files:
        named = {place for place in files.rewritten if files.source == table.source}
        for column in table.columns:
            is_named = f"{table.table}.{column.name}" in named
            if is_named and column.into is not None and column.is_staged:
                found[column.name] = _rewriting(files, table, column, plan)
    return found


def _rewriting(files: Files, table: PlannedTable, column: PlannedColumn, plan: Plan) -> Rewriting:
    old = f"s.{name_sql(column.name)}"
    whens, joins = [], []
    beginnings = sorted(files.rewrite_urls.items(), key=lambda pair: -len(pair[0]))
    for number, (before, after) in enumerate(beginnings, start=1):
        rest = f"substr({old}, {len(before) + 1})"
        key, conditions = rest, []
        if files.owner is not None:
            alias = name_sql(f"{column.name}_owner{number}"[:63])
            owner = plan.table(f"{table.source}.{files.owner}" if table.source else files.owner)
            first = f"split_part({rest}, '/', 2)"
            lines, found = _owner(owner, plan, alias, first)
            joins += lines
            conditions.append(f"{found} is not null")
            bucket = f"split_part({rest}, '/', 1)"
            tail = f"substr({rest}, length({bucket}) + length({first}) + 3)"
            key = f"{bucket} || '/' || {found} || '/' || {tail}"
        conditions += [f"starts_with({old}, {text_sql(before)})", f"strpos({old}, '?') = 0"]
        conditions += [f"not starts_with({rest}, {text_sql(name + '/')})" for name in files.leave]
        moved = _moved(key, files)
        whens.append(f"when {' and '.join(conditions)} then {text_sql(after)} || {moved}")
    value = f"case {' '.join(whens)} else {old} end"
    return Rewriting(column.name, value, tuple(joins))


def _moved(key: str, files: Files) -> str:
    """Where a key goes: the longest beginning that fits becomes another one."""
    if not files.prefixes:
        return f"({key})"
    whens = " ".join(
        f"when starts_with({key}, {text_sql(old)})"
        f" then {text_sql(new)} || substr({key}, {len(old) + 1})"
        for old, new in sorted(files.prefixes.items(), key=lambda pair: -len(pair[0]))
    )
    return f"(case {whens} else {key} end)"


def _owner(owner: PlannedTable, plan: Plan, alias: str, key: str) -> tuple[list[str], str]:
    """The joins that find the row whose key a folder is called by, and its new id as text."""
    name = table_sql(owner.source, owner.table)
    identity = staged_identity(owner, plan, alias)
    if identity is None:
        return [f"left join :map.{name} as {alias} on {alias}.old_id = {key}"], f"{alias}.id::text"
    lines = [f"left join :stage.{name} as {alias} on {alias}._key = {key}"]
    if not plan.is_merging(owner):
        return lines, f"case when {alias}._key is not null then ({identity})::text end"
    merged = name_sql(f"{alias.strip(chr(34))}_merged"[:63])
    lines.append(f"left join :merged.{name} as {merged} on {merged}._key = {alias}._key")
    found = f"coalesce({merged}.id::{id_type(owner)}, {identity})::text"
    return lines, f"case when {alias}._key is not null then {found} end"
