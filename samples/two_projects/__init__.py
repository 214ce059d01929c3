"""Two small Supabase projects that belong together, and the plan that makes them one.

python -m samples.two_projects postgresql://.../desk postgresql://.../campaigner postgresql://.../one

The first two databases get tables, rows and accounts, always the same; the third gets the tables of
the merged product. All three must be empty. `docs/guide/two-projects.md` leads through the merge.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mainstem.errors import ServerError
from mainstem.pg.connect import connect, describe

HERE = Path(__file__).parent
SHAPE = HERE.parent / "supabase_shape.sql"


def fill(url: str, name: str) -> None:
    """Make one of the projects in an empty database: `desk`, `campaigner` or `unified`.

    Raises:
        FileExistsError: the database holds tables already.
        ServerError: the database cannot be reached.
    """
    with connect(url, application_name=f"sample {name}") as connection:
        found = connection.execute(
            "select schemaname || '.' || tablename from pg_catalog.pg_tables"
            " where schemaname in ('auth', 'public') order by 1 limit 1"
        ).fetchone()
        if found is not None:
            raise FileExistsError(
                f"{describe(url)} holds the table {found[0]} already; name an empty database."
            )
        connection.execute("set local timezone = 'UTC'")
        for file in (SHAPE, HERE / f"{name}.sql"):
            connection.execute(file.read_bytes())


def main() -> None:
    """Fill all three databases."""
    parser = argparse.ArgumentParser(prog="python -m samples.two_projects", description=__doc__)
    for name in ("desk", "campaigner", "unified"):
        parser.add_argument(name, metavar=name.upper(), help="an empty PostgreSQL database")
    arguments = parser.parse_args()
    for name, url in vars(arguments).items():
        try:
            fill(url, name)
        except (FileExistsError, ServerError) as error:
            parser.error(str(error))
        print(f"{name}: {describe(url)}")
