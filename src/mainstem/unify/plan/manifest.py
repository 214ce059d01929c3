"""`manifest.toml`: what a plan says about every source table and column."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import tomlkit

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean
from mainstem.unify.codec import DEFAULT_RULES, RULES, rule_text
from mainstem.unify.codec.pgtype import parse_type
from mainstem.unify.plan.model import (
    Plan,
    PlannedColumn,
    PlannedTable,
    PlannedTenant,
    Question,
    Reference,
)
from mainstem.unify.plan.toml_reader import Section, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tomlkit.items import InlineTable, Table

MANIFEST = "manifest.toml"

_HEADER = """\
Where every table and column of the source goes. Written by `mainstem unify plan`, meant to be read,
edited and reviewed; `mainstem unify run` obeys it and refuses what it does not cover.
A column: into = target column; reference = the row it points at; drop = why it is not carried over;
used = read for the plan's own SQL. type says how its values are read; [rules] (or rules = [...] of
one column) say what may be done to a value that does not fit: each change is a row of the ledger,
and a value that no rule covers sends its row to the quarantine."""

Rules: TypeAlias = "Mapping[str, tuple[str, ...]]"


def write_manifest(plan: Plan) -> str:
    """The text of a plan's manifest."""
    document = tomlkit.document()
    for line in _HEADER.splitlines():
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document.add("name", tomlkit.item(plan.name))
    document.add("schema", tomlkit.item(plan.schema))
    document.add("source", _source(plan))
    if plan.tenant is not None:
        document.add("tenant", _tenant(plan.tenant))
    document.add("targets", _texts(plan.target_digests))
    document.add("rules", _rules(plan))
    if plan.questions:
        document.add("question", _questions(plan))
    tables = tomlkit.table(is_super_table=True)
    for table in plan.tables:
        tables.add(table.name, _table(table))
    document.add("tables", tables)
    return tomlkit.dumps(document)


def _source(plan: Plan) -> Table:
    section = tomlkit.table()
    section.add("sqlite", str(plan.source_path))
    section.add("schema_sha256", plan.source_schema_sha256)
    return section


def _tenant(tenant: PlannedTenant) -> Table:
    section = tomlkit.table()
    section.add("column", tenant.column)
    section.add("root", tenant.root)
    if tenant.source_table is not None:
        section.add("from", tenant.source_table)
    if tenant.value is not None:
        section.add("id", tenant.value)
    return section


def _texts(values: object) -> Table:
    section = tomlkit.table()
    assert hasattr(values, "items")
    for name, value in values.items():
        section.add(name, value)
    return section


def _rules(plan: Plan) -> Table:
    """What is done to odd values of each type, unless a column says otherwise."""
    section = tomlkit.table()
    types = {parse_type(c.type).base for table in plan.moved() for c in table.staged}
    for rule in dict.fromkeys(rule for name in sorted(types) for rule in DEFAULT_RULES[name]):
        section.add(tomlkit.comment(f"{rule}: {rule_text(rule)}"))
    for name in sorted(types):
        section.add(name, list(DEFAULT_RULES[name]))
    return section


def _questions(plan: Plan) -> tomlkit.items.AoT:
    found = tomlkit.aot()
    for question in plan.questions:
        section = tomlkit.table()
        section.add("table", question.table)
        if question.column is not None:
            section.add("column", question.column)
        section.add("text", question.text)
        found.append(section)
    return found


def _table(table: PlannedTable) -> Table:
    section = tomlkit.table()
    section.add("rows", table.row_count)
    for key, text in (("into", table.into), ("drop", table.drop), ("id_column", table.id_column)):
        if text is not None:
            section.add(key, text)
    for key, text in (("id_kind", table.id_kind), ("created", table.created)):
        if text is not None:
            section.add(key, text)
    for key, names in (("key", table.key), ("tenant_path", table.tenant_path)):
        if names:
            section.add(key, list(names))
    if table.merge:
        section.add("merge", [list(way) for way in table.merge])
    columns = tomlkit.table()
    for column in table.columns:
        columns.add(column.name, _column(column))
    section.add("columns", columns)
    return section


def _column(column: PlannedColumn) -> InlineTable:
    line = tomlkit.inline_table()
    for key, text in (("into", column.into), ("drop", column.drop), ("used", column.used)):
        if text is not None:
            line.add(key, text)
    if column.reference is not None:
        line.add("reference", _reference(column.reference))
    if column.when_null is not None:
        line.add("when_null", column.when_null)
    line.add("type", column.type)
    if column.is_staged and column.rules != DEFAULT_RULES[parse_type(column.type).base]:
        line.add("rules", list(column.rules))
    line.add("non_null", column.non_null)
    return line


def _reference(reference: Reference) -> InlineTable:
    line = tomlkit.inline_table()
    line.add("table", reference.table)
    if reference.column is not None:
        line.add("column", reference.column)
    line.add("into", reference.into)
    if reference.orphan != "quarantine":
        line.add("orphan", reference.orphan)
    return line


def read_manifest(directory: Path) -> Plan:
    """Read a plan's manifest; its selects are read apart.

    Raises ConfigError when it is absent, or says something that no manifest may say.
    """
    return read_toml(directory / MANIFEST, lambda top: _read_plan(top, directory))


def _read_plan(top: Section, directory: Path) -> Plan:
    source = top.section("source") or Section({}, place="source")
    tenant = top.section("tenant")
    tables = top.section("tables") or Section({}, place="tables")
    rules = _read_rules(top.section("rules") or Section({}, place="rules"))
    plan = Plan(
        name=top.need("name", str),
        schema=top.need("schema", str),
        directory=directory,
        source_path=directory / source.need("sqlite", str),
        source_schema_sha256=source.need("schema_sha256", str),
        tenant=_read_tenant(tenant) if tenant else None,
        tables=tuple(_read_table(tables, name, rules) for name in tables.names_left()),
        questions=tuple(_read_question(item) for item in top.sections("question")),
        target_digests=top.take_text_map("targets"),
    )
    source.finish()
    return plan


def _read_rules(section: Section) -> Rules:
    rules = {name: section.take_texts(name) or () for name in section.names_left()}
    for name, wanted in rules.items():
        for rule in wanted:
            if rule not in RULES:
                raise ConfigError(
                    f"{section.where(name)} names {rule!r}, which is no rule"
                    + (did_you_mean(rule, RULES) or f"; there are {', '.join(RULES)}")
                )
    return rules


def _read_tenant(section: Section) -> PlannedTenant:
    tenant = PlannedTenant(
        column=section.need("column", str),
        root=section.need("root", str),
        source_table=section.take("from", str),
        value=section.take("id", str),
    )
    section.finish()
    return tenant


def _read_question(section: Section) -> Question:
    question = Question(
        table=section.need("table", str),
        column=section.take("column", str),
        text=section.need("text", str),
    )
    section.finish()
    return question


def _read_table(tables: Section, name: str, rules: Rules) -> PlannedTable:
    section = tables.section(name)
    assert section is not None
    columns = section.section("columns") or Section({}, place=f"{section.place}.columns")
    table = PlannedTable(
        name=name,
        row_count=section.need("rows", int),
        into=section.take("into", str),
        drop=section.take("drop", str),
        key=section.take_texts("key") or (),
        id_column=section.take("id_column", str),
        id_kind=section.take("id_kind", str),
        created=section.take("created", str),
        tenant_path=section.take_texts("tenant_path") or (),
        merge=section.take_text_lists("merge"),
        columns=tuple(_read_column(columns, column, rules) for column in columns.names_left()),
    )
    section.finish()
    return table


def _read_column(columns: Section, name: str, rules: Rules) -> PlannedColumn:
    section = columns.section(name)
    assert section is not None
    reference = section.section("reference")
    type_name = section.need("type", str)
    drop = section.take("drop", str)
    own_rules = section.take_texts("rules")
    if own_rules is None:
        own_rules = rules.get(parse_type(type_name).base, ()) if drop is None else ()
    column = PlannedColumn(
        name=name,
        type=type_name,
        rules=own_rules,
        into=section.take("into", str),
        reference=_read_reference(reference) if reference else None,
        when_null=section.take("when_null", str),
        used=section.take("used", str),
        drop=drop,
        non_null=section.take("non_null", int) or 0,
    )
    section.finish()
    return column


def _read_reference(section: Section) -> Reference:
    reference = Reference(
        table=section.need("table", str),
        column=section.take("column", str),
        into=section.need("into", str),
        orphan=section.take("orphan", str) or "quarantine",
    )
    section.finish()
    return reference
