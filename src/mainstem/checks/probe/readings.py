"""What people read of tables and views: prepared once, and executed with each person's claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.checks.probe.borders import Attempt
from mainstem.checks.probe.prepared import execution, prepare
from mainstem.checks.probe.rows import PLACES, client_condition, count_rows, divide, own_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from psycopg import sql
    from psycopg.rows import TupleRow

    from mainstem.checks.probe.people import Person
    from mainstem.checks.probe.rows import Claims, Counts
    from mainstem.checks.probe.seed import Seed
    from mainstem.checks.probe.tables import Table, View


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

    def by(self, person: Person, claims: Claims) -> Attempt:
        """The person's attempt at it with their claims, and how many rows they should see."""
        statement = execution(self.name, claims)
        expected = 0
        if self.table is not None and self.rows is not None:
            expected = own_count(self.table, person, self.rows)
        return Attempt(self.kind, self.kind, self.label, statement, "reads", expected)


def prepare_readings(
    connection: psycopg.Connection[TupleRow],
    tables: Sequence[Table],
    views: Sequence[View],
    seed: Seed,
) -> list[Reading]:
    """Prepare the reading of every table, and of every view that says whose its rows are."""
    readings: list[Reading] = []
    for table in tables:
        name = prepare(connection, f"reads_{len(readings)}", _of_table(table, seed))
        rows = count_rows(connection, table, seed)
        readings.append(Reading("read", table.label, name, table, rows))
    for view in views:
        if "agency_id" in view.columns:
            name = prepare(connection, f"reads_{len(readings)}", _of_view(view, seed))
            readings.append(Reading("view", view.label, name))
    return readings


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
