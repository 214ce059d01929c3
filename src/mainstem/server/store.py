"""The server's SQL: catalog and ledger totals, read as the database's owner.

These are the only reads outside a tenant transaction: the ledger belongs to no tenant, is closed to
every request role, and only its sums leave this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from psycopg.types.json import Jsonb

from mainstem.db.queries import load_queries
from mainstem.server.model import PhaseTime, RunState, SourceTotals, TableTotals, UnifyRun, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg
    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

QUERIES = load_queries("mainstem.server")
#: more tables than any run has; a page is bounded all the same
ROWS_MAX = 500
RUNS_MAX = 50


def missing_relations(connection: Connection, *names: str) -> list[str]:
    """Those of the named relations that do not exist."""
    rows = connection.execute(
        "select name from unnest(%s::text[]) as name where to_regclass(name) is null",
        (list(names),),
    )
    return [row[0] for row in rows]


def missing_tables(connection: Connection) -> tuple[list[str], int]:
    """Tables of the manifest that do not exist, and how many it has."""
    missing = [row[0] for row in connection.execute(QUERIES["missing_tables"])]
    return missing, _count(connection, "count_tables")


def partitioned_tables(connection: Connection) -> int:
    """How many tables keep partitions ahead of time."""
    return _count(connection, "count_partitioned")


def last_run(connection: Connection) -> UnifyRun | None:
    """The newest unification run in totals; None when there never was one."""
    if missing_relations(connection, "unify.run", "unify.table_result", "unify.step"):
        return None
    row = connection.execute(QUERIES["last_run"]).fetchone()
    if row is None:
        return None
    run_id, kind, name, state, started_at, finished_at, verification = row
    bounds = {"run_id": run_id, "rows_max": ROWS_MAX}
    tables = connection.execute(QUERIES["tables_of_run"], bounds).fetchall()
    sources = connection.execute(QUERIES["sources_of_run"], bounds).fetchall()
    phases = connection.execute(QUERIES["phases_of_run"], bounds).fetchall()
    return UnifyRun(
        run_id,
        kind,
        name,
        state,
        started_at,
        finished_at,
        tuple(TableTotals(*table) for table in tables),
        tuple(SourceTotals(*source) for source in sources),
        tuple(PhaseTime(*phase) for phase in phases),
        verification=_verdict(verification),
        checks=_verdict((verification or {}).get("checks")),
    )


def runs(connection: Connection, run_id: int | None = None) -> list[RunState]:
    """The newest unification runs, or the one of that number."""
    if missing_relations(connection, "unify.run", "unify.step"):
        return []
    bounds = {"run_id": run_id, "rows_max": RUNS_MAX}
    rows = connection.execute(QUERIES["runs"], bounds).fetchall()
    return [RunState(*row) for row in rows]


def record_checks(connection: Connection, *, passed: int, total: int) -> None:
    """Keep what all checks said, for the page of the newest run; nothing where there is none."""
    if missing_relations(connection, "unify.run"):
        return
    checks = {"is_passed": passed == total, "summary": f"{passed} of {total} checks passed"}
    connection.execute(QUERIES["record_checks"], {"checks": Jsonb(checks)})


def _verdict(content: Mapping[str, object] | None) -> Verdict | None:
    """A verdict from stored JSON; None where it holds none."""
    if content is None or "is_passed" not in content:
        return None
    return Verdict(bool(content["is_passed"]), str(content.get("summary", "")))


def _count(connection: Connection, query: str) -> int:
    row = connection.execute(QUERIES[query]).fetchone()
    assert row is not None
    return cast("int", row[0])
