"""A legacy direct-mail database, of any size and always the same for the same seed.

    python -m samples.direct_mail OUT.db --rows 100000 --seed 1

Fifty organisations with their users, sessions, templates and lists; campaigns, recipients,
campaign recipients (the printed pieces), events, conversions and landing pages, in
`direct_mail.sql`'s tables. What is wrong with it on purpose stands in `flaws.py`; the counts of
rows and flaws are printed and returned. `direct_mail.toml` is the plan config that goes with it.
"""

from __future__ import annotations

import argparse
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from samples.direct_mail_people import People
from samples.direct_mail_tracking import Tracking
from samples.flaws import FLAWS, Flaw

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

HERE = Path(__file__).parent
ROWS_MIN = 2_000

Row = tuple[object, ...]


@dataclass(frozen=True)
class Sample:
    """What was written: rows a table, and rows a flaw."""

    path: Path
    rows: dict[str, int]
    flaws: dict[Flaw, int]


def generate(
    path: Path, *, rows: int = 100_000, seed: int = 1, is_flawless: bool = False
) -> Sample:
    """Write the database to `path`, which must not exist, with `rows` rows over all tables.

    Raises:
        FileExistsError: something stands at `path`.
        ValueError: fewer than 2,000 rows are asked for.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already; name another file or remove it.")
    if rows < ROWS_MIN:
        raise ValueError(f"{rows} rows are too few for 50 organisations; ask for {ROWS_MIN:,}.")
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    connection = sqlite3.connect(partial, isolation_level=None)
    try:
        counts, tally = _fill(connection, rows=rows, seed=seed, is_flawless=is_flawless)
    finally:
        connection.close()
    partial.replace(path)
    return Sample(path, counts, {flaw: tally[flaw] for flaw in FLAWS})


def _fill(
    connection: sqlite3.Connection, *, rows: int, seed: int, is_flawless: bool
) -> tuple[dict[str, int], Counter[Flaw]]:
    """Tables, rows, then indexes; no journal, since the file is nobody's until it is complete."""
    connection.executescript("pragma page_size = 4096; pragma journal_mode = off;")
    connection.executescript("pragma synchronous = off; pragma temp_store = memory;")
    connection.executescript((HERE / "direct_mail.sql").read_text("utf-8"))
    people = People(rows=rows, seed=seed, is_flawless=is_flawless)
    tracking = Tracking(people, seed=seed)
    counts: dict[str, int] = {}
    connection.execute("begin")
    for table, content in (*people.tables(), *tracking.tables()):
        counts[table] = _insert(connection, table, content)
    _break_encodings(connection, people)
    # people deleted recipients, so the counter stands past the highest key that is left
    connection.execute("update sqlite_sequence set seq = seq + 1000 where name = 'recipients'")
    connection.execute("commit")
    connection.executescript((HERE / "direct_mail_indexes.sql").read_text("utf-8"))
    return counts, people.blemishes.counts


def _insert(connection: sqlite3.Connection, table: str, content: Iterable[Row]) -> int:
    """Insert all rows; how many they were."""
    columns = connection.execute(f"pragma table_info({table})").fetchall()
    places = ", ".join("?" * len(columns))
    return connection.executemany(f"insert into {table} values ({places})", content).rowcount


def _break_encodings(connection: sqlite3.Connection, people: People) -> None:
    """Names that an import read as if Windows-1252 were UTF-8: only a cast stores such bytes."""
    connection.executemany(
        "update recipients set name = cast(? as text) where id = ?", people.broken_names()
    )


def main() -> None:
    """Write a sample and say what is in it."""
    parser = argparse.ArgumentParser(prog="python -m samples.direct_mail", description=__doc__)
    parser.add_argument("path", type=Path, metavar="OUT.db")
    parser.add_argument("--rows", type=int, default=100_000, help="over all tables")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flawless", action="store_true", help="nothing wrong on purpose")
    options = parser.parse_args()
    try:
        sample = generate(
            options.path,
            rows=options.rows,
            seed=options.seed,
            is_flawless=options.flawless,
        )
    except (FileExistsError, ValueError) as error:
        parser.error(str(error))
    print(describe(sample))


def describe(sample: Sample) -> str:
    """The counts as lines to read."""
    lines = [f"{sample.path}: {sum(sample.rows.values()):,} rows"]
    lines += [f"  {table:<20}{count:>12,}" for table, count in sample.rows.items()]
    lines.append("wrong on purpose")
    lines += [
        f"  {flaw.table:<20}{count:>12,}  {flaw.what}" for flaw, count in sample.flaws.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
