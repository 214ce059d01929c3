from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mainstem.errors import SourceError
from mainstem.unify.audit.discovery import Given, discover
from mainstem.unify.audit.elsewhere import OtherFolder

if TYPE_CHECKING:
    from pathlib import Path


def _write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("-- nothing\n")


def test_a_supabase_repository_needs_no_options(tmp_path: Path) -> None:
    _write(tmp_path, "supabase/migrations/1_a.sql", "app/page.tsx", "README.md", ".env.local")
    _write(tmp_path, "node_modules/x/index.js", "CHANGELOG.md", "docs/setup.sql")
    found = discover(Given(tmp_path))
    assert found.migrations == tmp_path / "supabase/migrations"
    assert found.code == (tmp_path,)
    assert found.documents == (tmp_path / "README.md",)
    assert found.settings == (tmp_path / ".env.local",)
    assert found.other_sql == (tmp_path / "docs/setup.sql",)


def test_a_second_folder_of_migrations_is_said_to_be_left_alone(tmp_path: Path) -> None:
    _write(tmp_path, "migrations/1.sql", "supabase/migrations/2.sql")
    found = discover(Given(tmp_path))
    assert found.migrations == tmp_path / "supabase/migrations"
    assert [entry.name for entry in found.left_alone] == ["migrations"]
    assert "--migrations migrations" in found.left_alone[0].reason
    assert tmp_path / "migrations/1.sql" in found.other_sql
    assert found.other_folders == (OtherFolder("migrations", "."),)


def test_a_folder_of_migrations_has_a_home_and_may_have_a_tool(tmp_path: Path) -> None:
    _write(tmp_path, "supabase/migrations/2.sql", "api/prisma/migrations/1/migration.sql")
    _write(tmp_path, "api/prisma/migrations/migration_lock.toml")
    found = discover(Given(tmp_path))
    assert found.other_folders == (OtherFolder("api/prisma/migrations", "api", has_tool=True),)


def test_prisma_keeps_its_migrations_in_folders(tmp_path: Path) -> None:
    _write(tmp_path, "prisma/migrations/20240101_init/migration.sql", "prisma/schema.prisma")
    assert discover(Given(tmp_path)).migrations == tmp_path / "prisma/migrations"


def test_what_is_named_replaces_what_would_be_found(tmp_path: Path) -> None:
    _write(
        tmp_path, "supabase/migrations/1.sql", "sql/2.sql", "app/a.ts", "lib/b.ts", "A.md", "B.md"
    )
    found = discover(Given(tmp_path, tmp_path / "sql", (tmp_path / "lib",), (tmp_path / "B.md",)))
    assert found.migrations == tmp_path / "sql"
    assert found.code == (tmp_path / "lib",)
    assert found.documents == (tmp_path / "B.md",)


def test_languages_without_a_reader_are_said(tmp_path: Path) -> None:
    _write(tmp_path, "lib/a.dart", "lib/b.dart", "api/main.go", "app/a.ts")
    found = {entry.name: entry.reason for entry in discover(Given(tmp_path)).left_alone}
    assert found.keys() == {"Dart", "Go"}
    assert found["Dart"].startswith("2 files,")


def test_loops_of_links_end(tmp_path: Path) -> None:
    _write(tmp_path, "app/a.ts")
    (tmp_path / "app" / "again").symlink_to(tmp_path)
    assert discover(Given(tmp_path)).code == (tmp_path,)


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    found = discover(Given(tmp_path))
    assert (found.migrations, found.code, found.documents) == (None, (), ())


@pytest.mark.parametrize("missing", ["root", "migrations", "code"])
def test_a_path_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    nowhere = tmp_path / "nowhere"
    given = {
        "root": Given(nowhere),
        "migrations": Given(tmp_path, nowhere),
        "code": Given(tmp_path, None, (nowhere,)),
    }[missing]
    with pytest.raises(SourceError, match="nowhere"):
        discover(given)
