"""The audit as people run it: a small repository, every format, what exits and what is written."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from mainstem.cli.audit import audit
from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

FILES = {
    "supabase/migrations/20240101000000_blog.sql": """
        create table blog (
          id uuid primary key default gen_random_uuid(),
          user_id uuid not null references auth.users (id),
          title text not null
        );
        alter table blog enable row level security;
        alter table blog force row level security;
        create policy "own" on blog for all to authenticated
          using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
        create index on blog (user_id);
    """,
    "supabase/migrations/20240102000000_post.sql": """
        create table post (
          id uuid primary key,
          blog_id uuid not null references blog (id),
          author_id uuid references author (id)
        );
        create index on post (blog_id);
        create index on post (author_id);
    """,
    "app/page.ts": """
        import { createClient } from '@supabase/supabase-js'
        const supabase = createClient(process.env.URL!, process.env.KEY!)
        export const load = () => supabase.from('blog').select('id, title').eq('user_id', 'x')
        export const posts = () => supabase.from('post').select('id, blog_id')
        export const save = (id: string) =>
          supabase.from('author').insert({ user_id: id, pen_name: 'x', is_public: true })
        export const any = (name: string) => supabase.from(name).select('*')
    """,
    "README.md": "# Blogs\n\n## Tables\n\n- `blog` - one a person\n- `post` - its posts\n",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all tests: the same repository is replayed once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def repository(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    root = tmp_path / "repository"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(audit, [str(argument) for argument in arguments])


def _report(*arguments: object) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(_run(*arguments, "--format", "json").stdout)
    return held


def test_the_missing_table_and_the_key_to_it_are_found(repository: Path) -> None:
    result = _run(repository)
    assert result.exit_code == 1
    found = _report(repository)["findings"]
    errors = {(f["check"], f["table"]) for f in found if f["severity"] == "error"}
    assert ("table-missing-in-migrations", "author") in errors
    assert ("foreign-key-to-missing-table", "post") in errors
    assert "app/page.ts:7" in result.stdout


def test_what_only_running_would_tell_is_said(repository: Path) -> None:
    left_out = _report(repository)["not_inspected"]
    assert ("app/page.ts", 8) in {(entry["file"], entry["line"]) for entry in left_out}


@pytest.mark.parametrize("form", ["text", "markdown", "html", "sarif", "json"])
def test_every_format_is_written_to_a_file(repository: Path, tmp_path: Path, form: str) -> None:
    output = tmp_path / "report"
    result = _run(repository, "--format", form, "--output", output)
    assert result.exit_code == 1
    assert "author" in output.read_text()


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("warning", 1), ("error", 1)])
def test_what_fails_is_chosen(repository: Path, fail_on: str, code: int) -> None:
    assert _run(repository, "--fail-on", fail_on).exit_code == code


def test_a_baseline_leaves_new_findings_only(repository: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    _run(repository, "--write-baseline", known)
    assert _run(repository, "--baseline", known).exit_code == 0
    more = repository / "app/more.ts"
    more.write_text((repository / "app/page.ts").read_text().replace("'author'", "'reader'"))
    result = _run(repository, "--baseline", known)
    assert result.exit_code == 1
    assert "reader" in result.stdout


def test_the_fix_is_written_before_its_first_use_and_clears_the_finding(repository: Path) -> None:
    result = _run("fix", repository, "--check", "missing-table", "--table", "author")
    assert result.exit_code == 0, result.output
    path = repository / "supabase/migrations/20240101235959_create_author.sql"
    assert "pen_name text not null" in path.read_text()
    report = _report(repository)
    assert "author" not in {f["table"] for f in report["findings"] if f["severity"] == "error"}
    assert "foreign-key-to-missing-table" not in report["summary"]["by_check"]


def test_a_fix_overwrites_nothing(repository: Path) -> None:
    path = repository / "supabase/migrations/20240101235959_create_author.sql"
    output = repository / "mine.sql"
    output.write_text("mine")
    result = _run("fix", repository, "--table", "author", "--output", output)
    assert result.exception is not None
    assert "is there already" in str(result.exception)
    assert output.read_text() == "mine"
    assert not path.exists()


def test_a_table_that_is_there_needs_no_fix(repository: Path) -> None:
    result = _run("fix", repository, "--table", "blogs")
    assert "missing are: author" in str(result.exception)


def test_a_live_database_is_compared(repository: Path, empty_database_url: str) -> None:
    with connect(empty_database_url) as connection:
        connection.execute("create table blog (id uuid primary key, title varchar(9))")
        connection.execute("create table made_by_hand (id uuid primary key)")
    report = _report(repository, "--database", empty_database_url)
    found = {(finding["check"], finding["table"]) for finding in report["findings"]}
    assert ("table-not-in-migrations", "made_by_hand") in found
    assert ("table-missing-in-database", "post") in found
    assert ("column-differs", "blog") in found


def test_two_databases_are_compared_without_a_repository(
    tmp_path: Path, empty_database_url: str, database_url: str
) -> None:
    with connect(empty_database_url) as connection:
        connection.execute("create table client (id bigint primary key)")
    urls = ("--database", empty_database_url, "--database", database_url)
    found = _report(tmp_path, *urls)["findings"]
    assert any(f["check"] in {"databases-differ", "column-differs"} for f in found)


def test_documents_alone_are_tried_on_an_empty_platform(tmp_path: Path) -> None:
    text = "```sql\nselect auth.uid();\ncreate table note (id uuid encrypted);\n```\n"
    (tmp_path / "README.md").write_text(text)
    found = _report(tmp_path, "--no-cache")["findings"]
    assert [(f["check"], f["evidence"][0]["line"]) for f in found] == [("document-sql-invalid", 3)]


def test_a_folder_without_anything_cannot_be_audited(tmp_path: Path) -> None:
    result = _run(tmp_path)
    assert "holds no migrations, code or Markdown" in str(result.exception)


def test_pages_and_lists_read_nothing(tmp_path: Path) -> None:
    assert "table-missing-in-migrations" in _run(tmp_path, "--list").stdout
    page = _run(tmp_path, "--explain", "table-missing-in-migrations").stdout
    assert "## How to mend it" in page
    assert "did you mean" in str(_run(tmp_path, "--explain", "table-missing").exception)


def test_names_that_are_no_utf8_are_read_and_shown(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    root = os.fsencode(tmp_path)
    files = {
        b"app/\xff.ts": FILES["app/page.ts"],
        b"\xfe.md": FILES["README.md"],
        b"migrations/1_\xfd.sql": "create table blog (id uuid primary key);",
        b"other/\xfc.sql": "create table author (id uuid primary key);",
    }
    for name, text in files.items():
        path = os.path.join(root, name)  # noqa: PTH118 -- a Path has no bytes
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(text.encode())
    for form in ("text", "json", "html", "sarif", "markdown"):
        output = tmp_path / f"report.{form}"
        result = _run(tmp_path, "--format", form, "--output", output)
        assert result.exit_code == 1, result.exception
        assert "app/\N{REPLACEMENT CHARACTER}.ts" in output.read_text(encoding="utf-8")
