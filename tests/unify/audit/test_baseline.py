from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ConfigError
from mainstem.unify.audit.baseline import mark, without_known, write_baseline
from mainstem.unify.audit.model import Finding, Report, Severity

if TYPE_CHECKING:
    from pathlib import Path


def _finding(table: str, message: str = "is used at 3 places") -> Finding:
    return Finding("table-gone", Severity.ERROR, message, table)


def _report(*findings: Finding) -> Report:
    return Report((), findings, (), 1)


def test_only_new_findings_are_left(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    write_baseline(_report(_finding("a"), _finding("b")), path)
    left = without_known(_report(_finding("a", "is used at 7 places"), _finding("c")), path)
    assert [finding.table for finding in left.findings] == ["c"]
    assert left.known_count == 1


def test_another_column_is_another_finding() -> None:
    one = Finding("x", Severity.ERROR, "m", "t", "a")
    other = Finding("x", Severity.ERROR, "m", "t", "b")
    assert mark(one) != mark(other)


@pytest.mark.parametrize("content", ["", "[]", '{"version": 9, "known": []}', "\x00"])
def test_what_is_no_baseline_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "known.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match="write-baseline"):
        without_known(_report(), path)


def test_a_missing_baseline_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.json"):
        without_known(_report(), tmp_path / "nothing.json")
