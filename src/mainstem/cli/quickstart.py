"""`mainstem quickstart`: what `make run` does, from nothing to a page that shows the proof."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from mainstem.checks import run_checks
from mainstem.cli.checklist import Checklist
from mainstem.cli.source import Source, own_source, sample_source
from mainstem.db.migrate import migrate
from mainstem.kit.naming import snake_case
from mainstem.pg import target
from mainstem.pg.connect import connect, describe
from mainstem.pg.embedded import default_home
from mainstem.server import process
from mainstem.server.store import record_checks
from mainstem.unify.copy.file import copy_file
from mainstem.unify.move.report import report_of
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import reporter
from mainstem.unify.verify import verify_run

if TYPE_CHECKING:
    from mainstem.unify.plan.model import Plan
    from mainstem.unify.report import Report

HOST = "127.0.0.1"
SAMPLE_ROWS = 100_000
SAMPLE_ROWS_MIN = 2_000
SEED = 1


@dataclass(frozen=True)
class Setting:
    """Where a quickstart works, and the list that it ticks off."""

    home: Path
    console: Console
    steps: Checklist


@click.command()
@click.option(
    "--sqlite",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Bring this SQLite file in instead of the sample.",
)
@click.option(
    "--rows",
    default=SAMPLE_ROWS,
    show_default=True,
    type=click.IntRange(SAMPLE_ROWS_MIN),
    help="Size of the sample, over all its tables.",
)
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Port of the page, or the first of a hundred to try.",
)
def quickstart(sqlite: Path | None, *, rows: int, port: int) -> None:
    """Set up the database, unify a SQLite file into it, prove it, and leave the page running.

    A file with the tables of the direct-mail app goes into the unified schema, any other one is
    copied into a schema of its own. Run it again at any time: what is done stays as it is, what was
    interrupted goes on. Exit code 1: a check or the verification failed; the page says which.
    """
    console = Console(soft_wrap=True)
    setting = Setting(default_home(), console, Checklist(console))
    url = _prepare(setting)
    with setting.steps.step("Source") as step:
        if sqlite is None:
            source = sample_source(setting.home, rows=rows, seed=SEED)
        else:
            source = own_source(setting.home, sqlite)
        step.say(source.said)
    move = _unify if source.config else _copy
    report, is_equal = move(setting, source, url)
    is_proven = _check(setting, url) and is_equal
    address = _serve(setting, url, port=port)
    _conclude(setting, report, address=address)
    if not is_proven:
        sys.exit(1)


def _prepare(setting: Setting) -> str:
    """Database and schema; the database's address."""
    with setting.steps.step("Database") as step:
        url = target.database_url()
        with connect(url) as connection:
            version = connection.info.server_version // 10000
        is_external = target.external_url() is not None
        place = describe(url) if is_external else f"embedded, in {setting.home}"
        step.say(f"PostgreSQL {version}, {place}")
    with setting.steps.step("Migrations") as step:
        with connect(url) as connection:
            applied = migrate(connection)
        step.say(f"{len(applied)} applied" if applied else "none pending")
    return url


def _unify(setting: Setting, source: Source, url: str) -> tuple[Report, bool]:
    """A file of the direct-mail app goes into the unified schema, by a plan; is it equal there?"""
    with setting.steps.step("Plan") as step:
        plan, is_new = _plan(source, url)
        dropped = sum(column.drop is not None for table in plan.tables for column in table.columns)
        state = "written" if is_new else "as it stands"
        step.say(f"{len(plan.tables)} tables, {dropped} columns dropped by name; {state}")
    with setting.steps.step("Move") as step:
        with reporter(Console(stderr=True)) as watching:
            outcome = run_plan(plan, url, reporter=watching)
        with connect(url) as connection:
            report = report_of(connection, outcome)
        step.say("nothing to do: done before" if outcome.was_finished else _totals(report))
    with setting.steps.step("Verification") as step:
        with reporter(Console(stderr=True)) as watching:
            verification = verify_run(plan, url, reporter=watching)
        step.say(verification.summary)
    return report, verification.is_equal


def _plan(source: Source, url: str) -> tuple[Plan, bool]:
    """The plan as it stands, edits included; made when there is none yet."""
    assert source.config is not None
    config = read_config(source.config)
    is_new = not config.plan_dir.exists()
    if is_new:
        with connect(url) as connection:
            make_plan(config, connection)
    return read_directory(config.plan_dir), is_new


def _copy(setting: Setting, source: Source, url: str) -> tuple[Report, bool]:
    """Any other file is copied as it is, into a schema named after it; a copy proves itself."""
    schema = schema_for(source.path)
    with (
        setting.steps.step("Copy") as step,
        reporter(Console(stderr=True)) as watching,
        copy_file(source.path, url, schema, reporter=watching) as report,
    ):
        step.say(f"into schema {schema}: {_totals(report)}")
    return report, True


def schema_for(path: Path) -> str:
    """The schema that a file is copied into; never one that is in use for something else."""
    letters = "".join(letter if letter.isalnum() else "_" for letter in snake_case(path.stem))
    return f"copy_of_{letters.lower()}"[:63]


def _totals(report: Report) -> str:
    counts = {
        "loaded": sum(table.loaded for table in report.tables),
        "merged": sum(table.merged for table in report.tables),
        "quarantined": report.quarantined,
        "dropped": sum(table.dropped for table in report.tables),
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def _check(setting: Setting, url: str) -> bool:
    """Prove rules and isolation; the result stands with the run."""
    with setting.steps.step("Checks") as step, connect(url) as connection:
        report = run_checks(connection)
        step.say(report.summary)
        record_checks(connection, passed=report.passed, total=report.total)
    for finding in report.findings[:10]:
        setting.console.print(Text(f"     {finding}", style="red"))
    return report.is_passed


def _serve(setting: Setting, url: str, *, port: int) -> str:
    """Leave the page running; its address."""
    with setting.steps.step("Server") as step:
        record, is_new = process.start(url, home=setting.home, host=HOST, port=port)
        step.say(record.address if is_new else f"{record.address}, already running")
    return record.address


def _conclude(setting: Setting, report: Report, *, address: str) -> None:
    """The row accounts, where to look, and how to end what was started."""
    print_line = setting.console.print
    print_line()
    report.show(setting.console)
    print_line()
    print_line(Text(f"Done in {setting.steps.seconds:.0f} s. Open {address}", style="bold"))
    program = _program()
    print_line(
        Text(f"End the page with `{program} serve --stop`, the database with `{program} db stop`.")
    )


def _program() -> str:
    """How this program is called from here."""
    here = Path(sys.argv[0]).absolute()
    on_path = shutil.which("mainstem")
    if here.name != "mainstem" or (on_path and Path(on_path).absolute() == here):
        return "mainstem"
    return os.path.relpath(here)
