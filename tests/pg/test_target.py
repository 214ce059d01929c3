from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ServerError
from mainstem.pg import target
from mainstem.pg.connect import connect
from mainstem.pg.embedded import default_home

if TYPE_CHECKING:
    from pathlib import Path


def test_database_url_is_used_and_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAINSTEM_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@h/d")
    assert target.database_url() == "postgresql://u@h/d"
    assert list(tmp_path.iterdir()) == []


def test_a_database_url_that_is_none_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///topsecret.db")
    with pytest.raises(ServerError, match="cannot be read") as refused:
        target.database_url()
    assert "topsecret" not in str(refused.value)


def test_without_one_the_embedded_server_is_started(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("MAINSTEM_HOME", str(home))
    monkeypatch.setenv("DATABASE_URL", "")
    with connect(target.database_url()) as connection:
        assert connection.info.dbname == "mainstem"


def test_the_home_is_where_its_folders_really_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MAINSTEM_HOME", f"{tmp_path}/a/../b")
    assert default_home() == tmp_path.resolve() / "b"


def test_one_without_a_home_is_asked_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSTEM_HOME", "~no-such-person/database")
    with pytest.raises(ServerError, match="MAINSTEM_HOME names"):
        default_home()
