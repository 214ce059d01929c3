"""`manifest.toml`: what a plan says about every source table and column."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import tomlkit

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean
from mainstem.unify.codec import DEFAULT_RULES, RULES, rule_text
from mainstem.unify.codec.pgtype import parse_type
from mainstem.unify.files.settings import read_files, write_files
from mainstem.unify.plan.answers import MANIFEST, read_answer
from mainstem.unify.plan.config import read_merges
from mainstem.unify.plan.model import (
    Plan,
    PlannedColumn,
    PlannedMerge,
    PlannedSource,
    PlannedTable,
    PlannedTenant,
    Question,
    Reference,
    SourceKind,
    plain_name,
)
from mainstem.unify.plan.toml_reader import Section, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tomlkit.items import InlineTable, Table

_HEADER = """\
Where every table and column of the sources goes. Written by `mainstem unify plan`, meant to be
read, edited and reviewed; `mainstem unify run` obeys it and refuses what it does not cover.
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
    if plan.config is not None:
        document.add("config", tomlkit.item(plan.config))
    document.add("source", _sources(plan))
    if plan.tenant is not None:
        document.add("tenant", _tenant(plan.tenant))
    document.add("targets", _texts(plan.target_digests))
    document.add("rules", _rules(plan))
    for name, said, write in (
        ("merge", plan.merges, _merges),
        ("files", plan.files, _files),
        ("question", plan.questions, _questions),
        ("answer", plan.answers, _answers),
    ):
        if said:
            document.add(name, write(plan))
    tables = tomlkit.table(is_super_table=True)
    for source in plan.sources:
        own = tomlkit.table(is_super_table=True) if source.name else tables
        for table in plan.tables_of(source):
            own.add(table.table, _table(table, source))
        if source.name:
            tables.add(source.name, own)
    document.add("tables", tables)
    return tomlkit.dumps(document)


def _sources(plan: Plan) -> tomlkit.items.AoT:
    found = tomlkit.aot()
    for source in plan.sources:
        section = tomlkit.table()
        if source.name:
            section.add("name", source.name)
        section.add(source.kind.value, source.location)
        if source.kind.is_typed:
            section.add("schema", source.schema)
        for key, text in (
            ("identity", source.identity),
            ("tenants", source.tenants),
            ("tenant", source.tenant),
        ):
            if text is not None:
                section.add(key, text)
        if source.further:
            section.add("further", list(source.further))
        found.append(section)
    return found


def _tenant(tenant: PlannedTenant) -> Table:
    section = tomlkit.table()
    section.add("column", tenant.column)
    section.add("root", tenant.root)
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
    types = {
        parse_type(column.type).base
        for table in plan.moved()
        if plan.source_of(table).kind is SourceKind.SQLITE
        for column in table.staged
    }
    for rule in dict.fromkeys(rule for name in sorted(types) for rule in DEFAULT_RULES[name]):
        section.add(tomlkit.comment(f"{rule}: {rule_text(rule)}"))
    for name in sorted(types):
        section.add(name, list(DEFAULT_RULES[name]))
    return section


def _merges(plan: Plan) -> Table:
    section = tomlkit.table(is_super_table=True)
    for merge in plan.merges:
        found = tomlkit.table()
        if merge.evidence is not None:
            found.add(tomlkit.comment(f"proposed: {merge.evidence}"))
        found.add("by", [list(way) for way in merge.by])
        found.add("keep", merge.keep.value)
        if merge.time is not None:
            found.add("time", merge.time)
        if merge.has_target_rows:
            found.add("target_rows", True)
        if merge.columns:
            found.add("columns", {name: keep.value for name, keep in merge.columns.items()})
        section.add(merge.target, found)
    return section


def _files(plan: Plan) -> tomlkit.items.AoT:
    found = tomlkit.aot()
    for files in plan.files:
        section = tomlkit.table()
        for key, value in write_files(files, plan.directory).items():
            section.add(key, value)
        found.append(section)
    return found


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


def _answers(plan: Plan) -> tomlkit.items.AoT:
    found = tomlkit.aot()
    for answer in plan.answers:
        section = tomlkit.table()
        for key, text in (
            ("table", answer.table),
            ("column", answer.column),
            ("text", answer.text),
            ("by", answer.by),
            ("at", answer.at),
        ):
            if text:
                section.add(key, text)
        found.append(section)
    return found


def _table(table: PlannedTable, source: PlannedSource) -> Table:
    section = tomlkit.table()
    section.add("rows", table.row_count)
    section.add("digest", table.digest)
    for key, text in (
        ("into", table.into),
        ("drop", table.drop),
        ("archive", table.archive),
        ("id_column", table.id_column),
        ("id_kind", table.id_kind),
        ("created", table.created),
    ):
        if text is not None:
            section.add(key, text)
    for key, names in (("key", table.key), ("tenant_path", table.tenant_path)):
        if names:
            section.add(key, list(names))
    if table.merge:
        section.add("merge", [list(way) for way in table.merge])
    if table.derive:
        section.add("derive", {name: list(path) for name, path in table.derive.items()})
    if table.fixed:
        section.add("fixed", dict(table.fixed))
    if table.leave:
        section.add("leave", dict(table.leave))
    columns = tomlkit.table()
    for column in table.columns:
        columns.add(column.name, _column(column, source))
    section.add("columns", columns)
    return section


def _column(column: PlannedColumn, source: PlannedSource) -> InlineTable:
    line = tomlkit.inline_table()
    for key, text in (
        ("into", column.into),
        ("pack", column.pack),
        ("drop", column.drop),
        ("used", column.used),
    ):
        if text is not None:
            line.add(key, text)
    if column.reference is not None:
        line.add("reference", _reference(column.reference, source.name))
    if column.when_null is not None:
        line.add("when_null", column.when_null)
    line.add("type", column.type)
    if column.is_staged and column.rules != default_rules(source.kind, column.type):
        line.add("rules", list(column.rules))
    line.add("non_null", column.non_null)
    return line


def _reference(reference: Reference, source: str) -> InlineTable:
    """A reference stays within its source, and names its table as the source does."""
    line = tomlkit.inline_table()
    line.add("table", plain_name(reference.table, source))
    if reference.column is not None:
        line.add("column", reference.column)
    if reference.into is not None:
        line.add("into", reference.into)
    if reference.orphan != "quarantine":
        line.add("orphan", reference.orphan)
    return line


def default_rules(kind: SourceKind, type_name: str) -> tuple[str, ...]:
    """What may be done to odd values where nothing else is said.

    Columns of a PostgreSQL source have types of their own, which say what can happen to a value.
    """
    if kind.is_typed:
        return ()
    return DEFAULT_RULES[parse_type(type_name).base]


def read_manifest(directory: Path) -> Plan:
    """Read a plan's manifest; its selects are read apart.

    Raises ConfigError when it is absent, or says something that no manifest may say.
    """
    return read_toml(directory / MANIFEST, lambda top: _read_plan(top, directory))


def _read_plan(top: Section, directory: Path) -> Plan:
    sources = tuple(_read_source(section, directory) for section in top.sections("source"))
    tenant = top.section("tenant")
    tables = top.section("tables") or Section({}, place="tables")
    rules = _read_rules(top.section("rules") or Section({}, place="rules"))
    plan = Plan(
        name=top.need("name", str),
        schema=top.need("schema", str),
        directory=directory,
        sources=sources,
        tenant=_read_tenant(tenant) if tenant else None,
        tables=tuple(table for source in sources for table in _read_tables(tables, source, rules)),
        merges=tuple(
            PlannedMerge(
                name, merge.by, merge.keep, merge.columns, merge.time, merge.has_target_rows
            )
            for name, merge in read_merges(top.section("merge")).items()
        ),
        files=tuple(read_files(section, directory) for section in top.sections("files")),
        questions=tuple(_read_question(item) for item in top.sections("question")),
        answers=tuple(read_answer(item) for item in top.sections("answer")),
        config=top.take("config", str),
        target_digests=top.take_text_map("targets"),
    )
    tables.finish()
    return plan


def _read_source(section: Section, directory: Path) -> PlannedSource:
    found = {kind: section.take(kind.value, str) for kind in SourceKind}
    kind = next((kind for kind, location in found.items() if location), SourceKind.POSTGRES)
    location = found[kind] or section.need("postgres", str)
    if kind is not SourceKind.POSTGRES:
        location = str(directory / location)
    source = PlannedSource(
        name=section.take("name", str) or "",
        kind=kind,
        location=location,
        schema=section.take("schema", str) or "public",
        identity=section.take("identity", str),
        tenants=section.take("tenants", str),
        tenant=section.take("tenant", str),
        further=section.take_texts("further") or (),
    )
    section.finish()
    return source


def _read_tables(tables: Section, source: PlannedSource, rules: Rules) -> Iterator[PlannedTable]:
    own = tables.section(source.name) if source.name else tables
    for name in own.names_left() if own is not None else ():
        assert own is not None
        yield _read_table(own, name, rules, source)


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


def _read_table(tables: Section, name: str, rules: Rules, source: PlannedSource) -> PlannedTable:
    section = tables.section(name)
    assert section is not None
    columns = section.section("columns") or Section({}, place=f"{section.place}.columns")
    table = PlannedTable(
        name=source.id_of(name),
        row_count=section.need("rows", int),
        source=source.name,
        digest=section.take("digest", str) or "",
        into=section.take("into", str),
        drop=section.take("drop", str),
        archive=section.take("archive", str),
        key=section.take_texts("key") or (),
        id_column=section.take("id_column", str),
        id_kind=section.take("id_kind", str),
        created=section.take("created", str),
        tenant_path=section.take_texts("tenant_path") or (),
        merge=section.take_text_lists("merge"),
        derive=section.take_text_list_map("derive"),
        fixed=section.take_text_map("fixed"),
        leave=section.take_text_map("leave"),
        columns=tuple(
            _read_column(columns, column, rules, source) for column in columns.names_left()
        ),
    )
    section.finish()
    return table


def _read_column(columns: Section, name: str, rules: Rules, source: PlannedSource) -> PlannedColumn:
    section = columns.section(name)
    assert section is not None
    reference = section.section("reference")
    type_name = section.need("type", str)
    drop = section.take("drop", str)
    own_rules = section.take_texts("rules")
    if own_rules is None:
        is_typed = source.kind.is_typed or drop is not None
        own_rules = () if is_typed else rules.get(parse_type(type_name).base, ())
    column = PlannedColumn(
        name=name,
        type=type_name,
        rules=own_rules,
        into=section.take("into", str),
        reference=_read_reference(reference, source) if reference else None,
        when_null=section.take("when_null", str),
        used=section.take("used", str),
        pack=section.take("pack", str),
        drop=drop,
        non_null=section.take("non_null", int) or 0,
    )
    section.finish()
    return column


def _read_reference(section: Section, source: PlannedSource) -> Reference:
    reference = Reference(
        table=source.id_of(section.need("table", str)),
        column=section.take("column", str),
        into=section.take("into", str),
        orphan=section.take("orphan", str) or "quarantine",
    )
    section.finish()
    return reference
