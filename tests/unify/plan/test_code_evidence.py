"""Questions about tables tell how often the source's code names them; tests and others apart."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from mainstem.errors import ConfigError
from mainstem.pg.connect import connect
from mainstem.unify.plan.config import read_config
from mainstem.unify.plan.make import make_plan

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = """
create table chat (id uuid primary key, body text);
create schema old;
create table old.chat (id uuid primary key, body text);
create table old.chats (id uuid primary key, body text);
create table old.swatches (id uuid primary key, colour text);
create table old.loose_ends (id uuid primary key, note text);
insert into old.chats select gen_random_uuid(), 'hello' from generate_series(1, 2);
"""
CONFIG = """
name = "x"
[[source]]
postgres = "env:OLD"
schema = "old"
code = "app"
"""
CODE = {
    "src/list.ts": """
import { createClient } from '@supabase/supabase-js'
const db = createClient(process.env.URL!, process.env.KEY!)
export const all = () => db.from('chats').select('*')
export const one = (id: string) => db.from('chats').select('body').eq('id', id).single()
export const any = (name: string) => db.from(name).select('*')
""",
    "src/write.ts": """
import { createClient } from '@supabase/supabase-js'
const db = createClient(process.env.URL!, process.env.KEY!)
export const add = (body: string) => db.from('chats').insert({ body })
""",
    "tests/chat.test.ts": """
import { createClient } from '@supabase/supabase-js'
const db = createClient(process.env.URL!, process.env.KEY!)
test('it', () => db.from('chat').select('*'))
test('them', () => db.from('chats').select('*'))
test('file', () => db.storage.from('swatches').list())
""",
}


def questions(folder: Path, url: str, config: str = CONFIG) -> dict[str, str]:
    for name, text in CODE.items():
        path = folder / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "x.toml").write_text(config)
    with connect(url) as connection:
        connection.execute(SCHEMA.encode())
        connection.commit()
        plan = make_plan(read_config(folder / "x.toml"), connection)
    return {one.table: one.text for one in plan.questions if one.column is None}


def test_twins_are_told_apart_by_calls(
    tmp_path: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD", empty_database_url)
    found = questions(tmp_path, empty_database_url)
    assert found["chat"].startswith(
        "chat and chats match chat by their names (chat: 0 rows, nothing points at it, 1 call in "
        "1 file of tests only, e.g. tests/chat.test.ts:4; chats: 2 rows, nothing points at it, "
        "3 calls in 2 files, e.g. src/list.ts:4; 1 call of the code could not be told): set"
    )


def test_a_table_without_a_place_is_told_with_its_calls(
    tmp_path: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD", empty_database_url)
    found = questions(tmp_path, empty_database_url)
    # a bucket of that name is no call of the table
    told = "(0 rows; nothing refers to it; no code names it)"
    assert found["swatches"].startswith(f"table swatches {told} matches no target table")


def test_without_a_folder_of_code_nothing_is_said_of_it(
    tmp_path: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD", empty_database_url)
    found = questions(tmp_path, empty_database_url, CONFIG.replace('code = "app"\n', ""))
    assert "call" not in " ".join(found.values())
    assert "code" not in " ".join(found.values())


def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD", empty_database_url)
    with pytest.raises(ConfigError, match=r"the folder of its code as .*gone, which is not there"):
        questions(tmp_path, empty_database_url, CONFIG.replace('"app"', '"gone"'))


def test_a_file_is_a_database_of_its_own(tmp_path: Path, empty_database_url: str) -> None:
    """Calls of a server's tables do not speak for a SQLite file's, nor the other way round."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "db.py").write_text(
        "import sqlite3\n"
        "def read() -> list[str]:\n"
        "    return sqlite3.connect('x.db').execute('select body from chats').fetchall()\n"
    )
    config = CONFIG.replace('postgres = "env:OLD"\nschema = "old"', 'sqlite = "x.db"')
    with sqlite3.connect(tmp_path / "x.db") as source:
        source.executescript(
            "create table chat (id text primary key); create table chats (id text primary key)"
        )
    source.close()
    found = questions(tmp_path, empty_database_url, config)
    assert "chat: 0 rows, nothing points at it, no code names it" in found["chat"]
    assert "chats: 0 rows, nothing points at it, 1 call in 1 file, e.g. db.py:3" in found["chat"]
