"""The values of a statement, apart from its text: nothing of a request is ever written into SQL."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mark(enum.Enum):
    """A value that is known only when the statement runs."""

    AGENCY = "the caller's agency"
    PERSON = "the caller"
    BODY = "the body of the request"


class Binder:
    """Numbers values and aliases while a statement is written."""

    def __init__(self) -> None:
        self.values: list[str | Mark] = []
        self._aliases = 0

    def bind(self, value: str | int) -> str:
        """The placeholder of a value."""
        self.values.append(str(value))
        return f"${len(self.values)}"

    def mark(self, mark: Mark) -> str:
        """The placeholder of a value that comes later; the same one each time."""
        if mark not in self.values:
            self.values.append(mark)
        return f"${self.values.index(mark) + 1}"

    def alias(self, letter: str) -> str:
        """A name for a table of the statement, used nowhere else."""
        self._aliases += 1
        return f"{letter}{self._aliases}"


@dataclass(frozen=True)
class Statement:
    """SQL with its values."""

    sql: bytes
    values: tuple[str | Mark, ...]

    def filled(self, known: Mapping[Mark, str | None]) -> list[str | None]:
        """The values for one run."""
        return [known[one] if isinstance(one, Mark) else one for one in self.values]


def array_text(values: tuple[str, ...]) -> str:
    """Texts as the literal of an array, of whichever type the server finds for it."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
