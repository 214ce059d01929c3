"""Compares source and target value by value, and checks what else a move promises.

Both sides are written as the same canonical text and summed up column by column; where the sums of
a table differ, the differences are looked for and named by table, key and column.
"""

from mainstem.unify.verify.model import Difference, Finding, TableVerdict, Verification
from mainstem.unify.verify.verifying import verify_copy, verify_run

__all__ = [
    "Difference",
    "Finding",
    "TableVerdict",
    "Verification",
    "verify_copy",
    "verify_run",
]
