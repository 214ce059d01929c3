"""What people change of rows that are not theirs: prepared once, and executed by each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstem.checks.probe.borders import Attempt
from mainstem.checks.probe.prepared import execution, prepare
from mainstem.checks.probe.rows import PLACES, divide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.checks.probe.rows import Claims
    from mainstem.checks.probe.seed import Seed
    from mainstem.checks.probe.tables import Column, Table


@dataclass(frozen=True)
class Change:
    """A prepared statement that changes the rows that are not a person's, and counts them.

    Attributes:
        label: the table.
        name: the prepared statement.
        doing: the words for it, following the person's name.
        is_granted: whether the grants allow it.
    """

    label: str
    name: str
    doing: str
    is_granted: bool

    def by(self, claims: Claims) -> Attempt:
        """The attempt at it of a person with these claims."""
        statement = execution(self.name, claims)
        return Attempt(
            "change", "change", self.label, statement, self.doing, is_granted=self.is_granted
        )


def prepare_changes(
    connection: psycopg.Connection[TupleRow], tables: Sequence[Table], seed: Seed
) -> list[Change]:
    """Prepare an update and a delete of every table whose rows belong to somebody."""
    changes: list[Change] = []
    for number, table in enumerate(tables):
        if table.agency_column is not None:
            changes += _of_table(connection, table, seed, number)
    return changes


def _of_table(
    connection: psycopg.Connection[TupleRow], table: Table, seed: Seed, number: int
) -> Iterator[Change]:
    division = divide(table, PLACES, seed)
    hidden = f"{division.scope} and ({division.own}) is not true"
    name = table.identifier.as_string()
    column = _changeable(table)
    for doing, statement, is_granted in (
        ("updates", f'update {name} set "{column.name}" = "{column.name}"', column.is_updatable),
        ("deletes", f"delete from {name}", table.is_deletable),
    ):
        # An executed statement says nothing of its rows; what it returns asks no further right of
        # whoever names columns in its condition.
        counted = (
            f"with changed as ({statement} where {hidden} returning 1)"
            " select jsonb_build_object('row_count', count(*)) from changed"
        )
        prepared = prepare(connection, f"{doing}_{number}", counted)
        yield Change(table.label, prepared, doing, is_granted)


def _changeable(table: Table) -> Column:
    """A column that the grants let a request update, or else any."""
    granted = (column for column in table.columns.values() if column.is_updatable)
    return next(granted, next(iter(table.columns.values())))
