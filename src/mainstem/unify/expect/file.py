"""Reading `expect.toml`: every key is known, every statement parsed, before a database is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pgparse

from mainstem.errors import ConfigError
from mainstem.kit.naming import did_you_mean
from mainstem.unify.expect.model import (
    Caller,
    Case,
    Count,
    Existence,
    Expectation,
    Expectations,
    SourceTable,
    Table,
    Value,
)
from mainstem.unify.plan.toml_reader import Section, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ENTRIES_MAX = 10_000
DEFAULT_ROLE = "authenticated"


def read_expectations(path: Path) -> Expectations:
    """Read a file of expectations.

    Raises:
        ConfigError: it cannot be read, or says something impossible; names file and key.
    """

    def build(section: Section) -> Expectations:
        sources = section.take_text_map("sources")
        reader = _Reader(
            sources=sources,
            prepare=_statements(section, "prepare"),
            callers=_callers(section.section("callers")),
        )
        entries = tuple(
            entry for part in section.sections("expect") for entry in reader.entries(part)
        )
        if not entries:
            raise ConfigError("nothing is expected; add an [[expect]]")
        if len(entries) > ENTRIES_MAX:
            raise ConfigError(
                f"{len(entries):,} expectations are too many; at most {ENTRIES_MAX:,}"
            )
        return Expectations(path, entries, sources)

    return read_toml(path, build)


def _callers(section: Section | None) -> dict[str, Caller]:
    if section is None:
        return {}
    callers = {}
    for name in section.names_left():
        part = section.section(name)
        assert part is not None, "the name is the file's own"
        claims = _claims(part)
        role = part.take("role", str) or claims.get("role", DEFAULT_ROLE)
        settings = part.take_text_map("settings")
        part.finish()
        if not isinstance(role, str):
            raise ConfigError(f"`{part.place}.claims.role` must be the name of a role")
        callers[name] = Caller(name, role, claims, settings)
    return callers


def _claims(section: Section) -> Mapping[str, object]:
    """Whatever a token holds: the server is given it as JSON."""
    value = section.take_any("claims")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{section.where('claims')} must be a table: claims = {{ sub = ... }}")
    return cast("dict[str, object]", value)


class _Reader:
    """Reads `[[expect]]` after `[[expect]]`, knowing what the file says for all of them."""

    def __init__(
        self, *, sources: Mapping[str, str], prepare: str | None, callers: Mapping[str, Caller]
    ) -> None:
        self._sources = sources
        self._prepare = prepare
        self._callers = callers

    def entries(self, section: Section) -> Iterator[Expectation]:
        """What one `[[expect]]` asserts: of each of its tables, and in each of its cases."""
        before = len(section.names_left())
        tables = [*([section.take("table", str)]), *(section.take_texts("tables") or ())]
        named = [_table(section, name) for name in tables if name is not None]
        is_there = section.take("exists", bool)
        count = _count_of(section, self._sources)
        name = section.take("name", str)
        prepare = tuple(
            text for text in (self._prepare, _statements(section, "prepare")) if text is not None
        )
        cases = section.sections("case")
        section.finish()
        if before == 0 or (not cases and is_there is None and count is None):
            raise ConfigError(
                f"`{section.place}` expects nothing; add exists, rows, or an [[expect.case]]"
            )
        if (is_there is not None or count is not None) and not named:
            raise ConfigError(f"{section.where('table')} is missing; add table = ...")
        if is_there is False and count is not None:
            raise ConfigError(f"{section.where('rows')} cannot be counted where exists = false")
        for table in named:
            if is_there is not None:
                yield Existence(table, is_there)
            if count is not None:
                yield Count(table, *count)
        for case in cases:
            yield self._case(case, group=name, prepare=prepare)

    def _case(self, section: Section, *, group: str | None, prepare: tuple[str, ...]) -> Case:
        name = section.need("name", str)
        setup = _statements(section, "setup")
        setup_as = self._caller(section, "setup_as") if setup is not None else None
        query = _statements(section, "query")
        if query is None:
            raise ConfigError(f"{section.where('query')} is missing; add query = ...")
        if len(pgparse.parse(query)) != 1:
            raise ConfigError(f"{section.where('query')} must be one statement")
        query_as = self._caller(section, "query_as")
        rows, row_count = _expected(section)
        section.finish()
        title = f"{group}: {name}" if group else name
        return Case(title, prepare, setup, setup_as, query, query_as, rows, row_count)

    def _caller(self, section: Section, key: str) -> Caller:
        name = section.need(key, str)
        if name not in self._callers:
            hint = did_you_mean(name, list(self._callers)) or f"; add [callers.{name}]"
            raise ConfigError(f"{section.where(key)}: there is no caller {name!r}{hint}")
        return self._callers[name]


def _table(section: Section, name: str) -> Table:
    """A name, or schema.name; the schema is `public` otherwise."""
    schema, dot, rest = name.partition(".")
    if not (rest if dot else schema) or not schema:
        raise ConfigError(f"{section.where('table')} {name!r} is no name; write it as schema.name")
    return Table(schema, rest) if dot else Table("public", name)


def _count_of(
    section: Section, sources: Mapping[str, str]
) -> tuple[int | None, int | None, tuple[SourceTable, ...]] | None:
    """Least, most, and the tables of sources to sum up; None when no number is expected."""
    value = section.take_any("rows")
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value, value, ()
    if not isinstance(value, dict):
        raise ConfigError(
            f"{section.where('rows')} must be a number, or {{ min = 1, max = 9 }}, or "
            '{ same_as = ["source.table"] }'
        )
    part = Section(cast("dict[str, object]", value), place=section.where("rows", quote=False))
    bounds = part.take("min", int), part.take("max", int)
    same_as = part.take_texts("same_as") or ()
    part.finish()
    if bool(same_as) == (bounds != (None, None)):
        raise ConfigError(f"`{part.place}` needs min or max, or else same_as")
    return *bounds, tuple(_source_table(part, name, sources) for name in same_as)


def _source_table(section: Section, name: str, sources: Mapping[str, str]) -> SourceTable:
    source, _, table = name.partition(".")
    if source not in sources:
        hint = did_you_mean(source, list(sources)) or f"; add it to [sources]: {source} = ..."
        raise ConfigError(f"{section.where('same_as')}: there is no source {source!r}{hint}")
    return SourceTable(source, _table(section, table))


def _expected(section: Section) -> tuple[tuple[tuple[Value, ...], ...] | None, int | None]:
    """Rows or their number; neither when the statement must be refused."""
    is_refused = section.take("refused", bool)
    value = section.take_any("rows")
    if (value is None) == (is_refused is not True):
        raise ConfigError(f"`{section.place}` needs either rows = ... or refused = true")
    if value is None:
        return None, None
    if isinstance(value, int) and not isinstance(value, bool):
        return None, value
    if not isinstance(value, list) or not all(_is_row(row) for row in value):
        raise ConfigError(
            f"{section.where('rows')} must be a number, or a list of rows of texts and numbers: "
            '[["Acme", 1]]'
        )
    return tuple(tuple(row) for row in value), None


def _is_row(row: object) -> bool:
    return isinstance(row, list) and all(isinstance(value, str | int | float) for value in row)


def _statements(section: Section, key: str) -> str | None:
    """SQL that PostgreSQL can read and that leaves the transaction alone."""
    text = section.take(key, str)
    if text is None:
        return None
    try:
        statements = pgparse.parse(text)
    except pgparse.PGQueryError as error:
        raise ConfigError(f"{section.where(key)} is not SQL: {error.message}") from None
    for statement in statements:
        if "TransactionStmt" in statement["stmt"]:
            raise ConfigError(
                f"{section.where(key)} begins or ends a transaction; all of it runs in one that is "
                "rolled back, so leave that out"
            )
    return text
