"""Runs a package's named queries for the agency and time of a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from mainstem.db.queries import load_queries

if TYPE_CHECKING:
    from mainstem.revos.sending.model import Moment


class Queries:
    """The queries of a package. Each gets `agency_id` and `at` besides its own values."""

    def __init__(self, package: str) -> None:
        self._texts = load_queries(package)

    def rows(self, moment: Moment, name: str, **values: object) -> list[dict[str, Any]]:
        """Run a query; its rows, by column. A statement that returns none gives none."""
        with moment.connection.cursor(row_factory=dict_row) as cursor:
            given = {"at": moment.at, **values, "agency_id": moment.agency_id}
            cursor.execute(self._texts[name], given)
            return cursor.fetchall() if cursor.description else []

    def row(self, moment: Moment, name: str, **values: object) -> dict[str, Any] | None:
        """Run a query that answers at most one row."""
        found = self.rows(moment, name, **values)
        assert len(found) <= 1, f"{name} answers one row at most"
        return found[0] if found else None
