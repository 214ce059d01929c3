from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from mainstem.checks import all_checks, run_checks
from mainstem.checks.expected import expected_objects
from mainstem.checks.reference import reference_page
from mainstem.cli.check import check
from mainstem.errors import ServerError, UsageError
from mainstem.kit.naming import singular_name
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import TupleRow

    from mainstem.checks import Outcome


def test_the_migrated_database_passes_every_check(database_url: str) -> None:
    result = CliRunner().invoke(check, ["--database", database_url])
    last = result.output.splitlines()[-1]
    assert last == f"{len(all_checks())} of {len(all_checks())} checks passed", result.output
    assert result.exit_code == 0
    assert "FAIL" not in result.output


def test_a_dropped_table_is_said_to_be_missing(database_url: str) -> None:
    with connect(database_url) as connection:
        connection.execute("drop table public.campaign cascade")
    result = CliRunner().invoke(check, ["--database", database_url, "--only", "existence"])
    assert result.exit_code == 1
    assert "campaign is missing" in result.output
    assert result.output.splitlines()[-1] == "2 of 3 checks passed"


def test_json_holds_every_finding(database_url: str) -> None:
    with connect(database_url) as connection:
        connection.execute("drop view public.queue_job")
    result = CliRunner().invoke(
        check, ["--json", "--database", database_url, "--only", "existence"]
    )
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert (report["passed"], report["total"]) == (2, 3)
    first = report["checks"][0]
    assert first["name"] == "missing-object"
    assert first["passed"] is False
    assert first["findings"] == [
        {
            "check": "missing-object",
            "object": "queue_job",
            "message": "is missing (view)",
            "fix": first["findings"][0]["fix"],
        }
    ]


def test_many_findings_are_shortened_on_the_terminal(empty_database_url: str) -> None:
    result = CliRunner().invoke(check, ["--database", empty_database_url])
    assert result.exit_code == 1
    assert "agency is missing (table)" in result.output
    assert " more; --json lists them all" in result.output


def test_nothing_is_proven_about_an_empty_database(empty_database_url: str) -> None:
    with connect(empty_database_url) as connection:
        report = run_checks(connection)
    failed = {outcome.check.name for outcome in report.outcomes if not outcome.is_passed}
    proven = {c.name for c in all_checks() if c.group in {"rules", "isolation"}}
    assert failed >= proven | {"missing-object", "migrations"}


def test_an_unknown_check_is_refused(connection: psycopg.Connection[TupleRow]) -> None:
    with pytest.raises(UsageError, match=r"no check is named nonsense; .* --list"):
        run_checks(connection, only=["nonsense", "policy-form"])


def test_a_role_without_rights_gets_one_line(connection: psycopg.Connection[TupleRow]) -> None:
    connection.execute("set local role anon")
    with pytest.raises(ServerError, match="cannot check the database: permission denied"):
        run_checks(connection)


def test_outcomes_arrive_as_they_are_known(connection: psycopg.Connection[TupleRow]) -> None:
    seen: list[Outcome] = []
    report = run_checks(connection, only=["existence", "tenant-key"], on_outcome=seen.append)
    assert tuple(seen) == report.outcomes
    assert [outcome.check.name for outcome in seen] == [
        "missing-object",
        "plural-name",
        "contamination",
        "tenant-key",
    ]


def test_a_check_leaves_no_trace(database_url: str) -> None:
    with connect(database_url) as connection:
        run_checks(connection, only=["rules"])
        left = connection.execute(
            "select count(*) from pg_class where relnamespace = pg_my_temp_schema()"
        ).fetchone()
        assert left == (0,)
        assert connection.execute("show search_path").fetchone() == ('"$user", public',)


def test_each_check_is_named_once_and_explains_itself() -> None:
    checks = all_checks()
    assert len({check.name for check in checks}) == len(checks)
    for each in checks:
        assert each.title.endswith("."), each.name
        assert len(each.reason) > 20, each.name


def test_each_schema_rule_is_proven_or_said_to_be_proven_elsewhere() -> None:
    proven = {check.rule for check in all_checks()}
    page = reference_page()
    elsewhere = {rule for rule in range(1, 26) if f"\n| {rule} | " in page}
    assert (proven | elsewhere) >= set(range(1, 26))


def test_the_reference_page_is_current() -> None:
    root = Path(str(files("mainstem"))).parent.parent
    written = (root / "docs" / "reference" / "checks.md").read_text(encoding="utf-8")
    assert written == reference_page(), "run `mainstem check --list > docs/reference/checks.md`"
    assert CliRunner().invoke(check, ["--list"]).output == written


def test_no_expected_object_has_a_plural_name() -> None:
    tables = [e.name for e in expected_objects() if e.schema == "public" and e.kind != "function"]
    assert len(tables) > 90
    assert [name for name in tables if singular_name(name) != name] == []
