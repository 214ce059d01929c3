"""What an audit finds, and the report that all formats are made from."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mainstem.unify.audit.subject import Subject

REPORT_VERSION = 1


class Severity(enum.Enum):
    """How bad a finding is: an error breaks or leaks, a warning will, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class SourceKind(enum.Enum):
    """Where evidence comes from."""

    MIGRATIONS = "migrations"
    CODE = "code"
    DOCUMENTS = "documents"
    DATABASE = "database"
    ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Evidence:
    """One place that shows it. `text` is the line or what the catalog says; never a secret."""

    source: SourceKind
    text: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Found:
    """What a check's `find` yields; `severity` only where it differs from the check's own."""

    message: str
    table: str | None = None
    column: str | None = None
    evidence: tuple[Evidence, ...] = ()
    fix: str | None = None
    severity: Severity | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a `Found` with the name of its check."""

    check: str
    severity: Severity
    message: str
    table: str | None = None
    column: str | None = None
    evidence: tuple[Evidence, ...] = ()
    fix: str | None = None


@dataclass(frozen=True)
class Check:
    """One thing that is looked for.

    `title` says what is wrong when it finds something; `page` is its documentation in Markdown.
    """

    name: str
    group: str
    severity: Severity
    title: str
    page: str
    find: Callable[[Subject], Iterable[Found]]


@dataclass(frozen=True)
class Source:
    """Something that was read: a folder of migrations, of code, a document, a database."""

    kind: SourceKind
    name: str
    #: what was found in it, such as `12 files, 96 statements, 14 tables`
    summary: str


@dataclass(frozen=True)
class NotInspected:
    """Something that was not looked at, so that nobody takes silence for health."""

    kind: str
    name: str
    reason: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Report:
    """Everything that one audit found, in the order of severity, check and table."""

    sources: tuple[Source, ...]
    findings: tuple[Finding, ...]
    not_inspected: tuple[NotInspected, ...]
    checks_run: int
    #: findings left out because a baseline knows them
    known_count: int = 0
    version: int = REPORT_VERSION

    def count(self, severity: Severity) -> int:
        """How many findings are of that severity."""
        return sum(finding.severity is severity for finding in self.findings)
