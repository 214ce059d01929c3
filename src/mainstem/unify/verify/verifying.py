"""The whole of a verification, of a plan's run and of a copy; its summary stays with the run."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from mainstem.errors import ConfigError, SourceError, UsageError
from mainstem.pg.connect import clear_errors
from mainstem.unify.catalog.sqlite import open_source, read_catalog
from mainstem.unify.catalog.sqlite_schema import quoted
from mainstem.unify.files.checking import verify_files
from mainstem.unify.ledger import store
from mainstem.unify.move.file_source import FileSource
from mainstem.unify.move.server_source import ServerSource
from mainstem.unify.move.source import open_sources, same_source
from mainstem.unify.move.statements import target_name
from mainstem.unify.plan.names import name_sql
from mainstem.unify.verify.accounting import check_accounts, check_also, check_ledger, check_maps
from mainstem.unify.verify.copied import copied_comparisons
from mainstem.unify.verify.engine import compare_rows, compare_tables
from mainstem.unify.verify.expressions import open_fresh, with_expressions
from mainstem.unify.verify.isolation import (
    TENANTS_MAX,
    TenantTable,
    check_isolation,
    obstacle,
    prove_elsewhere,
)
from mainstem.unify.verify.model import Finding, Verification
from mainstem.unify.verify.planned import moved_tables, planned_comparison, read_planned_run
from mainstem.unify.verify.references import (
    check_counters,
    check_foreign_keys,
    count_kept_orphans,
)
from mainstem.unify.verify.server_tables import compare_servers
from mainstem.unify.verify.target_side import open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.copy.design import TargetTable as CopiedTable
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.move.source import Source
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.progress import Reporter
    from mainstem.unify.verify.engine import Compared
    from mainstem.unify.verify.model import Comparison
    from mainstem.unify.verify.planned import PlannedRun

    Connection = psycopg.Connection[TupleRow]
    MadeTables = Callable[[Connection, Run, Catalog], Sequence[CopiedTable]]


def verify_run(plan: Plan, url: str, *, reporter: Reporter) -> Verification:
    """Verify the latest finished run of a plan.

    Raises:
        UsageError: there is no such run, or it is still under way.
        ConfigError: the plan was edited since.
        SourceError: a source cannot be read, or is not the one that the run read.
        ServerError: the server cannot be reached, or hides rows from this user.
    """
    started = time.monotonic()
    with open_sources(plan) as sources, _target(url) as connection:
        run = _latest(store.runs_named(connection, plan.name), plan.name)
        if run.plan_sha256 != plan.sha256:
            raise ConfigError(
                f"the plan {plan.directory} was edited after run {run.id} carried it out; "
                "undo the edits to verify that run"
            )
        for source in sources.values():
            _check_same(source, run, source.planned.name or plan.name)
        catalogs = {name: source.catalog for name, source in sources.items()}
        planned = read_planned_run(connection, run, plan, catalogs)
        compared = _compare(planned, sources, url, reporter=reporter)
        tables = [
            target_name(planned.targets[name])
            for name in sorted({planned.target(found) for found in planned.maps.values()})
        ]
        with _references_beside(url, run, tables, reporter=reporter) as references:
            findings = [
                *_accounting(
                    connection,
                    run,
                    compared=compared,
                    tables=(),
                    count=lambda name: _rows_of(sources, plan, name),
                    recounted=[
                        one for one in compared if planned.is_file(plan.table(one.verdict.table))
                    ],
                ),
                *check_maps(planned),
                *check_also(connection, store.read_maps(connection, run.id), run),
            ]
            isolated, leaks, notes = _isolation(planned, url, reporter=reporter)
            files, wrong_files = verify_files(connection, run, plan, reporter=reporter)
            keys, wrong = references.result()
        verification = Verification(
            tables=[one.verdict for one in compared],
            findings=[
                *findings,
                *wrong,
                *leaks,
                *(Finding("file", name, text) for name, text in wrong_files),
            ],
            checked={**keys, "isolated tables": isolated, **files},
            seconds=time.monotonic() - started,
            notes=notes,
        )
        keep(connection, run, verification)
        return verification


def verify_copy(path: Path, url: str, *, made: MadeTables, reporter: Reporter) -> Verification:
    """Verify the latest finished copy of a SQLite file; `made` tells the tables that it made.

    Raises:
        UsageError: the file was not copied into this database.
        SourceError: the source cannot be read, or is not the one that was copied.
        ServerError: the server cannot be reached, or hides rows from this user.
    """
    with _both(path, url) as (source, connection):
        runs = [
            run
            for run in store.runs_named(connection, source.path.name, kind="copy")
            if run.source.get("path") == str(source.path) and run.state == "finished"
        ]
        if not runs:
            raise UsageError(
                f"{path} was not copied into this database; `mainstem unify copy` comes first"
            )
        (run, *_) = runs
        _check_source(source, run)
        tables = made(connection, run, read_catalog(source))
        found = verify_copied(
            connection, run, source, tables, schema=run.schema_name, url=url, reporter=reporter
        )
        names = [f"{quoted(run.schema_name)}.{quoted(target.name)}" for target in tables]
        counters, behind = check_counters(connection, names)
        verification = replace(
            found,
            findings=[*found.findings, *behind],
            checked={**found.checked, "counters": counters},
        )
        keep(connection, run, verification)
        return verification


def verify_copied(
    connection: Connection,
    run: Run,
    source: SqliteSource,
    tables: Sequence[CopiedTable],
    *,
    schema: str,
    url: str,
    reporter: Reporter,
) -> Verification:
    """Verify the tables of a copy where they lie; the verdict is not kept."""
    started = time.monotonic()
    comparisons = copied_comparisons(connection, run, source, tables, schema=schema)
    compared = compare_rows(_counted(comparisons, source), source.path, url, reporter=reporter)
    names = [f"{quoted(schema)}.{quoted(target.name)}" for target in tables]
    keys, wrong = _references(connection, run, names, reporter=reporter)
    return Verification(
        tables=[one.verdict for one in compared],
        findings=[
            *_accounting(
                connection,
                run,
                compared=compared,
                tables=names,
                count=lambda name: _count(source, name),
                recounted=compared,
            ),
            *wrong,
        ],
        checked=keys,
        seconds=time.monotonic() - started,
    )


@contextmanager
def _both(path: Path, url: str) -> Iterator[tuple[SqliteSource, Connection]]:
    with open_source(path) as source, _target(url) as connection:
        yield source, connection


@contextmanager
def _target(url: str) -> Iterator[Connection]:
    with clear_errors("verify"), open_target(url) as connection:
        yield connection


def _latest(runs: Sequence[Run], name: str) -> Run:
    for run in runs:
        if run.state == "finished":
            return run
        if run.is_open:
            raise UsageError(
                f"run {run.id} of {name} is not finished; go on with `mainstem unify run`"
            )
    raise UsageError(f"{name} was never run in this database; `mainstem unify run` comes first")


def _check_source(source: SqliteSource, run: Run) -> None:
    if run.source.get("fingerprint") != source.opened.as_dict():
        raise SourceError(
            f"{source.path} is not as run {run.id} read it; verify against the file of that time, "
            "or run again"
        )


def _check_same(source: Source, run: Run, name: str) -> None:
    if not same_source(run, source, name):
        raise SourceError(
            f"{source.planned.shown} is not as run {run.id} read it; verify against the source of "
            "that time, or run again"
        )


def _compare(
    planned: PlannedRun, sources: Mapping[str, Source], url: str, *, reporter: Reporter
) -> list[Compared]:
    """Compare the tables of all sources, and what the plan's own SQL gives, in the plan's order."""
    servers = {name: one for name, one in sources.items() if isinstance(one, ServerSource)}
    found = compare_servers(planned, servers, url, reporter=reporter)
    for source in sources.values():
        if isinstance(source, FileSource):
            found |= _compare_file(planned, source, url, reporter=reporter)
    return [found[table.name] for table in planned.plan.tables if table.name in found]


def _compare_file(
    planned: PlannedRun, source: FileSource, url: str, *, reporter: Reporter
) -> dict[str, Compared]:
    file = source.file
    tables = moved_tables(planned, source.planned)
    comparisons = _counted([planned_comparison(planned, table) for table in tables], file)
    compared = compare_tables(comparisons, file.path, url, reporter=reporter)
    with open_fresh(url) as fresh:
        return {
            one.verdict.table: replace(
                one,
                verdict=with_expressions(
                    planned, one.verdict, source, comparison=comparison, connection=fresh
                ),
            )
            for one, comparison in zip(compared, comparisons, strict=True)
        }


def _rows_of(sources: Mapping[str, Source], plan: Plan, name: str) -> int:
    table = plan.table(name)
    (rows,) = sources[table.source].count(table)
    return rows


def _count(source: SqliteSource, table: str) -> int:
    with source.reading() as reading:
        query = f"select count(*) from {quoted(table)}"
        return int(reading.execute(query).fetchone()[0])


def _counted(comparisons: Sequence[Comparison], source: SqliteSource) -> list[Comparison]:
    return [replace(one, rows=_count(source, one.table.name)) for one in comparisons]


def _accounting(
    connection: Connection,
    run: Run,
    *,
    compared: Sequence[Compared],
    tables: Sequence[str],
    count: Callable[[str], int],
    recounted: Sequence[Compared],
) -> Iterator[Finding]:
    """`recounted`: the tables whose conversions were counted again, value by value."""
    accounts = store.read_accounts(connection, run.id)
    yield from check_accounts(connection, run, accounts=accounts, compared=compared, count=count)
    generated = {}
    for one, table in zip(compared, tables, strict=False):
        rows = connection.execute(
            "select attname from pg_attribute where attrelid = to_regclass(%s)"
            " and attgenerated <> ''",
            (table,),
        ).fetchall()
        generated[one.verdict.table] = frozenset(name for (name,) in rows)
    yield from check_ledger(connection, run, compared=recounted, generated=generated)


@contextmanager
def _references_beside(
    url: str, run: Run, tables: Sequence[str], *, reporter: Reporter
) -> Iterator[Future[tuple[dict[str, int], list[Finding]]]]:
    """Foreign keys on a connection of their own, while the rest is looked at."""

    def work() -> tuple[dict[str, int], list[Finding]]:
        with open_target(url) as connection:
            return _references(connection, run, tables, reporter=reporter)

    with ThreadPoolExecutor(max_workers=1) as beside:
        yield beside.submit(work)


def _references(
    connection: Connection, run: Run, tables: Sequence[str], *, reporter: Reporter
) -> tuple[dict[str, int], list[Finding]]:
    count, found = check_foreign_keys(
        connection,
        tables,
        kept_orphans=count_kept_orphans(connection, run.id),
        advance=reporter.step("foreign keys", None).advance,
    )
    return {"foreign keys": count}, found


def _isolation(
    planned: PlannedRun, url: str, *, reporter: Reporter
) -> tuple[int, list[Finding], Sequence[str]]:
    """How many tables were looked at, the leaks, and why nothing was looked at."""
    connection, tenant = planned.connection, planned.plan.tenant
    if tenant is None:
        return 0, [], ["the plan names no tenant, so that there is no isolation to try"]
    if obstacle(connection) is not None:
        reporter.step("isolation", None)
        return prove_elsewhere(url)
    loaded = {planned.target(found) for found in planned.maps.values()}
    tables = []
    for name in sorted(loaded | {tenant.root}):
        target = planned.targets[name]
        if name == tenant.root:
            tables.append(TenantTable(target_name(target), target.table.primary_key[0]))
        elif target.has_column(tenant.column):
            tables.append(TenantTable(target_name(target), tenant.column))
    advance = reporter.step("isolation", len(tables)).advance
    found = check_isolation(connection, tables, tenants=_tenants(planned), advance=advance)
    return len(tables), found, ()


def _tenants(planned: PlannedRun) -> list[str]:
    """Some of the tenants whose rows were loaded."""
    tenant = planned.plan.tenant
    assert tenant is not None
    root = planned.targets[tenant.root]
    key = name_sql(root.table.primary_key[0])
    rows = planned.connection.execute(
        f"select {key}::text from {target_name(root)} order by 1 limit {TENANTS_MAX}".encode()
    )
    return [str(found) for (found,) in rows]


def keep(connection: Connection, run: Run, verification: Verification) -> None:
    """Store a verdict with its run; what else stands with it stays."""
    connection.execute(
        "update unify.run set verification = coalesce(verification, '{}') || %s where id = %s",
        (Jsonb(verification.as_dict()), run.id),
    )
