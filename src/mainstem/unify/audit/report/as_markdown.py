"""The report as Markdown, for pull requests and wikis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mainstem.unify.audit.model import Severity
from mainstem.unify.page import code, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainstem.unify.audit.model import Evidence, Finding, Report

_EVIDENCE_MAX: Final = 10
_TITLES: Final = {
    Severity.ERROR: "Errors",
    Severity.WARNING: "Warnings",
    Severity.NOTE: "Notes",
}


def as_markdown(report: Report) -> str:
    """The report: what was read, a summary, the findings by severity, what was not inspected."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "# Database audit"
    yield ""
    yield _headline(report)
    yield ""
    yield "| read | | |"
    yield "|---|---|---|"
    for source in report.sources:
        yield f"| {source.kind.value} | {plain(source.name)} | {plain(source.summary)} |"
    for severity in Severity:
        found = [finding for finding in report.findings if finding.severity is severity]
        if found:
            yield ""
            yield f"## {_TITLES[severity]}"
            for finding in found:
                yield from _finding(finding)
    yield from _not_inspected(report)


def _headline(report: Report) -> str:
    counts = [f"{report.count(severity)} {severity.value}s" for severity in Severity]
    known = f", {report.known_count} known ones left out" if report.known_count else ""
    return f"**{', '.join(counts)}** from {report.checks_run} checks{known}."


def _finding(finding: Finding) -> Iterator[str]:
    subject = ".".join(filter(None, (finding.table, finding.column)))
    yield ""
    yield f"### {plain(subject)} · {finding.check}" if subject else f"### {finding.check}"
    yield ""
    yield plain(finding.message)
    if finding.fix:
        yield ""
        yield f"**Mend:** {plain(finding.fix)}"
    if finding.evidence:
        yield ""
    for evidence in finding.evidence[:_EVIDENCE_MAX]:
        yield f"- {_evidence(evidence)}"
    unshown = len(finding.evidence) - _EVIDENCE_MAX
    if unshown > 0:
        yield f"- and {unshown} more places"


def _evidence(evidence: Evidence) -> str:
    text = code(evidence.text)
    if evidence.file is None:
        return f"{evidence.source.value}: {text}"
    line = f":{evidence.line}" if evidence.line is not None else ""
    return f"{code(evidence.file + line)} {text}"


def _not_inspected(report: Report) -> Iterator[str]:
    yield ""
    yield "## Not inspected"
    yield ""
    if not report.not_inspected:
        yield "Nothing was left out."
    for entry in report.not_inspected:
        place = f" ({entry.file}{f':{entry.line}' if entry.line else ''})" if entry.file else ""
        yield f"- {entry.kind} {code(entry.name)}{plain(place)}: {plain(entry.reason)}"
