"""`mainstem unify run`: carry a plan out, or go on with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from mainstem.errors import ConfigError, UsageError
from mainstem.kit.wording import counted
from mainstem.pg.connect import connect
from mainstem.pg.target import database_url
from mainstem.unify.ledger import store
from mainstem.unify.move.backup import Backup
from mainstem.unify.move.catchup.passes import UNTIL_S, catch_up
from mainstem.unify.move.report import report_of
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.progress import reporter

if TYPE_CHECKING:
    from mainstem.unify.move.catchup.passes import CaughtUp
    from mainstem.unify.plan.config import Config
    from mainstem.unify.plan.model import Plan

#: everything was accounted for, and some rows wait in quarantine
EXIT_QUARANTINE = 3
_LEFT_MAX = 20


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the report here.")
@click.option(
    "--no-backup-because",
    "skipped_because",
    metavar="REASON",
    help="Take no backup of the target first; the reason is kept with the run.",
)
@click.option(
    "--catch-up",
    "is_catching_up",
    is_flag=True,
    help="Bring a finished run up to date with sources that are still in use.",
)
@click.option(
    "--until",
    "until_s",
    type=click.FloatRange(min=0),
    default=UNTIL_S,
    show_default=True,
    metavar="SECONDS",
    help="Catch up until a pass takes no longer.",
)
@click.option(
    "--last",
    "is_last",
    is_flag=True,
    help="Catch up once, and forget what is remembered of the sources: they are stopped.",
)
@click.option(
    "--force",
    "is_forced",
    is_flag=True,
    help="Catch up over rows and files that people changed in the target, too.",
)
def run(
    config: Path,
    *,
    json_path: Path | None,
    skipped_because: str | None,
    is_catching_up: bool,
    until_s: float,
    is_last: bool,
    is_forced: bool,
) -> None:
    """Carry out the plan of CONFIG; made first when there is none.

    The target is backed up first, into the plan's directory. With --catch-up, what changed in the
    sources since is carried over, pass by pass.

    Killed at any point and run again, it goes on. Exit code 0: every row is loaded, merged or
    dropped by a decision; 3: some wait in quarantine.
    """
    settings = read_config(config)
    url = settings.database_url() or database_url()
    plan = plan_of(settings, url)
    console = Console(soft_wrap=True)
    if (is_last or is_forced) and not is_catching_up:
        raise UsageError("--last and --force belong to --catch-up; add it")
    if is_catching_up:
        with reporter(console) as watching:
            caught_up = catch_up(
                plan,
                url,
                reporter=watching,
                until_s=until_s,
                is_forced=is_forced,
                is_last=is_last,
            )
        sys.exit(_show(caught_up, url))
    with reporter(console) as watching:
        backup = Backup(plan.directory / "backup", skipped_because)
        outcome = run_plan(plan, url, reporter=watching, backup=backup)
    if outcome.was_finished:
        click.echo(f"nothing to do: run {outcome.run.id} carried this plan out already")
    with connect(url) as connection:
        report = report_of(connection, outcome)
        report.show(console)
        if json_path is not None:
            report.write_json(json_path)
    sys.exit(EXIT_QUARANTINE if report.quarantined else 0)


def _show(caught_up: CaughtUp, url: str) -> int:
    """Say what is left; the exit code."""
    for left in caught_up.left[:_LEFT_MAX]:
        click.echo(f"left as it is: {left}")
    if len(caught_up.left) > _LEFT_MAX:
        click.echo(f"and {len(caught_up.left) - _LEFT_MAX} more")
    with connect(url) as connection:
        accounts = store.read_accounts(connection, caught_up.run.id)
    waiting = sum(account.quarantined for account in accounts)
    if waiting:
        click.echo(f"{counted(waiting, 'row')} in quarantine")
    waiting_files = sum(account.quarantined for account in caught_up.files)
    if waiting_files:
        click.echo(f"{counted(waiting_files, 'file')} in quarantine")
    if not caught_up.is_short:
        click.echo("the last pass was longer than --until; run again, or allow more")
    click.echo(f"the target is as the sources were at {caught_up.as_of:%Y-%m-%d %H:%M:%S} UTC")
    for difference in caught_up.differences:
        click.echo(f"since then, {difference}")
    if not caught_up.differences:
        click.echo("nothing that it would carry over changed since")
    is_well = caught_up.is_short and not (caught_up.left or waiting or waiting_files)
    return 0 if is_well else EXIT_QUARANTINE


def plan_of(settings: Config, url: str) -> Plan:
    """The plan as it stands, edits included; made when there is none.

    Raises ConfigError when it is for other sources than the config names.
    """
    if not settings.plan_dir.exists():
        from mainstem.unify.plan.make import make_plan  # noqa: PLC0415 - reads code: slow to import

        with connect(url) as connection:
            made = make_plan(settings, connection)
        click.echo(f"wrote the plan {made.directory}")
    plan = read_directory(settings.plan_dir)
    _check_fits(plan, settings)
    return plan


def _check_fits(plan: Plan, config: Config) -> None:
    """Refuse a plan that was made for other sources than the config names."""
    planned = {source.name: source for source in plan.sources}
    for source in config.sources:
        found = planned.get(source.name)
        wanted = source.sqlite.resolve() if source.sqlite is not None else source.postgres
        is_file = source.sqlite is not None
        there = found and (found.path.resolve() if is_file else found.location)
        if there != wanted or len(planned) != len(config.sources):
            raise ConfigError(
                f"the plan {plan.directory} is not for the sources that {config.path} names "
                f"({source.shown}); plan again with --force"
            )
