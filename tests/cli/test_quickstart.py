"""What the quickstart says when it cannot go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner
from psycopg import errors as pg_errors

from mainstem.cli import app
from mainstem.cli.quickstart import LOCK
from mainstem.errors import ServerError, UsageError
from mainstem.pg.locks import file_lock

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_full_disk_is_told_in_one_line(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object, **__: object) -> None:
        raise pg_errors.DiskFull

    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.setenv("MAINSTEM_HOME", str(tmp_path))
    monkeypatch.setattr("mainstem.cli.quickstart.migrate", lambda _: [])
    monkeypatch.setattr("mainstem.cli.quickstart.sample_sources", fill)
    result = CliRunner().invoke(app, ["quickstart"])
    assert isinstance(result.exception, ServerError)
    assert str(result.exception) == (
        "cannot go on with the quickstart: the server's disk is full; make room"
    )


def test_only_one_works_in_a_home_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAINSTEM_HOME", str(tmp_path))
    with file_lock(tmp_path / LOCK):
        result = CliRunner().invoke(app, ["quickstart"])
    assert isinstance(result.exception, UsageError)
    assert f"another quickstart works in {tmp_path}; wait" in str(result.exception)
    (tmp_path / "taken").touch()
    monkeypatch.setenv("MAINSTEM_HOME", str(tmp_path / "taken"))
    result = CliRunner().invoke(app, ["quickstart"])
    assert f"cannot use {tmp_path / 'taken'}: File exists" in str(result.exception)
