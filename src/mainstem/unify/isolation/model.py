"""What the isolation proof says: a verdict for each table, view and function."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Verdict(enum.Enum):
    """What the proof found out about one object."""

    PROVEN = "proven"
    LEAK = "leak"
    NOT_EXERCISED = "not exercised"


@dataclass(frozen=True)
class ObjectVerdict:
    """One table, view or function; `statement` is a script that shows the leak when pasted."""

    name: str
    kind: str
    verdict: Verdict
    reason: str
    statement: str | None = None


@dataclass(frozen=True)
class Weakening:
    """One policy made weaker on purpose, and whether the proof noticed.

    Attributes:
        object: the table or view.
        change: what was done, in words.
        is_caught: whether a leak was found that was not there before, or somebody reached more.
        equivalent: why nobody could see a difference between tenants, where that can be told.
    """

    object: str
    change: str
    is_caught: bool
    equivalent: str | None = None
    #: whether the verdict became a leak: without the verdict of before it would be noticed too
    is_leak: bool = False


@dataclass(frozen=True)
class Proof:
    """All verdicts, and the weakenings where they were asked for."""

    database: str
    objects: tuple[ObjectVerdict, ...]
    weakenings: tuple[Weakening, ...] = ()
    #: how many statements were tried
    attempt_count: int = 0
    counts: Mapping[Verdict, int] = field(init=False)

    def __post_init__(self) -> None:
        """Count the verdicts."""
        counted = {
            verdict: sum(each.verdict is verdict for each in self.objects) for verdict in Verdict
        }
        object.__setattr__(self, "counts", counted)

    @property
    def leaks(self) -> tuple[ObjectVerdict, ...]:
        """The objects through which a tenant reaches another's rows."""
        return tuple(each for each in self.objects if each.verdict is Verdict.LEAK)

    @property
    def missed(self) -> tuple[Weakening, ...]:
        """The weakenings that make a difference and were not caught."""
        return tuple(w for w in self.weakenings if not w.is_caught and w.equivalent is None)
