"""`mainstem types`: the types of a schema for clients in TypeScript or Python."""

from __future__ import annotations

from pathlib import Path

import click

from mainstem.errors import UsageError
from mainstem.pg.connect import connect
from mainstem.pg.target import database_url
from mainstem.unify.types.python import python
from mainstem.unify.types.read import read_types
from mainstem.unify.types.typescript import typescript

_WRITERS = {"typescript": typescript, "python": python}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("language", type=click.Choice(tuple(_WRITERS)))
@click.option(
    "--database",
    metavar="URL",
    help="Whose types [default: DATABASE_URL, else the embedded one].",
)
@click.option(
    "--schema",
    "schemas",
    multiple=True,
    default=("public",),
    show_default=True,
    help="Write this schema; the first is the one that short names mean.",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write here."
)
def types(
    language: str, *, database: str | None, schemas: tuple[str, ...], output: Path | None
) -> None:
    """Write the types of the tables, views, functions and enums that clients use.

    TypeScript comes in the shape of `supabase gen types`; Python as TypedDicts. The same schema
    always gives the same text.
    """
    with connect(database or database_url()) as connection:
        found = read_types(connection, tuple(dict.fromkeys(schemas)))
    text = _WRITERS[language](found)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write to {output}: {error.strerror}") from error
