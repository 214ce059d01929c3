"""The report as JSON; its schema is `docs/reference/audit.schema.json`."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from mainstem.unify.audit.model import Evidence, Finding, NotInspected, Report, Source


def as_json(report: Report) -> str:
    """The report as JSON with a line end; keys in a fixed order, the same for the same report."""
    return json.dumps(as_object(report), indent=2, ensure_ascii=False) + "\n"


def as_object(report: Report) -> dict[str, object]:
    """The report as dictionaries and lists."""
    return {
        "version": report.version,
        "sources": [_source(source) for source in report.sources],
        "summary": _summary(report),
        "findings": [_finding(finding) for finding in report.findings],
        "not_inspected": [_not_inspected(entry) for entry in report.not_inspected],
    }


def _summary(report: Report) -> dict[str, object]:
    by_check = Counter(finding.check for finding in report.findings)
    return {
        **{severity.value: report.count(severity) for severity in Severity},
        "known": report.known_count,
        "checks_run": report.checks_run,
        "by_check": dict(sorted(by_check.items())),
    }


def _source(source: Source) -> dict[str, object]:
    return {"kind": source.kind.value, "name": source.name, "summary": source.summary}


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "table": finding.table,
        "column": finding.column,
        "message": finding.message,
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "fix": finding.fix,
    }


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "source": evidence.source.value,
        "file": evidence.file,
        "line": evidence.line,
        "text": evidence.text,
    }


def _not_inspected(entry: NotInspected) -> dict[str, object]:
    return {
        "kind": entry.kind,
        "name": entry.name,
        "reason": entry.reason,
        "file": entry.file,
        "line": entry.line,
    }
