"""A planted fault: what breaks which check, and how it must be reported."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """`named` begins the finding that `check` must have after `plant`; `said` is in it."""

    check: str
    plant: str
    named: str
    said: str = ""
