"""What is inferred of a table that nothing creates, each part with the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainstem.unify.catalog.database import ObjectName


@dataclass(frozen=True)
class Reference:
    """A foreign key of an inferred column; None as action leaves it to the default."""

    parent: ObjectName
    column: str
    on_delete: str | None = None


@dataclass(frozen=True)
class InferredColumn:
    """A column: `reasons` say where each part comes from, `question` what people must decide."""

    name: str
    type: str
    is_nullable: bool
    default: str | None = None
    reference: Reference | None = None
    reasons: tuple[str, ...] = ()
    question: str | None = None


@dataclass(frozen=True)
class InferredPolicy:
    """A policy as the tables beside it have it."""

    name: str
    command: str
    roles: tuple[str, ...]
    using: str | None
    with_check: str | None
    reason: str


@dataclass(frozen=True)
class InferredIndex:
    """An index over columns that code filters by or foreign keys use."""

    columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class InferredTable:
    """A table with all that hangs on it; `questions` besides those of the columns."""

    name: ObjectName
    #: what asks for it, such as `code uses it in 23 places`
    wanted_by: tuple[str, ...]
    columns: tuple[InferredColumn, ...]
    primary_key: tuple[str, ...]
    unique: tuple[tuple[tuple[str, ...], str], ...] = ()
    policies: tuple[InferredPolicy, ...] = ()
    indexes: tuple[InferredIndex, ...] = ()
    #: the function that keeps `updated_at`, where the schema has one, and why it is taken
    updated_at_function: tuple[ObjectName, str] | None = None
    questions: tuple[str, ...] = ()

    @property
    def all_questions(self) -> tuple[str, ...]:
        """Everything that people must decide, the table's own first."""
        asked = tuple(
            f"{column.name}: {column.question}" for column in self.columns if column.question
        )
        return self.questions + asked


@dataclass(frozen=True)
class Fix:
    """A migration to be written: its path relative to the audited folder, and its text."""

    table: InferredTable
    path: str
    text: str
    #: the migration that it must run before; None when only code wants the table
    before: str | None
