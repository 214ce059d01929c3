from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from mainstem.cli.serve import serve
from mainstem.server import process
from mainstem.server.record import running

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_detaches_and_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    monkeypatch.setenv("MAINSTEM_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    runner = CliRunner()
    try:
        assert runner.invoke(serve, ["--stop"]).output == "no server is running\n"
        started = runner.invoke(serve, ["--detach", "--port", "0"])
        record = running(tmp_path)
        assert record is not None
        assert started.output == f"serving {record.address}\n"
        again = runner.invoke(serve, ["--detach", "--port", "0"])
        assert again.output == f"already serving {record.address}\n"
        assert runner.invoke(serve, ["--stop"]).output == f"stopped {record.address}\n"
    finally:
        process.stop(tmp_path)


def test_refuses_a_port_that_is_none() -> None:
    assert CliRunner().invoke(serve, ["--port", "70000"]).exit_code == 2
