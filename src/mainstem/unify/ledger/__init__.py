"""The record of every run, kept in the target's schema `unify`: what moved, changed or waits."""

from mainstem.unify.ledger.rows import (
    Account,
    Decision,
    LedgerRow,
    LegacyMap,
    QuarantineRow,
    Run,
    Step,
)
from mainstem.unify.ledger.store import ensure_schema

__all__ = [
    "Account",
    "Decision",
    "LedgerRow",
    "LegacyMap",
    "QuarantineRow",
    "Run",
    "Step",
    "ensure_schema",
]
