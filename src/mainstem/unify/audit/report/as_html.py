"""The report as one HTML page that needs nothing besides itself: filters, a diagram, printable."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from mainstem.unify.audit.model import Severity
from mainstem.unify.audit.report.diagram import diagram_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

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
    return _template().render(
        report=report,
        severities=[(severity, report.count(severity)) for severity in Severity],
        checks={check.name: check for check in checks},
        diagram=diagram_of(subject, missing=missing - built, found=found),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("mainstem.unify.audit.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
