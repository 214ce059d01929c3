"""`mainstem unify copy`: any SQLite file into PostgreSQL, in one step."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from mainstem.pg.target import database_url
from mainstem.unify.copy.file import copy_file
from mainstem.unify.progress import reporter
from mainstem.unify.report import check_writable

_EXIT_QUARANTINE = 3


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.db")
@click.option(
    "--database",
    metavar="URL",
    help="The database to copy into [default: DATABASE_URL, else the embedded one].",
)
@click.option("--schema", default="public", show_default=True, help="The schema for the tables.")
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the report here, with every ledger row.",
)
def copy(file: Path, database: str | None, schema: str, json_path: Path | None) -> None:
    """Copy a SQLite file into new PostgreSQL tables, and prove that nothing was lost.

    Types are chosen from the declarations and the values; keys, constraints, defaults, generated
    columns, indexes and counters come along, and what cannot is listed. Killed at any point and run
    again, it goes on; of a finished copy there is nothing to do.

    Exit status: 0 all rows are there; 3 some wait in quarantine; 1 the two sides differ; 2 the
    input, the target or an option is wrong.
    """
    console = Console(soft_wrap=True)
    if json_path is not None:
        check_writable(json_path)
    with (
        reporter(Console(stderr=True)) as progress,
        copy_file(file, database or database_url(), schema, reporter=progress) as report,
    ):
        if json_path is not None:
            report.write_json(json_path)
        quarantined = report.quarantined
    report.show(console)
    if quarantined:
        sys.exit(_EXIT_QUARANTINE)
