"""`mainstem audit fix`: write the migration that a finding asks for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console

from mainstem.errors import UsageError
from mainstem.unify.audit.auditing import audit as run_audit
from mainstem.unify.audit.cache import Cache, default_folder
from mainstem.unify.audit.discovery import Given
from mainstem.unify.audit.fix.fixing import make_fix, prove
from mainstem.unify.audit.registry import chosen_checks

if TYPE_CHECKING:
    from mainstem.unify.audit.fix.fixing import Proof

#: the findings that a migration can mend; `missing-table` is short for the first
_MENDED: Final = (
    "missing-table",
    "table-missing-in-migrations",
    "foreign-key-to-missing-table",
)
_EXISTING: Final = click.Path(path_type=Path, exists=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("path", type=click.Path(path_type=Path), default=".")
@click.option(
    "--check", type=click.Choice(_MENDED), default="missing-table", help="What is to be mended."
)
@click.option("--table", required=True, metavar="NAME", help="The table to create.")
@click.option("--migrations", type=_EXISTING, metavar="DIR", help="Add to this folder.")
@click.option("--code", type=_EXISTING, metavar="DIR", multiple=True, help="Read this source.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write here, - for standard output [default: among the migrations].",
)
def fix(
    path: Path,
    *,
    check: str,
    table: str,
    migrations: Path | None,
    code: tuple[Path, ...],
    output: Path | None,
) -> None:
    """Write the migration that creates a missing table, inferred from how everything uses it.

    Each line says what it was inferred from; what is ambiguous is a question in the file. Before it
    is written, the migrations are replayed with it and audited again.

    Exit status: 0 it replays and the audit has nothing more to say of the table; 1 it was written
    and something is left to mend; 2 it could not be written.
    """
    del check  # all that can be mended so far is mended alike
    console = Console(stderr=True)
    with console.status("looking for sources") as status:
        done = run_audit(
            Given(path, migrations, code),
            checks=chosen_checks(("table-missing-in-migrations",)),
            cache=Cache(default_folder()),
            progress=status.update,
        )
        made = make_fix(done, table)
        status.update("replaying with the new migration")
        proof = prove(done, made)
    if output == Path("-"):
        click.echo(made.text, nl=False)
    else:
        target = output or done.discovery.root / made.path
        _write(target, made.text)
        console.print(f"wrote {target}", soft_wrap=True, highlight=False)
    _tell(proof, console, questions=len(made.table.all_questions))
    sys.exit(0 if proof.holds else 1)


def _write(target: Path, text: str) -> None:
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"{target} is there already; move it away or name another --output"
        ) from None
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}") from error


def _tell(proof: Proof, console: Console, *, questions: int) -> None:
    for failed in proof.failed:
        console.print(f"{failed.file}:{failed.line} {failed.message}", markup=False)
    for finding in proof.findings:
        console.print(f"{finding.check}: {finding.message}", markup=False)
    if proof.holds:
        console.print("it replays, and the audit has nothing more to say of the table")
    if questions:
        console.print(f"{questions} questions stand at the top of the file")
