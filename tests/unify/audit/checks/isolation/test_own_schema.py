"""The platform keeps the rules that the audit holds other schemas to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.checking import run_checks
from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.registry import chosen_checks
from mainstem.unify.audit.subject import Subject
from mainstem.unify.audit.tenancy import tenant_column
from mainstem.unify.catalog.read_database import read_database

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow


def test_the_platforms_own_schema_has_no_error_and_no_warning(
    connection: psycopg.Connection[TupleRow],
) -> None:
    database = read_database(connection, name="the platform")

    findings = run_checks(Subject(databases=(database,)), chosen_checks(("isolation", "health")))

    assert [found for found in findings if found.severity is not Severity.NOTE] == []
    assert len(database.tables) > 90, "there is a schema to look at"
    assert tenant_column(database) == "agency_id"
