"""The report as one HTML page that needs nothing besides itself: filters, a diagram, printable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.report.diagram import diagram_of
from mainstem.unify.page import template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.audit.model import Check, Report
    from mainstem.unify.audit.subject import Subject

#: checks whose finding says that the table itself is not there
_MISSING: Final = frozenset({"table-missing-in-migrations", "foreign-key-to-missing-table"})


def as_html(report: Report, subject: Subject, checks: Sequence[Check]) -> str:
    """The page; every text of the repository is escaped."""
    missing = {
        finding.table for finding in report.findings if finding.check in _MISSING and finding.table
    }
    if subject.replay is not None:
        missing |= {str(key.parent) for key in subject.replay.missing_parents}
    found = {
        finding.table
        for finding in report.findings
        if finding.table and finding.severity is not Severity.NOTE
    }
    built = {str(table.name) for catalog in subject.catalogs[:1] for table in catalog.tables}
    return template("mainstem.unify.audit.report", "report.html").render(
        report=report,
        severities=[(severity, report.count(severity)) for severity in Severity],
        checks={check.name: check for check in checks},
        diagram=diagram_of(subject, missing=missing - built, found=found),
    )
