"""Compares what a copy made with its source, before anybody sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.errors import VerifyError
from mainstem.unify.copy.design import design_tables
from mainstem.unify.ledger import store
from mainstem.unify.verify.copied import copied_comparisons
from mainstem.unify.verify.engine import compare_tables
from mainstem.unify.verify.verifying import keep, verify_copied

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.copy.design import TargetTable
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.progress import Reporter

_SHOWN_MAX: Final = 3


def prove(
    connection: psycopg.Connection[TupleRow],
    run: Run,
    source: SqliteSource,
    catalog: Catalog,
    *,
    url: str,
    reporter: Reporter,
) -> None:
    """Compare every value of every table, and keep the verdict with the run.

    Raises VerifyError, naming the first differences, when the sides differ.
    """
    store.analyze_run(connection, run.id)
    verification = verify_copied(
        connection,
        run,
        source,
        made_tables(connection, run, catalog),
        schema=run.staging_schema,
        url=url,
        reporter=reporter,
    )
    keep(connection, run, verification)
    if not verification.is_equal:
        found = [str(d) for table in verification.tables for d in table.differences]
        found += map(str, verification.findings)
        shown = "; ".join(found[:_SHOWN_MAX]) or verification.summary
        raise VerifyError(f"the copy differs from {source.path.name}: {shown}; nothing was kept")


def wrong_generated(
    connection: psycopg.Connection[TupleRow],
    run: Run,
    source: SqliteSource,
    catalog: Catalog,
    *,
    url: str,
    target: TargetTable,
    reporter: Reporter,
) -> str | None:
    """A generated column of a loaded table that computes another value than SQLite, if any."""
    generated = {c.source.name for c in target.columns if c.generated is not None}
    if not generated:
        return None
    tables = [
        table
        for table in made_tables(connection, run, catalog)
        if table.source.name == target.source.name
    ]
    comparisons = copied_comparisons(connection, run, source, tables, schema=run.staging_schema)
    (compared,) = compare_tables(comparisons, source.path, url, reporter=reporter)
    return next((name for name in compared.verdict.differing if name in generated), None)


def made_tables(
    connection: psycopg.Connection[TupleRow], run: Run, catalog: Catalog
) -> list[TargetTable]:
    """The tables as the run designed them, whether or not they are published."""
    step = store.read_steps(connection, run.id)["design"]
    assert isinstance(step.detail, dict)
    return design_tables(catalog, step.detail["types"])
