"""Keeps what came of expectations in the ledger of the database they are about, for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import errors

from mainstem.pg.connect import connect
from mainstem.unify.ledger.expectations import KeptOutcome, keep_expectations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mainstem.unify.expect.model import Outcome


def keep(outcomes: Iterable[Outcome], url: str, *, file: Path) -> str | None:
    """Keep the outcomes, where there is a ledger; why not, where the role may not write it.

    Values of rows are not kept: a ledger is read by more people than a terminal.
    """
    kept = [
        KeptOutcome(
            each.expectation.title, each.expectation.kind, each.why.brief if each.why else None
        )
        for each in outcomes
    ]
    with connect(url, application_name="mainstem keep expectations") as connection:
        try:
            keep_expectations(connection, str(file), kept)
        except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction) as error:
            connection.rollback()
            return f"what came of the expectations is not kept: {error.diag.message_primary}"
    return None
