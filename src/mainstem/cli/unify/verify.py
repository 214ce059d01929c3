"""`mainstem unify verify`: compare source and target, value by value."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mainstem.errors import UsageError
from mainstem.pg.target import database_url
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.progress import reporter
from mainstem.unify.verify.verifying import verify_copy, verify_run

if TYPE_CHECKING:
    from mainstem.unify.verify.model import Verification

_SHOWN_MAX = 50
_SQLITE_START = b"SQLite format 3\0"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("config", type=click.Path(path_type=Path), metavar="CONFIG|FILE.db")
@click.option(
    "--database",
    metavar="URL",
    help="Where FILE.db was copied to [default: DATABASE_URL, else the embedded one].",
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the verdict here.",
)
def verify(config: Path, *, database: str | None, json_path: Path | None) -> None:
    """Compare the source of CONFIG with what its latest run made of it, or FILE.db with its copy.

    Counts, a checksum of every column on both sides through the declared conversions, foreign keys,
    and whether each tenant sees its own rows only. What differs is named by table, key and column.

    Exit status: 0 nothing differs; 1 something does; 2 the input or an option is wrong.
    """
    with reporter(Console(stderr=True)) as watching:
        if _is_sqlite(config):
            from mainstem.unify.copy.proof import made_tables  # noqa: PLC0415 - slow to import

            url = database or database_url()
            verification = verify_copy(config, url, made=made_tables, reporter=watching)
        else:
            settings = read_config(config)
            plan = read_directory(settings.plan_dir)
            url = database or settings.database_url() or database_url()
            verification = verify_run(plan, url, reporter=watching)
    show(verification, Console(soft_wrap=True))
    if json_path is not None:
        _write(verification, json_path)
    sys.exit(0 if verification.is_equal else 1)


def _is_sqlite(path: Path) -> bool:
    """Whether a file begins as every SQLite database does (sqlite.org/fileformat.html)."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE_START)) == _SQLITE_START
    except OSError:
        return False


def show(verification: Verification, console: Console) -> None:
    """Print a line for each table, then what differs."""
    console.print(_tables(verification))
    lines = [str(difference) for table in verification.tables for difference in table.differences]
    lines += [str(finding) for finding in verification.findings]
    for line in lines[:_SHOWN_MAX]:
        console.print(Text(line, style="red"))
    if len(lines) > _SHOWN_MAX:
        console.print(Text(f"and {len(lines) - _SHOWN_MAX} more (see --json)", style="red"))
    for table in verification.tables:
        if table.has_more:
            console.print(Text(f"{table.table} has more differences than are listed here"))
        for column, reason in table.not_compared.items():
            console.print(Text(f"not compared: {table.table}.{column}, {reason}"))
    for note in verification.notes:
        console.print(Text(note))
    checked = [f"{count} {kind}" for kind, count in verification.checked.items()]
    console.print(
        Text(f"{verification.summary}; {', '.join(checked)}; {verification.seconds:.1f} s")
    )


def _tables(verification: Verification) -> Table:
    shown = Table(box=None, pad_edge=False)
    shown.add_column("table", overflow="fold")
    for name in ("source rows", "target rows", "columns"):
        shown.add_column(name, justify="right")
    shown.add_column("verdict")
    for table in verification.tables:
        verdict = (
            "equal" if table.is_equal else "differs: " + ", ".join(table.differing or ("rows",))
        )
        shown.add_row(
            Text(table.table),
            f"{table.source_rows:,}",
            f"{table.target_rows:,}",
            str(len(table.columns)),
            Text(verdict, style="" if table.is_equal else "bold red"),
        )
    return shown


def _write(verification: Verification, path: Path) -> None:
    try:
        text = json.dumps(verification.as_dict(), ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
