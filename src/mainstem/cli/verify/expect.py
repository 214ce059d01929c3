"""`mainstem verify expect`: hold a database against a file of expectations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainstem.pg.target import database_url
from mainstem.unify.expect import prove, read_expectations

if TYPE_CHECKING:
    from mainstem.unify.expect import Outcome


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path), default=Path("expect.toml"))
@click.option(
    "--database",
    metavar="URL",
    help="Ask this database [default: DATABASE_URL, or the embedded one].",
)
def expect(file: Path, *, database: str | None) -> None:
    """Hold a database against FILE [expect.toml]: tables, row counts, and who sees what.

    Runs in a transaction that is rolled back. Ends with `N of N passed`.

    Exit status: 0 all is as expected; 1 something is not; 2 the file or an option is wrong.
    """
    expectations = read_expectations(file)
    passed = 0
    for outcome in prove(expectations, database or database_url()):
        _show(outcome)
        passed += outcome.is_met
    click.echo(f"{passed} of {len(expectations.entries)} passed")
    if passed < len(expectations.entries):
        sys.exit(1)


def _show(outcome: Outcome) -> None:
    if outcome.is_met:
        click.echo(f"{click.style('ok  ', fg='green')} {outcome.expectation.title}")
    else:
        mark = click.style("FAIL", fg="red")
        click.echo(f"{mark} {outcome.expectation.title}: {outcome.reason}")
