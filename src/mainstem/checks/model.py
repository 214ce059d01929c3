"""What a check is, what it finds, and what a run of all of them says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mainstem.checks.session import Session


@dataclass(frozen=True)
class Finding:
    """One object that breaks one check: what is wrong with it and, where known, what mends it."""

    check: str
    object: str
    message: str
    fix: str | None = None

    def __str__(self) -> str:
        return f"{self.object} {self.message}"


@dataclass(frozen=True)
class Check:
    """One thing that must hold.

    `rule` is the number in the schema rules, None for a promise from elsewhere; `title` is what
    holds when the check passes, in one sentence; `reason` is why it must. `find` returns what
    breaks it.
    """

    name: str
    group: str
    rule: int | None
    title: str
    reason: str
    find: Callable[[Session], Iterable[Finding]]


@dataclass(frozen=True)
class Outcome:
    """A check that was run, with everything it found; nothing found means passed."""

    check: Check
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def is_passed(self) -> bool:
        """True when the check found nothing."""
        return not self.findings


@dataclass(frozen=True)
class Report:
    """Every check that was run, in order."""

    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> int:
        """How many checks found nothing."""
        return sum(outcome.is_passed for outcome in self.outcomes)

    @property
    def total(self) -> int:
        """How many checks were run."""
        return len(self.outcomes)

    @property
    def is_passed(self) -> bool:
        """True when every check found nothing."""
        return self.passed == self.total

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that was found, in the order of the checks."""
        return tuple(finding for outcome in self.outcomes for finding in outcome.findings)

    @property
    def summary(self) -> str:
        """The last line of a run: `60 of 61 checks passed`."""
        return f"{self.passed} of {self.total} checks passed"
