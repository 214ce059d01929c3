"""How the live database differs from what the migrations build, hand-made changes included.

The migrations are replayed on a throw-away server of our own, never on the user's, and the two
catalogs are compared object by object. Partitions come and go by their policy, so only those that
are open count; the order of columns and the names of not-null constraints do not.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.db.migrate import migrate
from mainstem.db.queries import load_queries
from mainstem.pg.connect import clear_errors, connect
from mainstem.pg.scratch import scratch_server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.db.migrate import Migration

SCHEMAS = ("app", "public")
QUERIES = load_queries("mainstem.db", "catalog.sql")
#: what a migration builds differently by what the server offers: presence counts, not the text
BY_SERVER = frozenset({"app.uuid7", "app.embedding", "app.to_embedding", "app.embedding_distance"})
_FROM = re.compile(r"\bFROM \w+\.(\w+)(?=;| WHERE | GROUP | ORDER | LIMIT )")


class Change(enum.Enum):
    """How the live database differs in one object."""

    ADDED = "added"
    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True, order=True)
class Object:
    """One object of a catalog."""

    kind: str
    name: str


@dataclass(frozen=True)
class Difference:
    """One object that differs: what the migrations build, and what is live."""

    object: Object
    change: Change
    built: str | None
    live: str | None


def diff(url: str, *, files: Sequence[Migration] | None = None) -> list[Difference]:
    """Compare the live database with what the migrations build.

    Raises:
        MigrationError: the migrations do not apply.
        ServerError: the live database cannot be read.
    """
    with clear_errors("read the catalog"), connect(url) as connection:
        live = catalog(connection)
    return compare(built(files), live)


def built(files: Sequence[Migration] | None = None) -> dict[Object, str]:
    """Return the catalog that the migrations build, on a throw-away server.

    Raises:
        MigrationError: they do not apply.
    """
    with scratch_server() as server, connect(server.create_database("built")) as connection:
        migrate(connection, files=files)
        return catalog(connection)


def compare(built: Mapping[Object, str], live: Mapping[Object, str]) -> list[Difference]:
    """Return the differences, ordered by kind and name."""
    found = []
    for each in sorted(built.keys() | live.keys()):
        expected, actual = built.get(each), live.get(each)
        if expected is None:
            change = Change.ADDED
        elif actual is None:
            change = Change.MISSING
        elif expected == actual or each.name.partition("(")[0] in BY_SERVER:
            continue
        else:
            change = Change.CHANGED
        found.append(Difference(each, change, expected, actual))
    return _without_parts(found)


def catalog(connection: psycopg.Connection[TupleRow]) -> dict[Object, str]:
    """Read the catalog of a database: each object with its definition."""
    found: dict[Object, str] = {}
    with connection.transaction():
        # With an empty path every name that the server prints has its schema.
        connection.execute("set local search_path = ''")
        for query in QUERIES.values():
            rows = connection.execute(query, {"schemas": list(SCHEMAS)}).fetchall()
            found |= {Object(kind, name): _plain(kind, text) for kind, name, text in rows}
    return found


def _plain(kind: str, text: str) -> str:
    """Take out how servers print the same thing differently.

    They break and indent lines in their own ways, and up to 15 a view of one table names it before
    each column.
    """
    text = re.sub(r"\s+", " ", text).strip()
    tables = _FROM.findall(text) if kind == "view" else []
    if len(tables) == 1 and " JOIN " not in text:
        return re.sub(rf"(?<![\w.]){re.escape(tables[0])}\.", "", text)
    return text


def _without_parts(found: list[Difference]) -> list[Difference]:
    """A table that is missing or added says so once, not again for each column."""
    whole = {
        each.object.name
        for each in found
        if each.change is not Change.CHANGED
        and each.object.kind.endswith(("schema", "table", "view", "sequence", "type", "column"))
    }
    return [each for each in found if not (_owners(each.object) & whole)]


def _owners(part: Object) -> set[str]:
    """Return the names of the schema and the table that an object could be a part of."""
    if part.kind == "schema":
        return set()
    name, owners = part.name, set()
    if part.kind == "column":
        owners = {name.rpartition(".")[0]}
    elif part.kind in {"constraint", "index", "policy", "trigger", "rule"}:
        name = name.rpartition(" on ")[2]
        owners = {name}
    elif part.kind == "grant":
        name = name.rpartition(" to ")[0]
        owners = {name, name.rpartition(".")[0]}
    return owners | {name.partition(".")[0]}
