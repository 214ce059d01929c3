"""`mainstem unify plan`: write a plan to read and edit."""

from __future__ import annotations

from pathlib import Path

import click

from mainstem.kit.wording import counted
from mainstem.pg.connect import clear_errors, connect
from mainstem.pg.target import database_url
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.make import make_plan


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Write the plan anew, though it was edited.")
def plan(config: Path, *, force: bool) -> None:
    """Write the plan that CONFIG asks for: a manifest, and an SQL file for each target table.

    Read it, edit it, then `mainstem unify run CONFIG`. What could not be decided is listed as
    questions, which stop the run until the config answers them.
    """
    settings = read_config(config)
    with connect(settings.database_url() or database_url()) as connection, clear_errors("plan"):
        made = make_plan(settings, connection, is_forced=force)
    moved = sum(1 for _ in made.moved())
    click.echo(
        f"plan in {made.directory}: {moved} of {len(made.tables)} tables move, "
        f"{len(made.tables) - moved} dropped or open"
    )
    for files in made.files:
        for line in files.found:
            click.echo(f"{files.called}: {line}")
        for line in files.references:
            click.echo(f"{files.called} are named by {line}")
    if made.questions:
        open_questions = counted(len(made.questions), "open question")
        click.echo(f"{open_questions}; a run waits for the answers:")
    for number, question in enumerate(made.questions, start=1):
        click.echo(f"  {number}. {question.text}")
