"""A hostile SQLite database: a table for each bad value and each hard shape, with its manifest.

    python -m samples.hostile OUT.db

`TABLES` is the manifest: for each row its key, the column that is the trap, what it is, and what
may become of it. Whatever else happens to a row is a silent change.
"""

from __future__ import annotations

import argparse
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from samples.hostile_model import HostileTable, Undecodable
from samples.hostile_shapes import EXTRAS, NOT_CARRIED_OBJECTS, SHAPES
from samples.hostile_values import VALUES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NOT_CARRIED_OBJECTS", "TABLES", "generate"]

TABLES: tuple[HostileTable, ...] = (*VALUES, *SHAPES)


def generate(
    path: Path, *, tables: Iterable[HostileTable] = TABLES, with_extras: bool = True
) -> Path:
    """Write the database to `path`, which must not exist.

    Args:
        path: the file to make.
        tables: which tables of the manifest; all by default.
        with_extras: also make indexes, a view, a trigger and a virtual table (needs all tables).

    Raises:
        FileExistsError: something stands at `path`.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already; name another file or remove it.")
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # the traps: neither foreign keys nor checks are enforced while the rows go in
        connection.executescript("pragma foreign_keys = off; pragma ignore_check_constraints = on;")
        connection.execute("begin")
        for table in tables:
            connection.execute(table.ddl)
            _insert(connection, table)
        connection.execute("commit")
        if with_extras:
            connection.executescript(EXTRAS)
    finally:
        connection.close()
    return path


def _insert(connection: sqlite3.Connection, table: HostileTable) -> None:
    """Insert the manifest's rows; bytes that are no UTF-8 become TEXT through a cast."""
    columns = ", ".join(_quoted(column) for column in table.columns)
    for row in table.rows:
        places = ", ".join(
            "cast(? as text)" if isinstance(value, Undecodable) else "?" for value in row.values
        )
        values = [value.raw if isinstance(value, Undecodable) else value for value in row.values]
        connection.execute(
            f"insert into {_quoted(table.name)} ({columns}) values ({places})", values
        )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def main() -> None:
    """Write the database and say what is in it."""
    parser = argparse.ArgumentParser(prog="python -m samples.hostile", description=__doc__)
    parser.add_argument("path", type=Path, metavar="OUT.db")
    options = parser.parse_args()
    try:
        generate(options.path)
    except FileExistsError as error:
        parser.error(str(error))
    print(f"{options.path}: {len(TABLES)} tables, {sum(len(t.rows) for t in TABLES)} rows")
    for table in TABLES:
        print(f"  {table.name[:40]:<42}{len(table.rows):>3}  {table.what}")


if __name__ == "__main__":
    main()
