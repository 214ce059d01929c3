"""The steps of a quickstart that bring rows in: plan, rehearse, move and verify; or copy a file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console

from mainstem.kit.naming import snake_case
from mainstem.kit.wording import counted
from mainstem.pg.connect import connect
from mainstem.server.store import last_run
from mainstem.unify.copy.file import copy_file
from mainstem.unify.ledger import store
from mainstem.unify.move.backup import Backup
from mainstem.unify.move.rehearsal import rehearse
from mainstem.unify.move.report import report_of
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import SEALS, read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.progress import reporter
from mainstem.unify.report import Report, by_source
from mainstem.unify.verify.verifying import verify_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mainstem.cli.setting import Setting
    from mainstem.unify.move.run import Outcome
    from mainstem.unify.plan.model import Plan

#: a rehearsal of larger sources takes a sample of about so many rows of each
REHEARSED_ROWS_MAX = 20_000


def unify(setting: Setting, config: Path) -> tuple[Report, bool]:
    """Sources go into the unified schema by a plan; their account, and whether all is equal there.

    What an earlier call did stays as it is.
    """
    with setting.steps.step("Plan") as step:
        plan, is_new = _plan(setting, config)
        dropped = sum(column.drop is not None for table in plan.tables for column in table.columns)
        state = "written" if is_new else "as it stands"
        step.say(f"{len(plan.tables)} tables, {dropped} columns dropped by name; {state}")
    if len(plan.sources) > 1 and not _is_begun(setting, plan):
        _rehearse(setting, plan)
    with setting.steps.step("Move") as step:
        backup = Backup(plan.directory / "backup")
        with reporter(Console(stderr=True)) as watching:
            outcome = run_plan(plan, setting.url, reporter=watching, backup=backup)
        with connect(setting.url) as connection:
            report = _short(report_of(connection, outcome), plan)
        step.say("nothing to do: done before" if outcome.was_finished else _totals(report))
    return report, _verify(setting, plan, outcome)


def _verify(setting: Setting, plan: Plan, outcome: Outcome) -> bool:
    """Whether what the run moved is equal; what was found equal once may be in use since.

    `mainstem unify verify` compares again, and then names the rows that came later.
    """
    with setting.steps.step("Verification") as step:
        with connect(setting.url) as connection:
            newest = last_run(connection)
        found = newest.verification if newest and newest.id == outcome.run.id else None
        if outcome.was_finished and found is not None and found.is_passed:
            step.say(f"{found.summary}, as found before")
            return True
        with reporter(Console(stderr=True)) as watching:
            verification = verify_run(plan, setting.url, reporter=watching)
        step.say(verification.summary)
    return verification.is_equal


def copy(setting: Setting, path: Path) -> Report:
    """Any other file is copied as it is, into a schema named after it; a copy proves itself."""
    schema = schema_for(path)
    with (
        setting.steps.step("Copy") as step,
        reporter(Console(stderr=True)) as watching,
        copy_file(path, setting.url, schema, reporter=watching) as report,
    ):
        step.say(f"into schema {schema}: {_totals(report)}")
    return report


def schema_for(path: Path) -> str:
    """The schema that a file is copied into; never one that is in use for something else."""
    letters = "".join(letter if letter.isalnum() else "_" for letter in snake_case(path.stem))
    return f"copy_of_{letters.lower()}"[:63]


def _plan(setting: Setting, path: Path) -> tuple[Plan, bool]:
    """The plan as it stands, edits included; made when there is none, or none that is whole."""
    config = read_config(path)
    is_new = not (config.plan_dir / SEALS).exists()
    if is_new:
        with connect(setting.url) as connection:
            make_plan(config, connection, is_forced=True)
    return read_directory(config.plan_dir), is_new


def _is_begun(setting: Setting, plan: Plan) -> bool:
    """Whether a run of the plan was finished, or stopped on the way and is gone on with."""
    with connect(setting.url) as connection:
        if not store.has_schema(connection):
            return False
        runs = store.runs_named(connection, plan.name)
    return any(run.is_open or run.state == "finished" for run in runs)


def _rehearse(setting: Setting, plan: Plan) -> None:
    """Carry the plan out on a scratch copy of the target first."""
    largest = max(
        sum(table.row_count for table in plan.tables_of(source)) for source in plan.sources
    )
    share = REHEARSED_ROWS_MAX / largest if largest > REHEARSED_ROWS_MAX else None
    with (
        setting.steps.step("Rehearsal") as step,
        reporter(Console(stderr=True)) as watching,
        rehearse(plan, setting.url, reporter=watching, share=share) as found,
    ):
        part = "all rows" if share is None else f"{share:.1%} of each table"
        rows = counted(sum(table.source for table in found.report.tables), "row")
        step.say(f"{part}: {found.report.quarantined:,} of {rows} would wait in quarantine")


def _short(report: Report, plan: Plan) -> Report:
    """A line for each source where there are several; the page has the tables."""
    if len(plan.sources) == 1:
        return report
    return replace(report, tables=by_source(report.tables), notes=())


def _totals(report: Report) -> str:
    counts: Mapping[str, int] = {
        "loaded": sum(table.loaded for table in report.tables),
        "merged": sum(table.merged for table in report.tables),
        "quarantined": report.quarantined,
        "dropped": sum(table.dropped for table in report.tables),
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
