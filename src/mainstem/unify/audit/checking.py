"""Runs the checks over a subject and puts what they find in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainstem.unify.audit.model import Check, Found
    from mainstem.unify.audit.subject import Subject

_ORDER = {severity: rank for rank, severity in enumerate(Severity)}


def run_checks(subject: Subject, checks: Iterable[Check]) -> tuple[Finding, ...]:
    """What all checks find: the worst first, then by check, table and column."""
    findings = [_finding(check, found) for check in checks for found in check.find(subject)]
    return tuple(sorted(findings, key=_rank))


def _finding(check: Check, found: Found) -> Finding:
    return Finding(
        check=check.name,
        severity=found.severity or check.severity,
        message=found.message,
        table=found.table,
        column=found.column,
        evidence=found.evidence,
        fix=found.fix,
    )


def _rank(finding: Finding) -> tuple[int, str, str, str, str]:
    severity = _ORDER[finding.severity]
    return (severity, finding.check, finding.table or "", finding.column or "", finding.message)
