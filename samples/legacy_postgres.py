"""Fills an empty PostgreSQL database with a legacy app's schema and rows, by SQL alone.

A source is three things: `NAME.sql` with its tables, `NAME_rows.sql` with a statement for each, and
a recipe that says how many rows each gets and what is wrong on purpose. All of it is one
transaction: a database is complete or untouched.
"""

from __future__ import annotations

import argparse
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from mainstem.errors import ServerError
from mainstem.pg.connect import connect, describe
from samples import companies, words
from samples.spelling import EPOCH_FIRST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from psycopg.rows import TupleRow

    from samples.flaws import Flaw

    Connection = psycopg.Connection[TupleRow]

HERE = Path(__file__).parent
SCHEMAS = ("auth", "public", "storage")

_VARIABLE = re.compile(r":'(\w+)'")  # as psql writes a quoted variable


@dataclass(frozen=True)
class Planted:
    """Something wrong on purpose, or had elsewhere too: in which table, and what it is."""

    table: str
    what: str


@dataclass(frozen=True)
class Recipe:
    """What a source consists of.

    Attributes:
        name: the stem of its .sql files.
        rows_min: fewer rows than this do not fill its tables.
        flaws: by the name that `NAME_rows.sql` uses, values spoiled at every so many rows.
        extras: by the name of a size, rows that are wrong as a whole.
    """

    name: str
    rows_min: int
    flaws: Mapping[str, Flaw] = field(default_factory=dict)
    extras: Mapping[str, Planted] = field(default_factory=dict)


@dataclass(frozen=True)
class LegacySample:
    """What was written: rows a table, and rows of each kind that is wrong on purpose."""

    name: str
    sizes: Mapping[str, int]
    rows: Mapping[str, int]
    planted: Mapping[Planted, int]


def require_rows(recipe: Recipe, rows: int) -> None:
    """Refuse to make fewer rows than the source's tables need.

    Raises:
        ValueError: fewer are asked for.
    """
    if rows < recipe.rows_min:
        raise ValueError(f"{rows} rows are too few for {recipe.name}; ask for {recipe.rows_min:,}.")


def fill(
    url: str,
    recipe: Recipe,
    *,
    sizes: Mapping[str, int],
    seed: int,
    prepare: Callable[[Connection], None] | None = None,
) -> LegacySample:
    """Make the tables and rows in the database at `url`, which must be empty.

    Args:
        url: the database.
        recipe: which source.
        sizes: how many rows each name gets that `NAME_rows.sql` asks for.
        seed: another one gives other values in the same tables.
        prepare: called before the rows' statements, with the schema in place.

    Raises:
        FileExistsError: the database holds tables already.
        ServerError: the database cannot be reached.
    """
    with connect(url, application_name=f"sample {recipe.name}") as connection:
        _require_empty(connection, url)
        # columns without zone must not depend on where the server stands
        connection.execute("set local timezone = 'UTC'")
        for name in ("supabase_shape.sql", f"{recipe.name}.sql"):
            connection.execute(_text(name).encode())
        _define(connection, recipe, sizes, seed=seed)
        if prepare is not None:
            prepare(connection)
        with _references_later(connection):
            for name in (f"{recipe.name}_rows.sql", "supabase_rows.sql"):
                connection.execute(_text(name).encode())
        connection.execute("drop schema sample cascade; drop table account")
        counts = _counts(connection)
        connection.commit()
        connection.autocommit = True
        # the catalogs, too, would take three times as long
        every = sql.SQL(", ").join(sql.Identifier(*table) for table in _tables(connection))
        connection.execute(sql.SQL("vacuum analyze {}").format(every))
    return LegacySample(recipe.name, sizes, counts, _planted(recipe, sizes))


def _text(name: str) -> str:
    return (HERE / name).read_text("utf-8")


def _require_empty(connection: Connection, url: str) -> None:
    found = connection.execute(
        "select schemaname || '.' || tablename from pg_catalog.pg_tables"
        " where schemaname = any(%s) order by 1 limit 1",
        (list(SCHEMAS),),
    ).fetchone()
    if found is not None:
        raise FileExistsError(
            f"{describe(url)} holds the table {found[0]} already; name an empty database."
        )


def _define(connection: Connection, recipe: Recipe, sizes: Mapping[str, int], *, seed: int) -> None:
    """Make the functions that the rows' statements call, with this sample's values in them."""
    names = [companies.company(i) for i in range(companies.COMPANIES_MAX)]
    values: dict[str, object] = {
        "source": recipe.name,
        "seed": str(seed),
        "sizes": json.dumps(sizes),
        "flaws": json.dumps({name: flaw.every for name, flaw in recipe.flaws.items()}),
        "epoch_first": str(EPOCH_FIRST),
        "company_names": names,
        "company_slugs": [companies.slug(name) for name in names],
        "first_names": list(words.FIRST_NAMES),
        "last_names": list(words.LAST_NAMES),
    }
    literals = {name: sql.Literal(value).as_string(connection) for name, value in values.items()}
    functions = _VARIABLE.sub(lambda found: literals[found[1]], _text("legacy_functions.sql"))
    connection.execute(functions.encode())
    connection.execute("set local search_path = public, sample")


@contextmanager
def _references_later(connection: Connection) -> Iterator[None]:
    """Take the foreign keys away for a block: proving them for all rows at once is much faster."""
    references = connection.execute(
        "select format('alter table %s ', conrelid::regclass), quote_ident(conname),"
        " pg_catalog.pg_get_constraintdef(oid)"
        " from pg_catalog.pg_constraint where contype = 'f' order by conrelid, conname"
    ).fetchall()
    for table, name, _ in references:
        connection.execute(f"{table} drop constraint {name}".encode())
    yield
    for table, name, definition in references:
        connection.execute(f"{table} add constraint {name} {definition}".encode())


def _counts(connection: Connection) -> dict[str, int]:
    """Rows of each table; those of `public` by their bare names."""
    counts = {}
    for schema, table in _tables(connection):
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
        found = connection.execute(query).fetchone()
        assert found is not None, "an aggregate has a row"
        counts[table if schema == "public" else f"{schema}.{table}"] = int(found[0])
    return counts


def _tables(connection: Connection) -> list[tuple[str, str]]:
    """Schema and name of each table, those of `public` first."""
    return connection.execute(
        "select schemaname, tablename from pg_catalog.pg_tables where schemaname = any(%s)"
        " order by schemaname <> 'public', schemaname, tablename",
        (list(SCHEMAS),),
    ).fetchall()


def _planted(recipe: Recipe, sizes: Mapping[str, int]) -> dict[Planted, int]:
    planted = {
        Planted(flaw.table, flaw.what): sum(map(flaw.strikes, range(sizes[flaw.table])))
        for flaw in recipe.flaws.values()
    }
    return planted | {what: sizes[name] for name, what in recipe.extras.items()}


def main(
    recipe: Recipe,
    make: Callable[..., LegacySample],
    *,
    description: str | None,
    numbers: Mapping[str, str] | None = None,
) -> None:
    """Write a sample as the command line says, and say what is in it.

    Args:
        recipe: which source.
        make: the source's `generate`.
        description: its module's docstring.
        numbers: further options of `make` that are numbers, each with its help.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m samples.{recipe.name}", description=description
    )
    parser.add_argument("url", metavar="URL", help="an empty PostgreSQL database")
    parser.add_argument("--rows", type=int, default=100_000, help="over all tables")
    parser.add_argument("--seed", type=int, default=1)
    for name, says in (numbers or {}).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=says)
    options = vars(parser.parse_args())
    try:
        sample = make(options.pop("url"), **options)
    except (FileExistsError, ValueError, ServerError) as error:
        parser.error(str(error))
    print(describe_sample(sample))


def describe_sample(sample: LegacySample) -> str:
    """The counts as lines to read."""
    lines = [f"{sample.name}: {sum(sample.rows.values()):,} rows"]
    lines += [f"  {table:<30}{count:>12,}" for table, count in sample.rows.items()]
    lines.append("wrong on purpose")
    lines += [
        f"  {planted.table:<30}{count:>12,}  {planted.what}"
        for planted, count in sample.planted.items()
    ]
    return "\n".join(lines)
