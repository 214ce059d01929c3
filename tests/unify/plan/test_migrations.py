"""A folder of migrations as a source: planned from what it builds, never carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ConfigError, SourceError
from mainstem.pg.connect import connect
from mainstem.unify.move.run import run_plan
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.directory import read_directory
from mainstem.unify.plan.make import make_plan
from mainstem.unify.plan.model import SourceKind
from mainstem.unify.progress import Silence

if TYPE_CHECKING:
    from pathlib import Path

TARGET = """
create table tenant (id uuid primary key, name text not null);
create table parcel (
    id uuid primary key, tenant_id uuid not null references tenant, label text not null,
    weight integer);
"""
CONFIG = """
[[source]]
name = "depot"
migrations = "migrations"
tenants = "tenants"
[tenant]
column = "tenant_id"
root = "tenant"
"""
FIRST = "create table tenants (id uuid primary key, name text not null);"
SECOND = """
create table parcels (
    id uuid primary key, tenant_id uuid not null references tenants, label text not null,
    colour text);
alter table parcels add column weight integer;
"""


@pytest.fixture
def config(tmp_path: Path, empty_database_url: str) -> Path:
    with connect(empty_database_url) as connection:
        connection.execute(TARGET)
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text(FIRST)
    (folder / "0002_second.sql").write_text(SECOND)
    path = tmp_path / "depot.toml"
    path.write_text(CONFIG)
    return path


def test_what_the_migrations_build_is_planned_and_nothing_is_called_empty(
    config: Path, empty_database_url: str
) -> None:
    with connect(empty_database_url) as connection:
        made = make_plan(read_config(config), connection)
    plan = read_directory(made.directory, is_checked=False)
    (source,) = plan.sources
    assert (source.kind, source.path.resolve()) == (
        SourceKind.MIGRATIONS,
        config.parent / "migrations",
    )
    parcels = plan.table("depot.parcels")
    assert (parcels.into, parcels.tenant_path, parcels.id_kind) == (
        "parcel",
        ("tenant_id",),
        "kept",
    )
    assert parcels.column("weight").into == "weight"
    assert parcels.column("colour").drop is None
    texts = [question.text for question in plan.questions]
    assert len(texts) == 2
    assert "parcels.colour (values not counted)" in texts[0]
    assert "holds migrations and no rows" in texts[1]


def test_the_only_source_needs_no_name(config: Path, empty_database_url: str) -> None:
    config.write_text(CONFIG.replace('name = "depot"\n', ""))
    with connect(empty_database_url) as connection:
        made = make_plan(read_config(config), connection)
    plan = read_directory(made.directory, is_checked=False)
    assert plan.questions[-1].table == "migrations"
    with pytest.raises(SourceError, match="source migrations is a folder"):
        run_plan(plan, empty_database_url, reporter=Silence())


def test_statements_that_cannot_be_run_are_told(config: Path, empty_database_url: str) -> None:
    third = config.parent / "migrations" / "0003_third.sql"
    third.write_text("\nalter table crates add column size integer;")
    with connect(empty_database_url) as connection:
        made = make_plan(read_config(config), connection)
    said = [question.text for question in made.questions]
    assert any("0003_third.sql, line 2" in text and "crates" in text for text in said)


def test_a_run_is_refused_in_one_line(config: Path, empty_database_url: str) -> None:
    (config.parent / "migrations" / "0002_second.sql").unlink()
    with connect(empty_database_url) as connection:
        made = make_plan(read_config(config), connection)
    plan = read_directory(made.directory, is_checked=False)
    with pytest.raises(SourceError, match="source depot is a folder of migrations"):
        run_plan(plan, empty_database_url, reporter=Silence())


def test_a_folder_that_is_not_there_and_two_kinds_at_once_are_refused(
    config: Path, empty_database_url: str
) -> None:
    config.write_text(CONFIG.replace('"migrations"', '"elsewhere"'))
    with (
        connect(empty_database_url) as connection,
        pytest.raises(SourceError, match=r"no folder .*elsewhere"),
    ):
        make_plan(read_config(config), connection)
    config.write_text(CONFIG.replace("migrations =", 'sqlite = "x.db"\nmigrations ='))
    with pytest.raises(ConfigError, match="needs one of"):
        read_config(config)
