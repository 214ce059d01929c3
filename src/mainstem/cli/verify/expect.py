"""`mainstem verify expect`: hold a database against a file of expectations."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainstem.pg.connect import describe
from mainstem.pg.target import database_url
from mainstem.unify.expect import prove, read_expectations
from mainstem.unify.expect.keeping import keep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.expect import Outcome

VERSION = 1


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path), default=Path("expect.toml"))
@click.option(
    "--database",
    metavar="URL",
    help="Ask this database [default: DATABASE_URL, or the embedded one].",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def expect(file: Path, *, database: str | None, as_json: bool) -> None:
    """Hold a database against FILE [expect.toml]: tables, row counts, and who sees what.

    Runs in a transaction that is rolled back. Ends with `N of N passed`. Where the database has a
    ledger of runs, what came of it is kept there for `mainstem unify report`.

    Exit status: 0 all is as expected; 1 something is not; 2 the file or an option is wrong.
    """
    expectations = read_expectations(file)
    url = database or database_url()
    outcomes = []
    for outcome in prove(expectations, url):
        outcomes.append(outcome)
        if not as_json:
            _show(outcome)
    if as_json:
        told = as_object(outcomes, file=file, database=describe(url))
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{_passed(outcomes)} of {len(outcomes)} passed")
    not_kept = keep(outcomes, url, file=file)
    if not_kept is not None:
        click.echo(not_kept, err=True)
    if _passed(outcomes) < len(outcomes):
        sys.exit(1)


def as_object(outcomes: Sequence[Outcome], *, file: Path, database: str) -> dict[str, object]:
    """The outcomes for programs; their schema is `docs/reference/expect.schema.json`."""
    return {
        "version": VERSION,
        "file": str(file),
        "database": database,
        "passed": _passed(outcomes),
        "total": len(outcomes),
        "expectations": [
            {
                "title": each.expectation.title,
                "kind": each.expectation.kind,
                "is_met": each.is_met,
                "reason": each.reason,
            }
            for each in outcomes
        ],
    }


def _passed(outcomes: Sequence[Outcome]) -> int:
    return sum(each.is_met for each in outcomes)


def _show(outcome: Outcome) -> None:
    if outcome.is_met:
        click.echo(f"{click.style('ok  ', fg='green')} {outcome.expectation.title}")
    else:
        mark = click.style("FAIL", fg="red")
        click.echo(f"{mark} {outcome.expectation.title}: {outcome.reason}")
