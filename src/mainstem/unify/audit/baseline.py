"""Known findings: a file that lists them, so that a build fails on new ones only.

A finding is known by its check, table, column and message without numbers, not by its lines: those
move with every edit. The file is JSON with one finding a line, so that it can be reviewed.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mainstem.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from mainstem.unify.audit.model import Finding, Report

_NUMBER: Final = re.compile(r"\d+")
_VERSION: Final = 1


def mark(finding: Finding) -> str:
    """What makes a finding the same one in a later report: 16 hexadecimal digits."""
    parts = (
        finding.check,
        finding.table or "",
        finding.column or "",
        _NUMBER.sub("0", finding.message),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def without_known(report: Report, path: Path) -> Report:
    """The report less what the baseline knows.

    Raises:
        ConfigError: the file is no baseline.
    """
    known = _read(path)
    new = tuple(finding for finding in report.findings if mark(finding) not in known)
    return replace(report, findings=new, known_count=len(report.findings) - len(new))


def write_baseline(report: Report, path: Path) -> None:
    """Write every finding of a report as known."""
    marks = {mark(finding): finding for finding in report.findings}
    lines = [
        json.dumps({"mark": name, "check": found.check, "table": found.table, "is": found.message})
        for name, found in sorted(marks.items(), key=lambda item: (item[1].check, item[0]))
    ]
    body = ",\n".join("    " + line for line in lines)
    path.write_text(f'{{\n  "version": {_VERSION},\n  "known": [\n{body}\n  ]\n}}\n')


def _read(path: Path) -> frozenset[str]:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["version"] != _VERSION:
            raise ConfigError(
                f"the baseline {path} has version {held['version']}, this audit reads "
                f"{_VERSION}; write it anew with --write-baseline"
            )
        return frozenset(entry["mark"] for entry in held["known"])
    except OSError as error:
        raise ConfigError(
            f"the baseline {path} cannot be read ({error.strerror}); --write-baseline makes one"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path} is no baseline of this audit; --write-baseline makes one"
        ) from error
