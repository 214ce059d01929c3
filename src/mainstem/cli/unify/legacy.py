"""`mainstem unify legacy`: views under the old names, so that unchanged code goes on working."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mainstem.pg.connect import connect
from mainstem.pg.target import database_url
from mainstem.unify.catalog.read_database import read_database
from mainstem.unify.legacy.apply import apply_legacy, legacy_sql
from mainstem.unify.legacy.use import is_counting
from mainstem.unify.plan.directory import read_directory

if TYPE_CHECKING:
    from mainstem.unify.legacy.apply import Made


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--plan",
    "plan_dir",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    metavar="PLAN",
    help="The plan's directory.",
)
@click.option(
    "--database", metavar="URL", help="The target [default: DATABASE_URL, else the embedded one]."
)
@click.option(
    "--schema", default="legacy", show_default=True, help="The schema that the views stand in."
)
@click.option("--sql", "is_sql", is_flag=True, help="Print the SQL, and change nothing.")
def legacy(plan_dir: Path, *, database: str | None, schema: str, is_sql: bool) -> None:
    """Make views under the old table and column names of PLAN, and try them as two tenants.

    They read and write as their caller: the policies of the new tables hold. What was packed or
    split is written through triggers. A view through which one tenant reaches another's row is
    not kept.
    """
    plan = read_directory(plan_dir)
    with connect(database or database_url()) as connection:
        if is_sql:
            target = read_database(connection, name="the target")
            click.echo(legacy_sql(plan, target, schema), nl=False)
            return
        made = apply_legacy(connection, plan, schema)
        connection.commit()
        _show(made, schema, is_counted=is_counting(connection))


def _show(made: Made, schema: str, *, is_counted: bool) -> None:
    shown = Table(box=None, pad_edge=False)
    for name in ("view", "table", "select", "insert", "update", "delete"):
        shown.add_column(name, overflow="fold")
    notes = []
    for view, tried in made.views:
        verdicts = [one.verdict.value for one in tried]
        shown.add_row(Text(f"{schema}.{view.name}"), Text(str(view.table)), *verdicts)
        notes += [f"{view.name}, {one.operation}: {one.reason}" for one in tried if one.reason]
    Console(soft_wrap=True).print(shown)
    for note in dict.fromkeys(notes):
        click.echo(f"  {note}")
    for skipped in made.skipped:
        click.echo(f"  no view for {skipped.name}: {skipped.reason}")
    if made.proof is not None:
        click.echo(f"  {made.proof}")
    click.echo(f"made {len(made.views)} views in schema {schema}")
    if not is_counted:
        click.echo(
            "their use is not counted: alter database ... set track_functions = 'pl' switches it "
            "on, and `mainstem unify retire` needs it"
        )
