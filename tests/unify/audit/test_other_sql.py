from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.unify.audit.other_sql import read_other_sql

if TYPE_CHECKING:
    from pathlib import Path

SQL = "create table visit (id int); create view seen as select 1 as one;"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "store" / "schema.sql"
    path.parent.mkdir()
    path.write_text(SQL)
    return path


def test_a_script_that_nothing_names_is_run_by_nothing(tmp_path: Path, script: Path) -> None:
    found = read_other_sql(tmp_path, [script], cache=None)
    assert [str(made.name) for made in found.by_nothing] == ["visit", "seen"]
    assert found.by_program == ()


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("store/setup.py", 'files("store").joinpath("schema.sql").read_text()'),
        ("start.ts", "db.exec(readFileSync('./store/schema.sql', 'utf8'))"),
    ],
)
def test_a_script_that_code_beside_it_names_is_run_by_the_program(
    tmp_path: Path, script: Path, file: str, code: str
) -> None:
    (tmp_path / file).write_text(code)
    found = read_other_sql(tmp_path, [script], cache=None)
    assert [made.file for made in found.by_program] == ["store/schema.sql"] * 2
    assert found.by_nothing == ()


def test_a_script_of_the_same_name_elsewhere_is_another(tmp_path: Path, script: Path) -> None:
    (tmp_path / "start.ts").write_text("readFileSync('schema.sql')")
    assert read_other_sql(tmp_path, [script], cache=None).by_program == ()


def test_pieces_that_the_program_fills_in_and_temporary_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "views.sql").write_text("create temporary view seen as select * from {source};")
    (tmp_path / "run.py").write_text('read("views.sql").format(source="x")')
    (made,) = read_other_sql(tmp_path, [tmp_path / "views.sql"], cache=None).by_program
    assert (made.name.schema, made.name.name) == ("pg_temp", "seen")
