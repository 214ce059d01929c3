"""Compares what a copy made with its source, before anybody sees it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from psycopg.types.json import Jsonb

from mainstem.errors import VerifyError
from mainstem.unify.copy.design import design_tables
from mainstem.unify.ledger import store
from mainstem.unify.verify.copied import copied_comparisons
from mainstem.unify.verify.engine import compare_tables
from mainstem.unify.verify.model import Verification

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.unify.catalog.model import Catalog
    from mainstem.unify.catalog.sqlite import SqliteSource
    from mainstem.unify.copy.design import TargetTable
    from mainstem.unify.ledger.rows import Run
    from mainstem.unify.progress import Reporter
    from mainstem.unify.verify.model import Comparison

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
    began = time.monotonic()
    comparisons = _comparisons(connection, run, source, catalog)
    row = connection.execute(
        "select coalesce(sum(source_rows), 0) from unify.table_result where run_id = %s", (run.id,)
    ).fetchone()
    compared = compare_tables(
        comparisons, source.path, url, rows=int(row[0]) if row else 0, reporter=reporter
    )
    verification = Verification(
        [
            replace(one.verdict, target=f"{run.schema_name}.{target}")
            for one, target in zip(compared, _target_names(comparisons), strict=True)
        ],
        seconds=time.monotonic() - began,
    )
    connection.execute(
        "update unify.run set verification = %s where id = %s",
        (Jsonb(verification.as_dict()), run.id),
    )
    if not verification.is_equal:
        found = [str(d) for table in verification.tables for d in table.differences]
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
    comparisons = [
        comparison
        for comparison in _comparisons(connection, run, source, catalog)
        if comparison.table.name == target.source.name
    ]
    (compared,) = compare_tables(comparisons, source.path, url, rows=0, reporter=reporter)
    return next((name for name in compared.verdict.differing if name in generated), None)


def _comparisons(
    connection: psycopg.Connection[TupleRow], run: Run, source: SqliteSource, catalog: Catalog
) -> Sequence[Comparison]:
    """The comparisons, of the tables where they lie before they are published."""
    unpublished = replace(run, schema_name=run.staging_schema)
    step = store.read_steps(connection, run.id)["design"]
    assert isinstance(step.detail, dict)
    tables = design_tables(catalog, step.detail["types"])
    return copied_comparisons(connection, unpublished, source, tables)


def _target_names(comparisons: Sequence[Comparison]) -> list[str]:
    return [comparison.target_name.partition(".")[2] for comparison in comparisons]
