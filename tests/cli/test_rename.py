"""`mainstem rename` as people run it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from mainstem.cli.rename import rename
from mainstem.errors import ConfigError, SourceError, UsageError
from mainstem.pg.connect import connect
from mainstem.unify.rename.model import Renames
from mainstem.unify.rename.renaming import plan_renaming
from mainstem.unify.rename.writing import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CODE = "export const a = supabase.from('users').select('id, clients(name)');\n"
DONE = "export const a = supabase.from('user').select('id, clients:client(name)');\n"
PAIRS = ("--map", "users=user", "--map", "clients=client")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rename, arguments, catch_exceptions=False)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "a.ts").write_text(CODE)
    return tmp_path


def test_it_shows_the_diff_and_the_census_and_writes_nothing(code: Path) -> None:
    shown = run(str(code), *PAIRS).output
    assert f"-{CODE}+{DONE}" in shown
    assert "users → user" in shown
    assert "2 places in 1 of 1 files would be renamed; --write does it" in shown
    assert (code / "a.ts").read_text() == CODE


def test_it_writes_where_the_migrations_make_the_new_tables(code: Path) -> None:
    (code / "migrations").mkdir()
    (code / "migrations/1.sql").write_text(
        'create table users (id int); alter table users rename to "user"; create table client ();'
    )
    (code / "a.ts").chmod(0o640)
    assert run(str(code), *PAIRS, "--write").exit_code == 0
    assert (code / "a.ts").read_text() == DONE
    assert (code / "a.ts").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in code.iterdir()) == ["a.ts", "migrations"]
    assert "0 places in 0 of 1 files renamed" in run(str(code), *PAIRS, "--write").output


def test_it_refuses_to_write_names_that_the_target_lacks(
    code: Path, empty_database_url: str
) -> None:
    with connect(empty_database_url) as connection:
        connection.execute('create table "user" (id int)')
    with pytest.raises(ConfigError, match=r"client \(for clients\)"):
        run(str(code), *PAIRS, "--write", "--database", empty_database_url)
    assert (code / "a.ts").read_text() == CODE


def test_it_refuses_to_write_without_knowing_the_target(code: Path) -> None:
    with pytest.raises(UsageError, match="--migrations"):
        run(str(code), *PAIRS, "--write")


def test_files_that_changed_meanwhile_are_not_written(code: Path) -> None:
    renaming = plan_renaming(code, Renames({"users": "user"}))
    (code / "a.ts").write_text(CODE + "// more\n")
    with pytest.raises(SourceError, match=r"a\.ts changed"):
        write_files(code, renaming.files)
    assert (code / "a.ts").read_text() == CODE + "// more\n"


def test_a_name_that_is_old_and_new_is_refused(code: Path) -> None:
    with pytest.raises(UsageError, match="old name and a new one"):
        run(str(code), "--map", "a=b", "--map", "b=c")
    with pytest.raises(UsageError, match="old=new"):
        run(str(code), "--map", "a")
    with pytest.raises(UsageError, match="no table is renamed"):
        run(str(code))


MANIFEST = """\
name = "two"
schema = "public"
source = [{ sqlite = "x.db" }]
[tables.users]
rows = 1
into = "user"
columns.title = { into = "name", type = "text" }
[tables.brands]
rows = 1
into = "cartridge"
[tables.styles]
rows = 1
into = "cartridge"
[tables.logs]
rows = 1
drop = "nobody reads them"
"""


def test_a_plan_says_the_names_and_json_the_census(code: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    plan.mkdir()
    (plan / "manifest.toml").write_text(MANIFEST)
    for table in ("user", "brands", "styles"):
        source = "users" if table == "user" else table
        (plan / f"{table}.sql").write_text(f"-- from {source}\nselect 1\n")
    said = json.loads(run(str(code), "--plan", str(plan), "--json").stdout)
    assert said["renames"] == {"users": "user"}
    assert said["census"] == {"users": {"product": {"call": 1}}}
    assert [note.split(":")[0].split(" ")[0] for note in said["notes"]] == [
        "users",
        "brands",
        "styles",
        "logs",
    ]
