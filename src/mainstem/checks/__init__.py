"""Proves the schema rules and the isolation of tenants on a live database.

`run_checks` runs every check in one transaction that is always rolled back, so it leaves no trace
and may run on a database in use. Others call `run_checks`, `all_checks` and read the `Report`.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import psycopg

from mainstem.checks.model import Check, Finding, Outcome, Report
from mainstem.checks.registry import all_checks
from mainstem.checks.session import Session
from mainstem.errors import UsageError
from mainstem.pg.connect import clear_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from psycopg.rows import TupleRow

#: without the manifest these would find nothing, which proves nothing
NEED_MANIFEST = frozenset({"rules", "isolation"})

__all__ = ["Check", "Finding", "Outcome", "Report", "all_checks", "run_checks"]


def run_checks(
    connection: psycopg.Connection[TupleRow],
    *,
    only: Collection[str] = (),
    on_outcome: Callable[[Outcome], None] | None = None,
) -> Report:
    """Run the checks, all of them or those named; the database is left as it was.

    Args:
        connection: a role that may see everything and has BYPASSRLS, such as the owner.
        only: names of checks, or of groups (`rules`); none means all.
        on_outcome: is told each outcome as soon as it is known.

    Raises:
        UsageError: a name that no check has.
        ServerError: the role may not do what checking takes, or the connection was lost.
    """
    checks = _chosen(only)
    session = Session(connection)
    outcomes: list[Outcome] = []
    with clear_errors("check the database"), connection.transaction(force_rollback=True):
        session.prepare()
        for check in checks:
            outcome = _run(check, session)
            outcomes.append(outcome)
            if on_outcome is not None:
                on_outcome(outcome)
    return Report(tuple(outcomes))


def _chosen(only: Collection[str]) -> tuple[Check, ...]:
    checks = all_checks()
    known = {check.name for check in checks} | {check.group for check in checks}
    unknown = sorted(set(only) - known)
    if unknown:
        raise UsageError(
            f"no check is named {', '.join(unknown)}; `mainstem check --list` shows them all"
        )
    return tuple(c for c in checks if not only or c.name in only or c.group in only)


def _run(check: Check, session: Session) -> Outcome:
    """Run one check in a savepoint: one that cannot run fails, and the others go on."""
    started = perf_counter()
    if check.group in NEED_MANIFEST and not session.has_manifest:
        said = "cannot be checked: it has no app.table_class; run `mainstem db migrate`"
        return Outcome(check, (Finding(check.name, "the database", said),), 0.0)
    try:
        with session.connection.transaction(force_rollback=True):
            findings = tuple(check.find(session))
    except psycopg.errors.InsufficientPrivilege:
        raise
    except (psycopg.ProgrammingError, psycopg.DataError, psycopg.InternalError) as error:
        said = error.diag.message_primary or str(error)
        findings = (Finding(check.name, "the database", f"cannot be checked: {said}"),)
    return Outcome(check, findings, perf_counter() - started)
