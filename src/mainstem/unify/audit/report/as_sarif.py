"""The report as SARIF 2.1.0, which code hosts show beside the lines that it is about.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 2020.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote

import mainstem
from mainstem.unify.audit.baseline import mark
from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mainstem.unify.audit.model import Check, Evidence, Finding, NotInspected, Report

_Object: TypeAlias = dict[str, object]

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
#: code hosts show so many places of one result
_RELATED_MAX: Final = 20


def as_sarif(report: Report, checks: Sequence[Check]) -> str:
    """The report as a SARIF log with one run; paths are relative to the audited folder."""
    positions = {check.name: position for position, check in enumerate(checks)}
    run: _Object = {
        "tool": {"driver": _driver(checks)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "The audited folder."}}},
        "results": [_result(finding, positions) for finding in report.findings],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    _notification(entry) for entry in report.not_inspected
                ],
            }
        ],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _driver(checks: Sequence[Check]) -> _Object:
    return {
        "name": "mainstem audit",
        "semanticVersion": mainstem.__version__,
        "rules": [
            {
                "id": check.name,
                "shortDescription": {"text": check.title + "."},
                "fullDescription": {"text": check.title + "."},
                "help": {"text": check.page, "markdown": check.page},
                "defaultConfiguration": {"level": _LEVELS[check.severity]},
                "properties": {"tags": [check.group]},
            }
            for check in checks
        ],
    }


def _result(finding: Finding, positions: dict[str, int]) -> _Object:
    placed = [evidence for evidence in finding.evidence if evidence.file is not None]
    message = f"{finding.message} {finding.fix}" if finding.fix else finding.message
    result: _Object = {
        "ruleId": finding.check,
        "ruleIndex": positions[finding.check],
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "partialFingerprints": {"mainstem/v1": mark(finding)},
    }
    if placed:
        result["locations"] = [_location(placed[0])]
    if len(placed) > 1:
        related = enumerate(placed[1 : _RELATED_MAX + 1], start=1)
        result["relatedLocations"] = [{"id": place} | _location(seen) for place, seen in related]
    return result


def _location(evidence: Evidence) -> _Object:
    assert evidence.file is not None, "only placed evidence has a location"
    physical: _Object = {
        "artifactLocation": {"uri": quote(evidence.file), "uriBaseId": "ROOT"},
    }
    if evidence.line is not None:
        physical["region"] = {"startLine": evidence.line}
    return {"physicalLocation": physical, "message": {"text": evidence.text}}


def _notification(entry: NotInspected) -> _Object:
    notification: _Object = {
        "level": "note",
        "message": {"text": f"Not inspected: {entry.kind} {entry.name}: {entry.reason}."},
    }
    if entry.file is not None:
        physical: _Object = {"artifactLocation": {"uri": quote(entry.file), "uriBaseId": "ROOT"}}
        if entry.line is not None:
            physical["region"] = {"startLine": entry.line}
        notification["locations"] = [{"physicalLocation": physical}]
    return notification
