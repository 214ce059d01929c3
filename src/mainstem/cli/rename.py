"""`mainstem rename`: put a plan's new table names into the code that uses the old ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from mainstem.errors import UsageError
from mainstem.unify.catalog.read_database import read_database_at
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.rename.plan_names import chosen_names, refuse_missing
from mainstem.unify.rename.renaming import plan_renaming
from mainstem.unify.rename.report import as_dict, census_table, diff_of, doubt_lines
from mainstem.unify.rename.writing import write_files
from mainstem.unify.replay import open_replayer

if TYPE_CHECKING:
    from mainstem.unify.catalog.database import Database
    from mainstem.unify.rename.model import Renaming

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_MIGRATIONS = ("supabase/migrations", "migrations", "drizzle", "db/migrations")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("code_dir", type=_FOLDER)
@click.option("--plan", "plan_dir", type=_FOLDER, metavar="PLAN", help="The plan's directory.")
@click.option("--map", "pairs", multiple=True, metavar="OLD=NEW", help="Rename this table, too.")
@click.option("--write", "is_write", is_flag=True, help="Write the files.")
@click.option("--database", metavar="URL", help="The target, to look for the new tables in.")
@click.option("--migrations", type=_FOLDER, metavar="DIR", help="Or the migrations that make it.")
@click.option("--json", "is_json", is_flag=True, help="Print the census as JSON, and no diff.")
def rename(
    code_dir: Path,
    *,
    plan_dir: Path | None,
    pairs: tuple[str, ...],
    is_write: bool,
    database: str | None,
    migrations: Path | None,
    is_json: bool,
) -> None:
    """Rename tables in the code below CODE_DIR: calls, embedded selects, types, SQL, models, tests.

    Without --write it shows what would change, and changes nothing. Writing needs the target to
    have every new table: --database or --migrations says where to look [default: the folder of
    migrations in CODE_DIR]. Migrations themselves are never edited.

    Exit status: 0 done or shown; 2 an option is wrong, or a new table is missing.
    """
    plan = read_directory(plan_dir) if plan_dir is not None else None
    chosen = chosen_names(plan, pairs)
    with Console(stderr=True).status("reading the code") as status:
        renaming = plan_renaming(code_dir, chosen.renames, on_progress=status.update)
        if is_write and renaming.files:
            status.update("looking for the new tables")
            _check(renaming, code_dir, database, migrations)
    if is_write:
        write_files(code_dir, renaming.files)
    if is_json:
        click.echo(json.dumps(as_dict(renaming) | {"notes": chosen.notes}, indent=1))
        return
    _show(renaming, chosen.notes, is_write=is_write)


def _show(renaming: Renaming, notes: tuple[str, ...], *, is_write: bool) -> None:
    if not is_write:
        for file in renaming.files:
            click.echo(diff_of(file), nl=False)
    if renaming.files:
        Console(soft_wrap=True).print(census_table(renaming))
    lines = list(doubt_lines(renaming))
    if lines:
        click.echo(f"{len(lines)} places are left to you:")
    for line in (*lines, *(f"note: {note}" for note in notes)):
        click.echo(f"  {line}")
    verb = "renamed" if is_write else "would be renamed"
    click.echo(
        f"{renaming.spot_count} places in {len(renaming.files)} of {renaming.file_count} files "
        f"{verb}" + ("" if is_write or not renaming.files else "; --write does it")
    )


def _check(
    renaming: Renaming, code_dir: Path, database: str | None, migrations: Path | None
) -> None:
    """Refuse to write a name that the target does not have."""
    target, where = _target(code_dir, database, migrations)
    used = {spot.old for file in renaming.files for spot in file.spots}
    names = [(old, renaming.renames.names[old]) for old in sorted(used)]
    schema = renaming.renames.schema
    known = {one.name.name for one in target.relations if one.name.schema == schema}
    refuse_missing(names, known, where)


def _target(code_dir: Path, database: str | None, migrations: Path | None) -> tuple[Database, str]:
    if database is not None:
        found = read_database_at(database, counts_rows=False)
        return found, found.name
    inside = (code_dir / name for name in _MIGRATIONS)
    folder = migrations or next((path for path in inside if path.is_dir()), None)
    if folder is None:
        raise UsageError(
            "--write needs to know that the new tables exist: name the target with --database URL "
            "or its migrations with --migrations DIR"
        )
    folder = folder.resolve()
    with open_replayer() as replayer:
        return replayer.replay(folder, root=folder.parent).database, str(folder)
