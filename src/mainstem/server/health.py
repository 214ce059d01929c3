"""Whether the database is there, whole, migrated, and ready for the rows to come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from mainstem.db import partitions
from mainstem.db.migrate import State, status
from mainstem.errors import MainstemError
from mainstem.pg.connect import refusal
from mainstem.server import store
from mainstem.server.deadline import brief_connection
from mainstem.server.model import Health, Part, UnifyRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from psycopg.rows import TupleRow

    Connection = psycopg.Connection[TupleRow]

#: for all questions together; connecting has two seconds of its own
LIMIT_S = 4.0
#: a message names so many of what is missing, and counts the rest
NAMED_MAX = 5


def look(url: str) -> tuple[Health, UnifyRun | None]:
    """Ask the database how it is and what the last run did; takes about six seconds at most."""
    try:
        with brief_connection(url, limit_s=LIMIT_S) as connection:
            parts = [_database(connection)]
            for name, examine in EXAMINED.items():
                parts.append(_part(connection, name, examine))
            return Health.of(*parts), store.last_run(connection)
    except MainstemError as error:
        message = str(error)
    except psycopg.OperationalError as error:
        message = f"gave no whole answer within {LIMIT_S:.0f} s: {refusal(error)}"
    return Health.of(Part("database", is_healthy=False, message=message)), None


def _part(
    connection: Connection, name: str, examine: Callable[[Connection], tuple[bool, str]]
) -> Part:
    """One part; a catalog that is not as it should be fails the part and not the whole look."""
    try:
        with connection.transaction():
            is_healthy, message = examine(connection)
    except psycopg.ProgrammingError as error:
        is_healthy, message = False, error.diag.message_primary or refusal(error)
    return Part(name, is_healthy, message)


def _database(connection: Connection) -> Part:
    version = connection.info.server_version // 10000
    return Part("database", is_healthy=True, message=f"PostgreSQL {version} answers")


def _migrations(connection: Connection) -> tuple[bool, str]:
    states = status(connection)
    wrong = [found for found in states if found.state is not State.APPLIED]
    if wrong:
        listed = _listed([f"{found.name} is {found.state.value}" for found in wrong])
        return False, f"{listed}; see `mainstem db status`"
    return True, f"{len(states)} applied, none pending"


def _tables(connection: Connection) -> tuple[bool, str]:
    missing, total = store.missing_tables(connection)
    if missing:
        return False, f"missing: {_listed(missing)}"
    return True, f"All {total} exist"


def _partitions(connection: Connection) -> tuple[bool, str]:
    missing = partitions.missing(connection)
    if missing:
        return False, f"behind: {_listed(missing)} missing; run `mainstem db partitions`"
    return True, f"{store.partitioned_tables(connection)} tables are ahead of time"


EXAMINED: Mapping[str, Callable[[Connection], tuple[bool, str]]] = {
    "migrations": _migrations,
    "tables": _tables,
    "partitions": _partitions,
}


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    named = ", ".join(names[:NAMED_MAX])
    rest = len(names) - NAMED_MAX
    return f"{named} and {rest} more" if rest > 0 else named
