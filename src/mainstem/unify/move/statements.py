"""The one statement that loads a target table, built around the selects of its plan file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean
from mainstem.kit.secrets_names import is_secret
from mainstem.unify.move.stream import MASK
from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.postgres import TargetTable
    from mainstem.unify.ledger.rows import LegacyMap, Run

    Connection = psycopg.Connection[TupleRow]

#: what a select may give besides columns of its target, and the type of each
EXTRA = {
    "_key": "text",
    "_refuse": "text",
    "_merge": "text",
    "_drop": "text",
    "_changes": "jsonb",
}


@dataclass(frozen=True)
class Section:
    """One select with its places filled in, what it gives, and where its rows are mapped."""

    text: str
    source_table: str
    columns: tuple[str, ...]
    map: LegacyMap
    #: source columns whose values the ledger masks
    secrets: tuple[str, ...] = ()

    def gives(self, name: str) -> bool:
        """Whether the select has a column of that name."""
        return name in self.columns


@dataclass(frozen=True)
class Lookup:
    """A foreign key that the selects fill by value: its parent must have the row."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    #: the rows of the parent that count, as SQL; empty: all
    rows: str = ""


def describe_select(
    connection: Connection, text: str, *, target: TargetTable, place: str
) -> tuple[str, ...]:
    """The columns that a select gives.

    Raises ConfigError when it is no select, lacks `_key`, or gives a column the target has not.
    """
    try:
        with connection.transaction():
            cursor = connection.execute(f"select * from (\n{text}\n) as x limit 0")
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error)
        raise ConfigError(f"{place} is not a select that works: {said}") from None
    columns = tuple(column.name for column in cursor.description or ())
    if "_key" not in columns:
        raise ConfigError(f"{place} must give _key, the key of the source row")
    known = [column.name for column in target.table.columns]
    for name in columns:
        if name not in known and name not in EXTRA:
            raise ConfigError(
                f"{place} gives {name}, which {target.name} does not have"
                + did_you_mean(name, known)
            )
    if len(set(columns)) != len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise ConfigError(f"{place} gives {twice} twice")
    return columns


def load_statement(
    run: Run,
    sections: Sequence[Section],
    target: TargetTable,
    *,
    lookups: Sequence[Lookup],
    new_key: tuple[str, ...],
) -> str:
    """Insert into the target, the quarantine, the ledger and the maps.

    The result has a row for each section: its number, rows, and the sum of the hashes of its keys,
    which must be the staged table's.
    """
    given = given_columns(sections, target)
    parts = [
        f"r as materialized (\n{_rows(sections, target, given, lookups=lookups)}\n)",
        _insert(target, given),
        _quarantine(run, sections),
    ]
    if any(section.gives("_changes") for section in sections):
        parts.append(_ledger(run, sections))
    if any(section.gives("_drop") for section in sections):
        parts.append(_decisions(run, sections))
    parts += [
        _map(number, section, target, new_key=new_key) for number, section in enumerate(sections)
    ]
    return (
        "with " + ",\n".join(parts) + "\nselect _section, count(*),"
        " sum(hashtextextended(_key, 0)) from r group by _section order by _section"
    )


def wanted_rows(
    sections: Sequence[Section],
    target: TargetTable,
    *,
    lookups: Sequence[Lookup],
    new_key: tuple[str, ...],
) -> str:
    """The rows of the sections as a query: what `load_statement` would write, and where to.

    Besides the target's columns: `_section`, `_key`, `_refuse`, `_drop`, `_changes`, `_outcome`,
    `_new` (how the maps name the row itself) and `_at` (the row of the target that stands for it).
    """
    value, column = map_key(target, new_key, "r")
    merged = "r._merge"
    if column == "new_id":
        merged = _merged_key(target, new_key).replace("_merge::", "r._merge::")
    given = given_columns(sections, target)
    rows = _rows(sections, target, given, lookups=lookups)
    return (
        f"select r.*, {value} as _new, case when r._drop is not null then null"
        f" when r._merge is not null then {merged} else {value} end as _at,"
        " case when r._drop is not null then 'd' when r._merge is not null then 'm' else 'l' end"
        f' ::"char" as _outcome from (\n{rows}\n) as r'
    )


def note_statement(run: Run, sections: Sequence[Section], rows: str) -> str:
    """What `load_statement` notes of rows, into quarantine and ledger, from a table of them."""
    return (
        f"with r as (select * from {rows}),\n{_quarantine(run, sections)},\n"
        f"{_ledger(run, sections)}\nselect count(*) from r"
    )


def target_name(target: TargetTable) -> str:
    """The target's name as SQL."""
    return f"{name_sql(target.schema)}.{name_sql(target.plain_name)}"


def given_columns(sections: Sequence[Section], target: TargetTable) -> list[str]:
    """The target's columns that at least one section gives, in the table's order."""
    return [
        column.name
        for column in target.table.columns
        if any(section.gives(column.name) for section in sections)
    ]


def _rows(
    sections: Sequence[Section],
    target: TargetTable,
    given: Sequence[str],
    *,
    lookups: Sequence[Lookup],
) -> str:
    """Every row of every section, in the target's types, with the reason why it is refused."""
    refusal = _target_refusal(target, given, lookups)
    texts = []
    for number, section in enumerate(sections):
        columns = [
            *(_cast(section, name, type_name) for name, type_name in EXTRA.items()),
            *(_column(section, target, name) for name in given),
            *_for_checks(target, given),
        ]
        inner = f"select {', '.join(columns)}\nfrom (\n{section.text}\n) as x offset 0"
        kept = ", ".join(["_key", "_merge", "_drop", "_changes", *map(name_sql, given)])
        texts.append(
            f"select {number} as _section, {refusal} as _refuse, {kept}\nfrom (\n{inner}\n) as x"
        )
    return "\nunion all\n".join(texts)


def _cast(section: Section, name: str, type_name: str) -> str:
    value = f"x.{name}" if section.gives(name) else "null"
    return f"{value}::{type_name} as {name}"


def _column(section: Section, target: TargetTable, name: str) -> str:
    """A column in the target's type; where only other sections give it, its default."""
    column = target.table.column(name)
    plain = name_sql(name)
    value = f"x.{plain}" if section.gives(name) else column.default or "null"
    return f"({value})::{column.declared_type} as {plain}"


def _for_checks(target: TargetTable, given: Sequence[str]) -> list[str]:
    """The defaults of columns that no section gives, for checks that look at them."""
    return [
        f"({column.default or 'null'})::{column.declared_type} as {name_sql(column.name)}"
        for column in target.table.columns
        if column.name not in given
        and column.generated is None
        and _is_checked(target, column.name)
    ]


def _is_checked(target: TargetTable, name: str) -> bool:
    return any(name in check.expression for check in target.table.checks)


def _target_refusal(target: TargetTable, given: Sequence[str], lookups: Sequence[Lookup]) -> str:
    """The plan's own reason, else what the target itself demands of the row."""
    whens = []
    for column in target.table.columns:
        if column.name in given and not column.is_nullable:
            reason = text_sql(f"{column.name}: must have a value")
            whens.append(f"when x.{name_sql(column.name)} is null then {reason}")
    generated = [c.name for c in target.table.columns if c.generated is not None]
    for check in target.table.checks:
        if not any(name in check.expression for name in generated):
            reason = text_sql(f"breaks the target's rule {check.name}")
            whens.append(f"when not ({check.expression}) then {reason}")
    for lookup in lookups:
        values = [f"x.{name_sql(name)}" for name in lookup.columns]
        present = " and ".join(f"{value} is not null" for value in values)
        equal = " and ".join(
            f"p.{name_sql(name)} = {value}"
            for name, value in zip(lookup.parent_columns, values, strict=True)
        )
        reason = text_sql(f"{lookup.columns[-1]}: there is no such row in {lookup.parent}")
        whens.append(
            f"when {present} and not exists"
            f" (select from {lookup.rows or lookup.parent} as p where {equal})"
            f" then {reason}"
        )
    if not whens:
        return "x._refuse"
    tries = " ".join(whens)
    return (
        "case when x._refuse is not null then x._refuse"
        f" when x._merge is not null or x._drop is not null then null {tries} end"
    )


def _insert(target: TargetTable, given: Sequence[str]) -> str:
    columns = ", ".join(map(name_sql, given))
    overriding = " overriding system value" if any(target.identities.values()) else ""
    return (
        f"ins as (insert into {target_name(target)} ({columns}){overriding}\n"
        f"select {columns} from r\n"
        "where _refuse is null and _merge is null and _drop is null)"
    )


def _names(sections: Sequence[Section]) -> str:
    """The source table of a row of `r`."""
    if len(sections) == 1:
        return text_sql(sections[0].source_table)
    whens = " ".join(
        f"when {number} then {text_sql(section.source_table)}"
        for number, section in enumerate(sections)
    )
    return f"case _section {whens} end"


def _quarantine(run: Run, sections: Sequence[Section]) -> str:
    column = "substring(_refuse from '^([A-Za-z_][A-Za-z0-9_$]*): ')"
    reason = "regexp_replace(_refuse, '^[A-Za-z_][A-Za-z0-9_$]*: ', '')"
    return (
        "q as (insert into unify.quarantine"
        " (run_id, source_table, key, column_name, reason, original)\n"
        f"select {run.id}, {_names(sections)}, _key, {column}, {reason}, '{{}}'"
        " from r where _refuse is not null)"
    )


def _ledger(run: Run, sections: Sequence[Section]) -> str:
    before, after = _shown(sections, "change.value ->> 0"), _shown(sections, "change.value ->> 1")
    return (
        "c as (insert into unify.ledger"
        " (run_id, source_table, key, column_name, before, after, rule)\n"
        f"select {run.id}, {_names(sections)}, _key, change.key, {before},"
        f" {after}, change.value ->> 2\n"
        "from r, jsonb_each(_changes) as change where _refuse is null and _changes is not null"
        " and _merge is null and _drop is null)"
    )


def _shown(sections: Sequence[Section], value: str) -> str:
    """A changed value, masked where its column is a secret."""
    secrets = [
        f"_section = {number} and change.key in ({', '.join(map(text_sql, section.secrets))})"
        for number, section in enumerate(sections)
        if section.secrets
    ]
    if not secrets:
        return value
    mask = f"case when {value} is not null then {text_sql(MASK)} end"
    return f"case when {' or '.join(secrets)} then {mask} else {value} end"


def _decisions(run: Run, sections: Sequence[Section]) -> str:
    return (
        "d as (insert into unify.decision"
        " (run_id, name, source_table, column_name, action, reason, affected)\n"
        f"select {run.id}, 'drop rows of ' || {_names(sections)} || ': ' || _drop,"
        f" {_names(sections)}, null, 'drop rows', _drop, count(*)\n"
        "from r where _drop is not null and _refuse is null group by _section, _drop)"
    )


def _map(number: int, section: Section, target: TargetTable, *, new_key: tuple[str, ...]) -> str:
    value, column = map_key(target, new_key, "r")
    is_uuid = column == "new_id"
    merged = _merged_key(target, new_key) if is_uuid else "_merge"
    pair = f"coalesce({merged}, {value})" if section.gives("_merge") else value
    columns = (pair, "null::text") if is_uuid else ("null::uuid", pair)
    where = f"_section = {number} and _refuse is null"
    outcome = "case when _drop is not null then 'd' when _merge is not null then 'm' else 'l' end"
    if section.gives("_drop"):
        columns = (
            f"case when _drop is null then {columns[0]} end",
            f"case when _drop is null then {columns[1]} end",
        )
    return (
        f"m{number} as (insert into unify.{section.map.partition}"
        " (map_id, old_id, new_id, outcome, new_key)\n"
        f"select {section.map.map_id}, _key, {columns[0]},"
        f' {outcome}::"char", {columns[1]}\n'
        f"from r where {where})"
    )


def _merged_key(target: TargetTable, new_key: tuple[str, ...]) -> str:
    """What `_merge` names, as the maps name it."""
    if not has_secret_key(target, new_key):
        return "_merge::uuid"
    if len(new_key) > 1:
        return "md5(_merge::jsonb::text)::uuid"
    type_name = target.table.column(new_key[0]).declared_type
    return f"md5(jsonb_build_array(_merge::{type_name})::text)::uuid"


def map_key(target: TargetTable, columns: tuple[str, ...], alias: str) -> tuple[str, str]:
    """How `unify.legacy_id` names a row: the SQL over an alias, and the column that holds it."""
    if has_secret_key(target, columns):
        return key_digest(columns, alias), "new_id"
    value = key_value(columns, alias)
    return (value, "new_id") if has_uuid_key(target, columns) else (f"({value})::text", "new_key")


def has_secret_key(target: TargetTable, columns: tuple[str, ...]) -> bool:
    """Whether the maps hold a hash of the key, which is a secret."""
    return any(is_secret(target.name, name) for name in columns)


def key_digest(columns: tuple[str, ...], alias: str) -> str:
    """A row's key as a uuid-sized hash: keys such as tracking tokens are not repeated."""
    names = ", ".join(f"{alias}.{name_sql(name)}" for name in columns)
    return f"md5(jsonb_build_array({names})::text)::uuid"


def key_value(columns: tuple[str, ...], alias: str) -> str:
    """A row's key in the target as one value: a uuid as it is, one column as text, else JSON."""
    names = [f"{alias}.{name_sql(name)}" for name in columns]
    if len(names) > 1:
        return f"jsonb_build_array({', '.join(names)})::text"
    return names[0]


def has_uuid_key(target: TargetTable, columns: tuple[str, ...]) -> bool:
    """Whether rows are told apart by one uuid."""
    return len(columns) == 1 and target.table.column(columns[0]).declared_type == "uuid"
