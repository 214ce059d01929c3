"""The .sql file of a target table: one commented select for each source table that fills it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.kit.naming import referenced_name, snake_case
from mainstem.unify.plan.addresses import rewritings
from mainstem.unify.plan.identity import id_type, staged_identity
from mainstem.unify.plan.names import name_sql, table_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.plan.addresses import Rewriting
    from mainstem.unify.plan.config import AlsoConfig, Config, TableConfig
    from mainstem.unify.plan.model import Plan, PlannedColumn, PlannedTable, PlannedTenant

_HEADER = """\
-- {target}: written by `mainstem unify plan`, meant to be read and edited.
-- Each select gives the rows of one source table. :stage.x is the staged source table x (`_key` is
-- its key as text); :map.x says where the rows of x went (old_id, id, tenant, outcome), and
-- :map.x[column] the same by another unique column of x. :merged.x has the rows of x that another
-- row stands for (_key, survivor, id: the new id of that row). A key that is a secret (such as a
-- token) stands in _key and old_id as a fingerprint: such rows are found by :map.x[column].
-- Besides columns of {target} a select may give:
--   _key      the row's key: exactly once each, or the run stops
--   _refuse   null, or why the row waits in quarantine ('column: reason')
--   _merge    null, or the id of the row of {target} that stands for this one
--   _drop     null, or the named decision by which the row is left out
--   _changes  null, or what had to change: {{"column": ["before", "after", "rule"]}}
-- What {target} itself demands (not null, checks) is tried for every row and needs no line here.
"""


_NOW = frozenset({"now()", "CURRENT_TIMESTAMP", "statement_timestamp()", "clock_timestamp()"})
#: of one call: a function takes 100 arguments
_PAIRS_MAX = 50


@dataclass(frozen=True)
class Side:
    """What a section must know about the two sides beyond its own table."""

    plan: Plan
    config: Config
    target: TargetTable
    #: source tables whose rows have a tenant of their own
    tenant_tables: frozenset[str]
    #: references, as table and column, to tables that are loaded later
    early: frozenset[tuple[str, str]] = frozenset()

    @property
    def tenant(self) -> PlannedTenant | None:
        """The target's tenant key."""
        return self.plan.tenant

    def config_of(self, table: PlannedTable) -> TableConfig:
        """What the config says about a table."""
        return self.config.source(table.source).table(table.table)

    def sets_for(self, table: PlannedTable) -> dict[str, str]:
        """What the config sets in a table's rows: for all, for its source, for it."""
        source = self.config.source(table.source)
        return {**self.config.set, **source.set, **self.config_of(table).set}

    def sql(self, name: str) -> str:
        """A planned table's name in the plan's SQL."""
        table = self.plan.table(name)
        return table_sql(table.source, table.table)

    def is_by_stage(self, table: PlannedTable, column: PlannedColumn) -> bool:
        """Whether a reference finds a staged row: that of the own table, or of one loaded later."""
        assert column.reference is not None
        is_own = column.reference.table == table.name
        return is_own or (table.name, column.name) in self.early


def write_file(target: str, sections: Iterable[str]) -> str:
    """The whole file."""
    return _HEADER.format(target=target) + "".join("\n" + section for section in sections)


def write_section(table: PlannedTable, side: Side) -> str:
    """The select that brings one source table into its target."""
    items = [
        "s._key",
        _refusals(table, side),
        *_merge_item(table, side.plan),
        *_drop_item(table),
        *_changes(table, side),
        *_id_item(table, side.plan),
        *_tenant_item(table, side),
        *_value_items(table, side),
    ]
    name = table_sql(table.source, table.table)
    lines = [f"-- from {name}", f"-- {table.row_count} rows when planned."]
    lines += [
        f"-- {name_sql(column.name)} is dropped ({column.non_null} values): {one_line(column.drop)}"
        for column in table.columns
        if column.drop is not None
    ]
    lines += ["select", ",\n".join(f"    {item}" for item in items if item)]
    lines.append(f"from :stage.{name} as s")
    if side.plan.is_merging(table):
        lines.append(f"left join :merged.{name} as merged on merged._key = s._key")
    lines += [_join(table, column, side) for column in _references(table)]
    lines += [_derived_join(table, into, side) for into in table.derive]
    lines += [join for one in rewritings(table, side.plan).values() for join in one.joins]
    return "\n".join(lines) + ";\n"


def write_also(table: PlannedTable, also: AlsoConfig) -> str:
    """The select that gives a further table one row for each loaded row."""
    name = table_sql(table.source, table.table)
    items = ["s._key", *(f"{sql} as {name_sql(column)}" for column, sql in also.columns.items())]
    lines = [
        f"-- also {also.into} from {name}",
        "select",
        ",\n".join(f"    {item}" for item in items),
        f"from :stage.{name} as s",
        f"join :map.{name} as loaded on loaded.old_id = s._key and loaded.outcome = 'l'",
    ]
    if also.rows is not None:
        lines.append(f"cross join lateral {also.rows}")
    if also.where is not None:
        lines.append(f"where {also.where}")
    return "\n".join(lines) + ";\n"


def one_line(text: str | None) -> str:
    """A text for a comment."""
    return " ".join((text or "").split())


def _references(table: PlannedTable) -> Sequence[PlannedColumn]:
    return [column for column in table.columns if column.reference is not None]


def _alias(column: PlannedColumn) -> str:
    stem = referenced_name(column.name) or snake_case(column.name)
    return name_sql(f"{stem}_row")


def _join(table: PlannedTable, column: PlannedColumn, side: Side) -> str:
    """How a reference finds its row: in the map of a table loaded before, or in staging."""
    reference = column.reference
    assert reference is not None
    value = f"s.{name_sql(column.name)}"
    if column.type not in {"text", "varchar"}:
        value += "::text"
    alias, name = _alias(column), side.sql(reference.table)
    if side.is_by_stage(table, column):
        by = f"{name_sql(reference.column)}::text" if reference.column is not None else "_key"
        join = f"left join :stage.{name} as {alias} on {alias}.{by} = {value}"
        if side.plan.is_merging(side.plan.table(reference.table)):
            merged = _merged_alias(column)
            join += f"\nleft join :merged.{name} as {merged} on {merged}._key = {alias}._key"
        return join
    by = f"[{name_sql(reference.column)}]" if reference.column is not None else ""
    return f"left join :map.{name}{by} as {alias} on {alias}.old_id = {value}"


def _derived_alias(into: str) -> str:
    return name_sql(f"{referenced_name(into) or into}_over")


def _derived_join(table: PlannedTable, into: str, side: Side) -> str:
    """How a row over others is found: through staged rows, the last one in its map."""
    lines = []
    alias, at = "s", table
    *steps, last = table.derive[into]
    for number, name in enumerate(steps, start=1):
        value = _key_value(at, name, alias)
        reference = at.column(name).reference
        assert reference is not None, "a way is made of references"
        at, alias = side.plan.table(reference.table), name_sql(f"{into}_way{number}")
        by = f"{name_sql(reference.column)}::text" if reference.column is not None else "_key"
        place = f":stage.{side.sql(at.name)}"
        lines.append(f"left join {place} as {alias} on {alias}.{by} = {value}")
    reference = at.column(last).reference
    assert reference is not None, "a way is made of references"
    by = f"[{name_sql(reference.column)}]" if reference.column is not None else ""
    found, value = _derived_alias(into), _key_value(at, last, alias)
    place = f":map.{side.sql(reference.table)}{by}"
    lines.append(f"left join {place} as {found} on {found}.old_id = {value}")
    return "\n".join(lines)


def _key_value(table: PlannedTable, name: str, alias: str) -> str:
    value = f"{alias}.{name_sql(name)}"
    return value if table.column(name).type in {"text", "varchar"} else f"{value}::text"


def _found(table: PlannedTable, column: PlannedColumn, side: Side) -> str:
    """What is null when a reference leads nowhere."""
    return f"{_alias(column)}.{'_key' if side.is_by_stage(table, column) else 'old_id'}"


def _referenced_id(table: PlannedTable, column: PlannedColumn, side: Side) -> str:
    """The new id of the row that a reference leads to."""
    assert column.reference is not None
    alias = _alias(column)
    if not side.is_by_stage(table, column):
        return f"{alias}.id"
    parent = side.plan.table(column.reference.table)
    identity = staged_identity(parent, side.plan, alias) or f"{alias}._key"
    if not side.plan.is_merging(parent):
        return identity
    return f"coalesce({_merged_alias(column)}.id::{id_type(parent)}, {identity})"


def _merged_alias(column: PlannedColumn) -> str:
    """The row that stands for the staged one that a reference leads to."""
    return name_sql(f"{referenced_name(column.name) or snake_case(column.name)}_merged")


def _refusals(table: PlannedTable, side: Side) -> str:
    """Why a row cannot be loaded, the first reason that holds."""
    whens = [f"when {condition} then null" for condition in table.leave.values()]
    for column in _references(table):
        assert column.reference is not None
        name = name_sql(column.name)
        if column.reference.orphan == "quarantine":
            parent = side.plan.table(column.reference.table).table
            reason = f"{column.name}: leads to no loaded row of {parent}"
            whens.append(
                f"when s.{name} is not null and {_found(table, column, side)} is null\n            "
                f"then {text_sql(reason)}"
            )
    whens += _tenant_refusals(table, side)
    if not whens:
        return "null::text as _refuse"
    return "case\n        " + "\n        ".join(whens) + "\n    end as _refuse"


def _tenant_refusals(table: PlannedTable, side: Side) -> list[str]:
    """A row without a tenant, and a reference into another tenant, are refused."""
    expression = _tenant_expression(table, side)
    if expression is None or not table.tenant_path:
        return []
    first = table.tenant_path[0]
    whens = [
        f"when {expression} is null\n            then {text_sql(f'{first}: leads to no tenant')}"
    ]
    for column in _references(table):
        assert column.reference is not None
        is_mapped = not side.is_by_stage(table, column)
        if column.name != first and is_mapped and column.reference.table in side.tenant_tables:
            alias = _alias(column)
            reason = f"{column.name}: leads to a row of another tenant"
            whens.append(
                f"when {alias}.tenant <> {expression}\n            then {text_sql(reason)}"
            )
    for into, way in table.derive.items():
        if side.plan.end_of(table, way).name in side.tenant_tables:
            whens.append(
                f"when {_derived_alias(into)}.tenant <> {expression}\n            "
                f"then {text_sql(f'{into}: leads to a row of another tenant')}"
            )
    return whens


def _tenant_expression(table: PlannedTable, side: Side) -> str | None:
    tenant = side.tenant
    if tenant is None or not side.target.has_column(tenant.column):
        return None
    value = side.plan.source_of(table).tenant
    if value is not None:
        type_name = side.target.table.column(tenant.column).declared_type
        return f"{text_sql(value)}::{type_name}"
    if not table.tenant_path:
        return None
    return f"{_alias(table.column(table.tenant_path[0]))}.tenant"


def _tenant_item(table: PlannedTable, side: Side) -> list[str]:
    expression = _tenant_expression(table, side)
    if expression is None or side.tenant is None:
        return []
    return [f"{expression} as {name_sql(side.tenant.column)}"]


def _merge_item(table: PlannedTable, plan: Plan) -> list[str]:
    """The id of the row that stands for this one."""
    return ["merged.id as _merge"] if plan.is_merging(table) else []


def _drop_item(table: PlannedTable) -> list[str]:
    """The named decision by which a row is left out: the first whose condition holds."""
    whens = [
        f"when {condition}\n            then {text_sql(why)}"
        for why, condition in table.leave.items()
    ]
    return ["case\n        " + "\n        ".join(whens) + "\n    end as _drop"] if whens else []


def _id_item(table: PlannedTable, plan: Plan) -> list[str]:
    if table.id_column is None or table.id_kind in {"set", "column"}:
        return []
    identity = staged_identity(table, plan, "s")
    if table.id_kind == "kept":
        identity = f"s.{name_sql(table.key[0])}"
    return [f"{identity} as {name_sql(table.id_column)}"]


def _value_items(table: PlannedTable, side: Side) -> list[str]:
    """Plain columns, references, and what the config sets."""
    own = side.config_of(table).set
    skipped = {table.id_column if table.id_kind != "column" else None}
    if side.tenant is not None and _tenant_expression(table, side) is not None:
        skipped.add(side.tenant.column)
    sets = {name: sql for name, sql in side.sets_for(table).items() if side.target.has_column(name)}
    rewritten = rewritings(table, side.plan)
    items: dict[str, str] = {}
    for column in table.columns:
        if column.into is not None and column.is_staged:
            items[column.into] = _value(column, rewritten.get(column.name))
        if column.reference is not None and column.reference.into is not None:
            items[column.reference.into] = _referenced_id(table, column, side)
    items |= {into: f"{_derived_alias(into)}.id" for into in table.derive}
    items |= _packed(table)
    items |= {name: sql for name, sql in sets.items() if name in own or name not in items}
    items |= {name: sql for name, sql in _times(table, side).items() if name not in items}
    return [
        f"{sql} as {name_sql(name)}" if sql != f"s.{name_sql(name)}" else sql
        for name, sql in items.items()
        if name not in skipped or name in sets
    ]


def _packed(table: PlannedTable) -> dict[str, str]:
    """The jsonb columns that hold source columns under their own names."""
    found: dict[str, str] = {}
    for pack in dict.fromkeys(c.pack for c in table.staged if c.pack is not None):
        pairs = [
            f"{text_sql(column.name)}, s.{name_sql(column.name)}"
            for column in table.staged
            if column.pack == pack
        ]
        parts = [
            f"jsonb_build_object({', '.join(pairs[start : start + _PAIRS_MAX])})"
            for start in range(0, len(pairs), _PAIRS_MAX)
        ]
        found[pack] = " || ".join(parts)
    return found


def _times(table: PlannedTable, side: Side) -> dict[str, str]:
    """Times that the target would set to now: when the row was made, the same on every run."""
    if table.created is None:
        return {}
    created = f"s.{name_sql(table.created)}"
    return {
        column.name: f"coalesce({created}, {column.default})"
        for column in side.target.table.columns
        if column.declared_type.startswith("timestamp") and column.default in _NOW
    }


def _value(column: PlannedColumn, rewriting: Rewriting | None) -> str:
    value = f"s.{name_sql(column.name)}" if rewriting is None else rewriting.value
    return value if column.when_null is None else f"coalesce({value}, {column.when_null})"


def _changes(table: PlannedTable, side: Side) -> list[str]:
    """What the select itself changes, for the ledger."""
    parts = [one.change for one in rewritings(table, side.plan).values()]
    for column in table.columns:
        name, value = text_sql(column.name), f"s.{name_sql(column.name)}"
        if column.when_null is not None:
            parts.append(
                f"case when {value} is null then jsonb_build_object({name},"
                f" jsonb_build_array(null, ({column.when_null})::text, 'null-replaced')) end"
            )
        if column.reference is not None and column.reference.orphan == "null":
            parts.append(
                f"case when {value} is not null and {_found(table, column, side)} is null"
                f" then jsonb_build_object({name},"
                f" jsonb_build_array({value}::text, null, 'orphan-to-null')) end"
            )
    if not parts:
        return []
    if len(parts) == 1:
        return [f"{parts[0]} as _changes"]
    merged = "\n        || ".join(f"coalesce({part}, '{{}}')" for part in parts)
    return [f"nullif({merged}, '{{}}') as _changes"]
