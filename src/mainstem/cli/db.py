"""`mainstem db`: the database's server, schema and backups."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainstem.db import backup as backups
from mainstem.db import diff as differences
from mainstem.db import migrate as migrations
from mainstem.db import partitions
from mainstem.db import restore as restores
from mainstem.errors import ServerError
from mainstem.pg import target
from mainstem.pg.connect import connect, describe
from mainstem.pg.embedded import EmbeddedServer
from mainstem.pg.tools import arguments_for, bin_dir_for

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

LINE_MAX = 110


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def db() -> None:
    """The database: its server, its schema, its backups.

    DATABASE_URL names a PostgreSQL 15 to 18; without it there is an embedded server, whose data
    lies under MAINSTEM_HOME.
    """


@db.command()
def start() -> None:
    """Start the embedded server."""
    if target.external_url() is not None:
        raise ServerError(
            "DATABASE_URL is set, so the embedded server would not be used; unset it to start one"
        )
    server = EmbeddedServer.default()
    is_new = not server.is_made()
    if server.start():
        made = "made and started" if is_new else "started"
        click.echo(f"{made} the database in {server.data}")
    else:
        click.echo(f"the database in {server.data} is running already")


@db.command()
def stop() -> None:
    """Stop the embedded server."""
    server = EmbeddedServer.default()
    if server.stop():
        click.echo(f"stopped the database in {server.data}")
    else:
        click.echo(f"the database in {server.data} is not running")


@db.command()
def status() -> None:
    """Show the server, the migrations, the partitions."""
    url = target.external_url()
    if url is not None:
        click.echo(f"server      {describe(url)} (DATABASE_URL)")
    else:
        server = EmbeddedServer.default()
        if not server.is_running():
            stopped = "stopped" if server.is_made() else "not made yet"
            click.echo(f"server      embedded, {stopped}; `mainstem db start` starts it")
            click.echo(f"data        {server.data}")
            return
        click.echo(f"server      embedded, running as process {server.pid()}")
        click.echo(f"data        {server.data}")
        url = server.url()
    with connect(url) as connection:
        version = connection.info.parameter_status("server_version")
        click.echo(f"version     PostgreSQL {version}")
        _say_schema(connection)


def _say_schema(connection: psycopg.Connection[TupleRow]) -> None:
    found = migrations.status(connection)
    applied = sum(each.state is migrations.State.APPLIED for each in found)
    click.echo(f"migrations  {applied} of {len(found)} applied")
    for each in found:
        when = f" {each.applied_at:%Y-%m-%d %H:%M}" if each.applied_at else ""
        click.echo(f"  {each.name:<28} {each.state.value}{when}")
    if applied == len(found):
        late = partitions.missing(connection)
        said = f"missing: {', '.join(late)}; `mainstem db partitions` makes them" if late else "ok"
        click.echo(f"partitions  {said}")


@db.command()
def url() -> None:
    """Print the address; starts the embedded server."""
    click.echo(target.database_url())


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def shell(arguments: tuple[str, ...]) -> None:
    """Open psql; further arguments are its own."""
    address = target.database_url()
    with connect(address) as connection:
        psql = bin_dir_for(connection) / "psql"
    conninfo, environment = arguments_for(address)
    os.execve(psql, ["psql", conninfo, *arguments], environment)  # noqa: S606 - PostgreSQL's own


@db.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be applied.")
def migrate(*, dry_run: bool) -> None:
    """Bring the schema up to date."""
    with connect(target.database_url()) as connection:
        if dry_run:
            planned = migrations.migrate(connection, dry_run=True)
            for each in planned:
                click.echo(f"would apply {each.name} ({each.statements} statements)")
            click.echo(f"{len(planned)} to apply; nothing was touched")
            return
        applied = migrations.migrate(connection, on_step=_say_applied)
        made = partitions.ensure(connection)
    if not applied:
        click.echo("the schema is up to date")
    if made:
        click.echo(f"made {len(made)} partitions")


def _say_applied(step: migrations.Applied) -> None:
    click.echo(f"applied {step.name:<28} {step.statements:>4} statements {step.duration_s:6.2f} s")


@db.command("partitions")
@click.option("--drop-expired", is_flag=True, help="Also drop those whose retention is over.")
def partitions_(*, drop_expired: bool) -> None:
    """Make the partitions of the coming periods."""
    with connect(target.database_url()) as connection:
        made = partitions.ensure(connection)
        dropped = partitions.drop_expired(connection) if drop_expired else {}
    for name in made:
        click.echo(f"made {name}")
    for name, outcome in dropped.items():
        click.echo(f"{outcome} {name}")
    if not made and not dropped:
        click.echo("the partitions are as they should be")


@db.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--keep", type=click.IntRange(min=1), help="Remove all but the newest KEEP.")
def backup(directory: Path, keep: int | None) -> None:
    """Write a verified backup below DIRECTORY."""
    made = backups.backup(target.database_url(), directory, keep=keep)
    rows = sum(table.rows for table in made.manifest.tables)
    megabytes = made.manifest.dump_size_bytes / 1e6
    click.echo(f"wrote {made.folder}")
    click.echo(f"{len(made.manifest.tables)} tables, {rows:,} rows, {megabytes:,.1f} MB")
    if made.manifest.left_out:
        click.echo(f"left out, owned by others: {', '.join(made.manifest.left_out)}")
    for folder in made.pruned:
        click.echo(f"removed {folder}")


@db.command()
@click.argument("path", metavar="DIR|FILE", type=click.Path(path_type=Path))
@click.option("--into", metavar="URL", help="An empty database; by default the one in use.")
def restore(path: Path, into: str | None) -> None:
    """Restore a backup into an empty database and prove it.

    DIR is a backup, or the folder of several: then the newest. Every table is compared with the
    backup's counts and checksums.
    """
    restored = restores.restore(path, into or target.database_url())
    rows = sum(table.rows for table in restored.tables)
    click.echo(f"the backup of {restored.source} made on {restored.created_at:%Y-%m-%d %H:%M} UTC")
    click.echo(f"restored {len(restored.tables)} tables, {rows:,} rows; all as in the backup")


@db.command()
def diff() -> None:
    """Show how the database differs from its migrations.

    Exits 1 when it does. The migrations are replayed on a throw-away server of their own.
    """
    found = differences.diff(target.database_url())
    for each in found:
        click.echo(f"{each.change.value:<8} {each.object.kind} {each.object.name}")
        if each.change is differences.Change.CHANGED:
            click.echo(f"         built: {_shortened(each.built, each.live)}")
            click.echo(f"         live:  {_shortened(each.live, each.built)}")
    if found:
        click.echo(f"{len(found)} differences from the migrations")
        sys.exit(1)
    click.echo("the database is what the migrations build")


def _shortened(text: str | None, other: str | None) -> str:
    """Return the text around the first difference, on one line."""
    text, other = text or "", other or ""
    pairs = enumerate(zip(text, other, strict=False))
    start = next((at for at, (one, two) in pairs if one != two), min(len(text), len(other)))
    begin = max(0, start - LINE_MAX // 2) if len(text) > LINE_MAX else 0
    end = begin + LINE_MAX
    return ("..." if begin else "") + text[begin:end] + ("..." if end < len(text) else "")
