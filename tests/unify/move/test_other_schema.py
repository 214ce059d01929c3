"""Any SQLite file into any schema: here one with counted keys, no tenant, and composite keys."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from tests.unify.move.conftest import Shop

from mainstem.pg.connect import connect

if TYPE_CHECKING:
    from pathlib import Path

TARGET = """
create type mood as enum ('good', 'bad');
create table "Author" (
    id integer generated always as identity primary key, full_name text not null, born date);
create table book (
    id bigserial primary key, author_id integer references "Author" (id),
    title varchar(40) not null, price numeric(8, 2) check (price >= 0),
    sequel_to bigint references book (id),
    tags text[] not null default '{}',
    price_cents bigint generated always as (price * 100) stored);
create table tag (name text primary key);
create table book_tag (
    book_id bigint references book (id), tag text references tag (name), note text,
    primary key (book_id, tag));
create table settings (key text primary key, value jsonb);
insert into tag values ('novel'), ('poems');
"""

CONFIG = """
[[source]]
sqlite = "shop.db"
[tables.authors]
into = "Author"
columns.name = "full_name"
[tables.books.columns]
sequel = { references = "books" }
[tables.book_tags]
"""


@pytest.fixture
def library(tmp_path: Path, empty_database_url: str) -> Shop:
    with connect(empty_database_url) as connection:
        connection.execute(TARGET)
    shop = Shop(tmp_path, empty_database_url)
    source = sqlite3.connect(shop.source)
    source.executescript("""
        create table authors (id integer primary key, name text, born text);
        create table books (id integer primary key, author_id integer, title text, price real,
                            sequel integer references books(id));
        create table book_tags (book_id integer references books(id), tag text, note text,
                                primary key (book_id, tag)) without rowid;
        create table settings (key text primary key not null, value text);
        insert into authors values (3, 'Ada', '1815-12-10'), (7, 'Bob', null);
        insert into books values (1, 3, 'One', 9.5, null), (20, 7, 'Two', 1, 1),
                                 (21, null, 'x', 2, 20);
        insert into book_tags values (1, 'novel', 'a'), (20, 'poems', null), (20, 'unknown', 'b'),
                                     (99, 'novel', null);
        insert into settings values ('a', '{"b": 1}');
    """)  # fmt: skip
    source.commit()
    source.close()
    shop.configure(CONFIG)
    return shop


def test_counted_keys_are_kept_and_counters_go_on(library: Shop) -> None:
    assert [question.text for question in library.plan().questions] == []
    library.run()
    assert library.rows('select id, full_name from "Author" order by id') == [
        (3, "Ada"),
        (7, "Bob"),
    ]
    assert library.rows("select id, author_id, sequel_to, price_cents from book order by id") == [
        (1, 3, None, 950),
        (20, 7, 1, 100),
        (21, None, 20, 200),
    ]
    library.execute("insert into book (title) values ('next')")
    assert library.rows("select max(id) from book") == [(22,)]


def test_rows_without_a_single_key_are_told_apart_by_all_of_it(library: Shop) -> None:
    library.plan()
    library.run()
    assert library.rows("select book_id, tag, note from book_tag order by 1") == [
        (1, "novel", "a"),
        (20, "poems", None),
    ]
    waiting = library.quarantine()
    assert {key: reason for (_, key), (_, reason) in waiting.items()} == {
        '[20, "unknown"]': "there is no such row in public.tag",
        '[99, "novel"]': "leads to no loaded row of books",
    }


def test_undo_gives_back_rows_and_counters(library: Shop) -> None:
    before, definitions = library.checksums(), library.definitions()
    library.plan()
    run = library.run().run
    library.undo(run.id)
    assert library.checksums() == before
    assert library.definitions() == definitions
    library.execute("insert into book (title) values ('first')")
    assert library.rows("select max(id) from book") == [(1,)]
