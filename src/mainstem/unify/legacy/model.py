"""A view under an old name: what its columns come from, and what can be done through it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainstem.unify.catalog.database import ObjectName


class Origin(enum.Enum):
    """Where a column of the view comes from."""

    COLUMN = "a column of the table"
    PACKED = "a key of a JSON column"
    BESIDE = "a column of a second table"
    GONE = "nothing: it was dropped"


@dataclass(frozen=True)
class LegacyColumn:
    """A column under its old name; `column` is the new one, `key` the key in a packed one."""

    name: str
    type: str
    origin: Origin
    column: str = ""
    key: str = ""


@dataclass(frozen=True)
class Beside:
    """A second table that holds a part of each row: its link to the first, what it is told by."""

    table: ObjectName
    link: str
    #: column -> literal as SQL: what its rows of this kind have in common
    constants: tuple[tuple[str, str], ...] = ()
    #: other columns it needs -> column of the first table that has the value
    copied: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Parent:
    """Where a new row's tenant is looked up: the old column that points at the parent's row."""

    column: str
    table: ObjectName
    key: str


@dataclass(frozen=True)
class LegacyView:
    """One view. `constants` tell its rows from those of others in the same table."""

    name: str
    table: ObjectName
    columns: tuple[LegacyColumn, ...]
    #: columns of the table that identify a row, as far as the view has them
    key: tuple[str, ...]
    constants: tuple[tuple[str, str], ...] = ()
    tenant: str | None = None
    parent: Parent | None = None
    beside: Beside | None = None

    @property
    def needs_trigger(self) -> bool:
        """Whether PostgreSQL cannot write through it by itself."""
        is_plain = all(one.origin in {Origin.COLUMN, Origin.GONE} for one in self.columns)
        return not is_plain or bool(self.constants) or self.parent is not None

    def of(self, origin: Origin) -> tuple[LegacyColumn, ...]:
        """The columns of that origin."""
        return tuple(column for column in self.columns if column.origin is origin)

    def old_name(self, column: str) -> str | None:
        """What the view calls a column of the table."""
        found = (one.name for one in self.of(Origin.COLUMN) if one.column == column)
        return next(found, None)


@dataclass(frozen=True)
class Skipped:
    """A table that has no view, and why."""

    name: str
    reason: str
