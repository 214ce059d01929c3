"""The report on a terminal: what was read, a summary table, then the findings by severity."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mainstem.unify.audit.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from mainstem.unify.audit.model import Evidence, Finding, NotInspected, Report

_STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
#: control characters but the line's end, those of eight bits too
_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_EVIDENCE_MAX: Final = 5
#: kinds of what was not inspected are counted, and so many of each are named
_UNINSPECTED_MAX: Final = 5


def print_report(report: Report, console: Console, *, titles: dict[str, str]) -> None:
    """Print the report; `titles` says of each check what is wrong when it finds something."""
    _print_sources(report, console)
    if report.findings:
        _print_summary(report, console, titles)
    for severity in Severity:
        found = [finding for finding in report.findings if finding.severity is severity]
        if found:
            title = f"{severity.value}s ({len(found)})"
            console.rule(Text(title, style=_STYLES[severity]), align="left")
        for finding in found:
            _print_finding(finding, console)
    _print_not_inspected(report.not_inspected, console)
    console.print(_last_line(report))


def _print_sources(report: Report, console: Console) -> None:
    grid = Table.grid(padding=(0, 2))
    for source in report.sources:
        grid.add_row(
            Text(source.kind.value, style="bold"),
            Text(_visible(source.name)),
            Text(_visible(source.summary), "dim"),
        )
    console.print(Padding(grid, (1, 0, 0, 0)))


def _print_summary(report: Report, console: Console, titles: dict[str, str]) -> None:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), show_edge=False)
    table.add_column("", justify="right")
    table.add_column("check", no_wrap=True)
    table.add_column("what is wrong")
    counts = Counter((finding.severity, finding.check) for finding in report.findings)
    for (severity, check), count in counts.items():
        style = _STYLES[severity]
        table.add_row(Text(str(count), style), Text(check, style), Text(titles.get(check, "")))
    console.print(Padding(table, (1, 0)))


def _print_finding(finding: Finding, console: Console) -> None:
    subject = _visible(".".join(filter(None, (finding.table, finding.column))))
    style = _STYLES[finding.severity]
    head = Text.assemble((subject or finding.check, style))
    if subject:
        head.append(f"  {finding.check}", "dim")
    console.print(head)
    console.print(Padding(Text(_visible(finding.message)), (0, 0, 0, 2)))
    for evidence in finding.evidence[:_EVIDENCE_MAX]:
        console.print(Padding(_evidence(evidence), (0, 0, 0, 4)))
    unshown = len(finding.evidence) - _EVIDENCE_MAX
    if unshown > 0:
        console.print(Padding(Text(f"and {unshown} more places", "dim"), (0, 0, 0, 4)))
    if finding.fix:
        console.print(
            Padding(Text.assemble(("mend: ", "green"), _visible(finding.fix)), (0, 0, 0, 2))
        )
    console.print()


def _evidence(evidence: Evidence) -> Text:
    text = _visible(" ".join(evidence.text.split()))
    if evidence.file is None:
        return Text.assemble((f"{evidence.source.value}  ", "blue"), (text, "dim"))
    line = f":{evidence.line}" if evidence.line is not None else ""
    return Text.assemble((f"{_visible(evidence.file)}{line}", "blue"), ("  " + text, "dim"))


def _print_not_inspected(entries: Sequence[NotInspected], console: Console) -> None:
    console.rule(Text("not inspected", style="bold"), align="left")
    if not entries:
        console.print("Nothing was left out.")
    by_kind: dict[tuple[str, str], list[NotInspected]] = {}
    for entry in entries:
        by_kind.setdefault((entry.kind, entry.reason), []).append(entry)
    for (kind, reason), group in by_kind.items():
        names = [_visible(entry.name + _place(entry)) for entry in group[:_UNINSPECTED_MAX]]
        more = f" and {len(group) - _UNINSPECTED_MAX} more" if len(group) > len(names) else ""
        console.print(
            Text.assemble(
                f"{_visible(kind)} ", (", ".join(names) + more, "blue"), f": {_visible(reason)}"
            )
        )
    console.print()


def _visible(text: str) -> str:
    """The text without what a terminal would obey: a file's name may hold anything."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def _place(entry: NotInspected) -> str:
    if entry.file is None or entry.file == entry.name:
        return ""
    return f" ({entry.file}{f':{entry.line}' if entry.line else ''})"


def _last_line(report: Report) -> Text:
    counts = [(severity, report.count(severity)) for severity in Severity]
    line = Text()
    for severity, count in counts:
        line.append(f"{count} {severity.value}{'' if count == 1 else 's'}", _STYLES[severity])
        line.append(", " if severity is not Severity.NOTE else "")
    line.append(f" from {report.checks_run} checks")
    if report.known_count:
        line.append(f"; {report.known_count} known ones left out")
    return line
