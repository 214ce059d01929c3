"""Which rows of different sources are the same thing: by keys that the target has only once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.kit.naming import column_meaning, did_you_mean
from mainstem.unify.plan.model import PlannedMerge
from mainstem.unify.plan.ways import fills, read_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mainstem.unify.catalog.postgres import TargetCatalog, TargetTable
    from mainstem.unify.plan.config import Config, MergeConfig
    from mainstem.unify.plan.model import PlannedTable
    from mainstem.unify.plan.profile import Values

_LOWER = re.compile(r'lower\((?:\(?"?(\w+)"?\)?(?:::text)?)\)')


@dataclass(frozen=True)
class _Way:
    """A target column that no two rows may share, perhaps but for capitals."""

    column: str
    is_lower: bool = False

    @property
    def sql(self) -> str:
        return f"lower({self.column})" if self.is_lower else self.column


def find_merges(
    config: Config,
    tables: Sequence[PlannedTable],
    target: TargetCatalog,
    values: Mapping[str, Values],
) -> tuple[PlannedMerge, ...]:
    """The merges that the config asks for, and proposals where sources share values.

    Raises ConfigError when a merge names what is not there.
    """
    by_target: dict[str, list[PlannedTable]] = {}
    for table in tables:
        if table.into is not None:
            by_target.setdefault(table.into, []).append(table)
    for name in config.merges:
        if name not in by_target:
            raise ConfigError(
                f"{config.path}: `merge.{name}` names a table that no source goes into"
                + did_you_mean(name, by_target)
            )
    found: list[PlannedMerge] = []
    for name, fed_by in by_target.items():
        time = _time(target.tables[name], fed_by)
        said = config.merges.get(name)
        if said is None:
            found += _proposed(target.tables[name], fed_by, values, time=time)
        elif said.by:
            _check(config, name, fed_by, said)
            time = said.time or time
            found.append(
                PlannedMerge(name, said.by, said.keep, said.columns, time, said.has_target_rows)
            )
    return tuple(found)


def _proposed(
    target: TargetTable,
    tables: Sequence[PlannedTable],
    values: Mapping[str, Values],
    *,
    time: str | None,
) -> Iterator[PlannedMerge]:
    """A merge by what several sources share."""
    if len({table.source for table in tables}) > 1:
        shared = list(_shared(target, tables, values))
        if shared:
            by = tuple((way.sql,) for way, _ in shared)
            evidence = "; ".join(text for _, text in shared)
            yield PlannedMerge(target.name, by, time=time, evidence=evidence)


def _check(config: Config, target: str, tables: Sequence[PlannedTable], said: MergeConfig) -> None:
    """Of each way every column must be filled by a source table; by all, where it has no case."""
    tenant = config.tenant.column if config.tenant is not None else None
    names = {read_part(part).column for way in said.by for part in way}
    for name in sorted(names):
        lacking = [table for table in tables if not fills(table, name, tenant)]
        if lacking and (len(lacking) == len(tables) or not _are_cases(said)):
            known = {column.into for column in lacking[0].columns if column.into is not None}
            raise ConfigError(
                f"{config.path}: `merge.{target}` names column {name}, which {lacking[0].name} "
                f"does not fill{did_you_mean(name, known)}"
            )


def _are_cases(said: MergeConfig) -> bool:
    """Whether some ways are for some rows only: then the others may be too."""
    return any(read_part(part).value is not None for way in said.by for part in way)


def _shared(
    target: TargetTable, tables: Sequence[PlannedTable], values: Mapping[str, Values]
) -> Iterator[tuple[_Way, str]]:
    for way in _ways(target):
        columns = {t.name: column for t in tables if (column := _source_column(t, way.column))}
        known = {
            table.name: values[table.source](
                table.table, columns[table.name], is_lower=way.is_lower
            )
            for table in tables
            if table.name in columns
        }
        texts = [
            f"{len(common):,} values of {way.sql} are in {one.name} and in {other.name}"
            for one, other in combinations(tables, 2)
            if one.source != other.source
            for common in [(known.get(one.name) or set()) & (known.get(other.name) or set())]
            if common
        ]
        if texts and len(columns) == len(tables):
            yield way, "; ".join(texts)


def _ways(target: TargetTable) -> Iterator[_Way]:
    """The target's id, and its unique keys of one column."""
    if len(target.table.primary_key) == 1:
        yield _Way(target.table.primary_key[0])
    for index in target.table.indexes:
        if not index.is_unique or len(index.parts) != 1 or index.predicate is not None:
            continue
        part = index.parts[0]
        lower = _LOWER.fullmatch(part.expression)
        if part.is_column:
            yield _Way(part.expression.strip('"'))
        elif lower is not None:
            yield _Way(lower[1], is_lower=True)


def _source_column(table: PlannedTable, column: str) -> str | None:
    return next((c.name for c in table.staged if c.into == column), None)


def _time(target: TargetTable, tables: Sequence[PlannedTable]) -> str | None:
    """The target's column that says when a row was last written, where the sources have it."""
    for meaning in ("updated_at", "created_at"):
        for column in target.table.columns:
            if column_meaning(column.name) == meaning and all(
                _source_column(table, column.name) for table in tables
            ):
                return column.name
    return None
