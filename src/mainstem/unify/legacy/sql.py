"""The SQL of a view under an old name: the view, its triggers, its rights, how it is counted.

A view reads as its caller (`security_invoker`), so that the policies of the table hold. Its
condition calls a function once a query; PostgreSQL counts those calls where `track_functions` is
on, in transactions that only read too (postgresql.org/docs/current/monitoring-stats.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.legacy.model import Origin
from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mainstem.unify.catalog.database import ObjectName, Relation
    from mainstem.unify.legacy.model import Beside, LegacyColumn, LegacyView, Parent

_WRITES: Final = ("insert", "update", "delete")
_JSON: Final = frozenset({"json", "jsonb"})
_INDENT: Final = "    "


def schema_sql(schema: str) -> str:
    """The schema that the views stand in."""
    return f"create schema if not exists {name_sql(schema)};\n"


def view_sql(view: LegacyView, base: Relation, schema: str) -> str:
    """Everything of one view, made anew; dropped first where it is there already."""
    name = f"{name_sql(schema)}.{name_sql(view.name)}"
    parts = [
        f"drop view if exists {name};",
        _counter(view, schema),
        _view(view, name, schema),
        *_defaults(view, base, name),
    ]
    if view.needs_trigger:
        parts += [_writer(view, base, schema), _trigger(view, name, schema)]
    return "\n".join([*parts, *_grants(view, base, name, schema)]) + "\n"


def counter_name(view: str) -> str:
    """The function that counts a view's use."""
    return f"use_{view}"


def writer_name(view: str) -> str:
    """The function that writes through a view."""
    return f"write_{view}"


def operations(view: LegacyView) -> tuple[str, ...]:
    """What the shape of a view allows."""
    writes = [one for one in _WRITES if one == "insert" or view.key or not view.needs_trigger]
    is_lost = view.tenant is not None and view.old_name(view.tenant) is None and not view.parent
    return ("select", *(one for one in writes if not (one == "insert" and is_lost)))


def _counter(view: LegacyView, schema: str) -> str:
    name = f"{name_sql(schema)}.{name_sql(counter_name(view.name))}()"
    return (
        f"create or replace function {name} returns boolean\n"
        "language plpgsql stable parallel safe\n"
        "as $$begin return true; end$$;"
    )


def _view(view: LegacyView, name: str, schema: str) -> str:
    columns = ",\n".join(
        f"{_INDENT}{_value(one, view)} as {name_sql(one.name)}" for one in view.columns
    )
    used = f"(select {name_sql(schema)}.{name_sql(counter_name(view.name))}())"
    conditions = [used, *(f"t.{name_sql(column)} = {value}" for column, value in view.constants)]
    check = "" if view.needs_trigger else "\nwith local check option"
    return (
        f"create view {name} with (security_invoker = true) as\nselect\n{columns}\n"
        f"from {_table(view.table)} as t\nwhere {' and '.join(conditions)}{check};"
    )


def _value(column: LegacyColumn, view: LegacyView) -> str:
    """The expression that gives back the old value."""
    if column.origin is Origin.COLUMN:
        return f"t.{name_sql(column.column)}"
    if column.origin is Origin.PACKED:
        if column.type in _JSON:
            return f"(t.{name_sql(column.column)} -> {text_sql(column.key)})::{column.type}"
        return f"(t.{name_sql(column.column)} ->> {text_sql(column.key)})::{column.type}"
    if column.origin is Origin.BESIDE and view.beside is not None:
        found = f"select b.{name_sql(column.column)} from {_table(view.beside.table)} as b"
        return f"({found} where {_link(view, 't')} limit 1)"
    return f"null::{column.type}"


def _link(view: LegacyView, row: str) -> str:
    assert view.beside is not None
    key = next(one for one in view.key if one != view.tenant)
    value = f"t.{name_sql(key)}" if row == "t" else f"{row}.{name_sql(view.old_name(key) or key)}"
    conditions = [f"b.{name_sql(view.beside.link)} = {value}"]
    conditions += [f"b.{name_sql(column)} = {text}" for column, text in view.beside.constants]
    return " and ".join(conditions)


def _defaults(view: LegacyView, base: Relation, name: str) -> Iterator[str]:
    """What the table gives a column that an insert leaves out, the view gives too."""
    for one in view.of(Origin.COLUMN) if view.needs_trigger else ():
        column = base.column(one.column)
        if column is not None and column.default is not None:
            altered = f"alter view {name} alter column {name_sql(one.name)}"
            yield f"{altered} set default {column.default};"


def _writer(view: LegacyView, base: Relation, schema: str) -> str:
    body = [*_on_insert(view), *_on_update(view, base), *_on_delete(view)]
    lines = "\n".join(f"  {line}" for line in body)
    return (
        f"create or replace function {name_sql(schema)}.{name_sql(writer_name(view.name))}() "
        f"returns trigger\nlanguage plpgsql security invoker set search_path = '' as $write$\n"
        f"begin\n{lines}\n  return null;\nend\n$write$;"
    )


def _on_insert(view: LegacyView) -> Iterator[str]:
    yield "if tg_op = 'INSERT' then"
    values = {one.column: f"new.{name_sql(one.name)}" for one in view.of(Origin.COLUMN)}
    values |= dict(view.constants)
    for column in dict.fromkeys(one.column for one in view.of(Origin.PACKED)):
        values[column] = f"jsonb_strip_nulls({_packed(view, column)})"
    if view.parent is not None and view.tenant is not None:
        values[view.tenant] = _looked_up(view.tenant, view.parent)
    yield from _insert(view.table, values)
    if view.beside is not None:
        yield from _insert(view.beside.table, _beside_values(view, view.beside, values))
    yield "  return new;"
    yield "end if;"


def _insert(table: ObjectName, values: dict[str, str]) -> Iterator[str]:
    columns = ", ".join(map(name_sql, values))
    yield f"  insert into {_table(table)} ({columns})"
    yield f"  values ({', '.join(values.values())});"


def _looked_up(tenant: str, parent: Parent) -> str:
    """The tenant of the row that a new one points at, as far as its writer can see that."""
    return (
        f"(select p.{name_sql(tenant)} from {_table(parent.table)} as p "
        f"where p.{name_sql(parent.key)} = new.{name_sql(parent.column)})"
    )


def _beside_values(view: LegacyView, beside: Beside, values: dict[str, str]) -> dict[str, str]:
    """What a new row has in the second table."""
    key = next(one for one in view.key if one != view.tenant)
    given = {one.column: f"new.{name_sql(one.name)}" for one in view.of(Origin.BESIDE)}
    given |= {**dict(beside.constants), beside.link: values[key]}
    return given | {column: values.get(source, "null") for column, source in beside.copied}


def _on_update(view: LegacyView, base: Relation) -> Iterator[str]:
    """Set what everybody may set; the rest only where it changes, so that rights on it count."""
    if not view.key:
        return
    yield "if tg_op = 'UPDATE' then"
    changes = {one.column: f"new.{name_sql(one.name)}" for one in view.of(Origin.COLUMN)}
    for column in dict.fromkeys(one.column for one in view.of(Origin.PACKED)):
        changes[column] = f"coalesce(t.{name_sql(column)}, '{{}}') || {_packed(view, column)}"
    common = _changeable(base)
    rest = [
        one for one in view.of(Origin.COLUMN) if common is not None and one.column not in common
    ]
    few = {column: value for column, value in changes.items() if common and column in common}
    if rest:
        differs = " or ".join(
            f"{_text('new', one)} is distinct from {_text('old', one)}" for one in rest
        )
        yield f"  if {differs} then"
        yield from _update(view, changes, "    ")
        yield "  else"
        yield from _update(view, few, "    ")
        yield "  end if;"
    else:
        yield from _update(view, changes, "  ")
    yield "  if not found then return null; end if;"
    beside = view.of(Origin.BESIDE)
    if beside and view.beside is not None:
        assigned = ", ".join(f"{name_sql(one.column)} = new.{name_sql(one.name)}" for one in beside)
        yield f"  update {_table(view.beside.table)} as b set {assigned}"
        yield f"  where {_link(view, 'old')};"
    yield "  return new;"
    yield "end if;"


def _update(view: LegacyView, changes: dict[str, str], pad: str) -> Iterator[str]:
    """The update of the table; without anything to set, whether the row is there."""
    if not changes:
        yield f"{pad}perform from {_table(view.table)} as t where {_found(view, 't')};"
        return
    assigned = ", ".join(f"{name_sql(column)} = {value}" for column, value in changes.items())
    yield f"{pad}update {_table(view.table)} as t set {assigned}"
    yield f"{pad}where {_found(view, 't')};"


def _text(row: str, column: LegacyColumn) -> str:
    """A value to compare: `json` has no equality of its own."""
    return f"{row}.{name_sql(column.name)}::text"


def _changeable(base: Relation) -> frozenset[str] | None:
    """The columns that every role which may update at all may set; None where that is all."""
    found: dict[str, set[str]] = {}
    every = {column.name for column in base.columns}
    for grant in base.grants:
        if grant.privilege == "update" and grant.role != base.owner:
            found.setdefault(grant.role, set()).update(grant.columns or every)
    common = every.intersection(*found.values())
    return frozenset(common) if common != every else None


def _on_delete(view: LegacyView) -> Iterator[str]:
    if not view.key:
        return
    yield "if tg_op = 'DELETE' then"
    if view.beside is not None:
        yield f"  delete from {_table(view.beside.table)} as b where {_link(view, 'old')};"
    yield f"  delete from {_table(view.table)} as t where {_found(view, 't')};"
    yield "  if not found then return null; end if;"
    yield "  return old;"
    yield "end if;"


def _found(view: LegacyView, row: str) -> str:
    """The row of the table that the view's row is."""
    conditions = [
        f"{row}.{name_sql(column)} = old.{name_sql(view.old_name(column) or column)}"
        for column in view.key
    ]
    conditions += [f"{row}.{name_sql(column)} = {value}" for column, value in view.constants]
    return " and ".join(conditions)


def _packed(view: LegacyView, column: str) -> str:
    pairs = ", ".join(
        f"{text_sql(one.key)}, new.{name_sql(one.name)}"
        for one in view.of(Origin.PACKED)
        if one.column == column
    )
    return f"jsonb_build_object({pairs})"


def _trigger(view: LegacyView, name: str, schema: str) -> str:
    events = [one for one in operations(view) if one != "select"]
    writer = f"{name_sql(schema)}.{name_sql(writer_name(view.name))}()"
    return (
        f"create trigger {name_sql(writer_name(view.name))} instead of {' or '.join(events)} "
        f"on {name}\nfor each row execute function {writer};"
        if events
        else ""
    )


def _grants(view: LegacyView, base: Relation, name: str, schema: str) -> Iterator[str]:
    """The rights that roles have on the table, as far as the view can do it."""
    allowed = set(operations(view))
    for grant in base.grants:
        if grant.privilege not in allowed or grant.role == base.owner:
            continue
        role = "public" if grant.role == "public" else name_sql(grant.role)
        columns = ""
        if grant.columns:
            old = _granted(view, grant.columns)
            if not old:
                continue
            columns = f" ({', '.join(map(name_sql, old))})"
        counter = f"{name_sql(schema)}.{name_sql(counter_name(view.name))}()"
        yield f"grant usage on schema {name_sql(schema)} to {role};"
        yield f"grant execute on function {counter} to {role};"
        yield f"grant {grant.privilege}{columns} on {name} to {role};"


def _granted(view: LegacyView, columns: Collection[str]) -> list[str]:
    """The old columns that rights on single columns are for; a second table has its own rights."""
    return [
        one.name for one in view.columns if one.column in columns or one.origin is Origin.BESIDE
    ]


def _table(name: ObjectName) -> str:
    return f"{name_sql(name.schema)}.{name_sql(name.name)}"
