from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog
from rich.console import Console

from mainstem.unify.audit.model import (
    Check,
    Evidence,
    Finding,
    NotInspected,
    Report,
    Severity,
    Source,
    SourceKind,
)
from mainstem.unify.audit.report.as_json import as_json
from mainstem.unify.audit.report.as_markdown import as_markdown
from mainstem.unify.audit.report.as_sarif import as_sarif
from mainstem.unify.audit.report.as_text import print_report

SCHEMA = Path(__file__).parents[4] / "docs/reference/audit.schema.json"
CHECK = Check(
    "table-gone", "across", Severity.ERROR, "A table is gone", "A table is gone.", lambda _: ()
)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
evidence = st.builds(
    Evidence,
    source=st.sampled_from(SourceKind),
    text=texts,
    file=st.none() | texts,
    line=st.none() | st.integers(1, 10_000),
)
findings = st.builds(
    Finding,
    check=st.just(CHECK.name),
    severity=st.sampled_from(Severity),
    message=texts,
    table=st.none() | texts,
    column=st.none() | texts,
    evidence=st.lists(evidence, max_size=3).map(tuple),
    fix=st.none() | texts,
)
left_out = st.builds(
    NotInspected, texts, texts, texts, st.none() | texts, st.none() | st.integers(1, 9)
)
reports = st.builds(
    Report,
    sources=st.lists(st.builds(Source, st.sampled_from(SourceKind), texts, texts), max_size=2).map(
        tuple
    ),
    findings=st.lists(findings, max_size=4).map(tuple),
    not_inspected=st.lists(left_out, max_size=2).map(tuple),
    checks_run=st.integers(0, 99),
    known_count=st.integers(0, 9),
)

#: each report has findings enough to try what a form does with texts
enough = settings(max_examples=50)


@pytest.fixture
def report() -> Report:
    place = Evidence(SourceKind.CODE, "from('personas')", "app/page.tsx", 12)
    return Report(
        sources=(Source(SourceKind.CODE, ".", "3 files"),),
        findings=(
            Finding(CHECK.name, Severity.ERROR, "is used and never created", "personas", None,
                    (place, place), "write a migration"),
            Finding(CHECK.name, Severity.NOTE, "nothing to see"),
        ),
        not_inspected=(NotInspected("table in code", "name", "only known at run time", "a.ts", 3),),
        checks_run=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def published() -> jsonschema.Draft202012Validator:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@given(report=reports)
@enough
def test_json_follows_the_published_schema(
    published: jsonschema.Draft202012Validator, report: Report
) -> None:
    held = json.loads(as_json(report))
    published.validate(held)
    assert len(held["findings"]) == len(report.findings)


@given(reports)
@enough
def test_sarif_follows_its_standard(report: Report) -> None:
    text = as_sarif(report, [CHECK])
    log = SarifLog.model_validate_json(text)
    results = log.runs[0].results or []
    assert [result.ruleId for result in results] == [CHECK.name] * len(report.findings)


def test_sarif_points_at_the_lines(report: Report) -> None:
    first: Any = json.loads(as_sarif(report, [CHECK]))["runs"][0]["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "app/page.tsx", "uriBaseId": "ROOT"}
    assert place["region"] == {"startLine": 12}
    assert len(first["relatedLocations"]) == 1


@given(reports)
@enough
def test_text_and_markdown_take_any_report(report: Report) -> None:
    file = io.StringIO()
    print_report(report, Console(file=file, width=100), titles={CHECK.name: CHECK.title})
    assert f"{report.count(Severity.ERROR)} error" in file.getvalue()
    html = MarkdownIt("js-default").render(as_markdown(report))
    assert html.count("<h3>") == len(report.findings)


def test_text_names_the_line_and_the_way_out(report: Report) -> None:
    file = io.StringIO()
    print_report(report, Console(file=file, width=100), titles={CHECK.name: CHECK.title})
    said = file.getvalue()
    assert "app/page.tsx:12" in said
    assert "mend: write a migration" in said
    assert "only known at run time" in said


def test_nothing_in_a_report_is_markup(report: Report) -> None:
    hostile = Report((), (Finding(CHECK.name, Severity.ERROR, "[red]<b>x</b> `a` [/nope]"),), (), 1)
    file = io.StringIO()
    print_report(hostile, Console(file=file, width=100), titles={})
    assert "[red]<b>x</b> `a` [/nope]" in file.getvalue()
    assert "<b>" not in MarkdownIt("js-default").render(as_markdown(hostile))
    assert report.count(Severity.ERROR) == 1


@given(st.text(st.characters(categories=["Cc"]), min_size=1, max_size=5))
@enough
def test_no_text_of_a_repository_moves_the_terminal(controls: str) -> None:
    hostile = f"a{controls}[31mb"
    place = Evidence(SourceKind.CODE, hostile, hostile, 1)
    finding = Finding(CHECK.name, Severity.ERROR, hostile, hostile, hostile, (place,), hostile)
    left_out = NotInspected(hostile, hostile, hostile, hostile, 1)
    source = Source(SourceKind.CODE, hostile, hostile)
    file = io.StringIO()
    print_report(Report((source,), (finding,), (left_out,), 1), Console(file=file), titles={})
    said = file.getvalue().replace("\n", "")
    assert said.isprintable()
