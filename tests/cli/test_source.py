from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from mainstem.cli import source
from mainstem.errors import SourceError, UsageError
from mainstem.unify.plan.config import read_config
from samples import direct_mail

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    return direct_mail.generate(tmp_path / "app.db", rows=2_000).path


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def test_a_file_of_the_direct_mail_app_is_planned(tmp_path: Path, legacy: Path) -> None:
    found = source.own_source(tmp_path / "home", legacy)
    assert found.config is not None
    assert read_config(found.config).sources[0].sqlite == legacy


@pytest.mark.parametrize(
    "sql",
    [
        "create table wishes (id integer primary key)",
        "drop table landing_pages",
        "alter table campaigns rename column title to headline",
    ],
)
def test_a_file_with_other_tables_is_copied(tmp_path: Path, legacy: Path, sql: str) -> None:
    change(legacy, sql)
    assert source.own_source(tmp_path / "home", legacy).config is None


def test_a_column_more_is_left_to_the_plan(tmp_path: Path, legacy: Path) -> None:
    change(legacy, "alter table campaigns add column colour text")
    assert source.own_source(tmp_path / "home", legacy).config is not None


def test_refuses_what_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.db"):
        source.own_source(tmp_path / "home", tmp_path / "none.db")


def test_an_installed_package_without_samples_says_what_to_do(
    tmp_path: Path, legacy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_root", lambda: tmp_path)
    with pytest.raises(UsageError, match="--sqlite FILE"):
        source.samples_folder()
    assert source.own_source(tmp_path / "home", legacy).config is None
