"""`mainstem unify retire`: drop the views under old names that nobody used for a while."""

from __future__ import annotations

import click

from mainstem.pg.connect import clear_errors, connect
from mainstem.pg.target import database_url
from mainstem.unify.legacy.use import drop_views, look, refuse_uncounted


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--unused-for",
    "days",
    type=click.IntRange(min=1),
    required=True,
    metavar="DAYS",
    help="Drop what nobody used for so many days.",
)
@click.option(
    "--database", metavar="URL", help="The target [default: DATABASE_URL, else the embedded one]."
)
@click.option(
    "--schema", default="legacy", show_default=True, help="The schema that the views stand in."
)
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def retire(days: int, *, database: str | None, schema: str, is_sure: bool) -> None:
    """Drop the views of the schema that nobody used for DAYS days, after asking.

    The server counts calls, not days: each run of this command keeps what it saw, so run it daily.
    A view counts as used until runs DAYS days apart saw the same count.
    """
    with connect(database or database_url()) as connection:
        with clear_errors("look at the use of the views"):
            uses = look(connection, schema)
            connection.commit()
        for use in uses:
            click.echo(
                f"  {schema}.{use.view}: {use.calls:,} calls, unused for {use.unused_days:.0f} days"
            )
        refuse_uncounted(connection)
        views = [use.view for use in uses if use.unused_days >= days]
        if not views:
            click.echo(f"nothing to drop: all {len(uses)} views may have been used in {days} days")
            return
        if not is_sure:
            click.confirm(f"drop {len(views)} views ({', '.join(views)})?", abort=True)
        with clear_errors("drop the views"):
            drop_views(connection, schema, views)
            connection.commit()
        click.echo(f"dropped {len(views)} views: {', '.join(views)}")
