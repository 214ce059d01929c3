"""What people read of tables and views: prepared once, and executed with each person's claims.

Planning takes most of the time of a reading, and the plan is the same for everybody: it depends on
the role, which all of them have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from psycopg import sql

from mainstem.checks.probe.borders import Attempt
from mainstem.checks.probe.rows import (
    PLACE_TYPES,
    PLACES,
    claims_of,
    client_condition,
    count_rows,
    divide,
    own_count,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.checks.probe.people import Person
    from mainstem.checks.probe.rows import Counts
    from mainstem.checks.probe.seed import Seed
    from mainstem.checks.probe.tables import Table, View

PREFIX: Final = "mainstem_reading_"


@dataclass(frozen=True)
class Reading:
    """A prepared statement that counts a relation's rows on each side of each border.

    Attributes:
        kind: read, or view where it goes through one.
        label: the table or view.
        name: the prepared statement.
        rows: of a table, how many rows there are of whom.
    """

    kind: str
    label: str
    name: str
    table: Table | None = None
    rows: Counts | None = None

    def by(self, person: Person) -> Attempt:
        """The person's attempt at it, and how many rows they should see."""
        statement = f"execute {self.name}({claims_of(person).listed()})"
        expected = 0
        if self.table is not None and self.rows is not None:
            expected = own_count(self.table, person, self.rows)
        return Attempt(self.kind, self.kind, self.label, statement, "reads", expected)


def prepare(
    connection: psycopg.Connection[TupleRow],
    tables: Sequence[Table],
    views: Sequence[View],
    seed: Seed,
) -> list[Reading]:
    """Prepare the reading of every table, and of every view that says whose its rows are."""
    # However few rows there are: a plan for one person's claims would be made for each of them.
    connection.execute("set local plan_cache_mode = force_generic_plan")
    readings: list[Reading] = []
    for table in tables:
        name = f"{PREFIX}{len(readings)}"
        _prepare(connection, name, _of_table(table, seed))
        rows = count_rows(connection, table, seed)
        readings.append(Reading("read", table.label, name, table, rows))
    for view in views:
        if "agency_id" in view.columns:
            name = f"{PREFIX}{len(readings)}"
            _prepare(connection, name, _of_view(view, seed))
            readings.append(Reading("view", view.label, name))
    return readings


def forget(connection: psycopg.Connection[TupleRow]) -> None:
    """Remove what was prepared: unlike all else that the probe makes, it outlives a rollback."""
    found = connection.execute(
        "select name from pg_prepared_statements where starts_with(name, %s)", (PREFIX,)
    ).fetchall()
    for (name,) in found:
        connection.execute(sql.SQL("deallocate {}").format(sql.Identifier(name)))


def _prepare(connection: psycopg.Connection[TupleRow], name: str, statement: str) -> None:
    connection.execute(f"prepare {name} ({PLACE_TYPES}) as {statement}".encode())


def _of_table(table: Table, seed: Seed) -> str:
    division = divide(table, PLACES, seed)
    parts = {"own": division.own, **division.beyond}
    return _counted(parts, table.identifier, division.scope)


def _of_view(view: View, seed: Seed) -> str:
    own = f"agency_id = {PLACES.agency}"
    parts = {"own": own, "agency": f"({own}) is not true"}
    if "client_id" in view.columns:
        client = client_condition("client_id", PLACES)
        parts["client"] = f"{own} and ({client}) is not true"
    ids = ", ".join(f"'{agency.id}'" for agency in seed.agencies)
    return _counted(parts, view.identifier, f"agency_id in ({ids})")


def _counted(parts: dict[str, str], identifier: sql.Identifier, scope: str) -> str:
    counts = ", ".join(
        f"'{part}', count(*) filter (where {condition})" for part, condition in parts.items()
    )
    return f"select jsonb_build_object({counts}) from {identifier.as_string()} where {scope}"
