"""`mainstem unify rehearse`: carry a plan out on a scratch copy of the target."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from mainstem.cli.unify.run import EXIT_QUARANTINE, plan_of
from mainstem.pg.target import database_url
from mainstem.unify.move.rehearsal import rehearse as rehearse_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.progress import reporter

_PERCENT = 100


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--sample",
    "percent",
    type=click.FloatRange(0, _PERCENT, min_open=True),
    metavar="PERCENT",
    help="Load so much of each table only, with all rows that those point at.",
)
def rehearse(config: Path, *, percent: float | None) -> None:
    """Carry out the plan of CONFIG on a scratch copy of the target, and say what would happen.

    Sources and target are only read; the copy is removed at the end. Exit status: 0 every row would
    be loaded, merged or dropped by a decision; 3 some would wait in quarantine.
    """
    settings = read_config(config)
    url = settings.database_url() or database_url()
    plan = plan_of(settings, url)
    console = Console(soft_wrap=True)
    share = percent / _PERCENT if percent is not None else None
    with (
        reporter(Console(stderr=True)) as watching,
        rehearse_plan(plan, url, reporter=watching, share=share) as found,
    ):
        for line in found.not_copied:
            click.echo(f"not copied from the target: {line}")
        found.report.show(console)
        quarantined = found.report.quarantined
        what = "all rows" if percent is None else f"a sample of {percent:g} %"
        click.echo(
            f"rehearsed with {what}: {found.run_s:.1f} s, after {found.copy_s:.1f} s for the copy"
        )
    raise SystemExit(EXIT_QUARANTINE if quarantined else 0)
