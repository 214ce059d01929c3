"""`mainstem unify report`: the page about a run that a stakeholder can sign."""

from __future__ import annotations

from pathlib import Path

import click

from mainstem.errors import UsageError
from mainstem.pg.connect import clear_errors, connect, describe
from mainstem.pg.target import database_url
from mainstem.unify.report import check_writable
from mainstem.unify.sign_off import as_html, as_json, as_markdown, read_sign_off

_FORMS = {"html": as_html, "markdown": as_markdown, "json": as_json}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("run_id", metavar="RUN", type=click.IntRange(min=1))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_FORMS)),
    default="markdown",
    show_default=True,
    help="How the page is written.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it here [default: standard output].",
)
@click.option(
    "--with-values",
    "has_values",
    is_flag=True,
    help="Show quarantined and differing rows with their values; secrets stay masked.",
)
@click.option(
    "--database", metavar="URL", help="The target [default: DATABASE_URL, else the embedded one]."
)
def report(
    run_id: int, *, form: str, output: Path | None, has_values: bool, database: str | None
) -> None:
    """Write the page about RUN (its number) that a stakeholder can sign.

    Sources, decisions and who took them, the account of every row, conversions, quarantine,
    verification with its checksums, the isolation proof, timings, backup, and what was not looked
    at. It is read from the target's ledger; it shows rows of all tenants, and never a secret.

    Exit status: 0 the page is written, whatever it says; 2 there is no such run, or an option is
    wrong.
    """
    if output is not None:
        check_writable(output)
    url = database or database_url()
    with clear_errors("report"), connect(url, application_name="mainstem unify report") as target:
        page = read_sign_off(target, run_id, database=describe(url), has_values=has_values)
    text = _FORMS[form](page)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from error
