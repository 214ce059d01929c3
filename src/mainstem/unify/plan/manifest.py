"""`manifest.toml`: what a plan says about every source table and column."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

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
from mainstem.unify.plan.toml_writer import Inline, Noted, write_toml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from mainstem.unify.plan.model import Answer

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
    tables: dict[str, object] = {}
    for source in plan.sources:
        own = {table.table: _table(table, source) for table in plan.tables_of(source)}
        if not source.name:
            tables |= own
        elif own:
            tables[source.name] = own
    content: dict[str, object] = {
        "name": plan.name,
        "schema": plan.schema,
        **_said(config=plan.config),
        "source": [_source(source) for source in plan.sources],
    }
    if plan.tenant is not None:
        content["tenant"] = {"column": plan.tenant.column, "root": plan.tenant.root}
    content |= {"targets": dict(plan.target_digests), "rules": _rules(plan)}
    content |= _filled(
        merge={merge.target: _merge(merge) for merge in plan.merges},
        files=[write_files(files, plan.directory) for files in plan.files],
        question=[_question(question) for question in plan.questions],
        answer=[_answer(answer) for answer in plan.answers],
        tables=tables,
    )
    return write_toml(content, header=_HEADER)


def _said(**texts: str | None) -> dict[str, object]:
    return {name: text for name, text in texts.items() if text is not None}


def _filled(**values: Collection[object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}


def _source(source: PlannedSource) -> dict[str, object]:
    return {
        **_filled(name=source.name),
        source.kind.value: source.location,
        **_said(
            schema=source.schema if source.kind.is_typed else None,
            identity=source.identity,
            tenants=source.tenants,
            tenant=source.tenant,
        ),
        **_filled(further=list(source.further)),
    }


def _rules(plan: Plan) -> Noted:
    """What is done to odd values of each type, unless a column says otherwise."""
    types = {
        parse_type(column.type).base
        for table in plan.moved()
        if plan.source_of(table).kind is SourceKind.SQLITE
        for column in table.staged
    }
    rules = {name: list(DEFAULT_RULES[name]) for name in sorted(types)}
    used = dict.fromkeys(rule for own in rules.values() for rule in own)
    return Noted(rules, [f"{rule}: {rule_text(rule)}" for rule in used])


def _merge(merge: PlannedMerge) -> Noted:
    content = {
        "by": [list(way) for way in merge.by],
        "keep": merge.keep.value,
        **_said(time=merge.time),
        **({"target_rows": True} if merge.has_target_rows else {}),
        **_filled(columns={name: keep.value for name, keep in merge.columns.items()}),
    }
    return Noted(content, [] if merge.evidence is None else [f"proposed: {merge.evidence}"])


def _question(question: Question) -> dict[str, object]:
    return {"table": question.table, **_said(column=question.column), "text": question.text}


def _answer(answer: Answer) -> dict[str, object]:
    return _filled(
        table=answer.table,
        column=answer.column or "",
        text=answer.text,
        by=answer.by,
        at=answer.at,
    )


def _table(table: PlannedTable, source: PlannedSource) -> dict[str, object]:
    return {
        "rows": table.row_count,
        "digest": table.digest,
        **_said(
            into=table.into,
            drop=table.drop,
            archive=table.archive,
            id_column=table.id_column,
            id_kind=table.id_kind,
            created=table.created,
        ),
        **_filled(
            key=list(table.key),
            tenant_path=list(table.tenant_path),
            merge=[list(way) for way in table.merge],
            derive={name: list(path) for name, path in table.derive.items()},
            fixed=dict(table.fixed),
            leave=dict(table.leave),
        ),
        "columns": {column.name: _column(column, source) for column in table.columns},
    }


def _column(column: PlannedColumn, source: PlannedSource) -> Inline:
    line = _said(into=column.into, pack=column.pack, drop=column.drop, used=column.used)
    if column.reference is not None:
        line["reference"] = _reference(column.reference, source.name)
    line |= _said(when_null=column.when_null, type=column.type)
    if column.is_staged and column.rules != default_rules(source.kind, column.type):
        line["rules"] = list(column.rules)
    return Inline({**line, "non_null": column.non_null})


def _reference(reference: Reference, source: str) -> Inline:
    """A reference stays within its source, and names its table as the source does."""
    orphan = None if reference.orphan == "quarantine" else reference.orphan
    return Inline(
        {
            "table": plain_name(reference.table, source),
            **_said(column=reference.column, into=reference.into, orphan=orphan),
        }
    )


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
