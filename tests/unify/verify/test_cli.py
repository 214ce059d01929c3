"""`mainstem unify verify` says what differs, and by its exit status that something does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from mainstem.cli.unify.verify import verify
from mainstem.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unify.verify.conftest import Copied, Moved


def call(*arguments: object) -> Result:
    return CliRunner().invoke(verify, [str(argument) for argument in arguments])


def test_a_run_without_differences(moved: Moved, tmp_path: Path) -> None:
    report = tmp_path / "verdict.json"
    result = call(moved.config, "--database", moved.url, "--json", report)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["table", "source", "rows", "target", "rows", "columns", "verdict"]
    assert len([line for line in lines if line.rstrip().endswith("equal")]) == 10
    assert "foreign keys" in lines[-1]
    verdict = json.loads(report.read_text())
    assert verdict["is_passed"] is True
    assert {table["table"] for table in verdict["tables"]} == {
        table.name for table in moved.plan.moved()
    }


def test_a_run_with_differences(moved: Moved) -> None:
    (row,) = moved.rows("conversions")
    moved.plant(f"update conversion set conversion_type = 'x' where id = '{row.id}'")
    result = call(moved.config, "--database", moved.url)
    assert result.exit_code == 1
    assert "differs: conversion_type" in result.stdout
    assert f"conversions, key {row.key}, column conversion_type: " in result.stdout


def test_a_copy_is_verified_by_its_file(copied: Copied) -> None:
    result = call(copied.path, "--database", copied.url)
    assert result.exit_code == 0, result.output
    assert "5 tables" in result.stdout
    copied.plant("delete from member where id = 'm17'")
    result = call(copied.path, "--database", copied.url)
    assert result.exit_code == 1
    assert "member, key m17: the row is lost" in result.stdout


def test_a_file_that_was_not_copied(moved: Moved) -> None:
    result = call(moved.plan.sources[0].path, "--database", moved.url)
    assert isinstance(result.exception, UsageError)
    assert "`mainstem unify copy` comes first" in str(result.exception)


@pytest.mark.parametrize("name", ["absent.toml", "empty.toml"])
def test_a_config_that_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.toml").write_text("")
    result = call(tmp_path / name, "--database", "host=/nowhere")
    assert isinstance(result.exception, ConfigError)
