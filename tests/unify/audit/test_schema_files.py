"""Which SQL is taken where a repository has no migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainstem.unify.audit.discovery import Given, discover

if TYPE_CHECKING:
    from pathlib import Path


def found(root: Path, files: dict[str, str]) -> str | None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    discovery = discover(Given(root))
    assert discovery.is_schema is (discovery.migrations is not None)
    return discovery.name(discovery.migrations) if discovery.migrations else None


A, B, C = (f"create table if not exists public.{name} (id int);\n" for name in "abc")


def test_a_declarative_folder_is_the_schema(tmp_path: Path) -> None:
    files = {"supabase/schemas/public/a.sql": A, "db/dump.sql": A + B + C}
    assert found(tmp_path, files) == "supabase/schemas"


def test_the_file_that_creates_most_tables_is_the_schema(tmp_path: Path) -> None:
    files = {"db/schema.sql": A + B + C, "db/add_c.sql": C, "docs/x.sql": A + B + C}
    assert found(tmp_path, files) == "db/schema.sql"


def test_a_folder_whose_files_have_the_tables_together_is_the_schema(tmp_path: Path) -> None:
    assert found(tmp_path, {"db/a.sql": A, "db/b.sql": B, "c.sql": C}) == "db"


def test_the_root_is_never_read_as_a_folder(tmp_path: Path) -> None:
    assert found(tmp_path, {"a.sql": A, "b.sql": B + C}) == "b.sql"


def test_other_engines_tests_and_files_without_tables_are_no_schema(tmp_path: Path) -> None:
    files = {
        "db/mysql.sql": "create table a (id int auto_increment);",
        "db/seed.sql": "insert into a values (1);",
        "tests/schema.sql": A,
    }
    assert found(tmp_path, files) is None
