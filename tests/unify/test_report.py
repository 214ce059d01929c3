"""The account of a run as people read it on a terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from mainstem.unify.report import Report, TableResult


def test_no_number_is_cut_on_a_narrow_terminal() -> None:
    name = "campaigner.a_table_with_a_name_that_is_rather_long"
    table = TableResult(name, 1_234_567, loaded=1_234_500, merged=60, quarantined=5, dropped=2)
    written = StringIO()
    report = Report([table, TableResult("desk.member", 7, loaded=7)])
    report.show(Console(file=written, width=80))
    said = written.getvalue()
    assert "1,234,567" in said
    assert "quarantined" in said
    assert "1,234,574" in said
    assert name in "".join(line.split(" ")[0] for line in said.splitlines())
