"""Expectations of a database, written in a file: what exists, how many rows, who sees what.

`read_expectations` reads the file, `prove` holds it against a database and leaves nothing there.
"""

from __future__ import annotations

from mainstem.unify.expect.file import read_expectations
from mainstem.unify.expect.model import Expectations, Outcome
from mainstem.unify.expect.proving import prove

__all__ = ["Expectations", "Outcome", "prove", "read_expectations"]
