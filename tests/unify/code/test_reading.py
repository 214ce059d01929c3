"""Whole folders are read: names across files are joined, and what did not change comes cached."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mainstem.unify.audit.cache import Cache
from mainstem.unify.code import batches, read_code

if TYPE_CHECKING:
    from mainstem.unify.code.facts import FileFacts
    from mainstem.unify.code.model import CodeReading
    from mainstem.unify.code.syntax import SyntaxFile

USE = "import { supabase } from '@/lib/supabase'\n"


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def reading(root: Path, files: dict[str, str], cache: Cache | None = None) -> CodeReading:
    write(root, files)
    return read_code(root, [Path()], cache=cache)


def names(found: CodeReading) -> list[str]:
    assert found.unresolved == ()
    return [use.name for use in found.uses]


@pytest.mark.parametrize(
    ("imported", "there"),
    [
        ("import { T } from './tables'", {"src/tables.ts": "export const T = { x: 't' } as const"}),
        ("import { T } from '@/lib/tables'", {"src/lib/tables.ts": "export enum T { x = 't' }"}),
        ("import T from '../src/tables'", {"src/tables.js": "export default { x: 't' }"}),
        ("import * as T from './tables'", {"src/tables.ts": "export const x = `t`"}),
        (
            "import { T } from './tables.js'",
            {"src/tables.ts": "class T { static x = 't' }\nexport { T }"},
        ),
        (
            "const { T } = require('./tables')",
            {"src/tables.js": "module.exports = { T: { x: 't' } }"},
        ),
        (
            "import { T } from './lib'",
            {
                "src/lib/index.ts": "export * from './a'\nexport { U as T } from './tables'",
                "src/lib/a.ts": "export const z = 'z'",
                "src/lib/tables.ts": "const P = 't'\nexport const U = { x: P }",
            },
        ),
        (
            "import { T } from '@acme/db/tables'",
            {
                "packages/db/tables.ts": "import { N } from './n'\nexport const T = { x: N }",
                "packages/db/n.ts": "export const N = 't'",
            },
        ),
    ],
)
def test_names_of_another_file(tmp_path: Path, imported: str, there: dict[str, str]) -> None:
    use = f"{USE}{imported}\nsupabase.from(T.x).select('a, u(b)')"
    found = reading(tmp_path, {"src/a.ts": use, **there})
    assert names(found) == ["t", "u"]
    assert found.uses[1].embedded_in == "t"
    assert str(found.uses[0].place) == "src/a.ts:3"


@pytest.mark.parametrize(
    ("imported", "asked"),
    [
        ("from .tables import T", "T.x"),
        ("from app.tables import T as U", "U.x"),
        ("from app import tables", "tables.T.x"),
        ("import app.tables", "app.tables.T.x"),
        ("from app import T", "T['x']"),
    ],
)
def test_names_of_another_module(tmp_path: Path, imported: str, asked: str) -> None:
    found = reading(
        tmp_path,
        {
            "app/__init__.py": "from .tables import *",
            "app/tables.py": "class T:\n    x = 't'" if "[" not in asked else "T = {'x': 't'}",
            "app/use.py": f"{imported}\nsupabase.table({asked}).select('a').execute()",
        },
    )
    assert names(found) == ["t"]


def test_the_nearest_of_two_files_is_meant(tmp_path: Path) -> None:
    use = USE + "import { T } from '@/tables'\nsupabase.from(T).select()"
    found = reading(
        tmp_path,
        {
            "apps/one/src/tables.ts": "export const T = 'one'",
            "apps/two/src/tables.ts": "export const T = 'two'",
            "apps/two/src/a.ts": use,
        },
    )
    assert names(found) == ["two"]


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ({}, "not among the source files"),
        ({"tables.ts": "export const U = 'u'"}, "not a constant"),
        (
            {"tables.ts": "export { T } from './a'", "a.ts": "export { T } from './tables'"},
            "too many",
        ),
        ({"tables.ts": "export const T = process.env.T"}, "not a constant"),
    ],
)
def test_what_no_file_tells_is_listed(tmp_path: Path, there: dict[str, str], reason: str) -> None:
    use = USE + "import { T } from './tables'\nsupabase.from(T).select()"
    found = reading(tmp_path, {"use.ts": use, **there})
    assert found.uses == ()
    [left] = found.unresolved
    assert (str(left.place), left.expression) == ("use.ts:3", "T")
    assert reason in left.reason


def test_unchanged_files_come_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, root = Cache(tmp_path / "cache"), tmp_path / "root"
    files = {f"{name}.ts": f"{USE}supabase.from('{name}').select('a')" for name in "abc"}
    first = reading(root, files, cache)
    read: list[str] = []
    original = batches.read_file

    def counted(file: SyntaxFile) -> FileFacts:
        read.append(file.path)
        return original(file)

    monkeypatch.setattr(batches, "read_file", counted)
    assert reading(root, files, cache) == first
    assert read == []
    changed = reading(root, {**files, "b.ts": f"{USE}supabase.from('x').select()"}, cache)
    assert read == ["b.ts"]
    assert names(changed) == ["a", "x", "c"]


def test_a_constant_that_changes_is_seen_in_files_that_did_not(tmp_path: Path) -> None:
    cache, root = Cache(tmp_path / "cache"), tmp_path / "root"
    use = {"a.ts": USE + "import { T } from './t'\nsupabase.from(T).select()"}
    assert names(reading(root, {**use, "t.ts": "export const T = 'one'"}, cache)) == ["one"]
    assert names(reading(root, {**use, "t.ts": "export const T = 'two'"}, cache)) == ["two"]


def test_a_corrupt_entry_is_as_good_as_none(tmp_path: Path) -> None:
    cache, root = Cache(tmp_path / "cache"), tmp_path / "root"
    files = {f"{name}.ts": f"{USE}supabase.from('{name}').select('a')" for name in "abc"}
    first = reading(root, files, cache)
    broken = [b"", b"\xff nonsense", b"\x80"]
    kept = sorted(path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    for path, content in zip(kept, broken, strict=True):
        path.write_bytes(content)
    assert reading(root, files, cache) == first


def test_no_secret_reaches_the_cache(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    found = reading(
        tmp_path / "root",
        {
            ".env": "DATABASE_URL=postgres://u:hunter2@one.net/shop\nSERVICE_KEY=hunter2\n",
            "a.ts": "const p = connect('postgres://u:hunter2@two.net/shop')\n",
        },
        cache,
    )
    assert [setting.host for setting in found.settings] == ["one.net", "two.net"]
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert len(kept) == 2
    assert all(b"hunter2" not in path.read_bytes() for path in kept)


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "cache")
    files = {"a.ts": f"{USE}supabase.from('t').select('a')"}
    assert names(reading(tmp_path / "root", files, cache)) == ["t"]


def test_two_processes_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{n}.ts": f"{USE}supabase.from('t{n}').select('a')" for n in range(70)}
    alone = reading(tmp_path, files)
    monkeypatch.setattr(batches, "PARALLEL_BYTES_MIN", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    told: list[tuple[int, int]] = []
    both = read_code(tmp_path, [Path()], on_progress=lambda done, total: told.append((done, total)))
    assert both == alone
    assert told == [(32, 70), (64, 70), (70, 70)]


def test_a_second_process_that_ends_early_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{n}.ts": f"{USE}supabase.from('t{n}').select('a')" for n in range(70)}
    alone = reading(tmp_path, files)
    program = shutil.which("false")
    assert program is not None
    monkeypatch.setattr(batches, "PARALLEL_BYTES_MIN", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("sys.executable", program)
    assert read_code(tmp_path, [Path()]) == alone


def test_code_that_is_nested_without_end_is_named(tmp_path: Path) -> None:
    deep = "('a' +\n" * 2_000 + "'a'" + ")" * 2_000
    found = reading(
        tmp_path, {"a.ts": f"{USE}supabase.from{deep}", "b.ts": f"{USE}supabase.from('t')"}
    )
    assert names(found) == ["t"]
    assert [(one.file, one.reason) for one in found.unread] == [
        ("a.ts", "its code is nested too deeply")
    ]


def test_broken_and_unread_files_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"a.ts": f"{USE}supabase.from('t').select('a')", "tests/b.ts": "((("})
    (tmp_path / "c.ts").write_bytes(b"\0\1\2")
    found = read_code(tmp_path, [Path()])
    assert names(found) == ["t"]
    assert found.file_count == 2
    assert [one.file for one in found.unread] == ["c.ts"]
