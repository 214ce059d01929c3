"""`mainstem verify expect` as people run it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from mainstem.cli import app

SHIPPED = Path(__file__).parents[2] / "samples" / "expect.toml"


def test_the_shipped_expectations_hold(database_url: str) -> None:
    told = CliRunner().invoke(app, ["verify", "expect", str(SHIPPED), "--database", database_url])
    assert told.exit_code == 0, told.output
    last = told.output.splitlines()[-1].split()
    assert last[0] == last[2] != "0"
    assert last[3] == "passed"


def test_a_table_that_is_not_there_fails(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "expect.toml"
    file.write_text('[[expect]]\ntable = "campaigns"\nexists = true\n')
    told = CliRunner().invoke(app, ["verify", "expect", str(file), "--database", database_url])
    assert told.exit_code == 1
    assert "0 of 1 passed" in told.output
