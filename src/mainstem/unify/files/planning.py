"""What a plan says about files: buckets with counts, what does not fit, and who names files."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from mainstem.errors import ConfigError
from mainstem.stores.opening import open_source
from mainstem.unify.files.metadata import count_files, described
from mainstem.unify.plan.model import Question
from mainstem.unify.plan.names import name_sql, text_sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.catalog.model import Catalog, Table
    from mainstem.unify.catalog.postgres_source import PostgresSource
    from mainstem.unify.files.model import Files
    from mainstem.unify.plan.config import SourceConfig

OBJECTS = "storage.objects"
#: what addresses of the platform's public and signed files have in them
_URL = "%/storage/v1/object/%"
_TEXTS = ("text", "character varying")
_SEARCHED = (*_TEXTS, "json")


def plan_files(files: Files, server: PostgresSource | None, catalog: Catalog) -> Files:
    """The same with what was found on both sides of it.

    Raises SourceError when store or metadata cannot be read, ConfigError when addresses in a source
    are to be rewritten whose rows say nothing of files.
    """
    if server is None and files.rewrite_urls:
        raise ConfigError(
            f"[[files]] of {files.source or 'the source'}: rewrite_urls is for sources that are "
            "PostgreSQL databases; rewrite the column by an expression of its table's `set`"
        )
    sizes: dict[str, int] = {}
    with open_source(files.origin) as store:
        buckets = store.buckets()
        for bucket in buckets:
            sizes |= {one.key: one.size_bytes for one in store.files(bucket)}
    if server is None:
        counted: Counter[str] = Counter(key.partition("/")[0] for key in sizes)
        found = tuple(f"{bucket}: {counted[bucket]:,} files" for bucket in buckets)
        return replace(files, found=found)
    return replace(
        files,
        found=tuple(_lines(server, sizes)),
        references=tuple(_references(server, catalog)),
        rewritten=tuple(_rewritten(files, server, catalog)),
    )


def ask_about_files(
    server: PostgresSource, own: SourceConfig, files: tuple[Files, ...]
) -> tuple[Question, ...]:
    """The question of a source that describes files which the config says nothing of."""
    is_said = OBJECTS in own.tables or any(one.source == own.name for one in files)
    counted = {} if is_said else count_files(server)
    total = sum(count for count, _ in counted.values())
    if not total:
        return ()
    listed = ", ".join(f"{bucket} ({count:,})" for bucket, (count, _) in counted.items() if count)
    text = (
        f"{own.shown} describes {total:,} files in buckets {listed}, and the config says nothing "
        f'of them: add [[files]] with from and to, or set {own.place}."{OBJECTS}".drop = "why"'
    )
    return (Question(f"{own.name}.{OBJECTS}" if own.name else OBJECTS, None, text),)


def _lines(server: PostgresSource, sizes: dict[str, int]) -> Iterator[str]:
    """Each bucket: files and bytes by its metadata, and where the two sides disagree."""
    named: Counter[str] = Counter()
    lacking: Counter[str] = Counter()
    keys = set(sizes)
    for one in described(server):
        bucket = one.key.partition("/")[0]
        named[bucket] += 1
        lacking[bucket] += one.key not in sizes
        keys.discard(one.key)
    unnamed = Counter(key.partition("/")[0] for key in keys)
    for bucket, (count, size_bytes) in count_files(server).items():
        line = f"{bucket}: {count:,} files, {size_bytes:,} bytes"
        line += f", {lacking[bucket]:,} without bytes" if lacking[bucket] else ""
        line += f", {unnamed[bucket]:,} without metadata" if unnamed[bucket] else ""
        yield line


def _references(server: PostgresSource, catalog: Catalog) -> Iterator[str]:
    """Columns whose values are addresses or names of files."""
    for table in catalog.tables:
        columns = [
            column.name
            for column in table.columns
            if column.declared_type.startswith(_SEARCHED) and table.name not in server.further
        ]
        if not columns:
            continue
        for name, rows in zip(columns, _count(server, table, columns), strict=True):
            if rows:
                yield f"{table.name}.{name}: {rows:,} rows"


def _rewritten(files: Files, server: PostgresSource, catalog: Catalog) -> Iterator[str]:
    """The columns of text that hold addresses which are to begin otherwise."""
    for table in catalog.tables if files.rewrite_urls else ():
        columns = [
            column.name
            for column in table.columns
            if column.declared_type.startswith(_TEXTS) and not column.declared_type.endswith("[]")
        ]
        for name in columns if table.name not in server.further else ():
            tests = " or ".join(
                f"starts_with(t.{name_sql(name)}, {text_sql(beginning)})"
                for beginning in files.rewrite_urls
            )
            query = f"select exists (select from {server.table_sql(table.name)} as t where {tests})"
            with server.reading() as connection:
                row = connection.execute(query.encode()).fetchone()
            if row is not None and row[0]:
                yield f"{table.name}.{name}"


def _count(server: PostgresSource, table: Table, columns: list[str]) -> list[int]:
    counts = []
    for name in columns:
        value = f"t.{name_sql(name)}"
        test = f"{value}::text like '{_URL}'"
        declared = table.column(name).declared_type
        if declared.startswith(_TEXTS) and not declared.endswith("[]"):
            test += (
                f" or {value} in (select name from {OBJECTS}"
                f" union all select bucket_id || '/' || name from {OBJECTS})"
            )
        counts.append(f"count(*) filter (where {test})")
    query = f"select {', '.join(counts)} from {server.table_sql(table.name)} as t"
    with server.reading() as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return [int(count) for count in row]
