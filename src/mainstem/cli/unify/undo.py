"""`mainstem unify undo`: take a run back from its ledger."""

from __future__ import annotations

import click
from rich.console import Console

from mainstem.pg.target import database_url
from mainstem.unify.move.undo import undo_run
from mainstem.unify.progress import reporter


@click.command()
@click.argument("run_id", metavar="RUN", type=click.IntRange(min=1))
@click.option(
    "--force", is_flag=True, help="Also when rows were changed since; the changes are lost."
)
def undo(run_id: int, *, force: bool) -> None:
    """Take RUN (its number) back: the target is as it was before.

    Refused, naming them, where rows that came later depend on what it would remove, or where
    somebody changed rows that it brought.
    """
    with reporter(Console()) as watching:
        url = database_url()
        taken_back = undo_run(run_id, url, reporter=watching, is_forced=force)
    click.echo(f"run {taken_back.id} ({taken_back.name}) was taken back")
