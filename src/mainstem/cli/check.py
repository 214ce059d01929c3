"""`mainstem check`: prove the schema rules and the isolation of tenants."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click
from psycopg import errors

from mainstem.checks import run_checks
from mainstem.checks.reference import reference_page
from mainstem.pg.connect import connect
from mainstem.pg.target import database_url
from mainstem.server.store import record_checks

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.checks import Outcome, Report

#: one fault in a helper breaks a hundred tables alike
SHOWN_MAX = 10


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.option(
    "--database",
    metavar="URL",
    help="Check this database [default: DATABASE_URL, or the embedded one].",
)
@click.option(
    "--only", metavar="NAME", multiple=True, help="Run this check or group only; may be repeated."
)
@click.option("--list", "is_list", is_flag=True, help="Print what each check proves, and run none.")
def check(*, as_json: bool, database: str | None, only: tuple[str, ...], is_list: bool) -> None:
    """Prove the schema rules and that no tenant reaches another's rows.

    Runs in a transaction that is rolled back. Ends with `N of N checks passed`; exit 1 otherwise.
    """
    if is_list:
        click.echo(reference_page(), nl=False)
        return
    with connect(database or database_url(), application_name="mainstem check") as connection:
        report = run_checks(connection, only=only, on_outcome=None if as_json else _show)
        if not only:
            _keep(connection, report)
    click.echo(json.dumps(as_object(report), indent=2) if as_json else report.summary)
    if not report.is_passed:
        sys.exit(1)


def as_object(report: Report) -> dict[str, object]:
    """The report for programs: counts, and each check with what it found."""
    return {
        "passed": report.passed,
        "total": report.total,
        "checks": [
            {
                "name": outcome.check.name,
                "group": outcome.check.group,
                "rule": outcome.check.rule,
                "title": outcome.check.title,
                "passed": outcome.is_passed,
                "seconds": round(outcome.seconds, 3),
                "findings": [
                    {"check": f.check, "object": f.object, "message": f.message, "fix": f.fix}
                    for f in outcome.findings
                ],
            }
            for outcome in report.outcomes
        ],
    }


def _keep(connection: psycopg.Connection[TupleRow], report: Report) -> None:
    """Keep the result for the page of `mainstem serve`; the ledger may be another role's."""
    try:
        with connection.transaction():
            record_checks(connection, passed=report.passed, total=report.total)
    except errors.InsufficientPrivilege as error:
        click.echo(f"the result is not kept for the page: {error.diag.message_primary}", err=True)


def _show(outcome: Outcome) -> None:
    mark = click.style("ok  ", fg="green") if outcome.is_passed else click.style("FAIL", fg="red")
    click.echo(f"{mark} {outcome.check.name:<26} {outcome.check.title}")
    for finding in outcome.findings[:SHOWN_MAX]:
        click.echo(f"     {finding}")
        if finding.fix:
            click.echo(click.style(f"       mend: {finding.fix}", dim=True))
    unshown = len(outcome.findings) - SHOWN_MAX
    if unshown > 0:
        click.echo(f"     and {unshown} more; --json lists them all")
