"""Keeps a proof's verdicts in the ledger of the database that it is about, for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import errors

from mainstem.pg.connect import connect
from mainstem.unify.ledger.proofs import ProvenObject, keep_proof

if TYPE_CHECKING:
    from mainstem.unify.isolation.model import Proof


def keep(proof: Proof, url: str) -> str | None:
    """Keep the verdicts, where there is a ledger; why not, where the role may not write it."""
    objects = [
        ProvenObject(each.name, each.kind, each.verdict.value, each.reason)
        for each in proof.objects
    ]
    with connect(url, application_name="mainstem keep a proof") as connection:
        try:
            keep_proof(connection, objects, is_passed=not proof.leaks, attempts=proof.attempt_count)
        except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction) as error:
            connection.rollback()
            return f"the proof is not kept: {error.diag.message_primary}"
    return None
